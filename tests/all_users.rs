//! `--all-users`: as root, in the home folder of everybody, each with its owner's rights.
//!
//! The users are those of a list of our own, which takes the place of the system's in a mount
//! namespace of each run.

#![cfg(target_os = "linux")]

mod world;

use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use world::{FIREFOX_LOCK, Run, World, stores, take_lock};

const CHROME: &str = ".config/google-chrome";
const FIREFOX: &str = ".mozilla/firefox";
const FIRST: u32 = 70_000;

fn is_root(test: &str) -> bool {
    nix::unistd::geteuid().is_root() || world::skipped(test, "needs root")
}

/// Users with a home folder each, below one folder that only root can change.
struct Machine {
    world: World,
    names: Vec<&'static str>,
}

impl Machine {
    /// Each with a copy of the sample home folder.
    fn of(names: &[&'static str]) -> Self {
        let machine = Self {
            world: World::of_linux(),
            names: names.to_vec(),
        };
        let root = machine.world.root();
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/home");
        for (number, name) in (FIRST..).zip(names) {
            world::copy_tree(&fixtures, &machine.home(name));
            give(&machine.home(name), number);
        }
        machine
    }

    fn home(&self, name: &str) -> PathBuf {
        self.world.root().join("homes").join(name)
    }

    fn id_of(&self, name: &str) -> u32 {
        let place = self.names.iter().position(|known| *known == name);
        FIRST + u32::try_from(place.unwrap()).unwrap()
    }

    fn path(&self, name: &str, below: &str) -> PathBuf {
        self.home(name).join(below)
    }

    /// The command of root, on this machine; `before`: what a shell does first, with `$fd`.
    fn command_after(&self, before: &str, arguments: &[&str]) -> Command {
        let mut passwd =
            String::from("root:x:0:0::/root:/bin/sh\nsystem:x:990:990::/srv:/bin/sh\n");
        for name in &self.names {
            let (id, home) = (self.id_of(name), self.home(name));
            passwd += &format!("{name}:x:{id}:{id}:,,,:{}:/bin/sh\n", home.display());
        }
        let list = self.world.root().join("passwd");
        fs::write(&list, passwd).unwrap();
        let mut command = self.world.command(&[]);
        let program = command.get_program().to_owned();
        command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c"])
            .arg(format!(
                "mount --bind \"$0\" /etc/passwd && {before} exec \"$@\""
            ))
            .arg(list)
            .arg(program)
            .args(arguments)
            .arg("--all-users")
            .env("COOKIECLEAN_LANG", "en")
            .env("TZ", "UTC")
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            .env_remove("COOKIECLEAN_STATE_DIR")
            .env_remove("CI")
            .stdin(std::process::Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command_after("", arguments))
    }

    /// The row of each user in the document.
    fn rows(&self, code: i32, arguments: &[&str]) -> Vec<Value> {
        let run = self.run(&[arguments, &["--json"]].concat()).expect(code);
        let rows = run.json()["users"].as_array().unwrap().clone();
        let names: Vec<_> = rows
            .iter()
            .map(|row| row["user"].as_str().unwrap())
            .collect();
        let mut expected = self.names.clone();
        expected.sort_unstable();
        assert_eq!(names, expected);
        rows
    }

    fn row(&self, rows: &[Value], name: &str) -> Value {
        let mut rows = rows.iter();
        rows.find(|row| row["user"] == name).unwrap().clone()
    }

    /// The lock that a Firefox of this user would have.
    fn open_firefox(&self, name: &str) -> File {
        let lock = self.path(
            name,
            &format!("{FIREFOX}/abcd1234.default-esr/{FIREFOX_LOCK}"),
        );
        let held = take_lock(&lock);
        give(&lock, self.id_of(name));
        held
    }

    /// The rows of Chrome's and Firefox's main stores.
    fn stored(&self, name: &str) -> [Vec<String>; 2] {
        [
            stores::dump(
                &self.path(name, &format!("{CHROME}/Default/Cookies")),
                "cookies",
            ),
            stores::dump(
                &self.path(
                    name,
                    &format!("{FIREFOX}/abcd1234.default-esr/cookies.sqlite"),
                ),
                "moz_cookies",
            ),
        ]
    }
}

fn give(path: &Path, owner: u32) {
    lchown(path, Some(owner), Some(owner)).unwrap();
    if path.symlink_metadata().unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), owner);
        }
    }
}

/// Everything below a folder, with owners and content.
fn snapshot(folder: &Path) -> Vec<(PathBuf, u32, u32, Vec<u8>)> {
    let mut all = Vec::new();
    let mut ahead = vec![folder.to_owned()];
    while let Some(path) = ahead.pop() {
        let metadata = path.symlink_metadata().unwrap();
        let content = match metadata.is_file() {
            true => fs::read(&path).unwrap(),
            false => Vec::new(),
        };
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            ahead.extend(entries.map(|entry| entry.unwrap().path()));
        }
        all.push((path, metadata.uid(), metadata.mode(), content));
    }
    all.sort();
    all
}

