//! A program that is to Windows what a Chromium is: it holds `lockfile`, has the windows
//! of one, and quits when the session ends. It is the test program itself, run again on a
//! test that does nothing but [`be_one`].

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};
use std::{env, io, process, thread};

use tempfile::TempDir;
use windows::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows::Win32::System::Threading::GetCurrentThreadId;
use windows::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DispatchMessageW, GetDesktopWindow, GetMessageW, HWND_MESSAGE,
    MSG, PM_NOREMOVE, PeekMessageW, PostQuitMessage, PostThreadMessageW, RegisterClassW,
    WINDOW_EX_STYLE, WM_ENDSESSION, WM_QUERYENDSESSION, WM_QUIT, WNDCLASSW, WS_POPUP,
};
use windows::core::{HSTRING, PCWSTR, w};

const USER_DATA: &str = "BE_THE_BROWSER_OF";
const STORE: &str = "BE_THE_BROWSER_WITH";
const MANNER: &str = "BE_A_BROWSER_THAT_IS";

const PATIENCE: Duration = Duration::from_secs(30);

/// How it takes it when it is asked to quit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Polite,
    Refuses,
    /// There is nobody to ask: a headless one.
    Windowless,
}

/// A browser that runs until it is asked to quit, or this is dropped.
pub struct WindowsBrowser {
    child: Child,
    out: BufReader<ChildStdout>,
    _program: TempDir,
}

/// How it ended.
#[derive(Debug)]
pub struct End {
    pub code: Option<i32>,
    /// Whether anybody asked it to quit, with success or without.
    pub was_asked: bool,
}

impl WindowsBrowser {
    /// Starts one on this user-data directory and returns when it holds it. `helper` is
    /// the whole name of the ignored test that calls [`be_one`].
    pub fn start(helper: &str, user_data: &Path, manner: Manner) -> Self {
        Self::start_with(helper, user_data, manner, None)
    }

