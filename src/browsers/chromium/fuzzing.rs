//! What must hold for any file of Chromium; see [`crate::fuzzing`].

use std::fs;
use std::path::PathBuf;

use aes_gcm::aead::{Aead, Nonce};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::cookies::Cookies;
use super::device_bound::DeviceBound;
use super::values::Opener;
use crate::browsers::{Filter, Roots, discover};
use crate::browsers::{Platform, by_id};
use crate::fuzzing::tools::{Input, folder};
use crate::model::value::{KeyError, Secret};
use crate::platform::keyring::{Keyrings, Question};
use crate::store::Store;
use crate::store::table::TableStore;

pub(crate) fn cookies(path: PathBuf) -> Box<dyn Store> {
    Box::new(TableStore::<Cookies>::new(path, ()))
}

pub(crate) fn device_bound(path: PathBuf) -> Box<dyn Store> {
    Box::new(TableStore::<DeviceBound>::new(path, ()))
}

/// What is read is what serde_json finds at the same place.
pub fn local_state(data: &[u8]) {
    let user_data = folder().join("user-data");
    const FOLDERS: [&str; 2] = ["Default", "Profile 1"];
    for name in FOLDERS {
        fs::create_dir_all(user_data.join(name)).expect("a folder");
        fs::write(user_data.join(name).join("Preferences"), "{}").expect("a file");
    }
    fs::write(user_data.join("Local State"), data).expect("a file");
    let roots = Roots::of_this_user(Platform::of_this_system()).expect("a home");
    let filter = Filter {
        folders: vec![user_data.clone()],
        ..Filter::default()
    };
    let found = discover(&roots, &filter).expect("a user-data folder");
    let background_apps = super::local_state::background_apps(&user_data);
    let key = super::local_state::encrypted_key(&user_data);
    let Ok(state) = serde_json::from_slice::<Value>(data) else {
        // Which a reader of less than the whole may not notice.
        return;
    };
    let at = |pointer| state.pointer(pointer).unwrap_or(&Value::Null);
    let listed = at("/profile/info_cache");
    assert_eq!(found.profiles.len(), FOLDERS.len());
    for profile in &found.profiles {
        let shown = listed[&profile.name]["name"].as_str();
        let shown = shown.filter(|shown| !shown.is_empty());
        assert_eq!(profile.display_name, shown.unwrap_or(&profile.name));
    }
    assert_eq!(background_apps, at("/background_mode/enabled").as_bool());
    match (key, at("/os_crypt/encrypted_key")) {
        (Ok(key), Value::String(wanted)) => assert_eq!(key.as_ref(), Some(wanted)),
        (Ok(key), wanted) => assert!(key.is_none() && wanted.is_null()),
        (Err(_), wanted) => assert!(!wanted.is_null() && !wanted.is_string()),
    }
}

/// What stands for the key of Windows.
const PROTECTED_KEY: &[u8] = b"what only Windows can open";

/// Keyrings with one secret.
struct Knows([u8; 32]);

impl Keyrings for Knows {
    fn ask(&self, _: &Question) -> Result<Vec<Secret>, KeyError> {
        Ok(vec![Secret::new(self.0.to_vec())])
    }

    fn unprotect(&self, blob: &[u8]) -> Result<Secret, KeyError> {
        match blob == PROTECTED_KEY {
            true => Ok(Secret::new(self.0.to_vec())),
            false => Err(KeyError::NotRunning),
        }
    }
}

