//! Stores of every version that browsers have written, made from their schemas.
//!
//! Where a test can use a store that a real browser wrote (`fixtures/home`), it
//! does; these are for the versions that no browser of today writes any more.

use std::fs;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};

/// The cookies that [`chromium`] and [`firefox`] put in: host, name, the site
/// under which it is partitioned.
pub const COOKIES: [(&str, &str, &str); 8] = [
    (".openai.com", "cf_clearance", ""),
    ("openai.com", "locale", ""),
    ("chat.openai.com", "token", ""),
    ("challenges.cloudflare.com", "cf_chl", "openai.com"),
    ("challenges.cloudflare.com", "cf_chl", "example.com"),
    (".notopenai.com", "id", ""),
    ("openai.com.evil.net", "id", ""),
    ("example.com", "id", ""),
];

/// Those of [`COOKIES`] that are the site's own, and stored without partitions.
pub const OWN: [&str; 3] = [
    ".openai.com cf_clearance",
    "chat.openai.com token",
    "openai.com locale",
];

/// 2030-01-01 in microseconds since 1601, Chromium's time.
const CHROMIUM_2030: i64 = (1_893_456_000 + 11_644_473_600) * 1_000_000;
const SECONDS_2030: i64 = 1_893_456_000;

/// The `cookies` table of a version, 9 to 24 or later
/// (`sqlite_persistent_cookie_store.cc`).
pub fn chromium_schema(version: i64) -> String {
    let old = version < 10;
    let name = |new: &'static str, before: &'static str| if old { before } else { new };
    let mut columns = vec!["creation_utc INTEGER NOT NULL", "host_key TEXT NOT NULL"];
    if version >= 15 {
        columns.push("top_frame_site_key TEXT NOT NULL");
    }
    columns.extend(["name TEXT NOT NULL", "value TEXT NOT NULL"]);
    if version >= 15 {
        columns.push("encrypted_value BLOB NOT NULL");
    }
    columns.extend(["path TEXT NOT NULL", "expires_utc INTEGER NOT NULL"]);
    columns.push(name(
        "is_secure INTEGER NOT NULL",
        "secure INTEGER NOT NULL",
    ));
    columns.push(name(
        "is_httponly INTEGER NOT NULL",
        "httponly INTEGER NOT NULL",
    ));
    columns.push("last_access_utc INTEGER NOT NULL");
    columns.push("has_expires INTEGER NOT NULL DEFAULT 1");
    columns.push(name(
        "is_persistent INTEGER NOT NULL DEFAULT 1",
        "persistent INTEGER NOT NULL DEFAULT 1",
    ));
    columns.push("priority INTEGER NOT NULL DEFAULT 1");
    if version < 15 {
        columns.push("encrypted_value BLOB DEFAULT ''");
    }
    columns.push(if version < 11 {
        "firstpartyonly INTEGER NOT NULL DEFAULT 0"
    } else {
        "samesite INTEGER NOT NULL DEFAULT -1"
    });
    if version >= 12 {
        columns.push("source_scheme INTEGER NOT NULL DEFAULT 0");
    }
    if version >= 13 {
        columns.push("source_port INTEGER NOT NULL DEFAULT -1");
    }
    if (17..21).contains(&version) {
        columns.push("is_same_party INTEGER NOT NULL DEFAULT 0");
    }
    if version >= 18 {
        columns.push("last_update_utc INTEGER NOT NULL DEFAULT 0");
    }
    if version >= 22 {
        columns.push("source_type INTEGER NOT NULL DEFAULT 0");
    }
    if version >= 23 {
        columns.push("has_cross_site_ancestor INTEGER NOT NULL DEFAULT 0");
    }
    if version >= 25 {
        columns.push("of_tomorrow TEXT NOT NULL DEFAULT 'new'");
    }
    let unique = match version {
        ..15 => "host_key, name, path",
        15..20 => "host_key, top_frame_site_key, name, path",
        20..23 => "host_key, top_frame_site_key, name, path, source_scheme, source_port",
        _ => {
            "host_key, top_frame_site_key, has_cross_site_ancestor, name, path, source_scheme, \
             source_port"
        }
    };
    format!(
        "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
         INSERT INTO meta VALUES ('version', '{version}'), ('last_compatible_version', '{version}');
         CREATE TABLE cookies({});
         CREATE UNIQUE INDEX cookies_unique_index ON cookies({unique});",
        columns.join(", ")
    )
}

/// A `Cookies` database of a version at `path`, holding [`COOKIES`]; those that are
/// partitioned only where the version has partitions.
pub fn chromium(path: &Path, version: i64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let db = Connection::open(path).unwrap();
    db.execute_batch(&chromium_schema(version)).unwrap();
    for (i, (host, name, site)) in COOKIES.iter().enumerate() {
        if version < 15 && !site.is_empty() {
            continue;
        }
        chromium_row(&db, i, host, name, site);
    }
}

