//! Values that a listing shows, and those that the browsers report themselves.

use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use crate::browser::{Chromium, Cookie, Firefox, Kind, Server, SessionBus};
use crate::command::{Answer, list_values, list_values_at_a_terminal};
use crate::given;
use crate::world::World;

/// What is written to in the tests' own folders.
const STORE: &str = "Default/Cookies";

/// A Chromium that keeps its key as these arguments say, with what it reports to have of
/// the site; it is closed.
fn chromium(bus: &SessionBus, dir: &Path, args: &[&str]) -> Vec<Cookie> {
    let server = Server::start();
    let mut browser = Chromium::start_in(bus, &server, dir, args);
    let (gone, _) = given::split(&given::to_chromium(&mut browser));
    browser.close();
    gone
}

/// The schemes of the values in a store.
fn schemes(dir: &Path) -> Vec<String> {
    let db = Connection::open(dir.join(STORE)).expect("a store");
    let sql = "SELECT DISTINCT CAST(substr(encrypted_value, 1, 3) AS TEXT) FROM cookies";
    let mut select = db.prepare(sql).expect("the table of cookies");
    let rows = select.query_map([], |row| row.get(0)).expect("its rows");
    rows.collect::<Result<_, _>>().expect("their schemes")
}

/// All are listed, none with its value, each with these words.
#[track_caller]
fn assert_refused(listed: &Answer, cookies: usize, says: &str) {
    let rows = listed.value("cookies").as_array().expect("a list");
    assert_eq!(rows.len(), cookies);
    for row in rows {
        assert_eq!(row["value"], Value::Null);
        let error = row["value_error"].as_str().expect("an error");
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn values_without_a_keyring_match_chromiums() {
    if !Kind::Chromium.available("values_without_a_keyring_match_chromiums") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let dir = world.path("chromium");
    let mut browser = Chromium::start(&server, &dir, "Default", &[]);
    let (gone, _) = given::split(&given::to_chromium(&mut browser));
    browser.close();
    assert_eq!(schemes(&dir), ["v10"]);
    let listed = list_values(&world, &[&dir], &[]).expect(0);
    assert_eq!(listed.cookies("chromium"), gone);

    let restore = &["--restore-last-session"];
    let browser = Chromium::start(&server, &dir, "Default", restore);
    let listed = list_values(&world, &[&dir], &[]).expect(0);
    assert_eq!(listed.cookies("chromium"), gone);
    browser.kill();
}

#[test]
fn values_of_firefox_are_those_that_it_reports() {
    if !Kind::Firefox.available("values_of_firefox_are_those_that_it_reports") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let profile = world.path("firefox");
    let mut browser = Firefox::start(&server, &profile, &[]);
    let (gone, _) = given::split(&given::to_firefox(&mut browser));
    browser.close();
    let listed = list_values(&world, &[&profile], &[]).expect(0);
    assert_eq!(listed.cookies("firefox"), gone);
}

#[test]
fn values_with_gnome_keyring_match_chromiums() {
    let test = "values_with_gnome_keyring_match_chromiums";
    if !Kind::Chromium.available(test) || !SessionBus::gnome_available(test) {
        return;
    }
    let world = World::new();
    let dir = world.path("chromium");
    let mut bus = SessionBus::start();
    bus.start_gnome_keyring();
    let gone = chromium(&bus, &dir, &["--password-store=gnome-libsecret"]);
    assert_eq!(schemes(&dir), ["v11"]);
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_eq!(listed.cookies("chromium"), gone);

    bus.lock_gnome_keyring();
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_refused(&listed, gone.len(), "the keyring is locked");
    // At a terminal the person is asked; here there is nothing that could show it.
    let at_terminal = list_values_at_a_terminal(&world, &dir, &bus.env());
    let says = "value not shown: the keyring's question was dismissed";
    assert_eq!(
        at_terminal.matches(says).count(),
        gone.len(),
        "{at_terminal}"
    );
    // It is on no other's way to somebody who should not have it.
    assert!(!at_terminal.contains("live credentials"), "{at_terminal}");
    bus.end("gnome-keyring-daemon");
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_refused(&listed, gone.len(), "no keyring is running");
    let listed = list_values(&world, &[&dir], &[]).expect(0);
    assert_refused(&listed, gone.len(), "no D-Bus session");
}

#[test]
fn with_the_keyring_of_somebody_else_no_value_is_shown() {
    let test = "with_the_keyring_of_somebody_else_no_value_is_shown";
    if !Kind::Chromium.available(test) || !SessionBus::gnome_available(test) {
        return;
    }
    let world = World::new();
    let (dir, other) = (world.path("chromium"), world.path("other"));
    let args = ["--password-store=gnome-libsecret"];
    let mut bus = SessionBus::start();
    bus.start_gnome_keyring();
    let gone = chromium(&bus, &dir, &args);
    let mut bus = SessionBus::start();
    bus.start_gnome_keyring();
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_refused(
        &listed,
        gone.len(),
        "the keyring has no key of this browser",
    );
    chromium(&bus, &other, &args);
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_refused(&listed, gone.len(), "does not open it");
}

#[test]
fn values_of_a_chromium_with_kwallet_are_those_that_it_reports() {
    let test = "values_of_a_chromium_with_kwallet_are_those_that_it_reports";
    if !Kind::Chromium.available(test) || !SessionBus::kwallet_available(test) {
        return;
    }
    let world = World::new();
    let dir = world.path("chromium");
    let mut bus = SessionBus::start();
    bus.start_kwallet();
    let gone = chromium(&bus, &dir, &["--password-store=kwallet5"]);
    assert_eq!(schemes(&dir), ["v11"]);
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_eq!(listed.cookies("chromium"), gone);

    bus.close_kwallet();
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_refused(&listed, gone.len(), "the keyring is locked");
}

#[test]
fn values_with_the_desktop_portal_match_chromiums() {
    let test = "values_with_the_desktop_portal_match_chromiums";
    if !Kind::Chromium.available(test) || !SessionBus::portal_available(test) {
        return;
    }
    let world = World::new();
    let dir = world.path("chromium");
    let mut bus = SessionBus::start();
    bus.start_gnome_keyring();
    bus.start_portal();
    let feature = "--enable-features=SecretPortalKeyProviderUseForEncryption";
    let gone = chromium(&bus, &dir, &["--password-store=gnome-libsecret", feature]);
    assert_eq!(schemes(&dir), ["v12"]);
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_eq!(listed.cookies("chromium"), gone);

    bus.lock_gnome_keyring();
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_refused(&listed, gone.len(), "the keyring is locked");
    bus.end("xdg-desktop-portal");
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_refused(&listed, gone.len(), "no keyring is running");
}

/// One that hangs, or waits for a person who is not there.
#[test]
fn a_keyring_that_does_not_answer_is_given_up() {
    let test = "a_keyring_that_does_not_answer_is_given_up";
    if !Kind::Chromium.available(test) || !SessionBus::gnome_available(test) {
        return;
    }
    let world = World::new();
    let dir = world.path("chromium");
    let mut bus = SessionBus::start();
    bus.start_gnome_keyring();
    let gone = chromium(&bus, &dir, &["--password-store=gnome-libsecret"]);
    bus.end("gnome-keyring-daemon");
    let silent = bus.connection();
    silent
        .request_name("org.freedesktop.secrets")
        .expect("the name");
    let listed = list_values(&world, &[&dir], &bus.env()).expect(0);
    assert_refused(&listed, gone.len(), "did not answer within 10 seconds");
    assert!(listed.said().contains("waiting for the keyring"));
}
