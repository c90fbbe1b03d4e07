//! The SQLite databases in which sites have rows: `WebStorage/QuotaManager`, and where
//! Chromium has moved to SQLite, `LocalStorage` and `SessionStorage`
//! (`storage/browser/quota/quota_database.cc`,
//! `components/services/storage/dom_storage/sqlite/`).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::dom_storage::{self, AREA, Areas, ITEM, SESSION, SESSION_ITEM, Sessions};
use super::storage_key;
use crate::formats::sqlite::{Applied, Apply, Plan, change, read, schema};
use crate::model::error::{At, Error, Fault, is_absence};
use crate::model::site_data::{Amount, DataKind, StorageKey};
use crate::platform::Folder;
use crate::store::Value;
use crate::store::claim::Claim;
use crate::store::site_data::row::{Entry, number_of, text_of};
use crate::store::site_data::{Database, Goes};

/// What an entry of a copy is: a value of a row, its number as `key`, its column as `name`.
const BUCKET: &str = "quota-bucket";

/// Which of them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Quota,
    LocalStorage,
    SessionStorage,
}

impl Scheme {
    /// Its path in a partition.
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::Quota => "WebStorage/QuotaManager",
            Self::LocalStorage => "LocalStorage",
            Self::SessionStorage => "SessionStorage",
        }
    }

    fn kind(self) -> DataKind {
        match self {
            Self::Quota => DataKind::Registration,
            Self::LocalStorage => DataKind::LocalStorage,
            Self::SessionStorage => DataKind::SessionStorage,
        }
    }

    /// Its tables with rows of sites, and the columns that are needed of each.
    fn tables(self) -> &'static [(&'static str, &'static [&'static str])] {
        const ITEMS: (&str, &[&str]) = (
            "map_entries",
            &["map_id", "value_compression_type", "key", "value"],
        );
        match self {
            Self::Quota => &[("buckets", &["id", "storage_key", "name"])],
            Self::LocalStorage => &[
                (
                    "maps",
                    &[
                        "row_id",
                        "storage_key",
                        "last_accessed",
                        "last_modified",
                        "total_size",
                    ],
                ),
                ITEMS,
            ],
            Self::SessionStorage => &[
                ("session_metadata", &["session_id", "storage_key", "map_id"]),
                ITEMS,
            ],
        }
    }

    /// The owners: the number and the storage key of each. A map can have several.
    fn owners(self) -> &'static str {
        match self {
            Self::Quota => "SELECT id, CAST(storage_key AS BLOB) FROM buckets",
            Self::LocalStorage => "SELECT row_id, CAST(storage_key AS BLOB) FROM maps",
            Self::SessionStorage => {
                "SELECT map_id, CAST(storage_key AS BLOB) FROM session_metadata"
            }
        }
    }
}

/// What has a number, and whose it is.
type Owners = BTreeMap<i64, Option<StorageKey>>;

/// One of the databases.
pub(super) struct Rows {
    scheme: Scheme,
    place: String,
    path: PathBuf,
    owners: Owners,
    amounts: BTreeMap<i64, Amount>,
}

impl Rows {
    /// None when there is none. `partition`: in the profile, with a slash behind it, or
    /// empty.
    pub(super) fn open(
        profile: &Path,
        partition: &str,
        scheme: Scheme,
    ) -> Result<Option<Self>, Error> {
        let place = format!("{partition}{}", scheme.place());
        let path = profile.join(&place);
        // No link may lead there, nor on the way.
        if let Some(folder) = path.parent() {
            match Folder::open(folder) {
                Err(e) if is_absence(&e) => return Ok(None),
                other => other.map(drop).at(folder)?,
            }
        }
        match path.symlink_metadata() {
            Err(e) if is_absence(&e) => return Ok(None),
            Err(e) => return Err(Fault::from(e).at(path)),
            Ok(metadata) if metadata.is_symlink() => return Err(Fault::Link.at(path)),
            Ok(_) => {}
        }
        let (owners, amounts) = read(&path, |view| {
            let db = view.connection();
            check(db, scheme)?;
            Ok((owners(db, scheme)?, amounts(db, scheme)?))
        })
        .at(&path)?;
        Ok(Some(Self {
            scheme,
            place,
            path,
            owners,
            amounts,
        }))
    }

