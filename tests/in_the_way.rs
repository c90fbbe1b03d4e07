//! A browser that is in the way, as a lock that is held by another process: waiting for
//! it, and the question about it. What real browsers do is in `real_browsers`.

mod world;

use std::fs;
#[cfg(unix)]
use std::io::Read;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use world::holder::{Holder, hold_if_told};
use world::{FIREFOX_LOCK, Run, World, spawn, stores};

#[cfg(unix)]
const LIMIT: Duration = Duration::from_secs(120);

/// Who has a file open, Windows does not tell by the file.
const WHO_HOLDS_IT_IS_TOLD: bool = cfg!(unix);

fn firefox_profile(world: &World, name: &str) -> PathBuf {
    let store = world.path(&format!(".mozilla/firefox/{name}/cookies.sqlite"));
    stores::firefox(&store, 17);
    store
}

fn left(store: &Path) -> usize {
    stores::dump(store, "moz_cookies").len()
}

/// Not a test of its own: [`Holder`] runs it in another process.
#[test]
fn helper_that_holds_a_lock_until_it_is_told() {
    hold_if_told();
}

/// The command on the home folder of a world, its output collected.
struct Started(Child);

impl Started {
    fn new(world: &World, arguments: &[&str]) -> Self {
        let mut command = world.command_at_home(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(spawn(&mut command))
    }

    /// Reads its standard error up to the line that has this in it.
    fn says(&mut self, text: &str) {
        let mut err = BufReader::new(self.0.stderr.as_mut().unwrap());
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(err.read_line(&mut line).unwrap(), 0, "it never said {text}");
        }
    }

