//! localStorage and sessionStorage as a copy for undo has them: the same, whether they were
//! in a LevelDB or in SQLite, since the browser may move from the one to the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::{item_of_map, namespace, number_of};
use super::storage_key::{self, with_slash, without_slash};
use crate::formats::protobuf;
use crate::model::error::Fault;
use crate::model::site_data::StorageKey;
use crate::store::Value;
use crate::store::site_data::row::{Entry, bytes_of, number_of as integer_of, text_of};

/// A localStorage: its storage key as `key`, when it was last modified as `name`, when it
/// was last used as `value`, and its size as `number`; the times in microseconds since 1601.
pub(super) const AREA: &str = "local-storage";
/// An item of it: the storage key, the script's key, and the value; `number` says how the
/// value is compressed, 0: not at all.
pub(super) const ITEM: &str = "local-storage-item";
/// A sessionStorage: its storage key as `key`, the session as `name`, its map as `number`.
pub(super) const SESSION: &str = "session-storage";
/// An item of a map: how it is compressed as `key`, the script's key, the value, and the map.
pub(super) const SESSION_ITEM: &str = "session-storage-item";

/// Fields of `local_storage_database.proto`.
const TIME: u64 = 1;
const SIZE: u64 = 2;

pub(super) fn is_local(what: &str) -> bool {
    matches!(what, AREA | ITEM)
}

pub(super) fn is_session(what: &str) -> bool {
    matches!(what, SESSION | SESSION_ITEM)
}

fn bad(why: &str) -> Fault {
    Fault::Corrupt(why.to_owned())
}

fn text(text: &str) -> Value {
    Value::Text(text.as_bytes().to_vec())
}

fn integer(number: Option<u64>) -> Result<Value, Fault> {
    let number = number.map(i64::try_from).transpose();
    let number = number.map_err(|_| bad("a number is too large"))?;
    Ok(number.map_or(Value::Null, Value::Integer))
}

fn optional(value: &Value) -> Result<Option<i64>, Fault> {
    match value {
        Value::Null => Ok(None),
        value => integer_of(value).map(Some),
    }
}

/// Keys and values as a LevelDB has them.
pub(super) type Raw = Vec<(Vec<u8>, Vec<u8>)>;

/// The entries of `Local Storage/leveldb`.
///
/// # Errors
/// When they are not what Chromium writes.
pub(super) fn of_local_level_db(place: &str, raw: Raw) -> Result<Vec<Entry>, Fault> {
    /// The time it was modified, and used, and its size.
    type Times = (Option<u64>, Option<u64>, Option<u64>);
    let mut areas: BTreeMap<String, Times> = BTreeMap::new();
    let mut entries = Vec::new();
    let key_of = |key: &[u8]| {
        let key = str::from_utf8(key).map_err(|_| bad("a storage key is no text"));
        key.map(with_slash)
    };
    for (key, value) in raw {
        if let Some(key) = key.strip_prefix(b"META:") {
            let area = areas.entry(key_of(key)?).or_default();
            area.0 = protobuf::number(&value, TIME)?;
            area.2 = protobuf::number(&value, SIZE)?;
        } else if let Some(key) = key.strip_prefix(b"METAACCESS:") {
            let area = areas.entry(key_of(key)?).or_default();
            area.1 = protobuf::number(&value, TIME)?;
        } else {
            let rest = key.strip_prefix(b"_");
            let item = rest.and_then(|rest| {
                let (key, item) = rest.split_at_checked(rest.iter().position(|b| *b == 0)?)?;
                Some((key, &item[1..]))
            });
            let (key, item) = item.ok_or_else(|| bad("a key has no end"))?;
            let key = key_of(key)?;
            areas.entry(key.clone()).or_default();
            entries.push(Entry {
                what: ITEM.into(),
                place: place.into(),
                key: text(&key),
                name: Value::Blob(item.to_vec()),
                value: Value::Blob(value),
                number: Value::Integer(0),
            });
        }
    }
    for (key, (modified, used, size)) in areas {
        entries.push(Entry {
            what: AREA.into(),
            place: place.into(),
            key: text(&key),
            name: integer(modified)?,
            value: integer(used)?,
            number: integer(size)?,
        });
    }
    Ok(entries)
}

