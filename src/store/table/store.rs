//! A store that is a table of cookies: what may be asked of it, on a database that is
//! opened with care.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use super::{Scan, Schema, Table, lossy};
use crate::formats::sqlite::{Fingerprint, Fingerprinter, Writer, quick_check, read};
use crate::model::error::{At, Error, Fault};
use crate::model::item::Match;
use crate::model::query::Query;
use crate::store::claim::Claim;
use crate::store::{Counts, Deleted, Kind, Restored, RowSink, RowSource, Store};

/// Cookies that are passed on at once.
const BATCH: usize = 2048;

/// A store that is a table of cookies.
pub(crate) struct TableStore<L: Schema> {
    path: PathBuf,
    context: L::Context,
    is_older_copy: bool,
}

impl<L: Schema> TableStore<L> {
    pub(crate) fn new(path: PathBuf, context: L::Context) -> Self {
        Self {
            path,
            context,
            is_older_copy: false,
        }
    }

    /// A store that the browser does not use any more, or not unless it has to.
    pub(crate) fn older_copy(path: PathBuf, context: L::Context) -> Self {
        Self {
            is_older_copy: true,
            ..Self::new(path, context)
        }
    }
}

impl<L: Schema> Store for TableStore<L> {
    fn path(&self) -> &Path {
        &self.path
    }

    fn kind(&self) -> Kind {
        L::KIND
    }

    fn is_older_copy(&self) -> bool {
        self.is_older_copy
    }

    fn containers(&self) -> Vec<String> {
        L::containers(&self.context)
    }

    fn find(&self, query: &Query, send: &mut dyn FnMut(Vec<Match>)) -> Result<Counts, Error> {
        self.if_there(|| self.find_rows(query, send)).at(&self.path)
    }

    fn hosts(&self) -> Result<HashMap<String, u64>, Error> {
        self.if_there(|| self.count_hosts()).at(&self.path)
    }

    fn total(&self) -> Result<u64, Error> {
        self.if_there(|| self.count_rows()).at(&self.path)
    }

    fn delete(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Match),
    ) -> Result<Deleted, Error> {
        self.delete_rows(claim, query, copy, each).at(&self.path)
    }

    fn restore(
        &self,
        claim: &Claim,
        rows: &mut dyn RowSource,
        _aside: &mut dyn RowSink,
    ) -> Result<Restored, Error> {
        self.restore_rows(claim, rows).at(&self.path)
    }
}

