//! What may be asked of a file with cookies in it.

pub(crate) mod claim;
pub(crate) mod site_data;
pub(crate) mod table;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};

use crate::model::error::{Error, Fault};
use crate::model::item::Match;
use crate::model::query::Query;
use crate::model::site_data::StorageKey;
use crate::store::claim::Claim;

/// The format of a store, as the JSON calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Chromium's `Cookies` database.
    Chromium,
    /// Firefox's `cookies.sqlite`.
    Firefox,
    /// Chromium's `Device Bound Sessions`: not cookies, but what brings them back.
    DeviceBound,
    /// A file of Firefox's session, which has the cookies that end with it.
    FirefoxSession,
    /// What a profile of Chromium keeps for sites beside cookies.
    ChromiumSiteData,
    /// The same of Firefox.
    FirefoxSiteData,
}

impl Kind {
    /// Whether the browser writes such files anew, moves and removes them as it likes, and
    /// has the same cookie in several of them.
    pub fn is_volatile(self) -> bool {
        self == Self::FirefoxSession
    }

    /// Whether it is site data and nothing else.
    pub fn is_site_data(self) -> bool {
        matches!(self, Self::ChromiumSiteData | Self::FirefoxSiteData)
    }

    /// Whether its items are cookies.
    pub fn holds_cookies(self) -> bool {
        self != Self::DeviceBound && !self.is_site_data()
    }
}

/// One file that holds cookies.
pub trait Store: Send + Sync {
    /// The path of the file.
    fn path(&self) -> &Path;
    /// The format of the file.
    fn kind(&self) -> Kind;

    /// Whether it is an older copy of a store, which the browser may fall back on.
    fn is_older_copy(&self) -> bool {
        false
    }

    /// The containers that cookies in it can be in.
    fn containers(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether a deletion that was cut off has left something that has to go.
    fn has_leftovers(&self) -> bool {
        false
    }

    /// Shows every cookie that the query means, in batches; works while the browser
    /// runs. A browser that has not written its store yet has no cookies in it.
    ///
    /// # Errors
    /// When the store cannot be read, is damaged, or stays locked.
    fn find(&self, query: &Query, send: &mut dyn FnMut(Vec<Match>)) -> Result<Counts, Error>;

    /// How many cookies each stored host has.
    ///
    /// # Errors
    /// As [`Store::find`].
    fn hosts(&self) -> Result<HashMap<String, u64>, Error>;

    /// How many cookies there are.
    ///
    /// # Errors
    /// As [`Store::find`].
    fn total(&self) -> Result<u64, Error>;

    /// Deletes what the query means, in one transaction, and verifies the result.
    /// Before anything is deleted its rows have gone to `copy`; `each` is shown
    /// the cookies, which are gone only when this returns without an error.
    ///
    /// # Errors
    /// When anything went wrong; the store is then as it was before.
    fn delete(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Match),
    ) -> Result<Deleted, Error>;

    /// Puts rows back, byte for byte. A newer cookie of the same identity stays; newer site
    /// data, with which the old cannot be mixed, goes to `aside` first.
    ///
    /// # Errors
    /// When anything went wrong; the store is then as it was before.
    fn restore(
        &self,
        claim: &Claim,
        rows: &mut dyn RowSource,
        aside: &mut dyn RowSink,
    ) -> Result<Restored, Error>;
}

/// What a look at a store counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cookies in the store.
    pub total: u64,
    /// Those that match.
    pub matched: u64,
    /// Cookies of a host above the domain, which are sent to it too.
    pub also_sent: u64,
    /// Of those that match, the ones that the site set while embedded in another.
    pub elsewhere: u64,
    /// Of those that match, the ones that other sites set while embedded in the domain.
    pub embedded: u64,
    /// Device-bound sessions that are not selected, and can bring back cookies of one of
    /// the domains.
    pub bound_sessions: u64,
    /// How many cookies there are of the query's related sites, by their indices.
    pub related: BTreeMap<usize, u64>,
    /// Site data that matches.
    pub site_data: SiteDataSizes,
}

/// The storage keys that have data, with what it takes up, in bytes.
pub type SiteDataSizes = BTreeMap<StorageKey, u64>;

impl Counts {
    /// Whether anything matches.
    pub(crate) fn has_matches(&self) -> bool {
        self.matched > 0 || !self.site_data.is_empty()
    }
}

/// What a deletion did.
#[derive(Debug, Default)]
pub struct Deleted {
    /// Cookies.
    pub deleted: u64,
    /// Cookies that are in the store afterwards.
    pub kept: u64,
    /// Site data.
    pub site_data: SiteDataSizes,
    /// The rows are gone, but what was to follow did not work.
    pub trouble: Option<Fault>,
}

impl Deleted {
    /// Whether there was nothing to delete.
    pub(crate) fn is_nothing(&self) -> bool {
        self.deleted == 0 && self.site_data.is_empty() && self.trouble.is_none()
    }
}

/// What putting rows back did.
#[derive(Debug, Default)]
pub struct Restored {
    pub restored: u64,
    /// Rows whose place a newer cookie has taken.
    pub skipped: u64,
    /// Rows of a session that is over: there is no place for them any more.
    pub orphaned: u64,
    /// Storage keys whose data is back.
    pub site_data: u64,
    /// The rows are back, but what was to follow did not work.
    pub trouble: Option<Fault>,
}

/// A value as the database holds it, whatever its column is declared as.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    /// Usually UTF-8; SQLite does not enforce it.
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(i) => Self::Integer(i),
            ValueRef::Real(r) => Self::Real(r),
            ValueRef::Text(bytes) => Self::Text(bytes.to_vec()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(i) => ValueRef::Integer(*i),
            Self::Real(r) => ValueRef::Real(*r),
            Self::Text(bytes) => ValueRef::Text(bytes),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What a set of rows is, so that they can be put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    pub kind: Kind,
    /// The version of the store's schema. Rows mean something else in another one.
    pub version: i64,
    pub columns: Vec<String>,
    /// Their number.
    pub rows: u64,
    /// Of these, the ones that are not cookies.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub site_data: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Where rows go before they are deleted.
pub trait RowSink {
    /// # Errors
    /// When the copy cannot be written.
    fn begin(&mut self, rows: &Rows) -> Result<(), Error>;
    /// # Errors
    /// When the copy cannot be written.
    fn row(&mut self, values: &[Value]) -> Result<(), Error>;
    /// Returns when everything is safely on the disk.
    ///
    /// # Errors
    /// When it is not.
    fn finish(&mut self) -> Result<(), Error>;
    /// The rows are deleted: from now on they are only here.
    fn keep(&mut self);
}

/// For what puts back rows that nothing has to make room for.
#[cfg(any(test, fuzzing))]
pub(crate) struct NoCopy;

#[cfg(any(test, fuzzing))]
impl RowSink for NoCopy {
    fn begin(&mut self, _: &Rows) -> Result<(), Error> {
        Ok(())
    }

    fn row(&mut self, _: &[Value]) -> Result<(), Error> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn keep(&mut self) {}
}

/// Where rows come from that are to be put back.
pub trait RowSource {
    fn header(&self) -> &Rows;
    /// # Errors
    /// When the copy cannot be read.
    fn next_row(&mut self) -> Result<Option<Vec<Value>>, Error>;
}
