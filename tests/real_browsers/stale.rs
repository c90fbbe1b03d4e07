//! What a browser leaves behind that has ended, in whatever way: nobody is taken to be
//! there any more.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;

use crate::browser::{Chromium, Firefox, Kind, Server};
use crate::command::{delete, list, profiles, undo, users};
use crate::sample::{self, CHROME, CHROME_STORE, FIREFOX, persistent, split};
use crate::watch::{as_after_a_power_cut, assert_sound, copy_as_it_is};
use crate::world::World;

const RESTORE: &[&str] = &["--restore-last-session"];

/// The ways in which a browser ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Quit,
    Terminated,
    Killed,
}
const ENDS: [End; 3] = [End::Quit, End::Terminated, End::Killed];

/// Cleans what a browser has left, which nobody may be said to use.
fn clean(world: &World, profile: &Path, store: &Path, gone: usize, why: &str) {
    let listed = list(world, &[profile]).expect(0);
    assert_eq!(listed.store(store)["in_use"], false, "{why}");
    assert_eq!(listed.store(store)["matched"], gone, "{why}");
    let found = profiles(world, &[profile]).expect(0);
    assert_eq!(found.profile(profile)["in_use"], false, "{why}");
    let deleted = delete(world, &[profile]).expect(0);
    assert_eq!(deleted.store(store)["deleted"], gone, "{why}");
    assert_sound(store);
}

#[test]
fn ended_chromium_is_not_in_use() {
    if !Kind::Chromium.available("ended_chromium_is_not_in_use") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    let profile = dir.join("Default");
    for end in ENDS {
        let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
        let before = browser.cookies();
        let (gone, kept) = split(&before);
        match end {
            End::Quit => browser.close(),
            End::Terminated => browser.terminate(),
            End::Killed => browser.kill(),
        }
        let left = dir.join("SingletonLock").is_symlink();
        assert_eq!(left, end != End::Quit, "{end:?}");
        clean(&world, &profile, &store, gone.len(), &format!("{end:?}"));

        let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
        assert_eq!(browser.cookies(), kept, "{end:?}");
        browser.close();
        let undone = undo(&world).expect(0);
        assert_eq!(undone.value("restored"), gone.len());
    }
}

#[test]
fn ended_firefox_is_not_in_use() {
    if !Kind::Firefox.available("ended_firefox_is_not_in_use") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let profile = world.path(FIREFOX);
    let store = profile.join("cookies.sqlite");
    for end in ENDS {
        let mut browser = Firefox::start(&server, &profile, &[]);
        let before = persistent(browser.cookies());
        let (gone, kept) = split(&before);
        match end {
            End::Quit => browser.close(),
            End::Terminated => browser.terminate(),
            End::Killed => browser.kill(),
        }
        let left = profile.join("lock").is_symlink();
        assert_eq!(left, end != End::Terminated, "{end:?}");
        assert!(profile.join(".parentlock").is_file());
        clean(&world, &profile, &store, gone.len(), &format!("{end:?}"));

        let mut browser = Firefox::start(&server, &profile, &[]);
        assert_eq!(persistent(browser.cookies()), kept, "{end:?}");
        browser.kill();
        let undone = undo(&world).expect(0);
        assert_eq!(undone.store(&store)["restored"], gone.len());
    }
}

/// A link to `host-pid` that was made as long ago as the machine was last up.
fn link_from_before_the_boot(link: &Path, pid: u32) {
    const LONG_AGO: TimeSpec = TimeSpec::new(1_000_000_000, 0);
    let before = fs::read_link(link).expect("a link");
    let before = before.to_str().expect("UTF-8");
    let (host, _) = before.rsplit_once('-').expect("host-pid");
    fs::remove_file(link).expect("one link less");
    symlink(format!("{host}-{pid}"), link).expect("a link");
    let flags = UtimensatFlags::NoFollowSymlink;
    utimensat(nix::fcntl::AT_FDCWD, link, &LONG_AGO, &LONG_AGO, flags).expect("a time");
}

#[test]
fn stale_lock_with_reused_pid_is_ignored() {
    if !Kind::Chromium.available("stale_lock_with_reused_pid_is_ignored") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let dir = world.path(CHROME);
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    let (gone, kept) = split(&browser.cookies());
    let cut = world.path("cut");
    as_after_a_power_cut(browser.pid(), &dir, &cut);
    browser.kill();

    let mut other = Chromium::start(&server, &world.path("other"), "Default", &[]);
    other.set_cookie("openai.com", "a=1; Max-Age=86400");
    let of_other = other.cookies();
    for number_of_another in [false, true] {
        let now = world.path(&format!("after-{number_of_another}"));
        copy_as_it_is(&cut, &now);
        if number_of_another {
            link_from_before_the_boot(&now.join("SingletonLock"), other.pid());
        }
        let profile = now.join("Default");
        let store = profile.join("Cookies");
        clean(&world, &profile, &store, gone.len(), "after a power cut");
        let mut browser = Chromium::start(&server, &now, "Default", RESTORE);
        assert_eq!(browser.cookies(), kept);
        browser.kill();
    }
    // Nothing became of the one that has the number.
    let refused = delete(&world, &[&world.path("other/Default")]).expect(3);
    let row = refused.store(&world.path("other/Default/Cookies"));
    assert_eq!(users(row), [u64::from(other.pid())]);
    assert_eq!(other.cookies(), of_other);
    other.close();
}

#[test]
fn a_firefox_that_a_power_cut_ended_is_not_taken_to_be_there() {
    if !Kind::Firefox.available("a_firefox_that_a_power_cut_ended_is_not_taken_to_be_there") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let profile = world.path(FIREFOX);
    let mut browser = Firefox::start(&server, &profile, &[]);
    // It stands in the WAL only.
    browser.set_cookie("new.example", "a=kept; Max-Age=86400");
    let (gone, kept) = split(&persistent(browser.cookies()));
    let cut = world.path("cut");
    crate::browser::wait_for("firefox to write", crate::watch::LIMIT, || {
        let listed = list(&world, &[&profile]).expect(0);
        let total = &listed.store(&profile.join("cookies.sqlite"))["total"];
        (*total == gone.len() + kept.len()).then_some(())
    });
    as_after_a_power_cut(browser.pid(), &profile, &cut);
    // Its pid stands in the link of the copy, and still runs.
    let store = cut.join("cookies.sqlite");
    clean(&world, &cut, &store, gone.len(), "after a power cut");
    let refused = delete(&world, &[&profile]).expect(3);
    let row = refused.store(&profile.join("cookies.sqlite"));
    assert_eq!(users(row), [u64::from(browser.pid())]);
    browser.kill();
    let mut browser = Firefox::start(&server, &cut, &[]);
    assert_eq!(persistent(browser.cookies()), kept);
    browser.kill();
}
