//! Names that lead to an entry's owner: folders of origins, the keys of the LevelDBs, and
//! the files of service worker scripts.

use sha1::{Digest, Sha1};

use super::storage_key::StorageKey;

/// The host in an origin's identifier, which names folders: `https_openai.com_0`, with the
/// port at the end and `_` for `:` in an IPv6 address (`storage/common/database/
/// database_identifier.cc`). None for other schemes, and for what is not one.
pub(crate) fn host_of_identifier(identifier: &str) -> Option<String> {
    let (scheme, rest) = identifier.split_once('_')?;
    let (host, port) = rest.rsplit_once('_')?;
    let is_port = port.parse::<u16>().is_ok();
    if !matches!(scheme, "http" | "https") || !is_port || host.is_empty() {
        return None;
    }
    Some(match host.starts_with('[') {
        true => host.replace('_', ":"),
        false => host.to_owned(),
    })
}

/// The storage key in a key of `Local Storage/leveldb`: `META:<key>`,
/// `METAACCESS:<key>`, and `_<key>`, a zero, and the script's key
/// (`components/services/storage/dom_storage/local_storage_impl.cc`).
pub(crate) fn in_local_storage(key: &[u8]) -> Option<StorageKey> {
    for prefix in [&b"META:"[..], b"METAACCESS:"] {
        if let Some(rest) = key.strip_prefix(prefix) {
            return StorageKey::parse(rest);
        }
    }
    let rest = key.strip_prefix(b"_")?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    StorageKey::parse(&rest[..end])
}

/// What a key of `Session Storage` is (`session_storage_metadata.cc`).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InSessionStorage {
    /// `namespace-<guid>-<key>`: its value is the number of a map.
    Namespace(StorageKey),
    /// `map-<number>-<script key>`.
    Map(u64),
    /// Another, such as the version.
    Other,
}

/// Reads a key of `Session Storage`.
pub(crate) fn in_session_storage(key: &[u8]) -> InSessionStorage {
    /// Of a guid, with its `_` instead of `-`.
    const GUID: usize = 36;
    if let Some(rest) = key.strip_prefix(b"map-") {
        let number = rest.split(|byte| *byte == b'-').next();
        let number = number.and_then(|n| str::from_utf8(n).ok()?.parse().ok());
        return number.map_or(InSessionStorage::Other, InSessionStorage::Map);
    }
    let storage_key = key.strip_prefix(b"namespace-").and_then(|rest| {
        let (guid, rest) = rest.split_at_checked(GUID)?;
        let is_guid = guid.iter().all(|b| b.is_ascii_hexdigit() || *b == b'_');
        StorageKey::parse(rest.strip_prefix(b"-")?).filter(|_| is_guid)
    });
    storage_key.map_or(InSessionStorage::Other, InSessionStorage::Namespace)
}

/// What a key of `Service Worker/Database` is
/// (`components/services/storage/service_worker/service_worker_database.cc`).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InServiceWorkers {
    /// Of one storage key: a registration, or that there are some.
    Of(StorageKey),
    /// `REGID_TO_ORIGIN:<id>`, `REG_USER_DATA:<id>…` and
    /// `REG_HAS_USER_DATA:<name>…<id>`: of one registration, by its id.
    Registration(u64),
    /// `RES:<id>…`: of one version of a worker, by its id.
    Version(u64),
    /// Another, such as a counter.
    Other,
}

/// Reads a key of `Service Worker/Database`.
pub(crate) fn in_service_workers(key: &[u8]) -> InServiceWorkers {
    let after = |prefix: &str| key.strip_prefix(prefix.as_bytes());
    let until_zero = |rest: &[u8]| rest.iter().position(|b| *b == 0).unwrap_or(rest.len());
    let number = |digits: &[u8]| str::from_utf8(digits).ok()?.parse().ok();
    let first = |rest: &[u8]| number(&rest[..until_zero(rest)]);
    let last = |rest: &[u8]| number(rest.rsplit(|byte| *byte == 0).next()?);
    let found = if let Some(rest) = after("REG:") {
        StorageKey::parse(&rest[..until_zero(rest)]).map(InServiceWorkers::Of)
    } else if let Some(rest) = after("INITDATA_UNIQUE_ORIGIN:") {
        StorageKey::parse(rest).map(InServiceWorkers::Of)
    } else if let Some(rest) = after("REGID_TO_ORIGIN:").or_else(|| after("REG_USER_DATA:")) {
        first(rest).map(InServiceWorkers::Registration)
    } else if let Some(rest) = after("REG_HAS_USER_DATA:") {
        last(rest).map(InServiceWorkers::Registration)
    } else if let Some(rest) = after("RES:") {
        first(rest).map(InServiceWorkers::Version)
    } else {
        None
    };
    found.unwrap_or(InServiceWorkers::Other)
}

