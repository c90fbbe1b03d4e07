//! The locks of browsers, and ours, where something else stands in their place or
//! somebody else is at them. How real browsers take it is in `real_browsers`.

#![cfg(unix)]

mod world;

use std::fs::{self, File};
use std::io::Read;
#[cfg(target_os = "linux")]
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
#[cfg(target_os = "linux")]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::process::Command;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rusqlite::Connection;
use serde_json::Value;
#[cfg(target_os = "linux")]
use world::skipped;
use world::{Run, World, spawn, stores};

const CHROME: &str = ".config/google-chrome";
const FIREFOX: &str = ".mozilla/firefox/p";

/// For whatever takes but a moment.
const LIMIT: Duration = Duration::from_secs(120);
const NOBODY: u32 = 65534;

fn chrome(world: &World) -> PathBuf {
    let store = world.path(&format!("{CHROME}/Default/Cookies"));
    stores::chromium(&store, 24);
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    store
}

fn firefox(world: &World) -> PathBuf {
    let store = world.path(&format!("{FIREFOX}/cookies.sqlite"));
    stores::firefox(&store, 17);
    store
}

fn left(store: &Path) -> usize {
    let table = match store.ends_with("Cookies") {
        true => "cookies",
        false => "moz_cookies",
    };
    stores::dump(store, table).len()
}

/// The row of a store in a document.
#[track_caller]
fn row<'a>(document: &'a Value, store: &Path) -> &'a Value {
    let rows = document["stores"].as_array().unwrap();
    rows.iter()
        .find(|row| row["store"] == store.to_str().unwrap())
        .unwrap_or_else(|| panic!("nothing of {} in {document:#}", store.display()))
}

#[track_caller]
fn wait_for<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(answer) = poll() {
            return answer;
        }
        assert!(since.elapsed() < LIMIT, "gave up waiting for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A run of the command, ended with the test.
struct Started(Option<Child>);

impl Started {
    fn new(world: &World, arguments: &[&str]) -> Self {
        let mut command = world.command_at_home(arguments);
        command
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self(Some(spawn(&mut command)))
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.0.as_ref().unwrap().id() as i32)
    }

    fn end(mut self) -> (i32, Value) {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code().expect("it was not killed");
        let document = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {words}"));
        (code, document)
    }

    fn kill(mut self) {
        let mut child = self.0.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGCONT);
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Somebody who writes to a store: a deletion that has taken the lock waits for them,
/// for three seconds.
fn writer_of(store: &Path) -> Connection {
    let db = Connection::open(store).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    db
}

/// A deletion that has taken the user-data directory, and waits for whoever writes.
fn begun_in_chrome(world: &World) -> Started {
    let deletion = Started::new(world, &["openai.com"]);
    let lock = world.path(&format!("{CHROME}/SingletonLock"));
    wait_for("the lock", || lock.is_symlink().then_some(()));
    deletion
}

/// The same of a profile of Firefox.
fn begun_in_firefox(world: &World) -> Started {
    let deletion = Started::new(world, &["openai.com"]);
    let lock = world.path(&format!("{FIREFOX}/.parentlock"));
    wait_for("the lock", || is_locked(&lock).then_some(()));
    deletion
}

fn is_locked(file: &Path) -> bool {
    use nix::fcntl::{FcntlArg, fcntl};
    let Ok(file) = File::open(file) else {
        return false;
    };
    let mut lock = world::whole_file();
    #[cfg(target_os = "linux")]
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock)).unwrap();
    #[cfg(not(target_os = "linux"))]
    fcntl(&file, FcntlArg::F_GETLK(&mut lock)).unwrap();
    lock.l_type != nix::libc::F_UNLCK as nix::libc::c_short
}

/// What is in the folder besides the profiles.
fn ours_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.') || name.starts_with("Singleton"))
        .collect();
    names.sort();
    names
}

/// Puts another link in the place of Chromium's lock, as one does that finds nobody at
/// the socket.
fn take_over(world: &World) {
    let lock = world.path(&format!("{CHROME}/SingletonLock"));
    let other = lock.with_file_name("other");
    symlink("elsewhere-4711", &other).unwrap();
    fs::rename(&other, &lock).unwrap();
}

