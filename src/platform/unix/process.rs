//! Other processes on POSIX: told apart from later ones of their number, waited for,
//! and asked to end.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::super::Holder;

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
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
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

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Sends SIGINT.
    ///
    /// # Errors
    /// `NotFound` when it has ended; `PermissionDenied` when it belongs to another user.
    pub(crate) fn interrupt(&self) -> io::Result<()> {
        self.send(Signal::INT).map_err(not_found)
    }

    fn send(&self, signal: Signal) -> rustix::io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Some(descriptor) = &self.descriptor {
            return rustix::process::pidfd_send_signal(descriptor, signal);
        }
        kill_process(self.pid, signal)
    }

    /// Which of these signals it has handlers for; None when that cannot be told, as
    /// everywhere but on Linux.
    pub(crate) fn handles<const N: usize>(&self, signals: [Signal; N]) -> Option<[bool; N]> {
        #[cfg(target_os = "linux")]
        {
            let process = procfs::process::Process::new(self.pid.as_raw_nonzero().get()).ok()?;
            let caught = process.status().ok()?.sigcgt;
            Some(signals.map(|signal| caught >> (signal.as_raw() - 1) & 1 == 1))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = signals;
            None
        }
    }

    /// Returns when it has ended.
    pub(crate) fn wait(&self) {
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

/// The process that accepts connections at this socket; None when none does.
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
    let files: Vec<_> = files
        .iter()
        .filter_map(|file| Some((file.file_name()?, super::file_id(file)?)))
        .collect();
    if files.is_empty() {
        return Vec::new();
    }
    let mut users: Vec<u32> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| *pid != std::process::id())
        .filter(|pid| has_open(&pid.to_string(), &files))
        .collect();
    users.sort_unstable();
    users
}

/// Whether this process has a file open; false where the system does not tell.
pub(crate) fn is_open_here(file: &Path) -> bool {
    let file = file.file_name().zip(super::file_id(file));
    file.is_some_and(|file| has_open("self", &[file]))
}

/// Whether a process has one of these files open, by their names and what they are.
fn has_open(process: &str, files: &[(&std::ffi::OsStr, super::FileId)]) -> bool {
    let is_one = |descriptor: &Path| {
        // The name first: to look at every file that is open could wake a dead mount.
        let path = std::fs::read_link(descriptor).unwrap_or_default();
        let name = path.file_name();
        files.iter().any(|(known, _)| Some(*known) == name)
            && super::file_id(descriptor).is_some_and(|id| files.iter().any(|(_, it)| *it == id))
    };
    let descriptors = std::fs::read_dir(format!("/proc/{process}/fd"));
    let mut descriptors = descriptors.into_iter().flatten().flatten();
    descriptors.any(|descriptor| is_one(&descriptor.path()))
}
