//! What Firefox has after its store was cleaned.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::browser::{Cookie, Firefox, Kind, Server, wait_for};
use crate::command::{delete, list, undo, users, without_values};
use crate::given;
use crate::watch::{
    LIMIT, all_stand_in, assert_nowhere, assert_sound, assert_unchanged, beside, bytes_of,
    contains, everything_in,
};
use crate::world::World;

#[test]
fn firefox_has_exactly_the_others_and_all_after_undo() {
    if !Kind::Firefox.available("firefox_has_exactly_the_others_and_all_after_undo") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let profile = world.path("firefox");
    let store = profile.join("cookies.sqlite");

    let mut browser = Firefox::start(&server, &profile, &[]);
    let before = given::to_firefox(&mut browser);
    let (gone, kept) = given::split(&before);
    browser.close();

    let listed = list(&world, &[&profile]).expect(0);
    assert_eq!(listed.cookies("firefox"), without_values(&gone));
    assert_eq!(listed.store(&store)["in_use"], false);
    assert_eq!(listed.store(&store)["total"], before.len());
    assert_eq!(listed.store(&store)["matched"], gone.len());

    let secrets = values(&gone);
    assert!(all_stand_in(&store, &secrets));
    let lock = LockFiles::of(&profile);
    let deleted = delete(&world, &[&profile]).expect(0);
    assert_eq!(deleted.store(&store)["status"], "cleaned");
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    assert_eq!(deleted.store(&store)["kept"], kept.len());
    assert_nowhere(&store, &secrets);
    assert_sound(&store);
    assert_eq!(LockFiles::of(&profile), lock);

    let mut browser = Firefox::start(&server, &profile, &[]);
    assert_eq!(browser.cookies(), kept);
    assert_not_set_aside(&profile);
    let refused = undo(&world).expect(3);
    assert_eq!(refused.store(&store)["status"], "in-use");
    assert_eq!(users(refused.store(&store)), [u64::from(browser.pid())]);
    assert_eq!(browser.cookies(), kept);
    browser.close();

    let undone = undo(&world).expect(0);
    assert_eq!(undone.store(&store)["restored"], gone.len());
    assert_sound(&store);
    let mut browser = Firefox::start(&server, &profile, &[]);
    assert_eq!(browser.cookies(), before);
    assert_not_set_aside(&profile);
    browser.kill();
}

#[test]
fn killed_firefox_with_wal_rows_is_listed_and_cleaned() {
    if !Kind::Firefox.available("killed_firefox_with_wal_rows_is_listed_and_cleaned") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let profile = world.path("firefox");
    let store = profile.join("cookies.sqlite");

    let mut browser = Firefox::start(&server, &profile, &[]);
    given::to_firefox(&mut browser);
    let last = fill_the_wal(&mut browser, &store);
    let before = browser.cookies();
    let (gone, kept) = given::split(&before);
    wait_for("everything to be in the files", LIMIT, || {
        all_stand_in(&store, &values(&before)).then_some(())
    });
    browser.kill();
    assert!(!contains(&bytes_of(&store), &last));
    assert!(contains(&bytes_of(&beside(&store, "-wal")), &last));
    assert!(rows_without_the_wal(&store) < before.len());

    let untouched = everything_in(&profile);
    let listed = list(&world, &[&profile]).expect(0);
    assert_unchanged(&profile, &untouched);
    assert_eq!(listed.store(&store)["in_use"], false);
    assert_eq!(listed.store(&store)["total"], before.len());
    assert_eq!(listed.cookies("firefox"), without_values(&gone));

    let lock = LockFiles::of(&profile);
    assert!(lock.link.is_some() && lock.parentlock.is_some());
    let deleted = delete(&world, &[&profile]).expect(0);
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    assert_nowhere(&store, &values(&gone));
    assert_sound(&store);
    assert_eq!(LockFiles::of(&profile), lock);

    let mut browser = Firefox::start(&server, &profile, &[]);
    assert_eq!(browser.cookies(), kept);
    assert_not_set_aside(&profile);
    browser.kill();
}

/// Sets cookies until one stands in the WAL and not in the database, where it
/// stays: Firefox moves 16 pages at a time, and has just done so. Returns its value.
fn fill_the_wal(browser: &mut Firefox, store: &Path) -> String {
    let mut set = |number: u32| {
        let value = format!("gone-wal-{number:03}");
        browser.set_cookie(
            "openai.com",
            &format!("wal={value}; Path=/{number}; Max-Age=86400"),
        );
        wait_for("a cookie to be written", LIMIT, || {
            all_stand_in(store, &[value.clone().into_bytes()]).then_some(())
        });
        value
    };
    let mut before_last = set(0);
    for number in 1..100 {
        let moved = contains(&bytes_of(store), &before_last);
        let last = set(number);
        let last_moved = contains(&bytes_of(store), &last);
        if moved && !last_moved {
            return last;
        }
        before_last = last;
    }
    panic!("firefox never moved the WAL into its database");
}

/// What a reader would see who takes the database alone.
fn rows_without_the_wal(store: &Path) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("store");
    fs::copy(store, &copy).expect("a copy");
    let rows: i64 = Connection::open(&copy)
        .and_then(|db| db.query_row("SELECT count(*) FROM moz_cookies", [], |row| row.get(0)))
        .expect("a number");
    rows as usize
}

fn values(cookies: &[Cookie]) -> Vec<Vec<u8>> {
    cookies
        .iter()
        .map(|cookie| cookie.value.clone().into_bytes())
        .collect()
}

/// Firefox renames a store that it cannot use, and goes on without cookies.
#[track_caller]
fn assert_not_set_aside(profile: &Path) {
    let set_aside: Vec<_> = fs::read_dir(profile)
        .expect("the profile")
        .flatten()
        .map(|entry| entry.file_name().into_string().expect("UTF-8"))
        .filter(|name| name.starts_with("cookies.sqlite.bak"))
        .collect();
    assert!(set_aside.is_empty(), "{set_aside:?}");
}

/// What Firefox takes for signs of how it ended.
#[derive(Debug, PartialEq)]
struct LockFiles {
    parentlock: Option<(Vec<u8>, std::time::SystemTime)>,
    link: Option<std::path::PathBuf>,
}

impl LockFiles {
    fn of(profile: &Path) -> Self {
        let file = profile.join(".parentlock");
        let time = file.metadata().and_then(|metadata| metadata.modified());
        Self {
            parentlock: time.ok().map(|time| (bytes_of(&file), time)),
            link: fs::read_link(profile.join("lock")).ok(),
        }
    }
}
