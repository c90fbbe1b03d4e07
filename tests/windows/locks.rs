//! A browser that is open, as Windows shows it: by files that it shares with nobody.

use std::fs::{self, File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::world::windows_browser::{Manner, WindowsBrowser};
use super::world::{World, stores};
use super::{CHROME, EDGE, FIREFOX, row};

const FILE_SHARE_READ: u32 = 1;
const ERROR_SHARING_VIOLATION: i32 = 32;

/// Holds a file as another program would.
fn hold(path: &Path, share: u32) -> File {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .share_mode(share)
        .open(path)
        .unwrap()
}

/// A Chromium that runs on this user-data directory.
fn browser(world: &World, user_data: &str, manner: Manner) -> WindowsBrowser {
    WindowsBrowser::start("helper_that_is_a_browser", &world.path(user_data), manner)
}

#[test]
fn a_chrome_that_holds_its_lockfile_is_in_use() {
    let world = World::of_fixtures();
    let lockfile = world.path("AppData/Local/Google/Chrome/User Data/lockfile");
    let held = hold(&lockfile, FILE_SHARE_READ);
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!(code, 3, "{document}");
    assert_eq!(row(&document, "chrome", "Default")["status"], "in-use");
    assert_eq!(row(&document, "chrome", "Profile 1")["deleted"], 0);
    assert_eq!(row(&document, "edge", "Default")["status"], "cleaned");
    let (code, document) = world.json(&["list", "openai.com", "-b", "chrome"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(row(&document, "chrome", "Default")["in_use"], true);
    assert_eq!(document["cookies"].as_array().unwrap().len(), 12);
    // A power cut leaves the file; nobody has it open.
    drop(held);
    let (code, document) = world.json(&["openai.com", "-b", "chrome"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(12)), "{document}");
    assert!(lockfile.exists());
}

#[test]
fn a_chrome_that_runs_is_named() {
    let world = World::of_fixtures();
    let chrome = browser(&world, CHROME, Manner::Polite);
    let edge = browser(&world, EDGE, Manner::Polite);
    let (code, document) = world.json(&["profiles"]);
    assert_eq!(code, 0, "{document}");
    for (browser, running) in [("chrome", &chrome), ("edge", &edge)] {
        let profiles = document["profiles"].as_array().unwrap();
        let mut of_it = profiles.iter().filter(|row| row["browser"] == browser);
        assert!(of_it.clone().count() > 0, "{document}");
        assert!(
            of_it.all(|row| row["in_use_by"][0]["pid"] == running.pid()),
            "{} in {document}",
            running.pid()
        );
    }
    let (code, document) = world.json(&["openai.com", "-b", "chrome"]);
    assert_eq!(code, 3, "{document}");
    let refused = row(&document, "chrome", "Default");
    assert_eq!(refused["in_use_by"][0]["pid"], chrome.pid(), "{document}");
    // To look at it is not to disturb it.
    assert!(!chrome.quit().was_asked);
    let (code, document) = world.json(&["openai.com", "-b", "chrome"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(12)), "{document}");
    assert!(!edge.quit().was_asked);
}

#[test]
fn a_chrome_that_is_asked_to_quit_does_and_its_cookies_go() {
    let world = World::of_fixtures();
    let chrome = browser(&world, CHROME, Manner::Polite);
    let edge = browser(&world, EDGE, Manner::Polite);
    let (code, document) = world.json(&["openai.com", "-b", "chrome", "--close"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(12)), "{document}");
    let end = chrome.end();
    assert_eq!((end.code, end.was_asked), (Some(0), true));
    assert!(!edge.quit().was_asked);
}

#[test]
fn chrome_that_refuses_to_quit_goes_on() {
    for (manner, asked) in [(Manner::Refuses, true), (Manner::Windowless, false)] {
        let world = World::of_fixtures();
        let mut chrome = browser(&world, CHROME, manner);
        let (code, document) = world.json(&["openai.com", "-b", "chrome", "--close"]);
        assert_eq!(code, 3, "{manner:?}: {document}");
        assert!(chrome.is_running());
        assert_eq!(chrome.quit().was_asked, asked, "{manner:?}");
    }
}

#[test]
fn a_chrome_is_waited_for_until_it_is_closed() {
    let world = World::of_fixtures();
    let chrome = browser(&world, CHROME, Manner::Polite);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| world.json(&["openai.com", "-b", "chrome", "--wait", "60"]));
        thread::sleep(Duration::from_millis(1500));
        assert!(!waiting.is_finished());
        assert!(!chrome.quit().was_asked);
        let (code, document) = waiting.join().unwrap();
        assert_eq!((code, &document["deleted"]), (0, &json!(12)), "{document}");
    });
}

