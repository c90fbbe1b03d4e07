//! Looking into a database without changing anything, and without a lock.
//!
//! Not even a shared lock is taken: Chromium gives up a commit that meets one, and
//! forgets the cookies in it; a Firefox that meets one at its start takes its store
//! for broken. So the files are read as they are, and read again from a copy where
//! they changed meanwhile.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};

use super::files::{self, has_company};
use super::snapshot::{Room, Snapshot};
use super::{header, is_settled, stamp};
use crate::model::error::Fault;
use crate::platform::{self, TempFolder};

/// A database that can only be looked at.
pub(crate) struct ReadView {
    // Before the folder: an open file cannot be removed on Windows.
    db: Connection,
    source: Source,
}

enum Source {
    /// The file itself, which had this stamp.
    InPlace(PathBuf, (u64, SystemTime)),
    Memory(#[allow(dead_code, reason = "held")] Room),
    File(#[allow(dead_code, reason = "held")] Option<TempFolder>),
}

/// Lets `look` see the database at `path` in one consistent state: every committed
/// row, also one that stands only in the WAL, and none that a hot journal takes back.
///
/// `look` may be called a second time, when the first was disturbed; what it gave
/// then does not count. To pass something on at once it has to make sure that the
/// view [is unchanged](ReadView::is_unchanged).
///
/// # Errors
/// When the file cannot be read, is not a database, or is being written to all the time.
pub(crate) fn read<T>(
    path: &Path,
    mut look: impl FnMut(&ReadView) -> Result<T, Fault>,
) -> Result<T, Fault> {
    files::check(path)?;
    if let Some(view) = ReadView::in_place(path)? {
        let seen = look(&view);
        if view.is_unchanged() {
            return seen;
        }
    }
    look(&ReadView::of_copy(path)?)
}

impl ReadView {
    /// The file itself, when it is whole without any other and has not been written
    /// to for a while.
    fn in_place(path: &Path) -> Result<Option<Self>, Fault> {
        header::read(path)?;
        let Some(stamp) = stamp(path).filter(|(_, modified)| is_settled(*modified)) else {
            return Ok(None);
        };
        let Some(uri) = immutable(path) else {
            return Ok(None);
        };
        if has_company(path)? {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut db = Connection::open_with_flags_and_vfs(uri, flags, platform::VFS)?;
        super::restrain(&mut db, stamp.0)?;
        Ok(Some(Self {
            db,
            source: Source::InPlace(path.to_owned(), stamp),
        }))
    }

    fn of_copy(path: &Path) -> Result<Self, Fault> {
        let (folder, database) = match Snapshot::take(path)? {
            Snapshot::Memory(mut db, room) => {
                super::restrain(&mut db, room.bytes())?;
                return Ok(Self {
                    db,
                    source: Source::Memory(room),
                });
            }
            Snapshot::File(folder, database) => (folder, database),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let bytes = files::check(&database)?;
        let mut db = Connection::open_with_flags_and_vfs(database, flags, platform::VFS)?;
        // No -shm file, and nothing that waits for a disk: the copy is nobody else's.
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        super::restrain(&mut db, bytes)?;
        db.pragma_update(None, "synchronous", "OFF")?;
        // Recovers the WAL or the journal, while they still have their names.
        db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(Self {
            db,
            source: Source::File(forget_early(folder)),
        })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.db
    }

    /// Whether everything that was seen so far belongs to one state of the database.
    pub(crate) fn is_unchanged(&self) -> bool {
        match &self.source {
            Source::InPlace(path, before) => {
                stamp(path).as_ref() == Some(before) && !has_company(path).unwrap_or(true)
            }
            Source::Memory(_) | Source::File(_) => true,
        }
    }
}

/// The name by which SQLite takes a database for one that nobody changes: it takes no lock,
/// and looks for no WAL and no journal (<https://www.sqlite.org/uri.html>). None where a path
/// is no text.
fn immutable(path: &Path) -> Option<String> {
    let mut uri = String::from("file:");
    let path = path.to_str()?;
    if path.starts_with('/') {
        // Else a path with two of them would begin with the name of a computer.
        uri.push_str("//");
    }
    for letter in path.chars() {
        match letter {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            other => uri.push(other),
        }
    }
    uri.push_str("?immutable=1");
    Some(uri)
}

/// Where open files live on without their names, not even a crash leaves a copy
/// of somebody's cookies behind.
fn forget_early(folder: TempFolder) -> Option<TempFolder> {
    (!platform::OPEN_FILES_OUTLIVE_NAMES).then_some(folder)
}
