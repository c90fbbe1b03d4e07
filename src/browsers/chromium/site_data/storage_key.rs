//! Storage keys: the origin of an entry, and what it is partitioned under
//! (`third_party/blink/common/storage_key/storage_key.cc`).

use url::Url;

/// Whose an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StorageKey {
    /// The host of its origin.
    pub(crate) host: String,
    /// The host of the site that it is partitioned under; None for an entry of a first
    /// party, and where the top site is not known (a nonce, an opaque origin).
    pub(crate) top_host: Option<String>,
}

impl StorageKey {
    /// Reads the text of a key: `https://openai.com/`, which Local Storage writes without
    /// the last slash, then parts that begin with `^` and a digit: `0` the site of another
    /// top page, `1` and `2` a nonce, `3` a foreign frame in between, `4` to `6` an opaque
    /// top page. None for anything but http and https, and for what is not a key: such an
    /// entry belongs to nobody.
    pub(crate) fn parse(key: &[u8]) -> Option<Self> {
        let key = str::from_utf8(key).ok()?;
        let mut parts = key.split('^');
        let host = host_of(parts.next()?)?;
        let mut top_host = None;
        for part in parts {
            let mut rest = part.chars();
            match rest.next()? {
                '0' => top_host = Some(host_of(rest.as_str())?),
                '1'..='6' => {}
                _ => return None,
            }
        }
        // A frame below a foreign one is partitioned under its own site.
        Some(Self { host, top_host })
    }
}

/// The host of an origin that a site can have.
fn host_of(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    // As the browser writes it, and nothing that only means the same.
    let written = url.as_str();
    let bare = url.origin().ascii_serialization();
    let is_origin = written.strip_suffix('/') == Some(&bare)
        && origin.strip_suffix('/').unwrap_or(origin) == bare;
    match url.scheme() {
        "http" | "https" if is_origin => Some(url.host_str()?.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_their_host_and_their_top_site() {
        let rows = [
            ("https://openai.com/", "openai.com", None),
            ("https://openai.com", "openai.com", None),
            ("https://chat.openai.com:8443/", "chat.openai.com", None),
            ("http://[::1]:8080/", "[::1]", None),
            (
                "https://xn--bcher-kva.example/",
                "xn--bcher-kva.example",
                None,
            ),
            (
                "https://openai.com/^0https://example.org",
                "openai.com",
                Some("example.org"),
            ),
            ("https://openai.com/^31", "openai.com", None),
            ("https://openai.com/^1123^2456", "openai.com", None),
            ("https://openai.com/^41^52^63", "openai.com", None),
        ];
        for (key, host, top_host) in rows {
            let parsed = StorageKey::parse(key.as_bytes()).expect(key);
            assert_eq!(parsed.host, host, "{key}");
            assert_eq!(parsed.top_host.as_deref(), top_host, "{key}");
        }
    }

    #[test]
    fn what_is_no_key_of_a_site_belongs_to_nobody() {
        for key in [
            "",
            "openai.com",
            "chrome-extension://abc/",
            "file:///",
            "https://openai.com/path",
            "https://openai.com/?q",
            "HTTPS://openai.com/",
            "https://openai.com:443/",
            "https://user@openai.com/",
            "https://openai.com/^7x",
            "https://openai.com/^",
            "https://openai.com/^0nonsense",
            "\u{0}https://openai.com/",
        ] {
            assert_eq!(StorageKey::parse(key.as_bytes()), None, "{key:?}");
        }
        assert_eq!(StorageKey::parse(b"https://\xff/"), None);
    }
}
