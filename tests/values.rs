//! `list --show-values`: what is shown, what is not, and how.

mod world;

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use world::{World, sessions, stores};

const STORE: &str = ".config/google-chrome/Default/Cookies";
const HOST: &str = ".openai.com";
/// PBKDF2 of "peanuts", as published.
const V10_KEY: &str = "fd621fe5a2b402539dfa147ca9272778";

/// As a Chromium without a keyring encrypts on Linux.
fn v10(plain: &[u8]) -> Vec<u8> {
    let key = hex::decode(V10_KEY).unwrap();
    let cipher = cbc::Encryptor::<aes::Aes128>::new_from_slices(&key, &[b' '; 16]).unwrap();
    [b"v10".to_vec(), cipher.encrypt_padded_vec::<Pkcs7>(plain)].concat()
}

/// As it stands in a store since version 24.
fn hashed(value: &[u8]) -> Vec<u8> {
    [Sha256::digest(HOST).as_slice(), value].concat()
}

/// A profile with these cookies: name, `value`, `encrypted_value`.
fn chromium(version: i64, cookies: &[(&str, Sql, Sql)]) -> World {
    let world = World::of_linux();
    world.write(".config/google-chrome/Default/Preferences", "{}");
    let db = Connection::open(world.path(STORE)).unwrap();
    db.execute_batch(&stores::chromium_schema(version)).unwrap();
    for (i, (name, value, encrypted)) in cookies.iter().enumerate() {
        stores::chromium_row(&db, i, HOST, name, "");
        db.execute(
            "UPDATE cookies SET value = ?2, encrypted_value = ?3 WHERE name = ?1",
            params![name, value, encrypted],
        )
        .unwrap();
    }
    drop(db);
    world.age();
    world
}

fn text(text: &str) -> Sql {
    Sql::Text(text.to_owned())
}

fn blob(bytes: impl AsRef<[u8]>) -> Sql {
    Sql::Blob(bytes.as_ref().to_vec())
}

/// The cookie of this name in a listing.
#[track_caller]
fn cookie<'a>(listing: &'a Value, name: &str) -> &'a Value {
    let cookies = listing["cookies"].as_array().expect("cookies");
    let found = cookies.iter().find(|cookie| cookie["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {listing:#}"))
}

#[test]
fn the_values_that_real_browsers_wrote_are_shown() {
    let world = World::of_linux().with_fixtures();
    let (code, listing) = world.json(&["list", "openai.com", "--show-values"]);
    assert_eq!(code, 0);
    let cookies = listing["cookies"].as_array().expect("cookies");
    let kinds = ["chromium", "firefox", "firefox-session"];
    for kind in kinds {
        assert!(
            cookies.iter().any(|cookie| cookie["kind"] == kind),
            "{kind}"
        );
    }
    for cookie in cookies {
        let value = cookie["value"].as_str().unwrap_or_default();
        assert!(value.starts_with("fake-"), "{cookie:#}");
        assert_eq!(cookie["value_error"], Value::Null);
        assert_eq!(cookie["value_encoding"], "utf-8");
    }
    // Each value below the line of its own cookie: their names and their order agree.
    let shown = world
        .run(&["list", "openai.com", "--show-values"])
        .expect(0);
    let lines: Vec<_> = shown.stdout.lines().collect();
    let pairs: Vec<_> = lines
        .windows(2)
        .filter_map(|pair| {
            let value = pair[1].strip_prefix("      value: ")?;
            Some((pair[0].split_whitespace().nth(1)?, value))
        })
        .collect();
    let wanted: Vec<_> = cookies
        .iter()
        .map(|cookie| {
            let text = |key: &str| cookie[key].as_str().unwrap();
            (text("name"), text("value"))
        })
        .collect();
    assert_eq!(pairs, wanted);
}

#[test]
fn no_value_is_shown_that_was_not_asked_for() {
    let world = World::of_linux().with_fixtures();
    let rows: [&[&str]; 4] = [
        &["list", "openai.com", "--json"],
        &["list", "openai.com", "--verbose"],
        &["openai.com", "--dry-run", "--json"],
        &["openai.com", "--json"],
    ];
    for arguments in rows {
        let run = world.run(arguments).expect(0);
        assert!(!run.stdout.contains("fake-"), "{run:#?}");
        assert!(!run.stdout.contains("value"), "{run:#?}");
        assert!(!run.stderr.contains("fake-"), "{run:#?}");
    }
}

