//! A socket at which others wait until we are done.

use std::fs;
use std::io::{self, Read, Write};
use std::mem::offset_of;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::libc;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::model::error::Fault;
use crate::platform::unix::who_listens;

/// What the path of a socket may have, less the zero at its end: 107 bytes on Linux, 103
/// on macOS.
const ROOM: usize = size_of::<libc::sockaddr_un>() - offset_of!(libc::sockaddr_un, sun_path) - 1;

/// Listens at a socket; who calls is kept waiting, and gets an answer when this is
/// [let go](SingletonResponder::let_go).
pub(super) struct SingletonResponder {
    socket: PathBuf,
    is_named: bool,
    callers: Callers,
    /// Closed, it tells the thread to end.
    open: Option<UnixStream>,
    waiting: Option<JoinHandle<()>>,
}

type Callers = Arc<Mutex<Vec<(Instant, UnixStream)>>>;

fn locked(callers: &Callers) -> MutexGuard<'_, Vec<(Instant, UnixStream)>> {
    callers.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SingletonResponder {
    /// Makes this socket, at which those can call who may write in its folder: they are
    /// the ones who may start a browser there. What a run that was killed has left of it
    /// goes; that another run is none of them, the caller sees to.
    ///
    /// # Errors
    /// When the path is too long, something else has the name, another process answers there
    /// already, or the file system has no sockets.
    pub(super) fn at(socket: &Path) -> Result<Self, Fault> {
        let length = socket.as_os_str().len();
        if length > ROOM {
            let folder = socket.parent().map_or(0, |folder| folder.as_os_str().len());
            return Err(Fault::PathTooLong {
                length: folder,
                room: ROOM - (length - folder),
            });
        }
        match socket.symlink_metadata() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e.into()),
            Ok(left) if !left.file_type().is_socket() => {
                let error = io::Error::other("it is in the way, where a socket has to be");
                return Err(error.into());
            }
            Ok(_) if who_listens(socket).is_some() => return Err(Fault::Locked),
            Ok(_) => fs::remove_file(socket)?,
        }
        let bound = UnixListener::bind(socket);
        if bound.is_err() && who_listens(socket).is_none() {
            // It may have got its name before that.
            let _ = fs::remove_file(socket);
        }
        let listener = bound.map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied if error.raw_os_error() == Some(libc::EPERM) => {
                Fault::NoSocket(error)
            }
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded => error.into(),
            _ => Fault::NoSocket(error),
        })?;
        // From here on it goes again, whatever happens.
        let mut responder = Self {
            socket: socket.to_owned(),
            is_named: true,
            callers: Callers::default(),
            open: None,
            waiting: None,
        };
        open_to_its_folder(socket)?;
        listener.set_nonblocking(true)?;
        let (open, ends) = UnixStream::pair()?;
        let callers = Arc::clone(&responder.callers);
        let waiting = thread::Builder::new().spawn(move || wait(&listener, &ends, &callers))?;
        responder.open = Some(open);
        responder.waiting = Some(waiting);
        Ok(responder)
    }

    /// Whether the socket has still its name.
    pub(super) fn is_there(&self) -> bool {
        let there = self.socket.symlink_metadata();
        there.is_ok_and(|there| there.file_type().is_socket())
    }

    /// For how long the one who has waited longest has been waiting. Who has only called,
    /// to see whether a browser is there, does not wait.
    pub(super) fn longest_wait(&self) -> Option<Duration> {
        let waits = |line: &UnixStream| {
            let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
            matches!(recv(line, &mut [0_u8; 1], flags), Ok((1.., _)))
        };
        let callers = locked(&self.callers);
        let first = callers.iter().find(|(_, line)| waits(line));
        first.map(|(since, _)| since.elapsed())
    }

    /// Answers everybody who waits, and stops listening. Whether anybody waited.
    pub(super) fn let_go(&mut self, answer: &[u8]) -> bool {
        // A late caller finds nobody then, not a socket that never answers.
        let _ = fs::remove_file(&self.socket);
        self.is_named = false;
        // The thread lets in whoever came before that: Chromium kills who hangs up.
        self.open = None;
        if let Some(waiting) = self.waiting.take() {
            let _ = waiting.join();
        }
        let mut has_answered = false;
        for (_, mut caller) in locked(&self.callers).drain(..) {
            // What was said is read, since closing on unread words breaks the line; and
            // who has given up waiting needs no answer.
            let _ = caller.set_nonblocking(true);
            let has_asked = matches!(caller.read(&mut [0; 4096]), Ok(1..));
            has_answered |= caller.write_all(answer).is_ok() && has_asked;
        }
        has_answered
    }
}

