//! `--close`: browsers that are asked to quit, and what they have afterwards.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Chromium, Cookie, Display, Firefox, Kind, Server, wait_for};
use crate::command::{begin, begin_by, delete, list, users};
use crate::sample::{self, CHROME, CHROME_STORE, FIREFOX, cookies_of, persistent, split};
use crate::watch::{LIMIT, Pause, as_after_a_power_cut, assert_sound};
use crate::world::World;

/// Without it, Chromium drops session cookies at a start.
const RESTORE: &[&str] = &["--restore-last-session"];

/// What a browser that does not quit is given by default: nobody who cannot be asked is
/// worth so much.
const FAR_LESS_THAN_30_SECONDS: Duration = Duration::from_secs(10);

/// A Chromium on the sample profile with cookies that are in its memory only, and all
/// that it has. It writes 30 seconds after a change.
fn with_unwritten_cookies(world: &World, server: &Server) -> (Chromium, Vec<Cookie>) {
    let dir = world.path(CHROME);
    let mut browser = Chromium::start(server, &dir, "Default", RESTORE);
    let before = browser.cookies();
    set_unwritten(&mut browser);
    let all = browser.cookies();
    assert_eq!(all.len(), before.len() + 3);
    let listed = list(world, &[&dir]).expect(0);
    let total = &listed.store(&world.path(CHROME_STORE))["total"];
    assert_eq!(*total, before.len(), "chromium has written them already");
    (browser, all)
}

fn set_unwritten(browser: &mut Chromium) {
    browser.set_cookies(
        "new.example",
        &["a=unwritten-1; Max-Age=86400", "b=unwritten-2"],
    );
    browser.set_cookies("chat.openai.com", &["new=unwritten-3; Max-Age=86400"]);
}

/// What a new start of the sample profile has.
fn cookies_after(world: &World, server: &Server) -> Vec<Cookie> {
    assert_sound(&world.path(CHROME_STORE));
    let mut browser = Chromium::start(server, &world.path(CHROME), "Default", RESTORE);
    let cookies = browser.cookies();
    browser.close();
    cookies
}

/// Whether the process runs, and is not one that has ended.
fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rfind(')').map(|end| stat[end + 1..].trim_start());
    state.is_some_and(|state| !state.starts_with('Z'))
}

#[test]
fn close_loses_no_unwritten_cookie_of_chromium() {
    if !Kind::Chromium.available("close_loses_no_unwritten_cookie_of_chromium") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let dir = world.path(CHROME);
    let (browser, all) = with_unwritten_cookies(&world, &server);
    let (gone, kept) = split(&all);
    let pid = browser.pid();

    let (closed, _) = begin(&world, &["openai.com", "--close"], &[&dir]).end();
    let closed = closed.expect(0);
    assert!(!is_running(pid));
    // The session has ended in full, so that its session cookies are in the store too.
    let row = closed.store(&world.path(CHROME_STORE));
    assert_eq!(row["deleted"], gone.len());
    browser.wait_for_end();
    assert_eq!(cookies_after(&world, &server), kept);

    // Back again, also those that were in its memory only.
    let (mut browser, _) = with_unwritten_cookies_of_others(&world, &server);
    let now = browser.cookies();
    let (undone, _) = begin(&world, &["undo", "--close"], &[]).end();
    let undone = undone.expect(0);
    let row = undone.store(&world.path(CHROME_STORE));
    assert_eq!(row["restored"], gone.len());
    browser.wait_for_end();
    let mut everything = [now, gone].concat();
    everything.sort();
    assert_eq!(cookies_after(&world, &server), everything);
}

fn with_unwritten_cookies_of_others(world: &World, server: &Server) -> (Chromium, usize) {
    let mut browser = Chromium::start(server, &world.path(CHROME), "Default", RESTORE);
    browser.set_cookies("newer.example", &["a=unwritten-4; Max-Age=86400"]);
    let count = browser.cookies().len();
    let listed = list(world, &[&world.path(CHROME)]).expect(0);
    let total = &listed.store(&world.path(CHROME_STORE))["total"];
    assert_eq!(*total, count - 1, "chromium has written them already");
    (browser, count)
}

