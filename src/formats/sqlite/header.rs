//! The first bytes of a database file, which tell how it must be opened.

use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::path::Path;

use super::files;
use crate::model::error::Fault;

/// Magic, and the file format read and write versions at 18 and 19: 1 is a
/// rollback journal, 2 a WAL (<https://www.sqlite.org/fileformat2.html>, 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const VERSIONS: Range<usize> = 18..20;
const PLAIN: u8 = 1;
const WAL: u8 = 2;

/// Lets a copy be opened without a WAL, in which there is nothing.
pub(super) fn make_plain(header: &mut [u8; 100]) {
    header[VERSIONS].fill(PLAIN);
}

/// Whether the database is in WAL mode.
///
/// # Errors
/// As [`read`].
pub(super) fn is_wal(path: &Path) -> Result<bool, Fault> {
    Ok(read(path)?[VERSIONS].contains(&WAL))
}

/// The header of a database.
///
/// Must not be called while this process has the database open: closing any
/// descriptor of a file drops the POSIX locks that SQLite holds on it.
///
/// # Errors
/// When the file cannot be read or does not begin like a database.
pub(super) fn read(path: &Path) -> Result<[u8; 100], Fault> {
    let mut header = [0; 100];
    files::open(path)?
        .read_exact(&mut header)
        .map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Fault::NotADatabase,
            _ => error.into(),
        })?;
    match header.starts_with(MAGIC) {
        true => Ok(header),
        false => Err(Fault::NotADatabase),
    }
}
