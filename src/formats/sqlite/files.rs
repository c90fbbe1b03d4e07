//! The files of a database: which there are, and whether SQLite may open them.
//!
//! SQLite opens what lies beside a database by its name. A pipe there would hold it
//! for ever, and a file of a few blocks that says to be gigabytes long fills a disk
//! when it is copied.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use crate::model::error::Fault;
use crate::platform;

/// A database and what SQLite keeps beside it.
const COMPANY: [&str; 3] = ["-journal", "-wal", "-shm"];

/// By how much a file may be longer than what it takes up on the disk. File systems
/// that compress, or have not written yet, store less than the length of an honest
/// file; no browser leaves holes.
const HOLES: u64 = 64 << 20;

/// The file that SQLite keeps beside a database: `-wal`, `-shm`, `-journal`.
pub(super) fn sibling(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    PathBuf::from(name)
}

/// The size of a file in bytes, 0 when there is none.
///
/// # Errors
/// When that cannot be told: a WAL that is passed over hides rows.
pub(super) fn size_of(path: &Path) -> io::Result<u64> {
    match path.metadata() {
        Ok(metadata) => Ok(metadata.len()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(0),
        Err(e) => Err(e),
    }
}

/// Whether a part of the database is in another file.
///
/// # Errors
/// When that cannot be found out.
pub(super) fn has_company(path: &Path) -> io::Result<bool> {
    Ok(size_of(&sibling(path, "-journal"))? > 0 || size_of(&sibling(path, "-wal"))? > 0)
}

/// Makes sure that the database and what lies beside it are regular files, no links,
/// and as large as they say. Gives the length of all of them in bytes.
///
/// # Errors
/// With the file that is not like that.
pub(super) fn check(path: &Path) -> Result<u64, Fault> {
    let database = path.symlink_metadata()?;
    let (mut length, mut holes) = (0, 0);
    measure(&database, &mut length, &mut holes)?;
    for suffix in COMPANY {
        let file = sibling(path, suffix);
        let measured = match file.symlink_metadata() {
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(e) => Err(e.into()),
            Ok(metadata) => measure(&metadata, &mut length, &mut holes),
        };
        measured.map_err(|fault| Fault::Beside(Box::new(fault.at(file))))?;
    }
    Ok(length)
}

fn measure(metadata: &Metadata, length: &mut u64, holes: &mut u64) -> Result<(), Fault> {
    if !metadata.is_file() {
        return Err(Fault::NotAFile);
    }
    let stored = platform::stored_bytes(metadata);
    *length += metadata.len();
    *holes += metadata.len().saturating_sub(stored);
    match *holes > HOLES {
        true => Err(Fault::Sparse {
            length: metadata.len(),
            stored,
        }),
        false => Ok(()),
    }
}

/// Opens one of them for reading.
///
/// # Errors
/// When it is not a regular file, or cannot be read.
pub(super) fn open(path: &Path) -> Result<File, Fault> {
    platform::open_plain(path, OpenOptions::new().read(true))
}

/// Opens one of them for reading and writing; None when it is not there.
///
/// # Errors
/// When it is not a regular file, or cannot be written to.
pub(super) fn open_to_erase(path: &Path) -> Result<Option<File>, Fault> {
    match platform::open_plain(path, OpenOptions::new().read(true).write(true)) {
        Err(Fault::Gone) => Ok(None),
        other => other.map(Some),
    }
}

/// Overwrites the first bytes of a file with zeros, and has that on the disk before it
/// returns.
///
/// # Errors
/// When the disk fails.
pub(super) fn zero(file: &mut File, bytes: u64) -> io::Result<()> {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    file.rewind()?;
    let mut left = bytes;
    while left > 0 {
        let part = left.min(ZEROS.len() as u64) as usize;
        file.write_all(&ZEROS[..part])?;
        left -= part as u64;
    }
    file.sync_data()
}
