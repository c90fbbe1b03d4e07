//! Opening another program's database with care; the only place that sets pragmas.
//!
//! Reading never takes a lock that could hurt a browser which starts meanwhile and
//! never leaves a file beside the store: see [`reading`]. Writing happens only
//! while the profile is claimed: see [`writing`].

mod header;
mod reading;
mod snapshot;
pub(crate) mod table;
mod writing;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(crate) use reading::ReadView;
pub(crate) use writing::Writer;

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
