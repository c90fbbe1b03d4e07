//! Looking into a database without changing anything.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, ffi};
use tempfile::TempDir;

use super::header;
use super::snapshot::{Room, Snapshot};
use crate::error::Fault;
use crate::system;

/// How long to wait for a browser that is committing.
const PATIENCE: Duration = Duration::from_secs(2);

/// A database that can only be looked at.
pub(crate) struct ReadView {
    // Before the folder: an open file cannot be removed on Windows.
    db: Connection,
    _folder: Option<TempDir>,
    _room: Option<Room>,
}

impl ReadView {
    /// Opens the database at `path` so that every committed row is seen, also one
    /// that stands only in the WAL, and none that a hot journal takes back.
    ///
    /// A database with a rollback journal is read in place, under SQLite's own
    /// shared lock. One in WAL mode, or one that a crash left half-written, is
    /// read from a private copy, since opening it in place writes beside it.
    ///
    /// # Errors
    /// When the file cannot be read, is no database, or is locked.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        if header::is_wal(path)? {
            return Self::of_snapshot(path);
        }
        match Self::in_place(path) {
            Err(error) if needs_recovery(&error) => Self::of_snapshot(path),
            other => Ok(other?),
        }
    }

    fn in_place(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(PATIENCE)?;
        settle(&db)?;
        Ok(Self {
            db,
            _folder: None,
            _room: None,
        })
    }

    fn of_snapshot(path: &Path) -> Result<Self, Fault> {
        let (folder, database) = match Snapshot::take(path)? {
            Snapshot::Memory(db, room) => {
                settle(&db)?;
                return Ok(Self {
                    db,
                    _folder: None,
                    _room: Some(room),
                });
            }
            Snapshot::File(folder, database) => (folder, database),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(database, flags)?;
        // No -shm file, and nothing that waits for a disk: the copy is nobody else's.
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        db.pragma_update(None, "synchronous", "OFF")?;
        settle(&db)?;
        Ok(Self {
            db,
            _folder: forget_early(folder),
            _room: None,
        })
    }

    pub fn connection(&self) -> &Connection {
        &self.db
    }
}

/// Where open files live on without their names, not even a crash leaves a copy
/// of somebody's cookies behind.
fn forget_early(folder: TempDir) -> Option<TempDir> {
    if system::OPEN_FILES_OUTLIVE_NAMES {
        // What cannot be removed now will not be removable later either.
        let _ = folder.close();
        return None;
    }
    Some(folder)
}

/// Makes SQLite read the schema now, which recovers a WAL or a journal.
fn settle(db: &Connection) -> rusqlite::Result<()> {
    super::restrain(db)?;
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn needs_recovery(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|e| {
        matches!(
            e.extended_code,
            ffi::SQLITE_READONLY_ROLLBACK
                | ffi::SQLITE_READONLY_RECOVERY
                | ffi::SQLITE_READONLY_CANTINIT
        )
    })
}
