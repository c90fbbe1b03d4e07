//! The folders below `storage/default`: one for each origin
//! (`dom/quota/OriginParser.cpp`, `dom/quota/ActorsParent.cpp`).

use crate::browsers::gecko::origin_attributes::OriginAttributes;

/// Whose a folder is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OriginFolder {
    /// The origin, as a URL has it.
    pub(crate) origin: String,
    /// The host of the origin.
    pub(crate) host: String,
    /// Its partition and its container.
    pub(crate) attributes: OriginAttributes,
}

impl OriginFolder {
    /// Reads a folder's name: `https+++openai.com`, a port as `+8453`, then the suffix
    /// of the origin's attributes, which begins with `^`. In the origin, `+` is written for
    /// what a file name may not have. None for anything but http and https.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (origin, suffix) = match name.find('^') {
            Some(at) => name.split_at(at),
            None => (name, ""),
        };
        let (scheme, rest) = origin.split_once("+++")?;
        if !matches!(scheme, "http" | "https") {
            return None;
        }
        let (host, port) = match rest.strip_prefix('[') {
            // Colons in an IPv6 address are `+` as well.
            Some(address) => {
                let (address, port) = address.split_once(']')?;
                (format!("[{}]", address.replace('+', ":")), port)
            }
            None => {
                let (host, port) = match rest.find('+') {
                    Some(at) => rest.split_at(at),
                    None => (rest, ""),
                };
                (host.to_owned(), port)
            }
        };
        is_port(port)?;
        (!host.is_empty()).then(|| Self {
            origin: format!("{scheme}://{host}{}", port.replace('+', ":")),
            host,
            attributes: OriginAttributes::parse(suffix),
        })
    }
}

/// `+8453`, or nothing.
fn is_port(text: &str) -> Option<()> {
    match text {
        "" => Some(()),
        text => text.strip_prefix('+')?.parse::<u16>().ok().map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_name_host_partition_and_container() {
        let rows = [
            ("https+++openai.com", "openai.com", None, 0),
            ("http+++localhost+8080", "localhost", None, 0),
            ("https+++[++1]+8453", "[::1]", None, 0),
            (
                "https+++chat.openai.com^userContextId=6",
                "chat.openai.com",
                None,
                6,
            ),
            (
                "https+++cf.example.net^partitionKey=%28https%2Copenai.com%29",
                "cf.example.net",
                Some("openai.com"),
                0,
            ),
            (
                "https+++cf.example.net^partitionKey=%28https%2Copenai.com%2Cf%29",
                "cf.example.net",
                Some("openai.com"),
                0,
            ),
        ];
        for (name, host, partition, container) in rows {
            let folder = OriginFolder::parse(name).expect(name);
            assert_eq!(folder.host, host, "{name}");
            assert_eq!(
                folder.origin,
                url::Url::parse(&folder.origin)
                    .unwrap()
                    .origin()
                    .ascii_serialization()
            );
            assert_eq!(
                folder.attributes.partition_host.as_deref(),
                partition,
                "{name}"
            );
            assert_eq!(folder.attributes.user_context_id, container, "{name}");
        }
    }

    #[test]
    fn other_folders_belong_to_nobody() {
        for name in [
            "",
            "moz-extension+++abc",
            "about+home",
            "file++++home+kim",
            "https+++",
            "https+++openai.com+port",
            "https+++openai.com+99999",
            "https+++[++1",
            "chrome",
        ] {
            assert_eq!(OriginFolder::parse(name), None, "{name}");
        }
    }
}