    /// As [`WindowsBrowser::start`]; it keeps its store open and shares it with nobody,
    /// as Chrome does since its version 114.
    pub fn start_with(
        helper: &str,
        user_data: &Path,
        manner: Manner,
        store: Option<&Path>,
    ) -> Self {
        // Wine makes the desktop when it is first asked for; of two programs that ask at
        // the same time, one may put its windows where nobody finds them.
        static DESKTOP: Once = Once::new();
        DESKTOP.call_once(|| {
            // SAFETY: it takes nothing.
            let _ = unsafe { GetDesktopWindow() };
        });
        // Only what is called like a browser is taken for one.
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("chrome.exe");
        let ours = env::current_exe().unwrap();
        fs::hard_link(&ours, &program)
            .or_else(|_| fs::copy(&ours, &program).map(drop))
            .unwrap();
        let mut command = Command::new(program);
        command
            .args([helper, "--exact", "--ignored", "--nocapture"])
            .env(USER_DATA, user_data)
            .env(MANNER, format!("{manner:?}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(store) = store {
            command.env(STORE, store);
        }
        let mut child = spawn(&mut command);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("it holds its directory") {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "the browser ended");
        }
        Self {
            child,
            out,
            _program: folder,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Makes it quit by itself, as when the person closes its last window.
    pub fn quit(mut self) -> End {
        drop(self.child.stdin.take());
        self.end()
    }

    /// Waits until it has ended; for one that goes on and on, the test fails.
    #[track_caller]
    pub fn end(mut self) -> End {
        let since = Instant::now();
        while self.is_running() {
            assert!(since.elapsed() < PATIENCE, "the browser goes on");
            thread::sleep(Duration::from_millis(10));
        }
        let mut said = String::new();
        self.out.read_to_string(&mut said).unwrap();
        let status = self.child.wait().unwrap();
        End {
            code: status.code(),
            was_asked: said.contains("it was asked"),
        }
    }
}

impl Drop for WindowsBrowser {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Wine now and then has an internal error of its own where a program starts.
fn spawn(command: &mut Command) -> Child {
    const ERROR_INTERNAL_ERROR: i32 = 1359;
    for _ in 0..20 {
        match command.spawn() {
            Err(e) if e.raw_os_error() == Some(ERROR_INTERNAL_ERROR) => {}
            other => return other.expect("the browser starts"),
        }
    }
    panic!("Wine would not start the browser");
}

/// Is one, where a [`WindowsBrowser`] asks for it, until it is asked to quit or standard
/// input ends; otherwise returns at once.
pub fn be_one() {
    let Some(user_data) = env::var_os(USER_DATA).map(PathBuf::from) else {
        return;
    };
    let manner = env::var(MANNER).unwrap();
    // `chrome/browser/process_singleton_win.cc`: shared for reading, and gone afterwards.
    const FILE_SHARE_READ: u32 = 1;
    const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
    let _lockfile = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .share_mode(FILE_SHARE_READ)
        .custom_flags(FILE_FLAG_DELETE_ON_CLOSE)
        .open(user_data.join("lockfile"))
        .unwrap();
    let _store = env::var_os(STORE).map(|store| {
        let mut options = OpenOptions::new();
        let exclusively = options.read(true).write(true).share_mode(0);
        exclusively.open(store).unwrap()
    });
    if manner != format!("{:?}", Manner::Windowless) {
        let answer = match manner == format!("{:?}", Manner::Refuses) {
            true => refusing as Answer,
            false => polite,
        };
        // Its title is the directory, and it leaves all to the system.
        window(
            w!("Chrome_MessageWindow"),
            &HSTRING::from(user_data.as_path()),
            default,
            Some(HWND_MESSAGE),
        );
        // That of its tray icon: nobody sees it, but it hears what all hear.
        window(w!("Chrome_StatusTrayWindow"), &HSTRING::new(), answer, None);
    }
    // SAFETY: they take no memory but the message. The first makes the thread's queue,
    // without which what is posted to it is lost.
    let this_thread = unsafe {
        let _ = PeekMessageW(&mut MSG::default(), None, 0, 0, PM_NOREMOVE);
        GetCurrentThreadId()
    };
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        // SAFETY: it takes no memory.
        unsafe { PostThreadMessageW(this_thread, WM_QUIT, WPARAM(0), LPARAM(0)) }
            .unwrap_or_else(|_| process::exit(1));
    });
    println!("it holds its directory");
    let mut message = MSG::default();
    // SAFETY: the message outlives both calls.
    unsafe {
        while GetMessageW(&mut message, None, 0, 0).0 > 0 {
            DispatchMessageW(&message);
        }
    }
}

type Answer = extern "system" fn(HWND, u32, WPARAM, LPARAM) -> LRESULT;

fn window(class: PCWSTR, title: &HSTRING, answer: Answer, parent: Option<HWND>) {
    let described = WNDCLASSW {
        lpfnWndProc: Some(answer),
        lpszClassName: class,
        ..Default::default()
    };
    // SAFETY: the names end in a zero and outlive the calls; the function does not end
    // before the process.
    unsafe {
        assert_ne!(RegisterClassW(&described), 0);
        let style = WINDOW_EX_STYLE::default();
        CreateWindowExW(
            style, class, title, WS_POPUP, 0, 0, 0, 0, parent, None, None, None,
        )
        .expect("a window");
    }
}

extern "system" fn default(window: HWND, message: u32, wparam: WPARAM, lparam: LPARAM) -> LRESULT {
    // SAFETY: what the system hands over is handed on.
    unsafe { DefWindowProcW(window, message, wparam, lparam) }
}

extern "system" fn polite(window: HWND, message: u32, wparam: WPARAM, lparam: LPARAM) -> LRESULT {
    match message {
        WM_QUERYENDSESSION => println!("it was asked"),
        // SAFETY: it takes no memory.
        WM_ENDSESSION if wparam.0 != 0 => unsafe { PostQuitMessage(0) },
        _ => {}
    }
    default(window, message, wparam, lparam)
}

extern "system" fn refusing(window: HWND, message: u32, wparam: WPARAM, lparam: LPARAM) -> LRESULT {
    match message {
        WM_QUERYENDSESSION => {
            println!("it was asked");
            LRESULT(0)
        }
        _ => polite(window, message, wparam, lparam),
    }
}
