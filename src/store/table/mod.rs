//! A table with a row for each cookie: how both families keep them.
//!
//! Looking and deleting go through one scan, so that what is deleted is what was
//! shown. Rows are deleted by their rowid, never by a second condition.

mod store;
#[cfg(test)]
mod tests;

pub(crate) use store::TableStore;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement, ffi, params_from_iter};

use crate::formats::sqlite::{Fingerprint, Fingerprinter, schema};
use crate::model::error::Fault;
use crate::model::item::{Item, Match, MatchedBy};
use crate::model::query::Query;
use crate::model::value::{LONGEST, Secret, StoredValue};
use crate::store::{Counts, Kind, Restored, RowSink, RowSource, Rows, Value};

/// How a family lays out its table.
pub(crate) trait Schema: Sized {
    const TABLE: &'static str;
    const KIND: Kind;
    /// The columns that a value can be in, the one that counts first; none where there are
    /// no values.
    const VALUES: &'static [&'static str];
    /// What, besides the row, a cookie is made of.
    type Context: Send + Sync;

    /// Reads the version and which columns there are.
    fn detect(db: &Connection, columns: &Columns) -> Result<Self, Fault>;
    fn version(&self) -> i64;
    /// The columns of the host and of the partition (None: there is none yet).
    fn identity(&self) -> (&'static str, Option<&'static str>);
    /// The host of the site that a row is partitioned under.
    fn partition_host(partition: &str) -> Option<String>;
    /// The host in what its column holds.
    fn host_of(stored: &[u8]) -> &[u8] {
        stored
    }
    /// Counts a row that is not selected, if it has to do with one of the domains all the
    /// same.
    fn count_other(query: &Query, stored: &[u8], counts: &mut Counts) {
        counts.also_sent += u64::from(query.is_sent(stored));
    }
    /// The containers that the context knows.
    fn containers(_context: &Self::Context) -> Vec<String> {
        Vec::new()
    }
    /// The columns that [`Schema::item`] reads, as an SQL list.
    fn columns(&self) -> &str;
    fn item(&self, row: &Row<'_>, context: &Self::Context) -> rusqlite::Result<Item>;
    /// What one of them holds; empty only when all are.
    fn value(&self, column: &str, stored: Secret) -> StoredValue;
}

/// The names of a table's columns.
pub(crate) struct Columns {
    table: &'static str,
    names: Vec<String>,
}

impl Columns {
    fn of(db: &Connection, table: &'static str) -> Result<Self, Fault> {
        let names = schema::columns_of(db, table)?;
        Ok(Self { table, names })
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        self.place(column).is_some()
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.names.iter().position(|name| name == column)
    }

    /// The first of these names that there is.
    ///
    /// # Errors
    /// When there is none: the table is of an unknown version.
    pub(crate) fn one_of(&self, names: &[&'static str]) -> Result<&'static str, Fault> {
        let found = names.iter().find(|name| self.has(name));
        found.copied().ok_or(Fault::NoColumn {
            table: self.table,
            column: names[0],
        })
    }
}

/// What a scan is for.
#[derive(Clone, Copy)]
pub(super) enum Scan<'a> {
    /// To show what there is: as fast as may be.
    Look,
    /// To change it: in the order of the table itself, not of an index, which could
    /// lack a row, and with a fingerprint of all that is to stay.
    Change(&'a Fingerprinter),
}

/// What a scan counts besides what it shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub counts: Counts,
    pub kept: Fingerprint,
}

/// What one scan has in hand.
#[derive(Default)]
struct Progress {
    tally: Tally,
    /// Of the row that was looked at last.
    row: u64,
    buffer: Vec<u8>,
    /// Bytes that may still be read.
    left: u64,
    ran_over: bool,
}

impl Progress {
    /// Every byte of a database belongs to one row. Where a damaged or hostile one leads
    /// to the same page again and again, its rows are more than the file can hold, or
    /// without an end.
    fn spend(&mut self, bytes: usize) -> rusqlite::Result<()> {
        /// What a row takes up besides its text.
        const ROW: u64 = 4;
        match self.left.checked_sub(bytes as u64 + ROW) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.ran_over = true;
                let error = Box::new(Fault::endless());
                Err(rusqlite::Error::UserFunctionError(error))
            }
        }
    }
}

