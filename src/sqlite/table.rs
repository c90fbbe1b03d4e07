//! A table with a row for each cookie: how both families keep them.
//!
//! Looking and deleting go through one scan, so that what is deleted is what was
//! shown. Rows are deleted by their rowid, never by a second condition.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement, ffi, params_from_iter};

use crate::cookie::{Cookie, MatchedBy, Query};
use crate::error::Fault;
use crate::store::{Kind, Restored, RowSink, RowSource, Rows, Value};
use crate::value::{LONGEST, Secret, StoredValue};

/// How a family lays out its table.
pub(crate) trait Layout: Sized {
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
    /// Whether a row of another host has to do with one of the domains all the same.
    fn is_sent(query: &Query, stored: &[u8]) -> bool {
        query.is_sent(stored)
    }
    /// Whether a row of one of the domains is meant.
    fn is_wanted(query: &Query, cookie: &Cookie) -> bool {
        query.wants(cookie)
    }
    /// The containers that the context knows.
    fn containers(_context: &Self::Context) -> Vec<String> {
        Vec::new()
    }
    /// The columns that [`Layout::cookie`] reads, as an SQL list.
    fn columns(&self) -> &str;
    fn cookie(
        &self,
        row: &Row<'_>,
        matched_by: MatchedBy,
        context: &Self::Context,
    ) -> rusqlite::Result<Cookie>;
    /// What stands in one of them; nothing only where there is nothing in any.
    fn value(&self, column: &str, stored: Secret) -> StoredValue;
}

/// The names of a table's columns.
pub(crate) struct Columns {
    table: &'static str,
    names: Vec<String>,
}

impl Columns {
    fn of(db: &Connection, table: &'static str) -> Result<Self, Fault> {
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
        let names = db
            .prepare("SELECT name FROM pragma_table_info(?1)")?
            .query_map([table], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(Self { table, names })
    }

    pub fn has(&self, column: &str) -> bool {
        self.names.iter().any(|name| name == column)
    }

    /// The first of these names that there is.
    ///
    /// # Errors
    /// When there is none: the table is of an unknown version.
    pub fn one_of(&self, names: &[&'static str]) -> Result<&'static str, Fault> {
        let found = names.iter().find(|name| self.has(name));
        found.copied().ok_or(Fault::NoColumn {
            table: self.table,
            column: names[0],
        })
    }
}

/// What a scan is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// To show what there is: as fast as may be.
    Look,
    /// To change it: in the order of the table itself, not of an index, which could
    /// lack a row, and with a fingerprint of all that is to stay.
    Change,
}

/// What a scan counts besides what it shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub total: u64,
    pub also_sent: u64,
    pub elsewhere: u64,
    pub related: u32,
    pub kept: Fingerprint,
}

/// The rows that are to stay: their number and an order-free sum over what they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fingerprint {
    pub rows: u64,
    sum: u64,
}

impl Fingerprint {
    fn add(&mut self, rowid: i64, host: &[u8], partition: &[u8]) {
        // No attacker to guard against: what is compared is one file with itself.
        let hasher = foldhash::fast::FixedState::default();
        self.rows += 1;
        self.sum = self
            .sum
            .wrapping_add(hasher.hash_one((rowid, host, partition)));
    }
}

/// Why a row belongs to what was asked for, by its host and its partition as stored.
fn whose<L: Layout>(query: &Query, host: &[u8], partition: &[u8]) -> Option<MatchedBy> {
    query.whose(L::host_of(host), partition_host::<L>(partition).as_deref())
}

fn partition_host<L: Layout>(partition: &[u8]) -> Option<String> {
    match partition {
        b"" => None,
        raw => L::partition_host(&String::from_utf8_lossy(raw)),
    }
}

pub(super) struct Table<'db, L: Layout> {
    db: &'db Connection,
    pub layout: L,
    columns: Columns,
}

impl<'db, L: Layout> Table<'db, L> {
    const SQL: &'static str = L::TABLE;

    pub fn open(db: &'db Connection) -> Result<Self, Fault> {
        let columns = Columns::of(db, L::TABLE)?;
        let layout = L::detect(db, &columns)?;
        Ok(Self {
            db,
            layout,
            columns,
        })
    }

    pub fn count(&self) -> Result<u64, Fault> {
        let sql = format!("SELECT count(*) FROM {}", Self::SQL);
        let rows: i64 = self.db.query_row(&sql, [], |row| row.get(0))?;
        Ok(rows.unsigned_abs())
    }