impl<L: Schema> TableStore<L> {
    /// A store that the browser has yet to write holds nothing.
    fn if_there<T: Default>(&self, look: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        match self.path.symlink_metadata() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(T::default()),
            _ => look(),
        }
    }

    fn find_rows(&self, query: &Query, send: &mut dyn FnMut(Vec<Match>)) -> Result<Counts, Fault> {
        let mut sent = false;
        let (counts, last) = read(&self.path, |view| {
            if sent {
                // What was passed on cannot be taken back.
                return Err(Fault::KeepsChanging);
            }
            let table = Table::<L>::open(view.connection())?;
            let mut batch = Vec::new();
            let tally = table.scan(Scan::Look, query, &self.context, |_, found| {
                if batch.len() == BATCH {
                    if !view.is_unchanged() {
                        return Err(Fault::KeepsChanging);
                    }
                    sent = true;
                    send(std::mem::take(&mut batch));
                }
                batch.push(found);
                Ok(())
            })?;
            Ok((tally.counts, batch))
        })?;
        // Only now is it certain that there was no change during the look.
        if !last.is_empty() {
            send(last);
        }
        Ok(counts)
    }

    fn count_hosts(&self) -> Result<HashMap<String, u64>, Fault> {
        read(&self.path, |view| {
            let mut hosts = HashMap::new();
            Table::<L>::open(view.connection())?.count_hosts(|stored, rows| {
                let stored = lossy(stored);
                let host = String::from_utf8_lossy(L::host_of(stored.as_bytes()));
                *hosts.entry(host.into_owned()).or_default() += rows;
            })?;
            Ok(hosts)
        })
    }

    fn count_rows(&self) -> Result<u64, Fault> {
        read(&self.path, |view| {
            Table::<L>::open(view.connection())?.count()
        })
    }

    fn delete_rows(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Match),
    ) -> Result<Deleted, Fault> {
        let mut writer = Writer::open(&self.path)?;
        let transaction = writer.begin()?;
        let table = Table::<L>::open_to_change(&transaction)?;

        let fingerprinter = Fingerprinter::default();
        let mut matched = Vec::new();
        let scan = Scan::Change(&fingerprinter);
        let kept = table
            .scan(scan, query, &self.context, |rowid, found| {
                matched.push(rowid);
                each(found);
                Ok(())
            })?
            .kept;
        if matched.is_empty() {
            return Ok(Deleted {
                kept: kept.rows,
                ..Deleted::default()
            });
        }

        if let Some(sink) = copy {
            table.copy_out(&matched, sink)?;
        }
        let deleted = matched.len() as u64;
        let needed = table.delete(&matched)?;

        // Nothing matches any more, and everything else is still there, byte for byte. Before
        // the commit, so that a surprise leaves the store as it was.
        table
            .fingerprint(&fingerprinter, HashSet::new())?
            .check(kept)?;
        // Nothing else was changed since it was opened.
        if transaction.total_changes() != needed {
            let message = "rows of another table were changed";
            return Err(Fault::NotVerified(message.into()));
        }
        quick_check(&transaction)?;
        drop(table);
        claim.still_holds().map_err(|_| Fault::Locked)?;
        if let Err(error) = transaction.commit() {
            drop(writer);
            return self.after_failed_commit(query, deleted, kept, error.into());
        }
        let looked = self.look_again(&mut writer, &fingerprinter, kept);
        let closed = writer.close();
        Ok(Deleted {
            deleted,
            kept: kept.rows,
            trouble: looked.and(closed).err(),
            ..Deleted::default()
        })
    }

    /// A commit that fails may have been done anyway: what came to fail can be
    /// the sync at its very end. Only reading the file again shows it.
    pub(super) fn after_failed_commit(
        &self,
        query: &Query,
        deleted: u64,
        kept: Fingerprint,
        error: Fault,
    ) -> Result<Deleted, Fault> {
        let left = self
            .find_rows(query, &mut |_| {})
            .map(|counts| counts.matched);
        if matches!(left, Ok(left) if left == deleted) {
            return Err(error);
        }
        Ok(Deleted {
            // What cannot be seen is not called deleted.
            deleted: deleted - left.unwrap_or(deleted).min(deleted),
            kept: kept.rows,
            trouble: Some(Fault::Unsure(Box::new(error))),
            ..Deleted::default()
        })
    }

    /// After a commit: looks at what was really stored.
    fn look_again(
        &self,
        writer: &mut Writer,
        fingerprinter: &Fingerprinter,
        kept: Fingerprint,
    ) -> Result<(), Fault> {
        let transaction = writer.begin()?;
        // What the file holds, not what is remembered of it.
        transaction.execute_batch("PRAGMA shrink_memory")?;
        let now = Table::<L>::open(&transaction)?.fingerprint(fingerprinter, HashSet::new())?;
        now.check(kept).map_err(|fault| match fault {
            Fault::NotVerified(found) => Fault::NotVerified(format!("after the commit, {found}")),
            other => other,
        })
    }

    fn restore_rows(&self, claim: &Claim, rows: &mut dyn RowSource) -> Result<Restored, Fault> {
        let mut writer = Writer::open(&self.path)?;
        let transaction = writer.begin()?;
        let table = Table::<L>::open_to_change(&transaction)?;
        let before = table.count()?;
        let mut restored = table.put_back(rows)?;
        quick_check(&transaction)?;
        drop(table);
        claim.still_holds().map_err(|_| Fault::Locked)?;
        if let Err(error) = transaction.commit() {
            drop(writer);
            restored.trouble = Some(self.after_failed_return(before, error.into())?);
            return Ok(restored);
        }
        restored.trouble = writer.close().err();
        Ok(restored)
    }

    /// As with a deletion, only reading the file again shows whether it was done. Gives what
    /// is wrong with rows that are back.
    pub(super) fn after_failed_return(&self, before: u64, error: Fault) -> Result<Fault, Fault> {
        match self.count_rows() {
            Ok(now) if now > before => Ok(error),
            Ok(_) => Err(error),
            Err(_) => Err(Fault::Unsure(Box::new(error))),
        }
    }
}
