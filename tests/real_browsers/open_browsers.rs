//! Browsers that are open: looked into without a trace, and left alone.

use std::path::Path;

use serde_json::json;

use crate::browser::{Chromium, Firefox, Kind, Server, wait_for};
use crate::command::{delete, in_home, list, profiles, start, users, without_values};
use crate::sample::{
    self, CHROME, CHROME_STORE, FIREFOX, FIREFOX_WORK, cookies_of, persistent, split,
};
use crate::watch::{LIMIT, Pause, assert_unchanged, everything_in, lock_holder};

#[test]
fn open_chromium_is_listed_skipped_and_cleaned_when_closed() {
    if !Kind::Chromium.available("open_chromium_is_listed_skipped_and_cleaned_when_closed") {
        return;
    }
    let restore = &["--restore-last-session"];
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    let before = cookies_of("chrome", "Default");
    let (gone, kept) = split(&before);
    let mut browser = Chromium::start(&server, &dir, "Default", restore);
    let pid = u64::from(browser.pid());
    assert_eq!(browser.cookies(), before);

    let pause = pause_between_commits(browser.pid(), &store);
    let untouched = everything_in(&dir);
    let listed = list(&world, &[&dir.join("Default")]).expect(0);
    assert_eq!(listed.cookies("chromium"), without_values(&gone));
    assert_eq!(listed.store(&store)["in_use"], true);
    assert_eq!(listed.store(&store)["total"], before.len());

    let found = profiles(&world, &[&dir]).expect(0);
    let row = found.profile(&dir.join("Default"));
    assert_eq!(row["in_use"], true);
    assert_eq!(users(row), [pid]);
    assert_eq!(row["cookies"], before.len());

    let refused = delete(&world, &[&dir]).expect(3);
    assert_eq!(refused.value("deleted"), 0);
    // The browser has every profile of its user-data directory.
    for profile in ["Default", "Profile 1"] {
        let row = refused.store(&dir.join(profile).join("Cookies"));
        assert_eq!(row["status"], "in-use");
        assert_eq!(users(row), [pid]);
    }
    assert_unchanged(&dir, &untouched);
    drop(pause);

    delete(&world, &[&dir]).expect(3);
    assert_eq!(browser.cookies(), before);
    browser.close();

    let deleted = delete(&world, &[&dir]).expect(0);
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    let mut browser = Chromium::start(&server, &dir, "Default", restore);
    assert_eq!(browser.cookies(), kept);
    browser.kill();
}

/// Chromium does not wait for a reader: it gives up a commit that meets one, and
/// with it up to 512 changes (its busy time-out is 0 once the store is open).
#[test]
fn a_listing_never_locks_the_store_of_an_open_chromium() {
    if !Kind::Chromium.available("a_listing_never_locks_the_store_of_an_open_chromium") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    let browser = Chromium::start(&server, &dir, "Default", &[]);
    let pause = pause_between_commits(browser.pid(), &store);

    for command in [&["list", "openai.com"][..], &["profiles"], &["openai.com"]] {
        let mut running = start(&world, command, &dir);
        while running.0.try_wait().expect("a look").is_none() {
            let holder = lock_holder(&store);
            assert_eq!(holder, None, "{command:?} locks the store");
        }
    }
    drop(pause);
    browser.kill();
}

/// Stops a Chromium at a moment at which it does not hold its store locked.
fn pause_between_commits(pid: u32, store: &Path) -> Pause {
    wait_for("chromium to be done with its store", LIMIT, || {
        let pause = Pause::of_browser(pid);
        lock_holder(store).is_none().then_some(pause)
    })
}

#[test]
fn open_firefox_is_skipped_and_a_closed_profile_cleaned() {
    if !Kind::Firefox.available("open_firefox_is_skipped_and_a_closed_profile_cleaned") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (profile, closed) = (world.path(FIREFOX), world.path(FIREFOX_WORK));
    let store = profile.join("cookies.sqlite");
    let mut browser = Firefox::start(&server, &profile, &[]);
    let pid = u64::from(browser.pid());
    // New ones, which stand in the WAL.
    browser.set_cookie("auth.openai.com", "new=fake-new-1; Max-Age=86400");
    browser.set_cookies_in(
        "Work",
        "auth.openai.com",
        &["new=fake-new-2; Max-Age=86400"],
    );
    let all = browser.cookies();
    let before = persistent(all.clone());
    let of_sample = persistent(cookies_of("firefox", "abcd1234.default-esr"));
    assert_eq!(before.len(), of_sample.len() + 2);
    let (gone, _) = split(&before);
    wait_for("firefox to write its cookies", LIMIT, || {
        let listed = list(&world, &[&profile]).expect(0);
        (listed.cookies("firefox") == without_values(&gone)).then_some(())
    });

    let pause = Pause::of_browser(browser.pid());
    let untouched = everything_in(&profile);
    let listed = list(&world, &[&profile]).expect(0);
    assert_eq!(listed.cookies("firefox"), without_values(&gone));
    assert_eq!(listed.store(&store)["in_use"], true);
    assert_eq!(listed.store(&store)["total"], before.len());

    let found = profiles(&world, &[&profile, &closed]).expect(0);
    let row = found.profile(&profile);
    assert_eq!(row["in_use"], true);
    assert_eq!(users(row), [pid]);
    assert_eq!(row["cookies"], before.len());
    assert_eq!(found.profile(&closed)["in_use"], false);

    let refused = delete(&world, &[&profile, &closed]).expect(3);
    let row = refused.store(&store);
    assert_eq!(row["status"], "in-use");
    assert_eq!(row["deleted"], 0);
    assert_eq!(users(row), [pid]);
    let row = refused.store(&closed.join("cookies.sqlite"));
    assert_eq!(row["status"], "cleaned");
    let (gone_there, _) = split(&persistent(cookies_of("firefox", "efgh5678.work")));
    assert_eq!(row["deleted"], gone_there.len());
    assert_unchanged(&profile, &untouched);
    drop(pause);

    delete(&world, &[&profile]).expect(3);
    assert_eq!(browser.cookies(), all);
    browser.close();

    let deleted = in_home(&world, &["openai.com"]).expect(0);
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    // After a clean exit session cookies only come with their windows.
    let previous = [("browser.startup.page", json!(3))];
    for (profile, kept) in [
        (&profile, split(&all).1),
        (&closed, split(&cookies_of("firefox", "efgh5678.work")).1),
    ] {
        let mut browser = Firefox::start(&server, profile, &previous);
        assert_eq!(browser.cookies(), kept);
        browser.kill();
    }
}

/// "Remove SingletonLock" is what the web advises where a Chromium does not start.
#[test]
fn open_chromium_without_its_links_is_left_alone() {
    if !Kind::Chromium.available("open_chromium_without_its_links_is_left_alone") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    let mut browser = Chromium::start(&server, &dir, "Default", &[]);
    for name in ["SingletonLock", "SingletonSocket", "SingletonCookie"] {
        std::fs::remove_file(dir.join(name)).expect("one link less");
    }
    let before = browser.cookies();
    let refused = delete(&world, &[&dir]).expect(3);
    assert_eq!(refused.store(&store)["status"], "in-use");
    assert_eq!(users(refused.store(&store)), [u64::from(browser.pid())]);
    assert_eq!(browser.cookies(), before);
    browser.kill();
    delete(&world, &[&dir]).expect(0);
}
