//! Other processes on POSIX: told apart from later ones of their number, waited for,
//! and asked to end.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::{Asked, Holder};

/// A running process. On Linux nothing that is done with it can meet a later process
/// that was given the same number.
pub(crate) struct ProcessHandle {
    pid: Pid,
    /// None where the kernel has none (Linux before 5.3).
    #[cfg(target_os = "linux")]
    descriptor: Option<OwnedFd>,
}

impl ProcessHandle {
    /// # Errors
    /// `NotFound` when there is no process of this number.
    pub fn open(pid: u32) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::NotFound)?;
        #[cfg(target_os = "linux")]
        let descriptor = {
            use rustix::process::{PidfdFlags, pidfd_open};
            match pidfd_open(pid, PidfdFlags::empty()) {
                Ok(descriptor) => Some(descriptor),
                Err(Errno::NOSYS | Errno::PERM) => None,
                Err(e) => return Err(not_found(e)),
            }
        };
        test_kill_process(pid).or_else(|e| match e {
            Errno::PERM => Ok(()),
            e => Err(not_found(e)),
        })?;
        Ok(Self {
            pid,
            #[cfg(target_os = "linux")]
            descriptor,
        })
    }

    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Sends SIGINT, upon which a Chromium ends as if its last window had been closed:
    /// it writes its cookies and removes its lock. (SIGTERM is for it the end of the
    /// session, which does neither in full.)
    ///
    /// It is sent only once, and only to a process that catches it: of any other, and of
    /// a Chromium that is told a second time, it would be the end
    /// (`chrome/app/shutdown_signal_handlers_posix.cc`).
    ///
    /// # Errors
    /// When it belongs to another user.
    pub fn quit_chromium(&self) -> io::Result<Asked> {
        #[cfg(target_os = "linux")]
        match self.catches() {
            Some([true, _]) => {}
            Some([false, true]) => return Ok(Asked::Yes),
            Some([false, false]) | None => return Ok(Asked::CannotBe),
        }
        match self.send(Signal::INT) {
            Ok(()) => {}
            Err(Errno::SRCH) => return Ok(Asked::Yes),
            Err(e) => return Err(e.into()),
        }
        // Whoever asks next must see that it was told. One that stands still has the
        // signal pending, where a second one changes nothing.
        #[cfg(target_os = "linux")]
        for _ in 0..100 {
            if !matches!(self.catches(), Some([true, _])) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Ok(Asked::Yes)
    }

    /// Whether a Chromium was told to quit already.
    pub fn is_quitting(&self) -> bool {
        #[cfg(target_os = "linux")]
        return matches!(self.catches(), Some([false, true]));
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// Whether it catches SIGINT, and whether SIGHUP: a Chromium that was told to end
    /// does not catch what told it any more.
    #[cfg(target_os = "linux")]
    fn catches(&self) -> Option<[bool; 2]> {
        let process = procfs::process::Process::new(self.pid.as_raw_nonzero().get()).ok()?;
        let caught = process.status().ok()?.sigcgt;
        Some([Signal::INT, Signal::HUP].map(|signal| caught >> (signal.as_raw() - 1) & 1 == 1))
    }

    fn send(&self, signal: Signal) -> rustix::io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Some(descriptor) = &self.descriptor {
            return rustix::process::pidfd_send_signal(descriptor, signal);
        }
        kill_process(self.pid, signal)
    }

    /// Closes its windows: a Firefox dies of every signal at once, and saves nothing.
    ///
    /// # Errors
    /// When its windows cannot be asked, or not without losing some.
    pub fn quit_firefox(&self) -> io::Result<Asked> {
        match super::close_windows_of(self.pid())? {
            true => Ok(Asked::Yes),
            false => Ok(Asked::CannotBe),
        }
    }

    /// Returns when it has ended.
    pub fn wait(&self) {
        #[cfg(target_os = "linux")]
        if let Some(descriptor) = &self.descriptor {
            use rustix::event::{PollFd, PollFlags, poll};
            let mut one = [PollFd::new(descriptor, PollFlags::IN)];
            while matches!(poll(&mut one, None), Err(Errno::INTR)) {}
            return;
        }
        #[cfg(not(target_os = "linux"))]
        if wait_by_kqueue(self.pid).is_ok() {
            return;
        }
        while test_kill_process(self.pid) != Err(Errno::SRCH) {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

fn not_found(error: Errno) -> io::Error {
    match error {
        Errno::SRCH => io::ErrorKind::NotFound.into(),
        other => other.into(),
    }
}

#[cfg(not(target_os = "linux"))]
fn wait_by_kqueue(pid: Pid) -> nix::Result<()> {
    use nix::sys::event::{EvFlags, EventFilter, FilterFlag, KEvent, Kqueue};
    let event = KEvent::new(
        pid.as_raw_nonzero().get() as usize,
        EventFilter::EVFILT_PROC,
        EvFlags::EV_ADD | EvFlags::EV_ONESHOT,
        FilterFlag::NOTE_EXIT,
        0,
        0,
    );
    let mut ended = [event];
    Kqueue::new()?.kevent(&[event], &mut ended, None).map(drop)
}

/// Windows alone has message windows.
pub(crate) fn owner_of_message_window(_user_data: &Path) -> Option<u32> {
    None
}

/// Who accepts connections at this socket; None when nobody does.
pub(crate) fn who_listens(socket: &Path) -> Option<Holder> {
    let address = SocketAddrUnix::new(socket.as_os_str().as_bytes()).ok()?;
    let line = waitless_socket().ok()?;
    match connect(&line, &address) {
        Ok(()) => Some(Holder {
            pid: listener(&line),
            is_of_open_file: false,
        }),
        Err(Errno::AGAIN | Errno::INPROGRESS) => Some(Holder::unknown()),
        Err(_) => None,
    }
}

/// A program that hangs does not accept, but is there: nobody waits for it.
fn waitless_socket() -> rustix::io::Result<OwnedFd> {
    #[cfg(not(target_vendor = "apple"))]
    {
        use rustix::net::{SocketFlags, socket_with};
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
    }
    #[cfg(target_vendor = "apple")]
    {
        let line = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
        rustix::io::ioctl_fionbio(&line, true)?;
        Ok(line)
    }
}

#[cfg(target_os = "linux")]
fn listener(line: &OwnedFd) -> Option<u32> {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
    let credentials = getsockopt(line, PeerCredentials).ok()?;
    // 0 for a process of another pid namespace.
    u32::try_from(credentials.pid()).ok().filter(|pid| *pid > 0)
}

#[cfg(not(target_os = "linux"))]
fn listener(_line: &OwnedFd) -> Option<u32> {
    None
}

/// The processes that have one of these files open, among those that can be looked
/// into; our own is not one of them. Reads `/proc`, which only Linux has; elsewhere a
/// record lock names its holder anyway.
pub(crate) fn users_of(files: &[PathBuf]) -> Vec<u32> {
    let wanted: Vec<_> = files
        .iter()
        .filter_map(|file| super::file_id(file))
        .collect();
    let names: Vec<_> = files.iter().filter_map(|file| file.file_name()).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let is_wanted = |descriptor: &Path| {
        // The name first: to look at every file that is open could wake a dead mount.
        std::fs::read_link(descriptor)
            .is_ok_and(|path| path.file_name().is_some_and(|name| names.contains(&name)))
            && super::file_id(descriptor).is_some_and(|id| wanted.contains(&id))
    };
    let mut users: Vec<u32> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd"));
            descriptors
                .into_iter()
                .flatten()
                .flatten()
                .any(|descriptor| is_wanted(&descriptor.path()))
        })
        .collect();
    users.sort_unstable();
    users
}