    fn end(self) -> Run {
        let output = self.0.wait_with_output().unwrap();
        Run {
            code: output.status.code().expect("it was not killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[test]
fn what_is_closed_is_cleaned_at_once_and_the_rest_when_it_is() {
    let world = World::new();
    let open = firefox_profile(&world, "a-open");
    let closed = firefox_profile(&world, "b-closed");
    let holder = Holder::of(&open);
    let mut waiting = Started::new(&world, &["openai.com", "--wait"]);
    waiting.says("Waiting for Firefox, profile a-open");
    assert_eq!((left(&open), left(&closed)), (8, 4));
    let since = Instant::now();
    holder.end();
    let run = waiting.end().expect(0);
    assert!(since.elapsed() < Duration::from_secs(3), "it was not woken");
    assert_eq!((left(&open), left(&closed)), (4, 4));
    assert!(run.stdout.contains("Deleted 8 cookies"), "{run:#?}");
    assert!(!run.stderr.contains("skipped"), "{run:#?}");
}

#[test]
fn waiting_ends_when_the_time_is_over() {
    let world = World::new();
    let store = firefox_profile(&world, "p");
    let holder = Holder::of(&store);
    for wait in ["--wait=1", "--wait 1", "--wait 1 --close --wait 1"] {
        let mut arguments = vec!["openai.com", "--json"];
        arguments.extend(wait.split(' ').take(2));
        let since = Instant::now();
        let (code, document) = {
            let run = Started::new(&world, &arguments).end();
            assert!(run.stderr.contains("Waiting for Firefox"), "{run:#?}");
            (run.code, run.json())
        };
        assert_eq!(code, 3, "{wait}: {document}");
        assert!(since.elapsed() >= Duration::from_secs(1), "{wait}");
        let row = &document["stores"][0];
        assert_eq!(row["status"], "in-use");
        if WHO_HOLDS_IT_IS_TOLD {
            assert_eq!(row["in_use_by"][0]["pid"], holder.id());
            assert!(row["in_use_by"][0]["since"].is_string(), "{row}");
        }
        assert_eq!(left(&store), 8);
    }
}

#[test]
fn wait_tells_seconds_from_a_domain() {
    let world = World::new();
    let store = firefox_profile(&world, "p");
    for arguments in [
        &["--wait", "openai.com"][..],
        &["openai.com", "--wait"],
        &["--wait", "5", "openai.com"],
        &["--wait=5", "openai.com"],
        &["--wait", "--", "openai.com"],
        &["openai.com", "--close"],
    ] {
        fs::remove_file(&store).unwrap();
        stores::firefox(&store, 17);
        let mut command = world.command_at_home(&["--json"]);
        let run = Run::of({
            command.args(arguments);
            command
        });
        let (code, document) = (run.code, run.json());
        assert_eq!(
            (code, &document["deleted"]),
            (0, &json!(4)),
            "{arguments:?}"
        );
    }
    for arguments in [
        &["list", "--wait", "openai.com"][..],
        &["openai.com", "--wait=soon"],
        &["openai.com", "--wait=-1"],
    ] {
        world.run(arguments).expect(2);
    }
}

#[test]
fn undo_waits_too() {
    let world = World::new();
    let store = firefox_profile(&world, "p");
    world.run(&["openai.com"]).expect(0);
    let holder = Holder::of(&store);
    let refused = world.run_bare(&["undo"]).expect(3);
    let named = match WHO_HOLDS_IT_IS_TOLD {
        true => holder.id().to_string(),
        false => store.with_file_name(FIREFOX_LOCK).display().to_string(),
    };
    assert!(refused.stderr.contains(&named), "{refused:#?}");
    world.run_bare(&["undo", "--wait", "1"]).expect(3);
    assert_eq!(left(&store), 4);
    let mut command = world.command(&["undo", "--wait"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut waiting = Started(spawn(&mut command));
    waiting.says("Waiting for Firefox");
    holder.end();
    let run = waiting.end().expect(0);
    assert!(run.stdout.contains("Put back 4 cookies"), "{run:#?}");
    assert_eq!(left(&store), 8);
}

/// Neither may take the other for a browser, nor a cookie of another site be lost.
#[test]
fn several_cookiecleans_at_once_wait_for_each_other() {
    // A start takes long under Wine.
    const ROUNDS: usize = if cfg!(windows) { 4 } else { 10 };
    let world = World::new();
    let firefox = firefox_profile(&world, "p");
    let chrome = world.path(".config/google-chrome/Default/Cookies");
    world.write(".config/google-chrome/Default/Preferences", "{}");
    for round in 0..ROUNDS {
        for store in [&firefox, &chrome] {
            let _ = fs::remove_file(store);
        }
        stores::firefox(&firefox, 17);
        stores::chromium(&chrome, 24);
        let running: Vec<_> = (0..3)
            .map(|_| Started::new(&world, &["openai.com", "--json"]))
            .collect();
        let runs: Vec<_> = running.into_iter().map(Started::end).collect();
        let deleted: u64 = runs
            .iter()
            .map(|run| run.json()["deleted"].as_u64().unwrap())
            .sum();
        assert!(
            runs.iter().all(|run| run.code == 0),
            "round {round}: {runs:#?}"
        );
        assert_eq!(deleted, 8, "round {round}");
        assert_eq!(left(&firefox), 4);
        assert_eq!(stores::dump(&chrome, "cookies").len(), 4);
        let folder = chrome.ancestors().nth(2).unwrap();
        let links = fs::read_dir(folder).unwrap().flatten();
        let links = links.filter(|e| e.file_name().to_string_lossy().starts_with("Singleton"));
        assert_eq!(links.count(), 0);
        assert!(!firefox.with_file_name(FIREFOX_LOCK).exists());
    }
}

/// `--ask` asks about everything that goes, also what a browser writes as it ends.
#[test]
fn what_was_not_shown_is_not_deleted_unasked() {
    let world = World::new();
    let store = firefox_profile(&world, "p");
    let holder = Holder::of(&store);
    let db = rusqlite::Connection::open(&store).unwrap();
    db.execute_batch("CREATE TABLE late AS SELECT * FROM moz_cookies; DELETE FROM moz_cookies;")
        .unwrap();
    let mut waiting = Started::new(&world, &["openai.com", "--ask", "--wait"]);
    waiting.says("Waiting for Firefox");
    db.execute_batch("INSERT INTO moz_cookies SELECT * FROM late")
        .unwrap();
    holder.end();
    // Nobody answers, which is a no.
    let run = waiting.end().expect(0);
    assert!(run.stderr.contains("Nothing was deleted"), "{run:#?}");
    assert!(run.stdout.contains("cf_clearance"), "{run:#?}");
    assert_eq!(left(&store), 8);

    // And where there was nothing to ask about, nothing goes either.
    db.execute_batch("DELETE FROM moz_cookies").unwrap();
    let _holder = Holder::of(&store);
    let run = Started::new(&world, &["openai.com", "--ask"]).end();
    assert_eq!(run.code, 3, "{run:#?}");
}

/// With signals, terminals and links as POSIX has them.
#[cfg(unix)]
mod on_posix {
    use std::fs::File;
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use nix::pty::openpty;
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::*;

    #[test]
    fn interrupted_while_it_waits_it_ends_at_once() {
        let world = World::new();
        let store = firefox_profile(&world, "p");
        let _holder = Holder::of(&store);
        let mut waiting = Started::new(&world, &["openai.com", "--wait"]);
        waiting.says("Waiting for Firefox");
        let since = Instant::now();
        kill(Pid::from_raw(waiting.0.id() as i32), Signal::SIGINT).unwrap();
        waiting.end().expect(130);
        assert!(since.elapsed() < Duration::from_secs(3));
        assert_eq!(left(&store), 8);
    }

    /// Somebody at a terminal, who answers a question.
    struct Person {
        child: Child,
        terminal: File,
        seen: Arc<Mutex<String>>,
    }

    impl Person {
        fn types(world: &World, arguments: &[&str]) -> Self {
            let pty = openpty(None, None).unwrap();
            let terminal = || Stdio::from(pty.slave.try_clone().unwrap());
            let mut command = world.command_at_home(arguments);
            command
                .stdin(terminal())
                .stdout(terminal())
                .stderr(terminal());
            let child = command.spawn().unwrap();
            let terminal = File::from(pty.master);
            let mut reader = terminal.try_clone().unwrap();
            let seen = Arc::new(Mutex::new(String::new()));
            let screen = Arc::clone(&seen);
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                // Fails when the other end is closed.
                while let Ok(read @ 1..) = reader.read(&mut bytes) {
                    let text = String::from_utf8_lossy(&bytes[..read]);
                    screen.lock().unwrap().push_str(&text);
                }
            });
            Self {
                child,
                terminal,
                seen,
            }
        }

        fn screen(&self) -> String {
            self.seen.lock().unwrap().clone()
        }

        fn sees(&self, text: &str) {
            let since = Instant::now();
            while !self.screen().contains(text) {
                assert!(since.elapsed() < LIMIT, "no {text} in {}", self.screen());
                thread::sleep(Duration::from_millis(10));
            }
        }

        fn answers(&mut self, answer: &str) {
            writeln!(self.terminal, "{answer}").unwrap();
        }

        /// The exit status, and all that was to be seen.
        fn end(mut self) -> (i32, String) {
            let code = self.child.wait().unwrap().code().expect("not killed");
            thread::sleep(Duration::from_millis(100));
            (code, self.screen())
        }
    }

    #[test]
    fn terminal_asks_one_question_about_all_open_browsers() {
        let world = World::new();
        let (one, two) = (
            firefox_profile(&world, "one"),
            firefox_profile(&world, "two"),
        );
        let (first, second) = (Holder::of(&one), Holder::of(&two));
        for answer in ["s", "", "no idea"] {
            let mut person = Person::types(&world, &["openai.com"]);
            person.sees("or [s]kip them?");
            let screen = person.screen();
            for holder in [&first, &second] {
                assert!(screen.contains(&holder.id().to_string()), "{screen}");
            }
            person.answers(answer);
            let (code, screen) = person.end();
            assert_eq!(code, 3, "{screen}");
            assert_eq!(screen.matches("[w]ait").count(), 1, "{screen}");
            assert!(screen.contains("skipped Firefox, profile"), "{screen}");
            assert_eq!((left(&one), left(&two)), (8, 8));
        }

        let mut person = Person::types(&world, &["openai.com"]);
        person.sees("or [s]kip them?");
        person.answers("w");
        person.sees("Waiting for Firefox, profile one");
        // The one that is closed first is cleaned first, whatever stands before it.
        second.end();
        person.sees("profile two");
        let since = Instant::now();
        while left(&two) > 4 {
            assert!(since.elapsed() < LIMIT, "{}", person.screen());
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(left(&one), 8);
        first.end();
        let (code, screen) = person.end();
        assert_eq!(code, 0, "{screen}");
        assert_eq!(screen.matches("[w]ait").count(), 1, "{screen}");
        assert_eq!((left(&one), left(&two)), (4, 4));
    }

    #[test]
    fn a_question_can_be_interrupted() {
        let world = World::new();
        let store = firefox_profile(&world, "p");
        for ask in [true, false] {
            let holder = (!ask).then(|| Holder::of(&store));
            let arguments = ["openai.com", "--ask"];
            let person = Person::types(&world, &arguments[..1 + usize::from(ask)]);
            person.sees(if ask { "[y/N]" } else { "[s]kip" });
            kill(Pid::from_raw(person.child.id() as i32), Signal::SIGINT).unwrap();
            let (code, screen) = person.end();
            assert_eq!(code, 130, "{screen}");
            assert_eq!(left(&store), 8);
            drop(holder);
        }
    }

    #[test]
    fn nobody_is_asked_where_nobody_can_answer() {
        let world = World::new();
        let store = firefox_profile(&world, "p");
        let _holder = Holder::of(&store);
        for arguments in [&["openai.com", "--json"][..], &["openai.com", "--quiet"]] {
            let person = Person::types(&world, arguments);
            let (code, screen) = person.end();
            assert_eq!(code, 3, "{screen}");
            assert!(!screen.contains("[w]ait"), "{screen}");
        }
        let run = world.run(&["openai.com"]).expect(3);
        assert!(!run.stderr.contains("[w]ait"), "{run:#?}");
        assert!(run.stderr.contains("--wait or --close"), "{run:#?}");
    }

    #[test]
    fn lock_file_that_is_a_dangling_link_is_an_error() {
        let world = World::new();
        let store = firefox_profile(&world, "p");
        let lock = store.with_file_name(".parentlock");
        std::os::unix::fs::symlink("nowhere/at/all", &lock).unwrap();
        let run = world.run(&["openai.com"]).expect(1);
        assert!(run.stderr.contains(".parentlock"), "{run:#?}");
        assert_eq!(left(&store), 8);
    }
}