#[test]
fn link_in_place_of_a_lock_file_is_an_error() {
    const PLACES: [(&str, bool); 4] = [
        ("google-chrome/lockfile", true),
        ("google-chrome/Default/Local Storage/leveldb/LOCK", true),
        (".parentlock", false),
        ("parent.lock", false),
    ];
    for (place, is_of_chrome) in PLACES {
        for target in ["file", "nothing", "pipe"] {
            let world = World::new();
            let (chrome, firefox) = (chrome(&world), firefox(&world));
            let elsewhere = world.root().join("elsewhere");
            match target {
                "file" => fs::write(&elsewhere, "mine").unwrap(),
                "pipe" => nix::unistd::mkfifo(&elsewhere, nix::sys::stat::Mode::S_IRWXU).unwrap(),
                _ => {}
            }
            let (link, ours, others) = match is_of_chrome {
                true => (world.path(&format!(".config/{place}")), &chrome, &firefox),
                false => (world.path(&format!("{FIREFOX}/{place}")), &firefox, &chrome),
            };
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(&elsewhere, &link).unwrap();
            let when = format!("{place} -> {target}");

            for command in [&["list", "openai.com"][..], &["openai.com"]] {
                let (code, document) = world.json(command);
                assert_eq!(code, 1, "{when}: {document:#}");
                let error = row(&document, ours)["error"].as_str().unwrap();
                assert!(error.contains("symbolic link"), "{when}: {error}");
                assert!(error.contains(link.to_str().unwrap()), "{when}: {error}");
                assert!(row(&document, others)["error"].is_null(), "{when}");
            }
            let profiles = world.run(&["profiles"]).expect(1);
            assert!(profiles.stdout.contains("symbolic link"), "{profiles:#?}");
            assert_eq!((left(ours), left(others)), (8, 4), "{when}");
            assert!(link.is_symlink());
            match target {
                "file" => assert_eq!(fs::read(&elsewhere).unwrap(), b"mine"),
                "pipe" => {}
                _ => assert!(!elsewhere.exists(), "{when}: it was created"),
            }
        }
    }
}

#[test]
fn flock_on_the_folder_holds_nobody_up() {
    let world = World::new();
    let stores = [chrome(&world), firefox(&world)];
    // Whoever may read a folder can do that.
    let folders = [CHROME, FIREFOX].map(|path| File::open(world.path(path)).unwrap());
    for folder in &folders {
        folder.lock_shared().unwrap();
    }
    let since = Instant::now();
    world.run(&["openai.com"]).expect(0);
    assert!(since.elapsed() < Duration::from_secs(8));
    assert_eq!(stores.map(|store| left(&store)), [4, 4]);
}