/// Why a row belongs to what was asked for, by its host and its partition as stored.
fn whose<L: Schema>(query: &Query, host: &[u8], partition: &[u8]) -> Option<MatchedBy> {
    query.whose(L::host_of(host), partition_host::<L>(partition).as_deref())
}

fn partition_host<L: Schema>(partition: &[u8]) -> Option<String> {
    match partition {
        b"" => None,
        raw => L::partition_host(&String::from_utf8_lossy(raw)),
    }
}

pub(super) struct Table<'db, L: Schema> {
    db: &'db Connection,
    pub schema: L,
    columns: Columns,
    /// How many bytes its rows can have at most.
    most: u64,
}

impl<'db, L: Schema> Table<'db, L> {
    const SQL: &'static str = L::TABLE;

    pub(super) fn open(db: &'db Connection) -> Result<Self, Fault> {
        let columns = Columns::of(db, L::TABLE)?;
        let schema = L::detect(db, &columns)?;
        let pragma = |name| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let size = pragma("page_count")?.unsigned_abs() * pragma("page_size")?.unsigned_abs();
        Ok(Self {
            db,
            schema,
            columns,
            // A default, which many rows share, and text in UTF-16 are read as more than
            // they take up.
            most: 4 * size + (1 << 20),
        })
    }

    /// One whose rows are to be deleted, or put back.
    pub(super) fn open_to_change(db: &'db Connection) -> Result<Self, Fault> {
        let table = Self::open(db)?;
        schema::check_for_change(db, L::TABLE)?;
        Ok(table)
    }

    pub(super) fn count(&self) -> Result<u64, Fault> {
        // Not `count(*)`, which is one step, however long it takes.
        let sql = format!("SELECT count(rowid) FROM {}", Self::SQL);
        let rows: i64 = self.db.query_row(&sql, [], |row| row.get(0))?;
        Ok(rows.unsigned_abs())
    }

