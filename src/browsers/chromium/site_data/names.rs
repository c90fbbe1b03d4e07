//! Names that lead to an entry's owner: folders of origins, the keys of the LevelDBs, and
//! the files of service worker scripts.

use sha1::{Digest, Sha1};

use super::storage_key;
use crate::model::site_data::StorageKey;

/// The storage key that an origin's identifier stands for, which names folders:
/// `https_openai.com_0`, with the port at the end and `_` for `:` in an IPv6 address
/// (`storage/common/database/database_identifier.cc`). None for other schemes, and for what
/// is not one.
pub(crate) fn key_of_identifier(identifier: &str) -> Option<StorageKey> {
    let (scheme, rest) = identifier.split_once('_')?;
    let (host, port) = rest.rsplit_once('_')?;
    // What follows that sign in a key is not a part of its origin.
    if !matches!(scheme, "http" | "https") || host.contains('^') {
        return None;
    }
    let host = match host.starts_with('[') {
        true => host.replace('_', ":"),
        false => host.to_owned(),
    };
    let port = match port.parse::<u16>().ok()? {
        0 => String::new(),
        port => format!(":{port}"),
    };
    storage_key::parse(format!("{scheme}://{host}{port}/").as_bytes())
}

/// The identifier of the origin of a first party; None for a key that is partitioned.
pub(crate) fn identifier_of(key: &str) -> Option<String> {
    let origin = key.strip_suffix('/').filter(|key| !key.contains('^'))?;
    let (scheme, rest) = origin.split_once("://")?;
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port),
        _ => (rest, "0"),
    };
    Some(format!("{scheme}_{}_{port}", host.replace(':', "_")))
}

/// The folder of an origin's caches, by its identifier: SHA-1 in hexadecimal
/// (`content/browser/cache_storage/cache_storage_manager.cc`).
pub(crate) fn cache_folder(identifier: &str) -> String {
    let hash = Sha1::digest(identifier);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a key of a LevelDB is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named<'k> {
    /// Of the storage key with this text.
    Key(&'k [u8]),
    /// Of the origin with this identifier.
    Identifier(&'k str),
    /// Of something that another key leads to, by its number.
    Number(Numbered, u64),
    /// Of nobody, such as a version.
    Nobody,
}

/// What has a number in a LevelDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Numbered {
    /// The items of a sessionStorage.
    Map,
    /// The registration of a service worker.
    Registration,
    /// A version of one.
    Version,
}

/// A key of `Local Storage/leveldb`: `META:<key>`, `METAACCESS:<key>`, and `_<key>`, a
/// zero, and the script's key
/// (`components/services/storage/dom_storage/local_storage_impl.cc`).
pub(crate) fn in_local_storage(key: &[u8]) -> Named<'_> {
    for prefix in [&b"META:"[..], b"METAACCESS:"] {
        if let Some(rest) = key.strip_prefix(prefix) {
            return Named::Key(rest);
        }
    }
    let item = key.strip_prefix(b"_");
    match item.and_then(|rest| rest.split_at_checked(rest.iter().position(|b| *b == 0)?)) {
        Some((key, _)) => Named::Key(key),
        None => Named::Nobody,
    }
}

/// The session and the storage key in `namespace-<guid>-<key>`, a key of `Session Storage`
/// whose value is the number of a map (`session_storage_metadata.cc`).
pub(crate) fn namespace(key: &[u8]) -> Option<(&str, &[u8])> {
    /// Of a guid, with its `_` instead of `-`.
    const GUID: usize = 36;
    let (guid, rest) = key.strip_prefix(b"namespace-")?.split_at_checked(GUID)?;
    let is_guid = guid.iter().all(|b| b.is_ascii_hexdigit() || *b == b'_');
    let guid = str::from_utf8(guid).ok().filter(|_| is_guid)?;
    Some((guid, rest.strip_prefix(b"-")?))
}

