//! The lock by which Firefox and the command keep each other out of a profile.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::browser::{Firefox, Kind, Server, wait_for};
use crate::command::{delete, start, users};
use crate::sample::{self, FIREFOX, cookies_of, persistent, split};
use crate::watch::{LIMIT, Pause, assert_unchanged, everything_in, lock_holder};
use crate::world::take_lock;

/// Less than the 5 seconds that Firefox waits for a lock.
const WHILE: Duration = Duration::from_millis(1500);

#[test]
fn a_profile_whose_lock_is_held_is_left_alone() {
    let world = sample::world();
    let profile = world.path(FIREFOX);
    // As a Firefox that ended leaves it.
    let parentlock = profile.join(".parentlock");
    fs::write(&parentlock, "").unwrap();
    let untouched = everything_in(&profile);
    let lock = take_lock(&parentlock);

    let refused = delete(&world, &[&profile]).expect(3);
    let row = refused.store(&profile.join("cookies.sqlite"));
    assert_eq!(row["status"], "in-use");
    assert_eq!(users(row), [u64::from(std::process::id())]);
    assert_unchanged(&profile, &untouched);

    drop(lock);
    let deleted = delete(&world, &[&profile]).expect(0);
    let row = deleted.store(&profile.join("cookies.sqlite"));
    assert_eq!(row["status"], "cleaned");
}

#[test]
fn firefox_starting_during_a_deletion_has_exactly_the_others() {
    if !Kind::Firefox.available("firefox_starting_during_a_deletion_has_exactly_the_others") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let profile = world.path(FIREFOX);
    let store = profile.join("cookies.sqlite");
    let (_, kept) = split(&cookies_of("firefox", "abcd1234.default-esr"));
    // As a Firefox that ended leaves it.
    fs::write(profile.join(".parentlock"), "").unwrap();

    // The deletion has to wait for whoever writes; that is when it is stopped.
    let writer = Connection::open(&store).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut deletion = start(&world, &["openai.com"], &profile);
    wait_for("the deletion to take the lock", LIMIT, || {
        lock_holder(&profile.join(".parentlock"))
    });
    let pause = Pause::of_process(deletion.0.id());
    writer.execute_batch("ROLLBACK").unwrap();
    drop(writer);

    thread::scope(|scope| {
        let starting = scope.spawn(|| {
            let mut browser = Firefox::start(&server, &profile, &sample::whatever_its_age());
            let cookies = browser.cookies();
            browser.kill();
            cookies
        });
        let pid = wait_for("a firefox to start", LIMIT, || loaded_firefox(&profile));
        let since = Instant::now();
        while since.elapsed() < WHILE {
            assert!(!has_open(pid, &store), "firefox did not wait");
            thread::sleep(Duration::from_millis(5));
        }
        assert!(!starting.is_finished());
        drop(pause);
        let status = deletion.0.wait().unwrap();
        assert_eq!(status.code(), Some(0));
        assert_eq!(starting.join().expect("firefox starts"), kept);
    });
}

#[test]
fn firefox_starts_after_a_killed_deletion() {
    if !Kind::Firefox.available("firefox_starts_after_a_killed_deletion") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let profile = world.path(FIREFOX);
    let store = profile.join("cookies.sqlite");
    let before = persistent(cookies_of("firefox", "abcd1234.default-esr"));
    let (gone, kept) = split(&before);

    // Where there was no lock file yet, the one that it made stays as well.
    let parentlock = profile.join(".parentlock");
    assert!(!parentlock.exists());
    let writer = Connection::open(&store).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut deletion = start(&world, &["openai.com"], &profile);
    wait_for("the deletion to take the lock", LIMIT, || {
        lock_holder(&parentlock)
    });
    deletion.0.kill().unwrap();
    deletion.0.wait().unwrap();
    writer.execute_batch("ROLLBACK").unwrap();
    drop(writer);
    assert!(parentlock.exists());

    let mut browser = Firefox::start(&server, &profile, &[]);
    assert_eq!(persistent(browser.cookies()), before);
    browser.close();
    let deleted = delete(&world, &[&profile]).expect(0);
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    let mut browser = Firefox::start(&server, &profile, &[]);
    assert_eq!(persistent(browser.cookies()), kept);
    browser.kill();
}

/// The Firefox that was started with this profile, as soon as it has loaded its
/// main library: it takes the lock right after that.
fn loaded_firefox(profile: &Path) -> Option<u32> {
    let wanted = format!("--profile\0{}\0", profile.display());
    fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let arguments = fs::read_to_string(entry.path().join("cmdline")).ok()?;
        let libraries = fs::read_to_string(entry.path().join("maps")).ok()?;
        (arguments.contains(&wanted) && libraries.contains("libxul.so")).then_some(pid)
    })
}

fn has_open(pid: u32, file: &Path) -> bool {
    let Ok(open) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    open.flatten()
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == file))
}
