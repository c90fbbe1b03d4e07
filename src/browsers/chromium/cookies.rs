//! The `cookies` table of Chromium's `Cookies` database.
//!
//! Format: `net/extras/sqlite/sqlite_persistent_cookie_store.cc` in Chromium's
//! source. Old versions call `is_secure`, `is_httponly`, `is_persistent` and `samesite`
//! `secure`, `httponly`, `persistent` and `firstpartyonly`; 15 added
//! `top_frame_site_key`; 24 is of 2024.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use url::Url;

use crate::model::cookie::{Cookie, SameSite};
use crate::model::error::Fault;
use crate::model::item::Item;
use crate::model::value::{Secret, StoredValue};
use crate::store::Kind;
use crate::store::table::{Columns, Schema, lossy};

/// Since Chrome 96 in `Network`, but only on Windows; a migration leaves both.
pub(super) const FILES: [&str; 2] = ["Network/Cookies", "Cookies"];
const ENCRYPTED: &str = "encrypted_value";
const PARTITION: &str = "top_frame_site_key";
/// The first version that has it.
const PARTITIONED_SINCE: i64 = 15;
/// Microseconds from 1601-01-01, where Chromium's time begins, to 1970-01-01.
const EPOCH: i64 = 11_644_473_600_000_000;

/// How a certain version lays out its table.
pub(crate) struct Cookies {
    version: i64,
    partition: Option<&'static str>,
    columns: String,
}

impl Schema for Cookies {
    const TABLE: &'static str = "cookies";
    const KIND: Kind = Kind::Chromium;
    const VALUES: &'static [&'static str] = &[ENCRYPTED, "value"];
    type Context = ();

    fn detect(db: &Connection, columns: &Columns) -> Result<Self, Fault> {
        let version = version_of(db)?;
        let partition = if version >= PARTITIONED_SINCE {
            Some(columns.one_of(&[PARTITION])?)
        } else {
            columns.has(PARTITION).then_some(PARTITION)
        };
        let list = [
            columns.one_of(&["host_key"])?,
            columns.one_of(&["name"])?,
            columns.one_of(&["path"])?,
            columns.one_of(&["expires_utc"])?,
            columns.one_of(&["is_persistent", "persistent"])?,
            columns.one_of(&["is_secure", "secure"])?,
            columns.one_of(&["is_httponly", "httponly"])?,
            columns.one_of(&["samesite", "firstpartyonly"])?,
            partition.unwrap_or("''"),
        ];
        Ok(Self {
            version,
            partition,
            columns: list.join(", "),
        })
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn identity(&self) -> (&'static str, Option<&'static str>) {
        ("host_key", self.partition)
    }

    /// `https://openai.com`; what is not a site (an opaque key) belongs to none.
    fn partition_host(partition: &str) -> Option<String> {
        Some(Url::parse(partition).ok()?.host_str()?.to_owned())
    }

    fn columns(&self) -> &str {
        &self.columns
    }

    fn item(&self, row: &Row<'_>, (): &Self::Context) -> rusqlite::Result<Item> {
        let text = |i| -> rusqlite::Result<String> { Ok(lossy(row.get_ref(i)?)) };
        let number = |i| -> rusqlite::Result<i64> { Ok(row.get_ref(i)?.as_i64().unwrap_or(0)) };
        let expires = match (number(4)?, number(3)?) {
            (0, _) | (_, 0) => None,
            (_, microseconds) => Some(timestamp(microseconds)),
        };
        Ok(Item::Cookie(Cookie {
            host: text(0)?,
            name: text(1)?,
            path: text(2)?,
            partition: Some(text(8)?).filter(|site| !site.is_empty()),
            container: None,
            expires,
            secure: number(5)? != 0,
            http_only: number(6)? != 0,
            same_site: match number(7)? {
                // Before version 11 the column only knew "not first-party only".
                0 if self.version >= 11 => SameSite::None,
                1 => SameSite::Lax,
                2 => SameSite::Strict,
                _ => SameSite::Unspecified,
            },
            value: None,
        }))
    }

    fn value(&self, column: &str, stored: Secret) -> StoredValue {
        match column {
            ENCRYPTED if !stored.is_empty() => StoredValue::Encrypted {
                blob: stored,
                version: self.version,
            },
            _ => StoredValue::Plain(stored),
        }
    }
}

/// `version` in the table `meta`; 0 where there is none.
pub(super) fn version_of(db: &Connection) -> Result<i64, Fault> {
    if !db.table_exists(None, "meta")? {
        return Ok(0);
    }
    let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'version'";
    Ok(db
        .query_row(sql, [], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

/// Microseconds since 1601 as a point in time; one beyond what can be said is the
/// last that can.
fn timestamp(microseconds: i64) -> Timestamp {
    let unix = microseconds.saturating_sub(EPOCH);
    Timestamp::from_microsecond(unix).unwrap_or(if unix < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}
