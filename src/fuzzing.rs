//! What must hold for any bytes in a file that a browser, or anybody else, has written:
//! one function for each kind of file, which panics where it does not hold.
//!
//! `fuzz/` looks for inputs that break them. The test below calls them with every input
//! that is saved there. Neither is part of an ordinary build.

pub(crate) mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags, params_from_iter};
use url::Url;

pub use crate::browsers::chromium::fuzzing::{local_state, values};
pub use crate::browsers::gecko::fuzzing::{containers, origin_attributes, profiles_ini, session};
pub use crate::formats::leveldb::fuzzing::leveldb;
use crate::model::domain::{Domain, DomainError, site_of};
use crate::store::{NoCopy, Store, Value};
pub use crate::undo::fuzzing::undo_copy;
use tools::{InMemory, Input, claim, folder, is_below, is_of_the_site, query};

/// Names and records of site data, of both families.
pub fn site_data(data: &[u8]) {
    crate::browsers::chromium::fuzzing::storage_names(data);
    crate::browsers::gecko::fuzzing::storage_names(data);
}

/// A first line as it is typed, and a host as it is stored.
pub fn domain(data: &[u8]) {
    let mut input = Input(data);
    let typed = String::from_utf8_lossy(input.line());
    let stored = input.0;
    check_site(stored);
    let Ok(domain) = Domain::parse(&typed) else {
        return;
    };

    let name = domain.as_str();
    assert!(name.is_ascii() && name.len() <= 253, "{name}");
    assert_eq!(name, name.to_ascii_lowercase());
    assert!(!name.starts_with('.') && !name.ends_with('.'), "{name}");
    let means_it = |text: &str| assert_eq!(Domain::parse(text).as_ref(), Ok(&domain), "{text}");
    means_it(&format!("http://{name}/"));
    means_it(&format!("https://{}/a?b#c", name.to_uppercase()));
    match Domain::parse(name) {
        // Only as a URL.
        Err(DomainError::BareWord(word)) => assert_eq!(word, name),
        parsed => {
            assert_eq!(parsed.as_ref(), Ok(&domain));
            means_it(&format!(" .{}\n", name.to_uppercase()));
            means_it(&format!("{name}:8443/path"));
        }
    }

    let has_hosts_below = name.contains('.') && name.parse::<std::net::Ipv4Addr>().is_err();
    let has_hosts_below = has_hosts_below && !name.starts_with('[');
    for host in [
        stored.to_vec(),
        [stored, name.as_bytes()].concat(),
        [stored, b".", name.as_bytes()].concat(),
        [name.as_bytes(), stored].concat(),
    ] {
        let bare = host.strip_prefix(b".").unwrap_or(&host);
        let is_it = bare == name.as_bytes();
        assert_eq!(domain.owns(&host, true), is_it, "{name}, {host:?}");
        let is_owned = is_it || has_hosts_below && is_below(bare, name.as_bytes());
        assert_eq!(domain.owns(&host, false), is_owned, "{name}, {host:?}");
        let is_sent = has_hosts_below && bare.len() < host.len() && is_below(name.as_bytes(), bare);
        assert_eq!(domain.is_sent(&host), is_sent, "{name}, {host:?}");
    }
}

fn check_site(stored: &[u8]) {
    let Ok(host) = str::from_utf8(stored) else {
        return;
    };
    let bare = host.strip_prefix('.').unwrap_or(host);
    let site = site_of(host);
    let is_whole_labels = site == bare || bare.ends_with(&format!(".{site}"));
    assert!(is_whole_labels, "{host}: {site}");
    if !site.starts_with('.') {
        assert_eq!(site_of(site), site, "{host}");
    }
}

/// Which store it is, how it is damaged, and with what.
///
/// Every command ends with an error and an unchanged store, or does what it says: what
/// is deleted is what a model of its own says, the rest of every table stays as it is,
/// and undo brings the rows back.
pub fn sqlite(data: &[u8]) {
    let mut input = Input(data);
    let (family, damage) = (input.byte(), input.byte());
    let folder = folder().join("sqlite");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("a folder");
    let path = folder.join("store");
    type Make = fn(PathBuf) -> Box<dyn Store>;
    let (base, make): (&[u8], Make) = match family % 3 {
        0 => (chromium_base(), crate::browsers::chromium::fuzzing::cookies),
        1 => (gecko_base(), crate::browsers::gecko::fuzzing::cookies),
        _ => (
            bound_base(),
            crate::browsers::chromium::fuzzing::device_bound,
        ),
    };
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("a file");
    match damage % 5 {
        0 => write("store", input.0),
        1 => write("store", &patched(base, &mut input)),
        2 => {
            write("store", base);
            change(&path, &String::from_utf8_lossy(input.0));
        }
        3 => {
            write("store", base);
            write("store-wal", input.0);
        }
        _ => {
            write("store", base);
            write("store-journal", input.0);
        }
    }
    if damage & 0x80 != 0 {
        // So long ago that it is read where it is.
        let time = SystemTime::now() - Duration::from_secs(60);
        let file = File::options().write(true).open(&path).expect("the store");
        file.set_modified(time).expect("a time");
    }
    let sound = damage & 0x40 == 0;
    check_store(&*make(path.clone()), &path, sound);
}

