//! What could go wrong with what is found: each a clear error that names the file,
//! the store untouched, the others done all the same.

mod world;

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value;
use world::{Run, World, stores};

const BAD: &str = ".config/google-chrome/Default/Cookies";
const GOOD: &str = ".config/google-chrome/Profile 1/Cookies";

/// Two Chromium profiles; what a test does is done to the first.
fn two_profiles() -> World {
    let world = World::new();
    for store in [BAD, GOOD] {
        stores::chromium(&world.path(store), 24);
        let profile = Path::new(store).parent().unwrap().join("Preferences");
        world.write(profile.to_str().unwrap(), "{}");
    }
    world
}

/// A deletion fails for the bad store, which it names and leaves as it is, and
/// cleans the good one.
#[track_caller]
fn expect_only_the_good_one_cleaned(world: &World, bad: &Path, says: &str) {
    let untouched = fs::read(bad).ok();
    let run = world.run(&["list", "openai.com"]).expect(1);
    assert_names(&run, bad, says);
    assert_eq!(fs::read(bad).ok(), untouched, "list changed the bad store");

    let run = world.run(&["openai.com"]).expect(1);
    assert_names(&run, bad, says);
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
    assert_eq!(fs::read(bad).ok(), untouched, "the bad store was changed");
    let (_, listing) = world.json(&["list", "openai.com", "-p", "Profile 1"]);
    assert_eq!(listing["cookies"], serde_json::json!([]));
}

#[track_caller]
fn assert_names(run: &Run, file: &Path, says: &str) {
    let named = file.display().to_string();
    assert!(run.stderr.contains(&named), "{named} not in {run:#?}");
    assert!(run.stderr.contains(says), "{says} not in {run:#?}");
}

#[test]
fn a_file_that_is_no_database() {
    let world = two_profiles();
    fs::write(world.path(BAD), "This is no database.".repeat(100)).unwrap();
    expect_only_the_good_one_cleaned(&world, &world.path(BAD), "not an SQLite database");
}

#[test]
fn an_empty_file() {
    let world = two_profiles();
    fs::write(world.path(BAD), "").unwrap();
    expect_only_the_good_one_cleaned(&world, &world.path(BAD), "not an SQLite database");
}

#[test]
fn a_truncated_database() {
    let world = two_profiles();
    let bytes = fs::read(world.path(BAD)).unwrap();
    fs::write(world.path(BAD), &bytes[..bytes.len() / 2]).unwrap();
    expect_only_the_good_one_cleaned(&world, &world.path(BAD), "damaged");
}

#[test]
fn a_database_with_rubbish_in_a_page() {
    let world = two_profiles();
    let mut bytes = fs::read(world.path(BAD)).unwrap();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    // The pages of the tables and of the index, but not that of the schema.
    bytes[page..].fill(0x5a);
    fs::write(world.path(BAD), &bytes).unwrap();
    expect_only_the_good_one_cleaned(&world, &world.path(BAD), "damaged");
}

#[test]
fn a_database_that_is_damaged_only_where_the_site_is_not() {
    // The rows of the site can be read and deleted, yet the store is not sound: it
    // must stay as it is.
    let world = two_profiles();
    let db = Connection::open(world.path(BAD)).unwrap();
    db.execute_batch(
        "CREATE TABLE other(x);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         INSERT INTO other SELECT hex(randomblob(100)) FROM n;",
    )
    .unwrap();
    let root: i64 = db
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'other'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    db.close().unwrap();
    let mut bytes = fs::read(world.path(BAD)).unwrap();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let start = (usize::try_from(root).unwrap() - 1) * page;
    bytes[start + 8..start + page].fill(0xff);
    fs::write(world.path(BAD), &bytes).unwrap();

    let untouched = fs::read(world.path(BAD)).unwrap();
    let run = world.run(&["openai.com"]).expect(1);
    assert_names(&run, &world.path(BAD), "damaged");
    assert!(fs::read(world.path(BAD)).unwrap() == untouched);
    // Nor is there a copy of what was not deleted.
    let undo = world.run_bare(&["undo", "--list", "--json"]).json();
    assert_eq!(undo["undo"][0]["cookies"], 4);
}

