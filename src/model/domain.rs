//! What the person asked for, and which hosts belong to it. No I/O.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// A host for which cookies are looked for: it and, unless it is an address or
/// a single label, every host below it.
///
/// The text is in the form in which browsers store hosts: lower case, IDN as
/// punycode, IPv6 in brackets, neither a leading nor a trailing dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    host: String,
    /// Addresses and single labels have no hosts below them.
    has_subdomains: bool,
}

/// Why a text is not taken as a domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// The text is empty.
    #[error("the domain is empty")]
    Empty,
    /// It has a `*`.
    #[error(
        "\"{0}\": wildcards are not needed; openai.com means that host and every host below it"
    )]
    Wildcard(String),
    /// It is a public suffix, such as `co.jp`.
    #[error(
        "\"{0}\" is shared by many sites (a public suffix); name one of them, such as example.{0}"
    )]
    PublicSuffix(String),
    /// It has no dot.
    #[error(
        "\"{0}\" is a word, not a domain; write the whole domain, such as {0}.com \
         (or http://{0}/ for a host of your own network)"
    )]
    BareWord(String),
    /// It is not a host name.
    #[error("\"{0}\" is not a host name")]
    NotAHost(String),
    /// It is an address of another scheme than http and https.
    #[error("\"{0}\": only addresses with http:// or https:// have cookies")]
    Scheme(String),
}

impl Domain {
    /// Takes what a person types or pastes: a host in any case, with a leading or
    /// trailing dot, with a port, a URL, an IDN in either spelling, an address.
    ///
    /// # Errors
    /// When it names no single site: see [`DomainError`].
    pub fn parse(input: &str) -> Result<Self, DomainError> {
        let text = input.trim();
        if text.is_empty() {
            return Err(DomainError::Empty);
        }
        let no_host = || DomainError::NotAHost(text.to_owned());
        // The parser would leave out tabs and line feeds.
        if text.contains(char::is_control) {
            return Err(no_host());
        }
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Self::address(IpAddr::V6(address)));
        }

        let is_url = text.contains("://");
        let url = if is_url {
            Url::parse(text).map_err(|_| no_host())?
        } else {
            let bare = text.strip_prefix('.').unwrap_or(text);
            if bare.contains('*') {
                return Err(DomainError::Wildcard(text.to_owned()));
            }
            // The parser would take what stands before an @ for a user name.
            if bare.contains('@') || bare.starts_with(['/', '\\', '?', '#', ':']) {
                return Err(no_host());
            }
            Url::parse(&format!("http://{bare}")).map_err(|_| no_host())?
        };
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
            return Err(DomainError::Scheme(text.to_owned()));
        }
        match url.host().ok_or_else(no_host)? {
            Host::Ipv6(address) => Ok(Self::address(IpAddr::V6(address))),
            Host::Ipv4(address) => {
                // The URL standard reads "1020" as 0.0.3.252; nobody means that.
                if is_url || text.contains(&address.to_string()) {
                    Ok(Self::address(IpAddr::V4(address)))
                } else {
                    Err(no_host())
                }
            }
            Host::Domain(name) => Self::name(name, text, is_url),
        }
    }

    fn name(name: &str, text: &str, is_url: bool) -> Result<Self, DomainError> {
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.len() > 253
            || name.split('.').any(|label| {
                label.is_empty()
                    || label.len() > 63
                    || label.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            })
        {
            return Err(DomainError::NotAHost(text.to_owned()));
        }
        if !name.contains('.') {
            let known_suffix = psl::suffix(name.as_bytes()).is_some_and(|s| s.is_known());
            if known_suffix {
                return Err(DomainError::PublicSuffix(name.to_owned()));
            }
            if name != "localhost" && !is_url {
                return Err(DomainError::BareWord(name.to_owned()));
            }
            return Ok(Self {
                host: name.to_owned(),
                has_subdomains: false,
            });
        }
        if psl::domain_str(name).is_none() {
            return Err(DomainError::PublicSuffix(name.to_owned()));
        }
        Ok(Self {
            host: name.to_owned(),
            has_subdomains: true,
        })
    }

    fn address(address: IpAddr) -> Self {
        let host = match address {
            IpAddr::V4(v4) => v4.to_string(),
            // As the URL standard writes it, which is not as Rust does.
            IpAddr::V6(v6) => Host::<&str>::Ipv6(v6).to_string(),
        };
        Self {
            host,
            has_subdomains: false,
        }
    }

    /// The host as browsers store it.
    pub fn as_str(&self) -> &str {
        &self.host
    }

    /// Whether a cookie of `host` (as stored: with a leading dot for a domain
    /// cookie) belongs to this domain. `exact` leaves out the hosts below it.
    pub fn owns(&self, host: &[u8], exact: bool) -> bool {
        let host = host.strip_prefix(b".").unwrap_or(host);
        let own = self.host.as_bytes();
        host == own || (!exact && self.has_subdomains && is_below(host, own))
    }

    /// Whether a browser sends a cookie of `host` to this domain too, although it
    /// belongs to a host above it: `.openai.com` and `chat.openai.com`.
    pub fn is_sent(&self, host: &[u8]) -> bool {
        self.has_subdomains
            && host
                .strip_prefix(b".")
                .is_some_and(|parent| !parent.is_empty() && is_below(self.host.as_bytes(), parent))
    }
}

/// Whether `host` is `parent` with at least one label before it.
fn is_below(host: &[u8], parent: &[u8]) -> bool {
    host.len() > parent.len() + 1 && {
        let (labels, end) = host.split_at(host.len() - parent.len());
        labels.ends_with(b".") && end == parent
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)
    }
}

/// The site (eTLD+1, by the public suffix list with its private section) that a
/// stored host belongs to; the host itself where it has none (an address, a
/// single label, a public suffix).
pub(crate) fn site_of(host: &str) -> &str {
    let host = host.strip_prefix('.').unwrap_or(host);
    let is_address = host.parse::<Ipv4Addr>().is_ok() || host.starts_with('[');
    // The list would leave out empty labels: `openai.com.` is another host than `openai.com`.
    if is_address || host.split('.').any(str::is_empty) {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

/// Whether one may be a misspelling of the other: they differ by a typing error, long
/// ones by two.
pub(crate) fn is_similar(one: &str, other: &str) -> bool {
    const LONG: usize = 8;
    let most = if one.len() < LONG { 1 } else { 2 };
    one != other && strsim::damerau_levenshtein(one, other) <= most
}

#[cfg(test)]
mod tests;
