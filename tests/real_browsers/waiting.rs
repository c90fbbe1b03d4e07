//! `--wait`: the command waits until a browser is closed, and then does its work.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::browser::{Chromium, Firefox, Kind, Server};
use crate::command::{Running, begin, users};
use crate::sample::{self, CHROME, CHROME_STORE, FIREFOX, persistent, split};
use crate::watch::{Pause, assert_sound, assert_unchanged, everything_in};

const RESTORE: &[&str] = &["--restore-last-session"];

/// For whatever is to be done at once, on a machine that is busy.
const SOON: Duration = Duration::from_secs(5);

/// Long enough to see that a command waits.
const A_WHILE: Duration = Duration::from_millis(1500);

#[track_caller]
fn assert_waits(running: &mut Running) {
    running.wait_until_it_says("Waiting for");
    std::thread::sleep(A_WHILE);
    assert!(!running.is_finished(), "{}", running.said());
    assert_eq!(running.said().matches("Waiting for").count(), 1);
}

/// Tells a waiting command to end, as Ctrl-C does.
#[track_caller]
fn assert_can_be_interrupted(mut running: Running) {
    assert_waits(&mut running);
    let since = std::time::Instant::now();
    kill(Pid::from_raw(running.pid() as i32), Signal::SIGINT).expect("a signal");
    running.end().0.expect(130);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

#[test]
fn chromium_is_waited_for_and_cleaned_when_closed() {
    if !Kind::Chromium.available("chromium_is_waited_for_and_cleaned_when_closed") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    let mut running = begin(&world, &["openai.com", "--wait"], &[&dir]);
    assert_waits(&mut running);
    let pid = format!("process {}", browser.pid());
    assert!(running.said().contains(&pid), "{}", running.said());
    // What comes while it waits, goes as well.
    browser.set_cookies("chat.openai.com", &["new=late; Max-Age=86400"]);
    browser.set_cookies("new.example", &["a=kept; Max-Age=86400"]);
    let (gone, kept) = split(&browser.cookies());
    browser.close();
    let since = std::time::Instant::now();
    let answer = running.end().0.expect(0);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    assert_eq!(answer.store(&store)["deleted"], gone.len());
    assert_sound(&store);
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    assert_eq!(browser.cookies(), kept);
    browser.kill();
}

#[test]
fn firefox_is_waited_for_and_cleaned_when_closed() {
    if !Kind::Firefox.available("firefox_is_waited_for_and_cleaned_when_closed") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let profile = world.path(FIREFOX);
    let store = profile.join("cookies.sqlite");
    let mut browser = Firefox::start(&server, &profile, &[]);

    // First one whose time is over, and one that is interrupted.
    let before = browser.cookies();
    let (refused, took) = begin(&world, &["openai.com", "--wait=1"], &[&profile]).end();
    assert_eq!(refused.expect(3).store(&store)["status"], "in-use");
    assert!((Duration::from_secs(1)..SOON).contains(&took), "{took:?}");
    assert_can_be_interrupted(begin(&world, &["openai.com", "--wait"], &[&profile]));
    assert_eq!(browser.cookies(), before);

    let mut running = begin(&world, &["openai.com", "--wait"], &[&profile]);
    assert_waits(&mut running);
    let pid = format!("process {}", browser.pid());
    assert!(running.said().contains(&pid), "{}", running.said());
    browser.set_cookie("chat.openai.com", "new=late; Max-Age=86400");
    browser.set_cookie("new.example", "a=kept; Max-Age=86400");
    let (gone, kept) = split(&persistent(browser.cookies()));
    browser.close();
    let since = std::time::Instant::now();
    let answer = running.end().0.expect(0);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    assert_eq!(answer.store(&store)["deleted"], gone.len());
    assert_sound(&store);
    let mut browser = Firefox::start(&server, &profile, &[]);
    assert_eq!(persistent(browser.cookies()), kept);
    browser.kill();
}

#[test]
fn open_chromium_is_untouched_when_waiting_ends() {
    if !Kind::Chromium.available("open_chromium_is_untouched_when_waiting_ends") {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    let before = browser.cookies();

    // What changes while it stands still, it did not do.
    let pause = Pause::of_browser(browser.pid());
    let untouched = everything_in(&dir);
    let (refused, took) = begin(&world, &["openai.com", "--wait=1"], &[&dir]).end();
    let refused = refused.expect(3);
    assert!((Duration::from_secs(1)..SOON).contains(&took), "{took:?}");
    assert_eq!(refused.store(&store)["status"], "in-use");
    assert_eq!(users(refused.store(&store)), [u64::from(browser.pid())]);
    assert_can_be_interrupted(begin(&world, &["openai.com", "--wait"], &[&dir]));
    assert_unchanged(&dir, &untouched);
    assert!(!world.state().join("undo").exists() || is_empty(&world.state().join("undo")));
    drop(pause);

    assert_eq!(browser.cookies(), before);
    browser.close();
    let mut browser = Chromium::start(&server, &dir, "Default", RESTORE);
    assert_eq!(browser.cookies(), before);
    browser.kill();
}

fn is_empty(folder: &std::path::Path) -> bool {
    std::fs::read_dir(folder)
        .expect("a folder")
        .next()
        .is_none()
}