#[test]
fn a_database_without_the_table() {
    let world = two_profiles();
    let db = Connection::open(world.path(BAD)).unwrap();
    db.execute("ALTER TABLE cookies RENAME TO biscuits", [])
        .unwrap();
    drop(db);
    expect_only_the_good_one_cleaned(&world, &world.path(BAD), "no table cookies");
}

#[test]
fn a_view_that_calls_itself_cookies() {
    let world = two_profiles();
    let db = Connection::open(world.path(BAD)).unwrap();
    db.execute_batch(
        "ALTER TABLE cookies RENAME TO biscuits; CREATE VIEW cookies AS SELECT * FROM biscuits",
    )
    .unwrap();
    drop(db);
    expect_only_the_good_one_cleaned(&world, &world.path(BAD), "no table cookies");
}

#[test]
fn a_database_without_a_column() {
    let world = two_profiles();
    let db = Connection::open(world.path(BAD)).unwrap();
    db.execute("ALTER TABLE cookies RENAME COLUMN path TO way", [])
        .unwrap();
    drop(db);
    expect_only_the_good_one_cleaned(&world, &world.path(BAD), "no column path");
}

#[test]
fn a_trigger_in_the_database_does_not_run() {
    let world = two_profiles();
    let db = Connection::open(world.path(BAD)).unwrap();
    db.execute_batch("CREATE TRIGGER greed AFTER DELETE ON cookies BEGIN DELETE FROM cookies; END")
        .unwrap();
    drop(db);
    world.run(&["openai.com"]).expect(0);
    let left = stores::dump(&world.path(BAD), "cookies");
    assert_eq!(left.len(), stores::COOKIES.len() - 4);
}

#[test]
fn a_folder_in_the_place_of_the_store() {
    let world = two_profiles();
    fs::remove_file(world.path(BAD)).unwrap();
    fs::create_dir(world.path(BAD)).unwrap();
    expect_only_the_good_one_cleaned(&world, &world.path(BAD), "not a regular file");
}

#[test]
fn a_database_that_another_program_has_locked() {
    let world = two_profiles();
    let untouched = fs::read(world.path(BAD)).unwrap();
    let db = Connection::open(world.path(BAD)).unwrap();
    db.execute_batch("BEGIN EXCLUSIVE").unwrap();
    // The file must not be opened and closed here meanwhile: that would drop the lock.
    let run = world.run(&["list", "openai.com"]).expect(0);
    assert!(run.stdout.contains("8 cookies"), "{run:#?}");
    let run = world.run(&["openai.com"]).expect(1);
    assert_names(&run, &world.path(BAD), "keeps it locked");
    drop(db);
    assert!(fs::read(world.path(BAD)).unwrap() == untouched);
    assert_eq!(stores::dump(&world.path(GOOD), "cookies").len(), 4);
}

#[test]
fn broken_local_state_is_reported_and_folders_searched() {
    let world = two_profiles();
    let local_state = world.write(".config/google-chrome/Local State", "{\"profile\": ");
    let run = world.run(&["openai.com"]).expect(1);
    assert_names(&run, &local_state, "does not parse");
    assert!(run.stdout.contains("Deleted 8 cookies"), "{run:#?}");
}

#[test]
fn a_local_state_that_names_a_way_out_is_not_followed() {
    let world = two_profiles();
    stores::chromium(&world.path("elsewhere/Cookies"), 24);
    for name in ["../../elsewhere", "..", "/", "a/../../../elsewhere"] {
        let cache = serde_json::json!({"profile": {"info_cache": {name: {"name": "x"}}}});
        let local_state = world.write(".config/google-chrome/Local State", cache.to_string());
        let run = world.run(&["list", "openai.com"]).expect(1);
        assert_names(&run, &local_state, "no name of a folder");
        assert!(
            run.stdout.contains("8 cookies of openai.com in 2 of 2"),
            "{run:#?}"
        );
    }
}