    /// Shows every row that the query means, with its rowid.
    pub fn scan(
        &self,
        purpose: Scan,
        query: &Query,
        context: &L::Context,
        mut matched: impl FnMut(i64, Cookie) -> Result<(), Fault>,
    ) -> Result<Tally, Fault> {
        let (host, partition) = self.layout.identity();
        let partition = partition.unwrap_or("''");
        let tally = Arc::new(Mutex::new(Tally::default()));
        self.teach_query(purpose, query, &tally)?;
        let path = match purpose {
            Scan::Look => "",
            Scan::Change => "NOT INDEXED",
        };
        // Whether a row is meant the database asks us, by a function: a hundred
        // thousand that are not need not be handed over.
        let mut scan = self.db.prepare(&format!(
            "SELECT rowid, {host}, {partition} FROM {} {path}
             WHERE is_meant(rowid, {host}, {partition})",
            Self::SQL,
        ))?;
        let mut details = self.db.prepare(&format!(
            "SELECT {} FROM {} WHERE rowid = ?1",
            self.layout.columns(),
            Self::SQL,
        ))?;
        let mut values = match query.with_values {
            true => Some(self.values()?),
            false => None,
        };
        let mut rows = scan.query([])?;
        while let Some(row) = rows.next()? {
            let rowid = row.get(0)?;
            let host = bytes(row.get_ref(1)?);
            let partition = bytes(row.get_ref(2)?);
            let matched_by = whose::<L>(query, host, partition).ok_or_else(vanished)?;
            let mut cookie =
                details.query_row([rowid], |row| self.layout.cookie(row, matched_by, context))?;
            if L::is_wanted(query, &cookie) {
                if let Some(values) = &mut values {
                    cookie.value = values.of(rowid, &self.layout)?;
                }
                let site = partition_host::<L>(partition);
                let elsewhere = query.is_elsewhere(matched_by, site.as_deref());
                locked(&tally).elsewhere += u64::from(elsewhere);
                matched(rowid, cookie)?;
            } else {
                locked(&tally).kept.add(rowid, host, partition);
            }
        }
        Ok(*locked(&tally))
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
        purpose: Scan,
        query: &Query,
        tally: &Arc<Mutex<Tally>>,
    ) -> rusqlite::Result<()> {
        let (query, tally) = (query.clone(), Arc::clone(tally));
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        self.db
            .create_scalar_function(c"is_meant", 3, flags, move |row| {
                let host = bytes(row.get_raw(1));
                let partition = bytes(row.get_raw(2));
                let is_meant = whose::<L>(&query, host, partition).is_some();
                let mut tally = locked(&tally);
                tally.total += 1;
                if !is_meant {
                    tally.also_sent += u64::from(L::is_sent(&query, host));
                    tally.related |= query.related_to(L::host_of(host));
                    if purpose == Scan::Change {
                        tally.kept.add(row.get(0)?, host, partition);
                    }
                }
                Ok(is_meant)
            })
    }

    /// Nothing matches any more, and everything else is still there.
    pub fn verify(
        &self,
        query: &Query,
        context: &L::Context,
        kept: Fingerprint,
    ) -> Result<(), Fault> {
        let mut left = 0_u64;
        let now = self.scan(Scan::Change, query, context, |_, _| {
            left += 1;
            Ok(())
        })?;
        if left > 0 {
            return Err(Fault::NotVerified(format!(
                "{left} cookies were still there"
            )));
        }
        if now.kept != kept {
            return Err(Fault::NotVerified(format!(
                "of {} other cookies {} were found",
                kept.rows, now.kept.rows
            )));
        }
        Ok(())
    }

    pub fn copy_out(&self, rowids: &[i64], sink: &mut dyn RowSink) -> Result<(), Fault> {
        sink.begin(&Rows {
            kind: L::KIND,
            version: self.layout.version(),
            columns: self.columns.names.clone(),
            rows: rowids.len() as u64,
        })
        .map_err(|e| Fault::NoCopy(Box::new(e)))?;
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
            sink.row(&values).map_err(|e| Fault::NoCopy(Box::new(e)))?;
        }
        sink.finish().map_err(|e| Fault::NoCopy(Box::new(e)))
    }

    pub fn delete(&self, rowids: &[i64]) -> Result<(), Fault> {
        let mut delete = self
            .db
            .prepare(&format!("DELETE FROM {} WHERE rowid = ?1", Self::SQL))?;
        for rowid in rowids {
            if delete.execute([rowid])? != 1 {
                return Err(vanished());
            }
        }
        Ok(())
    }

    pub fn put_back(&self, source: &mut dyn RowSource) -> Result<Restored, Fault> {
        let header = source.header();
        let version = self.layout.version();
        if header.version != version {
            return Err(Fault::OtherVersion {
                was: header.version,
                is: version,
            });
        }
        if let Some(missing) = header.columns.iter().find(|c| !self.columns.has(c)) {
            return Err(Fault::BadCopy(format!("the store has no column {missing}")));
        }
        // Where a column is the rowid itself, a newer cookie may have its number.
        let number = self.rowid_column()?;
        let number = number.and_then(|name| header.columns.iter().position(|c| *c == name));
        let marks = vec!["?"; header.columns.len()].join(", ");
        let mut insert = self.db.prepare(&format!(
            "INSERT INTO {} ({}) VALUES ({marks})",
            Self::SQL,
            quoted(&header.columns)
        ))?;

        let mut result = Restored::default();
        while let Some(mut row) = source.next_row().map_err(|e| e.fault)? {
            let mut outcome = insert.execute(params_from_iter(&row));
            if let (Err(error), Some(number)) = (&outcome, number)
                && is_constraint(error, ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
            {
                row[number] = Value::Null;
                outcome = insert.execute(params_from_iter(&row));
            }
            match outcome {
                Ok(_) => result.restored += 1,
                // The browser has a newer cookie of the same identity.
                Err(e)
                    if is_constraint(&e, ffi::SQLITE_CONSTRAINT_UNIQUE)
                        || is_constraint(&e, ffi::SQLITE_CONSTRAINT_PRIMARYKEY) =>
                {
                    result.skipped += 1;
                }
                Err(e) => return Err(e.into()),
            }
        }
        Ok(result)
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
    /// None where no table of this layout has values.
    fn of<L: Layout>(&mut self, rowid: i64, layout: &L) -> rusqlite::Result<Option<StoredValue>> {
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
            found = Some(layout.value(column, stored));
            if !is_empty {
                break;
            }
        }
        Ok(found)
    }
}

/// Nobody panics with a tally in hand.
fn locked(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
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
