//! What Firefox keeps a cookie apart by: the column `originAttributes`, and the object
//! of that name in session files.
//!
//! `''`, or `^` and URL-encoded `key=value` joined by `&`
//! (`caps/OriginAttributes.cpp` in Firefox's source).

use std::borrow::Cow;
use std::collections::BTreeMap;

use url::form_urlencoded;

/// The attributes that matter here; unknown ones are passed over.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OriginAttributes {
    /// The container; 0 is none.
    pub user_context_id: u32,
    /// Under which site it is partitioned, as an origin (`https://openai.com`).
    pub partition: Option<String>,
    /// That site's host.
    pub partition_host: Option<String>,
}

/// Whether this attribute matters here.
pub(super) fn is_known(key: &str) -> bool {
    matches!(key, "userContextId" | "partitionKey" | "firstPartyDomain")
}

impl OriginAttributes {
    pub(super) fn parse(suffix: &str) -> Self {
        let pairs = suffix.strip_prefix('^').unwrap_or(suffix);
        Self::of(form_urlencoded::parse(pairs.as_bytes()))
    }

    /// As session files have them: an object, whose members these are.
    pub(super) fn of_pairs(pairs: &BTreeMap<String, String>) -> Self {
        let borrowed = |(key, value)| (Cow::from(key), Cow::from(value));
        Self::of(pairs.iter().map(borrowed))
    }

    fn of<'a>(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Self {
        let mut attributes = Self::default();
        for (key, value) in pairs {
            match &*key {
                "userContextId" => attributes.user_context_id = value.parse().unwrap_or(0),
                "partitionKey" => attributes.set_partition(value),
                // First-party isolation, the forerunner; it has no scheme.
                "firstPartyDomain" if attributes.partition.is_none() => {
                    if value.starts_with('(') {
                        attributes.set_partition(value);
                    } else {
                        attributes.partition_host = Some(value.clone().into_owned());
                        attributes.partition = Some(value.into_owned());
                    }
                }
                _ => {}
            }
        }
        attributes
    }

    /// `(scheme,host[,port][,f])`; what is not of this form is shown as it is, and
    /// belongs to no site.
    fn set_partition(&mut self, key: Cow<'_, str>) {
        let inner = key.strip_prefix('(').and_then(|k| k.strip_suffix(')'));
        let mut parts = inner.unwrap_or_default().split(',');
        let (Some(scheme), Some(host)) = (parts.next(), parts.next()) else {
            self.partition = Some(key.into_owned());
            // Of a partition that was named before this one.
            self.partition_host = None;
            return;
        };
        let port = parts.next().filter(|port| port.parse::<u16>().is_ok());
        self.partition = Some(match port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        });
        self.partition_host = Some(host.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_firefox_writes_is_understood() {
        let rows = [
            ("", 0, None, None),
            ("^userContextId=2", 2, None, None),
            (
                "^partitionKey=%28https%2Copenai.com%29",
                0,
                Some("https://openai.com"),
                Some("openai.com"),
            ),
            (
                "^userContextId=3&partitionKey=%28https%2Copenai.com%2C8443%29",
                3,
                Some("https://openai.com:8443"),
                Some("openai.com"),
            ),
            (
                "^partitionKey=%28https%2Copenai.com%2Cf%29",
                0,
                Some("https://openai.com"),
                Some("openai.com"),
            ),
            (
                "^partitionKey=%28http%2C%5B%3A%3A1%5D%2C8080%2Cf%29",
                0,
                Some("http://[::1]:8080"),
                Some("[::1]"),
            ),
            (
                "^firstPartyDomain=openai.com",
                0,
                Some("openai.com"),
                Some("openai.com"),
            ),
            ("^partitionKey=rubbish", 0, Some("rubbish"), None),
            (
                "^partitionKey=%28https%2Copenai.com%29&partitionKey=rubbish",
                0,
                Some("rubbish"),
                None,
            ),
            (
                "^firstPartyDomain=openai.com&partitionKey=rubbish",
                0,
                Some("rubbish"),
                None,
            ),
            ("^userContextId=rubbish&tomorrow=1", 0, None, None),
        ];
        for (suffix, container, partition, host) in rows {
            let parsed = OriginAttributes::parse(suffix);
            assert_eq!(parsed.user_context_id, container, "{suffix}");
            assert_eq!(parsed.partition.as_deref(), partition, "{suffix}");
            assert_eq!(parsed.partition_host.as_deref(), host, "{suffix}");
        }
    }
}
