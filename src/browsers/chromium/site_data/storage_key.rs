//! Storage keys: the origin of an entry, and what it is partitioned under
//! (`third_party/blink/common/storage_key/storage_key.cc`).

use url::Url;

use crate::model::site_data::StorageKey;

/// Reads the text of a key: `https://openai.com/`, which Local Storage writes without
/// the last slash, then parts that begin with `^` and a digit: `0` the site of another
/// top page, `1` and `2` a nonce, `3` a foreign frame in between, `4` to `6` an opaque
/// top page. None for anything but http and https, and for what is not a key: such an
/// entry belongs to nobody.
pub(crate) fn parse(key: &[u8]) -> Option<StorageKey> {
    let key = str::from_utf8(key).ok()?;
    let mut parts = key.split('^');
    let (origin, host) = origin_of(parts.next()?)?;
    let mut top = None;
    for part in parts {
        let mut rest = part.chars();
        match rest.next()? {
            '0' => top = Some(origin_of(rest.as_str())?),
            '1'..='6' => {}
            _ => return None,
        }
    }
    // A frame below a foreign one is partitioned under its own site.
    let (partition, partition_host) = top.unzip();
    Some(StorageKey {
        origin,
        host,
        partition,
        partition_host,
        container: None,
    })
}

/// The text of a key as databases other than Local Storage's LevelDB write it: with a
/// slash behind the origin.
pub(crate) fn with_slash(key: &str) -> String {
    match key.contains('^') || key.ends_with('/') {
        true => key.to_owned(),
        false => format!("{key}/"),
    }
}

/// The same as Local Storage's LevelDB writes it: that of a first party without the slash.
pub(crate) fn without_slash(key: &str) -> &str {
    match key.contains('^') {
        true => key,
        false => key.strip_suffix('/').unwrap_or(key),
    }
}

/// An origin that a site can have, and its host.
fn origin_of(origin: &str) -> Option<(String, String)> {
    let url = Url::parse(origin).ok()?;
    // As the browser writes it, and nothing that only means the same.
    let written = url.as_str();
    let bare = url.origin().ascii_serialization();
    let is_origin = written.strip_suffix('/') == Some(&bare)
        && origin.strip_suffix('/').unwrap_or(origin) == bare;
    match url.scheme() {
        "http" | "https" if is_origin => {
            let host = url.host_str()?.to_owned();
            Some((bare, host))
        }
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
            let parsed = parse(key.as_bytes()).expect(key);
            assert_eq!(parsed.host, host, "{key}");
            assert_eq!(parsed.partition_host.as_deref(), top_host, "{key}");
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
            assert_eq!(parse(key.as_bytes()), None, "{key:?}");
        }
        assert_eq!(parse(b"https://\xff/"), None);
    }

    #[test]
    fn only_first_parties_lose_their_slash() {
        for (with, without) in [
            ("https://openai.com/", "https://openai.com"),
            (
                "https://openai.com/^0https://example.org",
                "https://openai.com/^0https://example.org",
            ),
        ] {
            assert_eq!(without_slash(with), without);
            assert_eq!(with_slash(without), with);
            assert_eq!(with_slash(with), with);
            assert_eq!(parse(with.as_bytes()), parse(without.as_bytes()));
        }
    }
}