#[test]
fn a_lockfile_that_was_missing_is_missing_afterwards() {
    let world = World::of_fixtures();
    let (code, _) = world.json(&["openai.com", "-b", "chrome"]);
    assert_eq!(code, 0);
    assert!(
        !world
            .path("AppData/Local/Google/Chrome/User Data/lockfile")
            .exists()
    );
}

#[test]
fn a_firefox_that_holds_its_parent_lock_is_in_use() {
    let world = World::of_fixtures();
    let profile = "AppData/Roaming/Mozilla/Firefox/efgh5678.work";
    let held = hold(&world.path(&format!("{profile}/parent.lock")), 0);
    let store = world.path(&format!("{profile}/cookies.sqlite"));
    let before = fs::read(&store).unwrap();
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!(code, 3, "{document}");
    assert_eq!(
        row(&document, "firefox", "efgh5678.work")["status"],
        "in-use"
    );
    assert!(fs::read(&store).unwrap() == before);
    let (code, document) = world.json(&["list", "openai.com", "-b", "firefox"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(row(&document, "firefox", "efgh5678.work")["in_use"], true);
    drop(held);
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(2)), "{document}");
}

#[test]
fn exclusively_open_store_is_in_use_and_not_empty() {
    let world = World::of_fixtures();
    let user_data = "AppData/Local/Google/Chrome/User Data";
    let _lockfile = hold(
        &world.path(&format!("{user_data}/lockfile")),
        FILE_SHARE_READ,
    );
    let store = hold(&world.path(&format!("{user_data}/Default/Cookies")), 0);
    let (code, document) = world.json(&["list", "openai.com", "-b", "chrome"]);
    assert_eq!(code, 3, "{document}");
    let default = row(&document, "chrome", "Default");
    assert_eq!(default["status"], "in-use");
    assert_eq!(default["matched"], Value::Null);
    assert_eq!(row(&document, "chrome", "Profile 1")["matched"], 2);
    let (code, document) = world.json(&["profiles", "-b", "chrome"]);
    assert_eq!(code, 3, "{document}");
    assert_eq!(document["profiles"][0]["in_use"], true);
    assert_eq!(document["profiles"][0]["cookies"], Value::Null);
    drop(store);
}