/// Not a test of its own: a stranger runs it.
#[test]
#[cfg(target_os = "linux")]
fn helper_that_read_locks_a_file() {
    use nix::fcntl::{FcntlArg, fcntl};
    let Some(path) = std::env::var_os("READ_LOCK_THIS") else {
        return;
    };
    let file = File::open(path).unwrap();
    let mut lock = world::whole_file();
    lock.l_type = nix::libc::F_RDLCK as nix::libc::c_short;
    // As ours is, which named nobody.
    fcntl(&file, FcntlArg::F_OFD_SETLK(&lock)).unwrap();
    println!("held");
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
#[cfg(target_os = "linux")]
fn stranger_with_a_lock_is_named_and_not_waited_for() {
    const TEST: &str = "stranger_with_a_lock_is_named_and_not_waited_for";
    if !nix::unistd::geteuid().is_root() {
        skipped(TEST, "only root can be two users");
        return;
    }
    let world = World::new();
    let store = firefox(&world);
    let lock = store.with_file_name(".parentlock");
    fs::write(&lock, "").unwrap();
    fs::set_permissions(world.root(), fs::Permissions::from_mode(0o755)).unwrap();
    // It even calls itself as we do.
    let program = world.root().join("cookieclean");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut stranger = Command::new(&program);
    stranger
        .args(["helper_that_read_locks_a_file", "--exact", "--nocapture"])
        .env("READ_LOCK_THIS", &lock)
        .uid(NOBODY)
        .gid(NOBODY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut stranger = spawn(&mut stranger);
    let mut words = BufReader::new(stranger.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("held") {
        line.clear();
        assert_ne!(words.read_line(&mut line).unwrap(), 0, "the helper ended");
    }

    let since = Instant::now();
    let (code, document) = world.json(&["openai.com"]);
    let took = since.elapsed();
    let pid = stranger.id();
    drop(stranger.stdin.take());
    stranger.wait().unwrap();

    assert_eq!(code, 3, "{document:#}");
    assert!(took < Duration::from_secs(8), "it waited for {took:?}");
    let row = row(&document, &store);
    assert_eq!(row["in_use_by"][0]["pid"], pid, "{row:#}");
    assert_ne!(row["in_use_why"]["unseen"], "cookieclean", "{row:#}");
    assert_eq!(left(&store), 8);
}

#[test]
fn another_run_is_waited_for_as_long_as_was_said() {
    let world = World::new();
    let stores = [chrome(&world), firefox(&world)];
    let writers = stores.each_ref().map(|store| writer_of(store));
    let first = begun_in_chrome(&world);
    kill(first.pid(), Signal::SIGSTOP).unwrap();
    drop(writers);

    let since = Instant::now();
    let (code, document) = world.json(&["openai.com", "--browser=chrome"]);
    let took = since.elapsed();
    assert_eq!(code, 3, "{document:#}");
    let chrome = row(&document, &stores[0]);
    assert_eq!(chrome["in_use_why"]["unseen"], "cookieclean", "{chrome:#}");
    assert_eq!(chrome["in_use_by"][0]["pid"], first.pid().as_raw());
    assert!(took > Duration::from_secs(9), "it waited for {took:?} only");
    assert!(took < Duration::from_secs(20), "it waited for {took:?}");

    // Not against the person's will.
    let second = Started::new(&world, &["openai.com", "--browser=chrome"]);
    thread::sleep(Duration::from_millis(500));
    let since = Instant::now();
    kill(second.pid(), Signal::SIGINT).unwrap();
    assert_eq!(second.end().0, 130);
    assert!(since.elapsed() < Duration::from_secs(3));

    kill(first.pid(), Signal::SIGCONT).unwrap();
    first.end();
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(stores.map(|store| left(&store)), [4, 4]);
}

#[test]
fn folder_too_deep_for_a_socket_is_an_error() {
    let world = World::new();
    let firefox = firefox(&world);
    let deep = "d".repeat(120);
    let store = world.path(&format!("{deep}/Default/Cookies"));
    stores::chromium(&store, 24);
    let user_data = world.path(&deep);
    fs::write(user_data.join("Local State"), "{}").unwrap();
    let mut command = world.command(&["openai.com", "--json", "--profile-dir"]);
    command.arg(&user_data).arg("--profile-dir");
    command.arg(firefox.parent().unwrap());
    let run = Run::of(command).expect(1);
    let document = run.json();
    let error = row(&document, &store)["error"].as_str().unwrap();
    assert!(error.contains(user_data.to_str().unwrap()), "{error}");
    let length = format!("{} bytes", user_data.as_os_str().len());
    assert!(error.contains(&length), "{error}");
    assert_eq!((left(&store), left(&firefox)), (8, 4));
    assert_eq!(ours_in(&user_data), [""; 0]);
}

#[test]
fn longest_path_with_room_for_a_socket_works() {
    // What a path may have, less `/.cc`.
    const ROOM: usize = if cfg!(target_os = "linux") { 107 } else { 103 } - 4;
    for (more, code) in [(0, 0), (1, 1)] {
        let world = World::new();
        let name = ROOM + more - world.home().as_os_str().len() - 1;
        let store = world.path(&format!("{}/Default/Cookies", "d".repeat(name)));
        stores::chromium(&store, 24);
        let user_data = store.ancestors().nth(2).unwrap();
        fs::write(user_data.join("Local State"), "{}").unwrap();
        let mut command = world.command(&["openai.com", "--profile-dir"]);
        command.arg(user_data);
        Run::of(command).expect(code);
    }
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let world = World::new();
    let store = chrome(&world);
    let folder = world.path(CHROME);
    let writer = writer_of(&store);
    begun_in_chrome(&world).kill();
    drop(writer);
    const LEFT: [&str; 5] = [
        ".cc",
        ".cookieclean.lock",
        "SingletonCookie",
        "SingletonLock",
        "SingletonSocket",
    ];
    assert_eq!(ours_in(&folder), LEFT);
    world.run(&["openai.com"]).expect(0);
    assert_eq!(left(&store), 4);
    assert_eq!(ours_in(&folder), [""; 0]);
}

#[test]
fn only_a_socket_where_nobody_answers_is_removed() {
    let world = World::new();
    let store = chrome(&world);
    let place = world.path(&format!("{CHROME}/.cc"));
    fs::write(&place, "mine").unwrap();
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains(place.to_str().unwrap()), "{run:#?}");
    assert_eq!(fs::read(&place).unwrap(), b"mine");

    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    world.run(&["openai.com"]).expect(1);
    assert!(place.is_dir());

    fs::remove_dir(&place).unwrap();
    let listener = UnixListener::bind(&place).unwrap();
    world.run(&["openai.com"]).expect(1);
    assert!(place.symlink_metadata().unwrap().file_type().is_socket());
    assert_eq!(ours_in(&world.path(CHROME)), [".cc"]);
    assert_eq!(left(&store), 8);

    drop(listener);
    world.run(&["openai.com"]).expect(0);
    assert_eq!(left(&store), 4);
}

#[test]
fn socket_is_open_to_whoever_may_start_the_browser() {
    for (mode, everybody) in [(0o700, false), (0o755, false), (0o770, true), (0o777, true)] {
        let world = World::new();
        let store = chrome(&world);
        let folder = world.path(CHROME);
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        let is_root = nix::unistd::geteuid().is_root();
        if is_root {
            // Root then works as nobody.
            fs::create_dir(world.state()).unwrap();
            give_to_nobody(&world.root());
        }
        let writer = writer_of(&store);
        let deletion = begun_in_chrome(&world);
        let socket = folder.join(".cc").symlink_metadata().unwrap();
        let owner = folder.metadata().unwrap().uid();
        assert_eq!(socket.uid(), owner, "{mode:o}");
        let writable = if everybody { 0o222 } else { 0o200 };
        assert_eq!(socket.mode() & 0o222, writable, "{mode:o}");
        assert_eq!(
            fs::read_link(folder.join("SingletonSocket")).unwrap(),
            folder.join(".cc")
        );
        drop(writer);
        assert_eq!(deletion.end().0, 0);
    }
}

fn give_to_nobody(path: &Path) {
    std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.symlink_metadata().unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_to_nobody(&entry.unwrap().path());
        }
    }
}