/// A key of `Session Storage`: as [`namespace`], or `map-<number>-<script key>`.
pub(crate) fn in_session_storage(key: &[u8]) -> Named<'_> {
    if let Some((number, _)) = item_of_map(key) {
        return Named::Number(Numbered::Map, number);
    }
    namespace(key).map_or(Named::Nobody, |(_, key)| Named::Key(key))
}

/// The map and the script's key in `map-<number>-<script key>`.
pub(crate) fn item_of_map(key: &[u8]) -> Option<(u64, &[u8])> {
    let rest = key.strip_prefix(b"map-")?;
    let (number, item) = rest.split_at_checked(rest.iter().position(|b| *b == b'-')?)?;
    Some((number_of(number)?, &item[1..]))
}

/// A key of `Service Worker/Database`: of one storage key (`REG:<key>`, a zero and an id;
/// `INITDATA_UNIQUE_ORIGIN:<key>`), of one registration (`REGID_TO_ORIGIN:<id>`,
/// `REG_USER_DATA:<id>…`, `REG_HAS_USER_DATA:<name>…<id>`), or of one version
/// (`RES:<id>…`) (`components/services/storage/service_worker/service_worker_database.cc`).
pub(crate) fn in_service_workers(key: &[u8]) -> Named<'_> {
    let after = |prefix: &str| key.strip_prefix(prefix.as_bytes());
    let numbered = |what, digits| number_of(digits).map(|number| Named::Number(what, number));
    let named = if let Some((key, _)) = registration(key) {
        Some(Named::Key(key))
    } else if let Some(rest) = after("INITDATA_UNIQUE_ORIGIN:") {
        Some(Named::Key(rest))
    } else if let Some(rest) = after("REGID_TO_ORIGIN:").or_else(|| after("REG_USER_DATA:")) {
        numbered(Numbered::Registration, until_zero(rest))
    } else if let Some(rest) = after("REG_HAS_USER_DATA:") {
        let last = rest.rsplit(|byte| *byte == 0).next();
        last.and_then(|id| numbered(Numbered::Registration, id))
    } else {
        resource(key).map(|(version, _)| Named::Number(Numbered::Version, version))
    };
    named.unwrap_or(Named::Nobody)
}

/// The storage key and the id in `REG:<key>`, a zero, and the id.
pub(crate) fn registration(key: &[u8]) -> Option<(&[u8], u64)> {
    let rest = key.strip_prefix(b"REG:")?;
    let key = until_zero(rest);
    Some((key, number_of(rest.get(key.len() + 1..)?)?))
}

/// The version and the resource in `RES:<version>`, a zero, and the id of a resource.
pub(crate) fn resource(key: &[u8]) -> Option<(u64, u64)> {
    let rest = key.strip_prefix(b"RES:")?;
    let version = until_zero(rest);
    Some((
        number_of(version)?,
        number_of(rest.get(version.len() + 1..)?)?,
    ))
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len())]
}

/// A number by its digits.
pub(crate) fn number_of(digits: &[u8]) -> Option<u64> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    str::from_utf8(digits)
        .ok()
        .filter(|_| is_number)?
        .parse()
        .ok()
}

