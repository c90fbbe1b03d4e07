//! A table with a row for each cookie: how both families keep them.
//!
//! Looking and deleting go through one scan, so that what is deleted is what was
//! shown. Rows are deleted by their rowid, never by a second condition.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement, ffi, params_from_iter};

use super::writing::quick_check;
use super::{ReadView, Writer};
use crate::claim::Claim;
use crate::cookie::{Cookie, MatchedBy, Query};
use crate::error::{At, Error, Fault};
use crate::store::{Counts, Deleted, Kind, Restored, RowSink, RowSource, Rows, Store, Value};

/// How a family lays out its table.
pub(crate) trait Layout: Sized {
    const TABLE: &'static str;
    const KIND: Kind;
    /// What, besides the row, a cookie is made of.
    type Context: Send + Sync;

    /// Reads the version and which columns there are.
    fn detect(db: &Connection, columns: &Columns) -> Result<Self, Fault>;
    fn version(&self) -> i64;
    /// The columns of the host and of the partition (None: there is none yet).
    fn identity(&self) -> (&'static str, Option<&'static str>);
    /// The host of the site that a row is partitioned under.
    fn partition_host(partition: &str) -> Option<String>;
    /// The columns that [`Layout::cookie`] reads, as an SQL list.
    fn columns(&self) -> &str;
    fn cookie(
        &self,
        row: &Row<'_>,
        matched_by: MatchedBy,
        context: &Self::Context,
    ) -> rusqlite::Result<Cookie>;
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

/// A store that is such a table.
pub(crate) struct TableStore<L: Layout> {
    path: PathBuf,
    context: L::Context,
}

impl<L: Layout> TableStore<L> {
    pub fn new(path: PathBuf, context: L::Context) -> Self {
        Self { path, context }
    }
}

impl<L: Layout> Store for TableStore<L> {
    fn path(&self) -> &Path {
        &self.path
    }

    fn kind(&self) -> Kind {
        L::KIND
    }

    fn find(&self, query: &Query, each: &mut dyn FnMut(Cookie)) -> Result<Counts, Error> {
        self.find_rows(query, each).at(&self.path)
    }

    fn hosts(&self) -> Result<HashMap<String, u64>, Error> {
        self.count_hosts().at(&self.path)
    }

    fn total(&self) -> Result<u64, Error> {
        self.count_rows().at(&self.path)
    }

    fn delete(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Cookie),
    ) -> Result<Deleted, Error> {
        self.delete_rows(claim, query, copy, each).at(&self.path)
    }

    fn restore(&self, claim: &Claim, rows: &mut dyn RowSource) -> Result<Restored, Error> {
        self.restore_rows(claim, rows).at(&self.path)
    }
}

impl<L: Layout> TableStore<L> {
    fn find_rows(&self, query: &Query, each: &mut dyn FnMut(Cookie)) -> Result<Counts, Fault> {
        let view = ReadView::open(&self.path)?;
        // One moment for all that is read.
        let moment = view.connection().unchecked_transaction()?;
        let table = Table::<L>::open(&moment)?;
        let mut counts = Counts::default();
        counts.total = table.scan(Scan::Relevant, query, &self.context, |seen| match seen {
            Seen::Match(_, cookie) => {
                counts.matched += 1;
                each(cookie);
            }
            Seen::Other { also_sent, .. } => counts.also_sent += u64::from(also_sent),
        })?;
        Ok(counts)
    }