    /// How many rows each host has, by what its column holds.
    pub(super) fn count_hosts(&self, mut each: impl FnMut(ValueRef<'_>, u64)) -> Result<(), Fault> {
        let (host, _) = self.schema.identity();
        let progress = self.teach("is_read", |progress, row| {
            progress.spend(bytes(row.get_raw(0)).len())?;
            Ok(true)
        })?;
        let sql = format!(
            "SELECT {host}, count(*) FROM {} WHERE is_read({host}) GROUP BY {host}",
            Self::SQL
        );
        let mut statement = self.db.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next().map_err(|e| cause(e, &progress))? {
            each(row.get_ref(0)?, row.get::<_, i64>(1)?.unsigned_abs());
        }
        Ok(())
    }

    /// Shows every row that the query means, with its rowid.
    pub(super) fn scan(
        &self,
        purpose: Scan<'_>,
        query: &Query,
        context: &L::Context,
        mut matched: impl FnMut(i64, Match) -> Result<(), Fault>,
    ) -> Result<Tally, Fault> {
        let (host, partition) = self.schema.identity();
        let progress = self.teach_query(purpose, query)?;
        let partition = partition.unwrap_or("''");
        let (path, columns) = match purpose {
            Scan::Look => ("", format!("{host}, {partition}")),
            Scan::Change(_) => ("NOT INDEXED", quoted(&self.columns.names)),
        };
        // The database asks us whether a row matches, by a function: a hundred
        // thousand that are not need not be handed over.
        let mut scan = self.db.prepare(&format!(
            "SELECT rowid, {host}, {partition} FROM {} {path}
             WHERE is_meant(rowid, {columns})",
            Self::SQL,
        ))?;
        let mut details = self.db.prepare(&format!(
            "SELECT {} FROM {} WHERE rowid = ?1",
            self.schema.columns(),
            Self::SQL,
        ))?;
        let mut values = match query.with_values {
            true => Some(self.values()?),
            false => None,
        };
        let mut rows = scan.query([])?;
        while let Some(row) = rows.next().map_err(|e| cause(e, &progress))? {
            let rowid = row.get(0)?;
            let host = bytes(row.get_ref(1)?);
            let partition = bytes(row.get_ref(2)?);
            let matched_by = whose::<L>(query, host, partition).ok_or_else(vanished)?;
            let mut item = details.query_row([rowid], |row| self.schema.item(row, context))?;
            let shown = item.cookie().map_or(0, |c| c.name.len() + c.path.len());
            let spent = locked(&progress).spend(shown);
            spent.map_err(|e| cause(e, &progress))?;
            if query.wants(&item) {
                if let (Some(values), Item::Cookie(cookie)) = (&mut values, &mut item) {
                    cookie.value = values.of(rowid, &self.schema)?;
                }
                let site = partition_host::<L>(partition);
                let elsewhere = query.is_elsewhere(matched_by, site.as_deref());
                let counts = &mut locked(&progress).tally.counts;
                counts.elsewhere += u64::from(elsewhere);
                counts.embedded += u64::from(matched_by == MatchedBy::Partition);
                counts.matched += 1;
                matched(rowid, Match::new(item, matched_by))?;
            } else if let Scan::Change(fingerprinter) = purpose {
                let progress = &mut *locked(&progress);
                fingerprinter.add(&mut progress.tally.kept, progress.row);
            }
        }
        let tally = std::mem::take(&mut locked(&progress).tally);
        Ok(tally)
    }

    /// The rows that there are, but for these.
    pub(super) fn fingerprint(
        &self,
        fingerprinter: &Fingerprinter,
        without: HashSet<i64>,
    ) -> Result<Fingerprint, Fault> {
        let fingerprinter = fingerprinter.clone();
        let progress = self.teach("is_read", move |progress, row| {
            let (rowid, hash) = row_of(&fingerprinter, progress, row)?;
            if !without.contains(&rowid) {
                fingerprinter.add(&mut progress.tally.kept, hash);
            }
            Ok(false)
        })?;
        let mut statement = self.db.prepare(&format!(
            "SELECT 1 FROM {} NOT INDEXED WHERE is_read(rowid, {})",
            Self::SQL,
            quoted(&self.columns.names)
        ))?;
        let end = statement.query([])?.next().map(|row| row.is_none());
        end.map_err(|e| cause(e, &progress))?;
        let kept = locked(&progress).tally.kept;
        Ok(kept)
    }

    fn values(&self) -> Result<Values<'_>, Fault> {
        let one = |column: &&'static str| {
            let sql = format!(
                "SELECT octet_length({column}),
                     CASE WHEN octet_length({column}) <= {LONGEST} THEN {column} END
                 FROM {} WHERE rowid = ?1",
                Self::SQL
            );
            Ok((*column, self.db.prepare(&sql)?))
        };
        let columns = L::VALUES.iter().filter(|column| self.columns.has(column));
        Ok(Values(columns.map(one).collect::<rusqlite::Result<_>>()?))
    }

    /// Makes the query a function of SQL, which counts what it is asked about.
    fn teach_query(
        &self,
        purpose: Scan<'_>,
        query: &Query,
    ) -> rusqlite::Result<Arc<Mutex<Progress>>> {
        let query = query.clone();
        let (fingerprinter, host, partition) = match purpose {
            Scan::Look => (None, Some(1), Some(2)),
            Scan::Change(fingerprinter) => {
                let (host, partition) = self.schema.identity();
                // Behind the rowid.
                let place = |column| Some(1 + self.columns.place(column)?);
                let partition = partition.and_then(place);
                (Some(fingerprinter.clone()), place(host), partition)
            }
        };
        self.teach("is_meant", move |progress, row| {
            let text = |at: Option<usize>| at.map_or(&b""[..], |at| bytes(row.get_raw(at)));
            let (host, partition) = (text(host), text(partition));
            match &fingerprinter {
                Some(fingerprinter) => progress.row = row_of(fingerprinter, progress, row)?.1,
                None => progress.spend(host.len() + partition.len())?,
            }
            let is_meant = whose::<L>(&query, host, partition).is_some();
            let tally = &mut progress.tally;
            tally.counts.total += 1;
            if !is_meant {
                L::count_other(&query, host, &mut tally.counts);
                for site in query.related_to(L::host_of(host)) {
                    *tally.counts.related.entry(site).or_default() += 1;
                }
                if let Some(fingerprinter) = &fingerprinter {
                    fingerprinter.add(&mut tally.kept, progress.row);
                }
            }
            Ok(is_meant)
        })
    }

    /// Makes a function of SQL, which nothing in the schema can call.
    fn teach(
        &self,
        name: &str,
        look: impl Fn(&mut Progress, &Context<'_>) -> rusqlite::Result<bool> + Send + 'static,
    ) -> rusqlite::Result<Arc<Mutex<Progress>>> {
        let progress = Arc::new(Mutex::new(Progress {
            left: self.most,
            ..Progress::default()
        }));
        let ours = Arc::clone(&progress);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        self.db
            .create_scalar_function(name, -1, flags, move |row| look(&mut locked(&ours), row))?;
        Ok(progress)
    }

    pub(super) fn copy_out(&self, rowids: &[i64], sink: &mut dyn RowSink) -> Result<(), Fault> {
        sink.begin(&Rows {
            kind: L::KIND,
            version: self.schema.version(),
            columns: self.columns.names.clone(),
            rows: rowids.len() as u64,
            site_data: 0,
        })
        .map_err(|e| Fault::NoBackup(Box::new(e)))?;
        let mut select = self.db.prepare(&format!(
            "SELECT {} FROM {} WHERE rowid = ?1",
            quoted(&self.columns.names),
            Self::SQL
        ))?;
        let width = self.columns.names.len();
        for rowid in rowids {
            let mut rows = select.query([rowid])?;
            let row = rows.next()?.ok_or_else(vanished)?;
            let values = (0..width)
                .map(|i| Ok(Value::from(row.get_ref(i)?)))
                .collect::<Result<Vec<_>, rusqlite::Error>>()?;
            sink.row(&values)
                .map_err(|e| Fault::NoBackup(Box::new(e)))?;
        }
        sink.finish().map_err(|e| Fault::NoBackup(Box::new(e)))
    }

    /// Deletes these rows, and gives how many changes that takes.
    pub(super) fn delete(&self, rowids: &[i64]) -> Result<u64, Fault> {
        let overwritten = self.overwrite(rowids)?;
        let mut delete = self
            .db
            .prepare(&format!("DELETE FROM {} WHERE rowid = ?1", Self::SQL))?;
        for rowid in rowids {
            if delete.execute([rowid])? != 1 {
                return Err(vanished());
            }
        }
        Ok(overwritten + rowids.len() as u64)
    }

    /// Fills what rows hold with zeros, where it stands. Deleting some rows moves others
    /// about in their pages, and of those SQLite overwrites the last place only: without
    /// this, some that are moved and then deleted stay readable in what a page has free.
    /// What an index has stays out: to change it would be to delete it there.
    fn overwrite(&self, rowids: &[i64]) -> Result<u64, Fault> {
        let columns = schema::columns_to_overwrite(self.db, Self::SQL)?;
        if columns.is_empty() {
            return Ok(0);
        }
        // Of the same type and length, so that no cell is moved.
        let set = |name: &String| {
            let name = quoted(std::slice::from_ref(name));
            format!(
                "{name} = CASE typeof({name})
                     WHEN 'text' THEN CAST(zeroblob(octet_length({name})) AS TEXT)
                     WHEN 'blob' THEN zeroblob(octet_length({name}))
                     ELSE {name} END"
            )
        };
        let mut overwrite = self.db.prepare(&format!(
            "UPDATE OR ABORT {} SET {} WHERE rowid = ?1",
            Self::SQL,
            columns.iter().map(set).collect::<Vec<_>>().join(", ")
        ))?;
        for rowid in rowids {
            if overwrite.execute([rowid])? != 1 {
                return Err(vanished());
            }
        }
        Ok(rowids.len() as u64)
    }

    pub(super) fn put_back(&self, source: &mut dyn RowSource) -> Result<Restored, Fault> {
        let header = source.header();
        let version = self.schema.version();
        if header.version != version {
            return Err(Fault::OtherVersion {
                was: header.version,
                is: version,
            });
        }
        if let Some(missing) = header.columns.iter().find(|c| !self.columns.has(c)) {
            return Err(Fault::BadBackup(format!(
                "the store has no column {missing}"
            )));
        }
        if schema::computes_defaults(self.db, Self::SQL, &header.columns)? {
            let message = "a column that the copy has not is computed".to_owned();
            return Err(Fault::UnknownSchema(message));
        }
        // Where a column is the rowid itself, a newer cookie may have its number.
        let number = self.rowid_column()?;
        let number = number.and_then(|name| header.columns.iter().position(|c| *c == name));
        let marks = vec!["?"; header.columns.len()].join(", ");
        // A table can say REPLACE for what is in the way; nothing that is there may go.
        let mut insert = self.db.prepare(&format!(
            "INSERT OR ABORT INTO {} ({}) VALUES ({marks})",
            Self::SQL,
            quoted(&header.columns)
        ))?;
        let identity: Vec<usize> = self
            .same_cookie()
            .filter_map(|name| header.columns.iter().position(|c| c == name))
            .collect();
        let mut newer = self.db.prepare(&format!(
            "SELECT EXISTS (SELECT 1 FROM {} WHERE {})",
            Self::SQL,
            identity
                .iter()
                .map(|column| format!("{} IS ?", quoted(&header.columns[*column..=*column])))
                .collect::<Vec<_>>()
                .join(" AND ")
        ))?;

        let fingerprinter = Fingerprinter::default();
        let before = self.fingerprint(&fingerprinter, HashSet::new())?;
        let mut rowids = HashSet::new();
        let mut skipped = 0;
        while let Some(mut row) = source.next_row().map_err(|e| e.fault)? {
            let mut outcome = insert.execute(params_from_iter(&row));
            if let (Err(error), Some(number)) = (&outcome, number)
                && is_constraint(error, ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
            {
                row[number] = Value::Null;
                outcome = insert.execute(params_from_iter(&row));
            }
            match outcome {
                Ok(_) => {
                    rowids.insert(self.db.last_insert_rowid());
                }
                Err(e)
                    if is_constraint(&e, ffi::SQLITE_CONSTRAINT_UNIQUE)
                        || is_constraint(&e, ffi::SQLITE_CONSTRAINT_PRIMARYKEY) =>
                {
                    let values = identity.iter().map(|column| &row[*column]);
                    let is_newer: bool =
                        newer.query_row(params_from_iter(values), |row| row.get(0))?;
                    // The browser has a newer cookie of the same identity. Any other
                    // rule is none of a browser's.
                    if !is_newer {
                        return Err(Fault::UnknownSchema(e.to_string()));
                    }
                    skipped += 1;
                }
                Err(e) => return Err(e.into()),
            }
        }
        let restored = rowids.len() as u64;
        // Nothing else was changed since it was opened.
        if self.db.total_changes() != restored || self.count()? != before.rows + restored {
            return Err(Fault::NotVerified("the number of rows is not right".into()));
        }
        self.fingerprint(&fingerprinter, rowids)?.check(before)?;
        Ok(Restored {
            restored,
            skipped,
            ..Restored::default()
        })
    }

    /// The columns that are equal for an older and a newer version of one cookie.
    fn same_cookie(&self) -> impl Iterator<Item = &'static str> {
        let (host, partition) = self.schema.identity();
        [Some(host), partition, Some("name"), Some("path")]
            .into_iter()
            .flatten()
    }

    fn rowid_column(&self) -> Result<Option<String>, Fault> {
        Ok(self
            .db
            .query_row(
                "SELECT name FROM pragma_table_info(?1) WHERE pk = 1 AND upper(type) = 'INTEGER'",
                [L::TABLE],
                |row| row.get(0),
            )
            .optional()?)
    }
}

