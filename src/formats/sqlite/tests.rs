use std::cell::Cell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tempfile::TempDir;

use super::{Applied, Plan, SWITCHES, be_careful, change, connect, read, restrain};
use crate::model::error::Fault;

#[test]
fn nothing_of_a_foreign_schema_may_run() {
    let mut db = Connection::open_in_memory().unwrap();
    restrain(&mut db, 0).unwrap();
    let expected = [
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
    ];
    for (switch, is_on) in expected {
        assert_eq!(db.db_config(switch).unwrap(), is_on, "{switch:?}");
    }
    assert_eq!(expected.len(), SWITCHES.len());
    for (pragma, value) in [("ignore_check_constraints", 1), ("cell_size_check", 1)] {
        let set: i64 = db
            .pragma_query_value(None, pragma, |row| row.get(0))
            .unwrap();
        assert_eq!(set, value, "{pragma}");
    }
}

#[test]
fn a_statement_without_an_end_is_ended() {
    let mut db = Connection::open_in_memory().unwrap();
    restrain(&mut db, 0).unwrap();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        SELECT max(i) FROM n";
    let error = db
        .query_row(endless, [], |row| row.get::<_, i64>(0))
        .unwrap_err();
    assert!(matches!(Fault::from(error), Fault::Corrupt(_)));
}

#[test]
fn every_step_of_a_commit_is_synced() {
    let db = Connection::open_in_memory().unwrap();
    // As a build of SQLite may have it.
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    db.pragma_update_and_check(None, "secure_delete", "OFF", |_| Ok(()))
        .unwrap();
    be_careful(&db).unwrap();
    for (pragma, value) in [("synchronous", 2), ("secure_delete", 1)] {
        let set: i64 = db
            .pragma_query_value(None, pragma, |row| row.get(0))
            .unwrap();
        assert_eq!(set, value, "{pragma}");
    }
}

#[test]
fn a_store_that_vanishes_is_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = dunce::canonicalize(folder.path()).unwrap().join("Cookies");
    assert!(connect(&path).is_err());
    assert!(!path.exists());
}

fn settle(path: &Path) {
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(long_ago).unwrap();
}

fn rows(path: &Path) -> Result<i64, Fault> {
    read(path, |view| {
        let sql = "SELECT count(*) FROM t";
        Ok(view.connection().query_row(sql, [], |row| row.get(0))?)
    })
}

fn names_in(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// In both journal modes, under names that mean something in a URI, settled and not.
#[test]
fn look_leaves_nothing_beside_the_database() {
    for mode in ["DELETE", "WAL"] {
        for name in ["store", "a#b?c=1&immutable=0", "100%25 caf\u{e9}"] {
            if cfg!(windows) && name.contains('?') {
                continue;
            }
            let (folder, small) = small_database();
            let path = small.with_file_name(name);
            fs::rename(&small, &path).unwrap();
            let db = Connection::open(&path).unwrap();
            db.pragma_update(None, "journal_mode", mode).unwrap();
            db.close().unwrap();
            let content = fs::read(&path).unwrap();
            assert_eq!(rows(&path).unwrap(), 4, "{mode} {name}");
            settle(&path);
            assert_eq!(rows(&path).unwrap(), 4, "{mode} {name}");
            assert_eq!(names_in(&folder), [name]);
            assert!(fs::read(&path).unwrap() == content);
        }
    }
}

/// What is only in the WAL counts, however long ago the database was written to.
#[test]
fn look_sees_what_is_in_the_wal() {
    let (folder, path) = small_database();
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.execute("INSERT INTO t VALUES ('d.com', '5')", [])
        .unwrap();
    settle(&path);
    let beside = names_in(&folder);
    assert_eq!(rows(&path).unwrap(), 5);
    assert_eq!(names_in(&folder), beside);
}

/// What came after the look began is seen by the second look, not mixed with the first.
#[test]
fn look_that_a_change_disturbs_is_taken_again() {
    let (_folder, path) = small_database();
    settle(&path);
    let mut looks = 0;
    let seen = read(&path, |view| {
        looks += 1;
        if looks == 1 {
            let db = Connection::open(&path).unwrap();
            db.execute("DELETE FROM t WHERE host = 'b.com'", [])
                .unwrap();
            // As with pages that do not fit together.
            return Err(Fault::Corrupt("malformed".into()));
        }
        let sql = "SELECT count(*) FROM t";
        Ok(view
            .connection()
            .query_row(sql, [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!((seen.unwrap(), looks), (3, 2));
}

/// As Chromium writes. A transaction changes the first page and the last one: who sees one of
/// the two changes has read a mixture. With the times of files as fine as they are on most file
/// systems, these would do; where they are coarse, the comparison of what was copied is needed.
#[test]
fn look_at_a_database_that_is_being_written_sees_whole_transactions() {
    let folder = tempfile::tempdir().unwrap();
    let path = dunce::canonicalize(folder.path()).unwrap().join("store");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "PRAGMA synchronous = OFF;
         PRAGMA journal_mode = TRUNCATE;
         CREATE TABLE t (number INTEGER, filler BLOB);
         INSERT INTO t VALUES (0, x'');
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)
         INSERT INTO t SELECT NULL, zeroblob(1000) FROM n;
         INSERT INTO t VALUES (0, x'');",
    )
    .unwrap();
    let is_over = &AtomicBool::new(false);
    let seen: Vec<_> = thread::scope(|scope| {
        scope.spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                db.execute(
                    "UPDATE t SET number = number + 1 WHERE rowid IN (1, 2002)",
                    [],
                )
                .unwrap();
                // Without a pause there would always be a journal.
                thread::sleep(Duration::from_micros(500));
            }
        });
        let look = |_| {
            read(&path, |view| {
                let sql = "SELECT max(number) - min(number) FROM t WHERE rowid IN (1, 2002)";
                Ok(view
                    .connection()
                    .query_row(sql, [], |row| row.get::<_, i64>(0))?)
            })
        };
        // Wine takes seconds for each.
        let looks = if cfg!(windows) { 3 } else { 100 };
        let seen = (0..looks).map(look).collect();
        is_over.store(true, Ordering::Relaxed);
        seen
    });
    for seen in seen {
        assert!(
            matches!(seen, Ok(0) | Err(Fault::KeepsChanging)),
            "{seen:?}"
        );
    }
}

/// Two rows of a.com, two others, and a table beside.
fn small_database() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = dunce::canonicalize(folder.path()).unwrap().join("store");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "CREATE TABLE t (host TEXT, value TEXT);
         INSERT INTO t VALUES ('a.com', '1'), ('b.com', '2'), ('a.com', '3'), ('c.com', '4');
         CREATE TABLE other (value TEXT);
         INSERT INTO other VALUES ('x');",
    )
    .unwrap();
    (folder, path)
}