    fn count_hosts(&self) -> Result<HashMap<String, u64>, Fault> {
        let view = ReadView::open(&self.path)?;
        let db = view.connection();
        let table = Table::<L>::open(db)?;
        let (host, _) = table.layout.identity();
        let sql = format!(
            "SELECT {host}, count(*) FROM {} GROUP BY {host}",
            Table::<L>::SQL
        );
        let mut hosts = HashMap::new();
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let host = String::from_utf8_lossy(bytes(row.get_ref(0)?)).into_owned();
            *hosts.entry(host).or_default() += row.get::<_, i64>(1)?.unsigned_abs();
        }
        Ok(hosts)
    }

    fn count_rows(&self) -> Result<u64, Fault> {
        let view = ReadView::open(&self.path)?;
        Table::<L>::open(view.connection())?.count()
    }

    fn delete_rows(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Cookie),
    ) -> Result<Deleted, Fault> {
        let mut writer = Writer::open(&self.path, claim)?;
        let transaction = writer.begin()?;
        let table = Table::<L>::open(&transaction)?;

        let mut matched = Vec::new();
        let kept = table.scan_fingerprint(query, &self.context, |rowid, cookie| {
            matched.push(rowid);
            each(cookie);
        })?;
        if matched.is_empty() {
            drop(table);
            drop(transaction);
            writer.close()?;
            return Ok(Deleted {
                deleted: 0,
                kept: kept.rows,
                trouble: None,
            });
        }

        if let Some(sink) = copy {
            table.copy_out(&matched, sink)?;
        }
        table.delete(&matched)?;

        // Before the commit, so that a surprise leaves the store as it was.
        table.verify(query, &self.context, kept)?;
        quick_check(&transaction)?;
        drop(table);
        claim.still_holds().map_err(|_| Fault::Locked)?;
        transaction.commit()?;

        Ok(Deleted {
            deleted: matched.len() as u64,
            kept: kept.rows,
            trouble: self.finish(writer, query, kept).err(),
        })
    }

    /// What is left to do after a commit: look at what was really stored, and
    /// leave nothing in the WAL.
    fn finish(&self, writer: Writer, query: &Query, kept: Fingerprint) -> Result<(), Fault> {
        Table::<L>::open(writer.connection())?.verify(query, &self.context, kept)?;
        writer.close()
    }

    fn restore_rows(&self, claim: &Claim, rows: &mut dyn RowSource) -> Result<Restored, Fault> {
        let mut writer = Writer::open(&self.path, claim)?;
        let transaction = writer.begin()?;
        let table = Table::<L>::open(&transaction)?;
        let before = table.count()?;
        let mut restored = table.put_back(rows)?;
        if table.count()? != before + restored.restored {
            return Err(Fault::NotVerified("the number of rows is not right".into()));
        }
        quick_check(&transaction)?;
        drop(table);
        claim.still_holds().map_err(|_| Fault::Locked)?;
        transaction.commit()?;
        restored.trouble = writer.close().err();
        Ok(restored)
    }
}

/// Which rows a scan hands over.
#[derive(Clone, Copy)]
enum Scan {
    /// Every one.
    All,
    /// Those that match or are sent along. The database asks for each whether it is
    /// one, which is faster than to hand over a million to no purpose.
    Relevant,
}

/// What the scan came across.
enum Seen<'a> {
    Match(i64, Cookie),
    Other {
        rowid: i64,
        host: &'a [u8],
        partition: &'a [u8],
        /// A cookie of a host above, which is sent to the domain too.
        also_sent: bool,
    },
}

/// The rows that are to stay: their number and an order-free sum over what they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Fingerprint {
    rows: u64,
    sum: u64,
}

impl Fingerprint {
    fn add(&mut self, rowid: i64, host: &[u8], partition: &[u8]) {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        self.rows += 1;
        self.sum = self
            .sum
            .wrapping_add(hasher.hash_one((rowid, host, partition)));
    }
}

/// Why a row belongs to what was asked for, by its host and its partition as stored.
fn whose<L: Layout>(query: &Query, host: &[u8], partition: &[u8]) -> Option<MatchedBy> {
    let site = match partition {
        b"" => None,
        raw => L::partition_host(&String::from_utf8_lossy(raw)),
    };
    query.whose(host, site.as_deref())
}

struct Table<'db, L: Layout> {
    db: &'db Connection,
    layout: L,
    columns: Columns,
}

impl<'db, L: Layout> Table<'db, L> {
    const SQL: &'static str = L::TABLE;

    fn open(db: &'db Connection) -> Result<Self, Fault> {
        let columns = Columns::of(db, L::TABLE)?;
        let layout = L::detect(db, &columns)?;
        Ok(Self {
            db,
            layout,
            columns,
        })
    }

    fn count(&self) -> Result<u64, Fault> {
        let sql = format!("SELECT count(*) FROM {}", Self::SQL);
        let rows: i64 = self.db.query_row(&sql, [], |row| row.get(0))?;
        Ok(rows.unsigned_abs())
    }

