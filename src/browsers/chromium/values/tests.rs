//! Every published vector, and what could go wrong.

use std::collections::BTreeSet;
use std::fs;

use ::cbc::cipher::block_padding::Pkcs7;
use ::cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{Aead, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::browsers::table::by_id;
use crate::model::value::KeyError;
use crate::platform::keyring::Question;

const HOST: &str = ".openai.com";
const PASSWORD: &[u8] = b"c3VwZXJfc2VjcmV0X2tleQ==";

/// Keyrings that know these passwords, or have this to say.
struct Fake(Result<Vec<Secret>, KeyError>);

impl Fake {
    fn knowing(passwords: &[&[u8]]) -> Self {
        let secret = |password: &&[u8]| Zeroizing::new(password.to_vec());
        Self(Ok(passwords.iter().map(secret).collect()))
    }
}

impl Keyrings for Fake {
    fn ask(&self, _: &Question) -> Result<Vec<Secret>, KeyError> {
        self.0.clone()
    }

    fn unprotect(&self, _: &[u8]) -> Result<Secret, KeyError> {
        self.0.clone().map(|secrets| secrets[0].clone())
    }
}

fn published() -> Value {
    let text = include_str!("../../../../fixtures/vectors/cookie_values.json");
    serde_json::from_str(text).expect("the vectors")
}

fn hex(text: &Value) -> Vec<u8> {
    hex::decode(text.as_str().unwrap_or_default()).expect("hex digits")
}

fn bytes(text: &Value) -> &[u8] {
    text.as_str().unwrap_or_default().as_bytes()
}

fn user_data(local_state: Option<&str>) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    if let Some(text) = local_state {
        fs::write(dir.path().join("Local State"), text).expect("Local State");
    }
    dir
}

/// As Windows has it.
fn with_key(stored: &[u8]) -> TempDir {
    let key = json!({ "os_crypt": { "encrypted_key": STANDARD.encode(stored) } });
    user_data(Some(&key.to_string()))
}

fn open(
    platform: Platform,
    dir: &TempDir,
    keyrings: &dyn Keyrings,
    (blob, host, version): (&[u8], &str, i64),
) -> Result<Vec<u8>, ValueError> {
    let browser = by_id("chromium").expect("a browser");
    let mut opener = Opener::new(browser, dir.path(), platform);
    let value = opener.open(blob, host, version, keyrings)?;
    Ok(value.to_vec())
}

/// A vector with its own key, and, where that is a key that is used for such values, by
/// the way that a store's value goes.
fn check_value(name: &str) {
    let vectors = published();
    let all = vectors["cookie_values"].as_array().expect("a list");
    let vector = all.iter().find(|vector| vector["name"] == name);
    let vector = vector.unwrap_or_else(|| panic!("there is no vector {name}"));
    let blob = hex(&vector["encrypted_value_hex"]);
    let (key, password) = (hex(&vector["key_hex"]), bytes(&vector["password_utf8"]));
    let version = vector["meta_version"].as_i64().expect("a version");
    let value = bytes(&vector["plaintext_utf8"]);
    let front = hex(&vector["prefix32_hex"]);
    let (_, sealed) = prefix_of(&blob);

    let plain = match vector["iterations"].as_u64() {
        Some(iterations) => {
            let derived = cbc::Key::derive(password, u32::try_from(iterations).expect("few"));
            assert_eq!(derived.bytes(), key);
            derived.decrypt(sealed)
        }
        None => gcm::Key::of(&key).expect("a key").decrypt(sealed),
    };
    assert_eq!(*plain.expect("it fits"), [&*front, value].concat());

    let (platform, dir, keyrings) = match &vector["os"] {
        os if os == "linux" => (Platform::Linux, user_data(None), Fake::knowing(&[password])),
        os if os == "macos" => (Platform::MacOs, user_data(None), Fake::knowing(&[password])),
        _ => (
            Platform::Windows,
            with_key(b"DPAPI, and what only Windows can open"),
            Fake::knowing(&[&key]),
        ),
    };
    // Of most that have a hash in front it is not told of which host.
    let host = match (vector["host_key"].as_str(), name) {
        (Some(host), _) => host,
        (None, "windows v10 meta 24") => ".google.com",
        (None, _) => "unknown.example",
    };
    let opened = open(platform, &dir, &keyrings, (&blob, host, version));
    let is_known = version < HASHED_SINCE || host != "unknown.example";
    match (platform, is_known) {
        (_, true) => assert_eq!(opened.as_deref(), Ok(value)),
        (Platform::Windows, false) => assert_eq!(opened, Err(ValueError::OtherHost)),
        (_, false) => assert_eq!(opened, Err(ValueError::Misfit)),
    }
}

