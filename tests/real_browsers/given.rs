//! The cookies that the browsers are given. The value says what is to become of
//! a cookie when openai.com is cleaned: nothing else in these tests decides it.

use crate::browser::{Chromium, Cookie, Firefox};

/// Of every cookie that is to go.
const GONE: &str = "gone-";
/// Of every cookie that is to stay.
const KEPT: &str = "kept-";

/// Made in Firefox by hand; its other containers are built in.
const OWN_CONTAINER: &str = "Banking club";

/// Cookies of one host that fill several pages of a store: in a store of a single
/// page no cookie ever moves from one page to another.
const MANY: usize = 120;

/// Hosts, and what each of them sets when it is visited.
const VISITS: &[(&str, &[&str])] = &[
    (
        "openai.com",
        &[
            "domain=gone-domain; Domain=openai.com; Max-Age=86400; Secure; HttpOnly; SameSite=None",
            "host=gone-host; Max-Age=86400",
        ],
    ),
    (
        "chat.openai.com",
        &[
            "__Secure-token=gone-token; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax",
            // The same name twice, on two paths.
            "seen=gone-seen-1; Path=/; Max-Age=86400",
            "seen=gone-seen-2; Path=/auth; Max-Age=86400",
        ],
    ),
    (
        "notopenai.com",
        &["id=kept-other-name; Domain=notopenai.com; Max-Age=86400"],
    ),
    (
        "openai.com.evil.example",
        &["id=kept-longer-name; Max-Age=86400"],
    ),
    (
        "www.example.com",
        &["id=kept-domain; Domain=example.com; Max-Age=86400"],
    ),
    // `_` stands for any character in LIKE.
    ("a_b.example.com", &["id=kept-underscore; Max-Age=86400"]),
    ("axb.example.com", &["id=kept-x; Max-Age=86400"]),
    ("xn--bcher-kva.example", &["id=kept-idn; Max-Age=86400"]),
    ("127.0.0.1", &["id=kept-address; Max-Age=86400"]),
    ("localhost", &["id=kept-label; Max-Age=86400"]),
];

/// Cookies that the second host sets while a page of the first embeds it.
const EMBEDDED: &[(&str, &str, &str)] = &[
    (
        "openai.com",
        "challenges.cloudflare.com",
        "chl=gone-challenge; Max-Age=86400; Secure; SameSite=None; Partitioned",
    ),
    (
        "example.com",
        "challenges.cloudflare.com",
        "chl=kept-challenge; Max-Age=86400; Secure; SameSite=None; Partitioned",
    ),
    (
        "example.org",
        "chat.openai.com",
        "widget=gone-widget; Max-Age=86400; Secure; SameSite=None; Partitioned",
    ),
];

/// Chromium keeps session cookies in the store as well.
const SESSION: (&str, &[&str]) = (
    "auth.openai.com",
    &["login=gone-session; Path=/; Secure; HttpOnly; SameSite=Strict"],
);

/// Cookies in Firefox's containers.
const CONTAINED: &[(&str, &str, &[&str])] = &[
    (
        "Work",
        "chat.openai.com",
        &["__Secure-token=gone-work; Path=/; Max-Age=86400; Secure; HttpOnly"],
    ),
    ("Work", "example.com", &["id=kept-work; Max-Age=86400"]),
    (
        "Personal",
        "openai.com",
        &["domain=gone-personal; Domain=openai.com; Max-Age=86400"],
    ),
    (
        OWN_CONTAINER,
        "openai.com",
        &["domain=gone-own; Domain=openai.com; Max-Age=86400"],
    ),
    (
        OWN_CONTAINER,
        "notopenai.com",
        &["id=kept-own; Max-Age=86400"],
    ),
];

/// Many cookies of openai.com, and as many of another host, in turns.
fn many() -> [(&'static str, Vec<String>); 2] {
    [("openai.com", GONE), ("example.net", KEPT)].map(|(host, fate)| {
        let cookies = (0..MANY).map(|number| {
            let filling = "filling-".repeat(8);
            format!("many-{number}={fate}many-{number}-{filling}{number}; Max-Age=86400")
        });
        (host, cookies.collect())
    })
}

/// Has Chromium visit all of these hosts, and returns what it has then.
pub fn to_chromium(browser: &mut Chromium) -> Vec<Cookie> {
    for (host, cookies) in VISITS.iter().chain([&SESSION]) {
        browser.set_cookies(host, cookies);
    }
    for (top, host, cookie) in EMBEDDED {
        browser.embed(top, host, cookie);
    }
    let many = many();
    for half in [0..MANY / 2, MANY / 2..MANY] {
        for (host, cookies) in &many {
            let cookies: Vec<&str> = cookies[half.clone()].iter().map(String::as_str).collect();
            browser.set_cookies(host, &cookies);
        }
    }
    let cookies = browser.cookies();
    assert_eq!(cookies.len(), in_every_browser() + 1, "{cookies:#?}");
    cookies
}

/// Has Firefox visit all of these hosts, also in containers, and returns what it
/// has then. All of it is persistent.
pub fn to_firefox(browser: &mut Firefox) -> Vec<Cookie> {
    browser.add_container(OWN_CONTAINER);
    for (host, cookies) in VISITS {
        browser.set_cookies(host, cookies);
    }
    for (top, host, cookie) in EMBEDDED {
        browser.embed(top, host, cookie);
    }
    for (container, host, cookies) in CONTAINED {
        browser.set_cookies_in(container, host, cookies);
    }
    for (host, cookies) in many() {
        let cookies: Vec<&str> = cookies.iter().map(String::as_str).collect();
        browser.set_cookies(host, &cookies);
    }
    let cookies = browser.cookies();
    assert_eq!(
        cookies.len(),
        in_every_browser() + CONTAINED.len(),
        "{cookies:#?}"
    );
    cookies
}

/// A browser drops a cookie that breaks a rule without a word, so they are counted.
fn in_every_browser() -> usize {
    let visits: usize = VISITS.iter().map(|(_, cookies)| cookies.len()).sum();
    visits + EMBEDDED.len() + 2 * MANY
}

/// What is to go and what is to stay, by their values.
pub fn split(cookies: &[Cookie]) -> (Vec<Cookie>, Vec<Cookie>) {
    let (gone, kept): (Vec<_>, Vec<_>) = cookies
        .iter()
        .cloned()
        .partition(|cookie| cookie.value.starts_with(GONE));
    assert!(kept.iter().all(|cookie| cookie.value.starts_with(KEPT)));
    assert!(!gone.is_empty() && !kept.is_empty());
    (gone, kept)
}
