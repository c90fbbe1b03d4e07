//! A browser that is open, as Windows shows it: by files that it shares with nobody.

use std::fs::{self, File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::world::World;
use super::world::windows_browser::{Manner, WindowsBrowser};
use super::{CHROME, EDGE, row};

const FILE_SHARE_READ: u32 = 1;

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
fn a_chrome_that_does_not_want_to_quit_or_cannot_be_asked_goes_on() {
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
fn a_store_that_chrome_lets_nobody_open_is_in_use_and_not_empty() {
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

#[test]
fn a_store_that_another_program_keeps_open_is_an_error_that_names_it() {
    let world = World::of_fixtures();
    let path = world.path("AppData/Local/Google/Chrome/User Data/Default/Cookies");
    let _held = hold(&path, 0);
    let (code, document) = world.json(&["openai.com", "-b", "chrome"]);
    assert_eq!(code, 1, "{document}");
    let error = row(&document, "chrome", "Default")["error"]
        .as_str()
        .unwrap();
    assert!(
        error.contains("Cookies") && error.contains("locked"),
        "{error}"
    );
    assert_eq!(row(&document, "chrome", "Profile 1")["status"], "cleaned");
}
