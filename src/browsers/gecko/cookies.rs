//! The table `moz_cookies` of Firefox's `cookies.sqlite`.
//!
//! Format: `netwerk/cookie/CookiePersistentStorage.cpp` in Firefox's source. The
//! version is `PRAGMA user_version`: 6 has originAttributes, 9 sameSite, and since
//! 16 `expiry` counts milliseconds instead of seconds.

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::containers::Containers;
use super::origin_attributes::OriginAttributes;
use crate::model::cookie::{Cookie, SameSite};
use crate::model::error::Fault;
use crate::model::item::Item;
use crate::model::value::{Secret, StoredValue};
use crate::store::Kind;
use crate::store::table::{Columns, Schema, lossy};

const MILLISECONDS_SINCE: i64 = 16;

/// How a certain version lays out its table.
pub(crate) struct MozCookies {
    version: i64,
    columns: String,
}

impl Schema for MozCookies {
    const TABLE: &'static str = "moz_cookies";
    const KIND: Kind = Kind::Firefox;
    const VALUES: &'static [&'static str] = &["value"];
    type Context = Containers;

    fn detect(db: &Connection, columns: &Columns) -> Result<Self, Fault> {
        let version = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let same_site = if columns.has("sameSite") {
            "sameSite"
        } else {
            "NULL"
        };
        let list = [
            columns.one_of(&["host"])?,
            columns.one_of(&["name"])?,
            columns.one_of(&["path"])?,
            columns.one_of(&["expiry"])?,
            columns.one_of(&["isSecure"])?,
            columns.one_of(&["isHttpOnly"])?,
            columns.one_of(&["originAttributes"])?,
            same_site,
        ];
        Ok(Self {
            version,
            columns: list.join(", "),
        })
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn identity(&self) -> (&'static str, Option<&'static str>) {
        ("host", Some("originAttributes"))
    }

    fn partition_host(origin_attributes: &str) -> Option<String> {
        OriginAttributes::parse(origin_attributes).partition_host
    }

    fn containers(containers: &Containers) -> Vec<String> {
        containers.names()
    }

    fn columns(&self) -> &str {
        &self.columns
    }

    fn item(&self, row: &Row<'_>, containers: &Containers) -> rusqlite::Result<Item> {
        let text = |i| -> rusqlite::Result<String> { Ok(lossy(row.get_ref(i)?)) };
        let number = |i| -> rusqlite::Result<Option<i64>> { Ok(row.get_ref(i)?.as_i64().ok()) };
        let attributes = OriginAttributes::parse(&text(6)?);
        Ok(Item::Cookie(Cookie {
            host: text(0)?,
            name: text(1)?,
            path: text(2)?,
            partition: attributes.partition,
            container: containers.name(attributes.user_context_id),
            expires: Some(self.timestamp(number(3)?.unwrap_or(0))),
            secure: number(4)? != Some(0),
            http_only: number(5)? != Some(0),
            same_site: match number(7)? {
                Some(0) => SameSite::None,
                Some(1) => SameSite::Lax,
                Some(2) => SameSite::Strict,
                // 256 is Firefox's "unset".
                _ => SameSite::Unspecified,
            },
            value: None,
        }))
    }

    fn value(&self, _column: &str, stored: Secret) -> StoredValue {
        StoredValue::Plain(stored)
    }
}

impl MozCookies {
    /// `expiry` as a point in time; one beyond what can be said is the last that can.
    fn timestamp(&self, expiry: i64) -> Timestamp {
        let parsed = if self.version >= MILLISECONDS_SINCE {
            Timestamp::from_millisecond(expiry)
        } else {
            Timestamp::from_second(expiry)
        };
        parsed.unwrap_or(if expiry < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }
}