#[test]
fn only_a_listing_shows_values() {
    let world = World::of_linux().with_fixtures();
    let rows: [&[&str]; 5] = [
        &["openai.com", "--show-values"],
        &["openai.com", "--dry-run", "--show-values"],
        &["sites", "--show-values"],
        &["profiles", "--show-values"],
        &["list", "openai.com", "--full"],
    ];
    let before = world.files();
    for arguments in rows {
        let run = world.run(arguments).expect(2);
        assert!(run.stderr.contains("--"), "{run:#?}");
    }
    assert_eq!(world.files(), before);
}

#[test]
fn whoever_has_them_written_to_a_file_is_told_what_they_are() {
    let world = World::of_linux().with_fixtures();
    let rows: [(&[&str], usize); 4] = [
        (&["list", "openai.com", "--show-values"], 1),
        (&["list", "openai.com", "--show-values", "--json"], 1),
        (&["list", "openai.com"], 0),
        // Nothing is shown then, so nothing is decrypted.
        (&["list", "openai.com", "--show-values", "--quiet"], 0),
    ];
    for (arguments, lines) in rows {
        let run = world.run(arguments).expect(0);
        assert_eq!(run.stderr.lines().count(), lines, "{run:#?}");
        assert_eq!(
            run.stderr.contains("live credentials"),
            lines == 1,
            "{run:#?}"
        );
    }
}

