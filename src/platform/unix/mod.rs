//! POSIX: record locks and modes.

mod folder;
mod own_folder;
pub(super) mod owner;
mod process;
pub(super) mod users;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

#[cfg(target_os = "linux")]
pub(crate) use super::linux::desktop::close_windows_of;
#[cfg(target_os = "macos")]
pub(crate) use super::macos::desktop::close_windows_of;
pub(crate) use folder::{Folder, OldContent};
pub(crate) use own_folder::OwnFolder;
pub(crate) use process::{ProcessHandle, is_open_here, users_of, who_listens};

use super::{Holder, LockAttempt, open_plain};
use crate::model::error::{Fault, is_absence};

/// A write lock on the whole file, however long it is.
fn whole_file() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

/// Whether the terminal at standard input is not there any more.
pub(crate) fn has_lost_its_terminal() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let mut stdin = [PollFd::new(&stdin, PollFlags::empty())];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    poll(&mut stdin, Some(&now)).is_ok() && stdin[0].revents().intersects(gone)
}

/// The holder of a record lock (`fcntl`) on this file that would keep us from writing.
/// `flock` is another lock altogether, which the browsers do not use.
///
/// # Errors
/// When the file is there and cannot be opened, or is a link.
pub(crate) fn lock_holder(path: &Path) -> Result<Option<Holder>, Fault> {
    let file = match open_plain(path, OpenOptions::new().read(true)) {
        Err(Fault::Gone) => return Ok(None),
        other => other?,
    };
    let mut lock = whole_file();
    #[cfg(target_os = "linux")]
    let asked = FcntlArg::F_OFD_GETLK(&mut lock);
    #[cfg(not(target_os = "linux"))]
    let asked = FcntlArg::F_GETLK(&mut lock);
    fcntl(&file, asked).map_err(io::Error::from)?;
    if lock.l_type == libc::F_UNLCK as libc::c_short {
        return Ok(None);
    }
    // 0 for a process of another pid namespace, -1 for an open-file lock.
    Ok(Some(Holder {
        pid: u32::try_from(lock.l_pid).ok().filter(|pid| *pid > 0),
        is_of_open_file: lock.l_pid == -1,
    }))
}

/// A file that somebody makes or removes at the same moment is tried again so often.
const TRIES: u32 = 100;

/// A record lock that is held until this is dropped.
pub(crate) struct HeldFile {
    file: File,
    path: PathBuf,
    /// It goes again, before the lock does.
    is_removed: bool,
}

impl HeldFile {
    /// Takes a write lock on the whole file, which is created if it is missing (and then
    /// removed again), and is neither written nor touched: Firefox takes a changed
    /// modification time for a crash.
    ///
    /// # Errors
    /// When the file cannot be opened for writing, is a link, or locks are not supported.
    pub(crate) fn take(path: &Path) -> Result<LockAttempt, Fault> {
        for _ in 0..TRIES {
            let mut options = OpenOptions::new();
            options.read(true).write(true);
            let (file, is_created) = match open_plain(path, &mut options) {
                Err(Fault::Gone) => match options.create_new(true).mode(0o600).open(path) {
                    // Another one was quicker.
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                    other => (other?, true),
                },
                other => (other?, false),
            };
            match lock(&file) {
                Ok(()) => {}
                Err(Errno::EAGAIN | Errno::EACCES) => return Ok(LockAttempt::Theirs),
                Err(e) => return Err(io::Error::from(e).into()),
            }
            let held = Self {
                file,
                path: path.to_owned(),
                is_removed: is_created,
            };
            // Another run of this program may have removed what it had created.
            if held.is_there() {
                return Ok(LockAttempt::Ours(held));
            }
        }
        Err(io::Error::other("it comes and goes").into())
    }