/// The entries of `Session Storage`.
///
/// # Errors
/// When they are not what Chromium writes.
pub(super) fn of_session_level_db(place: &str, raw: Raw) -> Result<Vec<Entry>, Fault> {
    let mut entries = Vec::new();
    for (key, value) in raw {
        entries.push(if let Some((session, key)) = namespace(&key) {
            let number = number_of(&value).ok_or_else(|| bad("a namespace leads to no map"))?;
            let key = str::from_utf8(key).map_err(|_| bad("a storage key is no text"))?;
            Entry {
                what: SESSION.into(),
                place: place.into(),
                key: text(key),
                name: text(session),
                value: Value::Null,
                number: integer(Some(number))?,
            }
        } else {
            let (number, item) = item_of_map(&key).ok_or_else(|| bad("a key has no end"))?;
            Entry {
                what: SESSION_ITEM.into(),
                place: place.into(),
                key: Value::Integer(0),
                name: Value::Blob(item.to_vec()),
                value: Value::Blob(value),
                number: integer(Some(number))?,
            }
        });
    }
    Ok(entries)
}

/// A localStorage that is to be put back.
#[derive(Default)]
pub(super) struct Area {
    pub(super) modified: Option<i64>,
    pub(super) used: Option<i64>,
    pub(super) size: Option<i64>,
    /// The script's key, the value, and how it is compressed.
    pub(super) items: Vec<(Vec<u8>, Vec<u8>, i64)>,
}

/// Every localStorage that is to be put back, by the storage key.
#[derive(Default)]
pub(super) struct Areas(pub(super) BTreeMap<String, Area>);

impl Areas {
    pub(super) fn add(&mut self, entry: Entry) -> Result<(), Fault> {
        let key = text_of(entry.key)?;
        let area = self.0.entry(key).or_default();
        match &*entry.what {
            AREA => {
                area.modified = optional(&entry.name)?;
                area.used = optional(&entry.value)?;
                area.size = optional(&entry.number)?;
            }
            ITEM => area.items.push((
                bytes_of(&entry.name)?.to_vec(),
                bytes_of(&entry.value)?.to_vec(),
                integer_of(&entry.number)?,
            )),
            _ => return Err(unknown(&entry.what)),
        }
        Ok(())
    }

    /// As the LevelDB has them.
    pub(super) fn into_local_level_db(self) -> Result<Raw, Fault> {
        let mut raw = Vec::new();
        for (key, area) in self.0 {
            let key = without_slash(&key);
            let number = |number: i64| number.unsigned_abs();
            if let (Some(modified), Some(size)) = (area.modified, area.size) {
                let meta = [(TIME, number(modified)), (SIZE, number(size))];
                let name = format!("META:{key}");
                raw.push((name.into_bytes(), protobuf::of_numbers(&meta)));
            }
            if let Some(used) = area.used {
                let meta = [(TIME, number(used))];
                let name = format!("METAACCESS:{key}");
                raw.push((name.into_bytes(), protobuf::of_numbers(&meta)));
            }
            for (item, value, compression) in area.items {
                is_plain(compression)?;
                let name = [b"_", key.as_bytes(), b"\0", &item].concat();
                raw.push((name, value));
            }
        }
        Ok(raw)
    }
}

/// A LevelDB has no values that are compressed one by one.
fn is_plain(compression: i64) -> Result<(), Fault> {
    match compression {
        0 => Ok(()),
        _ => Err(Fault::UnknownSchema(
            "its values would be compressed".into(),
        )),
    }
}

fn unknown(what: &str) -> Fault {
    Fault::BadBackup(format!("it holds an unknown kind of entry, {what}"))
}

/// Every sessionStorage that is to be put back.
#[derive(Default)]
pub(super) struct Sessions {
    /// The session, the storage key, and the map.
    pub(super) sessions: Vec<(String, String, u64)>,
    /// The map, the script's key, the value, and how it is compressed.
    pub(super) items: Vec<(u64, Vec<u8>, Vec<u8>, i64)>,
}

impl Sessions {
    pub(super) fn add(&mut self, entry: Entry) -> Result<(), Fault> {
        let map = integer_of(&entry.number)?.unsigned_abs();
        match &*entry.what {
            SESSION => {
                let session = text_of(entry.name)?;
                self.sessions.push((session, text_of(entry.key)?, map));
            }
            SESSION_ITEM => self.items.push((
                map,
                bytes_of(&entry.name)?.to_vec(),
                bytes_of(&entry.value)?.to_vec(),
                integer_of(&entry.key)?,
            )),
            _ => return Err(unknown(&entry.what)),
        }
        Ok(())
    }

    /// Takes out what is of a storage key that has something there already, with its maps.
    pub(super) fn leave_new(&mut self, is_there: impl Fn(&StorageKey) -> bool) {
        let mut left = BTreeSet::new();
        self.sessions.retain(|(_, key, map)| {
            let is_new = storage_key::parse(key.as_bytes()).is_some_and(|key| is_there(&key));
            if is_new {
                left.insert(*map);
            }
            !is_new
        });
        self.items.retain(|(map, ..)| !left.contains(map));
    }

