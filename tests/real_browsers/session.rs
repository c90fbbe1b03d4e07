//! Session cookies, which Firefox keeps in its session files and brings back.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::{Cookie, Firefox, Kind, Server, wait_for};
use crate::command::{delete, undo};
use crate::watch::LIMIT;
use crate::world::{World, sessions};

const GONE: &str = "login=gone-login; Path=/; Secure; HttpOnly";
const KEPT: &str = "visit=kept-visit; Path=/";

/// "Open previous windows", and a session that is written soon.
fn prefs() -> [(&'static str, Value); 2] {
    [
        ("browser.startup.page", json!(3)),
        ("browser.sessionstore.interval", json!(500)),
    ]
}

/// A window with a page of openai.com, another with one of example.com, and a session
/// cookie of each.
fn fill(browser: &mut Firefox) {
    browser.set_cookies("auth.openai.com", &[GONE]);
    browser.set_cookies("example.com", &[KEPT]);
    browser.visit("https://openai.com/chat");
    browser.visit_in_new_window("https://example.com/other");
}

fn names(cookies: &[Cookie]) -> Vec<&str> {
    cookies.iter().map(|cookie| &*cookie.name).collect()
}

/// The pages that are open, or will be when one looks at their tab.
fn pages(browser: &mut Firefox) -> Vec<String> {
    let state = browser.run(
        "const { SessionStore } = ChromeUtils.importESModule(
             'resource:///modules/sessionstore/SessionStore.sys.mjs');
         return JSON.parse(SessionStore.getBrowserState());",
    );
    let windows = state["windows"].as_array().expect("windows").iter();
    let mut pages: Vec<String> = windows
        .flat_map(|window| window["tabs"].as_array().expect("tabs"))
        .filter_map(|tab| {
            Some(
                tab["entries"].as_array()?.last()?["url"]
                    .as_str()?
                    .to_owned(),
            )
        })
        .filter(|url| url.starts_with("https:"))
        .collect();
    pages.sort();
    pages
}

/// Waits until the session as it is stands in a file that outlives the browser.
fn wait_for_session(profile: &Path) {
    let file = profile.join("sessionstore-backups/recovery.jsonlz4");
    wait_for("firefox to write its session", LIMIT, || {
        let text = file.is_file().then(|| sessions::text(&file))?;
        let parts = ["gone-login", "kept-visit", "/chat", "/other"];
        parts.iter().all(|part| text.contains(part)).then_some(())
    });
}

/// Nothing of the site's cookie is in any session file.
#[track_caller]
fn assert_gone(profile: &Path) {
    for folder in [profile.to_owned(), profile.join("sessionstore-backups")] {
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            assert!(!name.starts_with(".cookieclean-"), "{name}");
            if entry.path().is_file() && name.contains("lz4") {
                let text = sessions::text(&entry.path());
                assert!(!text.contains("gone-login"), "{name}");
            }
        }
    }
}

fn comes_back(killed: bool) {
    let server = Server::start();
    let world = World::new();
    let profile = world.path("firefox");
    let mut browser = Firefox::start(&server, &profile, &prefs());
    fill(&mut browser);
    wait_for_session(&profile);
    let before = pages(&mut browser);
    assert!(before.len() >= 2, "{before:?}");
    let end = |browser: Firefox| match killed {
        true => browser.kill(),
        false => browser.close(),
    };
    end(browser);

    // Deleted and undone, all is as it was.
    let deleted = delete(&world, &[&profile]).expect(0);
    assert!(deleted.value("deleted").as_u64() > Some(0));
    assert_gone(&profile);
    undo(&world).expect(0);
    let mut browser = Firefox::start(&server, &profile, &prefs());
    wait_for("the session to be back", LIMIT, || {
        (names(&browser.cookies()) == ["login", "visit"]).then_some(())
    });
    assert_eq!(pages(&mut browser), before);
    wait_for_session(&profile);
    end(browser);

    delete(&world, &[&profile]).expect(0);
    assert_gone(&profile);
    let mut browser = Firefox::start(&server, &profile, &prefs());
    wait_for("the session to be back", LIMIT, || {
        (pages(&mut browser) == before).then_some(())
    });
    assert_eq!(names(&browser.cookies()), ["visit"]);
    browser.close();
    assert_gone(&profile);
    let mut browser = Firefox::start(&server, &profile, &prefs());
    wait_for("the session to be back", LIMIT, || {
        (pages(&mut browser) == before).then_some(())
    });
    assert_eq!(names(&browser.cookies()), ["visit"]);
    browser.kill();
}

