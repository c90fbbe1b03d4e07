//! What Chromium has after its store was cleaned.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::browser::{Chromium, Cookie, Kind, Server, wait_for};
use crate::command::{delete, list, undo, users, without_values};
use crate::given;
use crate::watch::{
    LIMIT, all_stand_in, assert_nowhere, assert_sound, beside, bytes_of, look_into,
};
use crate::world::World;

/// Without it, Chromium drops session cookies at a start.
const RESTORE: &[&str] = &["--restore-last-session"];

#[test]
fn chromium_has_exactly_the_others_and_all_after_undo() {
    if !Kind::Chromium.available("chromium_has_exactly_the_others_and_all_after_undo") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let dir = world.path("chromium");
    let store = dir.join("Default/Cookies");

    let mut browser = Chromium::start(&server, &dir, "Default", &[]);
    let before = given::to_chromium(&mut browser);
    let (gone, kept) = given::split(&before);
    browser.close();

    let listed = list(&world, &[&dir]).expect(0);
    assert_eq!(listed.cookies("chromium"), without_values(&gone));
    assert_eq!(listed.store(&store)["in_use"], false);
    assert_eq!(listed.store(&store)["total"], before.len());
    assert_eq!(listed.store(&store)["matched"], gone.len());

    let secrets = encrypted_values(&store, &gone);
    let deleted = delete(&world, &[&dir]).expect(0);
    assert_eq!(deleted.store(&store)["status"], "cleaned");
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    assert_eq!(deleted.store(&store)["kept"], kept.len());
    assert_nowhere(&store, &secrets);
    assert_sound(&store);

    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    assert_eq!(browser.cookies(), kept);
    let refused = undo(&world).expect(3);
    assert_eq!(refused.store(&store)["status"], "in-use");
    assert_eq!(users(refused.store(&store)), [u64::from(browser.pid())]);
    assert_eq!(browser.cookies(), kept);
    browser.close();

    let undone = undo(&world).expect(0);
    assert_eq!(undone.value("restored"), gone.len());
    assert_sound(&store);
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    assert_eq!(browser.cookies(), before);
    browser.kill();
}

/// The values as they stand in the store, which they must do.
fn encrypted_values(store: &Path, cookies: &[Cookie]) -> Vec<Vec<u8>> {
    let db = look_into(store);
    let mut select = db
        .prepare(
            "SELECT encrypted_value FROM cookies WHERE host_key = ?1 AND name = ?2
             AND path = ?3 AND top_frame_site_key = ?4",
        )
        .expect("the table of cookies");
    let values: Vec<Vec<u8>> = cookies
        .iter()
        .map(|cookie| {
            let partition = cookie.partition.as_deref().unwrap_or_default();
            let value: Vec<u8> = select
                .query_row(
                    (&cookie.host, &cookie.name, &cookie.path, partition),
                    |row| row.get(0),
                )
                .expect("one row");
            assert!(value.starts_with(b"v10"), "{cookie:?}");
            value
        })
        .collect();
    assert!(all_stand_in(store, &values));
    values
}

#[test]
fn killed_chromium_starts_with_exactly_the_others() {
    if !Kind::Chromium.available("killed_chromium_starts_with_exactly_the_others") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let dir = world.path("chromium");
    let store = dir.join("Default/Cookies");
    let leftovers = ["SingletonLock", "SingletonCookie", "SingletonSocket"];
    let assert_left = || {
        for name in leftovers {
            assert!(dir.join(name).is_symlink(), "{name} is there");
        }
    };

    let mut browser = Chromium::start(&server, &dir, "Default", &[]);
    let before = given::to_chromium(&mut browser);
    let (gone, kept) = given::split(&before);
    // What is not yet written would be lost.
    browser.close();
    let browser = Chromium::start(&server, &dir, "Default", RESTORE);
    browser.kill();

    assert_left();
    let deleted = delete(&world, &[&dir]).expect(0);
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    assert_eq!(browser.cookies(), kept);
    browser.terminate();

    assert_left();
    let undone = undo(&world).expect(0);
    assert_eq!(undone.value("restored"), gone.len());
    let deleted = delete(&world, &[&dir]).expect(0);
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    assert_eq!(browser.cookies(), kept);
    browser.kill();
}

