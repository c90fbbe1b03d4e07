//! What can go wrong with one file, with the file's name in it.
//!
//! What the person can do about it is added by the last layer, in `cli`.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::evidence::Evidence;

/// A failure that concerns one file or folder.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct Error {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Error {
    /// As [`Fault::code`].
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }
}

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// This user may not read, write or search it.
    #[error("permission denied")]
    Denied,
    /// It, or its file system, is read-only.
    #[error("it is read-only")]
    ReadOnly,
    /// It does not exist.
    #[error("it does not exist")]
    Gone,
    /// It is a folder, a pipe or a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// It is a symbolic link where none is followed.
    #[error("it is a symbolic link, which is not followed")]
    Link,
    /// The path of the socket beside it would be too long. Lengths in bytes.
    #[error(
        "its path has {length} bytes, and {room} is the limit: a socket beside it, where a \
         browser that starts has to wait, needs the rest"
    )]
    PathTooLong {
        /// Of the path.
        length: usize,
        /// The longest that is possible.
        room: usize,
    },
    /// Its file system has no sockets, or refuses one.
    #[error("cannot create the socket where a browser that starts would wait: {0}")]
    NoSocket(io::Error),
    /// A browser began to use the profile during the change.
    #[error("a browser took over the profile meanwhile and may undo the change: {0}")]
    TakenOver(Evidence),
    /// It is not an SQLite database.
    #[error("it is not an SQLite database, or it is cut off")]
    NotADatabase,
    /// The database is damaged.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The table of the cookies is missing.
    #[error("it has no table {0}, so it is not a known cookie store")]
    NoTable(&'static str),
    /// A column of the table of the cookies is missing.
    #[error("its table {table} has no column {column}, so its version is not known")]
    NoColumn {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The schema of the database is not one that a browser makes.
    #[error("no browser creates such a schema: {0}")]
    UnknownSchema(String),
    /// It claims more bytes than are stored.
    #[error("its size is {length} bytes, but only {stored} are on the disk")]
    Sparse {
        /// As the file system says.
        length: u64,
        /// On the disk.
        stored: u64,
    },
    /// It has more bytes than any cookie store.
    #[error("reading it means copying {0} bytes, more than any cookie store has")]
    TooLarge(u64),
    /// A file that belongs to it, such as its journal, cannot be used.
    #[error("a file beside it cannot be used: {0}")]
    Beside(Box<Error>),
    /// Another program has it locked.
    #[error("another program keeps it locked")]
    Locked,
    /// It was changed during every attempt to read it.
    #[error("it changed during every attempt to read it")]
    KeepsChanging,
    /// The disk or the quota is full.
    #[error("the disk is full")]
    Full,
    /// It lies outside of the folder that was searched.
    #[error("it leads out of the browser's folder, to {}", .0.display())]
    Outside(PathBuf),
    /// A folder on its path belongs to another user.
    #[error("{} belongs to another user, who could lead root elsewhere", .0.display())]
    OthersFolder(PathBuf),
    /// It does not parse.
    #[error("it does not parse: {0}")]
    Unparsable(String),
    /// The session file cannot be read.
    #[error("it is not a readable session file: {0}")]
    BadSession(String),
    /// No private copy could be made to read it from.
    #[error("it changes while it is read, and making a private copy failed: {0}")]
    NoRoom(Box<Error>),
    /// The copy for undo could not be written.
    #[error("writing the copy for undo failed, so nothing was deleted: {0}")]
    NoBackup(Box<Error>),
    /// The copy for undo is damaged.
    #[error("the copy for undo is damaged: {0}")]
    BadBackup(String),
    /// The copy for undo was written by a later version.
    #[error("the copy for undo has format {0}; this version of cookieclean is too old for it")]
    OtherFormat(u32),
    /// The deletion or an undo of it is still running.
    #[error("deletion {0} is still running, or is being undone")]
    Running(String),
    /// It belongs to another user.
    #[error("it belongs to {0}")]
    Anothers(String),
    /// Other users may write to it.
    #[error("other users may write to it")]
    OpenToOthers,
    /// It has a second name.
    #[error("it has a second name (a hard link)")]
    OtherName,
    /// It was removed without being overwritten.
    #[error("it was removed, but overwriting its content failed: {0}")]
    NotOverwritten(Box<Fault>),
    /// The browser has changed the version of the store since.
    #[error(
        "the browser has changed the schema from version {was} to {is} since; \
         the old rows no longer fit"
    )]
    OtherVersion {
        /// When the rows were deleted.
        was: i64,
        /// Now.
        is: i64,
    },
    /// What became of the rows could not be told.
    #[error("it cannot be seen what was changed, so a copy for undo stays: {0}")]
    Unsure(Box<Fault>),
    /// Bytes of what was deleted are left.
    #[error("the cookies are deleted, but overwriting their bytes failed: {0}")]
    NotErased(Box<Error>),
    /// The result is not what it has to be.
    #[error("checking the result failed: {0}")]
    NotVerified(String),
    /// It failed halfway, and what was done by then could not be taken back.
    #[error("it failed halfway: {first}; and putting everything back failed: {second}")]
    HalfDone {
        /// Why it failed.
        first: Box<Error>,
        /// Why it could not be taken back.
        second: Box<Error>,
    },
    /// Something is wrong with a file in it.
    #[error("{0}")]
    Within(Box<Error>),
    /// Another error of the system.
    #[error("{0}")]
    Io(io::Error),
    /// Another error of SQLite.
    #[error("{0}")]
    Sql(rusqlite::Error),
}