fn check_store(store: &dyn Store, path: &Path, compare: bool) {
    let before = if compare { dump(path) } else { None };
    let mut query = query();
    query.with_values = true;
    let mut shown = 0;
    let found = store.find(&query, &mut |cookies| shown += cookies.len() as u64);
    let (hosts, total) = (store.hosts(), store.total());
    if let Ok(counts) = &found {
        assert_eq!(counts.matched, shown);
        assert!(counts.matched <= counts.total);
    }
    if let (Ok(counts), Ok(hosts), Ok(total), Some(_)) = (&found, &hosts, &total, &before) {
        assert_eq!(counts.total, *total);
        assert_eq!(hosts.values().sum::<u64>(), *total);
    }
    if let Some(before) = &before {
        assert_eq!(dump(path).as_ref(), Some(before), "a look changed it");
        if let Ok(counts) = &found {
            assert_eq!(counts.matched as usize, before.matching.len());
        }
    }

    query.with_values = false;
    let mut copy = InMemory::new();
    let mut told = 0;
    let deleted = store.delete(&claim(), &query, Some(&mut copy), &mut |_| told += 1);
    let Some(before) = before else {
        return;
    };
    let after = dump(path).expect("it was sound");
    let Ok(deleted) = deleted else {
        assert_eq!(after, before, "it failed, and changed the store");
        return;
    };
    assert_eq!(told, deleted.deleted);
    assert_eq!(copy.rows.len() as u64, deleted.deleted);
    assert_eq!(deleted.deleted as usize, before.matching.len());
    assert!(after.matching.is_empty());
    assert_eq!(after.others, before.others, "it deleted something else");

    let restored = store.restore(&claim(), &mut copy, &mut NoCopy);
    let back = dump(path).expect("it was sound");
    match restored {
        Err(_) => assert_eq!(back, after, "it failed, and changed the store"),
        Ok(restored) => {
            assert_eq!(restored.restored + restored.skipped, deleted.deleted);
            assert_eq!(back.others, before.others, "undo changed something else");
            if restored.skipped == 0 {
                assert_eq!(back, before, "undo");
            }
        }
    }
}

/// Everything in a sound database.
#[derive(Debug, PartialEq)]
struct Dump {
    /// The rows of the site.
    matching: Vec<String>,
    /// All others, by their tables.
    others: BTreeMap<String, Vec<String>>,
}

/// What a database holds, by another way than the one that is checked. None when it is
/// not sound, or cannot be read in a reasonable time.
fn dump(path: &Path) -> Option<Dump> {
    let copies = folder().join("dump");
    let _ = fs::remove_dir_all(&copies);
    fs::create_dir(&copies).expect("a folder");
    for suffix in ["", "-wal", "-journal"] {
        let name = format!("store{suffix}");
        let from = path.with_file_name(&name);
        if from.exists() {
            fs::copy(from, copies.join(name)).expect("a copy");
        }
    }
    let db = patient(&copies.join("store"))?;
    let mut verdicts = db.prepare("PRAGMA integrity_check(1)").ok()?;
    let verdict: String = verdicts.query_row([], |row| row.get(0)).ok()?;
    if verdict != "ok" {
        return None;
    }
    drop(verdicts);
    let tables: BTreeSet<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .ok()?
        .query_map([], |row| row.get(0))
        .ok()?
        .collect::<Result<_, _>>()
        .ok()?;
    let mut dump = Dump {
        matching: Vec::new(),
        others: BTreeMap::new(),
    };
    for table in tables {
        let sql = format!("SELECT * FROM \"{}\"", table.replace('"', "\"\""));
        let mut select = db.prepare(&sql).ok()?;
        let columns: Vec<String> = select.column_names().map(Into::into).collect();
        let mut rows = select.query([]).ok()?;
        let mut others = Vec::new();
        while let Some(row) = rows.next().ok()? {
            let mut values = Vec::new();
            for i in 0..columns.len() {
                values.push(Value::from(row.get_ref(i).ok()?));
            }
            let text = format!("{values:?}");
            match is_row_of_the_site(&table, &columns, &values) {
                true => dump.matching.push(text),
                false => others.push(text),
            }
        }
        others.sort();
        dump.others.insert(table, others);
    }
    dump.matching.sort();
    Some(dump)
}

