//! Windows: one process: waiting for its end, its windows, and asking it to quit.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::time::{Duration, Instant};

use windows::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, HANDLE, HWND, LPARAM, WAIT_OBJECT_0, WIN32_ERROR, WPARAM,
};
use windows::Win32::System::Threading::{
    INFINITE, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
    WaitForSingleObject,
};
use windows::Win32::UI::WindowsAndMessaging::{
    ENDSESSION_CLOSEAPP, EnumWindows, FindWindowExW, GetWindowTextW, GetWindowThreadProcessId,
    HWND_MESSAGE, IsWindow, SMTO_ABORTIFHUNG, SMTO_ERRORONEXIT, SendMessageTimeoutW, WM_ENDSESSION,
    WM_QUERYENDSESSION,
};
use windows::core::{BOOL, HSTRING, PCWSTR};

use super::super::{QuitRequest, real_path};

/// What asking all the windows of a process may take together, and telling them. Windows itself gives
/// each application 5 seconds (`HungAppTimeout`) before it calls it hung.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest path there is, with its terminating zero.
const LONGEST_PATH: usize = 0x8000;

pub(super) fn win32(error: &windows::core::Error) -> io::Error {
    // As the system numbers it: std makes no kind of an HRESULT.
    match WIN32_ERROR::from_error(error) {
        Some(code) => io::Error::from_raw_os_error(code.0.cast_signed()),
        None => io::Error::from_raw_os_error(error.code().0),
    }
}

/// A process, held by a handle: while this lives, its number goes to no other.
pub(crate) struct ProcessHandle {
    handle: OwnedHandle,
    pid: u32,
}

impl ProcessHandle {
    /// Opens the process of this number, with no more rights than waiting for its end
    /// takes (<https://learn.microsoft.com/windows/win32/procthread/process-security-and-access-rights>).
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when there is none, or it has ended;
    /// [`io::ErrorKind::PermissionDenied`] when it is another user's.
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        let rights = PROCESS_SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION;
        // SAFETY: it takes no memory of ours.
        let opened = unsafe { OpenProcess(rights, false, pid) };
        let handle = opened.map_err(|e| match WIN32_ERROR::from_error(&e) {
            Some(ERROR_INVALID_PARAMETER) => io::ErrorKind::NotFound.into(),
            _ => win32(&e),
        })?;
        // SAFETY: it was opened right now, and nobody else has it.
        let handle = unsafe { OwnedHandle::from_raw_handle(handle.0) };
        let process = Self { handle, pid };
        // One that has ended keeps its number while anybody holds a handle to it.
        match process.has_ended_within(0) {
            true => Err(io::ErrorKind::NotFound.into()),
            false => Ok(process),
        }
    }

    fn raw(&self) -> HANDLE {
        HANDLE(self.handle.as_raw_handle())
    }

    fn has_ended_within(&self, milliseconds: u32) -> bool {
        // SAFETY: the handle is open, and may be waited on.
        unsafe { WaitForSingleObject(self.raw(), milliseconds) == WAIT_OBJECT_0 }
    }

    /// Blocks until the process has ended, however that comes about.
    pub(crate) fn wait(&self) {
        self.has_ended_within(INFINITE);
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Asks it to quit as the system does when the user signs out; it cannot be asked when
    /// it has no window. This blocks for up to twice [`PATIENCE`].
    ///
    /// The Restart Manager would send the same messages, but wait for half a minute
    /// without a way to end that, and send `WM_CLOSE` besides
    /// (<https://learn.microsoft.com/windows/win32/rstmgr/guidelines-for-applications>).
    ///
    /// # Errors
    /// When it refuses; when none of its windows can be asked, say because it runs as
    /// administrator or hangs.
    pub(crate) fn ask_to_end_session(&self) -> io::Result<QuitRequest> {
        ask_to_quit(self)
    }
}

