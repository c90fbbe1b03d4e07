//! A cookie in a session file.
//!
//! Format: `browser/components/sessionstore/SessionCookies.sys.mjs` in Firefox's
//! source.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::containers::Containers;
use super::super::origin_attributes::OriginAttributes;
use crate::cookie::{Cookie, MatchedBy, SameSite};
use crate::value::{LONGEST, Secret, StoredValue};

/// What tells cookies apart: host, name, path and the attributes that are set.
pub(super) type Identity = (String, String, String, BTreeMap<String, String>);

/// A cookie as it stands there. Its value is passed over.
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
    /// None for what is no cookie: an object with a host and a name.
    pub fn parse(json: &str) -> Option<Self> {
        let Members(members) = serde_json::from_str(json).ok()?;
        let (mut host, mut name) = (None, None);
        let mut cookie = Self::default();
        // Of a member that is there twice the last one counts, as in a browser.
        for (Text(key), value) in members {
            match &*key {
                "host" => host = text(value),
                "name" => name = text(value),
                "path" => cookie.path = text(value).unwrap_or_default(),
                "expiry" => cookie.expiry = value.get().parse().ok(),
                "secure" => cookie.secure = is_true(value),
                "httponly" => cookie.http_only = is_true(value),
                "sameSite" => cookie.same_site = value.get().parse().ok(),
                "originAttributes" => cookie.attributes = attributes(value),
                _ => {}
            }
        }
        Some(Self {
            host: host?,
            name: name?,
            ..cookie
        })
    }

    /// The value of a cookie.
    pub fn value(json: &str) -> Option<StoredValue> {
        let Members(members) = serde_json::from_str(json).ok()?;
        let mut values = members.iter().rev().filter(|(Text(key), _)| key == "value");
        let Bytes(value) = serde_json::from_str(values.next()?.1.get()).ok()?;
        Some(match value.len() as u64 {
            length if length > LONGEST => StoredValue::TooLong(length),
            _ => StoredValue::Plain(Secret::new(value)),
        })
    }

    pub fn origin_attributes(&self) -> OriginAttributes {
        OriginAttributes::of_pairs(&self.attributes)
    }

    pub fn shown(&self, matched_by: MatchedBy, containers: &Containers) -> Cookie {
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
            matched_by,
            value: None,
        }
    }

    pub fn identity(self) -> Identity {
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
fn attributes(value: &RawValue) -> BTreeMap<String, String> {
    let Ok(Members(members)) = serde_json::from_str(value.get()) else {
        return BTreeMap::new();
    };
    members
        .into_iter()
        .map(|(Text(key), value)| (key, text(value).unwrap_or_else(|| value.get().into())))
        .filter(|(_, value)| !matches!(&**value, "" | "0" | "false" | "null"))
        .collect()
}

fn text(value: &RawValue) -> Option<String> {
    let Text(text) = serde_json::from_str(value.get()).ok()?;
    Some(text)
}

/// Old versions wrote 1.
fn is_true(value: &RawValue) -> bool {
    matches!(value.get(), "true" | "1")
}

/// The members of an object, each as it is written.
struct Members<'a>(Vec<(Text, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(Text, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object).map(Self)
    }
}

/// A string, whose bytes are no UTF-8 where it has half of a surrogate pair in it.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AString;
        impl Visitor<'_> for AString {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(AString)
    }
}

/// The same where half a pair may be lost.
#[derive(Debug)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Bytes(bytes) = Bytes::deserialize(deserializer)?;
        let text = String::from_utf8(bytes);
        Ok(Self(text.unwrap_or_else(|error| {
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        })))
    }
}
