//! A private copy of a database together with its WAL or journal.
//!
//! A database with a WAL cannot be opened in place without leaving a `-shm` file
//! beside it, and a running Firefox keeps it locked. The files themselves can be
//! read, and together they hold a consistent state as long as none of them changed
//! while they were copied.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::files::{self, has_company, sibling, size_of};
use super::{header, is_settled, stamp};
use crate::model::error::Fault;
use crate::platform::{self, TempFolder};

/// A browser under load writes for a second at a time; there are pauses in between.
const PATIENCE: Duration = Duration::from_secs(6);
const PAUSE: Duration = Duration::from_millis(25);
/// The salts that change when a WAL is begun anew stand in its first 32 bytes.
const WAL_HEADER: usize = 32;

/// Copies that are kept in memory, all together, in bytes: some stores as browsers have them.
/// A large one takes no less time in memory than in a file.
const MEMORY: u64 = 8 << 20;
static IN_MEMORY: AtomicU64 = AtomicU64::new(0);

/// The largest database that is copied, with its WAL and journal, in bytes. 100,000
/// cookies take less than a tenth of it.
const LARGEST: u64 = 512 << 20;

/// A private copy.
pub(super) enum Snapshot {
    /// In memory: the database, which has no WAL.
    Memory(Connection, Room),
    /// In a file of this folder, which goes when it is dropped.
    File(TempFolder, PathBuf),
}

impl Snapshot {
    /// Copies `path` and what SQLite keeps beside it.
    ///
    /// # Errors
    /// When a file cannot be read or is too large, the temporary folder cannot be
    /// written, or the browser wrote at each attempt.
    pub(super) fn take(path: &Path) -> Result<Self, Fault> {
        if let Some((db, room)) = in_memory(path)? {
            return Ok(Self::Memory(db, room));
        }
        let folder = platform::private_temp_folder().map_err(no_room)?;
        let database = folder.path().join("store");
        let since = Instant::now();
        loop {
            too_large(files::check(path)?)?;
            if copy_if_stable(path, &database)? {
                return Ok(Self::File(folder, database));
            }
            if since.elapsed() > PATIENCE {
                return Err(Fault::KeepsChanging);
            }
            thread::sleep(PAUSE);
        }
    }
}

fn too_large(length: u64) -> Result<(), Fault> {
    match length > LARGEST {
        true => Err(Fault::TooLarge(length)),
        false => Ok(()),
    }
}

/// A share of the memory that copies may take.
pub(super) struct Room(u64);