/// Reads the values of rows, each column by itself: an encrypted one leaves the other
/// unread.
struct Values<'db>(Vec<(&'static str, Statement<'db>)>);

impl Values<'_> {
    /// None where no table of this schema has values.
    fn of<L: Schema>(&mut self, rowid: i64, schema: &L) -> rusqlite::Result<Option<StoredValue>> {
        let mut found = (!L::VALUES.is_empty()).then_some(StoredValue::Missing);
        for (column, statement) in &mut self.0 {
            let (length, stored) = statement.query_row([rowid], |row| {
                let length: Option<i64> = row.get(0)?;
                // A number is no value that a browser has written, but can be read.
                let stored = match row.get_ref(1)? {
                    ValueRef::Integer(number) => number.to_string().into_bytes(),
                    ValueRef::Real(number) => number.to_string().into_bytes(),
                    other => bytes(other).to_vec(),
                };
                let length = length.unwrap_or(0).unsigned_abs();
                Ok((length, Secret::new(stored)))
            })?;
            if length > LONGEST {
                return Ok(Some(StoredValue::TooLong(length)));
            }
            let is_empty = stored.is_empty();
            found = Some(schema.value(column, stored));
            if !is_empty {
                break;
            }
        }
        Ok(found)
    }
}

/// The rowid, and the fingerprint of a whole row that a function got as its arguments.
fn row_of(
    fingerprinter: &Fingerprinter,
    progress: &mut Progress,
    row: &Context<'_>,
) -> rusqlite::Result<(i64, u64)> {
    let values = (0..row.len()).map(|column| row.get_raw(column));
    let hash = fingerprinter.row(&mut progress.buffer, values);
    // Only text and blobs take up as much in the file: a number needs 9 bytes here.
    progress.spend(progress.buffer.len().saturating_sub(9 * row.len()))?;
    Ok((row.get(0)?, hash))
}

/// No holder of the lock panics.
fn locked(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a scan ended before its time.
fn cause(error: rusqlite::Error, progress: &Mutex<Progress>) -> Fault {
    match locked(progress).ran_over {
        true => Fault::endless(),
        false => error.into(),
    }
}

fn vanished() -> Fault {
    Fault::NotVerified("a cookie that was just found was not there any more".into())
}

fn is_constraint(error: &rusqlite::Error, code: i32) -> bool {
    error
        .sqlite_error()
        .is_some_and(|e| e.extended_code == code)
}

/// Column names as an SQL list; they come from a file that we did not write.
fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names
        .iter()
        .map(|name| format!("\"{}\"", name.replace('"', "\"\"")))
        .collect();
    quoted.join(", ")
}

/// Text and blobs as they are; anything else is no host and no partition.
fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => b"",
    }
}

/// Text for showing, whatever is stored.
pub(crate) fn lossy(value: ValueRef<'_>) -> String {
    String::from_utf8_lossy(bytes(value)).into_owned()
}
