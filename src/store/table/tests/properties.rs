//! Whatever rows there are and whatever is asked for: deleted is what a simple model says,
//! the rest stays as it is, and what was deleted comes back.
//!
//! `PROPTEST_CASES` sets the number of cases of each; their seed is fixed.

use std::path::Path;

use glob::Pattern;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;

use super::{Kept, claim};
use crate::browsers::chromium::cookies::Cookies;
use crate::browsers::gecko::containers::Containers;
use crate::browsers::gecko::cookies::MozCookies;
use crate::model::domain::Domain;
use crate::model::query::Query;
use crate::store::table::Schema;
use crate::store::table::TableStore;
use crate::store::{NoCopy, Store, Value};

const HOSTS: [&[u8]; 16] = [
    b"openai.com",
    b".openai.com",
    b"chat.openai.com",
    b".a.chat.openai.com",
    b"..openai.com",
    b"notopenai.com",
    b"openai.com.evil.net",
    b"openai.co",
    b"com",
    b"example.com",
    b".example.com",
    b"challenges.cloudflare.com",
    b"127.0.0.1",
    b"1.127.0.0.1",
    b"\xff.openai.com",
    b"openai.com\0",
];
const NAMES: [&[u8]; 6] = [b"id", b"cf_clearance", b"cf_chl", b"", b"i\xffd", b"token"];
const DOMAINS: [&str; 4] = ["openai.com", "chat.openai.com", "example.com", "127.0.0.1"];
/// A pattern, and whether it matches a name.
type Glob = (&'static str, fn(&str) -> bool);
const GLOBS: [Glob; 4] = [
    ("id", |name| name == "id"),
    ("cf_*", |name| name.starts_with("cf_")),
    ("*", |_| true),
    ("i?d", |name| {
        name.chars().count() == 3 && name.starts_with('i') && name.ends_with('d')
    }),
];

/// What a store of one family is like, to the model.
struct Family {
    schema: &'static str,
    table: &'static str,
    columns: &'static [&'static str],
    host: usize,
    name: usize,
    partition: usize,
    /// What stands in the column of the partition: the site's host, and the container.
    partitions: &'static [(&'static [u8], Option<&'static str>, Option<&'static str>)],
    /// How often a value is NULL, of about 140: Chromium's columns take none.
    nulls: u32,
    /// Of Chromium, the numbers of rows change when they come back.
    keeps_numbers: bool,
}

const CHROMIUM: Family = Family {
    schema: "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
        INSERT INTO meta VALUES ('version', '24');
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
    table: "cookies",
    columns: &[
        "host_key",
        "name",
        "top_frame_site_key",
        "value",
        "encrypted_value",
        "path",
        "expires_utc",
        "creation_utc",
        "is_secure",
        "is_httponly",
        "last_access_utc",
        "has_expires",
        "is_persistent",
        "priority",
        "samesite",
        "source_scheme",
        "source_port",
        "last_update_utc",
        "source_type",
        "has_cross_site_ancestor",
    ],
    host: 1,
    name: 3,
    partition: 2,
    partitions: &[
        (b"", None, None),
        (b"https://openai.com", Some("openai.com"), None),
        (
            b"https://chat.openai.com:8443",
            Some("chat.openai.com"),
            None,
        ),
        (b"https://example.com", Some("example.com"), None),
        (b"https://notopenai.com", Some("notopenai.com"), None),
        (b"openai.com", None, None),
        (b"\xff", None, None),
    ],
    nulls: 1,
    keeps_numbers: false,
};

const FIREFOX: Family = Family {
    schema: "PRAGMA journal_mode = WAL; PRAGMA user_version = 17;
        CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY,
            originAttributes TEXT NOT NULL DEFAULT '', name TEXT, value TEXT, host TEXT,
            path TEXT, expiry INTEGER, lastAccessed INTEGER, creationTime INTEGER,
            isSecure INTEGER, isHttpOnly INTEGER, inBrowserElement INTEGER DEFAULT 0,
            sameSite INTEGER DEFAULT 0, schemeMap INTEGER DEFAULT 0,
            isPartitionedAttributeSet INTEGER DEFAULT 0, updateTime INTEGER,
            CONSTRAINT moz_uniqueid UNIQUE (name, host, path, originAttributes));",
    table: "moz_cookies",
    columns: &[
        "host",
        "name",
        "originAttributes",
        "value",
        "path",
        "expiry",
        "lastAccessed",
        "creationTime",
        "isSecure",
        "isHttpOnly",
        "inBrowserElement",
        "sameSite",
        "schemeMap",
        "isPartitionedAttributeSet",
        "updateTime",
    ],
    host: 4,
    name: 2,
    partition: 1,
    partitions: &[
        (b"", None, None),
        (b"^userContextId=2", None, Some("Container 2")),
        (
            b"^partitionKey=%28https%2Copenai.com%29",
            Some("openai.com"),
            None,
        ),
        (
            b"^userContextId=2&partitionKey=%28https%2Cchat.openai.com%2C8443%29",
            Some("chat.openai.com"),
            Some("Container 2"),
        ),
        (b"^firstPartyDomain=example.com", Some("example.com"), None),
        (b"^partitionKey=openai.com", None, None),
        (b"\xff", None, None),
    ],
    nulls: 20,
    keeps_numbers: true,
};