/// The system and the version of the store, a line with the host, and a value: opened as
/// it is, and after it was encrypted.
pub fn values(data: &[u8]) {
    const VERSIONS: [i64; 5] = [0, 9, 23, 24, i64::MAX];
    let mut input = Input(data);
    let (system, version) = (input.byte(), usize::from(input.byte()));
    let (platform, schemes): (Platform, &[&str]) = match system % 3 {
        0 => (Platform::Linux, &["v10", "v11", "v12"]),
        1 => (Platform::MacOs, &["v10", "v11"]),
        _ => (Platform::Windows, &["v10"]),
    };
    let version = VERSIONS[version % VERSIONS.len()];
    let host = String::from_utf8_lossy(input.line()).into_owned();
    let value = input.0;

    let user_data = folder();
    let stored = STANDARD.encode([b"DPAPI", PROTECTED_KEY].concat());
    let stored = json!({ "os_crypt": { "encrypted_key": stored } });
    let file = user_data.join("Local State");
    match platform {
        Platform::Windows => fs::write(file, stored.to_string()).expect("a file"),
        _ => drop(fs::remove_file(file)),
    }
    let browser = by_id("chromium").expect("a browser");
    let open = |keyrings: &Knows, host: &str, blob: &[u8]| {
        Opener::new(browser, &user_data, platform).open(blob, host, version, keyrings)
    };
    let (right, wrong) = (Knows([7; 32]), Knows([8; 32]));
    let is_hashed = version >= 24;

    if let Ok(opened) = open(&right, &host, value) {
        assert!(opened.len() <= value.len());
        let is_encrypted = matches!(value, [b'v', b'1', b'0'..=b'2', ..]);
        if is_hashed && is_encrypted {
            // Nobody makes these without the key, but with the known ones.
            let known = platform == Platform::Linux && !value.starts_with(b"v12");
            assert!(known, "{platform:?} opened {value:?}");
        }
    }

    let front = match is_hashed {
        true => Sha256::digest(&host).to_vec(),
        false => Vec::new(),
    };
    let plain = [&*front, value].concat();
    for scheme in schemes {
        let blob = [scheme.as_bytes(), &seal(platform, scheme, &right.0, &plain)].concat();
        let opened = open(&right, &host, &blob);
        let is_told = is_hashed || str::from_utf8(value).is_ok() || blob.starts_with(b"v12");
        if is_told || platform == Platform::Windows {
            let opened = opened.expect("the key is right");
            // What happens to begin with the hash of its host is taken for newer.
            let newer = value.strip_prefix(Sha256::digest(&host).as_slice());
            let wanted = if is_hashed {
                value
            } else {
                newer.unwrap_or(value)
            };
            assert_eq!(*opened, wanted, "{platform:?} {scheme}");
        }
        if is_hashed {
            let other = open(&right, &format!("{host}x"), &blob);
            assert!(
                other.is_err(),
                "{platform:?} {scheme} gave another host's value"
            );
        }
        let tells = is_hashed || *scheme == "v12" || platform == Platform::Windows;
        let is_fixed = platform == Platform::Linux && *scheme == "v10";
        if tells && !is_fixed {
            let opened = open(&wrong, &host, &blob);
            assert!(
                opened.is_err(),
                "{platform:?} {scheme} opened with another key"
            );
        }
        if is_hashed || tells {
            let mut damaged = blob.clone();
            let last = damaged.len() - 1;
            // The first block, where the hash is, or the nonce.
            damaged[3] ^= 1;
            assert!(
                open(&right, &host, &damaged).is_err(),
                "{platform:?} {scheme}"
            );
            damaged.truncate(last.min(3 + 15));
            assert!(
                open(&right, &host, &damaged).is_err(),
                "{platform:?} {scheme}"
            );
        }
    }
}

/// Encrypts as Chromium does, in a way of its own.
fn seal(platform: Platform, scheme: &str, secret: &[u8; 32], plain: &[u8]) -> Vec<u8> {
    let by_gcm = |key: &[u8; 32]| {
        let nonce = [9; 12];
        let cipher = Aes256Gcm::new(key.into());
        let nonce_of = Nonce::<Aes256Gcm>::try_from(&nonce[..]).expect("12 bytes");
        let sealed = cipher.encrypt(&nonce_of, plain).expect("it is short");
        [&nonce[..], &sealed].concat()
    };
    let by_cbc = |password: &[u8], iterations| {
        let mut key = [0; 16];
        pbkdf2::pbkdf2_hmac::<sha1::Sha1>(password, b"saltysalt", iterations, &mut key);
        let cipher = Encryptor::<aes::Aes128>::new(&key.into(), &[b' '; 16].into());
        cipher.encrypt_padded_vec::<Pkcs7>(plain)
    };
    match (platform, scheme) {
        (Platform::Windows, _) => by_gcm(secret),
        (Platform::MacOs, _) => by_cbc(secret, 1003),
        (Platform::Linux, "v10") => by_cbc(b"peanuts", 1),
        (Platform::Linux, "v11") => by_cbc(secret, 1),
        (Platform::Linux, _) => {
            let salt = b"fdo_portal_secret_salt";
            let mut key = [0; 32];
            hkdf::Hkdf::<Sha256>::new(Some(salt), secret)
                .expand(b"HKDF-SHA-256 AES-256-GCM", &mut key)
                .expect("32 bytes");
            by_gcm(&key)
        }
    }
}

/// The names by which site data is told apart: whose something is stands in its name, and is
/// written there as the browser writes it.
pub(crate) fn storage_names(data: &[u8]) {
    use super::site_data::names::{
        Named, identifier_of, in_file_systems, in_local_storage, in_service_workers,
        in_session_storage, key_of_identifier,
    };
    use super::site_data::storage_key::{parse, with_slash, without_slash};
    if let Some(key) = parse(data) {
        let text = str::from_utf8(data).expect("a key is text");
        let origin = url::Url::parse(&key.origin).expect("an origin");
        assert_eq!(origin.origin().ascii_serialization(), key.origin);
        assert_eq!(origin.host_str(), Some(&*key.host));
        assert!(text.starts_with(&key.origin), "{text}");
        assert_eq!(key.partition.is_some(), text.contains("^0"), "{text}");
        assert_eq!(parse(with_slash(text).as_bytes()).as_ref(), Some(&key));
        assert_eq!(parse(without_slash(text).as_bytes()), Some(key));
    }
    if let Ok(text) = str::from_utf8(data)
        && let Some(key) = key_of_identifier(text)
    {
        let back = identifier_of(&format!("{}/", key.origin)).expect("an identifier");
        assert_eq!(key_of_identifier(&back), Some(key), "{text}");
    }
    for named in [
        in_local_storage(data),
        in_session_storage(data),
        in_service_workers(data),
        in_file_systems(data),
    ] {
        let name = match named {
            Named::Key(name) => name,
            Named::Identifier(name) => name.as_bytes(),
            Named::Number(..) | Named::Nobody => continue,
        };
        assert!(data.windows(name.len().max(1)).any(|part| part == name) || name.is_empty());
    }
    let _ = crate::formats::protobuf::fields(data);
}
