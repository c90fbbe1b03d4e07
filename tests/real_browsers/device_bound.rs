//! Device-bound sessions of a real Chromium: with one of them left, it gets a deleted
//! cookie again before the next page is asked for.

use std::path::Path;

use rusqlite::Connection;

use crate::browser::{
    BIND, BOUND_COOKIE, Chromium, Kind, REFRESH, Request, Server, WITH_DEVICE_BOUND, wait_for,
};
use crate::command::{delete, list, undo};
use crate::watch::{LIMIT, all_stand_in, assert_nowhere, assert_sound, look_into};
use crate::world::World;

const SITE: &str = "openai.com";
const OTHER: &str = "notopenai.com";

const SESSIONS: &str = "Default/Device Bound Sessions";
const STORE: &str = "Default/Cookies";

fn start(server: &Server, dir: &Path) -> Chromium {
    Chromium::start(server, dir, "Default", &[WITH_DEVICE_BOUND])
}

/// Has a browser make a session of each of the two sites, and closes it.
fn bind(server: &Server, dir: &Path) {
    let mut browser = start(server, dir);
    for host in [SITE, OTHER] {
        browser.visit(&format!("https://{host}{BIND}"));
        // After the page, and of the browser's own accord.
        wait_for("chromium to have the session's cookie", LIMIT, || {
            has_cookie(&mut browser, host).then_some(())
        });
    }
    browser.close();
    assert_eq!(sites(dir), ["https://notopenai.com", "https://openai.com"]);
}

fn has_cookie(browser: &mut Chromium, host: &str) -> bool {
    let cookies = browser.cookies();
    let mut of_host = cookies.iter().filter(|cookie| cookie.host == host);
    of_host.any(|cookie| cookie.name == BOUND_COOKIE)
}

/// The keys of the table, as Chromium wrote them.
fn sites(dir: &Path) -> Vec<String> {
    let db = look_into(&dir.join(SESSIONS));
    let mut select = db
        .prepare("SELECT key FROM dbsc_session_tbl ORDER BY key")
        .expect("the table of sessions");
    let keys = select.query_map([], |row| row.get(0)).expect("rows");
    keys.collect::<Result<_, _>>().expect("texts")
}

/// What Chromium keeps of the site's session; the key is in it.
fn session_of(dir: &Path, host: &str) -> Vec<u8> {
    look_into(&dir.join(SESSIONS))
        .query_row(
            "SELECT proto FROM dbsc_session_tbl WHERE key = ?1",
            [format!("https://{host}")],
            |row| row.get(0),
        )
        .expect("a session")
}

/// Deletes the bound cookie, as a tool would that knows of cookies only.
fn delete_cookie_only(dir: &Path, host: &str) {
    let db = Connection::open(dir.join(STORE)).expect("the store");
    let delete = "DELETE FROM cookies WHERE host_key = ?1 AND name = ?2";
    let deleted = db.execute(delete, [host, BOUND_COOKIE]);
    assert_eq!(deleted.expect("a deletion"), 1, "{host}");
}

fn is_refresh(request: &Request, host: &str) -> bool {
    request.host == host && request.path == REFRESH
}

/// Visits the site, and says whether the browser asked for the cookie before.
fn refreshes(server: &Server, browser: &mut Chromium, host: &str) -> bool {
    let before = server.requests().len();
    browser.visit(&format!("https://{host}/"));
    let requests = server.requests().split_off(before);
    let asked = requests.iter().any(|request| is_refresh(request, host));
    let sent = [format!("{BOUND_COOKIE}=to-{host}")];
    let page = requests
        .iter()
        .find(|request| request.host == host && request.path == "/")
        .expect("the visit");
    assert_eq!(page.cookies == sent, asked, "{requests:#?}");
    assert_eq!(has_cookie(browser, host), asked, "{requests:#?}");
    asked
}

#[test]
fn bound_session_renews_a_cookie_and_stays_for_a_subdomain() {
    if !Kind::Chromium.available("bound_session_renews_a_cookie_and_stays_for_a_subdomain") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let dir = world.path("chromium");
    bind(&server, &dir);
    let listed = list(&world, &[&dir]).expect(0);
    assert_eq!(listed.cookies("device-bound")[0].host, SITE);
    assert_eq!(listed.store(&dir.join(SESSIONS))["matched"], 1);
    assert_eq!(listed.store(&dir.join(SESSIONS))["total"], 2);

    delete_cookie_only(&dir, SITE);
    let mut browser = start(&server, &dir);
    assert!(refreshes(&server, &mut browser, SITE));
    browser.set_cookie("chat.openai.com", "seen=gone; Max-Age=86400");
    browser.close();

    let cleaned = world
        .run_bare(&[
            "chat.openai.com",
            "--profile-dir",
            dir.to_str().expect("UTF-8"),
        ])
        .expect(0);
    let said = "device-bound session of the whole site stays";
    assert!(cleaned.stdout.contains(said), "{cleaned:#?}");
    assert_eq!(sites(&dir), ["https://notopenai.com", "https://openai.com"]);
    delete_cookie_only(&dir, SITE);
    let mut browser = start(&server, &dir);
    assert!(refreshes(&server, &mut browser, SITE));
    browser.kill();
}

#[test]
fn bound_session_goes_with_its_site_and_works_after_undo() {
    if !Kind::Chromium.available("bound_session_goes_with_its_site_and_works_after_undo") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let dir = world.path("chromium");
    let file = dir.join(SESSIONS);
    bind(&server, &dir);

    let session = [session_of(&dir, SITE)];
    assert!(all_stand_in(&file, &session));
    let deleted = delete(&world, &[&dir]).expect(0);
    assert_eq!(deleted.store(&file)["deleted"], 1);
    assert_eq!(deleted.store(&file)["kept"], 1);
    assert_eq!(sites(&dir), ["https://notopenai.com"]);
    assert_nowhere(&file, &session);
    assert_sound(&file);

    // That the other site's still works shows that this start has them at all.
    delete_cookie_only(&dir, OTHER);
    let mut browser = start(&server, &dir);
    assert!(refreshes(&server, &mut browser, OTHER));
    for _ in 0..2 {
        assert!(!refreshes(&server, &mut browser, SITE));
        browser.visit("https://chat.openai.com/");
    }
    browser.close();
    // Not while it started or ended either.
    let requests = server.requests();
    assert!(!requests.iter().any(|request| is_refresh(request, SITE)));
    assert_eq!(sites(&dir), ["https://notopenai.com"]);

    let undone = undo(&world).expect(0);
    assert_eq!(undone.value("restored"), 2);
    assert_eq!([session_of(&dir, SITE)], session);
    assert_sound(&file);
    // The cookie is back as well; without it, it is the session's turn.
    delete_cookie_only(&dir, SITE);
    let mut browser = start(&server, &dir);
    assert!(refreshes(&server, &mut browser, SITE));
    browser.close();
    assert_eq!(sites(&dir), ["https://notopenai.com", "https://openai.com"]);
}