/// Since version 114 Chromium opens its store so.
#[test]
fn exclusive_store_is_in_use_without_a_lockfile() {
    let world = World::of_fixtures();
    let path = world.path("AppData/Local/Google/Chrome/User Data/Default/Cookies");
    let before = fs::read(&path).unwrap();
    let held = hold(&path, 0);
    for arguments in [
        &["openai.com", "-b", "chrome"][..],
        &["list", "openai.com", "-b", "chrome"],
    ] {
        let (code, document) = world.json(arguments);
        assert_eq!(code, 3, "{document}");
        assert_eq!(row(&document, "chrome", "Default")["status"], "in-use");
        assert_eq!(row(&document, "chrome", "Profile 1")["in_use"], true);
    }
    drop(held);
    assert!(fs::read(&path).unwrap() == before);
    let (code, document) = world.json(&["openai.com", "-b", "chrome"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(row(&document, "chrome", "Default")["status"], "cleaned");
}

#[test]
fn another_cookieclean_is_waited_for_and_no_browser() {
    let world = World::new();
    let profile = world.path(FIREFOX).join("p");
    stores::firefox(&profile.join("cookies.sqlite"), 17);
    let chrome = world.path(CHROME);
    stores::chromium(&chrome.join("Default").join("Cookies"), 24);
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    // As the program holds them.
    let held = [profile.join("parent.lock"), chrome.join("lockfile")].map(|path| {
        let file = hold(&path, FILE_SHARE_READ);
        file.lock().unwrap();
        file
    });
    thread::scope(|scope| {
        let waiting = scope.spawn(|| world.json(&["openai.com"]));
        thread::sleep(Duration::from_millis(1500));
        assert!(!waiting.is_finished());
        drop(held);
        let (code, document) = waiting.join().unwrap();
        assert_eq!((code, &document["deleted"]), (0, &json!(8)), "{document}");
    });
}

#[test]
fn chrome_with_an_exclusive_store_is_in_use() {
    let world = World::of_fixtures();
    let store = world.path(CHROME).join("Default").join("Cookies");
    let before = fs::read(&store).unwrap();
    let chrome = WindowsBrowser::start_with(
        "helper_that_is_a_browser",
        &world.path(CHROME),
        Manner::Polite,
        Some(&store),
    );
    let (code, document) = world.json(&["openai.com", "-b", "chrome"]);
    assert_eq!((code, &document["deleted"]), (3, &json!(0)), "{document}");
    for row in document["stores"].as_array().unwrap() {
        assert_eq!(row["status"], "in-use");
        assert_eq!(row["in_use_by"][0]["pid"], chrome.pid(), "{row}");
    }
    assert!(!chrome.quit().was_asked);
    assert!(fs::read(&store).unwrap() == before);
    let (code, document) = world.json(&["openai.com", "-b", "chrome"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(12)), "{document}");
}

/// What a browser that starts does first: it is refused as long as a store is worked on.
#[test]
fn while_a_profile_is_claimed_no_browser_gets_its_lock() {
    let world = World::new();
    let firefox = world.path(FIREFOX).join("p");
    let chrome = world.path(CHROME);
    stores::firefox(&firefox.join("cookies.sqlite"), 17);
    stores::chromium(&chrome.join("Default").join("Cookies"), 24);
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    for (browser, store, table, lock) in [
        (
            "chrome",
            chrome.join("Default").join("Cookies"),
            "cookies",
            chrome.join("lockfile"),
        ),
        (
            "firefox",
            firefox.join("cookies.sqlite"),
            "moz_cookies",
            firefox.join("parent.lock"),
        ),
    ] {
        // Somebody reads, so that the deletion has to wait for its end.
        let db = rusqlite::Connection::open(&store).unwrap();
        db.execute_batch("BEGIN").unwrap();
        let count = format!("SELECT count(*) FROM {table}");
        db.query_row(&count, [], |_| Ok(())).unwrap();
        thread::scope(|scope| {
            let run = scope.spawn(|| world.json(&["openai.com", "-b", browser]));
            // The copy is written when the profile is claimed.
            let has_copy = || {
                let folders = fs::read_dir(world.state().join("undo"))
                    .into_iter()
                    .flatten();
                let mut folders = folders.flatten().map(|folder| folder.path());
                folders.any(|folder| {
                    let mut names = fs::read_dir(folder).into_iter().flatten().flatten();
                    names.any(|name| name.file_name() != "lock")
                })
            };
            while !has_copy() {
                assert!(!run.is_finished());
                thread::sleep(Duration::from_millis(5));
            }
            let refused = OpenOptions::new()
                .write(true)
                .create(true)
                .share_mode(if browser == "chrome" {
                    FILE_SHARE_READ
                } else {
                    0
                })
                .open(&lock)
                .unwrap_err();
            assert_eq!(refused.raw_os_error(), Some(ERROR_SHARING_VIOLATION));
            assert!(!run.is_finished());
            db.execute_batch("COMMIT").unwrap();
            let (code, document) = run.join().unwrap();
            assert_eq!((code, &document["deleted"]), (0, &json!(4)), "{document}");
        });
        // And then nothing is in its way.
        drop(hold(&lock, 0));
        fs::remove_dir_all(world.state()).unwrap();
    }
}