#[test]
fn a_local_state_of_an_unexpected_shape_does_no_harm() {
    let world = two_profiles();
    for text in [
        "[]",
        "{\"profile\": 7}",
        "null",
        "{\"profile\":{\"info_cache\":[1]}}",
    ] {
        world.write(".config/google-chrome/Local State", text);
        let run = world.run(&["list", "openai.com"]).expect(0);
        assert!(run.stdout.contains("8 cookies"), "{text}: {run:#?}");
    }
}

#[test]
fn broken_profiles_ini_is_reported_and_folders_searched() {
    let world = World::new();
    stores::firefox(&world.path(".mozilla/firefox/p/cookies.sqlite"), 17);
    for text in [&b"[Profile0\nName=x"[..], b"\xff\xfe[\x00P\x00"] {
        let ini = world.write(".mozilla/firefox/profiles.ini", text);
        let run = world.run(&["list", "openai.com"]).expect(1);
        assert_names(&run, &ini, "does not parse");
        assert!(run.stdout.contains("4 cookies"), "{run:#?}");
    }
}

#[test]
fn a_home_folder_that_does_not_exist() {
    let world = World::new();
    let nowhere = world.path("nowhere");
    let run = world.run_bare(&["openai.com", "--home", nowhere.to_str().unwrap()]);
    let run = run.expect(2);
    assert_names(&run, &nowhere, "does not exist");
}

#[test]
fn verbose_tells_where_browsers_were_looked_for() {
    let world = World::new();
    let run = world.run(&["openai.com", "--verbose"]).expect(0);
    for place in [".config/google-chrome", ".mozilla/firefox"] {
        let place = world.path(place);
        assert!(
            run.stdout.contains(&place.display().to_string()),
            "{run:#?}"
        );
    }
}

#[test]
fn usage_errors_end_with_status_2_and_change_nothing() {
    let world = World::of_fixtures();
    let before = world.files();
    for arguments in [
        &[][..],
        &["list"],
        &["com"],
        &["openai.com", "--browser", "netscape"],
        &["openai.com", "--layout", "beos"],
        &["openai.com", "--frobnicate"],
        &["list", "openai.com", "--ask"],
        &["--exact", "list", "openai.com"],
        &["openai.com", "list"],
        &["openai.com", "--name", "[a"],
        &["undo", "19990101-000000"],
        &["undo", "--list", "--forget"],
    ] {
        let run = world.run_bare(arguments).expect(2);
        assert!(run.stdout.is_empty(), "{arguments:?}: {run:#?}");
        assert!(
            run.stderr.contains("error:") || run.stderr.contains("Usage:"),
            "{run:#?}"
        );
    }
    let run = world
        .run(&["openai.com", "--browser", "netscape"])
        .expect(2);
    for known in ["chrome-beta", "edge", "firefox", "tor-browser"] {
        assert!(run.stderr.contains(known), "{run:#?}");
    }
    assert!(world.files() == before);
}

#[test]
fn names_with_terminal_escapes_are_escaped_and_deleted() {
    let world = two_profiles();
    let db = Connection::open(world.path(BAD)).unwrap();
    for (i, name) in [
        "\u{1b}[2J\u{1b}]0;gone\u{7}",
        "a\r\nerror: none",
        "x\u{202e}y",
    ]
    .iter()
    .enumerate()
    {
        stores::chromium_row(&db, 100 + i, "openai.com", name, "");
    }
    drop(db);
    world.write(
        ".config/google-chrome/Local State",
        r#"{"profile":{"info_cache":{"Default":{"name":"\u001b[31mRed"}}}}"#,
    );
    for command in [&["list", "openai.com"][..], &["profiles"], &["openai.com"]] {
        let run = world.run(command).expect(0);
        let is_safe = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
        assert!(run.stdout.chars().all(is_safe), "{run:#?}");
        assert!(run.stderr.chars().all(is_safe), "{run:#?}");
    }
    let (_, listing) = world.json(&["list", "openai.com"]);
    assert_eq!(listing["cookies"], serde_json::json!([]));
}

