//! Every version of the stores that browsers have written, and tomorrow's.

mod world;

use world::{World, names, stores};

const CHROMIUM: &str = ".config/google-chrome/Default/Cookies";
const FIREFOX: &str = ".mozilla/firefox/p/cookies.sqlite";

fn chromium_world(version: i64) -> World {
    let world = World::new();
    stores::chromium(&world.path(CHROMIUM), version);
    world.write(".config/google-chrome/Default/Preferences", "{}");
    world
}

fn firefox_world(version: i64) -> World {
    let world = World::new();
    stores::firefox(&world.path(FIREFOX), version);
    world
}

/// Lists, deletes, looks at what is left, undoes, and compares with the beginning.
fn whole_round(world: &World, store: &str, table: &str, expected: &[&str], context: &str) {
    let store = world.path(store);
    let before = stores::dump(&store, table);
    // Just written, and then as if it had been left for an hour.
    let (_, fresh) = world.json(&["list", "openai.com"]);
    world.age();
    let (code, listing) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0, "{context}: {listing}");
    assert_eq!(names(&listing), expected, "{context}");
    assert_eq!(fresh, listing, "{context}");
    for cookie in listing["cookies"].as_array().unwrap() {
        assert_eq!(cookie["expires"], "2030-01-01T00:00:00Z", "{context}");
        assert_eq!(cookie["secure"], true, "{context}");
        assert_eq!(cookie["http_only"], false, "{context}");
    }

    let (code, deletion) = world.json(&["openai.com"]);
    assert_eq!(code, 0, "{context}: {deletion}");
    assert_eq!(deletion["deleted"], expected.len(), "{context}");
    let after = stores::dump(&store, table);
    assert_eq!(after.len(), before.len() - expected.len(), "{context}");
    assert!(after.iter().all(|row| before.contains(row)), "{context}");

    let undone = world.run_bare(&["undo", "--json"]).expect(0).json();
    assert_eq!(undone["restored"], expected.len(), "{context}");
    assert_eq!(stores::dump(&store, table), before, "{context}");
    assert_eq!(stores::integrity(&store), "ok", "{context}");
}

#[test]
fn every_chromium_version_is_read_cleaned_and_restored() {
    for version in 9..=25 {
        let mut expected = stores::OWN.to_vec();
        if version >= 15 {
            expected.insert(1, "challenges.cloudflare.com cf_chl");
        }
        let world = chromium_world(version);
        whole_round(
            &world,
            CHROMIUM,
            "cookies",
            &expected,
            &format!("version {version}"),
        );
    }
}

#[test]
fn every_firefox_version_is_read_cleaned_and_restored() {
    for version in 6..=18 {
        let mut expected = stores::OWN.to_vec();
        expected.insert(1, "challenges.cloudflare.com cf_chl");
        let world = firefox_world(version);
        whole_round(
            &world,
            FIREFOX,
            "moz_cookies",
            &expected,
            &format!("version {version}"),
        );
    }
}

#[test]
fn a_version_without_a_needed_column_is_refused_and_left_alone() {
    let world = chromium_world(24);
    let db = rusqlite::Connection::open(world.path(CHROMIUM)).unwrap();
    db.execute_batch(
        "DROP INDEX cookies_unique_index;
         ALTER TABLE cookies RENAME COLUMN top_frame_site_key TO partition_of_tomorrow;
         UPDATE meta SET value = 30 WHERE key = 'version'",
    )
    .unwrap();
    drop(db);
    let before = world.files();
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains("top_frame_site_key"), "{}", run.stderr);
    assert!(run.stderr.contains("Default"), "{}", run.stderr);
    assert!(world.files() == before);
}