#[test]
fn firefox_reopens_windows_without_the_sites_cookies() {
    if Kind::Firefox.available("firefox_reopens_windows_without_the_sites_cookies") {
        comes_back(false);
    }
}

#[test]
fn firefox_recovers_without_the_sites_session_cookies() {
    if Kind::Firefox.available("firefox_recovers_without_the_sites_session_cookies") {
        comes_back(true);
    }
}

/// "Restore Previous Session" of the menu.
fn restore_previous(browser: &mut Firefox) {
    let is_there = browser.run(
        "const { SessionStore } = ChromeUtils.importESModule(
             'resource:///modules/sessionstore/SessionStore.sys.mjs');
         const is_there = SessionStore.canRestoreLastSession;
         if (is_there) SessionStore.restoreLastSession();
         return is_there;",
    );
    assert_eq!(is_there, true, "no previous session to restore");
}

#[test]
fn previous_session_comes_back_without_the_sites_cookies() {
    if !Kind::Firefox.available("previous_session_comes_back_without_the_sites_cookies") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let profile = world.path("firefox");
    let home = [
        ("browser.startup.page", json!(1)),
        ("browser.sessionstore.interval", json!(500)),
    ];
    let mut browser = Firefox::start(&server, &profile, &home);
    fill(&mut browser);
    wait_for_session(&profile);
    browser.close();

    // Without a deletion both are back.
    let mut browser = Firefox::start(&server, &profile, &home);
    assert_eq!(names(&browser.cookies()), [""; 0]);
    restore_previous(&mut browser);
    wait_for("the session to be back", LIMIT, || {
        (names(&browser.cookies()) == ["login", "visit"]).then_some(())
    });
    wait_for_session(&profile);
    browser.close();

    delete(&world, &[&profile]).expect(0);
    assert_gone(&profile);
    let mut browser = Firefox::start(&server, &profile, &home);
    restore_previous(&mut browser);
    wait_for("the session to be back", LIMIT, || {
        (names(&browser.cookies()) == ["visit"]).then_some(())
    });
    let pages = pages(&mut browser);
    for page in ["https://openai.com/chat", "https://example.com/other"] {
        assert!(pages.iter().any(|open| open == page), "{pages:?}");
    }
    browser.kill();
}

#[test]
fn upgrade_session_comes_back_without_the_sites_cookies() {
    if !Kind::Firefox.available("upgrade_session_comes_back_without_the_sites_cookies") {
        return;
    }
    const BUILD: &str = "20260101000000";
    let server = Server::start();
    let world = World::new();
    let profile = world.path("firefox");
    let mut browser = Firefox::start(&server, &profile, &prefs());
    fill(&mut browser);
    wait_for_session(&profile);
    browser.close();
    // As after an upgrade that lost the session: only the backup of it is left.
    let backups = profile.join("sessionstore-backups");
    let backup = backups.join(format!("upgrade.jsonlz4-{BUILD}"));
    let session = profile.join("sessionstore.jsonlz4");
    std::fs::remove_dir_all(&backups).expect("the backups");
    std::fs::create_dir(&backups).expect("a folder");
    std::fs::rename(&session, &backup).expect("the session");
    let untouched = std::fs::read(&backup).expect("the backup");
    let latest = (
        "browser.sessionstore.upgradeBackup.latestBuildID",
        json!(BUILD),
    );
    let with_backup = [prefs().as_slice(), &[latest]].concat();

    for is_deleted in [false, true] {
        let _ = std::fs::remove_dir_all(&backups);
        let _ = std::fs::remove_file(&session);
        std::fs::create_dir(&backups).expect("a folder");
        std::fs::write(&backup, &untouched).expect("the backup");
        if is_deleted {
            delete(&world, &[&profile]).expect(0);
        }
        let mut browser = Firefox::start(&server, &profile, &with_backup);
        let wanted = if is_deleted {
            &["visit"][..]
        } else {
            &["login", "visit"]
        };
        wait_for("the session to be back", LIMIT, || {
            (names(&browser.cookies()) == wanted).then_some(())
        });
        browser.kill();
    }
}
