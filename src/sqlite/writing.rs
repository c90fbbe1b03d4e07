//! Changing a database that belongs to a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::{header, sibling, size_of};
use crate::claim::Claim;
use crate::error::Fault;
use crate::system;

/// Another reader (a backup program, a second cookieclean) may hold a shared lock.
const PATIENCE: Duration = Duration::from_secs(3);

/// A database that is open for writing, in the journal mode that its browser uses.
pub(crate) struct Writer {
    db: Connection,
    path: PathBuf,
    wal: bool,
    // After the database, which has it open.
    _journal: Option<AddedJournal>,
}

impl Writer {
    /// Opens the existing database at `path`. That nothing else uses it is what
    /// the claim stands for.
    ///
    /// # Errors
    /// When it is no database, or cannot be written to. It is never created.
    pub fn open(path: &Path, _claim: &Claim) -> Result<Self, Fault> {
        // Root would not be kept from writing, nor would Wine.
        if path.metadata()?.permissions().readonly() {
            return Err(Fault::ReadOnly);
        }
        let wal = header::is_wal(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let db = Connection::open_with_flags_and_vfs(path, flags, system::VFS)?;
        // SQLite falls back to reading where it may not write. Asked first, since a
        // database in WAL mode leaves files beside it as soon as it is read.
        if db.is_readonly("main")? {
            return Err(Fault::ReadOnly);
        }
        db.busy_timeout(PATIENCE)?;
        super::restrain(&db)?;
        // A stock build leaves deleted bytes in the file.
        db.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "FULL")?;
        let journal = sibling(path, "-journal");
        // Chromium keeps an empty journal file; leave beside the store what was there.
        // On Windows a journal that somebody reads, as another one of us does, may stay
        // until they are done: whole, it would take the deletion back.
        let is_there = journal.exists();
        let adds_one = system::WINDOWS && !wal && !is_there;
        if !wal && is_there || adds_one {
            db.pragma_update_and_check(None, "journal_mode", "TRUNCATE", |_| Ok(()))?;
        }
        Ok(Self {
            db,
            path: path.to_owned(),
            wal,
            _journal: adds_one.then(|| AddedJournal(journal)),
        })
    }

    pub fn connection(&self) -> &Connection {
        &self.db
    }

    /// Begins a transaction that nobody else can write beside; dropped without a
    /// commit, it leaves the database as it was.
    ///
    /// # Errors
    /// When the database stays locked.
    pub fn begin(&mut self) -> Result<Transaction<'_>, Fault> {
        Ok(self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// Moves what a WAL holds into the database, leaves it empty, and closes.
    ///
    /// # Errors
    /// When someone else still reads the WAL, or the disk fails.
    pub fn close(self) -> Result<(), Fault> {
        if self.wal {
            // Until then a deleted value stays readable in the WAL.
            let busy: i64 = self
                .db
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy != 0 {
                return Err(Fault::Locked);
            }
        }
        self.db.close().map_err(|(_, error)| error)?;
        if size_of(&sibling(&self.path, "-wal")) > 0 {
            return Err(Fault::NotVerified("the WAL is not empty".into()));
        }
        Ok(())
    }
}

/// A journal that was not there before, and goes again once it is empty.
struct AddedJournal(PathBuf);

impl Drop for AddedJournal {
    fn drop(&mut self) {
        if self.0.metadata().is_ok_and(|journal| journal.len() == 0) {
            // An empty one that stays does no harm.
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// Whether the database is sound, by SQLite's own check.
///
/// # Errors
/// With the first thing that it found, when it is not.
pub(super) fn quick_check(db: &Connection) -> Result<(), Fault> {
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(Fault::Corrupt(verdict.replace('\n', " ")))
    }
}
