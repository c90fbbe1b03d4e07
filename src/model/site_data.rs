//! What a browser keeps for a site beside its cookies. No I/O.

use std::collections::BTreeMap;

use serde::Serialize;

/// Whose site data is: its origin, and what keeps it apart from the rest of that origin's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorageKey {
    /// `https://openai.com`, with a port that is not the usual one.
    pub origin: String,
    /// The host of the origin, as a URL has it.
    pub host: String,
    /// The site under which it is partitioned: `https://example.org`.
    pub partition: Option<String>,
    /// The host of that site.
    pub partition_host: Option<String>,
    /// The container of Firefox that it is in.
    pub container: Option<String>,
}

/// The kinds of site data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataKind {
    /// `localStorage`.
    LocalStorage,
    /// `sessionStorage`, of tabs that are open or can be reopened.
    SessionStorage,
    /// IndexedDB databases.
    IndexedDb,
    /// What the Cache API holds, which is not the HTTP cache.
    Cache,
    /// Service workers and their scripts.
    ServiceWorker,
    /// Files of the origin's private file system.
    Files,
    /// The browser's note that the origin has storage.
    Registration,
}

/// How much there is of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Keys, databases, workers or files.
    pub entries: u64,
    /// What they take up, in bytes.
    pub bytes: u64,
}

/// What a browser keeps for one storage key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteData {
    /// Whose it is.
    pub key: StorageKey,
    /// How much there is of each kind.
    pub contents: BTreeMap<DataKind, Amount>,
}

impl Amount {
    /// One of this size, in bytes.
    pub fn one(bytes: u64) -> Self {
        Self { entries: 1, bytes }
    }
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.entries += other.entries;
        self.bytes += other.bytes;
    }
}

impl SiteData {
    /// What all of it takes up, in bytes.
    pub fn bytes(&self) -> u64 {
        self.contents.values().map(|amount| amount.bytes).sum()
    }
}
