//! A browser that starts before, during or right after a deletion, many times in a row:
//! wherever in its start the deletion falls, no cookie of another site is lost, and none
//! that is said to be deleted lives. `tests/races` runs as many rounds as one likes.

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use rusqlite::Connection;
use serde_json::json;

use crate::apart::{Apart, words};
use crate::browser::{Chromium, Cookie, Firefox, Kind, Server};
use crate::command::{Answer, begin_by};
use crate::sample::{self, CHROME, CHROME_STORE, FIREFOX, persistent, split};
use crate::watch::{assert_sound, beside, lock_holder};

/// Cookies of other sites, so that a deletion takes a good part of a start: that of
/// Firefox takes longer.
const FILLERS_OF_CHROMIUM: u32 = 4000;
const FILLERS_OF_FIREFOX: u32 = 20000;

/// How the start of a browser and a deletion met.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Met {
    /// The browser waited until the deletion was done.
    BrowserWaited,
    /// The deletion found the browser there before that had come up.
    Refused,
    /// The same after that.
    FoundOpen,
    /// The deletion was over before the browser came to the store.
    Apart,
}

/// Runs so many rounds: `round` is told by how many milliseconds the browser is to
/// start before the deletion (or after it). That is moved to where the two meet head on,
/// wherever this machine has it today. Fails where they hardly met.
fn run(
    browser: &str,
    rounds: usize,
    gave_up: &AtomicUsize,
    mut round: impl FnMut(usize, i64) -> Met,
) {
    let rounds = std::env::var("COOKIECLEAN_ROUNDS")
        .map_or(rounds, |rounds| rounds.parse().expect("a number of rounds"));
    let mut met = Vec::new();
    // First one after the other, in both orders.
    let mut offset = -500;
    for number in 0..rounds {
        let now = round(number, offset);
        met.push((offset, now));
        if number % 20 == 19 {
            let _ = writeln!(std::io::stderr(), "{browser}: {} rounds", number + 1);
        }
        offset = match (number, now) {
            (0, _) => 2000,
            (1, _) => 50,
            (_, Met::Refused | Met::FoundOpen) => offset - 20,
            (_, Met::BrowserWaited) => offset + 10,
            (_, Met::Apart) => offset + 30,
        };
    }
    let count = |wanted| met.iter().filter(|(_, met)| *met == wanted).count();
    let (waited, refused) = (count(Met::BrowserWaited), count(Met::Refused));
    // Not by a macro, whose output the test runner keeps to itself.
    let _ = writeln!(
        std::io::stderr(),
        "{browser}: {rounds} rounds; {waited} times it waited for the deletion, {refused} \
         times the deletion found it starting, {} times found it open, {} times was over; \
         {} times the browser had to be started again",
        count(Met::FoundOpen),
        count(Met::Apart),
        gave_up.load(Ordering::SeqCst),
    );
    let enough = match rounds {
        // Too few to find where they meet.
        0..12 => 0,
        rounds => rounds / 6,
    };
    assert!(
        waited >= enough && refused >= enough,
        "they hardly met: {met:?}"
    );
}

/// Starts a browser and a deletion, the deletion so many milliseconds later (or
/// earlier), while `look` is asked again and again whether the browser waits.
fn start_both<B: Send>(
    offset: i64,
    start: impl FnOnce() -> B + Send,
    delete: impl FnOnce() -> Answer + Send,
    look: impl Fn() -> bool,
) -> (B, Answer, Met) {
    let pause = |milliseconds: i64| {
        thread::sleep(Duration::from_millis(milliseconds.max(0).unsigned_abs()));
    };
    let is_deleted = AtomicBool::new(false);
    thread::scope(|scope| {
        let starting = scope.spawn(move || {
            pause(-offset);
            let browser = start();
            (browser, Instant::now())
        });
        let deleting = scope.spawn(|| {
            pause(offset);
            let answer = delete();
            is_deleted.store(true, Ordering::SeqCst);
            (answer, Instant::now())
        });
        let mut waits = false;
        while !is_deleted.load(Ordering::SeqCst) && !deleting.is_finished() {
            waits |= look();
            thread::sleep(Duration::from_millis(1));
        }
        // What came while the last look was taken.
        waits |= look();
        let (answer, deleted) = deleting.join().expect("the deletion ends");
        let (browser, started) = starting.join().expect("the browser starts");
        let met = match answer.code() {
            0 if waits => Met::BrowserWaited,
            3 if deleted < started => Met::Refused,
            3 => Met::FoundOpen,
            0 => Met::Apart,
            _ => panic!("{answer:#?}"),
        };
        (browser, answer, met)
    })
}

