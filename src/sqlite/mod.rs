//! Opening another program's database with care; the only place that sets pragmas.
//!
//! Reading takes no lock, since even a shared one hurts a browser that writes, and
//! leaves no file beside the store: see [`reading`]. Writing happens only
//! while the profile is claimed: see [`writing`].

mod header;
mod reading;
mod snapshot;
pub(crate) mod table;
mod table_store;
mod writing;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub(crate) use reading::read;
pub(crate) use table_store::TableStore;
use writing::Writer;

/// Longer than the granularity of any file system's modification times (FAT: 2 s).
const SETTLED: Duration = Duration::from_secs(3);

/// Whether a change since then would have changed the time.
fn is_settled(modified: SystemTime) -> bool {
    SystemTime::now()
        .duration_since(modified)
        .is_ok_and(|age| age > SETTLED)
}

/// The size in bytes and the time of the last change.
fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = path.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// The file that SQLite keeps beside a database: `-wal`, `-shm`, `-journal`.
fn sibling(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    PathBuf::from(name)
}

/// The size of a file in bytes, 0 when there is none.
fn size_of(path: &Path) -> u64 {
    path.metadata().map_or(0, |m| m.len())
}

/// Whether a part of the database stands in another file.
fn has_company(path: &Path) -> bool {
    ["-journal", "-wal"]
        .iter()
        .any(|suffix| size_of(&sibling(path, suffix)) > 0)
}

/// Keeps what stands in another program's schema from running here, and the
/// memory that a connection takes small (KiB, where negative).
fn restrain(db: &rusqlite::Connection) -> rusqlite::Result<()> {
    use rusqlite::config::DbConfig;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "cache_size", -1024)
}