impl Room {
    fn take(bytes: u64) -> Option<Self> {
        let taken = IN_MEMORY.fetch_add(bytes, Ordering::Relaxed);
        let room = Self(bytes);
        (taken + bytes <= MEMORY).then_some(room)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        IN_MEMORY.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// The usual case: nothing beside the database, and it is small. None where it is not
/// like that, or was written to meanwhile.
fn in_memory(path: &Path) -> Result<Option<(Connection, Room)>, Fault> {
    let before = stamp(path);
    let Some((length, modified)) = before else {
        return Ok(None);
    };
    if has_company(path)? {
        return Ok(None);
    }
    let (Some(room), Ok(size)) = (Room::take(length), usize::try_from(length)) else {
        return Ok(None);
    };
    let mut db = Connection::open_in_memory()?;
    if let Err(error) = db.deserialize_read_exact("main", plain(path)?, size, true) {
        return match stamp(path) == before {
            true => Err(error.into()),
            false => Ok(None),
        };
    }
    // Right after a change, the time does not tell whether there was another one.
    if !is_settled(modified) && !same_content(&*db.serialize("main")?, plain(path)?)? {
        return Ok(None);
    }
    // Without this SQLite would copy the pages once more. It heeds it without saying
    // so: a database in memory answers with no row.
    db.prepare(&format!("PRAGMA mmap_size = {length}"))?
        .query([])?
        .next()?;
    let unchanged = stamp(path) == before && !has_company(path)?;
    Ok(unchanged.then_some((db, room)))
}

/// Reads a database so that it can be opened without a WAL.
fn plain(path: &Path) -> Result<impl Read, Fault> {
    let mut file = files::open(path)?;
    Ok(Cursor::new(plain_header(&mut file)?).chain(file))
}

fn plain_header(file: &mut File) -> io::Result<[u8; 100]> {
    let mut header = [0; 100];
    file.read_exact(&mut header)?;
    header::make_plain(&mut header);
    Ok(header)
}

/// Copies all files and tells whether they were the same before and after.
fn copy_if_stable(path: &Path, copy: &Path) -> Result<bool, Fault> {
    let wal = sibling(path, "-wal");
    let journal = sibling(path, "-journal");
    let before = (stamp(path), wal_header(&wal)?);

    copy_file(path, copy)?;
    let has_wal = copy_sibling(&wal, &sibling(copy, "-wal"))?;
    let has_journal = copy_sibling(&journal, &sibling(copy, "-journal"))?;

    // A WAL only grows until its header changes, and what is missing at its end
    // is a later transaction. The database itself must not have changed at all:
    // a checkpoint writes into it while we read.
    if wal_header(&wal)? != before.1 {
        return Ok(false);
    }
    let untouched = match (before.0, stamp(path)) {
        (Some(old), Some(new)) => old == new && is_settled(new.1),
        _ => false,
    };
    if !untouched && !same_content(files::open(path)?, files::open(copy)?)? {
        return Ok(false);
    }
    if has_journal {
        let now = match files::open(&journal) {
            // The writer is done, and has removed it.
            Err(Fault::Gone) => return Ok(false),
            other => other?,
        };
        if !same_content(now, files::open(&sibling(copy, "-journal"))?)? {
            return Ok(false);
        }
    }
    if !has_wal {
        make_plain(copy)?;
    }
    Ok(true)
}

fn wal_header(wal: &Path) -> Result<Option<[u8; WAL_HEADER]>, Fault> {
    let mut file = match files::open(wal) {
        Err(Fault::Gone) => return Ok(None),
        other => other?,
    };
    let mut header = [0; WAL_HEADER];
    match file.read_exact(&mut header) {
        Ok(()) => Ok(Some(header)),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Unlike `fs::copy`, without the mode of the original, which may be read-only.
fn copy_file(from: &Path, to: &Path) -> Result<(), Fault> {
    let _ = fs::remove_file(to);
    let source = files::open(from)?;
    // What is added meanwhile belongs to a later state.
    let length = source.metadata()?.len();
    let mut target = platform::create_private(to).map_err(no_room)?;
    io::copy(&mut source.take(length), &mut target).map_err(|error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => no_room(error),
        _ => error.into(),
    })?;
    Ok(())
}

/// What is wrong is the temporary folder, not the store.
fn no_room(error: io::Error) -> Fault {
    Fault::NoRoom(Box::new(Fault::from(error).at(std::env::temp_dir())))
}

/// Whether there was something to copy.
fn copy_sibling(from: &Path, to: &Path) -> Result<bool, Fault> {
    if size_of(from)? == 0 {
        // A copy from an earlier attempt must not stay.
        let _ = fs::remove_file(to);
        return Ok(false);
    }
    match copy_file(from, to) {
        Ok(()) => Ok(true),
        Err(Fault::Gone) => Ok(false),
        Err(fault) => Err(fault),
    }
}

fn same_content(mut one: impl Read, mut other: impl Read) -> io::Result<bool> {
    const CHUNK: usize = 1 << 18;
    let (mut a, mut b) = (Vec::with_capacity(CHUNK), Vec::with_capacity(CHUNK));
    loop {
        a.clear();
        b.clear();
        one.by_ref().take(CHUNK as u64).read_to_end(&mut a)?;
        other.by_ref().take(CHUNK as u64).read_to_end(&mut b)?;
        if a != b {
            return Ok(false);
        }
        if a.is_empty() {
            return Ok(true);
        }
    }
}

/// Lets the copy be opened without a WAL; there is nothing in one.
fn make_plain(copy: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(copy)?;
    let header = plain_header(&mut file)?;
    file.rewind()?;
    file.write_all(&header)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By this is known, right after a change, that there was none meanwhile.
    #[test]
    fn any_difference_between_a_database_and_its_copy_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let db = Connection::open(&path).unwrap();
        db.execute_batch("CREATE TABLE t (host TEXT)").unwrap();
        db.close().unwrap();
        let (mut db, _room) = in_memory(&path).unwrap().expect("small, and alone");
        assert!(same_content(&*db.serialize("main").unwrap(), plain(&path).unwrap()).unwrap());
        let mut longer = fs::read(&path).unwrap();
        longer.push(0);
        for changed in [&longer[..], &longer[..longer.len() - 2]] {
            fs::write(&path, changed).unwrap();
            let image = db.serialize("main").unwrap();
            assert!(!same_content(&*image, plain(&path).unwrap()).unwrap());
        }
    }
}
