//! What can go wrong with one file, with the file's name in it.
//!
//! What the person can do about it is added by the last layer, in `cli`.

use std::io;
use std::path::{Path, PathBuf};

/// A failure that concerns one file or folder.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct Error {
    pub path: PathBuf,
    pub fault: Fault,
}

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("permission denied")]
    Denied,
    #[error("it is read-only")]
    ReadOnly,
    #[error("it does not exist")]
    Gone,
    #[error("it is not a regular file")]
    NotAFile,
    #[error("it is a link, and links are not followed here")]
    Link,
    #[error(
        "its path is {length} bytes long, and may have {room}: the socket at which a browser \
         that starts has to wait would not fit into it"
    )]
    PathTooLong { length: usize, room: usize },
    #[error("no socket can be made there, at which a browser that starts would wait: {0}")]
    NoSocket(io::Error),
    #[error("it was taken over meanwhile, and what was changed may not last: {0}")]
    TakenOver(String),
    #[error("it is not an SQLite database, or only the beginning of one")]
    NotADatabase,
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    #[error("it has no table {0}, so it is no cookie store that is known here")]
    NoTable(&'static str),
    #[error(
        "its table {table} has no column {column}, so it is of a version that is not known here"
    )]
    NoColumn {
        table: &'static str,
        column: &'static str,
    },
    #[error("its platform is not one that a browser makes: {0}")]
    UnknownSchema(String),
    #[error("it says to be {length} bytes long, of which {stored} are on the disk")]
    Sparse { length: u64, stored: u64 },
    #[error("{0} bytes of it would have to be copied, more than any cookie store has")]
    TooLarge(u64),
    #[error("a file that belongs to it is in the way: {0}")]
    Beside(Box<Error>),
    #[error("another program keeps it locked")]
    Locked,
    #[error("it was written to at every attempt to read it")]
    KeepsChanging,
    #[error("the disk is full")]
    Full,
    #[error("it leads out of its browser's folder, to {}", .0.display())]
    Outside(PathBuf),
    /// Of root's work: the folder on the way that is another user's.
    #[error("{} belongs to another user, who could lead root elsewhere", .0.display())]
    OthersFolder(PathBuf),
    #[error("it does not parse: {0}")]
    Unparsable(String),
    #[error("it is no session that can be read: {0}")]
    BadSession(String),
    #[error("it changes while it is read, and no private copy of it could be made: {0}")]
    NoRoom(Box<Error>),
    #[error("no copy for undo could be written, so nothing was deleted: {0}")]
    NoBackup(Box<Error>),
    #[error("the copy for undo is damaged: {0}")]
    BadBackup(String),
    #[error("the copy for undo has format {0}, which this version of cookieclean does not know")]
    OtherFormat(u32),
    #[error("deletion {0} is still running, or another undo keeps it locked")]
    Running(String),
    #[error("it belongs to {0}")]
    Anothers(String),
    #[error("other users may write to it")]
    OpenToOthers,
    #[error("the file has another name as well (a hard link)")]
    OtherName,
    #[error("it was removed, but its content could not be overwritten: {0}")]
    NotOverwritten(Box<Fault>),
    #[error(
        "the browser has changed the store's version from {was} to {is} since, \
         and would not understand the old rows"
    )]
    OtherVersion { was: i64, is: i64 },
    #[error("it is not certain what was deleted, so the copy for undo is kept: {0}")]
    Unsure(Box<Fault>),
    #[error("the cookies are gone, but not all of their bytes could be overwritten: {0}")]
    NotErased(Box<Error>),
    #[error("checking the result failed: {0}")]
    NotVerified(String),
    #[error("{0}")]
    Io(io::Error),
    #[error("{0}")]
    Sql(rusqlite::Error),
}

impl Fault {
    /// Whether it is what a browser that is open does to its store.
    pub fn is_browsers_doing(&self) -> bool {
        matches!(self, Self::Locked | Self::KeepsChanging)
    }

    /// It cannot be read to its end: its parts stand in it more often than once.
    pub(crate) fn endless() -> Self {
        Self::Corrupt("there is more to read in it than a file of its size can hold".into())
    }

    /// Puts the file's name to it.
    pub fn at(self, path: impl Into<PathBuf>) -> Error {
        Error {
            path: path.into(),
            fault: self,
        }
    }
}

/// Whether there is nothing of that name.
pub(crate) fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Attaches the file's name to a result.
pub trait At<T> {
    fn at(self, path: &Path) -> Result<T, Error>;
}

impl<T, F: Into<Fault>> At<T> for Result<T, F> {
    fn at(self, path: &Path) -> Result<T, Error> {
        self.map_err(|fault| fault.into().at(path))
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        /// `ERROR_SHARING_VIOLATION` and `ERROR_LOCK_VIOLATION`. On POSIX they are a broken
        /// pipe, which has a kind of its own, and what no file has.
        const WINDOWS_SHARING: [i32; 2] = [32, 33];
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::NotFound => Self::Gone,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::BrokenPipe => Self::Io(error),
            _ if error
                .raw_os_error()
                .is_some_and(|code| WINDOWS_SHARING.contains(&code)) =>
            {
                Self::Locked
            }
            _ => Self::Io(error),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase,
            OperationInterrupted, PermissionDenied, ReadOnly,
        };
        match error.sqlite_error_code() {
            Some(NotADatabase) => Self::NotADatabase,
            Some(DatabaseCorrupt) => Self::Corrupt(error.to_string()),
            // Only the limit of steps interrupts: see `sqlite::restrain`.
            Some(OperationInterrupted) => Self::endless(),
            Some(DatabaseBusy | DatabaseLocked) => Self::Locked,
            Some(DiskFull) => Self::Full,
            Some(PermissionDenied) => Self::Denied,
            Some(ReadOnly) => Self::ReadOnly,
            _ => Self::Sql(error),
        }
    }
}
