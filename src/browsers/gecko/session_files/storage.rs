//! The sessionStorage of a tab in a session file: a member of its `storage`, for each origin
//! (`toolkit/components/sessionstore/SessionStoreUtils.cpp`).

use std::collections::BTreeMap;

use url::Url;

use super::super::containers::Containers;
use super::super::origin_attributes::OriginAttributes;
use crate::formats::json;
use crate::model::site_data::{Amount, DataKind, SiteData, StorageKey};

/// What a tab holds for one origin.
#[derive(Debug)]
pub(super) struct TabStorage {
    /// The origin and the suffix of its attributes: `https://openai.com^userContextId=2`.
    pub origin: String,
    amount: Amount,
}

impl TabStorage {
    /// None for what is not a member whose value is an object.
    pub(super) fn parse(member: &str) -> Option<Self> {
        let member = member.trim();
        if !member.starts_with('"') {
            return None;
        }
        let end = json::end_of_string(member.as_bytes(), 0);
        let (key, rest) = member.split_at_checked(end)?;
        let items = rest.trim_start().strip_prefix(':')?.trim();
        if !items.starts_with('{') {
            return None;
        }
        let mut entries = 0;
        json::members(items, |_, _| entries += 1).ok()?;
        Some(Self {
            origin: json::text(key)?,
            amount: Amount {
                entries,
                bytes: items.len() as u64,
            },
        })
    }

    /// What it is; None for an origin that is not a site's.
    pub(super) fn shown(&self, containers: &Containers) -> Option<SiteData> {
        let (origin, suffix) = match self.origin.find('^') {
            Some(at) => self.origin.split_at(at),
            None => (&*self.origin, ""),
        };
        let url = Url::parse(origin).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let attributes = OriginAttributes::parse(suffix);
        Some(SiteData {
            key: StorageKey {
                origin: url.origin().ascii_serialization(),
                host: url.host_str()?.to_owned(),
                partition: attributes.partition,
                partition_host: attributes.partition_host,
                container: containers.name(attributes.user_context_id),
            },
            contents: BTreeMap::from([(DataKind::SessionStorage, self.amount)]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_name_their_origin() {
        let containers = Containers::of(std::path::Path::new("/nowhere"));
        let member = r#" "https://cf.example.net:8443^userContextId=2&partitionKey=%28https%2Copenai.com%29" : {"a":"1","b":"2"} "#;
        let storage = TabStorage::parse(member).unwrap();
        let shown = storage.shown(&containers).unwrap();
        assert_eq!(shown.key.origin, "https://cf.example.net:8443");
        assert_eq!(shown.key.partition_host.as_deref(), Some("openai.com"));
        assert_eq!(shown.key.container.as_deref(), Some("Container 2"));
        assert_eq!(shown.contents[&DataKind::SessionStorage].entries, 2);
        for other in [
            "",
            "1",
            r#""https://openai.com""#,
            r#""https://openai.com":1"#,
            r#""https://openai.com":["a"]"#,
        ] {
            assert!(TabStorage::parse(other).is_none(), "{other}");
        }
        for origin in ["moz-extension://abc", "about:home", "selectedIndex"] {
            let storage = TabStorage::parse(&format!("\"{origin}\":{{}}")).unwrap();
            assert!(storage.shown(&containers).is_none(), "{origin}");
        }
    }
}