#[test]
fn chromium_continues_without_the_sites_session_cookies() {
    if !Kind::Chromium.available("chromium_continues_without_the_sites_session_cookies") {
        return;
    }
    const PAGES: [&str; 2] = ["https://example.com/other", "https://openai.com/chat"];
    let server = Server::start();
    let world = World::new();
    let dir = world.path("chromium");
    // "Continue where you left off", as the settings have it.
    let setting = r#"{"session":{"restore_on_startup":1}}"#;
    world.write("chromium/Default/Preferences", setting);
    // Also what the pages that it opens again were asked for with.
    let back_with = |cookies: &[&str]| {
        let before = server.requests().len();
        let mut browser = Chromium::start(&server, &dir, "Default", &[]);
        wait_for("the pages to be asked for", LIMIT, || {
            let requests = server.requests().split_off(before);
            let mut sent = Vec::new();
            for page in PAGES {
                let mut requests = requests.iter();
                let asked = requests.find(|r| format!("https://{}{}", r.host, r.path) == page)?;
                sent.extend(asked.cookies.clone());
            }
            sent.sort();
            assert_eq!(sent, cookies);
            Some(())
        });
        assert_eq!(browser.pages(), PAGES);
        let all = browser.cookies();
        let all: Vec<String> = all
            .iter()
            .map(|c| format!("{}={}", c.name, c.value))
            .collect();
        assert_eq!(all, cookies);
        browser.close();
    };

    let mut browser = Chromium::start(&server, &dir, "Default", &[]);
    let login = "login=gone; Domain=openai.com; Path=/; Secure; HttpOnly";
    browser.set_cookie("auth.openai.com", login);
    browser.set_cookie("example.com", "visit=kept; Path=/");
    browser.visit(PAGES[0]);
    browser.visit_in_new_tab(PAGES[1]);
    browser.close();
    back_with(&["login=gone", "visit=kept"]);

    assert_eq!(delete(&world, &[&dir]).expect(0).value("deleted"), 1);
    back_with(&["visit=kept"]);

    assert_eq!(undo(&world).expect(0).value("restored"), 1);
    back_with(&["login=gone", "visit=kept"]);
}

#[test]
fn chromium_loses_no_cookie_to_fifty_listings_while_it_writes() {
    if !Kind::Chromium.available("chromium_loses_no_cookie_to_fifty_listings_while_it_writes") {
        return;
    }
    const LISTINGS: usize = 50;
    // Chromium writes after 512 changes at the latest, and drops nothing below 3000.
    const VISITS: usize = 45;
    const COOKIES: usize = 60;
    let server = Server::start();
    // A new profile has no store for its first half minute.
    let world = World::of_fixtures();
    let dir = world.path(".config/google-chrome");
    let store = dir.join("Default/Cookies");
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    let at_first = browser.cookies().len();

    let written = AtomicBool::new(false);
    let totals: Vec<u64> = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for visit in 0..VISITS {
                let cookies: Vec<String> = (0..COOKIES)
                    .map(|number| format!("c{number}=value-{visit}-{number}; Max-Age=86400"))
                    .collect();
                let cookies: Vec<&str> = cookies.iter().map(String::as_str).collect();
                browser.set_cookies(&format!("site-{visit}.example"), &cookies);
            }
            written.store(true, Ordering::SeqCst);
        });
        let mut totals = Vec::new();
        while totals.len() < LISTINGS || !(written.load(Ordering::SeqCst) || writer.is_finished()) {
            let listed = list(&world, &[&dir]).expect(0);
            assert_eq!(listed.store(&store)["status"], "ok");
            totals.push(listed.store(&store)["total"].as_u64().expect("a number"));
        }
        totals
    });
    // Listings and writes did take turns.
    assert!(totals.is_sorted(), "{totals:?}");
    assert!(totals.first() < totals.last(), "{totals:?}");

    let before = browser.cookies();
    assert_eq!(before.len(), at_first + VISITS * COOKIES);
    browser.close();
    assert_eq!(bytes_of(&beside(&store, "-journal")), b"");
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    let after = browser.cookies();
    assert!(
        after == before,
        "{} of {} cookies",
        after.len(),
        before.len()
    );
    browser.kill();
}
