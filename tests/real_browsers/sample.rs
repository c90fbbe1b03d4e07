//! The sample home folder of the repository, as a real browser sees it.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::browser::{Chromium, Cookie, Firefox, Kind, Server};
use crate::command::in_home;
use crate::watch::everything_in;
use crate::world::World;

pub const CHROME: &str = ".config/google-chrome";
pub const CHROME_STORE: &str = ".config/google-chrome/Default/Cookies";
pub const FIREFOX: &str = ".mozilla/firefox/abcd1234.default-esr";
pub const FIREFOX_WORK: &str = ".mozilla/firefox/efgh5678.work";

/// Written out, so that nothing is compared with a second matching of hosts.
const HOSTS: [&str; 4] = [
    ".openai.com",
    "openai.com",
    "auth.openai.com",
    "chat.openai.com",
];

/// A copy of the sample home folder. Its cookies are given another month each: a
/// browser drops those whose time is over.
pub fn world() -> World {
    let world = World::of_fixtures();
    for (store, sql) in [
        (
            world.path(CHROME_STORE),
            // Microseconds since 1601.
            "UPDATE cookies SET expires_utc =
                 (unixepoch() + 11644473600 + 30 * 86400) * 1000000 WHERE has_expires",
        ),
        (
            world.path(FIREFOX).join("cookies.sqlite"),
            "UPDATE moz_cookies SET expiry = (unixepoch() + 30 * 86400) * 1000",
        ),
    ] {
        let db = Connection::open(store).expect("a store");
        db.execute(sql, []).expect("a longer life");
    }
    world
}

/// The cookies that the makers of a profile in the sample home folder had.
pub fn cookies_of(browser: &str, profile: &str) -> Vec<Cookie> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/home.expected.json");
    let listing: Value =
        serde_json::from_slice(&fs::read(file).expect("the listing")).expect("JSON");
    let text = |value: &Value| value.as_str().map(String::from);
    let mut cookies: Vec<Cookie> = listing["cookies"]
        .as_array()
        .expect("cookies")
        .iter()
        .filter(|row| row["browser"] == browser && row["profile"] == profile)
        .map(|row| Cookie {
            host: text(&row["host"]).expect("a host"),
            name: text(&row["name"]).expect("a name"),
            path: text(&row["path"]).expect("a path"),
            value: text(&row["value"]).expect("a value"),
            partition: text(&row["partition"]),
            container: text(&row["container"]),
            session: row["session"] == true,
        })
        .collect();
    cookies.sort();
    cookies
}

/// What is to go with openai.com, and what is to stay.
pub fn split(cookies: &[Cookie]) -> (Vec<Cookie>, Vec<Cookie>) {
    cookies.iter().cloned().partition(|cookie| {
        HOSTS.contains(&cookie.host.as_str())
            || cookie.partition.as_deref() == Some("https://openai.com")
    })
}

/// Those that stand in Firefox's database. The others are in its session's files: it
/// opens the windows of the sample profiles as after a crash, with these cookies.
pub fn persistent(cookies: Vec<Cookie>) -> Vec<Cookie> {
    cookies
        .into_iter()
        .filter(|cookie| !cookie.session)
        .collect()
}

/// Fails the test where a folder has a file that it did not have.
#[track_caller]
fn assert_nothing_new(folder: &Path, run: impl FnOnce()) {
    let before = everything_in(folder);
    run();
    let new: Vec<_> = everything_in(folder)
        .into_keys()
        .filter(|path| !before.contains_key(path))
        .collect();
    assert!(new.is_empty(), "{new:?}");
}

#[test]
fn chromium_keeps_exactly_the_others_of_a_sample_profile() {
    if !Kind::Chromium.available("chromium_keeps_exactly_the_others_of_a_sample_profile") {
        return;
    }
    let world = world();
    let (gone, kept) = split(&cookies_of("chrome", "Default"));
    assert_nothing_new(&world.home(), || {
        let deleted = in_home(&world, &["openai.com", "--browser", "chrome"]).expect(0);
        let row = deleted.store(&world.path(CHROME_STORE));
        assert_eq!(row["deleted"], gone.len());
    });
    let server = Server::start();
    let restore = &["--restore-last-session"];
    let mut browser = Chromium::start(&server, &world.path(CHROME), "Default", restore);
    assert_eq!(browser.cookies(), kept);
    browser.kill();
}

#[test]
fn firefox_keeps_exactly_the_others_of_a_sample_profile() {
    if !Kind::Firefox.available("firefox_keeps_exactly_the_others_of_a_sample_profile") {
        return;
    }
    let world = world();
    let (gone, kept) = split(&cookies_of("firefox", "abcd1234.default-esr"));
    assert_nothing_new(&world.home(), || {
        let deleted = in_home(&world, &["openai.com", "--browser", "firefox"]).expect(0);
        let row = deleted.store(&world.path(FIREFOX).join("cookies.sqlite"));
        assert_eq!(row["deleted"], persistent(gone.clone()).len());
        let row = deleted.store(&world.path(FIREFOX).join("sessionstore.jsonlz4"));
        assert_eq!(row["deleted"], gone.len() - persistent(gone.clone()).len());
    });
    let server = Server::start();
    let mut browser = Firefox::start(&server, &world.path(FIREFOX), &whatever_its_age());
    assert_eq!(browser.cookies(), kept);
    browser.kill();
}

/// Has Firefox restore the session of the sample, which ended in a crash: else it would
/// ask first, from six hours after that on.
pub fn whatever_its_age() -> [(&'static str, Value); 1] {
    [("browser.sessionstore.max_resumed_crashes", json!(-1))]
}
