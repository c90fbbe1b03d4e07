//! Changing a database that belongs to a browser.
//!
//! What is deleted is overwritten wherever SQLite had it, so that it is not left in
//! blocks that a file system only marks as free. In the database `secure_delete` does
//! that. The journal, and the WAL, hold the pages as they were before; SQLite truncates
//! them, so here they are filled with zeros first, in this order:
//!
//! - **Journal.** Its first bytes are what makes a transaction undone by whoever opens the
//!   database next. In the mode PERSIST a commit is complete when SQLite has overwritten
//!   them, and synced that. A crash before leaves everything as it was, one after leaves a
//!   journal that nobody heeds, whatever of the rest is overwritten by then.
//! - **WAL.** First all of it goes into the database, which is synced: with or without the
//!   WAL, the database now says the same. Then the WAL's header goes, and that is synced,
//!   before anything else: without a header nothing in a WAL counts. In another order a
//!   crash could leave an older transaction in it and not a newer one, and an old page
//!   would come back.
//!
//! Both happen under SQLite's own lock for writers, so that nobody else can have begun a
//! transaction in the file that is overwritten.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::files::{self, sibling, size_of};
use super::header;
use crate::model::error::{At, Error, Fault};
use crate::platform;

/// Another reader (a backup program, a second cookieclean) may hold a shared lock.
const PATIENCE: Duration = Duration::from_secs(3);
/// The header of a WAL, in bytes (<https://www.sqlite.org/fileformat2.html>, 4.1).
const WAL_HEADER: u64 = 32;
/// How often a WAL is moved into its database while others write to it.
const TRIES: u32 = 3;

/// A database that is open for writing, in the journal mode that its browser uses.
pub(crate) struct Writer {
    /// None once it is closed.
    db: Option<Connection>,
    path: PathBuf,
    wal: bool,
    /// Chromium keeps an empty journal file: leave beside the store what was there.
    had_journal: bool,
}

impl Writer {
    /// Opens the existing database at `path`. That nothing else uses it, the
    /// caller knows by the claim that it holds.
    ///
    /// # Errors
    /// When it is not a database, or cannot be written to. It is never created.
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let bytes = files::check(path)?;
        // Root would not be kept from writing, nor would Wine.
        if path.metadata()?.permissions().readonly() {
            return Err(Fault::ReadOnly);
        }
        let wal = header::is_wal(path)?;
        let journal = sibling(path, "-journal");
        let had_journal = journal.exists();
        // One that a crash left is undone as soon as the database is read, and removed:
        // its content is overwritten then.
        let left_by_crash = match size_of(&journal)? {
            0 => None,
            _ => old_content(&journal),
        };
        let mut db = connect(path)?;
        // SQLite falls back to reading where it may not write. Asked first, since a
        // database in WAL mode leaves files beside it as soon as it is read.
        if db.is_readonly("main")? {
            return Err(Fault::ReadOnly);
        }
        db.busy_timeout(PATIENCE)?;
        super::restrain(&mut db, bytes)?;
        be_careful(&db)?;
        if !wal {
            // Also on Windows, where a journal that somebody reads could not be removed:
            // whole, it would take the deletion back.
            let mode: String =
                db.pragma_update_and_check(None, "journal_mode", "PERSIST", |row| row.get(0))?;
            if mode != "persist" {
                let message = format!("its journal mode is {mode}");
                return Err(Fault::UnknownSchema(message));
            }
        }
        if let Some(content) = left_by_crash {
            content.overwrite()?;
        }
        Ok(Self {
            db: Some(db),
            path: path.to_owned(),
            wal,
            had_journal,
        })
    }

    fn db(&mut self) -> &mut Connection {
        self.db.as_mut().expect("taken only when closed")
    }

    /// Begins a transaction that nobody else can write beside; dropped without a
    /// commit, it leaves the database as it was.
    ///
    /// # Errors
    /// When the database stays locked.
    pub(crate) fn begin(&mut self) -> Result<Transaction<'_>, Fault> {
        Ok(self
            .db()
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// Overwrites what the journal or the WAL still holds of what was committed, leaves
    /// beside the database what was there before, and closes.
    ///
    /// # Errors
    /// When someone else still reads the WAL, or the disk fails.
    pub(crate) fn close(mut self) -> Result<(), Fault> {
        match self.wal {
            true => self.erase_wal()?,
            false => self.erase_journal()?,
        }
        if let Some(db) = self.db.take() {
            db.close().map_err(|(_, error)| error)?;
        }
        self.remove_added_journal();
        if size_of(&sibling(&self.path, "-wal"))? > 0 {
            return Err(Fault::NotVerified("the WAL is not empty".into()));
        }
        Ok(())
    }

    fn erase_journal(&mut self) -> Result<(), Fault> {
        let journal = sibling(&self.path, "-journal");
        let remove = !self.had_journal && platform::OPEN_FILES_OUTLIVE_NAMES;
        // Nobody else begins a journal meanwhile, and this transaction, which changes
        // nothing, needs none.
        let transaction = self.begin()?;
        let erased = erase_finished(&journal);
        if erased.is_ok() && remove {
            // An empty one that stays does no harm.
            let _ = fs::remove_file(&journal);
        }
        drop(transaction);
        erased.at(&journal).map_err(not_erased)
    }

    /// Where SQLite still had it open, it could not be removed.
    fn remove_added_journal(&self) {
        let journal = sibling(&self.path, "-journal");
        if !self.had_journal && journal.metadata().is_ok_and(|file| file.len() == 0) {
            let _ = fs::remove_file(&journal);
        }
    }

    fn erase_wal(&mut self) -> Result<(), Fault> {
        let wal = sibling(&self.path, "-wal");
        for _ in 0..TRIES {
            let before = data_version(self.db())?;
            // RESTART waits until nobody reads from the WAL any more.
            checkpoint(self.db(), "RESTART")?;
            let transaction = self.begin()?;
            if data_version(&transaction)? != before {
                // A process has written, and that is in the WAL only.
                continue;
            }
            let erased = erase_moved(&wal);
            drop(transaction);
            erased.at(&wal).map_err(not_erased)?;
            // SQLite's own way to empty it, by which it knows of it.
            return checkpoint(self.db(), "TRUNCATE");
        }
        Err(Fault::Locked)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.db.is_none() {
            return;
        }
        // Nothing was committed. What had been written to the journal by then goes again,
        // which can do no harm where it fails.
        if !self.wal {
            let _ = self.erase_journal();
        }
        self.db = None;
        self.remove_added_journal();
    }
}