/// A key of `File System/Origins`: `ORIGIN:https_openai.com_0`, whose value is the name of
/// a folder.
pub(crate) fn in_file_systems(key: &[u8]) -> Named<'_> {
    let identifier = key.strip_prefix(b"ORIGIN:");
    let identifier = identifier.and_then(|identifier| str::from_utf8(identifier).ok());
    identifier.map_or(Named::Nobody, Named::Identifier)
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

    #[test]
    fn identifiers_name_their_origin() {
        let rows = [
            ("https_openai.com_0", Some("https://openai.com")),
            ("https_openai.com_8453", Some("https://openai.com:8453")),
            ("http_localhost_0", Some("http://localhost")),
            ("https_[__1]_0", Some("https://[::1]")),
            ("https_a_b.example_0", Some("https://a_b.example")),
            (
                "https_xn--bcher-kva.example_0",
                Some("https://xn--bcher-kva.example"),
            ),
            ("chrome-extension_abcdef_0", None),
            ("file__0", None),
            ("https__0", None),
            ("https_openai.com", None),
            ("https_openai.com_x", None),
            ("https_openai.com/^0https://example.org_0", None),
            ("https://openai.com/^1__84", None),
            ("", None),
        ];
        for (identifier, origin) in rows {
            let key = key_of_identifier(identifier);
            assert_eq!(key.as_ref().map(|key| &*key.origin), origin, "{identifier}");
            if let Some(origin) = origin {
                let back = identifier_of(&format!("{origin}/"));
                assert_eq!(back.as_deref(), Some(identifier));
            }
        }
        assert_eq!(identifier_of("https://a.org/^0https://b.org"), None);
    }

    #[test]
    fn keys_of_local_storage_name_their_origin() {
        let partitioned = "https://openai.com/^0https://example.org";
        let item = [b"_", partitioned.as_bytes(), b"\0\x01t"].concat();
        let rows: [(&[u8], Named<'_>); 6] = [
            (
                b"META:https://openai.com",
                Named::Key(b"https://openai.com"),
            ),
            (
                b"METAACCESS:https://openai.com",
                Named::Key(b"https://openai.com"),
            ),
            (
                b"_https://openai.com\0\x01token",
                Named::Key(b"https://openai.com"),
            ),
            (&item, Named::Key(partitioned.as_bytes())),
            (b"_https://openai.com", Named::Nobody),
            (b"VERSION", Named::Nobody),
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
        let guid = "01234567_89ab_cdef_0123_456789abcdef";
        let key = format!("namespace-{guid}-https://openai.com/");
        let wanted = Named::Key(b"https://openai.com/");
        assert_eq!(in_session_storage(key.as_bytes()), wanted);
        assert_eq!(namespace(key.as_bytes()).unwrap().0, guid);
        let map = Named::Number(Numbered::Map, 17);
        assert_eq!(in_session_storage(b"map-17-\x01k-ey"), map);
        assert_eq!(item_of_map(b"map-17-k-ey"), Some((17, &b"k-ey"[..])));
        for other in [
            &b"version"[..],
            b"next-map-id",
            b"map-x-",
            b"map-+1-",
            b"map-1",
            b"namespace-short-x",
            b"",
        ] {
            assert_eq!(in_session_storage(other), Named::Nobody);
        }
    }

    #[test]
    fn keys_of_service_workers_are_told_apart() {
        let of = Named::Key(b"https://openai.com/");
        let registration = Named::Number(Numbered::Registration, 12);
        let rows: [(&[u8], Named<'_>); 9] = [
            (b"REG:https://openai.com/\x0012", of),
            (b"INITDATA_UNIQUE_ORIGIN:https://openai.com/", of),
            (b"REGID_TO_ORIGIN:12", registration),
            (b"REG_USER_DATA:12\0push", registration),
            (b"REG_HAS_USER_DATA:push\x0012", registration),
            (b"RES:5\x0077", Named::Number(Numbered::Version, 5)),
            (b"INITDATA_NEXT_REGISTRATION_ID", Named::Nobody),
            (b"PRES:77", Named::Nobody),
            (b"RES:x", Named::Nobody),
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

    #[test]
    fn keys_of_file_systems_name_an_identifier() {
        let key = in_file_systems(b"ORIGIN:https_openai.com_0");
        assert_eq!(key, Named::Identifier("https_openai.com_0"));
        assert_eq!(in_file_systems(b"LAST_PATH"), Named::Nobody);
    }

    /// By `sha1sum`: the digest of `1` begins with 356a192b7913b04c.
    #[test]
    fn script_files_are_named_after_their_resource() {
        assert_eq!(script_file(1), "4cb013792b196a35_");
    }

    /// As a Chromium 156 named it.
    #[test]
    fn cache_folders_are_named_after_their_origin() {
        let folder = cache_folder("http_notone.localhost_8101");
        assert_eq!(folder, "660448883ce11c14dafc5e3ba6b068db28c51167");
    }
}