    /// Shows rows, each once, and gives the number of all there are.
    fn scan(
        &self,
        which: Scan,
        query: &Query,
        context: &L::Context,
        mut each: impl FnMut(Seen<'_>),
    ) -> Result<u64, Fault> {
        let (host, partition) = self.layout.identity();
        let partition = partition.unwrap_or("''");
        let asked = Arc::new(AtomicU64::new(0));
        let condition = match which {
            // In the order of the table itself, not of an index, which could lack one.
            Scan::All => "NOT INDEXED".to_owned(),
            Scan::Relevant => {
                self.teach_relevance(query, &asked)?;
                format!("WHERE is_relevant({host}, {partition})")
            }
        };
        let mut scan = self.db.prepare(&format!(
            "SELECT rowid, {host}, {partition} FROM {} {condition}",
            Self::SQL,
        ))?;
        let mut details = self.db.prepare(&format!(
            "SELECT {} FROM {} WHERE rowid = ?1",
            self.layout.columns(),
            Self::SQL,
        ))?;
        let mut shown = 0;
        let mut rows = scan.query([])?;
        while let Some(row) = rows.next()? {
            shown += 1;
            let rowid = row.get(0)?;
            let host = bytes(row.get_ref(1)?);
            let partition = bytes(row.get_ref(2)?);
            let found = self.match_row(query, rowid, host, partition, &mut details, context)?;
            each(match found {
                Some(cookie) => Seen::Match(rowid, cookie),
                None => Seen::Other {
                    rowid,
                    host,
                    partition,
                    also_sent: query.is_sent(host),
                },
            });
        }
        Ok(match which {
            Scan::All => shown,
            Scan::Relevant => asked.load(Ordering::Relaxed),
        })
    }

    /// Makes the query a function of SQL, which counts how often it is asked.
    fn teach_relevance(&self, query: &Query, asked: &Arc<AtomicU64>) -> rusqlite::Result<()> {
        let (query, asked) = (query.clone(), Arc::clone(asked));
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        self.db
            .create_scalar_function(c"is_relevant", 2, flags, move |row| {
                asked.store(asked.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                let host = bytes(row.get_raw(0));
                let relevant = whose::<L>(&query, host, bytes(row.get_raw(1))).is_some()
                    || query.is_sent(host);
                Ok(relevant)
            })
    }

    fn match_row(
        &self,
        query: &Query,
        rowid: i64,
        host: &[u8],
        partition: &[u8],
        details: &mut Statement<'_>,
        context: &L::Context,
    ) -> Result<Option<Cookie>, Fault> {
        let Some(matched_by) = whose::<L>(query, host, partition) else {
            return Ok(None);
        };
        let cookie = details
            .query_row([rowid], |row| self.layout.cookie(row, matched_by, context))
            // A browser may have deleted it between two statements.
            .optional()?;
        Ok(cookie.filter(|cookie| query.wants_name(&cookie.name)))
    }

    fn scan_fingerprint(
        &self,
        query: &Query,
        context: &L::Context,
        mut matched: impl FnMut(i64, Cookie),
    ) -> Result<Fingerprint, Fault> {
        let mut others = Fingerprint::default();
        self.scan(Scan::All, query, context, |seen| match seen {
            Seen::Match(rowid, cookie) => matched(rowid, cookie),
            Seen::Other {
                rowid,
                host,
                partition,
                ..
            } => others.add(rowid, host, partition),
        })?;
        Ok(others)
    }

    /// Nothing matches any more, and everything else is still there.
    fn verify(&self, query: &Query, context: &L::Context, kept: Fingerprint) -> Result<(), Fault> {
        let mut left = 0_u64;
        let now = self.scan_fingerprint(query, context, |_, _| left += 1)?;
        if left > 0 {
            return Err(Fault::NotVerified(format!(
                "{left} cookies were still there"
            )));
        }
        if now != kept {
            return Err(Fault::NotVerified(format!(
                "of {} other cookies {} were found",
                kept.rows, now.rows
            )));
        }
        Ok(())
    }

    fn copy_out(&self, rowids: &[i64], sink: &mut dyn RowSink) -> Result<(), Fault> {
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

    fn delete(&self, rowids: &[i64]) -> Result<(), Fault> {
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

    fn put_back(&self, source: &mut dyn RowSource) -> Result<Restored, Fault> {
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
                Err(e) if is_constraint(&e, ffi::SQLITE_CONSTRAINT_UNIQUE) => result.skipped += 1,
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
