use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::{SWITCHES, be_careful, connect, restrain};
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
