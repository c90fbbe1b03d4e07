//! Whether a schema is one that a browser can have made.
//!
//! A table of cookies is a plain one. What is not can compute a value each time it is
//! read, for as long as its author likes, or change other rows than it was told to.

use rusqlite::{Connection, OptionalExtension};

use crate::model::error::Fault;

/// The names of a table's columns.
///
/// # Errors
/// When there is no such table, or something in the schema is not plain.
pub(crate) fn columns_of(db: &Connection, table: &'static str) -> Result<Vec<String>, Fault> {
    let kind: Option<String> = db
        .query_row(
            "SELECT type FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')",
            [table],
            |row| row.get(0),
        )
        .optional()?;
    if kind.as_deref() != Some("table") {
        return Err(Fault::NoTable(table));
    }
    check_plain(db)?;
    let columns: Vec<String> = db
        .prepare("SELECT name FROM pragma_table_info(?1)")?
        .query_map([table], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    // Rows are told apart by this number, and by nothing else.
    let has_rowid = db.prepare(&format!("SELECT rowid FROM {table}")).is_ok();
    if !has_rowid || columns.iter().any(|c| c.eq_ignore_ascii_case("rowid")) {
        let message = format!("the rows of its table {table} have no numbers");
        return Err(Fault::UnknownSchema(message));
    }
    Ok(columns)
}

/// Makes sure that no table computes what it holds.
///
/// # Errors
/// When one does.
pub(crate) fn check_plain(db: &Connection) -> Result<(), Fault> {
    // SQLite writes these first words itself, whatever was typed.
    refuse(
        db,
        "SELECT name FROM sqlite_schema
         WHERE type = 'table' COLLATE NOCASE
             AND (sql IS NULL OR substr(sql, 1, 13) <> 'CREATE TABLE ')",
        |name| format!("{name} is a virtual table"),
    )?;
    refuse(
        db,
        "SELECT t.name || '.' || c.name
         FROM sqlite_schema t, pragma_table_xinfo(t.name) c
         WHERE t.type = 'table' COLLATE NOCASE AND c.hidden <> 0",
        |name| format!("{name} is a generated column"),
    )
}

/// Makes sure that rows of a table can be deleted, and put back, without anything being
/// computed, and that its text is stored as we read it.
///
/// # Errors
/// When it is not so.
pub(crate) fn check_for_change(db: &Connection, table: &str) -> Result<(), Fault> {
    let encoding: String = db.pragma_query_value(None, "encoding", |row| row.get(0))?;
    if encoding != "UTF-8" {
        return Err(Fault::UnknownSchema(format!("its text is in {encoding}")));
    }
    let mut indexes = db.prepare(
        "SELECT i.name, i.partial, s.sql,
             EXISTS (SELECT 1 FROM pragma_index_xinfo(i.name) WHERE cid = -2)
         FROM pragma_index_list(?1) i LEFT JOIN sqlite_schema s
             ON s.name = i.name AND s.type = 'index' COLLATE NOCASE",
    )?;
    let mut rows = indexes.query([table])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let (is_partial, sql): (bool, Option<String>) = (row.get(1)?, row.get(2)?);
        let computes: bool = row.get(3)?;
        // Chromium had `is_transient`, with the condition `persistent != 1`.
        let condition = sql.as_deref().and_then(|sql| sql.split_once(')'));
        let is_simple = condition.is_some_and(|(_, condition)| !condition.contains('('));
        if computes || is_partial && !is_simple {
            let message = format!("its index {name} computes what it holds");
            return Err(Fault::UnknownSchema(message));
        }
    }
    Ok(())
}

/// The columns of text and blobs that are in no index.
///
/// # Errors
/// When the schema cannot be read.
pub(crate) fn columns_to_overwrite(db: &Connection, table: &str) -> Result<Vec<String>, Fault> {
    let columns = db
        .prepare(
            "SELECT name FROM pragma_table_info(?1)
             WHERE type NOT LIKE '%INT%' AND name NOT IN (
                 SELECT x.name FROM pragma_index_list(?1) i, pragma_index_xinfo(i.name) x
                 WHERE x.name IS NOT NULL)",
        )?
        .query_map([table], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(columns)
}

/// Whether a column that a row is put back without gets something computed.
///
/// # Errors
/// When the schema cannot be read.
pub(crate) fn computes_defaults(
    db: &Connection,
    table: &str,
    given: &[String],
) -> Result<bool, Fault> {
    let mut defaults = db.prepare("SELECT name, dflt_value FROM pragma_table_info(?1)")?;
    let mut rows = defaults.query([table])?;
    while let Some(row) = rows.next()? {
        let (name, default): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        if !given.contains(&name) && default.is_some_and(|default| default.contains('(')) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Fails when the query has a row, with the message made of its first value.
fn refuse(db: &Connection, query: &str, message: impl Fn(&str) -> String) -> Result<(), Fault> {
    let found: Option<String> = db.query_row(query, [], |row| row.get(0)).optional()?;
    match found {
        Some(name) => Err(Fault::UnknownSchema(message(&name))),
        None => Ok(()),
    }
}
