//! Windows: share modes stand in for locks.

mod folder;
mod own_folder;
pub(super) mod private;
mod process;
mod restart_manager;
pub(super) mod users;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf, Prefix};
use std::thread;
use std::time::Duration;

pub(crate) use folder::{Folder, OldContent};
pub(crate) use own_folder::OwnFolder;
pub(crate) use private::create_private;
pub(crate) use process::{ProcessHandle, owner_of_message_window};
pub(crate) use restart_manager::users_of;

use super::{Holder, LockAttempt};
use crate::model::error::Fault;

// <https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew>
const FILE_SHARE_READ: u32 = 1;
const FILE_SHARE_ALL: u32 = 7;
const FILE_READ_ATTRIBUTES: u32 = 0x80;
const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
/// What is a link is opened itself, not what it leads to.
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x400;
const ERROR_SHARING_VIOLATION: i32 = 32;

fn is_shared_out(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_SHARING_VIOLATION)
}

/// Whether a file was not opened since nobody may write to it: of one with that mark,
/// Windows says that access is denied.
fn is_read_only(error: &io::Error, path: &Path) -> bool {
    let has_mark = || path.metadata().is_ok_and(|m| m.permissions().readonly());
    match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem => true,
        io::ErrorKind::PermissionDenied => has_mark(),
        _ => false,
    }
}

/// Another run of this program may have opened a file and not locked it yet, or unlocked it
/// and not closed it yet.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(10);

/// A file that goes with the last one who has it open is denied until then, and another
/// one of us may be quicker to make it.
fn comes_or_goes(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::AlreadyExists
    )
}

/// Fails unless a file by which browsers lock is a regular file.
fn check(file: &File) -> Result<(), Fault> {
    match file.metadata()?.file_type() {
        kind if kind.is_symlink() => Err(Fault::Link),
        kind if kind.is_file() => Ok(()),
        _ => Err(Fault::NotAFile),
    }
}

/// Whether the terminal at standard input is not there any more: Windows ends a program with
/// its console.
pub(crate) fn has_lost_its_terminal() -> bool {
    false
}

/// Whether somebody has this file open and lets nobody write to it. Who, Windows
/// does not tell here, but whether it is another run of this program.
///
/// # Errors
/// When the file is there and cannot be opened for another reason, or is a link.
pub(crate) fn lock_holder(path: &Path) -> Result<Option<Holder>, Fault> {
    // Without access to its content nobody is blocked, however they share it: a Firefox
    // that starts in this instant shares it with nobody.
    let looked_at = OpenOptions::new()
        .access_mode(FILE_READ_ATTRIBUTES)
        .share_mode(FILE_SHARE_ALL)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path);
    match looked_at {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(file) => {
            check(&file)?;
            if is_open_elsewhere(&file) == Some(false) {
                return Ok(None);
            }
        }
        // As of one that goes with the last one who has it open.
        Err(_) => {}
    }
    for n in 0..TRIES {
        thread::sleep(PAUSE * n);
        // Somebody has it open, or the system does not tell. A browser lets us not, and
        // then nothing was opened that could be in its way.
        match OpenOptions::new()
            .write(true)
            .share_mode(FILE_SHARE_ALL)
            .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
            .open(path)
        {
            Ok(file) => return check(&file).map(|()| None),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) if is_shared_out(&e) => {}
            // A browser could not have opened it either.
            Err(e) if is_read_only(&e, path) => return Ok(None),
            Err(e) if comes_or_goes(&e) && n + 1 < TRIES => continue,
            Err(e) => return Err(e.into()),
        }
        if is_locked_by_one_of_us(path) {
            return Ok(Some(Holder {
                pid: None,
                is_of_open_file: true,
            }));
        }
    }
    Ok(Some(Holder::unknown()))
}

/// Whether another process has this file open, in whatever way. None where the system
/// does not tell, as Wine 8 does not.
fn is_open_elsewhere(file: &File) -> Option<bool> {
    use std::os::windows::io::AsRawHandle;

    use windows::Wdk::Storage::FileSystem::{
        FileProcessIdsUsingFileInformation, NtQueryInformationFile,
    };
    use windows::Win32::Foundation::HANDLE;
    use windows::Win32::System::IO::IO_STATUS_BLOCK;

    // Their number, as 32 bits in the room of one, and then the processes.
    let mut answer = [0_usize; 64];
    let mut status = IO_STATUS_BLOCK::default();
    // SAFETY: the handle is open, and the answer has the room that is named.
    let done = unsafe {
        NtQueryInformationFile(
            HANDLE(file.as_raw_handle()),
            &mut status,
            answer.as_mut_ptr().cast(),
            u32::try_from(size_of_val(&answer)).unwrap_or(0),
            FileProcessIdsUsingFileInformation,
        )
    };
    done.ok().ok()?;
    let count = answer[0] & 0xffff_ffff;
    let others = answer[1..].iter().take(count);
    // We are there ourselves, or the list is not what it should be.
    let own = std::process::id() as usize;
    (count > 0 && others.clone().any(|pid| *pid == own))
        .then(|| count >= answer.len() || others.clone().any(|pid| *pid != own))
}

/// No browser locks a part of the file besides, and Firefox does not even let it be read.
fn is_locked_by_one_of_us(path: &Path) -> bool {
    let file = OpenOptions::new()
        .read(true)
        .share_mode(FILE_SHARE_ALL)
        .open(path);
    let locked = file.map(|file| file.try_lock_shared());
    matches!(locked, Ok(Err(TryLockError::WouldBlock)))
}

/// A file that is held open, and kept from others, until this is dropped.
pub(crate) struct HeldFile {
    file: File,
    path: PathBuf,
}