/// What the browser is to have: without the site where that was deleted, everything
/// where it was in use.
fn expected<'a>(answer: &Answer, store: &Path, before: &'a Expected) -> &'a [Cookie] {
    let row = answer.store(store);
    match answer.code() {
        0 => {
            assert_eq!(row["deleted"], before.gone, "{answer:#?}");
            &before.kept
        }
        _ => {
            assert_eq!(row["status"], "in-use", "{answer:#?}");
            assert_eq!(row["deleted"], 0);
            &before.all
        }
    }
}

struct Expected {
    all: Vec<Cookie>,
    kept: Vec<Cookie>,
    gone: usize,
}

impl Expected {
    fn of(all: Vec<Cookie>) -> Self {
        let (gone, kept) = split(&all);
        assert!(kept.len() > FILLERS_OF_CHROMIUM as usize);
        Self {
            all,
            kept,
            gone: gone.len(),
        }
    }
}

/// Fails the test with little text: there are thousands.
#[track_caller]
fn assert_same(now: &[Cookie], wanted: &[Cookie], when: &str) {
    if now == wanted {
        return;
    }
    let missing: Vec<_> = wanted.iter().filter(|c| !now.contains(c)).take(5).collect();
    let extra: Vec<_> = now.iter().filter(|c| !wanted.contains(c)).take(5).collect();
    panic!(
        "{when}: {} instead of {} cookies; missing: {missing:?}; too many: {extra:?}",
        now.len(),
        wanted.len()
    );
}

/// How many rows the store has, and a number that a browser writes when it makes it.
/// Looked up in a copy, since opening the original can write beside it.
fn rows(store: &Path, sql: &str) -> (i64, i64) {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("store");
    for suffix in ["", "-wal", "-journal"] {
        if let Ok(bytes) = fs::read(beside(store, suffix)) {
            fs::write(beside(&copy, suffix), bytes).expect("a copy");
        }
    }
    let db = Connection::open(copy).expect("a database");
    db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("its rows")
}

fn fill(store: &Path, fillers: u32, sql: &str) {
    let db = Connection::open(store).expect("a store");
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";
    let filled = db.execute(&sql.replace("NUMBERS", numbers), [fillers]);
    assert_eq!(filled.expect("more cookies"), fillers as usize);
}

/// A store as it was, with whatever stands beside it.
struct Original(Vec<(PathBuf, Option<Vec<u8>>)>);

impl Original {
    fn of(store: &Path) -> Self {
        let files = ["", "-wal", "-shm", "-journal"].map(|suffix| beside(store, suffix));
        Self(files.map(|file| (file.clone(), fs::read(file).ok())).into())
    }

    fn put_back(&self) {
        for (file, bytes) in &self.0 {
            match bytes {
                Some(bytes) => fs::write(file, bytes).expect("the file"),
                None => {
                    let _ = fs::remove_file(file);
                }
            }
        }
    }
}

#[test]
fn head_on_with_a_starting_chromium() {
    chromium("head_on_with_a_starting_chromium", Apart::Not, 30);
}

#[test]
fn chromium_of_another_user_and_root_come_out_right() {
    chromium(
        "chromium_of_another_user_and_root_come_out_right",
        Apart::OtherUser,
        5,
    );
}

#[test]
fn chromium_and_command_of_another_user_come_out_right() {
    chromium(
        "chromium_and_command_of_another_user_come_out_right",
        Apart::ThatUser,
        5,
    );
}

#[test]
fn chromium_with_its_own_tmp_comes_out_right() {
    chromium(
        "chromium_with_its_own_tmp_comes_out_right",
        Apart::OwnTmp,
        5,
    );
}

