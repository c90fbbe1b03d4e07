//! The singleton by which Chromium and the command keep each other out of a
//! user-data directory.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::browser::{Chromium, Kind, Server, wait_for};
use crate::command::{Started, delete, list, start};
use crate::given;
use crate::watch::{LIMIT, Pause, assert_sound};
use crate::world::World;

/// Less than the 20 seconds that Chromium waits for an answer.
const WHILE: Duration = Duration::from_millis(2500);

fn singleton_links(dir: &Path) -> Vec<String> {
    let mut links: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.starts_with("Singleton"))
        .collect();
    links.sort();
    links
}

/// A deletion that has taken the directory, and has to wait for whoever writes: that
/// is when it can be stopped.
fn held_deletion(world: &World, dir: &Path) -> (Connection, Started) {
    let writer = Connection::open(dir.join("Default/Cookies")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let deletion = start(world, &["openai.com"], dir);
    wait_for("the deletion to take the directory", LIMIT, || {
        (singleton_links(dir).len() == 3).then_some(())
    });
    (writer, deletion)
}

#[test]
fn chromium_starting_during_a_deletion_has_exactly_the_others() {
    if !Kind::Chromium.available("chromium_starting_during_a_deletion_has_exactly_the_others") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let dir = world.path("chromium");
    let store = dir.join("Default/Cookies");
    let mut browser = Chromium::start(&server, &dir, "Default", &[]);
    let before = given::to_chromium(&mut browser);
    let (_, kept) = given::split(&before);
    browser.close();

    let (writer, mut deletion) = held_deletion(&world, &dir);
    let pause = Pause::of_process(deletion.0.id());
    writer.execute_batch("ROLLBACK").unwrap();
    drop(writer);
    let before_waiting = fs::read(&store).unwrap();

    thread::scope(|scope| {
        let starting = scope.spawn(|| {
            let mut browser =
                Chromium::start(&server, &dir, "Default", &["--restore-last-session"]);
            let cookies = browser.cookies();
            browser.close();
            cookies
        });
        let since = Instant::now();
        while since.elapsed() < WHILE {
            assert!(!starting.is_finished(), "chromium did not wait");
            thread::sleep(Duration::from_millis(20));
        }
        assert!(fs::read(&store).unwrap() == before_waiting);
        drop(pause);
        let status = deletion.0.wait().unwrap();
        assert_eq!(status.code(), Some(0));
        assert_eq!(starting.join().expect("chromium starts"), kept);
    });
    assert_sound(&store);
    assert_eq!(singleton_links(&dir), Vec::<String>::new());
}

#[test]
fn chromium_starts_after_a_killed_deletion() {
    if !Kind::Chromium.available("chromium_starts_after_a_killed_deletion") {
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

    let (writer, mut deletion) = held_deletion(&world, &dir);
    deletion.0.kill().unwrap();
    deletion.0.wait().unwrap();
    writer.execute_batch("ROLLBACK").unwrap();
    drop(writer);
    assert_eq!(singleton_links(&dir).len(), 3);

    // The browser, and another one of us, see that nobody is there.
    let mut browser = Chromium::start(&server, &dir, "Default", &["--restore-last-session"]);
    assert_eq!(browser.cookies(), before);
    browser.close();
    // The socket's folder, which the program would have swept after an hour.
    fs::remove_dir_all(world.root().join("tmp")).unwrap();
    let listed = list(&world, &[&dir]).expect(0);
    assert_eq!(listed.store(&store)["matched"], gone.len());
    let deleted = delete(&world, &[&dir]).expect(0);
    assert_eq!(deleted.store(&store)["deleted"], gone.len());
    let mut browser = Chromium::start(&server, &dir, "Default", &["--restore-last-session"]);
    assert_eq!(browser.cookies(), kept);
    browser.kill();
}
