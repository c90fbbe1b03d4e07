//! What a home folder holds: the rows of its stores, and everything beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::world::sessions;

pub const CHROME: &str = ".config/google-chrome/Default";
pub const FIREFOX: &str = ".mozilla/firefox/abcd1234.default-esr";

/// The stores, by their place in the home folder.
pub const STORES: [&str; 5] = [
    ".config/google-chrome/Default/Cookies",
    ".config/google-chrome/Default/Device Bound Sessions",
    ".mozilla/firefox/abcd1234.default-esr/cookies.sqlite",
    ".mozilla/firefox/abcd1234.default-esr/sessionstore.jsonlz4",
    ".mozilla/firefox/abcd1234.default-esr/sessionstore-backups/previous.jsonlz4",
];
/// What SQLite keeps beside a database while it is in use; the first two may stay.
const SIBLINGS: [&str; 3] = ["-journal", "-wal", "-shm"];

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The schema and every row of every table, each value with its type and bytes.
    Rows(Vec<String>),
    /// The text of a session file.
    Text(String),
    /// What is wrong with it.
    Broken(String),
}

/// All stores, in the order of [`STORES`].
pub type Contents = Vec<Content>;

/// What the stores of a home folder hold. The files are not touched: SQLite would
/// recover a database as it opens it.
pub fn contents(home: &Path, scratch: &Path) -> Contents {
    STORES
        .iter()
        .map(|store| content(&home.join(store), scratch))
        .collect()
}

fn content(store: &Path, scratch: &Path) -> Content {
    if !store.is_file() {
        return Content::Broken("it is gone".into());
    }
    if store.extension().is_some_and(|e| e == "jsonlz4") {
        let text = std::panic::catch_unwind(|| sessions::text(store));
        return match text {
            Ok(text) if serde_json::from_str::<serde_json::Value>(&text).is_ok() => {
                Content::Text(text)
            }
            _ => Content::Broken("it is no session".into()),
        };
    }
    let copy = scratch.join("copy");
    for suffix in [""].iter().chain(&SIBLINGS[..2]) {
        let _ = fs::remove_file(with_suffix(&copy, suffix));
        if with_suffix(store, suffix).exists() {
            fs::copy(with_suffix(store, suffix), with_suffix(&copy, suffix)).unwrap();
        }
    }
    match rows(&copy) {
        Ok((verdict, rows)) if verdict == "ok" => Content::Rows(rows),
        Ok((verdict, _)) => Content::Broken(verdict),
        Err(error) => Content::Broken(error.to_string()),
    }
}

/// What SQLite's full check says, and the rows.
fn rows(path: &Path) -> rusqlite::Result<(String, Vec<String>)> {
    let db = Connection::open(path)?;
    let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    let texts = |sql: &str| -> rusqlite::Result<Vec<String>> {
        db.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    };
    let mut all = texts("SELECT ifnull(sql, name) FROM sqlite_schema ORDER BY 1")?;
    for table in texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")? {
        let columns = texts(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
        let values: Vec<_> = columns
            .iter()
            .map(|c| format!("typeof(\"{c}\") || ':' || hex(\"{c}\")"))
            .collect();
        let values = values.join(" || ' ' || ");
        all.extend(texts(&format!(
            "SELECT '{table} ' || {values} FROM \"{table}\" ORDER BY 1"
        ))?);
    }
    Ok((verdict, all))
}

pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Something below a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    File(Vec<u8>),
    Link(PathBuf),
    Folder,
    Other,
}

/// Everything below a folder, by its path there.
pub fn items(folder: &Path) -> BTreeMap<String, Item> {
    let mut items = BTreeMap::new();
    collect(folder, "", &mut items);
    items
}

fn collect(folder: &Path, prefix: &str, items: &mut BTreeMap<String, Item>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().unwrap();
        let item = if kind.is_dir() {
            collect(&path, &format!("{name}/"), items);
            Item::Folder
        } else if kind.is_symlink() {
            Item::Link(fs::read_link(&path).unwrap())
        } else if kind.is_file() {
            Item::File(fs::read(&path).unwrap())
        } else {
            Item::Other
        };
        items.insert(name, item);
    }
}

/// Whether it is a store or belongs to one, so that its bytes may change.
pub fn is_of_a_store(name: &str) -> bool {
    STORES.iter().any(|store| {
        name.strip_prefix(store)
            .is_some_and(|rest| rest.is_empty() || SIBLINGS[..2].contains(&rest))
    })
}