fn content(path: &Path) -> String {
    let db = Connection::open(path).unwrap();
    let sql = "SELECT (SELECT group_concat(host || value) FROM t) || (SELECT value FROM other)";
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Changes rows of a.com by this SQL, of which it is said what it does.
fn change_by(path: &Path, sql: &str, said: (u64, u64)) -> Result<Option<Fault>, Fault> {
    change(
        path,
        &Plan {
            is_meant: &|table, row| Ok(table == "t" && row.get::<_, String>(0)? == "a.com"),
            apply: &|db| {
                db.execute_batch(sql)?;
                let (changed, meant) = said;
                Ok(Applied { changed, meant })
            },
            may_commit: &|| Ok(()),
        },
    )
}

const DELETE: &str = "DELETE FROM t WHERE host = 'a.com';";
const BEFORE: &str = "a.com1,b.com2,a.com3,c.com4x";

#[test]
fn change_that_does_what_it_says_counts() {
    let (_folder, path) = small_database();
    assert!(change_by(&path, DELETE, (2, 0)).unwrap().is_none());
    assert_eq!(content(&path), "b.com2,c.com4x");
    let insert = "INSERT INTO t VALUES ('a.com', '5')";
    assert!(change_by(&path, insert, (1, 1)).unwrap().is_none());
    assert_eq!(content(&path), "b.com2,c.com4,a.com5x");
}

#[test]
fn change_that_does_something_else_does_not_count() {
    for (also, said) in [
        ("", (2, 1)),
        ("", (3, 0)),
        ("", (1, 0)),
        // Nothing was to be changed.
        ("", (0, 2)),
        ("UPDATE t SET value = '9' WHERE host = 'b.com'", (3, 0)),
        ("DELETE FROM t WHERE host = 'b.com'", (3, 0)),
        ("INSERT INTO t VALUES ('d.com', '5')", (3, 0)),
        ("UPDATE other SET value = 'y'", (3, 0)),
        ("UPDATE t SET value = value WHERE host = 'b.com'", (2, 0)),
    ] {
        let (_folder, path) = small_database();
        let changed = change_by(&path, &format!("{DELETE}{also}"), said);
        let is_refused = matches!(changed, Err(Fault::NotVerified(_)));
        assert!(is_refused || said.0 == 0, "{also} {said:?}: {changed:?}");
        assert_eq!(content(&path), BEFORE, "{also} {said:?}");
    }
}

#[test]
fn change_that_may_not_be_committed_does_not_count() {
    let (_folder, path) = small_database();
    let plan = Plan {
        is_meant: &|table, row| Ok(table == "t" && row.get::<_, String>(0)? == "a.com"),
        apply: &|db| {
            db.execute_batch(DELETE)?;
            Ok(Applied {
                changed: 2,
                meant: 0,
            })
        },
        may_commit: &|| Err(Fault::Locked),
    };
    assert!(matches!(change(&path, &plan), Err(Fault::Locked)));
    assert_eq!(content(&path), BEFORE);
}

#[test]
fn the_database_is_looked_at_after_a_change() {
    let (_folder, path) = small_database();
    let committed = Cell::new(false);
    let plan = Plan {
        // As if b.com had come to be one of them.
        is_meant: &|table, row| {
            let host: String = match table {
                "t" => row.get(0)?,
                _ => return Ok(false),
            };
            Ok(host == "a.com" || committed.get() && host == "b.com")
        },
        apply: &|db| {
            db.execute_batch(DELETE)?;
            Ok(Applied {
                changed: 2,
                meant: 0,
            })
        },
        may_commit: &|| {
            committed.set(true);
            Ok(())
        },
    };
    let trouble = change(&path, &plan).unwrap();
    assert!(
        matches!(trouble, Some(Fault::NotVerified(_))),
        "{trouble:?}"
    );
}