    /// The numbers of buckets, with whose they are.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (i64, &StorageKey)> {
        let all = self.owners.iter();
        all.filter_map(|(number, owner)| Some((*number, owner.as_ref()?)))
    }

    /// The numbers of what goes.
    fn gone(&self, goes: &Goes<'_>) -> HashSet<i64> {
        numbers(&self.owners, goes)
    }

    fn entry(&self, what: &str, key: Value, name: Value, value: Value, number: Value) -> Entry {
        Entry {
            what: what.into(),
            place: self.place.clone(),
            key,
            name,
            value,
            number,
        }
    }

    fn copied(&self, db: &Connection, gone: &HashSet<i64>) -> Result<Vec<Entry>, Fault> {
        let mut entries = Vec::new();
        match self.scheme {
            Scheme::Quota => each(db, "SELECT * FROM buckets", |row| {
                let id = row.get("id")?;
                if gone.contains(&id) {
                    for (column, name) in row.as_ref().column_names().enumerate() {
                        let (id, name) = (Value::Integer(id), Value::Text(name.into()));
                        let value = row.get_ref(column)?.into();
                        entries.push(self.entry(BUCKET, id, name, value, Value::Null));
                    }
                }
                Ok(())
            })?,
            Scheme::LocalStorage => {
                let mut texts = HashMap::new();
                let areas = "SELECT row_id, storage_key, last_modified, last_accessed, total_size \
                     FROM maps";
                each(db, areas, |row| {
                    let id: i64 = row.get(0)?;
                    if gone.contains(&id) {
                        let key = text(row, 1)?;
                        texts.insert(id, key.clone());
                        let value = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.into());
                        entries.push(self.entry(AREA, key, value(2)?, value(3)?, value(4)?));
                    }
                    Ok(())
                })?;
                items(db, |map, compression, key, value| {
                    if let Some(text) = texts.get(&map) {
                        entries.push(self.entry(ITEM, text.clone(), key, value, compression));
                    }
                })?;
            }
            Scheme::SessionStorage => {
                let sessions = "SELECT session_id, storage_key, map_id FROM session_metadata";
                each(db, sessions, |row| {
                    let map = row.get(2)?;
                    if gone.contains(&map) {
                        let (session, key) = (text(row, 0)?, text(row, 1)?);
                        let map = Value::Integer(map);
                        entries.push(self.entry(SESSION, key, session, Value::Null, map));
                    }
                    Ok(())
                })?;
                items(db, |map, compression, key, value| {
                    if gone.contains(&map) {
                        let map = Value::Integer(map);
                        entries.push(self.entry(SESSION_ITEM, compression, key, value, map));
                    }
                })?;
            }
        }
        Ok(entries)
    }

    fn delete_rows(&self, db: &Connection, gone: &HashSet<i64>) -> Result<u64, Fault> {
        let statements: &[&str] = match self.scheme {
            Scheme::Quota => &["DELETE FROM buckets WHERE id = ?1"],
            Scheme::LocalStorage => &[
                "DELETE FROM map_entries WHERE map_id = ?1",
                "DELETE FROM maps WHERE row_id = ?1",
            ],
            Scheme::SessionStorage => &[
                "DELETE FROM map_entries WHERE map_id = ?1",
                "DELETE FROM session_metadata WHERE map_id = ?1",
            ],
        };
        let mut deleted = 0;
        for sql in statements {
            let mut statement = db.prepare(sql)?;
            for number in gone {
                deleted += statement.execute([number])? as u64;
            }
        }
        Ok(deleted)
    }

    /// Puts them in, and gives how many rows that took.
    fn put_in(&self, db: &Connection, entries: &[Entry]) -> Result<u64, Fault> {
        match self.scheme {
            Scheme::Quota => put_buckets(db, entries),
            Scheme::LocalStorage => put_areas(db, entries),
            Scheme::SessionStorage => put_sessions(db, entries),
        }
    }

    /// Deletes what has these numbers, or puts something in.
    fn change(
        &self,
        claim: &Claim,
        is_meant: &dyn Fn(i64) -> bool,
        apply: &Apply<'_>,
    ) -> Result<Option<Fault>, Fault> {
        let scheme = self.scheme;
        let plan = Plan {
            is_meant: &|table, row| {
                let column = match (scheme, table) {
                    (Scheme::Quota, "buckets") => "id",
                    (Scheme::LocalStorage, "maps") => "row_id",
                    (Scheme::SessionStorage, "session_metadata") => "map_id",
                    (Scheme::LocalStorage | Scheme::SessionStorage, "map_entries") => "map_id",
                    _ => return Ok(false),
                };
                row.get(column).map(is_meant)
            },
            apply: &|db| {
                check(db, scheme)?;
                for (table, _) in scheme.tables() {
                    schema::check_for_change(db, table)?;
                }
                apply(db)
            },
            may_commit: &|| claim.still_holds().map_err(|_| Fault::Locked),
        };
        change(&self.path, &plan)
    }
}

