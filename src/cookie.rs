//! One vocabulary for the cookies of both browser families. No I/O.

use glob::Pattern;
use jiff::Timestamp;

use crate::domain::Domain;
use crate::login;
use crate::value::StoredValue;

/// A stored cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// As stored: a leading dot marks a domain cookie, none a host-only one.
    pub host: String,
    pub name: String,
    pub path: String,
    /// The site under which the cookie is partitioned (CHIPS, Firefox's total
    /// cookie protection), as an origin: `https://openai.com`.
    pub partition: Option<String>,
    /// The Firefox container, by the name that Firefox shows.
    pub container: Option<String>,
    /// None for a session cookie.
    pub expires: Option<Timestamp>,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: SameSite,
    pub matched_by: MatchedBy,
    /// None where [`Query::with_values`] did not ask for it, or there is none.
    pub value: Option<StoredValue>,
}

impl Cookie {
    /// Whether it ends with the browser session.
    pub fn is_session(&self) -> bool {
        self.expires.is_none()
    }

    /// Whether it is a login, or looks like one.
    pub fn is_login(&self) -> bool {
        login::is_login(&self.host, &self.name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    None,
    Lax,
    Strict,
    Unspecified,
}

/// Why a cookie belongs to what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchedBy {
    /// Its own host is the domain or lies below it.
    Host,
    /// Another host set it while embedded in the domain.
    Partition,
}

/// Which cookies are meant.
#[derive(Debug, Clone)]
pub struct Query {
    pub domains: Vec<Domain>,
    /// Only the named hosts, neither their subdomains nor what other hosts set
    /// while embedded in them.
    pub exact: bool,
    /// Also the cookies that other hosts set while embedded in these domains.
    pub partitioned: bool,
    /// When there are any, only cookies with a name that one of them matches.
    pub names: Vec<Pattern>,
    /// Cookies with a name that one of them matches stay.
    pub keep: Vec<Pattern>,
    /// What is a login, or looks like one, stays.
    pub keep_login: bool,
    /// When there are any, only cookies in these containers of Firefox; None is outside
    /// of all.
    pub containers: Vec<Option<String>>,
    /// Sites whose cookies are not meant, but of which it is told that there are some.
    /// Only the first 32 are looked for.
    pub related: Vec<Domain>,
    /// Whether their values are read, which a deletion never needs.
    pub with_values: bool,
}

impl Query {
    /// Everything of these domains.
    pub fn all_of(domains: Vec<Domain>) -> Self {
        Self {
            domains,
            exact: false,
            partitioned: true,
            names: Vec::new(),
            keep: Vec::new(),
            keep_login: false,
            containers: Vec::new(),
            related: Vec::new(),
            with_values: false,
        }
    }

    /// Whose a cookie is, by its stored host and the host of the site under which
    /// it is partitioned, if it is. Names are not looked at here.
    pub fn whose(&self, host: &[u8], partition_host: Option<&str>) -> Option<MatchedBy> {
        if self.domains.iter().any(|d| d.owns(host, self.exact)) {
            return Some(MatchedBy::Host);
        }
        let partition = partition_host.filter(|_| self.partitioned && !self.exact)?;
        self.domains
            .iter()
            .any(|d| d.owns(partition.as_bytes(), false))
            .then_some(MatchedBy::Partition)
    }

    /// Whether a cookie of one of the domains is meant, by its name and its container.
    pub fn wants(&self, cookie: &Cookie) -> bool {
        (self.names.is_empty() || self.names.iter().any(|p| p.matches(&cookie.name)))
            && !self.keep.iter().any(|p| p.matches(&cookie.name))
            && (self.containers.is_empty() || self.containers.contains(&cookie.container))
            && !(self.keep_login && cookie.is_login())
    }

    /// Whether everything of the domains is meant, so that what stands for a whole site
    /// is meant too.
    pub fn is_of_whole_sites(&self) -> bool {
        !self.exact
            && self.names.is_empty()
            && self.keep.is_empty()
            && !self.keep_login
            && self.containers.is_empty()
    }

    /// Whether a site owns what it set itself, and yet lies partitioned under another.
    pub fn is_elsewhere(&self, matched_by: MatchedBy, partition_host: Option<&str>) -> bool {
        let own = |host: &str| self.domains.iter().any(|d| d.owns(host.as_bytes(), false));
        matched_by == MatchedBy::Host && partition_host.is_some_and(|host| !own(host))
    }

    /// Which of [`Query::related`] a host belongs to, as a set of bits.
    pub fn related_to(&self, host: &[u8]) -> u32 {
        let related = self.related.iter().take(u32::BITS as usize);
        related
            .enumerate()
            .filter(|(_, site)| site.owns(host, false))
            .fold(0, |bits, (index, _)| bits | 1 << index)
    }

    /// The sites that such a set of bits names.
    pub fn related_of(&self, bits: u32) -> Vec<String> {
        let sites = self.related.iter().take(u32::BITS as usize).enumerate();
        let named = sites.filter(|(index, _)| bits >> index & 1 == 1);
        named.map(|(_, site)| site.to_string()).collect()
    }

    /// Whether a cookie that is not meant is still sent to one of the domains.
    pub fn is_sent(&self, host: &[u8]) -> bool {
        self.domains.iter().any(|d| d.is_sent(host))
    }
}