impl Fault {
    /// What it is called in the JSON. These names never change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied => "permission-denied",
            Self::ReadOnly => "read-only",
            Self::Gone => "not-found",
            Self::NotAFile => "not-a-file",
            Self::Link => "symbolic-link",
            Self::PathTooLong { .. } => "path-too-long",
            Self::NoSocket(_) => "no-socket",
            Self::TakenOver(_) => "taken-over",
            Self::NotADatabase => "not-a-database",
            Self::Corrupt(_) => "corrupt",
            Self::NoTable(_) | Self::NoColumn { .. } | Self::UnknownSchema(_) => "unknown-schema",
            Self::Sparse { .. } => "sparse-file",
            Self::TooLarge(_) => "too-large",
            Self::Beside(_) => "bad-sibling",
            Self::Locked => "locked",
            Self::KeepsChanging => "keeps-changing",
            Self::Full => "disk-full",
            Self::Outside(_) => "outside",
            Self::OthersFolder(_) => "folder-of-another-user",
            Self::Unparsable(_) => "unparsable",
            Self::BadSession(_) => "bad-session",
            Self::NoRoom(_) => "no-private-copy",
            Self::NoBackup(_) => "no-undo-copy",
            Self::BadBackup(_) => "bad-undo-copy",
            Self::OtherFormat(_) => "unknown-undo-format",
            Self::Running(_) => "running",
            Self::Anothers(_) => "owned-by-another-user",
            Self::OpenToOthers => "writable-by-others",
            Self::OtherName => "hard-link",
            Self::NotOverwritten(_) => "not-overwritten",
            Self::OtherVersion { .. } => "other-schema-version",
            Self::Unsure(_) => "unsure",
            Self::NotErased(_) => "not-erased",
            Self::NotVerified(_) => "not-verified",
            Self::HalfDone { .. } => "half-done",
            Self::Within(error) => error.code(),
            Self::Io(_) => "io",
            Self::Sql(_) => "sqlite",
        }
    }

    /// Whether it is what a browser that is open does to its store.
    pub fn is_browsers_doing(&self) -> bool {
        matches!(self, Self::Locked | Self::KeepsChanging)
    }

    /// The database refers to the same content more than once, so that reading it would
    /// not end.
    pub(crate) fn endless() -> Self {
        Self::Corrupt("it has more content than a file of its size can hold".into())
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
pub(crate) trait At<T> {
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
