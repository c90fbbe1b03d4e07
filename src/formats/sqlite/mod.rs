//! Opening another program's database with care; the only place that sets pragmas.
//!
//! Reading takes no lock, since even a shared one hurts a browser that writes, and
//! leaves no file beside the store: see [`reading`]. Writing happens only
//! while the profile is claimed: see [`writing`].

mod change;
mod files;
mod fingerprint;
mod header;
mod reading;
pub(crate) mod schema;
mod snapshot;
#[cfg(test)]
mod tests;
mod writing;

use std::ffi::c_int;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;

pub(crate) use change::{Applied, Apply, Plan, change};
pub(crate) use fingerprint::{Fingerprint, Fingerprinter};
pub(crate) use reading::read;
pub(crate) use writing::{Writer, quick_check};
#[cfg(test)]
pub(crate) use writing::{be_careful, connect};

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

/// What is in another program's database never runs here.
const SWITCHES: &[(DbConfig, bool)] = &[
    (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    // The bundled SQLite has them on: a deletion would go on in other rows.
    (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false),
    (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
    // A column that is not there would be a text.
    (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
];

/// More than any browser's schema and any cookie needs, and less than what fills the
/// memory or never ends. Lengths are in bytes.
const LIMITS: &[(Limit, i32)] = &[
    // Of one value, and of one row. Chromium lets a site store 10 MiB as one value.
    (Limit::SQLITE_LIMIT_LENGTH, 11 << 20),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 256 << 10),
    // Each is an argument of the function that a scan calls.
    (Limit::SQLITE_LIMIT_COLUMN, 120),
    (Limit::SQLITE_LIMIT_SCHEMA, 1000),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_VDBE_OP, 200_000),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
];

/// Steps of SQLite's machine that one connection may make, whatever its database holds,
/// and for each of its bytes. Steps, not time: a slow disk must not end a deletion. A
/// deletion of everything makes about one step for each byte of a store of Chromium's,
/// and five where the rows are nearly empty.
const STEPS: u64 = 4_000_000;
const STEPS_PER_BYTE: u64 = 32;
/// Steps between two looks at how many were made.
const STRIDE: c_int = 10_000;

/// Keeps what is in another program's schema from running here, and the memory and
/// the time that a connection takes within bounds; `bytes` is the size of the database.
/// Called before the first statement.
fn restrain(db: &mut Connection, bytes: u64) -> rusqlite::Result<()> {
    for (limit, most) in LIMITS.iter().copied() {
        db.set_limit(limit, most)?;
    }
    let steps = bytes.saturating_mul(STEPS_PER_BYTE).saturating_add(STEPS);
    let mut left = steps / STRIDE.unsigned_abs() as u64;
    db.progress_handler(
        STRIDE,
        Some(move || {
            left = left.saturating_sub(1);
            left == 0
        }),
    )?;
    for (switch, is_on) in SWITCHES.iter().copied() {
        db.set_db_config(switch, is_on)?;
    }
    db.pragma_update(None, "cell_size_check", true)?;
    // No browser has any. In a hostile schema they can take for ever, in the check of
    // the database too.
    db.pragma_update(None, "ignore_check_constraints", true)?;
    // A temporary file would leave hosts on the disk.
    db.pragma_update(None, "temp_store", "MEMORY")?;
    // In KiB, where negative.
    db.pragma_update(None, "cache_size", -1024)
}