fn check_key(name: &str) {
    let vectors = published();
    let all = vectors["key_derivation"].as_array().expect("a list");
    let vector = all.iter().find(|vector| vector["name"] == name);
    let vector = vector.unwrap_or_else(|| panic!("there is no vector {name}"));
    let password = bytes(&vector["password_utf8"]);
    let iterations = vector["iterations"].as_u64().expect("a number");
    let iterations = u32::try_from(iterations).expect("few");
    let wanted = hex(&vector["key_hex"]);
    let mut key = vec![0; wanted.len()];
    pbkdf2::pbkdf2_hmac::<sha1::Sha1>(password, bytes(&vector["salt_utf8"]), iterations, &mut key);
    assert_eq!(key, wanted);
    if vector["salt_utf8"] == "saltysalt" {
        assert_eq!(cbc::Key::derive(password, iterations).bytes(), wanted);
    }
}

fn other(kind: &str) -> Vec<Value> {
    let vectors = published();
    let all = vectors["other"].as_array().expect("a list").clone();
    let found: Vec<_> = all.into_iter().filter(|v| v["kind"] == kind).collect();
    assert!(!found.is_empty(), "there is no vector {kind}");
    found
}

/// A test for each, so that the output names them; and one that none is left out.
macro_rules! vectors {
    ($list:literal, $check:ident: $($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            $check($name);
        })*

        #[test]
        fn every_one_is_checked() {
            let vectors = published();
            let all = vectors[$list].as_array().expect("a list");
            let all: BTreeSet<_> = all.iter().map(|vector| vector["name"].as_str()).collect();
            assert_eq!(all, BTreeSet::from([$(Some($name)),*]));
        }
    };
}

mod published_values {
    use super::*;

    vectors! { "cookie_values", check_value:
        linux_v10: "linux v10",
        linux_v11_empty_keyring_password: "linux v11 (empty keyring password)",
        linux_v10_meta_24: "linux v10 meta 24",
        mac_v10: "mac v10",
        windows_v10: "windows v10",
        windows_v10_meta_24: "windows v10 meta 24",
        mac_v10_whole_db_schema_9: "mac v10, whole DB (schema 9)",
        go_cbc_strips_32_byte_prefix: "Go: CBC strips 32-byte prefix",
        go_mac_end_to_end: "Go: mac end-to-end",
        go_gcm_strips_32_byte_prefix: "Go: GCM strips 32-byte prefix",
        ts_cbc_mac_strips_prefix_without_stripping_invalid_utf_8_null: "TS: CBC mac strips prefix (without stripping: invalid UTF-8 -> null)",
        ts_several_keys_tried_wrong_then_pw: "TS: several keys tried (wrong, then pw)",
        ts_gcm_strips_prefix: "TS: GCM strips prefix",
        ts_mac_with_v11_tag: "TS: mac with v11 tag",
        ts_linux_v10_end_to_end: "TS: linux v10 end-to-end",
        chromium_v10_hello_verifyv10: "Chromium: v10 \"hello\" (VerifyV10)",
        chromium_v11_hello_with_empty_key_verifyv11: "Chromium: v11 \"hello\" with empty key (VerifyV11)",
        hbd_gcm_cross_platform: "HBD: GCM cross-platform",
        hbd_windows_v10: "HBD: Windows v10",
        hbd_v11_falls_back_to_the_empty_key_first_key_0xaa_16: "HBD: v11 falls back to the empty key (first key 0xAA*16)",
        own_linux_v10_meta_24_real_hash: "own linux v10 meta 24 real hash",
        own_linux_v10_meta_24_real_hash_empty_value: "own linux v10 meta 24 real hash, empty value",
        own_linux_v11_meta_24_real_hash: "own linux v11 meta 24 real hash",
        own_linux_v11_meta_24_real_hash_empty_value: "own linux v11 meta 24 real hash, empty value",
        own_macos_v10_meta_24_real_hash: "own macos v10 meta 24 real hash",
        own_macos_v10_meta_24_real_hash_empty_value: "own macos v10 meta 24 real hash, empty value",
    }
}