impl Drop for SingletonResponder {
    fn drop(&mut self) {
        // Where it could not be made in full.
        if self.is_named {
            self.let_go(&[]);
        }
    }
}

/// Lets callers in, until the other end of `ends` is closed.
fn wait(listener: &UnixListener, ends: &UnixStream, callers: &Callers) {
    /// Where there is no room for another caller now: they wait in the queue.
    const PAUSE: Duration = Duration::from_millis(20);
    loop {
        let mut either = [
            PollFd::new(listener, PollFlags::IN),
            PollFd::new(ends, PollFlags::IN),
        ];
        if !matches!(poll(&mut either, None), Ok(_) | Err(Errno::INTR)) {
            thread::sleep(PAUSE);
        }
        let is_over = !either[1].revents().is_empty();
        loop {
            match listener.accept() {
                Ok((line, _)) => locked(callers).push((Instant::now(), line)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    thread::sleep(PAUSE);
                    break;
                }
            }
        }
        if is_over {
            return;
        }
    }
}

/// Who may call: everybody where the folder is not its owner's alone, for those who may
/// write in it are more than its mode can say; they have to get into it first.
fn mode_for(folder: &fs::Metadata, owner: u32) -> u32 {
    match folder.mode() & 0o022 == 0 && folder.uid() == owner {
        true => 0o600,
        false => 0o666,
    }
}

/// Of what is at this path now, in a folder in which others may be at work, nothing but a
/// socket is changed.
#[cfg(target_os = "linux")]
fn open_to_its_folder(socket: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

    use nix::fcntl::AtFlags;
    use nix::unistd::{Gid, Uid, fchownat, geteuid};

    let folder = socket.parent().unwrap_or(socket).metadata()?;
    let handle = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_NOFOLLOW)
        .open(socket)?;
    let mut made = handle.metadata()?;
    if !made.file_type().is_socket() {
        return Err(io::Error::other("it was replaced"));
    }
    // Its browser runs as the owner of the folder.
    if made.uid() != folder.uid() && geteuid().is_root() {
        let owner = (Uid::from_raw(folder.uid()), Gid::from_raw(folder.gid()));
        fchownat(
            &handle,
            "",
            Some(owner.0),
            Some(owner.1),
            AtFlags::AT_EMPTY_PATH,
        )?;
        made = handle.metadata()?;
    }
    let mode = mode_for(&folder, made.uid());
    if made.mode() & 0o222 != mode & 0o222 {
        let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn open_to_its_folder(socket: &Path) -> io::Result<()> {
    use nix::fcntl::AT_FDCWD;
    use nix::sys::stat::{FchmodatFlags, Mode, fchmodat};

    let folder = socket.parent().unwrap_or(socket).metadata()?;
    let made = socket.symlink_metadata()?;
    // Root could be made to change another file here.
    if made.uid() != folder.uid() && nix::unistd::geteuid().is_root() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mode = mode_for(&folder, made.uid());
    let bits = Mode::from_bits_truncate(mode as libc::mode_t);
    fchmodat(AT_FDCWD, socket, bits, FchmodatFlags::NoFollowSymlink)?;
    Ok(())
}