    /// Gives a new number to each map whose number belongs to another storage key by now:
    /// the browser gives the numbers that are free. `taken`: whose a number is.
    pub(super) fn renumber(&mut self, taken: impl Fn(u64) -> Option<Option<StorageKey>>) {
        let mut new: HashMap<u64, u64> = HashMap::new();
        let mut used: BTreeSet<u64> = self.sessions.iter().map(|(_, _, map)| *map).collect();
        for (_, key, map) in &self.sessions {
            let is_taken = taken(*map).is_some_and(|owner| {
                let ours = storage_key::parse(key.as_bytes());
                owner.is_none() || owner != ours
            });
            if is_taken && !new.contains_key(map) {
                let mut free = used.last().copied().unwrap_or_default() + 1;
                while taken(free).is_some() {
                    free += 1;
                }
                used.insert(free);
                new.insert(*map, free);
            }
        }
        let renumber = |map: &mut u64| *map = new.get(map).copied().unwrap_or(*map);
        self.sessions
            .iter_mut()
            .for_each(|(_, _, map)| renumber(map));
        self.items.iter_mut().for_each(|(map, ..)| renumber(map));
    }

    /// As the LevelDB has them.
    pub(super) fn into_level_db(self) -> Result<Raw, Fault> {
        let mut raw = Vec::new();
        for (session, key, map) in self.sessions {
            let name = format!("namespace-{session}-{key}");
            raw.push((name.into_bytes(), map.to_string().into_bytes()));
        }
        for (map, item, value, compression) in self.items {
            is_plain(compression)?;
            let name = [format!("map-{map}-").as_bytes(), &item].concat();
            raw.push((name, value));
        }
        Ok(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut raw: Raw) -> Raw {
        raw.sort();
        raw
    }

    /// As a Chromium 156 wrote them.
    #[test]
    fn local_storage_comes_back_byte_for_byte() {
        let raw = sorted(vec![
            (
                b"META:http://one.localhost:8101".to_vec(),
                b"\x08\xe2\xd7\xbf\xa6\xef\xf8\xef\x17\x10\xa6\x14".to_vec(),
            ),
            (
                b"METAACCESS:http://one.localhost:8101".to_vec(),
                b"\x08\xe2\xd7\xbf\xa6\xef\xf8\xef\x17".to_vec(),
            ),
            (
                b"_http://one.localhost:8101\0\x01token".to_vec(),
                b"\x01secret".to_vec(),
            ),
            (
                b"_http://a.org/^0http://b.org\0\x00t\0".to_vec(),
                b"".to_vec(),
            ),
        ]);
        let mut areas = Areas::default();
        for entry in of_local_level_db("Local Storage/leveldb", raw.clone()).unwrap() {
            areas.add(entry).unwrap();
        }
        assert_eq!(areas.0.len(), 2);
        assert_eq!(sorted(areas.into_local_level_db().unwrap()), raw);
    }

    #[test]
    fn session_storage_comes_back_byte_for_byte() {
        let session = "54bfff4d_48cf_4659_ac16_9dc22f2539f5";
        let namespace = format!("namespace-{session}-http://two.localhost:8101/");
        let raw = sorted(vec![
            (namespace.into_bytes(), b"7".to_vec()),
            (b"map-7-sess".to_vec(), b"t\0w\0o\0".to_vec()),
            (b"map-7-".to_vec(), b"".to_vec()),
        ]);
        let mut sessions = Sessions::default();
        for entry in of_session_level_db("Session Storage", raw.clone()).unwrap() {
            sessions.add(entry).unwrap();
        }
        sessions.renumber(|_| None);
        assert_eq!(sorted(sessions.into_level_db().unwrap()), raw);
    }

    #[test]
    fn maps_of_others_are_not_written_to() {
        let key = "https://openai.com/";
        let of = |key: &str| Some(storage_key::parse(key.as_bytes()));
        let mut sessions = Sessions {
            sessions: vec![("s".into(), key.into(), 3), ("t".into(), key.into(), 4)],
            items: vec![(3, b"a".to_vec(), b"b".to_vec(), 0)],
        };
        sessions.renumber(|number| match number {
            3 | 5 => of("https://example.org/"),
            4 => of(key),
            _ => None,
        });
        let maps: Vec<_> = sessions.sessions.iter().map(|(_, _, map)| *map).collect();
        assert_eq!(maps, [6, 4]);
        assert_eq!(sessions.items[0].0, 6);
    }

    #[test]
    fn what_is_compressed_does_not_go_into_a_leveldb() {
        let mut areas = Areas::default();
        let entry = Entry {
            what: ITEM.into(),
            place: "LocalStorage".into(),
            key: text("https://openai.com/"),
            name: Value::Blob(b"\x01k".to_vec()),
            value: Value::Blob(b"v".to_vec()),
            number: Value::Integer(1),
        };
        areas.add(entry).unwrap();
        assert!(areas.into_local_level_db().is_err());
    }
}
