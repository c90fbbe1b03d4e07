//! Site data of the sample home folder: one site's goes and comes back, and what cannot be
//! understood, or is not what it seems, is left alone. What browsers make of it is in
//! tests/real_browsers/site_data.rs.

mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};
use world::{Run, World, copy_tree};

const CHROME: &str = ".config/google-chrome/Default";
const FIREFOX: &str = ".mozilla/firefox/abcd1234.default-esr";
const SITE: &str = "example.com";
const TRASH: &str = "cookieclean-trash";

/// What is listed of a site, without where it is.
fn listed(world: &World, site: &str) -> Value {
    let (code, report) = world.json(&["list", site, "--site-data"]);
    assert_eq!(code, 0, "{report}");
    report["site_data"].clone()
}

/// The store of the site data of a profile, in a report.
fn store<'r>(report: &'r Value, kind: &str) -> &'r Value {
    let stores = report["stores"].as_array().expect("stores").iter();
    let mut its =
        stores.filter(|store| store["kind"] == kind && store["status"] != "nothing-matched");
    its.next().unwrap_or_else(|| panic!("no {kind}: {report}"))
}

/// The files of folders that belong to one origin as a whole.
fn folders(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let is_in = |path: &Path| {
        let text = path.to_string_lossy().replace('\\', "/");
        [
            "/IndexedDB/",
            "/CacheStorage/",
            "/ScriptCache/",
            "/storage/default/",
        ]
        .iter()
        .any(|folder| text.contains(folder) && !text.contains(TRASH))
    };
    let files = world.files().into_iter();
    files.filter(|(path, _)| is_in(path)).collect()
}

/// A command that takes no home folder.
fn undo(world: &World, arguments: &[&str]) -> (i32, Value) {
    let mut command = world.command(arguments);
    command.arg("--json");
    let run = Run::of(command);
    (run.code, run.json())
}

fn has_trash(world: &World) -> bool {
    world.path(CHROME).join(TRASH).exists() || world.path(FIREFOX).join(TRASH).exists()
}

