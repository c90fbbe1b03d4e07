//! POSIX: record locks and modes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::{Holder, Taken};

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

/// Who holds a record lock (`fcntl`) on this file that would keep us from writing.
/// `flock` is another lock altogether, which the browsers do not use.
///
/// # Errors
/// When the file is there and cannot be opened.
pub(crate) fn lock_holder(path: &Path) -> io::Result<Option<Holder>> {
    // A pipe would block the open.
    match path.metadata() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(metadata) if !metadata.is_file() => return Ok(None),
        other => other?,
    };
    let file = File::open(path)?;
    let mut lock = whole_file();
    #[cfg(target_os = "linux")]
    let asked = FcntlArg::F_OFD_GETLK(&mut lock);
    #[cfg(not(target_os = "linux"))]
    let asked = FcntlArg::F_GETLK(&mut lock);
    fcntl(&file, asked)?;
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
    /// The file was not there before: it goes again, before the lock does.
    created: Option<PathBuf>,
}

impl HeldFile {
    /// Takes a write lock on the whole file, which is created if it is missing, and
    /// is neither written nor touched: Firefox takes a changed modification time
    /// for a crash.
    ///
    /// # Errors
    /// When the file cannot be opened for writing, or locks are not supported.
    pub fn take(path: &Path) -> io::Result<Taken> {
        let open = |create_new| {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create_new(create_new)
                .mode(0o600)
                .open(path)
        };
        for _ in 0..TRIES {
            let (file, created) = match open(false) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => match open(true) {
                    // Another one was quicker.
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                    other => (as_its_folder(other?, path), Some(path.to_owned())),
                },
                other => (other?, None),
            };
            let held = Self { file, created };
            match held.lock() {
                // Another one of us has removed what it had created.
                Ok(()) if !held.is_at(path) => held.leave(),
                Ok(()) => return Ok(Taken::Ours(held)),
                Err(Errno::EAGAIN | Errno::EACCES) => {
                    held.leave();
                    return Ok(Taken::Theirs);
                }
                Err(e) => return Err(e.into()),
            }
        }
        Err(io::Error::other(
            "it comes and goes, or is a link that leads nowhere",
        ))
    }

    fn lock(&self) -> nix::Result<()> {
        let lock = whole_file();
        // A lock of the open file is not lost when another descriptor is closed.
        #[cfg(target_os = "linux")]
        let asked = FcntlArg::F_OFD_SETLK(&lock);
        #[cfg(not(target_os = "linux"))]
        let asked = FcntlArg::F_SETLK(&lock);
        fcntl(&self.file, asked).map(drop)
    }

    fn is_at(&self, path: &Path) -> bool {
        let there = file_id(path);
        let here = self.file.metadata();
        here.is_ok_and(|here| there == Some((here.dev(), here.ino())))
    }

    /// Lets go without removing the file, which another one has locked since.
    fn leave(mut self) {
        self.created = None;
    }
}

/// Gives a file that root makes in somebody's folder to them: should we be killed,
/// they could not lock it.
fn as_its_folder(file: File, path: &Path) -> File {
    if let Some(Ok(folder)) = path.parent().map(Path::metadata)
        && folder.uid() != nix::unistd::geteuid().as_raw()
    {
        // Only root can; anybody else is the owner or could not have made it.
        let _ = std::os::unix::fs::fchown(&file, Some(folder.uid()), Some(folder.gid()));
    }
    file
}

impl Drop for HeldFile {
    fn drop(&mut self) {
        if let Some(path) = &self.created
            && self.is_at(path)
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether there is a process of this number, whoever it belongs to.
pub(crate) fn exists(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else {
        return false;
    };
    let signal = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None);
    !matches!(signal, Err(Errno::ESRCH))
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

/// Creates a folder for its owner only, with the folders above it; one that is
/// there must be the user's own, and is closed to others.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Err(io::Error::other("it is a link, not a folder"));
    }
    if metadata.uid() != nix::unistd::geteuid().as_raw() {
        return Err(io::Error::other("the folder belongs to another user"));
    }
    if metadata.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Creates a folder for its owner only; there must be nothing of that name yet.
pub(crate) fn new_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
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

/// What tells a symbolic link from one that was made later in its place: file systems
/// give an inode's number to the next one at once.
#[derive(PartialEq, Eq)]
pub(crate) struct LinkId(PathBuf, u64, i64, i64);

/// None when there is no link.
pub(crate) fn link_id(path: &Path) -> Option<LinkId> {
    let target = fs::read_link(path).ok()?;
    let metadata = path.symlink_metadata().ok()?;
    Some(LinkId(
        target,
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec(),
    ))
}

/// Whether another system holds a file of its own open so that we cannot write to it:
/// a browser of Windows, seen from its Linux subsystem.
pub(crate) fn is_kept_from_us(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else {
        return false;
    };
    // What nobody may write to is kept from everybody, by nobody in particular.
    if !metadata.is_file() || metadata.permissions().readonly() {
        return false;
    }
    let opened = OpenOptions::new().write(true).open(path);
    opened.is_err_and(|e| e.kind() != io::ErrorKind::ReadOnlyFilesystem)
}

/// No file can be kept from being opened here.
pub(crate) fn is_open_exclusively(_path: &Path) -> bool {
    false
}

/// Whether a file or folder belongs to the user who runs this.
pub(crate) fn is_own(path: &Path) -> bool {
    let owner = fs::symlink_metadata(path).map(|metadata| metadata.uid());
    owner.is_ok_and(|owner| owner == nix::unistd::geteuid().as_raw())
}

/// A symbolic link, of which there must be none yet.
pub(crate) fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// Makes the names in a folder safe from a power cut.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