/// A model of what is deleted: nothing of the code that is checked.
fn is_row_of_the_site(table: &str, columns: &[String], values: &[Value]) -> bool {
    let column = |wanted: &str| {
        let index = columns.iter().position(|column| column == wanted);
        match index.map(|index| &values[index]) {
            Some(Value::Text(bytes) | Value::Blob(bytes)) => String::from_utf8_lossy(bytes),
            _ => "".into(),
        }
    };
    match table {
        "cookies" => {
            let site = Url::parse(&column("top_frame_site_key")).ok();
            let site = site.as_ref().and_then(Url::host_str);
            is_of_the_site(&column("host_key"), site)
        }
        "moz_cookies" => {
            let attributes = column("originAttributes");
            let site = crate::browsers::gecko::fuzzing::partition_host(&attributes);
            is_of_the_site(&column("host"), site.as_deref())
        }
        "dbsc_session_tbl" => {
            let key = column("key");
            let site = key.split_once("://").map_or(&*key, |(_, site)| site);
            let port = site.rsplit_once(':');
            let port = port.filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
            is_of_the_site(port.map_or(site, |(host, _)| host), None)
        }
        _ => false,
    }
}

/// A database on which nothing takes for ever.
fn patient(path: &Path) -> Option<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags).ok()?;
    let mut steps = 0;
    let give_up = move || {
        steps += 1;
        steps > 200
    };
    db.progress_handler(1000, Some(give_up)).ok()?;
    Some(db)
}

/// As somebody may have changed a store.
fn change(path: &Path, sql: &str) {
    let Some(db) = patient(path) else { return };
    let _ = db.set_limit(rusqlite::limits::Limit::SQLITE_LIMIT_LENGTH, 1 << 20);
    let is_own = |sql: &str| {
        let word = sql.to_lowercase();
        !["attach", "vacuum", "load_extension", "writable_schema"]
            .iter()
            .any(|foreign| word.contains(foreign))
    };
    for statement in sql.split(";\n").filter(|sql| is_own(sql)) {
        let _ = db.execute_batch(statement);
    }
    let _ = db.execute_batch("ROLLBACK");
}

/// The base, with pieces of it replaced: an offset of three bytes, a length, bytes.
fn patched(base: &[u8], input: &mut Input<'_>) -> Vec<u8> {
    let mut bytes = base.to_vec();
    while !input.is_empty() {
        let offset = [0; 3].map(|_: u8| usize::from(input.byte()));
        let offset = (offset[0] << 16 | offset[1] << 8 | offset[2]) % bytes.len();
        let length = usize::from(input.byte());
        let patch = input.take(length);
        let end = (offset + patch.len()).min(bytes.len());
        bytes[offset..end].copy_from_slice(&patch[..end - offset]);
    }
    bytes
}

const HOSTS: [(&str, &str); 7] = [
    (".openai.com", ""),
    ("openai.com", ""),
    ("chat.openai.com", ""),
    ("cdn.example", "openai.com"),
    ("cdn.example", "example.com"),
    (".notopenai.com", ""),
    ("example.com", ""),
];

/// A small store, made once.
fn base(
    made: &'static OnceLock<Vec<u8>>,
    schema: &str,
    insert: &str,
    partition: fn(&str) -> String,
) -> &'static [u8] {
    made.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let db = Connection::open(&path).expect("a database");
        db.execute_batch(&format!("PRAGMA page_size = 1024; {schema}"))
            .expect("the schema");
        for (i, (host, site)) in HOSTS.iter().enumerate() {
            let site = match *site {
                "" => String::new(),
                site => partition(site),
            };
            let row = [format!("{i}"), (*host).to_owned(), site];
            let wanted = db.prepare(insert).expect("it fits").parameter_count();
            db.execute(insert, params_from_iter(&row[..wanted]))
                .expect("a row");
        }
        db.close().expect("it closes");
        fs::read(&path).expect("the store")
    })
}