#[test]
fn close_cleans_both_profiles_of_a_chromium_only() {
    if !Kind::Chromium.available("close_cleans_both_profiles_of_a_chromium_only") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let dir = world.path(CHROME);
    let profiles = ["Default", "Profile 1"];
    let stores = profiles.map(|profile| dir.join(profile).join("Cookies"));
    let before = profiles.map(|profile| cookies_of("chrome", profile));

    let mut browser = Chromium::start_with(&server, &dir, &profiles);
    for host in ["first", "second"] {
        browser.set_cookies(
            &format!("{host}.example"),
            &["a=unwritten-kept; Max-Age=86400"],
        );
        browser.set_cookies("openai.com", &["new=unwritten-gone; Max-Age=86400"]);
        if host == "first" {
            browser.use_other_profile();
        }
    }
    let listed = list(&world, &[&dir]).expect(0);
    for (store, before) in stores.iter().zip(&before) {
        assert_eq!(listed.store(store)["total"], before.len());
    }

    let (closed, _) = begin(&world, &["openai.com", "--close"], &[&dir]).end();
    let closed = closed.expect(0);
    browser.wait_for_end();
    let mut new_hosts = Vec::new();
    for ((profile, store), before) in profiles.iter().zip(&stores).zip(before) {
        let (gone, kept) = split(&before);
        assert_eq!(closed.store(store)["deleted"], gone.len() + 1);
        assert_sound(store);
        let mut browser = Chromium::start(&server, &dir, profile, RESTORE);
        let (new, old): (Vec<_>, Vec<_>) = browser
            .cookies()
            .into_iter()
            .partition(|cookie| cookie.value.starts_with("unwritten-"));
        assert_eq!(old, kept);
        assert!(new.iter().all(|cookie| cookie.value == "unwritten-kept"));
        new_hosts.extend(new.into_iter().map(|cookie| cookie.host));
        browser.close();
    }
    new_hosts.sort();
    assert_eq!(new_hosts, ["first.example", "second.example"]);
}

#[test]
fn only_the_chromium_that_uses_the_profile_is_asked_to_quit() {
    if !Kind::Chromium.available("only_the_chromium_that_uses_the_profile_is_asked_to_quit") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let dir = world.path(CHROME);
    let (browser, all) = with_unwritten_cookies(&world, &server);
    let other_dir = world.path("other");
    let mut other = Chromium::start(&server, &other_dir, "Default", &[]);
    set_unwritten(&mut other);
    let of_other = other.cookies();

    let (closed, _) = begin(&world, &["openai.com", "--close"], &[&dir]).end();
    closed.expect(0);
    browser.wait_for_end();
    assert!(is_running(other.pid()));
    // It still does what it is told.
    other.visit("https://new.example/");
    assert_eq!(other.cookies(), of_other);
    delete(&world, &[&other_dir]).expect(3);
    assert_eq!(other.cookies(), of_other);
    other.close();
    assert_eq!(cookies_after(&world, &server), split(&all).1);
    let mut other = Chromium::start(&server, &other_dir, "Default", RESTORE);
    assert_eq!(other.cookies(), of_other);
    other.kill();
}

/// The copy has links, too, and they lead to the browser of the original.
#[test]
fn close_of_a_copied_directory_spares_the_originals_browser() {
    if !Kind::Chromium.available("close_of_a_copied_directory_spares_the_originals_browser") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let dir = world.path(CHROME);
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    let before = browser.cookies();
    let copy = world.path("copy");
    as_after_a_power_cut(browser.pid(), &dir, &copy);

    let (refused, took) = begin(&world, &["openai.com", "--close"], &[&copy]).end();
    let refused = refused.expect(3);
    assert!(took < FAR_LESS_THAN_30_SECONDS, "{took:?}");
    let row = refused.store(&copy.join("Default/Cookies"));
    assert_eq!(users(row), [u64::from(browser.pid())]);
    assert_eq!(browser.cookies(), before);
    browser.close();
}

#[test]
fn firefox_that_cannot_be_asked_is_left_alone() {
    if !Kind::Firefox.available("firefox_that_cannot_be_asked_is_left_alone") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let profile = world.path(FIREFOX);
    let mut browser = Firefox::start(&server, &profile, &[]);
    browser.set_cookie("new.example", "a=new; Max-Age=86400");
    let before = browser.cookies();

    let (refused, took) = begin(&world, &["openai.com", "--close"], &[&profile]).end();
    let refused = refused.expect(3);
    assert!(took < FAR_LESS_THAN_30_SECONDS, "{took:?}");
    let said = refused.said();
    assert!(said.contains("could not be asked to quit"), "{said}");
    let row = refused.store(&profile.join("cookies.sqlite"));
    assert_eq!(row["status"], "in-use");
    assert_eq!(users(row), [u64::from(browser.pid())]);
    browser.visit("https://new.example/");
    assert_eq!(browser.cookies(), before);
    browser.kill();
}

