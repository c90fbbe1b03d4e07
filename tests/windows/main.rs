//! What Windows does in its own way: share modes, folders, long paths, access lists,
//! read-only files. Run for real under Wine. What means the same everywhere is in the other systems' tests,
//! which run here too.

#![cfg(windows)]

#[path = "../world/mod.rs"]
mod world;

mod all_users;
mod console;
mod folders;
mod killed;
mod locks;
mod paths;
mod private;
mod read_only;
mod session;

use serde_json::Value;
use world::windows_browser;

const CHROME: &str = "AppData/Local/Google/Chrome/User Data";
const EDGE: &str = "AppData/Local/Microsoft/Edge/User Data";
const FIREFOX: &str = "AppData/Roaming/Mozilla/Firefox";

fn row<'a>(document: &'a Value, browser: &str, profile: &str) -> &'a Value {
    document["stores"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["browser"] == browser && row["profile"] == profile)
        .unwrap_or_else(|| panic!("{browser} {profile} in {document}"))
}

/// Whether this is no real Windows.
fn is_wine() -> bool {
    std::env::var_os("WINELOADER").is_some()
}

#[test]
#[ignore = "the tests below run it in another process"]
fn helper_that_is_a_browser() {
    windows_browser::be_one();
}