/// Makes sure that the tables have the columns that are needed.
fn check(db: &Connection, scheme: Scheme) -> Result<(), Fault> {
    schema::check_plain(db)?;
    for (table, needed) in scheme.tables() {
        let columns: HashSet<String> = db
            .prepare("SELECT name FROM pragma_table_info(?1)")?
            .query_map([table], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if columns.is_empty() {
            return Err(Fault::NoTable(table));
        }
        for column in *needed {
            if !columns.contains(*column) {
                return Err(Fault::NoColumn { table, column });
            }
        }
        // What is not known of a row could not be put back.
        if scheme != Scheme::Quota && columns.len() != needed.len() {
            let what = format!("its table {table} has a column more");
            return Err(Fault::UnknownSchema(what));
        }
    }
    Ok(())
}

fn owners(db: &Connection, scheme: Scheme) -> Result<Owners, Fault> {
    let mut owners: Owners = BTreeMap::new();
    each(db, scheme.owners(), |row| {
        let text: Vec<u8> = row.get(1)?;
        let key = storage_key::parse(&text);
        let known = owners.entry(row.get(0)?).or_insert_with(|| key.clone());
        if *known != key {
            // It is of two: of neither.
            *known = None;
        }
        Ok(())
    })?;
    Ok(owners)
}

fn amounts(db: &Connection, scheme: Scheme) -> Result<BTreeMap<i64, Amount>, Fault> {
    let sql = match scheme {
        Scheme::Quota => "SELECT id, 1, 0 FROM buckets",
        Scheme::LocalStorage | Scheme::SessionStorage => {
            "SELECT map_id, count(*), sum(length(key) + length(value)) FROM map_entries
             GROUP BY map_id"
        }
    };
    let mut amounts = BTreeMap::new();
    each(db, sql, |row| {
        let (entries, bytes): (i64, i64) = (row.get(1)?, row.get(2)?);
        let amount = Amount {
            entries: entries.unsigned_abs(),
            bytes: bytes.unsigned_abs(),
        };
        amounts.insert(row.get(0)?, amount);
        Ok(())
    })?;
    Ok(amounts)
}

fn numbers(owners: &Owners, goes: &Goes<'_>) -> HashSet<i64> {
    let all = owners.iter();
    all.filter(|(_, owner)| owner.as_ref().is_some_and(goes))
        .map(|(number, _)| *number)
        .collect()
}

/// Shows every row of a query.
fn each(
    db: &Connection,
    sql: &str,
    mut show: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> Result<(), Fault> {
    let mut select = db.prepare(sql)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        show(row)?;
    }
    Ok(())
}

/// Shows every item of every map: the map, how it is compressed, its key and its value.
fn items(db: &Connection, mut show: impl FnMut(i64, Value, Value, Value)) -> Result<(), Fault> {
    let sql = "SELECT map_id, value_compression_type, key, value FROM map_entries";
    each(db, sql, |row| {
        let value = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.into());
        show(row.get(0)?, value(1)?, value(2)?, value(3)?);
        Ok(())
    })
}

/// A value as text, also where it is stored as a blob.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(column)?.into() {
        Value::Blob(bytes) => Value::Text(bytes),
        other => other,
    })
}

fn put_buckets(db: &Connection, entries: &[Entry]) -> Result<u64, Fault> {
    let mut buckets: BTreeMap<i64, Vec<(String, &Value)>> = BTreeMap::new();
    for entry in entries {
        let column = text_of(entry.name.clone())?;
        let bucket = buckets.entry(number_of(&entry.key)?).or_default();
        bucket.push((column, &entry.value));
    }
    let mut count = 0;
    for cells in buckets.into_values() {
        let names: Vec<_> = cells
            .iter()
            .map(|(name, _)| format!("\"{}\"", name.replace('"', "\"\"")))
            .collect();
        // The browser may have one for the same key by now.
        let sql = format!(
            "INSERT OR IGNORE INTO buckets ({}) VALUES ({})",
            names.join(", "),
            vec!["?"; names.len()].join(", ")
        );
        let values = cells.iter().map(|(_, value)| *value);
        count += db.execute(&sql, params_from_iter(values))? as u64;
    }
    Ok(count)
}