#[test]
fn firefox_asked_to_quit_gets_its_windows_and_cookies_back() {
    const NAME: &str = "firefox_asked_to_quit_gets_its_windows_and_cookies_back";
    if !Kind::Firefox.available(NAME) || !Display::available(NAME) {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let profile = world.path(FIREFOX);
    let restore: &[(&str, Value)] = &[
        ("browser.startup.page", json!(3)),
        ("browser.sessionstore.interval", json!(500)),
    ];
    let display = Display::start();
    let mut browser = Firefox::start_on(&display, &server, &profile, restore);
    browser.set_cookie("new.example", "a=new; Max-Age=86400");
    browser.set_cookie("chat.openai.com", "b=new; Max-Age=86400");
    browser.visit("https://one.example/");
    browser.visit_in_new_window("https://two.example/");
    let (_, kept) = split(&persistent(browser.cookies()));
    assert!(kept.iter().any(|cookie| cookie.host == "new.example"));

    // A window that it has never noted could be lost.
    let noted = profile.join("sessionstore-backups/recovery.jsonlz4");
    wait_for("firefox to note its windows", LIMIT, || {
        let bytes = fs::read(&noted).ok()?;
        // After the magic number and the size.
        let size = u32::from_le_bytes(bytes.get(8..12)?.try_into().ok()?);
        let text = lz4_flex::block::decompress(&bytes[12..], size as usize).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let all = ["https://one.example", "https://two.example"]
            .iter()
            .all(|site| text.contains(site));
        all.then_some(())
    });

    let to_display = format!("DISPLAY={}", display.name());
    let launcher = ["env", &to_display];
    let arguments = ["openai.com", "--close"];
    let (closed, _) = begin_by(&world, &launcher, &arguments, &[&profile]).end();
    let closed = closed.expect(0);
    assert_eq!(
        closed.store(&profile.join("cookies.sqlite"))["status"],
        "cleaned"
    );
    assert!(browser.wait_for_end().success());

    let mut browser = Firefox::start(&server, &profile, restore);
    assert_eq!(persistent(browser.cookies()), kept);
    let urls = browser.run(
        "const urls = [];
         for (const window of Services.wm.getEnumerator('navigator:browser')) {
             for (const tab of window.gBrowser.tabs) {
                 urls.push(tab.linkedBrowser.currentURI.spec);
             }
         }
         return urls;",
    );
    let urls = urls.to_string();
    for site in ["one.example", "two.example"] {
        assert!(urls.contains(site), "{site} is not in {urls}");
    }
    browser.kill();
}

#[test]
fn a_chromium_that_hangs_is_not_killed_and_quits_when_it_can() {
    if !Kind::Chromium.available("a_chromium_that_hangs_is_not_killed_and_quits_when_it_can") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let dir = world.path(CHROME);
    let (browser, all) = with_unwritten_cookies(&world, &server);

    let pause = Pause::of_browser(browser.pid());
    let closing = ["openai.com", "--close", "--wait=2"];
    let (refused, took) = begin(&world, &closing, &[&dir]).end();
    let refused = refused.expect(3);
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert!(took < FAR_LESS_THAN_30_SECONDS, "{took:?}");
    let row = refused.store(&world.path(CHROME_STORE));
    assert_eq!(users(row), [u64::from(browser.pid())]);
    assert!(is_running(browser.pid()));
    drop(pause);
    browser.wait_for_end();
    assert_eq!(cookies_after(&world, &server), all);
}

#[test]
fn a_chromium_that_two_ask_to_quit_loses_nothing() {
    if !Kind::Chromium.available("a_chromium_that_two_ask_to_quit_loses_nothing") {
        return;
    }
    // A second signal while it is about to end would be its end.
    let apart = [0, 30, 80, 150, 250].map(Duration::from_millis);
    let server = Server::start();
    for apart in apart {
        let world = sample::world();
        let dir = world.path(CHROME);
        let (browser, all) = with_unwritten_cookies(&world, &server);
        let closing = ["openai.com", "--close"];
        let first = begin(&world, &closing, &[&dir]);
        thread::sleep(apart);
        let second = begin(&world, &closing, &[&dir]);
        let (first, second) = (first.end().0.expect(0), second.end().0.expect(0));
        browser.wait_for_end();
        let (gone, kept) = split(&all);
        let deleted = [&first, &second].map(|answer| deleted_in(answer, &world));
        assert_eq!(
            deleted.iter().sum::<u64>(),
            gone.len() as u64,
            "{deleted:?}"
        );
        assert_eq!(cookies_after(&world, &server), kept, "{apart:?} apart");
    }
}

fn deleted_in(answer: &crate::command::Answer, world: &World) -> u64 {
    answer.store(&world.path(CHROME_STORE))["deleted"]
        .as_u64()
        .expect("a number")
}