#[test]
fn json_mode_keeps_errors_out_of_standard_output() {
    let world = two_profiles();
    fs::write(world.path(BAD), "rubbish").unwrap();
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!(code, 1);
    let bad = store(&document, &world.path(BAD));
    assert_eq!(bad["status"], "error");
    assert!(bad["error"].as_str().unwrap().contains("Cookies"));
    assert_eq!(bad["deleted"], 0);
    assert_eq!(bad["total"], Value::Null);
    assert_eq!(store(&document, &world.path(GOOD))["status"], "cleaned");

    let (code, document) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 1);
    assert_eq!(store(&document, &world.path(BAD))["status"], "error");

    let (code, document) = world.json(&["profiles"]);
    assert_eq!(code, 1);
    assert_eq!(document["profiles"][0]["cookies"], Value::Null);
    assert!(document["profiles"][0]["error"].is_string());
}

fn store<'a>(document: &'a Value, path: &PathBuf) -> &'a Value {
    document["stores"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["store"] == serde_json::json!(path))
        .unwrap_or_else(|| panic!("{path:?} in {document}"))
}

#[test]
fn a_profile_that_is_the_user_data_directory_itself_is_found() {
    // As Opera keeps it.
    let world = World::new();
    stores::chromium(&world.path(".config/opera/Cookies"), 24);
    world.write(".config/opera/Preferences", "{}");
    world.write(".config/opera/Local State", "{}");
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &serde_json::json!(4)));
    assert_eq!(document["stores"][0]["browser"], "opera");
    assert_eq!(world.run_bare(&["undo", "--json"]).json()["restored"], 4);
}

#[test]
fn without_a_temporary_folder_a_store_is_not_taken_for_empty() {
    // With a WAL, it is read from a copy.
    let world = two_profiles();
    for store in [BAD, GOOD] {
        stores::leave_in_wal(&world.path(store));
    }
    let nowhere = world.root().join("nowhere");
    for arguments in [&["list", "openai.com"][..], &["openai.com"], &["profiles"]] {
        let mut command = world.command_at_home(arguments);
        for variable in ["TMPDIR", "TMP", "TEMP"] {
            command.env(variable, &nowhere);
        }
        let run = Run::of(command).expect(1);
        assert!(format!("{run:?}").contains("private copy"), "{run:#?}");
    }
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &serde_json::json!(8)));
}

#[test]
fn old_copies_are_destroyed_and_nothing_else_is() {
    let world = two_profiles();
    let undo = world.state().join("undo");
    world.run(&["openai.com", "-p", "Default"]).expect(0);
    let mut entry = fs::read_dir(&undo).unwrap().next().unwrap().unwrap().path();
    // Things that are not ours, as old as can be; one of them would stop a careless
    // search.
    fs::write(undo.join(".DS_Store"), "").unwrap();
    fs::create_dir_all(undo.join("notes")).unwrap();
    fs::write(undo.join("notes/a.txt"), "precious").unwrap();
    for (created, survives) in [
        (
            jiff::Timestamp::now() - jiff::SignedDuration::from_hours(6 * 24),
            true,
        ),
        (
            jiff::Timestamp::now() - jiff::SignedDuration::from_hours(8 * 24),
            false,
        ),
    ] {
        let aged = undo.join(created.strftime("%Y%m%d-%H%M%S").to_string());
        fs::rename(&entry, &aged).unwrap();
        entry = aged;
        let run = world.run(&["list", "openai.com"]).expect(0);
        assert_eq!(run.stderr, "");
        assert_eq!(entry.exists(), survives, "{created}");
    }
    assert_eq!(
        fs::read_to_string(undo.join("notes/a.txt")).unwrap(),
        "precious"
    );
    assert!(undo.join(".DS_Store").exists());
}

