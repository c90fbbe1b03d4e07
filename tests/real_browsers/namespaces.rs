//! A browser and the command in different pid namespaces, as with Snap and Flatpak: the
//! numbers that they write down and see are not the same.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::browser::{Chromium, Firefox, Kind, Server, wait_for};
use crate::command::{begin, begin_by, delete, list, profiles, users};
use crate::sample::{self, CHROME, CHROME_STORE, FIREFOX, persistent, split};
use crate::watch::{LIMIT, Pause, assert_sound, assert_unchanged, everything_in};
use crate::world::skipped;

const RESTORE: &[&str] = &["--restore-last-session"];

/// Starts what follows as the first process of a new pid namespace. The name of the
/// computer stays.
const APART: &[&str] = &["unshare", "--pid", "--fork", "--mount-proc"];

fn is_root(test: &str) -> bool {
    nix::unistd::geteuid().is_root() || skipped(test, "only root can make namespaces")
}

/// The number, as seen from here, of the program that was started with this argument.
fn seen_from_here(program: &str, argument: &Path) -> u32 {
    wait_for("a browser in its namespace", LIMIT, || {
        fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let exe = fs::read_link(entry.path().join("exe")).ok()?;
            let arguments = fs::read_to_string(entry.path().join("cmdline")).ok()?;
            let is_it = exe.to_str()?.contains(program)
                && arguments.contains(argument.to_str()?)
                && !arguments.contains("--type=")
                && !arguments.contains("-contentproc");
            is_it.then_some(pid)
        })
    })
}

/// The lock of a LevelDB would show it too, where the profile has been loaded.
#[track_caller]
fn assert_shown_by_socket(row: &Value) {
    let evidence = row["in_use_why"]["evidence"].as_str().expect("evidence");
    assert!(evidence.contains("SingletonLock"), "{evidence}");
}

#[test]
fn chromium_in_another_pid_namespace_is_named_and_closed() {
    const TEST: &str = "chromium_in_another_pid_namespace_is_named_and_closed";
    if !Kind::Chromium.available(TEST) || !is_root(TEST) {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    let mut browser = Chromium::start_by(&server, APART, &dir, &["Default"], RESTORE);
    let pid = seen_from_here("chrom", &dir);
    assert_ne!(browser.pid(), pid, "it is in the same namespace");
    browser.set_cookie("new.example", "a=unwritten; Max-Age=86400");
    let before = browser.cookies();
    let (gone, kept) = split(&before);

    let found = profiles(&world, &[&dir.join("Default")]).expect(0);
    assert_eq!(users(found.profile(&dir.join("Default"))), [u64::from(pid)]);
    let refused = delete(&world, &[&dir]).expect(3);
    assert_eq!(refused.store(&store)["status"], "in-use");
    assert_eq!(users(refused.store(&store)), [u64::from(pid)]);
    assert_shown_by_socket(refused.store(&store));
    assert_eq!(browser.cookies(), before);

    let (closed, _) = begin(&world, &["openai.com", "--close"], &[&dir]).end();
    assert_eq!(closed.expect(0).store(&store)["deleted"], gone.len());
    browser.wait_for_end();
    assert_sound(&store);
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    assert_eq!(browser.cookies(), kept);
    browser.kill();
}

#[test]
fn a_firefox_in_another_pid_namespace_is_named_and_left_alone() {
    const TEST: &str = "a_firefox_in_another_pid_namespace_is_named_and_left_alone";
    if !Kind::Firefox.available(TEST) || !is_root(TEST) {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let profile = world.path(FIREFOX);
    let store = profile.join("cookies.sqlite");
    let mut browser = Firefox::start_by(&server, APART, &profile, &[]);
    let pid = seen_from_here("firefox", &profile);
    assert_ne!(browser.pid(), pid, "it is in the same namespace");
    let before = browser.cookies();
    let found = profiles(&world, &[&profile]).expect(0);
    assert_eq!(users(found.profile(&profile)), [u64::from(pid)]);
    let refused = delete(&world, &[&profile]).expect(3);
    assert_eq!(refused.store(&store)["status"], "in-use");
    assert_eq!(users(refused.store(&store)), [u64::from(pid)]);
    assert_eq!(browser.cookies(), before);
    browser.kill();

    let deleted = delete(&world, &[&profile]).expect(0);
    let (gone, kept) = split(&persistent(before));
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    let mut browser = Firefox::start(&server, &profile, &[]);
    assert_eq!(persistent(browser.cookies()), kept);
    browser.kill();
}

#[test]
fn browsers_outside_of_our_pid_namespace_are_left_alone() {
    const TEST: &str = "browsers_outside_of_our_pid_namespace_are_left_alone";
    if !Kind::Chromium.available(TEST) || !Kind::Firefox.available(TEST) || !is_root(TEST) {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, profile) = (world.path(CHROME), world.path(FIREFOX));
    let stores = [world.path(CHROME_STORE), profile.join("cookies.sqlite")];
    let mut chromium = Chromium::start(&server, &dir, "Default", RESTORE);
    let mut firefox = Firefox::start(&server, &profile, &[]);
    let before = (chromium.cookies(), firefox.cookies());

    let pauses = [chromium.pid(), firefox.pid()].map(Pause::of_browser);
    let untouched = [&dir, &profile].map(|folder| everything_in(folder));
    for options in [&[][..], &["--close"], &["--wait=1"]] {
        let arguments = [&["openai.com"], options].concat();
        let folders: [&Path; 2] = [&dir, &profile];
        let (refused, _) = begin_by(&world, APART, &arguments, &folders).end();
        let refused = refused.expect(3);
        for store in &stores {
            assert_eq!(refused.store(store)["status"], "in-use", "{options:?}");
            assert_eq!(refused.store(store)["deleted"], 0);
        }
        assert_shown_by_socket(refused.store(&stores[0]));
    }
    for (folder, untouched) in [&dir, &profile].into_iter().zip(&untouched) {
        assert_unchanged(folder, untouched);
    }
    drop(pauses);
    assert_eq!((chromium.cookies(), firefox.cookies()), before);
    firefox.kill();
    chromium.close();

    // Closed is closed, also from in there.
    let folders: [&Path; 2] = [&dir, &profile];
    let (deleted, _) = begin_by(&world, APART, &["openai.com"], &folders).end();
    let deleted = deleted.expect(0);
    let persistent_there = persistent(before.1);
    for (store, before) in stores.iter().zip([&before.0, &persistent_there]) {
        assert_eq!(deleted.store(store)["deleted"], split(before).0.len());
    }
    let mut chromium = Chromium::start(&server, &dir, "Default", RESTORE);
    assert_eq!(chromium.cookies(), split(&before.0).1);
    chromium.kill();
    let mut firefox = Firefox::start(&server, &profile, &[]);
    assert_eq!(persistent(firefox.cookies()), split(&persistent_there).1);
    firefox.kill();
    let listed = list(&world, &folders).expect(0);
    assert_eq!(listed.store(&stores[0])["matched"], 0);
}
