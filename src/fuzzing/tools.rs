//! What the checks of all readers share: inputs that are taken apart, a folder, a claim,
//! and a copy in the memory.

use std::cell::OnceCell;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::model::domain::Domain;
use crate::model::error::Error;
use crate::model::query::Query;
use crate::store::claim::{Claim, Held, InUse};
use crate::store::{Kind, RowSink, RowSource, Rows, Value};

/// The domain that is deleted and looked for.
pub(crate) const DOMAIN: &str = "openai.com";

pub(crate) fn query() -> Query {
    Query::all_of(vec![Domain::parse(DOMAIN).expect("a domain")])
}

/// A folder that is used again and again: a new one for each input would take longer
/// than the check.
pub(crate) fn folder() -> PathBuf {
    thread_local! {
        #[allow(clippy::missing_const_for_thread_local, reason = "it is; seen on Windows only")]
        static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().expect("a folder"));
        folder.path().to_owned()
    })
}

/// An input that is taken apart from its beginning.
pub(crate) struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// 0 where there is none left.
    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// At most so many bytes.
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// What stands before the next line feed, or all.
    pub(crate) fn line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == b'\n');
        let line = self.take(end.unwrap_or(self.0.len()));
        self.take(1);
        line
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a host ends with a dot and the other, and has something before that.
pub(crate) fn is_below(host: &[u8], parent: &[u8]) -> bool {
    let labels = host.strip_suffix(parent).unwrap_or_default();
    !parent.is_empty() && labels.len() > 1 && labels.ends_with(b".")
}

/// What a claim would keep out does not exist here.
struct Nobody;

impl Held for Nobody {
    fn still_holds(&self) -> Result<(), InUse> {
        Ok(())
    }
}

pub(crate) fn claim() -> Claim {
    Claim::new(Nobody)
}

/// A copy for undo in memory.
pub(crate) struct InMemory {
    pub(crate) header: Rows,
    pub rows: Vec<Vec<Value>>,
    next: usize,
}

impl InMemory {
    pub(crate) fn new() -> Self {
        let header = Rows {
            kind: Kind::Chromium,
            version: 0,
            columns: Vec::new(),
            rows: 0,
            site_data: 0,
        };
        Self {
            header,
            rows: Vec::new(),
            next: 0,
        }
    }
}

impl RowSink for InMemory {
    fn begin(&mut self, rows: &Rows) -> Result<(), Error> {
        self.header = rows.clone();
        Ok(())
    }

    fn row(&mut self, values: &[Value]) -> Result<(), Error> {
        assert_eq!(values.len(), self.header.columns.len());
        self.rows.push(values.to_vec());
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        assert_eq!(self.rows.len() as u64, self.header.rows);
        Ok(())
    }

    fn keep(&mut self) {}
}

impl RowSource for InMemory {
    fn header(&self) -> &Rows {
        &self.header
    }

    fn next_row(&mut self) -> Result<Option<Vec<Value>>, Error> {
        self.next += 1;
        Ok(self.rows.get(self.next - 1).cloned())
    }
}

/// By its host, and the host of the site under which it is partitioned.
pub(crate) fn is_of_the_site(host: &str, site: Option<&str>) -> bool {
    [Some(host), site].into_iter().flatten().any(|host| {
        let bare = host.strip_prefix('.').unwrap_or(host);
        bare == DOMAIN || is_below(bare.as_bytes(), DOMAIN.as_bytes())
    })
}