#[test]
fn damaged_undo_copy_is_named_and_restores_nothing() {
    let world = two_profiles();
    world.run(&["openai.com", "-p", "Default"]).expect(0);
    let undo = world.state().join("undo");
    let entry = fs::read_dir(undo).unwrap().next().unwrap().unwrap().path();
    let copy = fs::read_dir(entry).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&copy).unwrap();
    let after = stores::dump(&world.path(BAD), "cookies");
    let lines: Vec<&str> = text.lines().collect();
    for damaged in [
        lines[..3].join("\n"),
        format!("{text}[1,2]\n"),
        text.replace("openai.com", "openai.com\u{0}")
            .replacen("[", "{", 3),
    ] {
        fs::write(&copy, damaged).unwrap();
        let run = world.run_bare(&["undo"]);
        assert!(!run.stdout.contains("Put back 4 cookies"), "{run:#?}");
        assert_eq!(stores::dump(&world.path(BAD), "cookies"), after);
    }
    fs::write(&copy, &text).unwrap();
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(stores::dump(&world.path(BAD), "cookies").len(), 8);
}

#[test]
fn stores_of_web_views_are_found() {
    let world = World::new();
    let profile = ".config/google-chrome/Default";
    world.write(&format!("{profile}/Preferences"), "{}");
    let ours = [
        "Cookies",
        "Network/Cookies",
        "Storage/ext/abc/def/Cookies",
        "Storage/ext/abc/def2/Network/Cookies",
    ];
    let others = [
        "Extension Cookies",
        "Safe Browsing Cookies",
        "Network/Other",
    ];
    for file in ours.iter().chain(&others) {
        stores::chromium(&world.path(&format!("{profile}/{file}")), 24);
    }
    let before = world.files();
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &serde_json::json!(16)));
    for file in others {
        let path = world.path(&format!("{profile}/{file}"));
        assert!(fs::read(&path).unwrap() == before[&path], "{file}");
    }
}

#[test]
fn a_profile_is_searched_in_every_list_and_cleaned_once() {
    let world = World::new();
    let root = ".mozilla/firefox";
    for profile in ["in-ini", "Profiles/in-group", "only-there"] {
        stores::firefox(&world.path(&format!("{root}/{profile}/cookies.sqlite")), 17);
    }
    world.write(&format!("{root}/no-cookies-yet/prefs.js"), "");
    // Sections in any order, a profile listed twice, one that is gone.
    world.write(
        &format!("{root}/profiles.ini"),
        "[Install123]\nDefault=in-ini\n\n[Profile2]\nName=gone\nIsRelative=1\nPath=gone\n\n\
         [Profile1]\nName=In Ini\nIsRelative=1\nPath=in-ini\nStoreID=ab\n\n\
         [Profile3]\nName=Again\nIsRelative=1\nPath=./in-ini\n\n\
         [Profile4]\nName=Empty\nIsRelative=1\nPath=no-cookies-yet\n\n[General]\nVersion=2\n",
    );
    world.write(&format!("{root}/Profile Groups/readme.txt"), "");
    let db = Connection::open(world.path(&format!("{root}/Profile Groups/ab.sqlite"))).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE Profiles(id INTEGER PRIMARY KEY, path TEXT, name TEXT, avatar TEXT);
         INSERT INTO Profiles VALUES (1, 'in-ini', 'By Group', ''),
             (2, 'Profiles/in-group', 'In Group', '')",
    )
    .unwrap();
    db.close().unwrap();

    let (code, document) = world.json(&["profiles"]);
    assert_eq!(code, 0, "{document}");
    let mut found: Vec<_> = document["profiles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            (
                p["profile"].as_str().unwrap(),
                p["profile_name"].as_str().unwrap(),
                p["cookies"].as_u64().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("in-group", "In Group", 8),
            ("in-ini", "In Ini", 8),
            ("no-cookies-yet", "Empty", 0),
            ("only-there", "only-there", 8),
        ]
    );
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &serde_json::json!(12)));
}
