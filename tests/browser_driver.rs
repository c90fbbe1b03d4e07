//! The tests' browser driver, on trial by itself: what goes into a real browser
//! is in its store after a clean exit, and comes out of it after a new start.
#![cfg(target_os = "linux")]

mod browser;

use browser::{Chromium, Cookie, Display, Firefox, Kind, Server};
use rusqlite::Connection;
use serde_json::json;

fn cookie(host: &str, name: &str, value: &str, partition: Option<&str>, session: bool) -> Cookie {
    Cookie {
        host: host.into(),
        name: name.into(),
        path: "/".into(),
        value: value.into(),
        partition: partition.map(Into::into),
        container: None,
        session,
    }
}

fn rows(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn chromium_stores_what_it_is_given() {
    if !Kind::Chromium.available("chromium_stores_what_it_is_given") {
        return;
    }
    let server = Server::start();
    let dir = tempfile::tempdir().unwrap();
    let mut browser = Chromium::start(&server, dir.path(), "Profile 1", &[]);
    browser.set_cookies(
        "chat.openai.com",
        &[
            "a=1; Domain=openai.com; Max-Age=86400; Secure; SameSite=None",
            "__Secure-b=2; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax",
        ],
    );
    browser.set_cookie("127.0.0.1", "c=3");
    browser.embed(
        "openai.com",
        "widget.example",
        "d=4; Max-Age=86400; Secure; SameSite=None; Partitioned",
    );
    browser.visit("https://chat.openai.com/");
    assert_eq!(
        server.cookies_sent_to("chat.openai.com").unwrap(),
        ["__Secure-b=2", "a=1"]
    );
    let expected = [
        cookie(".openai.com", "a", "1", None, false),
        cookie("127.0.0.1", "c", "3", None, true),
        cookie("chat.openai.com", "__Secure-b", "2", None, false),
        cookie(
            "widget.example",
            "d",
            "4",
            Some("https://openai.com"),
            false,
        ),
    ];
    assert_eq!(browser.cookies(), expected);
    assert!(std::path::Path::new(&format!("/proc/{}", browser.pid())).exists());
    browser.close();

    let store = Connection::open(dir.path().join("Profile 1/Cookies")).unwrap();
    assert_eq!(
        rows(
            &store,
            "SELECT host_key || ' ' || name || ' ' || top_frame_site_key || ' ' || is_persistent
             || is_secure || is_httponly || samesite FROM cookies ORDER BY host_key"
        ),
        [
            ".openai.com a  1100",
            "127.0.0.1 c  000-1",
            "chat.openai.com __Secure-b  1111",
            "widget.example d https://openai.com 1100",
        ]
    );
    drop(store);

    let restored = &["--restore-last-session"];
    let mut browser = Chromium::start(&server, dir.path(), "Profile 1", restored);
    assert_eq!(browser.cookies(), expected);
    browser.kill();
}

#[test]
fn firefox_stores_what_it_is_given() {
    if !Kind::Firefox.available("firefox_stores_what_it_is_given") {
        return;
    }
    let server = Server::start();
    let dir = tempfile::tempdir().unwrap();
    let restored = &[("browser.startup.page", json!(3))];
    let mut browser = Firefox::start(&server, dir.path(), restored);
    assert_eq!(browser.add_container("Banking club"), 6);
    browser.set_cookies(
        "chat.openai.com",
        &[
            "a=1; Domain=openai.com; Max-Age=86400; Secure; SameSite=None",
            "__Secure-b=2; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax",
        ],
    );
    browser.set_cookie("127.0.0.1", "c=3");
    browser.embed(
        "openai.com",
        "widget.example",
        "d=4; Max-Age=86400; Secure; SameSite=None; Partitioned",
    );
    browser.set_cookies_in("Work", "openai.com", &["e=5; Max-Age=86400"]);
    browser.set_cookies_in("Banking club", "openai.com", &["f=6; Max-Age=86400"]);
    browser.visit("https://chat.openai.com/");
    assert_eq!(
        server.cookies_sent_to("chat.openai.com").unwrap(),
        ["__Secure-b=2", "a=1"]
    );
    let contained = |name: &str, value: &str, container: &str| Cookie {
        container: Some(container.into()),
        ..cookie("openai.com", name, value, None, false)
    };
    let expected = [
        cookie(".openai.com", "a", "1", None, false),
        cookie("127.0.0.1", "c", "3", None, true),
        cookie("chat.openai.com", "__Secure-b", "2", None, false),
        contained("e", "5", "Work"),
        contained("f", "6", "Banking club"),
        cookie(
            "widget.example",
            "d",
            "4",
            Some("https://openai.com"),
            false,
        ),
    ];
    assert_eq!(browser.cookies(), expected);
    assert!(std::path::Path::new(&format!("/proc/{}", browser.pid())).exists());
    browser.close();

    let store = Connection::open(dir.path().join("cookies.sqlite")).unwrap();
    assert_eq!(
        rows(
            &store,
            "SELECT host || ' ' || name || ' ' || originAttributes || ' ' || isSecure || isHttpOnly
             FROM moz_cookies ORDER BY host, name"
        ),
        [
            ".openai.com a  10",
            "chat.openai.com __Secure-b  11",
            "openai.com e ^userContextId=2 00",
            "openai.com f ^userContextId=6 00",
            "widget.example d ^partitionKey=%28https%2Copenai.com%29 10",
        ]
    );
    drop(store);

    let mut browser = Firefox::start(&server, dir.path(), restored);
    assert_eq!(browser.cookies(), expected);
    browser.kill();
}

#[test]
fn a_chromium_with_windows_stores_what_it_is_given() {
    let test = "a_chromium_with_windows_stores_what_it_is_given";
    if !Kind::Chromium.available(test) || !Display::available(test) {
        return;
    }
    let server = Server::start();
    let display = Display::start();
    let dir = tempfile::tempdir().unwrap();
    let mut browser = Chromium::start_on(&display, &server, dir.path(), "Default", &[]);
    browser.set_cookie("openai.com", "a=1; Max-Age=86400");
    browser.close();
    let store = Connection::open(dir.path().join("Default/Cookies")).unwrap();
    assert_eq!(
        rows(&store, "SELECT host_key || ' ' || name FROM cookies"),
        ["openai.com a"]
    );
}

#[test]
fn a_firefox_with_windows_stores_what_it_is_given() {
    let test = "a_firefox_with_windows_stores_what_it_is_given";
    if !Kind::Firefox.available(test) || !Display::available(test) {
        return;
    }
    let server = Server::start();
    let display = Display::start();
    let dir = tempfile::tempdir().unwrap();
    let mut browser = Firefox::start_on(&display, &server, dir.path(), &[]);
    browser.set_cookie("openai.com", "a=1; Max-Age=86400");
    browser.visit_in_new_window("https://openai.com/");
    browser.close();
    let store = Connection::open(dir.path().join("cookies.sqlite")).unwrap();
    assert_eq!(
        rows(&store, "SELECT host || ' ' || name FROM moz_cookies"),
        ["openai.com a"]
    );
}
