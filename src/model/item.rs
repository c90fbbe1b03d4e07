//! What browsers keep for a site, in one vocabulary. No I/O.

use super::cookie::Cookie;
use super::site_data::SiteData;
use super::value::{Shown, ValueError};

/// Something that a browser keeps for a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A cookie.
    Cookie(Cookie),
    /// What lets the browser get a site's cookies again when they are missing.
    DeviceBoundSession(DeviceBoundSession),
    /// What is kept for one storage key.
    SiteData(SiteData),
}

/// A device-bound session of a whole site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceBoundSession {
    /// The host of the site: `openai.com`.
    pub host: String,
    /// Whether the site is reached over https.
    pub secure: bool,
}

impl Item {
    /// The host that it belongs to, as stored.
    pub fn host(&self) -> &str {
        match self {
            Self::Cookie(cookie) => &cookie.host,
            Self::DeviceBoundSession(session) => &session.host,
            Self::SiteData(data) => &data.key.host,
        }
    }

    /// The cookie, if it is one.
    pub fn cookie(&self) -> Option<&Cookie> {
        match self {
            Self::Cookie(cookie) => Some(cookie),
            Self::DeviceBoundSession(_) | Self::SiteData(_) => None,
        }
    }
}

/// Why an item belongs to the domains that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchedBy {
    /// Its own host is the domain or lies below it.
    Host,
    /// Another host set it while embedded in the domain.
    Partition,
}

/// An item that the query selects.
#[derive(Debug)]
pub struct Match {
    /// What was found.
    pub item: Item,
    /// Why it was selected.
    pub reason: MatchedBy,
    /// The value of a cookie; None unless values were asked for.
    pub value: Option<Result<Shown, ValueError>>,
}

impl Match {
    /// A match without its value.
    pub fn new(item: Item, reason: MatchedBy) -> Self {
        Self {
            item,
            reason,
            value: None,
        }
    }
}