fn put_areas(db: &Connection, entries: &[Entry]) -> Result<u64, Fault> {
    let mut areas = Areas::default();
    for entry in entries {
        areas.add(entry.clone())?;
    }
    let mut count = 0;
    let mut find = db.prepare("SELECT row_id FROM maps WHERE storage_key = ?1")?;
    let mut insert = db.prepare(
        "INSERT INTO maps (storage_key, last_accessed, last_modified, total_size)
         VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (key, area) in areas.0 {
        let known: Option<i64> = find
            .query_row([key.as_bytes()], |row| row.get(0))
            .optional()?;
        if known.is_some() {
            // It is there as a whole, or is new: two would mix.
            continue;
        }
        let row = params![key.as_bytes(), area.used, area.modified, area.size];
        count += insert.execute(row)? as u64;
        let map = db.last_insert_rowid();
        count += put_items(db, area.items.into_iter().map(|item| (map, item)))?;
    }
    Ok(count)
}

fn put_sessions(db: &Connection, entries: &[Entry]) -> Result<u64, Fault> {
    let mut sessions = Sessions::default();
    for entry in entries {
        sessions.add(entry.clone())?;
    }
    let mut taken = owners(db, Scheme::SessionStorage)?;
    each(db, "SELECT DISTINCT map_id FROM map_entries", |row| {
        taken.entry(row.get(0)?).or_insert(None);
        Ok(())
    })?;
    let there: HashSet<_> = taken.values().flatten().cloned().collect();
    sessions.leave_new(|key| there.contains(key));
    sessions.renumber(|number| taken.get(&i64::try_from(number).ok()?).cloned());
    let mut count = 0;
    let mut insert = db.prepare(
        "INSERT OR IGNORE INTO session_metadata (session_id, storage_key, map_id)
         VALUES (?1, ?2, ?3)",
    )?;
    for (session, key, map) in &sessions.sessions {
        let row = params![session, key.as_bytes(), map.cast_signed()];
        count += insert.execute(row)? as u64;
    }
    let items = sessions.items.into_iter();
    let items =
        items.map(|(map, key, value, compression)| (map.cast_signed(), (key, value, compression)));
    Ok(count + put_items(db, items)?)
}

/// A script's key, the value, and how it is compressed.
type Item = (Vec<u8>, Vec<u8>, i64);

fn put_items(db: &Connection, items: impl IntoIterator<Item = (i64, Item)>) -> Result<u64, Fault> {
    let mut insert = db.prepare(
        "INSERT OR IGNORE INTO map_entries (map_id, value_compression_type, key, value)
         VALUES (?1, ?2, ?3, ?4)",
    )?;
    let mut count = 0;
    for (map, (key, value, compression)) in items {
        count += insert.execute(params![map, compression, key, value])? as u64;
    }
    Ok(count)
}

impl Database for Rows {
    fn place(&self) -> &str {
        &self.place
    }

    fn look(&self, each: &mut dyn FnMut(&StorageKey, DataKind, Amount)) {
        for (number, owner) in &self.owners {
            if let Some(key) = owner {
                let amount = self.amounts.get(number).copied().unwrap_or_default();
                each(key, self.scheme.kind(), amount);
            }
        }
    }

    fn entries(&self, goes: &Goes<'_>) -> Result<Vec<Entry>, Error> {
        let gone = self.gone(goes);
        if gone.is_empty() {
            return Ok(Vec::new());
        }
        read(&self.path, |view| self.copied(view.connection(), &gone)).at(&self.path)
    }

    fn delete(&self, goes: &Goes<'_>, claim: &Claim) -> Result<Option<Error>, Error> {
        let gone = self.gone(goes);
        if gone.is_empty() {
            return Ok(None);
        }
        let changed = self.change(claim, &|number| gone.contains(&number), &|db| {
            // As it is now, and as it was copied.
            match numbers(&owners(db, self.scheme)?, goes) == gone {
                true => Ok(Applied {
                    changed: self.delete_rows(db, &gone)?,
                    meant: 0,
                }),
                false => Err(Fault::KeepsChanging),
            }
        });
        let trouble = changed.at(&self.path)?;
        Ok(trouble.map(|fault| fault.at(&self.path)))
    }

    fn takes(&self, what: &str) -> bool {
        match self.scheme {
            Scheme::Quota => false,
            Scheme::LocalStorage => dom_storage::is_local(what),
            Scheme::SessionStorage => dom_storage::is_session(what),
        }
    }

    fn restore(&self, entries: Vec<Entry>, claim: &Claim) -> Result<(), Error> {
        // Every row that there was is one of the others.
        let there: HashSet<i64> = self.owners.keys().copied().collect();
        let trouble = self
            .change(claim, &|number| !there.contains(&number), &|db| {
                let count = self.put_in(db, &entries)?;
                Ok(Applied {
                    changed: count,
                    meant: count,
                })
            })
            .at(&self.path)?;
        match trouble {
            None => Ok(()),
            Some(fault) => Err(fault.at(&self.path)),
        }
    }
}