mod published_keys {
    use super::*;

    vectors! { "key_derivation", check_key:
        key_linux_derive_key_abc: "linux derive_key(abc)",
        key_mac_derive_key_abc: "mac derive_key(abc)",
        key_pbkdf2_peanuts_16_space_salt: "pbkdf2 peanuts, 16-space salt",
        key_kv10key_peanuts: "kV10Key (peanuts)",
        key_kemptykey_empty_password: "kEmptyKey (empty password)",
        key_rfc6070_i_1_l_20: "RFC6070 i=1 l=20",
        key_rfc6070_i_2_l_20: "RFC6070 i=2 l=20",
        key_rfc6070_i_4096_l_20: "RFC6070 i=4096 l=20",
        key_rfc6070_i_4096_l_25: "RFC6070 i=4096 l=25",
    }
}

mod published_others {
    use super::*;

    #[test]
    fn v12_key_derivation() {
        for vector in other("v12 key derivation") {
            let keys = linux_v12::derive(&[Zeroizing::new(hex(&vector["secret_hex"]))]);
            let keys: Vec<_> = keys.iter().map(|key| key.bytes().to_vec()).collect();
            let wanted = ["key_hex_info_without_NUL", "key_hex_info_with_trailing_NUL"];
            assert_eq!(keys, wanted.map(|name| hex(&vector[name])));
        }
    }

    #[test]
    fn aes_128_cbc_primitive() {
        let vector = &other("AES-128-CBC primitive")[0];
        let (key, iv) = (hex(&vector["key_hex"]), bytes(&vector["iv_utf8"]));
        let cipher = ::cbc::Decryptor::<aes::Aes128>::new_from_slices(&key, iv).expect("a key");
        let plain = cipher.decrypt_padded_vec::<Pkcs7>(&hex(&vector["ciphertext_hex"]));
        assert_eq!(plain.expect("it fits"), bytes(&vector["plaintext_utf8"]));
    }

    #[test]
    fn aes_128_gcm_primitive() {
        let vector = &other("AES-128-GCM primitive")[0];
        let cipher = Aes128Gcm::new_from_slice(&hex(&vector["key_hex"])).expect("a key");
        let nonce = hex(&vector["nonce_hex"]);
        let nonce = Nonce::<Aes128Gcm>::try_from(&*nonce).expect("a nonce");
        let plain = cipher.decrypt(&nonce, &*hex(&vector["ciphertext_and_tag_hex"]));
        assert_eq!(plain.expect("it fits"), bytes(&vector["plaintext_utf8"]));
    }

    /// Where others take all else for a blob of DPAPI, we want to see its header.
    #[test]
    fn scheme_detection() {
        let vector = &other("scheme detection by first 3 bytes")[0];
        for case in vector["cases"].as_array().expect("cases") {
            let text = case[0].as_str().expect("a text");
            let blob = match text.strip_prefix("hex:") {
                Some(digits) => hex::decode(digits).expect("hex digits"),
                None => text.as_bytes().to_vec(),
            };
            let (prefix, _) = prefix_of(&blob);
            assert_eq!(prefix.unwrap_or("dpapi"), case[1], "{text}");
        }
    }