#[test]
fn every_user_is_cleaned_with_their_own_rights_and_can_undo() {
    if !is_root("every_user_is_cleaned_with_their_own_rights_and_can_undo") {
        return;
    }
    let machine = Machine::of(&["kim", "lee", "noor"]);
    let before = machine
        .names
        .clone()
        .into_iter()
        .map(|name| machine.stored(name));
    let before: Vec<_> = before.collect();
    let listed = machine.rows(0, &["list", "openai.com"]);
    for row in &listed {
        assert_eq!(row["exit_code"], 0);
        assert!(
            row["result"]["cookies"].as_array().unwrap().len() > 20,
            "{row}"
        );
    }
    let deleted = machine.rows(0, &["openai.com"]);
    for (name, before) in machine.names.iter().zip(&before) {
        assert_eq!(machine.row(&deleted, name)["result"]["deleted"], 28);
        assert_ne!(machine.stored(name), *before);
        for (path, owner, ..) in snapshot(&machine.home(name)) {
            assert_eq!(owner, machine.id_of(name), "{}", path.display());
        }
    }
    // One of them by herself, the others by root, and each but once.
    let program = machine.world.root().join("cookieclean");
    fs::copy(env!("CARGO_BIN_EXE_cookieclean"), &program).unwrap();
    let id = machine.id_of("lee");
    let mut own = Command::new(&program);
    own.arg("undo")
        .env("HOME", machine.home("lee"))
        .uid(id)
        .gid(id);
    own.env_remove("COOKIECLEAN_STATE_DIR")
        .env_remove("XDG_STATE_HOME");
    Run::of(own).expect(0);
    assert_eq!(machine.stored("lee"), before[1]);
    assert_ne!(machine.stored("kim"), before[0]);
    let undone = machine.rows(0, &["undo"]);
    assert_eq!(machine.row(&undone, "kim")["result"]["restored"], 28);
    assert_eq!(machine.row(&undone, "lee")["result"]["restored"], 0);
    for (name, before) in machine.names.iter().zip(&before) {
        assert_eq!(machine.stored(name), *before);
    }
}

#[test]
fn only_the_named_users_are_looked_at() {
    if !is_root("only_the_named_users_are_looked_at") {
        return;
    }
    let machine = Machine::of(&["kim", "lee", "noor"]);
    let others = [machine.stored("kim"), machine.stored("noor")];
    let run = machine.run(&["openai.com", "--user", "lee"]).expect(0);
    let title = format!("lee ({})\n", machine.home("lee").display());
    assert!(run.stdout.starts_with(&title), "{run:#?}");
    assert!(
        run.stdout
            .contains("Deleted 28 cookies of openai.com from 5 profiles")
    );
    assert_eq!([machine.stored("kim"), machine.stored("noor")], others);
    let run = machine
        .run(&["list", "openai.com", "--user", "root"])
        .expect(2);
    assert!(
        run.stderr
            .contains("there is no user \"root\" with a home folder")
    );
    assert!(run.stderr.contains("kim, lee, noor"), "{run:#?}");
    // What only one of them has is looked for with all.
    let run = machine.run(&["undo", "20200101-000000"]).expect(0);
    assert_eq!(
        run.stderr.matches("there is no deletion").count(),
        3,
        "{run:#?}"
    );
}

