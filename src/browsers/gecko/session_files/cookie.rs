//! A cookie in a session file.
//!
//! Format: `browser/components/sessionstore/SessionCookies.sys.mjs` in Firefox's
//! source.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::containers::Containers;
use super::super::origin_attributes::{OriginAttributes, is_known};
use crate::formats::json;
use crate::model::cookie::{Cookie, SameSite};
use crate::model::value::{LONGEST, Secret, StoredValue};

/// The identity of a cookie: host, name, path and the attributes that are set.
pub(super) type Identity = (String, String, String, BTreeMap<String, String>);

/// Firefox has fewer than ten.
const MOST_ATTRIBUTES: usize = 100;

/// A cookie as it is in the file, without its value.
#[derive(Debug, Default)]
pub(super) struct SessionCookie {
    pub host: String,
    pub name: String,
    path: String,
    /// Seconds since 1970. Only old versions kept cookies here that have one.
    expiry: Option<f64>,
    secure: bool,
    http_only: bool,
    same_site: Option<f64>,
    attributes: BTreeMap<String, String>,
}

impl SessionCookie {
    /// None for what is not a cookie: an object with a host and a name.
    pub(super) fn parse(cookie: &str) -> Option<Self> {
        const SHORTEST: &str = r#"{"host":"","name":""}"#;
        if cookie.len() < SHORTEST.len() {
            return None;
        }
        let (mut host, mut name) = (None, None);
        let mut parsed = Self::default();
        // Of a member that is there twice the last one counts, as in a browser.
        json::members(cookie, |key, value| match key {
            b"host" => host = json::text(value),
            b"name" => name = json::text(value),
            b"path" => parsed.path = json::text(value).unwrap_or_default(),
            b"expiry" => parsed.expiry = value.parse().ok(),
            b"secure" => parsed.secure = is_true(value),
            b"httponly" => parsed.http_only = is_true(value),
            b"sameSite" => parsed.same_site = value.parse().ok(),
            b"originAttributes" => parsed.attributes = attributes(value),
            _ => {}
        })
        .ok()?;
        Some(Self {
            host: host?,
            name: name?,
            ..parsed
        })
    }

    /// The value of a cookie.
    pub(super) fn value(cookie: &str) -> Option<StoredValue> {
        let value = json::bytes(json::member(cookie, "value").ok()??)?;
        Some(match value.len() as u64 {
            length if length > LONGEST => StoredValue::TooLong(length),
            _ => StoredValue::Plain(Secret::new(value)),
        })
    }

    pub(super) fn origin_attributes(&self) -> OriginAttributes {
        OriginAttributes::of_pairs(&self.attributes)
    }

    pub(super) fn shown(&self, containers: &Containers) -> Cookie {
        let attributes = self.origin_attributes();
        Cookie {
            partition: attributes.partition,
            container: containers.name(attributes.user_context_id),
            expires: self.expiry.map(timestamp),
            secure: self.secure,
            http_only: self.http_only,
            same_site: match self.same_site {
                Some(0.0) => SameSite::None,
                Some(1.0) => SameSite::Lax,
                Some(2.0) => SameSite::Strict,
                // 256 is Firefox's "unset".
                _ => SameSite::Unspecified,
            },
            host: self.host.clone(),
            name: self.name.clone(),
            path: self.path.clone(),
            value: None,
        }
    }

    pub(super) fn identity(self) -> Identity {
        (self.host, self.name, self.path, self.attributes)
    }
}

/// A point in time; one beyond what can be said is the last that can.
#[allow(clippy::cast_possible_truncation, reason = "it saturates")]
fn timestamp(seconds: f64) -> Timestamp {
    Timestamp::from_second(seconds as i64).unwrap_or(if seconds < 0.0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Those that are set: what is not, some versions write as "" or 0, and some leave out.
fn attributes(object: &str) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let read = json::members(object, |key, value| {
        let key = String::from_utf8_lossy(key);
        let value = json::text(value).unwrap_or_else(|| value.into());
        if matches!(&*value, "" | "0" | "false" | "null") {
            attributes.remove(&*key);
        } else if let Some(known) = attributes.get_mut(&*key) {
            *known = value;
        } else if attributes.len() < MOST_ATTRIBUTES || is_known(&key) {
            attributes.insert(key.into_owned(), value);
        }
    });
    read.map_or_else(|_| BTreeMap::new(), |()| attributes)
}

/// Old versions wrote 1.
fn is_true(value: &str) -> bool {
    matches!(value, "true" | "1")
}