    /// Where the hash is another host's, Chromium drops the cookie; we show nothing.
    #[test]
    fn sha_256_prefix() {
        let vector = &other("SHA-256(host_key) prefix")[0];
        for case in vector["cases"].as_array().expect("cases") {
            let host = case["host_key"].as_str().expect("a host");
            let stored = match &case["plain_hex"] {
                Value::Null => bytes(&case["plain_utf8"]).to_vec(),
                digits => hex(digits),
            };
            let sealed = |version| Sealed {
                bytes: &[],
                host,
                version,
            };
            let unprefixed = Sealed {
                bytes: &stored,
                host,
                version: 24,
            };
            match case["plain_hex"].is_null() {
                true => {
                    let value = plain(&unprefixed).expect("it is text");
                    assert_eq!(*value, bytes(&case["want"]));
                    assert_eq!(sealed(24).value_in(&stored), None);
                }
                false if host == ".other.com" => {
                    assert_eq!(sealed(24).value_in(&stored), None);
                    assert_eq!(plain(&unprefixed), Err(ValueError::OtherHost));
                }
                // Also in a store that does not say its version.
                false => {
                    for version in [0, 24] {
                        let value = sealed(version).value_in(&stored).expect("its hash");
                        assert_eq!(*value, bytes(&case["want"]));
                    }
                }
            }
        }
        let value = Sealed {
            bytes: &[],
            host: HOST,
            version: 23,
        }
        .value_in(b"no hash is asked for");
        assert_eq!(*value.expect("a value"), b"no hash is asked for");
    }

    #[test]
    fn dpapi_blob_header() {
        let vector = &other("DPAPI blob header")[0];
        assert!(windows_dpapi::is_blob(&hex(&vector["header_hex"])));
    }

    /// What they are about is tested where it belongs, or is not done here: which
    /// keyring a desktop has, we ask the desktop.
    #[test]
    fn every_one_is_checked_or_left_out() {
        let vectors = published();
        let all = vectors["other"].as_array().expect("a list");
        let all: BTreeSet<_> = all.iter().map(|vector| vector["kind"].as_str()).collect();
        let checked = [
            "v12 key derivation",
            "AES-128-CBC primitive",
            "AES-128-GCM primitive",
            "scheme detection by first 3 bytes",
            "SHA-256(host_key) prefix",
            "DPAPI blob header",
        ];
        let left_out = [
            "Firefox rows",
            "host keys, least to most specific",
            "desktop environment detection",
        ];
        let known = checked.iter().chain(&left_out).copied().map(Some);
        assert_eq!(all, known.collect());
    }
}

fn seal_cbc(password: &[u8], iterations: u32, plain: &[u8]) -> Vec<u8> {
    let key = cbc::Key::derive(password, iterations);
    let cipher = ::cbc::Encryptor::<aes::Aes128>::new_from_slices(key.bytes(), &[b' '; 16]);
    cipher.expect("a key").encrypt_padded_vec::<Pkcs7>(plain)
}

fn seal_gcm(key: &[u8; 32], plain: &[u8]) -> Vec<u8> {
    let nonce = [7; 12];
    let cipher = aes_gcm::Aes256Gcm::new(key.into());
    let sealed = cipher.encrypt(&nonce.into(), plain).expect("it is short");
    [&nonce[..], &sealed].concat()
}

fn hashed(host: &str, value: &[u8]) -> Vec<u8> {
    [Sha256::digest(host).as_slice(), value].concat()
}