/// Adds a row to a `cookies` table of any version.
pub fn chromium_row(db: &Connection, i: usize, host: &str, name: &str, site: &str) {
    let has = |column: &str| {
        db.query_row(
            "SELECT count(*) FROM pragma_table_info('cookies') WHERE name = ?1",
            [column],
            |row| row.get::<_, i64>(0),
        )
        .unwrap()
            > 0
    };
    let secure = if has("is_secure") {
        "is_secure, is_httponly"
    } else {
        "secure, httponly"
    };
    let (partition, value) = if has("top_frame_site_key") {
        (", top_frame_site_key", ", ?6")
    } else {
        ("", "")
    };
    let sql = format!(
        "INSERT INTO cookies (creation_utc, host_key, name, value, encrypted_value, path,
             expires_utc, {secure}, last_access_utc{partition})
         VALUES (?1, ?2, ?3, '', ?5, '/', ?4, 1, 0, ?1{value})"
    );
    let site = match site {
        "" => String::new(),
        site => format!("https://{site}"),
    };
    let creation = 13_300_000_000_000_000 + i as i64;
    let value = format!("v10value-{i}");
    if partition.is_empty() {
        db.execute(
            &sql,
            params![creation, host, name, CHROMIUM_2030, value.as_bytes()],
        )
    } else {
        db.execute(
            &sql,
            params![creation, host, name, CHROMIUM_2030, value.as_bytes(), site],
        )
    }
    .unwrap();
}

/// The `moz_cookies` table of a version, 6 to 17 or later
/// (`CookiePersistentStorage.cpp`).
pub fn firefox_schema(version: i64) -> String {
    let mut columns = vec![
        "id INTEGER PRIMARY KEY",
        "originAttributes TEXT NOT NULL DEFAULT ''",
        "name TEXT",
        "value TEXT",
        "host TEXT",
        "path TEXT",
        "expiry INTEGER",
        "lastAccessed INTEGER",
        "creationTime INTEGER",
        "isSecure INTEGER",
        "isHttpOnly INTEGER",
        "inBrowserElement INTEGER DEFAULT 0",
    ];
    if version >= 9 {
        columns.push("sameSite INTEGER DEFAULT 0");
    }
    if (10..15).contains(&version) {
        columns.push("rawSameSite INTEGER DEFAULT 0");
    }
    if version >= 12 {
        columns.push("schemeMap INTEGER DEFAULT 0");
    }
    if version >= 13 {
        columns.push("isPartitionedAttributeSet INTEGER DEFAULT 0");
    }
    if version >= 17 {
        columns.push("updateTime INTEGER");
    }
    if version >= 18 {
        columns.push("ofTomorrow TEXT DEFAULT 'new'");
    }
    format!(
        "PRAGMA journal_mode = WAL;
         PRAGMA user_version = {version};
         CREATE TABLE moz_cookies ({},
             CONSTRAINT moz_uniqueid UNIQUE (name, host, path, originAttributes));",
        columns.join(", ")
    )
}

/// A `cookies.sqlite` of a version at `path`, holding [`COOKIES`].
pub fn firefox(path: &Path, version: i64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let db = Connection::open(path).unwrap();
    db.execute_batch(&firefox_schema(version)).unwrap();
    for (i, (host, name, site)) in COOKIES.iter().enumerate() {
        firefox_row(&db, version, i, host, name, site);
    }
    db.close().unwrap();
}

/// Adds a row to a `moz_cookies` table.
pub fn firefox_row(db: &Connection, version: i64, i: usize, host: &str, name: &str, site: &str) {
    let expiry = if version >= 16 {
        SECONDS_2030 * 1000
    } else {
        SECONDS_2030
    };
    let attributes = match site {
        "" => String::new(),
        site => format!("^partitionKey=%28https%2C{site}%29"),
    };
    db.execute(
        "INSERT INTO moz_cookies (originAttributes, name, value, host, path, expiry,
             lastAccessed, creationTime, isSecure, isHttpOnly)
         VALUES (?1, ?2, ?3, ?4, '/', ?5, ?6, ?6, 1, 0)",
        params![
            attributes,
            name,
            format!("value-{i}"),
            host,
            expiry,
            1_700_000_000_000_000_i64 + i as i64
        ],
    )
    .unwrap();
}

/// Leaves what was written last in a WAL, as a browser does that is killed: the store is then
/// more than one file.
pub fn leave_in_wal(path: &Path) {
    let db = Connection::open(path).unwrap();
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    let version: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    db.pragma_update(None, "user_version", version).unwrap();
    db.close().unwrap();
    let wal = path.with_file_name(format!(
        "{}-wal",
        path.file_name().unwrap().to_str().unwrap()
    ));
    assert!(wal.metadata().unwrap().len() > 0);
}

/// Everything in a table, each value with its storage class and its bytes.
pub fn dump(path: &Path, table: &str) -> Vec<String> {
    let db = Connection::open(path).unwrap();
    let columns: Vec<String> = db
        .prepare("SELECT name FROM pragma_table_info(?1)")
        .unwrap()
        .query_map([table], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let values: Vec<_> = columns
        .iter()
        .map(|c| format!("typeof(\"{c}\") || ':' || hex(\"{c}\")"))
        .collect();
    let mut rows: Vec<String> = db
        .prepare(&format!(
            "SELECT {} FROM {table}",
            values.join(" || ' ' || ")
        ))
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    rows.sort();
    rows
}

/// What is wrong with a database by SQLite's full check; "ok" when nothing is.
pub fn integrity(path: &Path) -> String {
    Connection::open(path)
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap()
}