#[test]
fn rows_are_not_put_back_into_a_store_of_another_version() {
    for (world, store, change) in [
        (
            chromium_world(23),
            CHROMIUM,
            "UPDATE meta SET value = 24 WHERE key = 'version'",
        ),
        (firefox_world(15), FIREFOX, "PRAGMA user_version = 16"),
    ] {
        world.run(&["openai.com"]).expect(0);
        let db = rusqlite::Connection::open(world.path(store)).unwrap();
        db.execute_batch(change).unwrap();
        db.close().unwrap();
        let before = world.files();
        let run = world.run_bare(&["undo"]).expect(1);
        assert!(run.stderr.contains("version"), "{}", run.stderr);
        assert!(world.files() == before);
        // The copy stays.
        let list = world.run_bare(&["undo", "--list", "--json"]).json();
        assert_eq!(list["undo"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn odd_rows_come_back_as_they_were() {
    let world = chromium_world(24);
    let store = world.path(CHROMIUM);
    let db = rusqlite::Connection::open(&store).unwrap();
    // Text where a blob should be, a blob where text should be, text that is not
    // UTF-8, a NUL, the extremes of the numbers, an empty value, a huge one.
    db.execute_batch(
        "UPDATE cookies SET encrypted_value = 'v10text' WHERE host_key = '.openai.com';
         UPDATE cookies SET value = X'00ff', encrypted_value = X'' WHERE host_key = 'openai.com';
         UPDATE cookies SET value = CAST(X'fffe80' AS TEXT), expires_utc = 9223372036854775807,
             last_access_utc = -9223372036854775808, path = 'a' || char(0) || 'b',
             encrypted_value = zeroblob(3000000)
             WHERE host_key = 'chat.openai.com';",
    )
    .unwrap();
    drop(db);
    let before = stores::dump(&store, "cookies");
    let (code, deleted) = world.json(&["openai.com"]);
    assert_eq!((code, &deleted["deleted"]), (0, &serde_json::json!(4)));
    assert_ne!(stores::dump(&store, "cookies"), before);
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(stores::dump(&store, "cookies"), before);
}

#[test]
fn newer_cookie_of_the_same_identity_is_skipped_by_undo() {
    let world = firefox_world(17);
    let store = world.path(FIREFOX);
    world.run(&["openai.com"]).expect(0);
    let db = rusqlite::Connection::open(&store).unwrap();
    // The browser sets one of them anew, and gives numbers again that were free.
    stores::firefox_row(&db, 17, 99, ".openai.com", "cf_clearance", "");
    for i in 100..103 {
        stores::firefox_row(&db, 17, i, "new.example", &format!("n{i}"), "");
    }
    db.execute("UPDATE moz_cookies SET id = id - 8 WHERE id > 8", [])
        .unwrap();
    db.close().unwrap();
    let before = stores::dump(&store, "moz_cookies");

    let undone = world.run_bare(&["undo", "--json"]).expect(0).json();
    assert_eq!(undone["restored"], 3);
    assert_eq!(undone["stores"][0]["skipped"], 1);
    let after = stores::dump(&store, "moz_cookies");
    assert!(before.iter().all(|row| after.contains(row)));
    let (_, listing) = world.json(&["list", "openai.com"]);
    assert_eq!(listing["cookies"].as_array().unwrap().len(), 4);
    let value: String = rusqlite::Connection::open(&store)
        .unwrap()
        .query_row(
            "SELECT value FROM moz_cookies WHERE name = 'cf_clearance'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(value, "value-99");
}

#[test]
fn rows_that_stand_only_in_the_wal_are_listed_and_deleted() {
    let world = firefox_world(17);
    let store = world.path(FIREFOX);
    // As after a crash: a writer that never closed. Copying what it left, WAL and
    // all, is what a power cut leaves behind.
    let live = tempfile::tempdir().unwrap();
    let live_store = live.path().join("cookies.sqlite");
    std::fs::copy(&store, &live_store).unwrap();
    let db = rusqlite::Connection::open(&live_store).unwrap();
    db.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    stores::firefox_row(&db, 17, 50, "www.openai.com", "only_in_wal", "");
    db.execute("DELETE FROM moz_cookies WHERE name = 'locale'", [])
        .unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("cookies.sqlite{suffix}");
        std::fs::copy(live.path().join(&name), store.with_file_name(&name)).unwrap();
    }
    drop(db);
    let before = world.files();

    let (code, listing) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0);
    assert_eq!(
        names(&listing),
        [
            ".openai.com cf_clearance",
            "challenges.cloudflare.com cf_chl",
            "chat.openai.com token",
            "www.openai.com only_in_wal",
        ]
    );
    assert!(world.files() == before, "the listing changed something");

    let (code, deletion) = world.json(&["openai.com"]);
    assert_eq!((code, &deletion["deleted"]), (0, &serde_json::json!(4)));
    assert!(names(&world.json(&["list", "openai.com"]).1).is_empty());
    for (path, bytes) in world.files() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("only_in_wal"), "{path:?}");
    }
}

#[test]
fn hot_journal_is_rolled_back_in_a_copy_or_when_deleting() {
    let world = chromium_world(24);
    let store = world.path(CHROMIUM);
    // A transaction that was cut off while it was being written into the file: it
    // had deleted everything.
    let live = tempfile::tempdir().unwrap();
    let live_store = live.path().join("Cookies");
    std::fs::copy(&store, &live_store).unwrap();
    let db = rusqlite::Connection::open(&live_store).unwrap();
    db.pragma_update(None, "cache_size", 1).unwrap();
    db.execute_batch(
        "BEGIN IMMEDIATE;
         DELETE FROM cookies WHERE host_key LIKE '%openai%';
         CREATE TABLE filler(x); ",
    )
    .unwrap();
    for _ in 0..200 {
        db.execute("INSERT INTO filler VALUES (zeroblob(2000))", [])
            .unwrap();
    }
    for suffix in ["", "-journal"] {
        let name = format!("Cookies{suffix}");
        std::fs::copy(live.path().join(&name), store.with_file_name(&name)).unwrap();
    }
    drop(db);
    let journal = store.with_file_name("Cookies-journal");
    assert!(journal.metadata().unwrap().len() > 512);
    let before = world.files();

    let (code, listing) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0, "{listing}");
    assert_eq!(listing["cookies"].as_array().unwrap().len(), 4);
    assert!(world.files() == before, "the listing changed something");

    let (code, deletion) = world.json(&["openai.com"]);
    assert_eq!((code, &deletion["deleted"]), (0, &serde_json::json!(4)));
    assert_eq!(stores::dump(&store, "cookies").len(), 4);
    assert_eq!(stores::integrity(&store), "ok");
}