    /// As [`HeldFile::take`], of a file that is ours alone, and goes in any case.
    pub(crate) fn take_own(path: &Path) -> Result<LockAttempt, Fault> {
        let mut taken = Self::take(path)?;
        if let LockAttempt::Ours(held) = &mut taken {
            held.is_removed = true;
        }
        Ok(taken)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where folders can be replaced all the time, this says nothing.
    pub(crate) fn real_folder(&self) -> Option<PathBuf> {
        None
    }

    /// Whether it is still the file of that name, which is the one that others lock.
    pub(crate) fn is_there(&self) -> bool {
        let there = self.path.symlink_metadata();
        match (there, self.file.metadata()) {
            (Ok(there), Ok(here)) => (there.dev(), there.ino()) == (here.dev(), here.ino()),
            _ => false,
        }
    }

    /// Removes the file if it is to go. True when it was removed: the lock is still held.
    pub(crate) fn remove(&mut self) -> bool {
        std::mem::take(&mut self.is_removed)
            && self.is_there()
            && fs::remove_file(&self.path).is_ok()
    }
}

fn lock(file: &File) -> nix::Result<()> {
    let lock = whole_file();
    // A lock of the open file is not lost when another descriptor is closed.
    #[cfg(target_os = "linux")]
    let asked = FcntlArg::F_OFD_SETLK(&lock);
    #[cfg(not(target_os = "linux"))]
    let asked = FcntlArg::F_SETLK(&lock);
    fcntl(file, asked).map(drop)
}

impl Drop for HeldFile {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Asks every window of a process to close. Here no way to them is known: false, none
/// was asked.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn close_windows_of(_pid: u32, _at_most: usize) -> io::Result<bool> {
    Ok(false)
}

/// Whether there is a process of this number, of any user.
pub(crate) fn exists(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else {
        return false;
    };
    let signal = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None);
    !matches!(signal, Err(Errno::ESRCH))
}

/// Whether a link that names this running process can have been made by it. One that is
/// older than the process was made by an earlier process of that number.
pub(crate) fn made_by(pid: u32, link: &Path) -> bool {
    /// Start times are counted from the boot, in hundredths of a second and by another
    /// clock than that of the file system.
    const UNSURE: Duration = Duration::from_secs(3);
    let made = link
        .symlink_metadata()
        .and_then(|metadata| metadata.modified());
    match (super::started(pid), made) {
        (Some(started), Ok(made)) => started <= made + UNSURE,
        _ => true,
    }
}

/// The name that Chromium writes into its lock.
pub(crate) fn host_name() -> String {
    nix::unistd::gethostname()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Creates a file that must not be there yet, for its owner only from its first
/// moment on.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// The path with all links followed.
pub(crate) fn canonicalize(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// Whether this real path is that of the folder or of something in it.
pub(crate) fn is_within(path: &Path, folder: &Path) -> bool {
    path.starts_with(folder)
}

/// What tells a file from every other, whatever it is called.
pub(crate) type FileId = (u64, u64);

/// Device and inode.
pub(crate) fn file_id(path: &Path) -> Option<FileId> {
    let metadata = path.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Whether another system holds a file of its own open so that we cannot write to it:
/// a browser of Windows, seen from its Linux subsystem.
///
/// # Errors
/// When that cannot be told, or the file is a link.
pub(crate) fn is_kept_from_us(path: &Path) -> Result<bool, Fault> {
    match path.symlink_metadata() {
        Err(e) if is_absence(&e) => return Ok(false),
        Err(e) => return Err(e.into()),
        // What nobody may write to is kept from everybody, by nobody in particular.
        Ok(metadata) if metadata.is_file() && metadata.permissions().readonly() => {
            return Ok(false);
        }
        Ok(_) => {}
    }
    match open_plain(path, OpenOptions::new().write(true)) {
        Ok(_) | Err(Fault::Gone | Fault::ReadOnly) => Ok(false),
        Err(fault @ (Fault::Link | Fault::NotAFile)) => Err(fault),
        // There is not enough of something: that says nothing about the file.
        Err(Fault::Io(e))
            if matches!(
                e.raw_os_error(),
                Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::EINTR)
            ) =>
        {
            Err(e.into())
        }
        Err(_) => Ok(true),
    }
}

/// Whether a file or folder belongs to the user who runs this.
pub(crate) fn is_own(path: &Path) -> bool {
    let owner = fs::symlink_metadata(path).map(|metadata| metadata.uid());
    owner.is_ok_and(|owner| owner == nix::unistd::geteuid().as_raw())
}

/// Makes the names in a folder safe from a power cut.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