/// The process with a message-only window of this class whose title is this path, by
/// whatever name; None when there is no such window.
pub(crate) fn owner_of_message_window(class: &str, path: &Path) -> Option<u32> {
    let class = HSTRING::from(class);
    let class = PCWSTR(class.as_ptr());
    // SAFETY: both names end in a zero and outlive the call.
    let of_this_name = unsafe {
        let title = HSTRING::from(path);
        FindWindowExW(Some(HWND_MESSAGE), None, class, &title)
    };
    if let Ok(window) = of_this_name {
        return process_of(window);
    }
    let real = real_path(path).ok()?;
    message_only_windows(class)
        .into_iter()
        .find(|window| real_path(Path::new(&title_of(*window))).is_ok_and(|title| title == real))
        .and_then(process_of)
}

fn ask_to_quit(process: &ProcessHandle) -> io::Result<QuitRequest> {
    let until = Instant::now() + PATIENCE;
    let theirs = |window: &HWND| process_of(*window) == Some(process.pid());
    let mut agreed = Vec::new();
    let mut failure = None;
    for window in top_level_windows()?.into_iter().filter(theirs) {
        match send(window, WM_QUERYENDSESSION, false, until) {
            Ok(0) => {
                // Firefox remembers its refusal until it hears that nothing came of it.
                agreed.push(window);
                tell(agreed, false);
                return Err(io::Error::other("it answered that it cannot quit now"));
            }
            Ok(_) => agreed.push(window),
            Err(error) => failure = Some(error),
        }
    }
    // The system does not ask these, and what they answer may mean nothing: a library's
    // window may answer no to whatever it does not know.
    for window in message_only_windows(PCWSTR::null()) {
        if theirs(&window) && matches!(send(window, WM_QUERYENDSESSION, false, until), Ok(1..)) {
            agreed.push(window);
        }
    }
    if agreed.is_empty() {
        return failure.map_or(Ok(QuitRequest::Impossible), Err);
    }
    tell(agreed, true);
    Ok(QuitRequest::Sent)
}

/// Tells windows whether the session ends.
fn tell(windows: Vec<HWND>, ends: bool) {
    let until = Instant::now() + PATIENCE;
    for window in windows {
        // It fails when the process ends over it, as it should.
        let _ = send(window, WM_ENDSESSION, ends, until);
    }
}

/// What a window answers to one of the two messages about the end of the session,
/// unless it has not by then.
fn send(window: HWND, message: u32, ends: bool, until: Instant) -> io::Result<usize> {
    let left = until.saturating_duration_since(Instant::now()).as_millis();
    let mut answer = 0;
    // SAFETY: the answer outlives the call, also when it gives up waiting; a window that
    // is no more is an error.
    let sent = unsafe {
        SendMessageTimeoutW(
            window,
            message,
            WPARAM(ends.into()),
            LPARAM(ENDSESSION_CLOSEAPP as isize),
            SMTO_ABORTIFHUNG | SMTO_ERRORONEXIT,
            u32::try_from(left).unwrap_or(u32::MAX).max(1),
            Some(&raw mut answer),
        )
    };
    match sent.0 {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(answer),
    }
}

fn top_level_windows() -> io::Result<Vec<HWND>> {
    extern "system" fn collect(window: HWND, into: LPARAM) -> BOOL {
        // SAFETY: it is the vector below, which nothing else uses before EnumWindows returns.
        let windows = unsafe { &mut *(into.0 as *mut Vec<HWND>) };
        windows.push(window);
        true.into()
    }
    let mut windows = Vec::<HWND>::new();
    // SAFETY: `collect` is given what it takes.
    unsafe { EnumWindows(Some(collect), LPARAM(&raw mut windows as isize)) }
        .map_err(|e| win32(&e))?;
    Ok(windows)
}

/// The message-only windows of this class, or of all when it is null: `EnumWindows` leaves
/// them out (<https://learn.microsoft.com/windows/win32/winmsg/window-features>).
fn message_only_windows(class: PCWSTR) -> Vec<HWND> {
    let mut windows = Vec::new();
    // Where the last one found has just gone, the search does not go on after it.
    for _ in 0..10 {
        windows.clear();
        let mut last = None;
        // SAFETY: the class is null, or ends in a zero and outlives the call.
        let next = |last| unsafe { FindWindowExW(Some(HWND_MESSAGE), last, class, PCWSTR::null()) };
        while let Ok(window) = next(last) {
            // The order may change meanwhile, and the search turn in circles.
            if windows.contains(&window) {
                break;
            }
            windows.push(window);
            last = Some(window);
        }
        // SAFETY: it takes any number for a window.
        if last.is_none_or(|window| unsafe { IsWindow(Some(window)) }.as_bool()) {
            break;
        }
    }
    windows
}

