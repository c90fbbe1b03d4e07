//! Has a browser store every kind of site data for a host, and read it back: by a page that
//! does it itself.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a page is served under these paths.
pub(super) fn page(route: &str) -> Option<(&'static str, &'static str)> {
    match route {
        "/fill" | "/read" => Some(("text/html", include_str!("site_data.html"))),
        "/worker.js" => Some((
            "text/javascript",
            "self.addEventListener('install', () => self.skipWaiting());",
        )),
        _ => None,
    }
}

/// Waits for the page to be done; each of its answers is the page's or a frame's.
pub(super) const ANSWER: &str = "window.answer";

/// The address of the page that fills or reads, with frames of these hosts. `tag` is a part
/// of everything that is stored; one that begins with `only=` names kinds instead, of which
/// nothing else is stored.
pub(super) fn address(route: &str, host: &str, frames: &[&str], tag: &str) -> String {
    let (key, tag) = match tag.strip_prefix("only=") {
        Some(kinds) => ("only", kinds),
        None => ("tag", tag),
    };
    let mut url = url::Url::parse(&format!("https://{host}{route}")).expect("an address");
    for frame in frames {
        let mut src = url::Url::parse(&format!("https://{frame}{route}")).expect("an address");
        src.query_pairs_mut().append_pair(key, tag);
        url.query_pairs_mut().append_pair("src", src.as_str());
    }
    url.query_pairs_mut().append_pair(key, tag);
    url.into()
}

/// What a page has stored: the kinds, with what it says of each.
pub type Stored = BTreeMap<String, Value>;

/// What the page and each of its frames has stored, in this order.
pub(super) fn answers(answer: &Value) -> Vec<Stored> {
    let all = answer
        .as_array()
        .unwrap_or_else(|| panic!("no answer: {answer}"));
    let stored = |one: &Value| -> Stored {
        assert!(one["error"].is_null(), "a page failed: {one}");
        serde_json::from_value(one.clone()).expect("an object")
    };
    all.iter().map(stored).collect()
}
