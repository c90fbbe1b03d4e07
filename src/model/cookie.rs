//! One vocabulary for the cookies of both browser families. No I/O.

use jiff::Timestamp;

use crate::model::login;
use crate::model::value::StoredValue;

/// A stored cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// As stored: a leading dot marks a domain cookie, none a host-only one.
    pub host: String,
    /// The name.
    pub name: String,
    /// The path.
    pub path: String,
    /// The site under which the cookie is partitioned (CHIPS, Firefox's total
    /// cookie protection), as an origin: `https://openai.com`.
    pub partition: Option<String>,
    /// The Firefox container, by the name that Firefox shows.
    pub container: Option<String>,
    /// None for a session cookie.
    pub expires: Option<Timestamp>,
    /// Whether it is sent over https only.
    pub secure: bool,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// Whether other sites may send it.
    pub same_site: SameSite,
    /// None where [`with_values`](super::query::Query::with_values) did not ask for it, or there is none.
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

/// The attribute `SameSite`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// Sent with every request.
    None,
    /// Sent with requests of its own site, and when a link leads there.
    Lax,
    /// Sent with requests of its own site only.
    Strict,
    /// The site did not say, or the browser did not store it.
    Unspecified,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A cookie of openai.com.
    pub(crate) fn cookie(name: &str, container: Option<&str>) -> Cookie {
        Cookie {
            host: ".openai.com".into(),
            name: name.into(),
            path: "/".into(),
            partition: None,
            container: container.map(Into::into),
            expires: None,
            secure: true,
            http_only: true,
            same_site: SameSite::Lax,
            value: None,
        }
    }

    #[test]
    fn session_cookies_are_those_without_an_end() {
        let mut cookie = cookie("a", None);
        assert!(cookie.is_session());
        cookie.expires = Some(Timestamp::UNIX_EPOCH);
        assert!(!cookie.is_session());
    }
}
