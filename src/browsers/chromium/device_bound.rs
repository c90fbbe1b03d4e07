//! The table of Chromium's `Device Bound Sessions` database.
//!
//! Format: `net/device_bound_sessions/session_store_impl.cc` in Chromium's source:
//! a row for each schemeful site (`https://openai.com`), and what the browser needs to
//! get the site's cookies again when they are missing.

use rusqlite::{Connection, Row};
use url::Url;

use super::cookies::version_of;
use crate::model::error::Fault;
use crate::model::item::{DeviceBoundSession, Item};
use crate::model::query::Query;
use crate::model::value::{Secret, StoredValue};
use crate::store::table::{Columns, Schema, lossy};
use crate::store::{Counts, Kind};

/// Beside `Cookies`.
pub(super) const FILE: &str = "Device Bound Sessions";

pub(crate) struct DeviceBound {
    version: i64,
}

impl Schema for DeviceBound {
    const TABLE: &'static str = "dbsc_session_tbl";
    const KIND: Kind = Kind::DeviceBound;
    const VALUES: &'static [&'static str] = &[];
    type Context = ();

    fn detect(db: &Connection, columns: &Columns) -> Result<Self, Fault> {
        columns.one_of(&["key"])?;
        let version = version_of(db)?;
        Ok(Self { version })
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn identity(&self) -> (&'static str, Option<&'static str>) {
        ("key", None)
    }

    fn partition_host(_partition: &str) -> Option<String> {
        None
    }

    /// `openai.com` of `https://openai.com`, and of `https://openai.com:8443`.
    fn host_of(stored: &[u8]) -> &[u8] {
        let Ok(key) = str::from_utf8(stored) else {
            return stored;
        };
        let host = key.split_once("://").map_or(key, |(_, host)| host);
        match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.as_bytes(),
            _ => host.as_bytes(),
        }
    }

    /// It belongs to a whole site, as a domain cookie of that site does.
    fn count_other(query: &Query, stored: &[u8], counts: &mut Counts) {
        let host = [b".", Self::host_of(stored)].concat();
        counts.bound_sessions += u64::from(query.is_sent(&host));
    }

    fn columns(&self) -> &str {
        "key"
    }

    fn item(&self, row: &Row<'_>, (): &Self::Context) -> rusqlite::Result<Item> {
        let key = lossy(row.get_ref(0)?);
        let host = Self::host_of(key.as_bytes());
        Ok(Item::DeviceBoundSession(DeviceBoundSession {
            host: String::from_utf8_lossy(host).into_owned(),
            secure: Url::parse(&key).is_ok_and(|url| url.scheme() == "https"),
        }))
    }

    fn value(&self, _column: &str, stored: Secret) -> StoredValue {
        StoredValue::Plain(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_site_is_found_in_its_key() {
        let rows = [
            ("https://openai.com", "openai.com"),
            ("https://openai.com:8443", "openai.com"),
            ("http://[::1]", "[::1]"),
            ("http://[::1]:80", "[::1]"),
            ("openai.com", "openai.com"),
        ];
        for (key, host) in rows {
            assert_eq!(
                DeviceBound::host_of(key.as_bytes()),
                host.as_bytes(),
                "{key}"
            );
        }
    }
}