/// Ten homes, each with something that would lead root elsewhere or make it hang.
#[test]
fn hostile_homes_hurt_nobody_else() {
    if !is_root("hostile_homes_hurt_nobody_else") {
        return;
    }
    let machine = Machine::of(&[
        "damaged",
        "elsewhere",
        "fifo",
        "fine",
        "gone",
        "linked",
        "listed",
        "open",
        "roots",
        "wal",
    ]);
    let world = &machine.world;
    // Somebody else's, and root's.
    let third = world.root().join("third");
    stores::firefox(&third.join("cookies.sqlite"), 17);
    stores::chromium(&third.join("Cookies"), 24);
    fs::write(third.join("Preferences"), "{}").unwrap();
    give(&third, 69_999);
    let of_root = world.root().join("of-root");
    stores::chromium(&of_root.join("google-chrome/Default/Cookies"), 24);

    let default = format!("{CHROME}/Default");
    let cookies = |name| machine.path(name, &format!("{default}/Cookies"));
    fs::write(cookies("damaged"), "no database").unwrap();
    // The home itself is a link of root's to another folder of root's.
    fs::remove_dir_all(machine.home("elsewhere")).unwrap();
    symlink(&of_root, machine.home("elsewhere")).unwrap();
    let journal = machine.path("fifo", &format!("{default}/Cookies-journal"));
    fs::remove_file(&journal).unwrap();
    nix::unistd::mkfifo(&journal, nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::remove_dir_all(machine.home("gone")).unwrap();
    fs::remove_file(cookies("linked")).unwrap();
    symlink(third.join("Cookies"), cookies("linked")).unwrap();
    let profiles = format!(
        "[Profile0]\nName=x\nIsRelative=0\nPath={}\n",
        third.display()
    );
    fs::write(
        machine.path("listed", &format!("{FIREFOX}/profiles.ini")),
        profiles,
    )
    .unwrap();
    let lock = machine.open_firefox("open");
    lchown(machine.home("roots"), Some(0), Some(0)).unwrap();
    // As large as a disk, with nothing in it.
    let wal = machine.path("wal", &format!("{default}/Cookies-wal"));
    File::create(&wal).unwrap().set_len(3 << 30).unwrap();
    lchown(&wal, Some(machine.id_of("wal")), None).unwrap();

    let outside = || [snapshot(&third), snapshot(&of_root)];
    let before = outside();
    let whole = machine.stored("roots");
    let deleted = machine.rows(1, &["openai.com"]);
    assert!(outside() == before);
    assert_eq!(machine.stored("roots"), whole);
    for (name, exit_code, error_code, deleted_there) in [
        ("damaged", 1, Value::Null, true),
        ("elsewhere", 1, json!("home-of-another"), false),
        ("fifo", 1, Value::Null, true),
        ("fine", 0, Value::Null, true),
        ("gone", 0, json!("home-not-there"), false),
        ("linked", 1, Value::Null, true),
        ("listed", 1, Value::Null, true),
        ("open", 3, Value::Null, true),
        ("roots", 1, json!("home-of-another"), false),
        ("wal", 1, Value::Null, true),
    ] {
        let row = machine.row(&deleted, name);
        assert_eq!(row["exit_code"], exit_code, "{row:#}");
        assert_eq!(row["error_code"], error_code, "{row:#}");
        let count = row["result"]["deleted"].as_u64().unwrap_or(0);
        assert_eq!(count > 0, deleted_there, "{row:#}");
    }
    drop(lock);
    // For a person each is a line or more, under a name.
    let run = machine.run(&["list", "openai.com"]).expect(1);
    assert!(run.stdout.contains("it is not mounted now"), "{run:#?}");
    assert!(run.stderr.contains("belongs to user 0"), "{run:#?}");
    assert!(outside() == before);
}

#[test]
fn home_that_does_not_answer_is_named_and_left() {
    const TEST: &str = "home_that_does_not_answer_is_named_and_left";
    if !is_root(TEST) {
        return;
    }
    let fuse = match OpenOptions::new().read(true).write(true).open("/dev/fuse") {
        Ok(fuse) => fuse,
        Err(error) => {
            // No package brings it.
            eprintln!("SKIPPED: {TEST}: /dev/fuse: {error}");
            return;
        }
    };
    fcntl(&fuse, FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
    let machine = Machine::of(&["away", "kim"]);
    // A file system whose server never answers.
    let mount = format!(
        "mount -i -t fuse -o fd={},rootmode=40000,user_id=0,group_id=0 away '{}' &&",
        fuse.as_raw_fd(),
        machine.home("away").display()
    );
    let run = Run::of(machine.command_after(&mount, &["openai.com", "--json"])).expect(1);
    let rows = run.json()["users"].as_array().unwrap().clone();
    assert_eq!(rows[0]["error_code"], "home-no-answer", "{run:#?}");
    assert_eq!(rows[1]["result"]["deleted"], 28);
}

#[test]
fn interruption_reaches_every_run() {
    if !is_root("interruption_reaches_every_run") {
        return;
    }
    let machine = Machine::of(&["kim", "lee"]);
    let _locks = [machine.open_firefox("kim"), machine.open_firefox("lee")];
    let mut command = machine.command_after("", &["openai.com", "--wait", "--json"]);
    command.stdout(std::process::Stdio::piped());
    let child = world::spawn(&mut command);
    // Until both wait: what was free is cleaned.
    let cleaned = || {
        let of = |name| machine.stored(name)[0].len();
        of("kim") + of("lee")
    };
    let before = cleaned();
    let started = Instant::now();
    while cleaned() > before - 10 {
        assert!(started.elapsed() < Duration::from_secs(60));
        thread::sleep(Duration::from_millis(10));
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{said}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    for row in document["users"].as_array().unwrap() {
        assert_eq!(row["exit_code"], 130, "{row:#}");
        assert!(row["result"]["deleted"].as_u64().unwrap() > 0, "{row:#}");
    }
}

#[test]
fn who_is_not_root_is_told_so() {
    if !is_root("who_is_not_root_is_told_so") {
        return;
    }
    let machine = Machine::of(&["kim"]);
    let program = machine.world.root().join("cookieclean");
    fs::copy(env!("CARGO_BIN_EXE_cookieclean"), &program).unwrap();
    let mut command = Command::new(program);
    command
        .args(["list", "openai.com", "--all-users"])
        .uid(FIRST)
        .gid(FIRST);
    let run = Run::of(command).expect(2);
    assert!(run.stderr.contains("run it as root"), "{run:#?}");
    for arguments in [
        &["openai.com", "--home", "/x"][..],
        &["openai.com", "--profile-dir", "/x"],
        &["openai.com", "--ask"],
        &["browse"],
    ] {
        machine.run(arguments).expect(2);
    }
    machine
        .world
        .run_bare(&["openai.com", "--user", "kim"])
        .expect(2);
}