#[test]
fn unreadable_value_has_an_error_and_others_are_shown() {
    let long = vec![b'x'; 20_000];
    let changed = {
        let mut bytes = v10(&hashed(b"secret-1"));
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    let rows = [
        (
            "of-another-host",
            blob(v10(
                &[&Sha256::digest("openai.com")[..], b"secret-2"].concat()
            )),
            "does not open it",
        ),
        ("changed", blob(changed), "does not open it"),
        ("without-a-hash", blob(v10(b"secret-3")), "does not open it"),
        (
            "cut-off",
            blob(&v10(&hashed(b"secret-4"))[..20]),
            "does not open it",
        ),
        ("only-a-name", blob(b"v10"), "does not open it"),
        ("too-long", blob(&long), "20000 bytes"),
        (
            "app-bound",
            blob(b"v20abc"),
            "app-bound: only the browser can read it",
        ),
        ("of-tomorrow", blob(b"v42abc"), "(v42)"),
        (
            "of-a-keyring",
            blob(b"v11abcdefghijklmnop"),
            "no D-Bus session",
        ),
        (
            "of-the-portal",
            blob(b"v12abcdefghijklmnop"),
            "no D-Bus session",
        ),
        (
            "of-windows",
            blob(hex::decode("01000000d08c9ddf0115d1118c7a00c04fc297eb00").unwrap()),
            "on its own Windows",
        ),
    ];
    let mut cookies: Vec<_> = rows
        .iter()
        .map(|(name, encrypted, _)| (*name, text(""), encrypted.clone()))
        .collect();
    cookies.push(("good", text(""), blob(v10(&hashed(b"abc")))));
    let world = chromium(24, &cookies);
    let before = world.files();

    let run = world
        .run(&["list", "openai.com", "--show-values", "--json"])
        .expect(0);
    let listing = run.json();
    for (name, _, error) in &rows {
        // What these say depends on the system: there is no bus to be missed on others.
        let is_of_linux = name.starts_with("of-a-keyring") || name.starts_with("of-the-portal");
        if !cfg!(target_os = "linux") && (is_of_linux || *name == "of-windows") {
            continue;
        }
        let cookie = cookie(&listing, name);
        assert_eq!(cookie["value"], Value::Null, "{name}");
        let said = cookie["value_error"].as_str().expect("an error");
        assert!(said.contains(error), "{name}: {said}");
    }
    assert_eq!(cookie(&listing, "good")["value"], "abc");
    assert_eq!(listing["stores"][0]["status"], "ok");
    assert!(!run.stdout.contains("secret-"), "{run:#?}");

    let run = world
        .run(&["list", "openai.com", "--show-values"])
        .expect(0);
    assert!(run.stdout.contains("value: abc\n"), "{run:#?}");
    assert!(
        run.stdout
            .contains("value not shown: app-bound: only the browser can read it\n"),
        "{run:#?}"
    );
    assert!(!run.stdout.contains("secret-"), "{run:#?}");
    assert_eq!(world.files(), before);
}

/// SQLite keeps what it is given, whatever a column is declared as.
#[test]
fn values_of_any_type_are_read() {
    let encrypted = v10(&hashed(b"abc"));
    let world = chromium(
        24,
        &[
            ("plain", text("in plain text"), blob(b"")),
            ("plain-blob", blob(b"as a blob"), blob(b"")),
            ("number", Sql::Integer(42), blob(b"")),
            ("none", text(""), blob(b"")),
            ("encrypted-counts", text("left over"), blob(&encrypted)),
            ("without-a-scheme", text(""), blob(b"never encrypted")),
            ("text", text(""), blob(&encrypted)),
        ],
    );
    let db = Connection::open(world.path(STORE)).unwrap();
    let as_text = "UPDATE cookies SET encrypted_value = CAST(encrypted_value AS TEXT)
                   WHERE name = 'text'";
    assert_eq!(db.execute(as_text, []).unwrap(), 1);
    drop(db);
    world.age();
    let (code, listing) = world.json(&["list", "openai.com", "--show-values"]);
    assert_eq!(code, 0);
    let rows = [
        ("plain", "in plain text"),
        ("plain-blob", "as a blob"),
        ("number", "42"),
        ("none", ""),
        ("encrypted-counts", "abc"),
        ("without-a-scheme", "never encrypted"),
        ("text", "abc"),
    ];
    for (name, value) in rows {
        assert_eq!(cookie(&listing, name)["value"], value, "{name}");
    }
}

#[test]
fn stores_of_every_version_have_their_values_shown() {
    for version in 10..=25 {
        let plain = match version {
            ..24 => b"abc".to_vec(),
            _ => hashed(b"abc"),
        };
        let world = chromium(version, &[("id", text(""), blob(v10(&plain)))]);
        let (code, listing) = world.json(&["list", "openai.com", "--show-values"]);
        assert_eq!(
            (code, &cookie(&listing, "id")["value"]),
            (0, &json!("abc")),
            "{version}"
        );
    }
}

#[test]
fn what_could_fool_a_terminal_is_escaped() {
    let value = "a\u{1b}[2J\r\nb\u{202e}c";
    let world = chromium(
        24,
        &[("id", text(""), blob(v10(&hashed(value.as_bytes()))))],
    );
    let run = world
        .run(&["list", "openai.com", "--show-values", "--full"])
        .expect(0);
    let line = "value: a\\u{1b}[2J\\u{d}\\u{a}b\\u{202e}c\n";
    assert!(run.stdout.contains(line), "{run:#?}");
    let (_, listing) = world.json(&["list", "openai.com", "--show-values"]);
    assert_eq!(cookie(&listing, "id")["value"], value);
}

#[test]
fn what_is_no_text_is_shown_in_base64_and_marked() {
    let world = chromium(24, &[("id", text(""), blob(v10(&hashed(b"\xff\x00abc"))))]);
    let profile = ".mozilla/firefox/abcd.default";
    let db = format!("{profile}/cookies.sqlite");
    world.write(
        ".mozilla/firefox/profiles.ini",
        "[Profile0]\nName=default\nIsRelative=1\nPath=abcd.default\n",
    );
    world.write(&format!("{profile}/prefs.js"), "");
    stores::firefox(&world.path(&db), 16);
    Connection::open(world.path(&db))
        .unwrap()
        .execute(
            "UPDATE moz_cookies SET value = CAST(x'ff00616263' AS TEXT)",
            [],
        )
        .unwrap();
    let session =
        r#"{"cookies":[{"host":"openai.com","name":"half","value":"\ud800","path":"/"}]}"#;
    world.write(
        &format!("{profile}/sessionstore.jsonlz4"),
        sessions::compressed(session),
    );
    world.age();

    let (code, listing) = world.json(&["list", "openai.com", "--show-values"]);
    assert_eq!(code, 0);
    for (name, value) in [("id", "/wBhYmM="), ("locale", "/wBhYmM="), ("half", "7aCA")] {
        let cookie = cookie(&listing, name);
        assert_eq!(cookie["value"], value, "{name}");
        assert_eq!(cookie["value_encoding"], "base64");
    }
    let run = world
        .run(&["list", "openai.com", "--show-values"])
        .expect(0);
    let line = "value (no text, so in base64): /wBhYmM=\n";
    assert!(run.stdout.contains(line), "{run:#?}");
}

#[test]
fn a_long_value_is_cut_unless_it_is_wanted_whole() {
    let long = "0123456789".repeat(30);
    let world = chromium(24, &[("id", text(""), blob(v10(&hashed(long.as_bytes()))))]);
    let run = world
        .run(&["list", "openai.com", "--show-values"])
        .expect(0);
    assert!(!run.stdout.contains(&long), "{run:#?}");
    assert!(run.stdout.contains("value: 0123456789"), "{run:#?}");
    assert!(run.stdout.contains("--full"), "{run:#?}");
    assert!(
        run.stdout.lines().all(|line| line.chars().count() <= 80),
        "{run:#?}"
    );
    let run = world
        .run(&["list", "openai.com", "--show-values", "--full"])
        .expect(0);
    assert!(run.stdout.contains(&format!("value: {long}\n")), "{run:#?}");
    assert!(!run.stdout.contains("--full"), "{run:#?}");
    let (_, listing) = world.json(&["list", "openai.com", "--show-values"]);
    assert_eq!(cookie(&listing, "id")["value"], long);
}

#[test]
fn a_value_beyond_all_measure_has_an_error_and_can_be_deleted() {
    let world = chromium(24, &[("id", text(""), Sql::Blob(vec![b'v'; 5_000_000]))]);
    let (code, listing) = world.json(&["list", "openai.com", "--show-values"]);
    assert_eq!(code, 0);
    let error = cookie(&listing, "id")["value_error"].as_str().unwrap();
    assert!(error.contains("5000000 bytes"), "{error}");
    let run = world.run(&["openai.com"]).expect(0);
    assert!(run.stdout.contains("Deleted 1 cookie"), "{run:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn profile_of_another_system_names_who_can_read_values() {
    use std::fs;
    let encrypted = v10(&hashed(b"abc"));
    let rows = [
        (
            "macos",
            "Library/Application Support/Google/Chrome",
            "the Keychain of its Mac",
        ),
        (
            "windows",
            "AppData/Local/Google/Chrome/User Data",
            "on its own Windows",
        ),
    ];
    for (layout, user_data, who) in rows {
        let world = chromium(24, &[("id", text(""), blob(&encrypted))]);
        let there = world.path(user_data);
        fs::create_dir_all(there.parent().unwrap()).unwrap();
        fs::rename(world.path(".config/google-chrome"), &there).unwrap();
        if layout == "windows" {
            let key = r#"{"os_crypt":{"encrypted_key":"RFBBUEkBAAAA"}}"#;
            fs::write(there.join("Local State"), key).unwrap();
        }
        let home = world.home();
        let arguments = [
            "list",
            "openai.com",
            "--show-values",
            "--json",
            "--layout",
            layout,
        ];
        let mut command = world.command(&arguments);
        command.arg("--home").arg(&home);
        let run = world::Run::of(command).expect(0);
        let listing = run.json();
        let cookie = cookie(&listing, "id");
        assert_eq!(cookie["value"], Value::Null);
        let error = cookie["value_error"].as_str().unwrap();
        assert!(error.contains(who), "{layout}: {error}");
    }
}

/// The files of a session can have a cookie as it was at different times.
#[test]
fn every_value_that_a_session_cookie_has_is_shown() {
    let world = World::new();
    let profile = ".mozilla/firefox/abcd.default";
    world.write(
        ".mozilla/firefox/profiles.ini",
        "[Profile0]\nName=default\nIsRelative=1\nPath=abcd.default\n",
    );
    stores::firefox(&world.path(&format!("{profile}/cookies.sqlite")), 16);
    let cookie = |value: &str| {
        let members = r#""host":"openai.com","name":"sid","path":"/""#;
        sessions::compressed(&format!(r#"{{"cookies":[{{{members}{value}}}]}}"#))
    };
    let long = format!(r#","value":"{}""#, "x".repeat(20_000));
    let files = [
        ("sessionstore.jsonlz4", r#","value":"new""#),
        ("sessionstore-backups/previous.jsonlz4", r#","value":"old""#),
        ("sessionstore-backups/recovery.jsonlz4", r#","value":"new""#),
        ("sessionstore-backups/recovery.baklz4", ""),
        ("sessionstore-backups/upgrade.jsonlz4-1", &long),
    ];
    for (name, value) in files {
        world.write(&format!("{profile}/{name}"), cookie(value));
    }
    world.age();
    let run = world
        .run(&["list", "openai.com", "--show-values", "--name", "sid"])
        .expect(0);
    let count = |line: &str| run.stdout.matches(line).count();
    assert_eq!(count("value: new\n"), 1, "{run:#?}");
    assert_eq!(count("value: old\n"), 1, "{run:#?}");
    assert_eq!(
        count("the store has no value of this cookie\n"),
        1,
        "{run:#?}"
    );
    assert_eq!(count("it is 20,000 bytes long"), 1, "{run:#?}");
    assert_eq!(
        count("1 of them is in a second session file"),
        1,
        "{run:#?}"
    );
}

#[test]
fn a_store_without_the_columns_of_values_is_listed() {
    let world = chromium(24, &[("id", text("abc"), blob(b""))]);
    let db = Connection::open(world.path(STORE)).unwrap();
    for column in ["value", "encrypted_value"] {
        db.execute_batch(&format!("ALTER TABLE cookies DROP COLUMN {column}"))
            .unwrap();
    }
    drop(db);
    world.age();
    let (code, listing) = world.json(&["list", "openai.com", "--show-values"]);
    assert_eq!(code, 0, "{listing:#}");
    let error = &cookie(&listing, "id")["value_error"];
    assert_eq!(error, "the store has no value of this cookie");
}

#[test]
fn a_store_that_does_not_say_its_version_has_its_values_shown() {
    let world = chromium(24, &[("id", text(""), blob(v10(&hashed(b"abc"))))]);
    let db = Connection::open(world.path(STORE)).unwrap();
    db.execute_batch("DELETE FROM meta").unwrap();
    drop(db);
    world.age();
    let (_, listing) = world.json(&["list", "openai.com", "--show-values"]);
    // Without a version there are no partitions, and the rest is read.
    assert_eq!(cookie(&listing, "id")["value"], "abc", "{listing:#}");
}

/// A bus that is named and not there, not named at all, and no bus.
#[cfg(target_os = "linux")]
#[test]
fn a_missing_bus_is_said_to_be_missing() {
    let world = chromium(
        24,
        &[
            ("v11", text(""), blob(b"v11abcdefghijklmnop")),
            (
                "v12",
                text(""),
                blob(b"v12abcdefghijklmnopqrstuvwxyzabcdef"),
            ),
        ],
    );
    let nowhere = world.root().join("nowhere");
    let address = format!("unix:path={}", nowhere.display());
    for address in [Some(&*address), Some("disabled:"), Some("rubbish"), None] {
        let arguments = ["list", "openai.com", "--show-values", "--json"];
        let mut command = world.command(&arguments);
        command.arg("--home").arg(world.home());
        command.env("XDG_RUNTIME_DIR", &nowhere);
        match address {
            Some(address) => command.env("DBUS_SESSION_BUS_ADDRESS", address),
            None => command.env_remove("DBUS_SESSION_BUS_ADDRESS"),
        };
        let listing = world::Run::of(command).expect(0).json();
        for name in ["v11", "v12"] {
            let error = cookie(&listing, name)["value_error"].as_str().unwrap();
            assert!(
                error.contains("no D-Bus session"),
                "{address:?} {name}: {error}"
            );
        }
    }
}

#[test]
fn a_device_bound_session_has_no_value() {
    let world = chromium(24, &[("id", text("abc"), blob(b""))]);
    let store = ".config/google-chrome/Default/Device Bound Sessions";
    let db = Connection::open(world.path(store)).unwrap();
    db.execute_batch(
        "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
         CREATE TABLE dbsc_session_tbl(key TEXT PRIMARY KEY, proto BLOB);
         INSERT INTO dbsc_session_tbl VALUES ('https://openai.com', x'00');",
    )
    .unwrap();
    drop(db);
    world.age();
    let (code, listing) = world.json(&["list", "openai.com", "--show-values"]);
    assert_eq!(code, 0, "{listing:#}");
    let session = cookie(&listing, "(device-bound session)");
    assert_eq!(session["value"], Value::Null);
    assert_eq!(
        session["value_error"],
        "a device-bound session has no value"
    );
    assert_eq!(cookie(&listing, "id")["value"], "abc");
}

/// The real Data Protection API: what one user protects, that user opens.
#[cfg(windows)]
mod windows {
    use std::fs;

    use aes_gcm::Aes256Gcm;
    use aes_gcm::aead::{Aead, KeyInit};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use windows_dpapi::{Scope, encrypt_data};

    use super::*;

    const USER_DATA: &str = "AppData/Local/Google/Chrome/User Data";
    const KEY: [u8; 32] = *b"a key as a browser makes for one";

    fn protected(bytes: &[u8]) -> Vec<u8> {
        encrypt_data(bytes, Scope::User, None).expect("it is protected")
    }

    fn v10(plain: &[u8]) -> Vec<u8> {
        let nonce = [7; 12];
        let cipher = Aes256Gcm::new(&KEY.into());
        let sealed = cipher.encrypt(&nonce.into(), plain).expect("it is short");
        [&b"v10"[..], &nonce, &sealed].concat()
    }

    /// The profile where Windows has it, and a `Local State` with this key.
    fn listing(version: i64, key: &[u8], cookies: &[(&str, Sql, Sql)]) -> Value {
        let world = chromium(version, cookies);
        let there = world.path(USER_DATA);
        fs::create_dir_all(there.parent().unwrap()).unwrap();
        fs::rename(world.path(".config/google-chrome"), &there).unwrap();
        let network = there.join("Default/Network");
        fs::create_dir(&network).unwrap();
        fs::rename(there.join("Default/Cookies"), network.join("Cookies")).unwrap();
        let state = json!({ "os_crypt": { "encrypted_key": STANDARD.encode(key) } });
        fs::write(there.join("Local State"), state.to_string()).unwrap();
        let mut command = world.command(&["list", "openai.com", "--show-values", "--json"]);
        command.arg("--home").arg(world.home());
        world::Run::of(command).expect(0).json()
    }

    #[test]
    fn values_open_with_the_windows_users_key() {
        let key = [b"DPAPI".to_vec(), protected(&KEY)].concat();
        let cookies = [
            ("id", text(""), blob(v10(&hashed(b"abc")))),
            ("empty", text(""), blob(v10(&hashed(b"")))),
            ("of-another-host", text(""), blob(v10(b"abc"))),
            ("app-bound", text(""), blob(b"v20abc")),
            ("raw", text(""), blob(protected(&hashed(b"raw")))),
        ];
        let listing = listing(24, &key, &cookies);
        for (name, value) in [("id", "abc"), ("empty", ""), ("raw", "raw")] {
            assert_eq!(
                cookie(&listing, name)["value"],
                value,
                "{name}: {listing:#}"
            );
        }
        let rows = [
            ("of-another-host", "it was encrypted for another host"),
            ("app-bound", "app-bound: only the browser can read it"),
        ];
        for (name, error) in rows {
            assert_eq!(cookie(&listing, name)["value"], Value::Null);
            assert_eq!(cookie(&listing, name)["value_error"], error);
        }
    }

    #[test]
    fn old_values_are_opened_by_windows_itself() {
        let cookies = [("id", text(""), blob(protected(b"abc")))];
        let listing = listing(10, b"", &cookies);
        assert_eq!(cookie(&listing, "id")["value"], "abc");
    }

    #[test]
    fn what_windows_does_not_open_is_an_error() {
        // Cut off, and not changed: Wine does not see every change.
        let mut key = [b"DPAPI".to_vec(), protected(&KEY)].concat();
        key.truncate(key.len() / 2);
        let mut raw = protected(&hashed(b"abc"));
        raw.truncate(raw.len() / 2);
        let cookies = [
            ("id", text(""), blob(v10(&hashed(b"abc")))),
            ("raw", text(""), blob(raw)),
        ];
        let listing = listing(24, &key, &cookies);
        for name in ["id", "raw"] {
            assert_eq!(cookie(&listing, name)["value"], Value::Null, "{listing:#}");
            let error = cookie(&listing, name)["value_error"].as_str().unwrap();
            assert!(error.contains("the Windows user who made it"), "{error}");
        }
    }
}