fn any_value(nulls: u32) -> impl Strategy<Value = Value> {
    prop_oneof![
        nulls => Just(Value::Null),
        30 => any::<i64>().prop_map(Value::Integer),
        30 => (-3_i64..3).prop_map(Value::Integer),
        10 => any::<f64>().prop_filter("no number", |n| !n.is_nan()).prop_map(Value::Real),
        20 => vec(any::<u8>(), 0..40).prop_map(Value::Text),
        20 => "[0-9]{0,4}(\\.0)?".prop_map(|text| Value::Text(text.into_bytes())),
        20 => vec(any::<u8>(), 0..40).prop_map(Value::Blob),
        10 => (2000_usize..9000).prop_map(|n| Value::Blob(vec![7; n])),
    ]
}

/// Bytes that mean something, mostly as text; or anything.
fn known(bytes: Vec<&'static [u8]>) -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => select(bytes.clone()).prop_map(|b| Value::Text(b.to_vec())),
        1 => select(bytes).prop_map(|b| Value::Blob(b.to_vec())),
        1 => any_value(10),
    ]
}

fn rows(family: &'static Family) -> impl Strategy<Value = Vec<Vec<Value>>> {
    let partitions = family.partitions.iter().map(|(stored, ..)| *stored);
    let row = (
        known(HOSTS.to_vec()),
        known(NAMES.to_vec()),
        known(partitions.collect()),
        vec(any_value(family.nulls), family.columns.len() - 3),
    );
    let row =
        row.prop_map(|(host, name, partition, rest)| [vec![host, name, partition], rest].concat());
    vec(row, 0..60)
}

#[derive(Debug, Clone)]
struct Asked {
    domains: Vec<&'static str>,
    exact: bool,
    partitioned: bool,
    names: Vec<usize>,
    keep: Vec<usize>,
    containers: Vec<Option<String>>,
}

fn asked() -> impl Strategy<Value = Asked> {
    let globs = || {
        let some = subsequence((0..GLOBS.len()).collect::<Vec<_>>(), 1..3);
        prop_oneof![2 => Just(Vec::new()), 1 => some]
    };
    let containers = prop_oneof![
        4 => Just(Vec::new()),
        1 => Just(vec![None]),
        1 => Just(vec![Some("Container 2".to_owned())]),
    ];
    (
        subsequence(DOMAINS.to_vec(), 1..3),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.7),
        globs(),
        globs(),
        containers,
    )
        .prop_map(
            |(domains, exact, partitioned, names, keep, containers)| Asked {
                domains,
                exact,
                partitioned,
                names,
                keep,
                containers,
            },
        )
}

impl Asked {
    fn query(&self) -> Query {
        let domains = self.domains.iter().map(|d| Domain::parse(d).unwrap());
        let patterns = |globs: &[usize]| {
            let globs = globs.iter().map(|glob| Pattern::new(GLOBS[*glob].0));
            globs.collect::<Result<_, _>>().unwrap()
        };
        Query {
            exact: self.exact,
            partitioned: self.partitioned,
            names: patterns(&self.names),
            keep: patterns(&self.keep),
            containers: self.containers.clone(),
            ..Query::all_of(domains.collect())
        }
    }