impl HeldFile {
    /// Opens the file so that nobody else can write to it: what Chromium does with
    /// `lockfile` and Firefox with `parent.lock`. If it was missing it goes again. While it
    /// is open, neither its folder nor one above can be replaced.
    ///
    /// # Errors
    /// When it is a link, or cannot be opened for another reason than that somebody has it.
    pub(crate) fn take(path: &Path) -> Result<LockAttempt, Fault> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .share_mode(FILE_SHARE_READ)
            .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        let open = || match options.open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => options
                .clone()
                .create_new(true)
                .custom_flags(FILE_FLAG_DELETE_ON_CLOSE | FILE_FLAG_OPEN_REPARSE_POINT)
                .open(path),
            other => other,
        };
        let mut opened = open();
        for _ in 1..TRIES {
            if opened.as_ref().is_err_and(comes_or_goes) {
                thread::sleep(PAUSE);
                opened = open();
            }
        }
        match opened {
            Ok(file) => {
                check(&file)?;
                // Tells others of us who it is; the share mode does the work.
                let _ = file.try_lock();
                Ok(LockAttempt::Ours(Self {
                    file,
                    path: path.to_owned(),
                }))
            }
            Err(e) if is_shared_out(&e) => Ok(LockAttempt::Theirs),
            Err(e) if is_read_only(&e, path) => Err(Fault::ReadOnly),
            Err(e) => Err(e.into()),
        }
    }

    /// No file of ours does here what the browsers' own do.
    pub(crate) fn take_own(path: &Path) -> Result<LockAttempt, Fault> {
        Self::take(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that it is really in; None where the system does not tell.
    pub(crate) fn real_folder(&self) -> Option<PathBuf> {
        use std::os::windows::ffi::OsStringExt;
        use std::os::windows::io::AsRawHandle;

        use windows::Win32::Foundation::HANDLE;
        use windows::Win32::Storage::FileSystem::{
            FILE_NAME_NORMALIZED, GetFinalPathNameByHandleW,
        };

        let mut path = [0; 32768];
        let handle = HANDLE(self.file.as_raw_handle());
        // SAFETY: the handle is open, and the path has the room that its length says.
        let length = unsafe { GetFinalPathNameByHandleW(handle, &mut path, FILE_NAME_NORMALIZED) };
        let path = path.get(..usize::try_from(length).ok()?)?;
        let path = PathBuf::from(OsString::from_wide(path));
        path.parent().map(Path::to_owned)
    }

    /// What is open cannot be replaced.
    pub(crate) fn is_there(&self) -> bool {
        true
    }

    /// It goes when it is closed.
    pub(crate) fn remove(&mut self) -> bool {
        false
    }
}

/// Whether there is a process of this number.
pub(crate) fn exists(pid: u32) -> bool {
    super::name_of(pid).is_some()
}

/// The path with all links followed, as Windows takes one of any length: with `\\?\`.
///
/// # Errors
/// When there is nothing, or where it leads cannot be told.
pub(crate) fn canonicalize(path: &Path) -> io::Result<PathBuf> {
    /// The drivers of some RAM disks and mounted images cannot name an open file
    /// (<https://github.com/rust-lang/rust/issues/48249>).
    const ERROR_INVALID_FUNCTION: i32 = 1;
    /// Wine 8, of a path of more than 260 characters. It has no links of Windows, and
    /// does not show those of Unix as such.
    const ERROR_MORE_DATA: i32 = 234;
    match fs::canonicalize(path) {
        Err(e)
            if matches!(
                e.raw_os_error(),
                Some(ERROR_INVALID_FUNCTION | ERROR_MORE_DATA)
            ) =>
        {
            canonical_by_parts(path, e)
        }
        other => other,
    }
}

/// What is not a link is where its folder is. A link stays untold: that it does not lead
/// out of a browser's folder could not be said then. Names keep the case in which they
/// are written here.
fn canonical_by_parts(path: &Path, untold: io::Error) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    // Of whatever kind: links and junctions are among them.
    if fs::symlink_metadata(&path)?.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(untold);
    }
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => Ok(canonicalize(folder)?.join(name)),
        _ => verbatim(&path).ok_or(untold),
    }
}

/// A path on a drive as one that may be of any length.
fn verbatim(path: &Path) -> Option<PathBuf> {
    match path.components().next() {
        Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::Disk(_)) => {
            let mut verbatim = OsString::from(r"\\?\");
            verbatim.push(path);
            Some(verbatim.into())
        }
        _ => None,
    }
}

/// Whether this real path is that of the folder or of something in it. Of the two, the
/// longer one may be written in the way in which long paths are.
pub(crate) fn is_within(path: &Path, folder: &Path) -> bool {
    path.starts_with(folder) || verbatim(folder).is_some_and(|folder| path.starts_with(folder))
}

/// What tells a file from every other. Windows tells only while the file is open,
/// which a browser that wants it for itself would be blocked by.
pub(crate) type FileId = std::convert::Infallible;

pub(crate) fn file_id(_path: &Path) -> Option<FileId> {
    None
}

/// Whether somebody has this file open and lets nobody else open it.
pub(crate) fn is_open_exclusively(path: &Path) -> bool {
    let file = OpenOptions::new()
        .read(true)
        .share_mode(FILE_SHARE_ALL)
        .open(path);
    file.is_err_and(|e| is_shared_out(&e))
}

/// Everybody's temporary folder is their own.
pub(crate) fn is_own(_path: &Path) -> bool {
    true
}

/// NTFS keeps its names safe by itself, and a folder cannot be synced.
pub(crate) fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