#[test]
fn no_temporary_copy_of_a_store_stays_behind() {
    let world = firefox_world(17);
    let temp = world.root().join("temp");
    std::fs::create_dir(&temp).unwrap();
    let mut command = world.command_at_home(&["list", "openai.com"]);
    for variable in ["TMPDIR", "TMP", "TEMP"] {
        command.env(variable, &temp);
    }
    world::Run::of(command).expect(0);
    assert_eq!(std::fs::read_dir(&temp).unwrap().count(), 0);
}

/// What is passed on cannot be taken back, so it must not be before the look is over.
#[test]
fn browser_that_writes_during_a_list_does_not_spoil_it() {
    use cookieclean::Domain;
    use cookieclean::Platform;
    use cookieclean::Query;
    use cookieclean::{Event, Observer, list};
    use cookieclean::{Filter, Roots, discover};

    let world = chromium_world(24);
    let store = world.path(CHROMIUM);
    world.age();
    let layout = match cfg!(windows) {
        true => Platform::Windows,
        false => Platform::Linux,
    };
    let roots = Roots::below(&world.home(), layout).unwrap();
    let found = discover(&roots, &Filter::default()).unwrap();
    let query = Query::all_of(vec![Domain::parse("openai.com").unwrap()]);
    /// Has the browser write when it hears of the first cookies.
    struct Browser<'a>(&'a std::path::Path, usize);

    impl Observer for Browser<'_> {
        fn event(&mut self, event: &Event<'_>) {
            if let Event::Matches { matches, .. } = event {
                self.1 += matches.len();
                let db = rusqlite::Connection::open(self.0).unwrap();
                db.execute("DELETE FROM cookies", []).unwrap();
            }
        }
    }

    let mut browser = Browser(&store, 0);
    let summary = list(&found, &query, None, Some(1), &mut browser);
    assert_eq!((browser.1, summary.matched, summary.failed), (4, 4, 0));
}