/// Every scheme with its key, sealing this.
fn every_scheme(plain: &[u8]) -> [(&'static str, Platform, TempDir, Fake, Vec<u8>); 5] {
    let key = [5; 32];
    let hkdf = hkdf::Hkdf::<Sha256>::new(Some(b"fdo_portal_secret_salt"), PASSWORD);
    let mut of_portal = [0; 32];
    let info = b"HKDF-SHA-256 AES-256-GCM";
    hkdf.expand(info, &mut of_portal).expect("a key");
    let named = |name: &[u8], sealed: Vec<u8>| [name, &sealed].concat();
    let known = || Fake::knowing(&[PASSWORD]);
    [
        (
            "Linux v10",
            Platform::Linux,
            user_data(None),
            known(),
            named(b"v10", seal_cbc(b"peanuts", 1, plain)),
        ),
        (
            "Linux v11",
            Platform::Linux,
            user_data(None),
            known(),
            named(b"v11", seal_cbc(PASSWORD, 1, plain)),
        ),
        (
            "Linux v12",
            Platform::Linux,
            user_data(None),
            known(),
            named(b"v12", seal_gcm(&of_portal, plain)),
        ),
        (
            "macOS v10",
            Platform::MacOs,
            user_data(None),
            known(),
            named(b"v10", seal_cbc(PASSWORD, 1003, plain)),
        ),
        (
            "Windows v10",
            Platform::Windows,
            with_key(b"DPAPI..."),
            Fake::knowing(&[&key]),
            named(b"v10", seal_gcm(&key, plain)),
        ),
    ]
}

#[test]
fn every_scheme_gives_the_value_of_its_own_host_only() {
    for (name, platform, dir, keyrings, blob) in every_scheme(&hashed(HOST, b"abc")) {
        let opened = open(platform, &dir, &keyrings, (&blob, HOST, 24));
        assert_eq!(opened.as_deref(), Ok(&b"abc"[..]), "{name}");
        let opened = open(platform, &dir, &keyrings, (&blob, "openai.com", 24));
        assert!(
            matches!(opened, Err(ValueError::Misfit | ValueError::OtherHost)),
            "{name}: {opened:?}"
        );
    }
}

#[test]
fn binary_values_are_shown_when_they_are_certain() {
    for (name, platform, dir, keyrings, blob) in every_scheme(&hashed(HOST, b"\xff\x00")) {
        let opened = open(platform, &dir, &keyrings, (&blob, HOST, 24));
        assert_eq!(opened.as_deref(), Ok(&b"\xff\x00"[..]), "{name}");
    }
    for (name, platform, dir, keyrings, blob) in every_scheme(b"\xff\x00") {
        let opened = open(platform, &dir, &keyrings, (&blob, HOST, 23));
        // A cipher without a tag may have been given a wrong key.
        let wanted = match name {
            "Linux v12" | "Windows v10" => Ok(b"\xff\x00".to_vec()),
            _ => Err(ValueError::Misfit),
        };
        assert_eq!(opened, wanted, "{name}");
    }
}

#[test]
fn with_a_wrong_key_there_is_an_error_and_no_value() {
    let wrong = Fake::knowing(&[b"another password, of 32 bytes!!!"]);
    for version in [23, 24] {
        for (name, platform, dir, _, blob) in every_scheme(&hashed(HOST, b"abc")) {
            if name == "Linux v10" {
                // Its key is no secret.
                continue;
            }
            let opened = open(platform, &dir, &wrong, (&blob, HOST, version));
            let wanted = match name {
                "Linux v12" => ValueError::OfAnotherApplication,
                _ => ValueError::Misfit,
            };
            assert_eq!(opened, Err(wanted), "{name} {version}");
        }
    }
    let blob = [b"v10".to_vec(), seal_cbc(b"no peanuts", 1, b"abc")].concat();
    let opened = open(Platform::Linux, &user_data(None), &wrong, (&blob, HOST, 23));
    assert_eq!(opened, Err(ValueError::Misfit));
}

#[test]
fn of_several_keys_the_one_that_fits_is_used() {
    let keyrings = Fake::knowing(&[b"wrong", PASSWORD, b"wrong, too"]);
    for (name, platform, dir, _, blob) in every_scheme(&hashed(HOST, b"abc")) {
        if name != "Windows v10" {
            let opened = open(platform, &dir, &keyrings, (&blob, HOST, 24));
            assert_eq!(opened.as_deref(), Ok(&b"abc"[..]), "{name}");
        }
    }
}

#[test]
fn what_is_cut_off_or_changed_is_an_error_at_every_length() {
    for (name, platform, dir, keyrings, blob) in every_scheme(&hashed(HOST, b"abc")) {
        for length in 3..blob.len() {
            let opened = open(platform, &dir, &keyrings, (&blob[..length], HOST, 24));
            assert!(opened.is_err(), "{name}, {length} bytes: {opened:?}");
        }
        for place in 3..blob.len() {
            let mut changed = blob.clone();
            changed[place] ^= 1;
            let opened = open(platform, &dir, &keyrings, (&changed, HOST, 24));
            // In CBC a change of one byte spoils its block, and the same byte of the next.
            let may_pass = !matches!(name, "Linux v12" | "Windows v10") && place >= 3 + 32;
            assert!(
                opened.is_err() || may_pass,
                "{name}, byte {place}: {opened:?}"
            );
        }
    }
}

#[test]
fn what_the_keyring_says_is_passed_on() {
    let answers = [
        KeyError::NoBus,
        KeyError::NotRunning,
        KeyError::Locked,
        KeyError::Dismissed,
        KeyError::NoAnswer(10),
        KeyError::NoEntry,
    ];
    for answer in answers {
        for (name, platform, dir, _, blob) in every_scheme(&hashed(HOST, b"abc")) {
            let opened = open(
                platform,
                &dir,
                &Fake(Err(answer.clone())),
                (&blob, HOST, 24),
            );
            match name {
                "Linux v10" => assert_eq!(opened.as_deref(), Ok(&b"abc"[..])),
                _ => assert_eq!(opened, Err(ValueError::NoKey(answer.clone())), "{name}"),
            }
        }
    }
}

#[test]
fn empty_password_is_tried_when_the_keyring_is_silent() {
    let blob = [b"v11".to_vec(), seal_cbc(b"", 1, &hashed(HOST, b"abc"))].concat();
    for keyrings in [Fake(Err(KeyError::NoBus)), Fake::knowing(&[PASSWORD])] {
        let opened = open(
            Platform::Linux,
            &user_data(None),
            &keyrings,
            (&blob, HOST, 24),
        );
        assert_eq!(opened.as_deref(), Ok(&b"abc"[..]));
    }
}

#[test]
fn every_keyring_is_asked_until_one_has_the_key() {
    struct OfEdge;
    impl Keyrings for OfEdge {
        fn ask(&self, question: &Question) -> Result<Vec<Secret>, KeyError> {
            match question {
                Question::SecretService {
                    application: "chromium",
                } => Ok(vec![Zeroizing::new(b"Chromium's".to_vec())]),
                Question::KWallet {
                    name: "Microsoft Edge",
                } => Ok(vec![Zeroizing::new(PASSWORD.to_vec())]),
                _ => Err(KeyError::NoEntry),
            }
        }

        fn unprotect(&self, _: &[u8]) -> Result<Secret, KeyError> {
            Err(KeyError::NotRunning)
        }
    }
    let blob = [
        b"v11".to_vec(),
        seal_cbc(PASSWORD, 1, &hashed(HOST, b"abc")),
    ]
    .concat();
    let dir = user_data(None);
    let browser = by_id("edge").expect("a browser");
    let mut opener = Opener::new(browser, dir.path(), Platform::Linux);
    let value = opener.open(&blob, HOST, 24, &OfEdge).expect("its key");
    assert_eq!(*value, b"abc");
}

#[test]
fn a_local_state_without_a_key_is_an_error_that_says_so() {
    let rows = [
        (None, "no os_crypt.encrypted_key"),
        (Some("{}"), "no os_crypt.encrypted_key"),
        (Some("rubbish"), "does not parse"),
        (Some(r#"{"os_crypt":{"encrypted_key":7}}"#), "no text"),
        (Some(r#"{"os_crypt":{"encrypted_key":"!"}}"#), "no base64"),
        (
            Some(r#"{"os_crypt":{"encrypted_key":"QUJD"}}"#),
            "begin with DPAPI",
        ),
    ];
    let blob = [b"v10".to_vec(), seal_gcm(&[5; 32], b"abc")].concat();
    for (local_state, reason) in rows {
        let dir = user_data(local_state);
        let opened = open(
            Platform::Windows,
            &dir,
            &Fake::knowing(&[&[5; 32]]),
            (&blob, HOST, 23),
        );
        let Err(error @ ValueError::NoKey(KeyError::LocalState(_))) = opened else {
            panic!("{local_state:?}: {opened:?}");
        };
        assert!(error.to_string().contains(reason), "{error}");
    }
    let short = Fake::knowing(&[b"short"]);
    let opened = open(
        Platform::Windows,
        &with_key(b"DPAPI."),
        &short,
        (&blob, HOST, 23),
    );
    assert!(opened.is_err_and(|error| error.to_string().contains("wrong length")));
}

#[test]
fn a_profile_that_was_copied_from_windows_is_opened_by_its_key() {
    let blob = [b"v10".to_vec(), seal_gcm(&[5; 32], b"abc")].concat();
    let (dir, keyrings) = (with_key(b"DPAPI."), Fake::knowing(&[&[5; 32]]));
    for platform in [Platform::Linux, Platform::MacOs] {
        let opened = open(platform, &dir, &keyrings, (&blob, HOST, 23));
        assert_eq!(opened.as_deref(), Ok(&b"abc"[..]));
    }
}

#[test]
fn leftover_windows_key_does_not_hinder_others() {
    let dir = with_key(b"DPAPI.");
    for (name, platform, _, keyrings, blob) in every_scheme(&hashed(HOST, b"abc")) {
        let opened = open(platform, &dir, &keyrings, (&blob, HOST, 24));
        assert_eq!(opened.as_deref(), Ok(&b"abc"[..]), "{name}");
    }
}

#[test]
fn of_several_reasons_the_one_of_the_right_keyring_is_told() {
    use KeyError::{Dismissed, Failed, Locked, NoAnswer, NoBus, NoEntry, NotRunning};
    struct Two(KeyError, Result<(), KeyError>);
    impl Keyrings for Two {
        fn ask(&self, question: &Question) -> Result<Vec<Secret>, KeyError> {
            match question {
                Question::SecretService { .. } => Err(self.0.clone()),
                _ => self
                    .1
                    .clone()
                    .map(|()| vec![Secret::new(b"of others".to_vec())]),
            }
        }

        fn unprotect(&self, _: &[u8]) -> Result<Secret, KeyError> {
            Err(NotRunning)
        }
    }
    let failed = || Failed("it said no".into());
    let rows = [
        (NoBus, Err(NoBus), NoBus.into()),
        (NotRunning, Err(NotRunning), NotRunning.into()),
        (NotRunning, Err(NoEntry), NoEntry.into()),
        (NoEntry, Err(NotRunning), NoEntry.into()),
        (NotRunning, Ok(()), ValueError::Misfit),
        (NoEntry, Ok(()), ValueError::Misfit),
        (Locked, Err(NotRunning), Locked.into()),
        (Locked, Err(NoEntry), Locked.into()),
        (Locked, Ok(()), Locked.into()),
        (NotRunning, Err(Locked), Locked.into()),
        (NoEntry, Err(failed()), failed().into()),
        (NoAnswer(10), Err(NoEntry), NoAnswer(10).into()),
        // A keyring that refused is not asked again, so there is no other answer.
        (Dismissed, Err(Locked), Dismissed.into()),
    ];
    let blob = [b"v11".to_vec(), seal_cbc(PASSWORD, 1, b"abc")].concat();
    for (first, second, reason) in rows {
        let row = format!("{first:?}, {second:?}");
        let keyrings = Two(first, second);
        let opened = open(
            Platform::Linux,
            &user_data(None),
            &keyrings,
            (&blob, HOST, 24),
        );
        assert_eq!(opened, Err(reason), "{row}");
    }
}

#[test]
fn what_no_key_opens_is_named_for_what_it_is() {
    let known = Fake::knowing(&[PASSWORD]);
    for platform in [Platform::Linux, Platform::MacOs, Platform::Windows] {
        let dir = user_data(None);
        let opened = open(platform, &dir, &known, (b"v20 and more", HOST, 24));
        assert_eq!(opened, Err(ValueError::AppBound));
        assert_eq!(
            ValueError::AppBound.to_string(),
            "app-bound: only the browser can read it"
        );
        let opened = open(platform, &dir, &known, (b"v99 and more", HOST, 24));
        assert_eq!(opened, Err(ValueError::Unknown("v99".into())));
    }
}

#[test]
fn without_a_scheme_it_is_text_but_on_windows_a_blob_of_dpapi() {
    let known = Fake::knowing(&[b"abc"]);
    for platform in [Platform::Linux, Platform::MacOs] {
        let opened = open(platform, &user_data(None), &known, (b"plaintext", HOST, 30));
        assert_eq!(opened.as_deref(), Ok(&b"plaintext"[..]));
    }
    let header = hex(&other("DPAPI blob header")[0]["header_hex"]);
    for platform in [Platform::Linux, Platform::MacOs, Platform::Windows] {
        let opened = open(platform, &user_data(None), &known, (&header, HOST, 7));
        assert_eq!(opened.as_deref(), Ok(&b"abc"[..]));
    }
}