#[test]
fn one_sites_data_goes_and_comes_back() {
    let world = World::of_fixtures();
    let (before, others) = (listed(&world, SITE), listed(&world, "openai.com"));
    assert_eq!(before.as_array().map(Vec::len), Some(2));
    let files = folders(&world);

    let (code, report) = world.json(&[SITE, "--site-data", "--yes"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["site_data"], 2);
    assert_eq!(listed(&world, SITE), json!([]));
    assert_eq!(listed(&world, "openai.com"), others);
    let left = folders(&world);
    let is_its = |path: &Path| path.to_string_lossy().contains("example.com");
    assert!(!left.keys().any(|path| is_its(path)));
    assert!(files.keys().any(|path| is_its(path)));
    for (path, content) in &left {
        assert_eq!(files.get(path), Some(content), "{}", path.display());
    }

    let (code, report) = undo(&world, &["undo", "--list"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["undo"][0]["site_data"], true);
    assert!(report["undo"][0]["trash"].as_u64() > Some(50_000));
    let (code, report) = undo(&world, &["undo"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["replaced"], Value::Null);
    assert_eq!(listed(&world, SITE), before);
    assert_eq!(listed(&world, "openai.com"), others);
    assert_eq!(folders(&world), files);
    assert!(!has_trash(&world));
}

#[test]
fn what_a_site_stored_since_is_a_deletion_of_its_own() {
    let world = World::of_fixtures();
    let before = listed(&world, SITE);
    world.run(&[SITE, "--site-data", "--yes"]).expect(0);
    // The site is visited again.
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/home");
    for folder in ["IndexedDB", "Service Worker"] {
        let place = format!("{CHROME}/{folder}");
        if sample.join(&place).is_dir() {
            copy_tree(&sample.join(&place), &world.path(&place));
        }
    }
    world.age();
    let (code, report) = undo(&world, &["undo"]);
    assert_eq!(code, 0, "{report}");
    let replaced = report["replaced"].as_str().expect("an id").to_owned();
    assert_eq!(listed(&world, SITE), before);
    let (_, list) = undo(&world, &["undo", "--list"]);
    assert_eq!(list["undo"][0]["id"], replaced.as_str(), "{list}");
    assert_eq!(list["undo"][0]["domains"], json!([SITE]), "{list}");
    assert_eq!(list["undo"][0]["site_data"], true, "{list}");
}

#[test]
fn cookies_alone_are_the_default() {
    let world = World::of_fixtures();
    let before = listed(&world, SITE);
    let (code, report) = world.json(&[SITE]);
    assert_eq!(code, 0, "{report}");
    assert!(report["deleted"].as_u64() > Some(0));
    assert_eq!(report.get("site_data"), None);
    assert_eq!(listed(&world, SITE), before);
}

#[test]
fn without_a_terminal_it_wants_a_yes() {
    let world = World::of_fixtures();
    let before = listed(&world, SITE);
    let run = world.run(&[SITE, "--site-data"]).expect(2);
    assert!(run.stderr.contains("--yes"), "{run:#?}");
    for narrow in [&["--name", "a*"][..], &["--keep", "a*"], &["--keep-login"]] {
        let arguments = [&[SITE, "--site-data", "--yes"][..], narrow].concat();
        let run = world.run(&arguments).expect(2);
        assert!(run.stderr.contains(narrow[0]), "{run:#?}");
    }
    assert_eq!(listed(&world, SITE), before);
}

#[test]
fn partitions_and_subdomains_follow_the_options_of_cookies() {
    let world = World::of_fixtures();
    let origins = |arguments: &[&str]| -> Vec<String> {
        let all = [&["list"][..], arguments, &["--site-data"]].concat();
        let (_, report) = world.json(&all);
        let all = report["site_data"].as_array().expect("a list").iter();
        let mut origins: Vec<_> = all
            .map(|one| one["origin"].as_str().expect("an origin").to_owned())
            .collect();
        origins.sort();
        origins.dedup();
        origins
    };
    let (own, framed) = ("https://openai.com", "https://cf.example.net");
    assert_eq!(origins(&["openai.com"]), [framed, own]);
    assert_eq!(origins(&["openai.com", "--no-partitioned"]), [own]);
    assert_eq!(origins(&["openai.com", "--exact"]), [own]);
    assert_eq!(origins(&["example.net"]), [framed]);
    assert!(origins(&["chat.openai.com"]).is_empty());
    assert!(origins(&["notopenai.com"]).is_empty());
    let firefox = ["openai.com", "--container", "none", "--browser", "firefox"];
    assert_eq!(origins(&firefox), [framed, own]);
    assert!(origins(&["openai.com", "--container", "Work"]).is_empty());
}

/// Web views and isolated web apps have folders of their own, laid out the same.
#[test]
fn partitions_of_web_views_are_cleaned_too() {
    let world = World::of_fixtures();
    let bytes = || -> u64 {
        let list = listed(&world, SITE);
        let all = list.as_array().expect("a list").iter();
        let of_chrome = all.filter(|one| one["browser"] == "chrome");
        of_chrome
            .map(|one| one["bytes"].as_u64().expect("bytes"))
            .sum()
    };
    let alone = bytes();
    let view = world.path(CHROME).join("Storage/ext/abcdefghijklmnop/view");
    for folder in [
        "IndexedDB",
        "Local Storage",
        "Service Worker",
        "Session Storage",
        "WebStorage",
    ] {
        copy_tree(&world.path(CHROME).join(folder), &view.join(folder));
    }
    let before = listed(&world, SITE);
    assert_eq!(bytes(), 2 * alone);
    let (code, report) = world.json(&[SITE, "--site-data", "--yes"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(listed(&world, SITE), json!([]));
    let left = fs::read_dir(view.join("IndexedDB")).expect("a folder");
    let names = left.map(|entry| entry.expect("an entry").file_name());
    assert!(names.count() >= 1, "the others' are there");
    let (code, report) = undo(&world, &["undo"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(listed(&world, SITE), before);
}

#[test]
fn without_undo_nothing_is_kept() {
    let world = World::of_fixtures();
    let (code, report) = world.json(&[SITE, "--site-data", "--yes", "--no-undo"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["undo"], Value::Null);
    assert_eq!(listed(&world, SITE), json!([]));
    assert!(!has_trash(&world));
}

#[test]
fn forgetting_empties_the_trash() {
    let world = World::of_fixtures();
    world.json(&[SITE, "--site-data", "--yes"]);
    assert!(has_trash(&world));
    let (code, report) = undo(&world, &["undo", "--forget"]);
    assert_eq!(code, 0, "{report}");
    assert!(!has_trash(&world));
    assert_eq!(listed(&world, SITE), json!([]));
}

#[test]
fn copies_that_are_too_old_take_their_trash_along() {
    let world = World::of_fixtures();
    world.json(&[SITE, "--site-data", "--yes"]);
    let mut copies = fs::read_dir(world.state().join("undo")).expect("copies");
    let copy = copies.next().expect("a copy").expect("a copy").path();
    let eight_days = std::time::Duration::from_secs(8 * 24 * 3600);
    let then = jiff::Timestamp::now() - eight_days;
    let name = then.strftime("%Y%m%d-%H%M%S").to_string();
    fs::rename(&copy, copy.with_file_name(name)).expect("an older name");
    assert!(has_trash(&world));
    let (code, report) = undo(&world, &["undo", "--list"]);
    assert_eq!(code, 0, "{report}");
    assert!(!has_trash(&world));
}

#[test]
fn deletion_that_was_cut_off_is_listed_as_such() {
    let world = World::of_fixtures();
    world.json(&[SITE, "--site-data", "--yes"]);
    let cut_off = || undo(&world, &["undo", "--list"]).1["undo"][0]["cut_off"].clone();
    assert_eq!(cut_off(), json!(false));
    // As a kill leaves it.
    let trash = fs::read_dir(world.path(CHROME).join(TRASH)).expect("a trash");
    for folder in trash {
        let note = folder.expect("a folder").path().join("complete");
        fs::remove_file(note).expect("the note to go");
    }
    assert_eq!(cut_off(), json!(true));
    let run = Run::of(world.command(&["undo", "--list"])).expect(0);
    assert!(run.stdout.contains("cut off"), "{run:#?}");
    let (code, report) = undo(&world, &["undo"]);
    assert_eq!(code, 0, "{report}");
}

/// A deletion that was cut off, and a browser that stored anew before the undo: what is new
/// stays as a whole, and the rest comes back.
#[test]
fn what_is_new_after_a_cut_is_not_mixed_with_the_old() {
    for is_new_there in [false, true] {
        let world = World::of_fixtures();
        let path = world.path(CHROME).join("LocalStorage");
        let db = Connection::open(&path).expect("a store");
        db.execute_batch(
            "CREATE TABLE maps (row_id INTEGER PRIMARY KEY AUTOINCREMENT,
                 storage_key BLOB NOT NULL, last_accessed INTEGER, last_modified INTEGER,
                 total_size INTEGER);
             CREATE TABLE map_entries (map_id INTEGER NOT NULL,
                 value_compression_type INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
                 PRIMARY KEY (map_id, key)) WITHOUT ROWID;
             INSERT INTO maps (storage_key) VALUES (x'68747470733a2f2f6578616d706c652e636f6d2f');
             INSERT INTO map_entries VALUES (1, 0, x'016f6c64', x'0131'), (1, 0, x'0162', x'0131');",
        )
        .expect("a store");
        drop(db);
        world.age();
        world.json(&[SITE, "--site-data", "--yes"]);
        for folder in fs::read_dir(world.path(CHROME).join(TRASH)).expect("a trash") {
            let note = folder.expect("a folder").path().join("complete");
            fs::remove_file(note).expect("the note to go");
        }
        let db = Connection::open(&path).expect("a store");
        let keys = || -> Vec<Vec<u8>> {
            let mut select = db
                .prepare("SELECT key FROM map_entries ORDER BY key")
                .unwrap();
            let rows = select.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        assert!(keys().is_empty());
        if is_new_there {
            db.execute_batch(
                "INSERT INTO maps (storage_key)
                     VALUES (x'68747470733a2f2f6578616d706c652e636f6d2f');
                 INSERT INTO map_entries VALUES (2, 0, x'016e6577', x'0132');",
            )
            .expect("something new");
        }
        let (code, report) = undo(&world, &["undo"]);
        assert_eq!(code, 0, "{report}");
        let wanted: &[&[u8]] = match is_new_there {
            true => &[b"\x01new"],
            false => &[b"\x01b", b"\x01old"],
        };
        assert_eq!(keys(), wanted);
    }
}

#[test]
fn trash_that_was_removed_by_hand_is_missed() {
    let world = World::of_fixtures();
    world.json(&[SITE, "--site-data", "--yes"]);
    fs::remove_dir_all(world.path(CHROME).join(TRASH)).expect("the trash to go");
    let (code, report) = undo(&world, &["undo"]);
    assert_eq!(code, 1);
    let stores = report["stores"].as_array().expect("stores").iter();
    let missed: Vec<_> = stores.filter(|store| store["status"] == "error").collect();
    assert_eq!(missed.len(), 1, "{report}");
    assert_eq!(missed[0]["error_code"], "not-found");
    // The rest is back, and what is missed can be forgotten.
    assert_eq!(listed(&world, SITE).as_array().map(Vec::len), Some(1));
    let (code, report) = undo(&world, &["undo", "--forget"]);
    assert_eq!(code, 0, "{report}");
}

/// Chromium starts over with its service workers where it finds their database damaged.
#[test]
fn database_that_is_gone_keeps_nothing_else_from_coming_back() {
    let world = World::of_fixtures();
    let before = listed(&world, SITE);
    world.json(&[SITE, "--site-data", "--yes"]);
    fs::remove_dir_all(world.path(CHROME).join("Service Worker/Database")).expect("it to go");
    let (code, report) = undo(&world, &["undo"]);
    assert_eq!(code, 1, "{report}");
    let chrome = report["stores"].as_array().expect("stores").iter();
    let failed: Vec<_> = chrome.filter(|store| store["status"] == "error").collect();
    assert_eq!(failed.len(), 1, "{report}");
    let error = failed[0]["error"].as_str().expect("an error");
    assert!(
        error.replace('\\', "/").contains("Service Worker/Database"),
        "{error}"
    );
    let kinds = |list: &Value| -> Vec<String> {
        let all = list.as_array().expect("a list").iter();
        let all = all.flat_map(|one| one["contents"].as_array().expect("contents"));
        all.map(|one| one["kind"].to_string())
            .filter(|kind| kind != "\"service-worker\"")
            .collect()
    };
    assert_eq!(kinds(&listed(&world, SITE)), kinds(&before));
}

/// A deletion of a profile in which something is not understood leaves that profile's site
/// data as it is, and says which file it is; cookies and other profiles are cleaned.
fn left_alone(damage: impl FnOnce(&World), file: &str, code: &str) {
    let world = World::of_fixtures();
    damage(&world);
    world.age();
    let before = world.files();
    let (exit, report) = world.json(&[SITE, "--site-data", "--yes"]);
    assert_eq!(exit, 1, "{report}");
    let chrome = store(&report, "chromium-site-data");
    assert_eq!(chrome["status"], "error", "{report}");
    assert_eq!(chrome["error_code"], code, "{report}");
    let error = chrome["error"].as_str().expect("an error");
    assert!(error.replace('\\', "/").contains(file), "{error}");
    assert_eq!(store(&report, "firefox-site-data")["status"], "cleaned");
    assert!(report["deleted"].as_u64() > Some(5), "{report}");
    let now = world.files();
    for (path, content) in &before {
        let is_of_chrome = path.starts_with(world.path(CHROME));
        let is_cookies = path.to_string_lossy().contains("Cookies");
        if is_of_chrome && !is_cookies {
            assert_eq!(now.get(path), Some(content), "{}", path.display());
        }
    }
    assert!(!world.path(CHROME).join(TRASH).exists());
}

#[test]
fn damaged_leveldb_is_left_alone() {
    let log = |world: &World| {
        let folder = world.path(CHROME).join("Local Storage/leveldb");
        let files = fs::read_dir(folder).expect("a store");
        let mut logs = files.map(|file| file.expect("a file").path());
        let log = logs.find(|path| path.extension().is_some_and(|e| e == "log"));
        let log = log.expect("a log");
        let mut bytes = fs::read(&log).expect("a log");
        bytes[100] ^= 1;
        fs::write(log, bytes).expect("a log");
    };
    left_alone(log, "Local Storage/leveldb", "corrupt");
    let manifest = |world: &World| {
        let current = world.path(CHROME).join("Service Worker/Database/CURRENT");
        fs::write(current, "MANIFEST-../../x\n").expect("a file");
    };
    left_alone(manifest, "Service Worker/Database/CURRENT", "corrupt");
}

#[test]
fn schema_of_tomorrow_is_left_alone() {
    let quota = |world: &World, sql: &str| {
        let db = Connection::open(world.path(CHROME).join("WebStorage/QuotaManager"));
        db.expect("a store").execute_batch(sql).expect("a change");
    };
    left_alone(
        |world| {
            let sql = "ALTER TABLE buckets RENAME COLUMN storage_key TO key";
            quota(world, sql);
        },
        "QuotaManager",
        "unknown-schema",
    );
    left_alone(
        |world| quota(world, "DROP TABLE buckets"),
        "QuotaManager",
        "unknown-schema",
    );
    let local = |world: &World| {
        let path = world.path(CHROME).join("LocalStorage");
        let db = Connection::open(path).expect("a store");
        db.execute_batch("CREATE TABLE maps (row_id INTEGER PRIMARY KEY, storage_key BLOB)")
            .expect("a table");
    };
    left_alone(local, "LocalStorage", "unknown-schema");
    left_alone(
        |world| {
            world.write(&format!("{CHROME}/SessionStorage"), "not a database at all");
        },
        "SessionStorage",
        "not-a-database",
    );
}

#[test]
fn unknown_version_of_service_workers_is_left_alone() {
    let world = World::of_fixtures();
    world.write(&format!("{FIREFOX}/serviceworker.txt"), "99\n#\n");
    let (exit, report) = world.json(&[SITE, "--site-data", "--yes"]);
    assert_eq!(exit, 1, "{report}");
    let firefox = store(&report, "firefox-site-data");
    assert_eq!(firefox["error_code"], "unknown-schema", "{report}");
    assert!(
        world
            .path(FIREFOX)
            .join("storage/default/https+++example.com")
            .exists()
    );
    assert_eq!(store(&report, "chromium-site-data")["status"], "cleaned");
}

/// A row that refers to another site's bucket stays whatever the schema says.
#[test]
fn triggers_and_foreign_keys_reach_no_other_bucket() {
    let world = World::of_fixtures();
    let path = world.path(CHROME).join("WebStorage/QuotaManager");
    let db = Connection::open(&path).expect("a store");
    db.execute_batch("CREATE TRIGGER more AFTER DELETE ON buckets BEGIN DELETE FROM buckets; END;")
        .expect("a trigger");
    drop(db);
    world.age();
    let others = listed(&world, "openai.com");
    let (code, report) = world.json(&[SITE, "--site-data", "--yes"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(listed(&world, "openai.com"), others);
}

#[cfg(unix)]
mod on_posix {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_in_place_of_folders_are_not_followed() {
        let elsewhere = tempfile::tempdir().expect("a folder");
        fs::write(elsewhere.path().join("file"), "mine").expect("a file");
        for (place, file) in [
            (
                "IndexedDB/https_example.com_0.indexeddb.leveldb",
                "https_example.com_0",
            ),
            ("IndexedDB", "IndexedDB"),
            ("WebStorage", "WebStorage"),
            ("cookieclean-trash", TRASH),
        ] {
            let world = World::of_fixtures();
            let link = world.path(CHROME).join(place);
            let _ = fs::remove_dir_all(&link);
            symlink(elsewhere.path(), &link).expect("a link");
            let (exit, report) = world.json(&[SITE, "--site-data", "--yes"]);
            assert_eq!(exit, 1, "{place}: {report}");
            let chrome = store(&report, "chromium-site-data");
            let error = chrome["error"].as_str().expect("an error");
            assert!(error.contains(file) && error.contains("link"), "{error}");
            assert_eq!(
                fs::read(elsewhere.path().join("file")).expect("it"),
                b"mine"
            );
            assert_eq!(fs::read_dir(elsewhere.path()).expect("it").count(), 1);
        }
    }

    #[test]
    fn copy_cannot_lead_out_of_the_trash() {
        for (from, to) in [
            (
                "\"moved\",\"IndexedDB/",
                "\"moved\",\"../../../../IndexedDB/",
            ),
            ("\"moved\",\"IndexedDB/", "\"moved\",\"/tmp/IndexedDB/"),
        ] {
            let world = World::of_fixtures();
            world.json(&[SITE, "--site-data", "--yes"]);
            let mut is_changed = false;
            let mut deletions = fs::read_dir(world.state().join("undo")).expect("copies");
            let deletion = deletions.next().expect("one").expect("one").path();
            for copy in fs::read_dir(deletion).expect("copies") {
                let path = copy.expect("a copy").path();
                let text = fs::read_to_string(&path).expect("a copy");
                if text.contains(from) {
                    fs::write(&path, text.replace(from, to)).expect("a copy");
                    is_changed = true;
                }
            }
            assert!(is_changed);
            let (code, report) = undo(&world, &["undo"]);
            assert_eq!(code, 1, "{report}");
            let failed = report["stores"].as_array().expect("stores").iter();
            let failed = failed.filter(|store| store["error_code"] == "bad-undo-copy");
            assert_eq!(failed.count(), 1, "{report}");
            assert!(!Path::new("/tmp/IndexedDB").exists());
        }
    }
}

/// Windows does not rename a folder in which somebody has a file open.
#[cfg(windows)]
#[test]
fn open_file_keeps_everything_where_it_is() {
    use std::os::windows::fs::OpenOptionsExt;

    let world = World::of_fixtures();
    let before = listed(&world, SITE);
    let files = folders(&world);
    let folder = "IndexedDB/https_example.com_0.indexeddb.leveldb/LOG";
    let held = fs::OpenOptions::new()
        .read(true)
        .share_mode(1)
        .open(world.path(CHROME).join(folder))
        .expect("a file");
    let (code, report) = world.json(&[SITE, "--site-data", "--yes"]);
    let chrome = store(&report, "chromium-site-data");
    if code == 0 {
        // Wine renames it.
        assert_eq!(chrome["status"], "cleaned");
        return;
    }
    assert_eq!(chrome["status"], "error", "{report}");
    drop(held);
    let now = listed(&world, SITE);
    let of_chrome = |list: &Value| -> Vec<Value> {
        let all = list.as_array().expect("a list").iter();
        all.filter(|one| one["browser"] == "chrome")
            .cloned()
            .collect()
    };
    assert_eq!(of_chrome(&now), of_chrome(&before));
    let now = folders(&world);
    for (path, content) in files
        .iter()
        .filter(|(path, _)| path.starts_with(world.path(CHROME)))
    {
        assert_eq!(now.get(path), Some(content), "{}", path.display());
    }
}
