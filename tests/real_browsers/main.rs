//! The finished command on stores that a real Chromium and a real Firefox write,
//! and what those browsers have afterwards, by their own word.
//!
//! Each test ends with a start of the browser, which is asked over its protocol
//! for every cookie it has: where a store is damaged, of a wrong version or
//! locked at a bad moment, a browser drops cookies without a word.
#![cfg(target_os = "linux")]

#[path = "../browser/mod.rs"]
mod browser;
#[path = "../world/mod.rs"]
mod world;

mod apart;
mod chromium;
mod chromium_lock;
mod closing;
mod command;
mod device_bound;
mod firefox;
mod firefox_lock;
mod given;
mod meeting;
mod namespaces;
mod open_browsers;
mod sample;
mod screen;
mod session;
mod site_data;
mod stale;
mod values;
mod waiting;
mod watch;