/// The host in a key of `File System/Origins`: `ORIGIN:https_openai.com_0`.
pub(crate) fn in_file_system_origins(key: &[u8]) -> Option<String> {
    let identifier = key.strip_prefix(b"ORIGIN:")?;
    host_of_identifier(str::from_utf8(identifier).ok()?)
}

/// What the files of a script in `Service Worker/ScriptCache` begin with, by its resource
/// id: the first 8 bytes of SHA-1 of the id's digits, the lowest byte first
/// (`net/disk_cache/simple/simple_util.cc`).
pub(crate) fn script_file(resource: u64) -> String {
    let hash = Sha1::digest(resource.to_string());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    format!("{:016x}_", u64::from_le_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> StorageKey {
        StorageKey::parse(text.as_bytes()).expect("a key")
    }

    #[test]
    fn folders_of_origins_name_their_host() {
        let rows = [
            ("https_openai.com_0", Some("openai.com")),
            ("https_openai.com_8453", Some("openai.com")),
            ("http_localhost_0", Some("localhost")),
            ("https_[__1]_0", Some("[::1]")),
            ("https_a_b.example_0", Some("a_b.example")),
            (
                "https_xn--bcher-kva.example_0",
                Some("xn--bcher-kva.example"),
            ),
            ("chrome-extension_abcdef_0", None),
            ("file__0", None),
            ("https__0", None),
            ("https_openai.com", None),
            ("https_openai.com_x", None),
            ("", None),
        ];
        for (identifier, host) in rows {
            assert_eq!(
                host_of_identifier(identifier).as_deref(),
                host,
                "{identifier}"
            );
        }
        let host = in_file_system_origins(b"ORIGIN:https_openai.com_0");
        assert_eq!(host.as_deref(), Some("openai.com"));
        assert_eq!(in_file_system_origins(b"LAST_PATH"), None);
    }

    #[test]
    fn keys_of_local_storage_name_their_origin() {
        let partitioned = "https://openai.com/^0https://example.org";
        let rows: [(&[u8], Option<StorageKey>); 7] = [
            (b"META:https://openai.com", Some(key("https://openai.com"))),
            (
                b"METAACCESS:https://openai.com",
                Some(key("https://openai.com")),
            ),
            (
                b"_https://openai.com\0\x01token",
                Some(key("https://openai.com")),
            ),
            (
                &[b"_", partitioned.as_bytes(), b"\0\x01t"].concat(),
                Some(key(partitioned)),
            ),
            (b"_chrome-extension://abc\0\x01t", None),
            (b"_https://openai.com", None),
            (b"VERSION", None),
        ];
        for (stored, wanted) in rows {
            assert_eq!(
                in_local_storage(stored),
                wanted,
                "{}",
                stored.escape_ascii()
            );
        }
    }

    #[test]
    fn keys_of_session_storage_are_told_apart() {
        let namespace = b"namespace-01234567_89ab_cdef_0123_456789abcdef-https://openai.com/";
        let wanted = InSessionStorage::Namespace(key("https://openai.com/"));
        assert_eq!(in_session_storage(namespace), wanted);
        assert_eq!(
            in_session_storage(b"map-17-\x01key"),
            InSessionStorage::Map(17)
        );
        for other in [
            &b"version"[..],
            b"next-map-id",
            b"map-x-",
            b"namespace-short-x",
            b"",
        ] {
            assert_eq!(in_session_storage(other), InSessionStorage::Other);
        }
    }

    #[test]
    fn keys_of_service_workers_are_told_apart() {
        let of = || InServiceWorkers::Of(key("https://openai.com/"));
        let rows: [(&[u8], InServiceWorkers); 10] = [
            (b"REG:https://openai.com/\x0012", of()),
            (b"INITDATA_UNIQUE_ORIGIN:https://openai.com/", of()),
            (b"REGID_TO_ORIGIN:12", InServiceWorkers::Registration(12)),
            (
                b"REG_USER_DATA:12\0push",
                InServiceWorkers::Registration(12),
            ),
            (
                b"REG_HAS_USER_DATA:push\x0012",
                InServiceWorkers::Registration(12),
            ),
            (b"RES:5\x0077", InServiceWorkers::Version(5)),
            (b"INITDATA_NEXT_REGISTRATION_ID", InServiceWorkers::Other),
            (b"PRES:77", InServiceWorkers::Other),
            (b"RES:x", InServiceWorkers::Other),
            (b"REG:chrome-extension://abc/\x001", InServiceWorkers::Other),
        ];
        for (stored, wanted) in rows {
            assert_eq!(
                in_service_workers(stored),
                wanted,
                "{}",
                stored.escape_ascii()
            );
        }
    }

    /// By `sha1sum`: the digest of `1` begins with 356a192b7913b04c.
    #[test]
    fn script_files_are_named_after_their_resource() {
        assert_eq!(script_file(1), "4cb013792b196a35_");
    }
}