fn process_of(window: HWND) -> Option<u32> {
    let mut pid = 0;
    // SAFETY: the number outlives the call.
    let thread = unsafe { GetWindowThreadProcessId(window, Some(&raw mut pid)) };
    (thread != 0 && pid != 0).then_some(pid)
}

fn title_of(window: HWND) -> std::ffi::OsString {
    let mut text = vec![0; LONGEST_PATH];
    // SAFETY: it writes no more than there is room for.
    let length = unsafe { GetWindowTextW(window, &mut text) };
    let length = usize::try_from(length).unwrap_or_default();
    std::os::windows::ffi::OsStringExt::from_wide(&text[..length])
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "other test programs use it too")]
#[path = "../../../tests/world/windows_browser.rs"]
mod windows_browser;

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::windows_browser::{Manner, WindowsBrowser};
    use super::*;

    const CLASS: &str = "Chrome_MessageWindow";
    const HELPER: &str = "platform::windows::process::tests::helper_that_is_a_browser";

    #[test]
    #[ignore = "the tests below run it in another process"]
    fn helper_that_is_a_browser() {
        windows_browser::be_one();
    }

    fn browser(folder: &tempfile::TempDir, manner: Manner) -> WindowsBrowser {
        WindowsBrowser::start(HELPER, folder.path(), manner)
    }

    #[test]
    fn a_process_that_is_asked_to_quit_does_and_no_other_is_asked() {
        let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let other = browser(&second, Manner::Polite);
        let asked = browser(&first, Manner::Polite);
        let process = ProcessHandle::open(asked.pid()).unwrap();
        let waiting = thread::spawn(move || process.wait());
        thread::sleep(Duration::from_millis(100));
        assert!(!waiting.is_finished());
        let process = ProcessHandle::open(asked.pid()).unwrap();
        assert_eq!(process.ask_to_end_session().unwrap(), QuitRequest::Sent);
        let end = asked.end();
        waiting.join().unwrap();
        assert_eq!((end.code, end.was_asked), (Some(0), true), "{end:?}");
        let end = other.quit();
        assert_eq!((end.code, end.was_asked), (Some(0), false), "{end:?}");
    }

    #[test]
    fn a_process_that_refuses_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let refusing = browser(&folder, Manner::Refuses);
        let process = ProcessHandle::open(refusing.pid()).unwrap();
        let error = process.ask_to_end_session().unwrap_err();
        assert!(error.to_string().contains("cannot quit now"), "{error}");
        assert!(ProcessHandle::open(refusing.pid()).is_ok());
        assert!(refusing.quit().was_asked);
    }

    #[test]
    fn a_process_without_windows_is_not_asked() {
        let folder = tempfile::tempdir().unwrap();
        let windowless = browser(&folder, Manner::Windowless);
        let process = ProcessHandle::open(windowless.pid()).unwrap();
        assert_eq!(
            process.ask_to_end_session().unwrap(),
            QuitRequest::Impossible
        );
        assert!(!windowless.quit().was_asked);
    }

    #[test]
    fn what_has_ended_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let ended = browser(&folder, Manner::Polite);
        let pid = ended.pid();
        // Keeps the number from another process.
        let process = ProcessHandle::open(pid).unwrap();
        ended.quit();
        process.wait();
        for none in [pid, 0] {
            let error = ProcessHandle::open(none).err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
        }
    }

    #[test]
    fn a_browser_is_found_by_any_name_of_its_directory() {
        let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let running = browser(&folder, Manner::Polite);
        let path = folder.path();
        let around = path.join("..").join(path.file_name().unwrap());
        for name in [path, &around] {
            let owner = owner_of_message_window(CLASS, name);
            assert_eq!(owner, Some(running.pid()), "{}", name.display());
        }
        assert_eq!(owner_of_message_window(CLASS, other.path()), None);
        running.quit();
        assert_eq!(owner_of_message_window(CLASS, path), None);
    }
}