fn chromium(test: &str, apart: Apart, rounds: usize) {
    if !Kind::Chromium.available(test) || !apart.is_possible(test) {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    fill(
        &store,
        FILLERS_OF_CHROMIUM,
        "INSERT INTO cookies NUMBERS
         SELECT (unixepoch() + 11644473600) * 1000000 + i, 'filler-' || i || '.example', '',
             'filler', 'filling-' || i, x'', '/',
             (unixepoch() + 11644473600 + 30 * 86400) * 1000000, 1, 0,
             (unixepoch() + 11644473600) * 1000000, 1, 1, 1, -1, 2, 443,
             (unixepoch() + 11644473600) * 1000000, 0, 0
         FROM n",
    );
    let sql = "SELECT count(*), (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'probe')
               FROM cookies WHERE host_key LIKE 'filler-%'";
    // A razed database is made anew, without this.
    let db = Connection::open(&store).expect("a store");
    db.execute("INSERT INTO meta VALUES ('probe', 7)", [])
        .expect("a mark");
    drop(db);
    let original = Original::of(&store);
    let link = dir.join("SingletonLock");
    let (by, command) = (apart.browser(&world), apart.command(&world));
    let gave_up = AtomicUsize::new(0);
    let start = || {
        let restore = &["--restore-last-session"];
        until_it_runs(&gave_up, || {
            Chromium::start_by(&server, &words(&by), &dir, &["Default"], restore)
        })
    };
    apart.give(&world);
    let mut browser = start();
    let before = Expected::of(browser.cookies());
    browser.close();

    run(
        &format!("chromium, apart: {apart:?}"),
        rounds,
        &gave_up,
        |number, offset| {
            original.put_back();
            apart.give(&world);
            let (mut browser, answer, met) = start_both(
                offset,
                start,
                || {
                    let command = words(&command);
                    begin_by(&world, &command, apart.arguments(), &[&dir])
                        .end()
                        .0
                },
                || is_called(&dir),
            );
            let when = format!("round {number}, {offset} ms, {met:?}");
            let wanted = expected(&answer, &store, &before);
            assert_same(&browser.cookies(), wanted, &when);
            assert!(link.is_symlink(), "{when}: the browser has lost its lock");
            // Also from what a browser leaves that was killed.
            match number % 2 {
                0 => browser.close(),
                _ => browser.kill(),
            }
            assert_sound(&store);
            let (fillers, mark) = rows(&store, sql);
            assert_eq!(
                (fillers, mark),
                (i64::from(FILLERS_OF_CHROMIUM), 7),
                "{when}"
            );
            met
        },
    );
}

/// Whether somebody waits at the socket of the one who holds this directory, when that
/// is a cookieclean.
fn is_called(dir: &Path) -> bool {
    let Ok(socket) = fs::read_link(dir.join("SingletonSocket")) else {
        return false;
    };
    let holder = || {
        let target = fs::read_link(dir.join("SingletonLock")).ok()?;
        let (_, pid) = target.to_str()?.rsplit_once('-')?;
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        (name.trim() == "cookieclean").then_some(target)
    };
    let Some(first) = holder() else {
        return false;
    };
    let sockets = fs::read_to_string("/proc/net/unix").expect("the sockets");
    // The listener itself, and the other end of each caller.
    let ends = sockets
        .lines()
        .filter(|line| line.ends_with(socket.to_str().expect("UTF-8")));
    // Without the lock it would be that cookieclean itself that calls.
    ends.count() > 1 && holder() == Some(first)
}

#[test]
fn head_on_with_a_starting_firefox() {
    firefox("head_on_with_a_starting_firefox", Apart::Not, 12);
}

#[test]
fn firefox_of_another_user_and_root_come_out_right() {
    firefox(
        "firefox_of_another_user_and_root_come_out_right",
        Apart::OtherUser,
        3,
    );
}

fn firefox(test: &str, apart: Apart, rounds: usize) {
    if !Kind::Firefox.available(test) || !apart.is_possible(test) {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let profile = world.path(FIREFOX);
    let store = profile.join("cookies.sqlite");
    fill(
        &store,
        FILLERS_OF_FIREFOX,
        "INSERT INTO moz_cookies(originAttributes, name, value, host, path, expiry,
             lastAccessed, creationTime, isSecure, isHttpOnly, sameSite, schemeMap, updateTime)
         NUMBERS
         SELECT '', 'filler', 'filling-' || i, 'filler-' || i || '.example', '/',
             (unixepoch() + 30 * 86400) * 1000, unixepoch() * 1000000,
             unixepoch() * 1000000 + i, 1, 0, 0, 2, unixepoch() * 1000000
         FROM n",
    );
    let original = Original::of(&store);
    let lock = profile.join(".parentlock");
    let prefs = [("network.cookie.maxNumber", json!(10 * FILLERS_OF_FIREFOX))];
    let (by, command) = (apart.browser(&world), apart.command(&world));
    let gave_up = AtomicUsize::new(0);
    let start = || {
        until_it_runs(&gave_up, || {
            Firefox::start_by(&server, &words(&by), &profile, &prefs)
        })
    };
    apart.give(&world);
    let mut browser = start();
    let before = Expected::of(persistent(browser.cookies()));
    browser.close();

    run(
        &format!("firefox, apart: {apart:?}"),
        rounds,
        &gave_up,
        |number, offset| {
            original.put_back();
            apart.give(&world);
            let closings = Closings::of(&lock);
            let (mut browser, answer, met) = start_both(
                offset,
                start,
                || {
                    let command = words(&command);
                    begin_by(&world, &command, apart.arguments(), &[&profile])
                        .end()
                        .0
                },
                // Each try that fails closes the file; the deletion itself does once.
                || closings.count() > 1,
            );
            let when = format!("round {number}, {offset} ms, {met:?}");
            let wanted = expected(&answer, &store, &before);
            assert_same(&persistent(browser.cookies()), wanted, &when);
            assert_eq!(lock_holder(&lock), Some(browser.pid()), "{when}");
            match number % 4 {
                0 => browser.close(),
                _ => browser.kill(),
            }
            assert_sound(&store);
            let sql = "SELECT count(*), 0 FROM moz_cookies WHERE host LIKE 'filler-%'";
            assert_eq!(rows(&store, sql).0, i64::from(FILLERS_OF_FIREFOX), "{when}");
            let renamed = fs::read_dir(&profile).expect("the profile").flatten();
            for file in renamed {
                let name = file.file_name().into_string().expect("UTF-8");
                assert!(!name.starts_with("cookies.sqlite.bak"), "{when}: {name}");
            }
            met
        },
    );
}

/// Starts a browser as a person does: again, where it says that it cannot. Nothing may have
/// been lost then either.
///
/// A Firefox does when a deletion takes longer than the 5 seconds for which it waits, as on
/// a machine that is busy with something else. A Chromium that finds no lock, and then
/// cannot make its own since there is ours, gives up whatever it is answered: seen once in
/// some 350 starts.
fn until_it_runs<B>(gave_up: &AtomicUsize, start: impl Fn() -> B) -> B {
    const WORDS: [&str; 2] = [
        "Firefox is already running",
        "Failed to create a ProcessSingleton",
    ];
    loop {
        let panic = match catch_unwind(AssertUnwindSafe(&start)) {
            Ok(browser) => return browser,
            Err(panic) => panic,
        };
        let said = panic.downcast_ref::<String>();
        if !said.is_some_and(|said| WORDS.iter().any(|words| said.contains(words))) {
            resume_unwind(panic);
        }
        gave_up.fetch_add(1, Ordering::SeqCst);
    }
}

/// How often a file was closed that had been open for writing.
struct Closings {
    watch: Inotify,
    seen: Cell<usize>,
}

impl Closings {
    fn of(file: &Path) -> Self {
        let watch = Inotify::init(InitFlags::IN_NONBLOCK).expect("a watch");
        watch
            .add_watch(file, AddWatchFlags::IN_CLOSE_WRITE)
            .expect("a watched file");
        Self {
            watch,
            seen: Cell::new(0),
        }
    }

    /// To be asked often: what comes twice before it is asked for counts once.
    fn count(&self) -> usize {
        let new = self.watch.read_events().map_or(0, |events| events.len());
        self.seen.set(self.seen.get() + new);
        self.seen.get()
    }
}