    /// The model: whether a row is meant.
    fn means(&self, family: &Family, row: &[Value]) -> bool {
        let bytes = |column: usize| match &row[column] {
            Value::Text(bytes) | Value::Blob(bytes) => bytes.clone(),
            _ => Vec::new(),
        };
        let owned = |host: &[u8], exact: bool| {
            let host = host.strip_prefix(b".").unwrap_or(host);
            self.domains.iter().any(|domain| {
                let below = [b".", domain.as_bytes()].concat();
                let is_address = domain.starts_with("127");
                // There is a label before the dot.
                let is_below = host.ends_with(&below) && host.len() > below.len();
                host == domain.as_bytes() || !exact && !is_address && is_below
            })
        };
        let stored = bytes(family.partition);
        let known = family
            .partitions
            .iter()
            .find(|(bytes, ..)| *bytes == stored);
        let (site, container) = known.map_or((None, None), |(_, site, name)| (*site, *name));
        let by_site = self.partitioned
            && !self.exact
            && site.is_some_and(|site| owned(site.as_bytes(), false));
        let name = String::from_utf8_lossy(&bytes(family.name)).into_owned();
        let any = |globs: &[usize]| globs.iter().any(|glob| GLOBS[*glob].1(&name));
        (owned(&bytes(family.host), self.exact) || by_site)
            && (self.names.is_empty() || any(&self.names))
            && !any(&self.keep)
            && (self.containers.is_empty() || self.containers.contains(&container.map(Into::into)))
    }
}

/// Every row with its number, by a connection that knows nothing of this program.
fn dump(path: &Path, family: &Family) -> Vec<(i64, Vec<Value>)> {
    let db = Connection::open(path).unwrap();
    let sql = format!("SELECT rowid, * FROM {} ORDER BY rowid", family.table);
    let mut statement = db.prepare(&sql).unwrap();
    let width = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values = (1..width).map(|i| Ok(Value::from(row.get_ref(i)?)));
        Ok((row.get(0)?, values.collect::<rusqlite::Result<_>>()?))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn store(family: &Family, rows: &[Vec<Value>]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = dunce::canonicalize(folder.path()).unwrap().join("store");
    let mut db = Connection::open(&path).unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    db.execute_batch(family.schema).unwrap();
    let transaction = db.transaction().unwrap();
    // What breaks a rule of the table is left out.
    let sql = format!(
        "INSERT OR IGNORE INTO {} ({}) VALUES ({})",
        family.table,
        family.columns.join(", "),
        vec!["?"; family.columns.len()].join(", ")
    );
    for row in rows {
        transaction.execute(&sql, params_from_iter(row)).unwrap();
    }
    transaction.commit().unwrap();
    db.close().unwrap();
    (folder, path)
}

fn values_of(rows: &[(i64, Vec<Value>)]) -> Vec<String> {
    let mut values: Vec<_> = rows.iter().map(|(_, row)| format!("{row:?}")).collect();
    values.sort();
    values
}

fn holds<L: Schema>(family: &'static Family, context: impl Fn() -> L::Context) {
    let cases = std::env::var("PROPTEST_CASES").ok();
    let config = Config {
        cases: cases.and_then(|n| n.parse().ok()).unwrap_or(32),
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let mut deleted = 0;
    let counted = std::cell::RefCell::new(&mut deleted);
    let outcome = runner.run(&(rows(family), asked()), |(rows, asked)| {
        let (_folder, path) = store(family, &rows);
        let before = dump(&path, family);
        let (expected, gone): (Vec<_>, Vec<_>) = before
            .iter()
            .cloned()
            .partition(|(_, row)| !asked.means(family, row));

        let table = TableStore::<L>::new(path.clone(), context());
        let (mut kept, mut shown) = (Kept::default(), 0);
        let done = table
            .delete(&claim(), &asked.query(), Some(&mut kept), &mut |_| {
                shown += 1;
            })
            .map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(done.trouble.is_none(), "{:?}", done.trouble);
        prop_assert_eq!(done.deleted, gone.len() as u64);
        prop_assert_eq!(done.kept, expected.len() as u64);
        prop_assert_eq!(shown, gone.len());
        prop_assert_eq!(dump(&path, family), expected.clone());
        let copied: Vec<_> = gone.iter().map(|(_, row)| row.clone()).collect();
        prop_assert_eq!(&kept.rows, &copied);
        **counted.borrow_mut() += gone.len();
        if gone.is_empty() {
            return Ok(());
        }

        let restored = table
            .restore(&claim(), &mut kept, &mut NoCopy)
            .map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(
            (restored.restored, restored.skipped),
            (gone.len() as u64, 0)
        );
        let after = dump(&path, family);
        if family.keeps_numbers {
            prop_assert_eq!(&after, &before);
        }
        for row in expected {
            prop_assert!(after.contains(&row));
        }
        prop_assert_eq!(values_of(&after), values_of(&before));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(deleted > 100, "only {deleted} rows were ever deleted");
}

#[test]
fn chromium_deletes_what_the_model_says_and_undo_is_exact() {
    holds::<Cookies>(&CHROMIUM, || ());
}

#[test]
fn firefox_deletes_what_the_model_says_and_undo_is_exact() {
    holds::<MozCookies>(&FIREFOX, || Containers::of(Path::new("/nonexistent")));
}