fn chromium_base() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    base(
        &MADE,
        "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
         INSERT INTO meta VALUES ('version', '24'), ('last_compatible_version', '24');
         CREATE TABLE cookies(creation_utc INTEGER NOT NULL, host_key TEXT NOT NULL,
             top_frame_site_key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
             encrypted_value BLOB NOT NULL, path TEXT NOT NULL, expires_utc INTEGER NOT NULL,
             is_secure INTEGER NOT NULL, is_httponly INTEGER NOT NULL,
             last_access_utc INTEGER NOT NULL, has_expires INTEGER NOT NULL,
             is_persistent INTEGER NOT NULL, priority INTEGER NOT NULL,
             samesite INTEGER NOT NULL, source_scheme INTEGER NOT NULL,
             source_port INTEGER NOT NULL, last_update_utc INTEGER NOT NULL,
             source_type INTEGER NOT NULL, has_cross_site_ancestor INTEGER NOT NULL);
         CREATE UNIQUE INDEX cookies_unique_index ON cookies(host_key, top_frame_site_key,
             has_cross_site_ancestor, name, path, source_scheme, source_port);",
        "INSERT INTO cookies VALUES (13300000000000000 + ?1, ?2, ?3, 'name' || ?1, '',
             CAST('v10value' AS BLOB), '/', 13537968000000000, 1, 0, 0, 1, 1, 1, -1, 2, 443, 0,
             0, 0)",
        |site| format!("https://{site}"),
    )
}

fn gecko_base() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    base(
        &MADE,
        "PRAGMA journal_mode = WAL;
         PRAGMA user_version = 17;
         CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY,
             originAttributes TEXT NOT NULL DEFAULT '', name TEXT, value TEXT, host TEXT,
             path TEXT, expiry INTEGER, lastAccessed INTEGER, creationTime INTEGER,
             isSecure INTEGER, isHttpOnly INTEGER, inBrowserElement INTEGER DEFAULT 0,
             sameSite INTEGER DEFAULT 0, schemeMap INTEGER DEFAULT 0,
             isPartitionedAttributeSet INTEGER DEFAULT 0, updateTime INTEGER,
             CONSTRAINT moz_uniqueid UNIQUE (name, host, path, originAttributes));",
        "INSERT INTO moz_cookies (name, value, host, originAttributes, path, expiry,
             lastAccessed, creationTime, isSecure, isHttpOnly)
         VALUES ('name' || ?1, 'value', ?2, ?3, '/', 1893456000000, 1, 1, 1, 0)",
        |site| format!("^partitionKey=%28https%2C{site}%29"),
    )
}

fn bound_base() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    base(
        &MADE,
        "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
         INSERT INTO meta VALUES ('version', '1');
         CREATE TABLE dbsc_session_tbl(key TEXT NOT NULL PRIMARY KEY, value BLOB);",
        "INSERT OR IGNORE INTO dbsc_session_tbl VALUES ('https://' || ?2, ?1)",
        |site| format!("https://{site}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A test for each kind of file, with the inputs in `fuzz/seeds` and
    /// `fuzz/regressions`.
    macro_rules! saved_inputs {
        ($($check:ident,)*) => {
            $(#[test]
            fn $check() {
                let mut inputs = 0;
                for kind in ["seeds", "regressions"] {
                    for file in files(&fuzz().join(kind).join(stringify!($check))) {
                        // Which one it is, where it fails.
                        println!("{}", file.display());
                        super::$check(&fs::read(&file).expect("an input"));
                        inputs += 1;
                    }
                }
                assert!(inputs > 0, "there are no seeds");
            })*

            #[test]
            fn every_fuzz_target_is_replayed() {
                let names = |folder: &str| -> BTreeSet<String> {
                    let stem = |file: PathBuf| file.file_stem()?.to_str().map(Into::into);
                    files(&fuzz().join(folder)).into_iter().filter_map(stem).collect()
                };
                let replayed = [$(stringify!($check)),*].map(String::from).into();
                assert_eq!(names("targets"), replayed);
                assert_eq!(names("seeds"), replayed);
                assert!(names("regressions").is_subset(&replayed));
            }
        };
    }

    saved_inputs! {
        containers,
        domain,
        leveldb,
        local_state,
        origin_attributes,
        profiles_ini,
        session,
        site_data,
        sqlite,
        undo_copy,
        values,
    }

    fn fuzz() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries
            .map(|entry| entry.expect("an entry").path())
            .collect()
    }
}
