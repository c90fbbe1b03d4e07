//! What a copy for undo holds of site data.
//!
//! A row has the same six columns whatever it is; those that it does not need are NULL.

use crate::model::error::Fault;
use crate::model::site_data::StorageKey;
use crate::store::Value;

/// The version of these rows.
pub(crate) const VERSION: i64 = 1;
pub(crate) const COLUMNS: [&str; 6] = ["what", "place", "key", "name", "value", "number"];

/// A row of a copy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Row {
    /// The folder of the trash that the files are in.
    Trash(String),
    /// Whose data was deleted.
    Owner(StorageKey),
    /// A database that there was, by its path in the profile.
    Database(String),
    /// A folder or file that was moved into the trash.
    Moved {
        /// Its path in the profile.
        from: String,
        /// Its name in the trash.
        name: String,
    },
    /// What was in a database.
    Entry(Entry),
}

/// Something that was in a database.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// What it is, in words of the family.
    pub(crate) what: String,
    /// The database, by its path in the profile.
    pub(crate) place: String,
    pub(crate) key: Value,
    pub(crate) name: Value,
    pub(crate) value: Value,
    pub(crate) number: Value,
}

const TRASH: &str = "trash";
const OWNER: &str = "owner";
const DATABASE: &str = "database";
const MOVED: &str = "moved";

fn text(text: &str) -> Value {
    Value::Text(text.as_bytes().to_vec())
}

fn optional(value: Option<&String>) -> Value {
    value.map_or(Value::Null, |value| text(value))
}

/// The text of a value.
pub(crate) fn text_of(value: Value) -> Result<String, Fault> {
    match value {
        Value::Text(bytes) => String::from_utf8(bytes).map_err(|e| bad(&e.to_string())),
        _ => Err(bad("a row lacks a text")),
    }
}

fn optional_of(value: Value) -> Result<Option<String>, Fault> {
    match value {
        Value::Null => Ok(None),
        value => text_of(value).map(Some),
    }
}

/// The bytes of a value.
pub(crate) fn bytes_of(value: &Value) -> Result<&[u8], Fault> {
    match value {
        Value::Blob(bytes) | Value::Text(bytes) => Ok(bytes),
        _ => Err(bad("a row lacks bytes")),
    }
}

/// The number that a value is.
pub(crate) fn number_of(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Integer(number) => Ok(*number),
        _ => Err(bad("a row lacks a number")),
    }
}

fn bad(why: &str) -> Fault {
    Fault::BadBackup(why.to_owned())
}

impl Row {
    pub(super) fn into_values(self) -> [Value; 6] {
        let null = || Value::Null;
        match self {
            Self::Trash(name) => [text(TRASH), null(), null(), text(&name), null(), null()],
            Self::Owner(key) => [
                text(OWNER),
                text(&key.host),
                text(&key.origin),
                optional(key.partition.as_ref()),
                optional(key.partition_host.as_ref()),
                optional(key.container.as_ref()),
            ],
            Self::Database(place) => [text(DATABASE), text(&place), null(), null(), null(), null()],
            Self::Moved { from, name } => [
                text(MOVED),
                text(&from),
                null(),
                text(&name),
                null(),
                null(),
            ],
            Self::Entry(entry) => [
                text(&entry.what),
                text(&entry.place),
                entry.key,
                entry.name,
                entry.value,
                entry.number,
            ],
        }
    }

    pub(super) fn of(values: Vec<Value>) -> Result<Self, Fault> {
        let values: [Value; 6] = values.try_into().map_err(|_| bad("it has other columns"))?;
        let [what, place, key, name, value, number] = values;
        let what = text_of(what)?;
        Ok(match &*what {
            TRASH => Self::Trash(text_of(name)?),
            OWNER => Self::Owner(StorageKey {
                host: text_of(place)?,
                origin: text_of(key)?,
                partition: optional_of(name)?,
                partition_host: optional_of(value)?,
                container: optional_of(number)?,
            }),
            DATABASE => Self::Database(text_of(place)?),
            MOVED => Self::Moved {
                from: text_of(place)?,
                name: text_of(name)?,
            },
            _ => Self::Entry(Entry {
                what,
                place: text_of(place)?,
                key,
                name,
                value,
                number,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were() {
        let key = StorageKey {
            origin: "https://openai.com".into(),
            host: "openai.com".into(),
            partition: Some("https://example.org".into()),
            partition_host: Some("example.org".into()),
            container: None,
        };
        let rows = [
            Row::Trash("a1".into()),
            Row::Owner(key),
            Row::Database("LocalStorage".into()),
            Row::Moved {
                from: "IndexedDB/x".into(),
                name: "0".into(),
            },
            Row::Entry(Entry {
                what: "local".into(),
                place: "LocalStorage".into(),
                key: Value::Blob(vec![0, 255]),
                name: Value::Null,
                value: Value::Integer(7),
                number: Value::Real(0.5),
            }),
        ];
        for row in rows {
            let back = Row::of(row.clone().into_values().to_vec()).unwrap();
            assert_eq!(back, row);
        }
        assert!(Row::of(vec![Value::Null; 6]).is_err());
        assert!(Row::of(vec![text(TRASH)]).is_err());
    }
}