/// A caller at the socket is answered, also with the socket's name gone.
#[test]
fn who_waits_at_the_socket_is_always_answered() {
    for is_removed in [false, true] {
        let world = World::new();
        let store = chrome(&world);
        let writer = writer_of(&store);
        let deletion = begun_in_chrome(&world);
        let socket = world.path(&format!("{CHROME}/.cc"));
        let mut caller = UnixStream::connect(&socket).unwrap();
        std::io::Write::write_all(&mut caller, b"START\0/\0chrome").unwrap();
        if is_removed {
            fs::remove_file(&socket).unwrap();
        }
        drop(writer);
        let (code, _) = deletion.end();
        // Without the name, a browser that starts would not have waited.
        assert_eq!(code, if is_removed { 3 } else { 0 });
        let mut answer = String::new();
        caller.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "SHUTDOWN");
    }
}

#[cfg(target_os = "linux")]
fn sockets_of(run: &Started) -> usize {
    let open = fs::read_dir(format!("/proc/{}/fd", run.pid())).unwrap();
    open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

/// A browser kills us, or starts, after 20 seconds.
#[test]
#[cfg(target_os = "linux")]
fn nothing_is_written_when_a_browser_has_waited_too_long() {
    let world = World::new();
    let store = chrome(&world);
    let writer = writer_of(&store);
    let deletion = begun_in_chrome(&world);
    let socket = world.path(&format!("{CHROME}/.cc"));
    // Who just looks does not count, nor does who came a moment ago.
    let before = sockets_of(&deletion);
    let lets_in = |callers| {
        wait_for("it to let the caller in", || {
            (sockets_of(&deletion) == before + callers).then_some(())
        });
    };
    drop(UnixStream::connect(&socket).unwrap());
    lets_in(1);
    let mut caller = UnixStream::connect(&socket).unwrap();
    std::io::Write::write_all(&mut caller, b"START\0/\0chrome").unwrap();
    lets_in(2);
    kill(deletion.pid(), Signal::SIGSTOP).unwrap();
    thread::sleep(Duration::from_millis(15_500));
    drop(writer);
    kill(deletion.pid(), Signal::SIGCONT).unwrap();
    let (code, document) = deletion.end();
    assert_eq!(code, 3, "{document:#}");
    assert_eq!(left(&store), 8);
}

#[test]
fn lock_taken_over_before_the_commit_is_in_use() {
    let world = World::new();
    let (chrome, firefox) = (chrome(&world), firefox(&world));

    let writer = writer_of(&chrome);
    let deletion = begun_in_chrome(&world);
    take_over(&world);
    drop(writer);
    let (code, document) = deletion.end();
    assert_eq!(code, 3, "{document:#}");
    assert_eq!(row(&document, &chrome)["deleted"], 0);
    assert_eq!(left(&chrome), 8);

    // The other one was free.
    assert_eq!(left(&firefox), 4);
    fs::remove_file(&firefox).unwrap();
    stores::firefox(&firefox, 17);
    let writer = writer_of(&firefox);
    let deletion = begun_in_firefox(&world);
    let lock = firefox.with_file_name(".parentlock");
    fs::remove_file(&lock).unwrap();
    fs::write(&lock, "").unwrap();
    drop(writer);
    let (code, document) = deletion.end();
    assert_eq!(code, 3, "{document:#}");
    assert_eq!(row(&document, &firefox)["deleted"], 0);
    assert_eq!(left(&firefox), 8);
    assert!(lock.exists(), "it was not ours any more");
}

#[test]
fn undo_asks_again_too() {
    let world = World::new();
    let store = chrome(&world);
    world.run(&["openai.com"]).expect(0);
    let writer = writer_of(&store);
    let mut command = world.command(&["undo", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let undo = Started(Some(spawn(&mut command)));
    let lock = world.path(&format!("{CHROME}/SingletonLock"));
    wait_for("the lock", || lock.is_symlink().then_some(()));
    take_over(&world);
    drop(writer);
    let (code, document) = undo.end();
    assert_ne!(code, 0, "{document:#}");
    assert_eq!(left(&store), 4);
    fs::remove_file(&lock).unwrap();
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(left(&store), 8);
}

/// Whether somebody else waits for the last readers of a database, to write to it:
/// `PENDING_BYTE` in SQLite's `os.h`.
fn is_pending(file: &File) -> bool {
    use nix::fcntl::{FcntlArg, fcntl};
    let mut lock = world::whole_file();
    lock.l_start = 0x4000_0000;
    lock.l_len = 1;
    fcntl(file, FcntlArg::F_GETLK(&mut lock)).unwrap();
    lock.l_type == nix::libc::F_WRLCK as nix::libc::c_short
}

/// The commit waits for whoever reads, after it was asked whether the lock is still ours.
#[test]
fn lock_taken_over_during_the_commit_is_an_error() {
    let world = World::new();
    let store = chrome(&world);
    // Closed last: with it go all record locks that this process has on the file.
    let file = File::open(&store).unwrap();
    let reader = Connection::open(&store).unwrap();
    let count = |db: &Connection| -> i64 {
        db.query_row("SELECT count(*) FROM cookies", [], |row| row.get(0))
            .unwrap()
    };
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader), 8);
    let deletion = begun_in_chrome(&world);
    wait_for("the commit", || is_pending(&file).then_some(()));
    // It is held up to here.
    let lock = world.path(&format!("{CHROME}/SingletonLock"));
    assert!(lock.is_symlink(), "the claim was let go before the commit");
    take_over(&world);
    reader.execute_batch("COMMIT").unwrap();
    let (code, document) = deletion.end();
    assert_eq!(code, 1, "{document:#}");
    let row = row(&document, &store);
    assert_eq!(row["deleted"], 4, "{row:#}");
    let error = row["error"].as_str().unwrap();
    assert!(error.contains("taken over"), "{error}");
    assert_eq!(left(&store), 4);
    assert!(lock.is_symlink(), "what is another's was removed");
}

/// After the commit the WAL is written to the database, which waits for whoever reads.
#[test]
fn claim_is_held_until_the_last_write() {
    let world = World::new();
    let store = firefox(&world);
    let count = |db: &Connection| -> i64 {
        db.query_row("SELECT count(*) FROM moz_cookies", [], |row| row.get(0))
            .unwrap()
    };
    let reader = Connection::open(&store).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader), 8);
    let lock = store.with_file_name(".parentlock");
    let deletion = begun_in_firefox(&world);
    let other = Connection::open(&store).unwrap();
    wait_for("the commit", || (count(&other) == 4).then_some(()));
    drop(other);
    assert!(
        is_locked(&lock),
        "the claim was let go before the last write"
    );
    thread::sleep(Duration::from_millis(300));
    assert!(
        is_locked(&lock),
        "the claim was let go before the last write"
    );
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    let (code, document) = deletion.end();
    assert_eq!(code, 0, "{document:#}");
    let wal = PathBuf::from(format!("{}-wal", store.display()));
    assert!(wal.metadata().map_or(0, |wal| wal.len()) == 0);
    assert!(!lock.exists());
}