/// The content of a file that is about to be removed, to be overwritten then.
fn old_content(path: &Path) -> Option<platform::OldContent> {
    let folder = platform::Folder::open(path.parent()?).ok()?;
    folder.old_content(path.file_name()?)
}

/// Opens an existing database for writing; no link leads to it.
pub(crate) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    Connection::open_with_flags_and_vfs(path, flags, platform::VFS)
}

/// Has deleted bytes overwritten in the database, and every step of a commit on the disk
/// before the next.
pub(crate) fn be_careful(db: &Connection) -> rusqlite::Result<()> {
    // A stock build leaves deleted bytes in the file.
    db.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
    // What SQLite is built with may be less.
    db.pragma_update(None, "synchronous", "FULL")
}

fn not_erased(error: Error) -> Fault {
    Fault::NotErased(Box::new(error))
}

/// Changes when another connection has written.
fn data_version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "data_version", |row| row.get(0))
}

/// Moves what the WAL holds into the database.
fn checkpoint(db: &Connection, mode: &str) -> Result<(), Fault> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let busy: i64 = db.query_row(&sql, [], |row| row.get(0))?;
    match busy {
        0 => Ok(()),
        _ => Err(Fault::Locked),
    }
}

/// Fills a journal whose transaction is over with zeros, and then empties it.
fn erase_finished(journal: &Path) -> Result<(), Fault> {
    let Some(mut file) = files::open_to_erase(journal)? else {
        return Ok(());
    };
    let length = file.metadata()?.len();
    let mut first = [0];
    // By its first byte SQLite tells whether there is something to undo.
    if file.read(&mut first)? == 1 && first != [0] {
        return Err(Fault::Locked);
    }
    if length > 0 {
        files::zero(&mut file, length)?;
        file.set_len(0)?;
    }
    Ok(())
}

/// Fills a WAL, all of which is in the database, with zeros.
fn erase_moved(wal: &Path) -> Result<(), Fault> {
    let Some(mut file) = files::open_to_erase(wal)? else {
        return Ok(());
    };
    let length = file.metadata()?.len();
    files::zero(&mut file, length.min(WAL_HEADER))?;
    files::zero(&mut file, length)?;
    Ok(())
}

/// Whether the database is sound, by SQLite's own check.
///
/// # Errors
/// With the first thing that it found, when it is not.
pub(crate) fn quick_check(db: &Connection) -> Result<(), Fault> {
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(Fault::Corrupt(verdict.replace('\n', " ")))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};

    use super::*;

    /// By its first byte, it can undo a transaction.
    #[test]
    fn journal_that_is_needed_is_not_erased() {
        let folder = tempfile::tempdir().unwrap();
        let journal = dunce::canonicalize(folder.path()).unwrap().join("journal");
        fs::write(&journal, b"\xd9 and pages").unwrap();
        assert!(matches!(erase_finished(&journal), Err(Fault::Locked)));
        assert_eq!(fs::read(&journal).unwrap(), b"\xd9 and pages");
        for finished in [&b"\0 and pages"[..], b""] {
            fs::write(&journal, finished).unwrap();
            erase_finished(&journal).unwrap();
            assert_eq!(fs::read(&journal).unwrap(), b"");
        }
        fs::remove_file(&journal).unwrap();
        erase_finished(&journal).unwrap();
        assert!(!journal.exists());
    }

    /// What another process writes while the WAL is being emptied stands in the WAL only.
    #[test]
    fn row_that_comes_while_the_wal_is_emptied_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = dunce::canonicalize(folder.path()).unwrap().join("store");
        let other = Connection::open(&path).unwrap();
        other
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 CREATE TABLE t (value TEXT);
                 INSERT INTO t VALUES ('kept'), ('deleted');",
            )
            .unwrap();
        let mut writer = Writer::open(&path).unwrap();
        let transaction = writer.begin().unwrap();
        transaction
            .execute("DELETE FROM t WHERE value = 'deleted'", [])
            .unwrap();
        transaction.commit().unwrap();

        let has_come = Cell::new(false);
        let write = move |context: AuthContext<'_>| {
            let begin = TransactionOperation::Begin;
            if matches!(context.action, AuthAction::Transaction { operation } if operation == begin)
                && !has_come.replace(true)
            {
                other.execute("INSERT INTO t VALUES ('new')", []).unwrap();
            }
            Authorization::Allow
        };
        writer.db().authorizer(Some(write)).unwrap();
        writer.close().unwrap();

        let db = Connection::open(&path).unwrap();
        let values: String = db
            .query_row("SELECT group_concat(value) FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(values, "kept,new");
    }
}
