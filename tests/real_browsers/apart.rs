//! A browser that is kept apart from the command: one of another user, or one with a /tmp
//! of its own, as with Snap and Flatpak. It finds us at our lock all the same.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use rusqlite::Connection;

use crate::browser::{Chromium, Kind, Server, wait_for};
use crate::command::begin_by;
use crate::sample::{self, CHROME, CHROME_STORE, split};
use crate::watch::{LIMIT, Pause, assert_sound};
use crate::world::{Run, World, skipped};

/// Whose profile it is.
const OWNER: u32 = 1000;

/// Who the browser and the command are to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Apart {
    Not,
    /// The browser is another user's, and the command is root's.
    OtherUser,
    /// Both are that user's.
    ThatUser,
    /// The browser has a /tmp of its own.
    OwnTmp,
}

/// Becomes the owner of the profile, with the folders of this process its own.
const AS_OWNER: &str = r#"
    chown -R 1000:1000 "$HOME"
    exec setpriv --reuid=1000 --regid=1000 --clear-groups "$@"
"#;

/// The same for the command, which is taken from where everybody may read it.
const COMMAND_AS_OWNER: &str = r#"
    program=$1
    shift 2
    chmod 755 "${TMPDIR%/*}"
    chown 1000:1000 "$TMPDIR"
    exec setpriv --reuid=1000 --regid=1000 --clear-groups "$program" "$@"
"#;

/// Mounts an empty /tmp, in which there is nothing but these two folders.
const WITH_OWN_TMP: &str = r#"
    set -e
    world=$1
    shift
    mount -t tmpfs own /mnt
    mkdir /mnt/world /mnt/home
    mount --bind "$world" /mnt/world
    mount --bind "$HOME" /mnt/home
    mount -t tmpfs own /tmp
    mkdir -p "$world" "$HOME"
    mount --bind /mnt/world "$world"
    mount --bind /mnt/home "$HOME"
    exec "$@"
"#;

impl Apart {
    pub fn is_possible(self, test: &str) -> bool {
        self == Apart::Not
            || geteuid().is_root()
            || skipped(test, "only root can be two users, or make namespaces")
    }

    fn is_of_owner(self) -> bool {
        matches!(self, Apart::OtherUser | Apart::ThatUser)
    }

    /// Gives the profiles to whom they belong.
    pub fn give(self, world: &World) {
        if !self.is_of_owner() {
            return;
        }
        let root = world.root();
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).expect("a mode");
        let mut folders = vec![world.home()];
        if self == Apart::ThatUser {
            folders.push(world.state());
        }
        for folder in folders {
            fs::create_dir_all(&folder).expect("a folder");
            let status = Command::new("chown")
                .args(["-R", "1000:1000"])
                .arg(folder)
                .status();
            assert!(status.expect("chown").success());
        }
        let program = root.join("cookieclean");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_cookieclean"), &program).expect("the program");
        }
    }

    /// What starts the browser.
    pub fn browser(self, world: &World) -> Vec<String> {
        let words: &[&str] = match self {
            Apart::Not => &[],
            Apart::OtherUser | Apart::ThatUser => &["sh", "-c", AS_OWNER, "sh"],
            Apart::OwnTmp => &["unshare", "--mount", "sh", "-c", WITH_OWN_TMP, "sh"],
        };
        let mut words: Vec<_> = words.iter().map(|word| word.to_string()).collect();
        if self == Apart::OwnTmp {
            words.push(world.root().to_str().expect("UTF-8").to_owned());
        }
        words
    }

    /// What the command is told. Root keeps no copies for undo here: whose they are is
    /// another matter.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Apart::OtherUser => &["openai.com", "--no-undo"],
            _ => &["openai.com"],
        }
    }

    /// What starts the command.
    pub fn command(self, world: &World) -> Vec<String> {
        if self != Apart::ThatUser {
            return Vec::new();
        }
        let program = world.root().join("cookieclean");
        let program = program.to_str().expect("UTF-8");
        let words = ["sh", "-c", COMMAND_AS_OWNER, "sh", program];
        words.map(String::from).into()
    }
}

pub fn words(launcher: &[String]) -> Vec<&str> {
    launcher.iter().map(String::as_str).collect()
}

/// Before, during and right after a deletion, each where the test has it.
fn a_chromium_meets_a_deletion(test: &str, apart: Apart) {
    /// Far longer than a Chromium needs to open its store, less than it waits.
    const WHILE: Duration = Duration::from_secs(6);
    if !Kind::Chromium.available(test) || !apart.is_possible(test) {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    apart.give(&world);
    let (by, command) = (apart.browser(&world), apart.command(&world));
    let start = || {
        Chromium::start_by(
            &server,
            &words(&by),
            &dir,
            &["Default"],
            &["--restore-last-session"],
        )
    };
    let delete = || begin_by(&world, &words(&command), apart.arguments(), &[&dir]);

    // Before: it is there, and is left alone.
    let mut browser = start();
    let before = browser.cookies();
    let (gone, kept) = split(&before);
    let refused = delete().end().0.expect(3);
    assert_eq!(refused.store(&store)["deleted"], 0);
    assert_eq!(browser.cookies(), before);
    browser.close();

    // During: it waits, and opens nothing.
    let writer = Connection::open(&store).expect("the store");
    writer.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let deletion = delete();
    let lock = dir.join("SingletonLock");
    wait_for("the deletion to take the directory", LIMIT, || {
        lock.is_symlink().then_some(())
    });
    let ours = fs::read_link(&lock).expect("the lock");
    let socket = fs::symlink_metadata(dir.join(".cc")).expect("the socket");
    if apart.is_of_owner() {
        assert_eq!(socket.uid(), OWNER);
    }
    let pause = Pause::of_process(holder(&ours));
    writer.execute_batch("ROLLBACK").expect("no lock");
    drop(writer);
    let untouched = fs::read(&store).expect("the store");
    let cookies = thread::scope(|scope| {
        let starting = scope.spawn(|| {
            let mut browser = start();
            let cookies = browser.cookies();
            browser.close();
            cookies
        });
        let since = Instant::now();
        while since.elapsed() < WHILE {
            assert!(!starting.is_finished(), "chromium did not wait");
            let now = fs::read_link(&lock).expect("the lock");
            assert_eq!(now, ours, "chromium has taken the directory over");
            thread::sleep(Duration::from_millis(20));
        }
        assert!(fs::read(&store).expect("the store") == untouched);
        drop(pause);
        let deleted = deletion.end().0.expect(0);
        assert_eq!(deleted.store(&store)["deleted"], gone.len());
        starting.join().expect("chromium starts")
    });
    assert_eq!(cookies, kept);

    // Right after.
    let mut browser = start();
    assert_eq!(browser.cookies(), kept);
    browser.close();
    assert_sound(&store);
    assert!(!dir.join(".cc").exists() && !dir.join(".cookieclean.lock").exists());
}

/// The process that a lock names.
fn holder(target: &Path) -> u32 {
    let target = target.to_str().expect("UTF-8");
    let (_, pid) = target.rsplit_once('-').expect("host-pid");
    pid.parse().expect("a number")
}

#[test]
fn chromium_of_another_user_waits_for_root() {
    a_chromium_meets_a_deletion("chromium_of_another_user_waits_for_root", Apart::OtherUser);
}

#[test]
fn chromium_of_another_user_waits_for_that_user() {
    a_chromium_meets_a_deletion(
        "chromium_of_another_user_waits_for_that_user",
        Apart::ThatUser,
    );
}

#[test]
fn chromium_with_its_own_tmp_waits() {
    a_chromium_meets_a_deletion("chromium_with_its_own_tmp_waits", Apart::OwnTmp);
}

/// A Chromium of the owner of the profile.
fn start_as_owner(server: &Server, world: &World) -> Chromium {
    let by = Apart::OtherUser.browser(world);
    let restore = &["--restore-last-session"];
    Chromium::start_by(
        server,
        &words(&by),
        &world.path(CHROME),
        &["Default"],
        restore,
    )
}

/// A run that was killed leaves its socket; a Chromium takes no harm from it.
#[test]
fn chromium_starts_beside_what_a_killed_run_left() {
    const TEST: &str = "chromium_starts_beside_what_a_killed_run_left";
    if !Kind::Chromium.available(TEST) || !Apart::OtherUser.is_possible(TEST) {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    let (dir, store) = (world.path(CHROME), world.path(CHROME_STORE));
    Apart::OtherUser.give(&world);
    let start = || start_as_owner(&server, &world);
    let mut browser = start();
    let before = browser.cookies();
    browser.close();
    let writer = Connection::open(&store).expect("the store");
    writer.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let arguments = Apart::OtherUser.arguments();
    let mut deletion = crate::command::start(&world, arguments, &dir);
    let lock = dir.join("SingletonLock");
    wait_for("the deletion to take the directory", LIMIT, || {
        lock.is_symlink().then_some(())
    });
    let pid = holder(&fs::read_link(&lock).expect("the lock"));
    kill(Pid::from_raw(pid as i32), Signal::SIGKILL).expect("a signal");
    deletion.0.wait().expect("its end");
    drop(writer);
    assert!(dir.join(".cc").symlink_metadata().is_ok());

    let mut browser = start();
    assert_eq!(browser.cookies(), before);
    let refused = begin_by(&world, &[], arguments, &[&dir]).end().0;
    assert_eq!(refused.expect(3).store(&store)["deleted"], 0);
    browser.close();
    let (gone, kept) = split(&before);
    let _ = fs::remove_dir_all(world.root().join("tmp"));
    let deleted = begin_by(&world, &[], arguments, &[&dir]).end().0;
    assert_eq!(deleted.expect(0).store(&store)["deleted"], gone.len());
    assert!(!dir.join(".cc").exists() && !dir.join(".cookieclean.lock").exists());
    let mut browser = start();
    assert_eq!(browser.cookies(), kept);
    browser.kill();
}

/// Root's command for all users, where the only one is the owner of the profile.
fn for_all_users(world: &World, arguments: &[&str]) -> Run {
    let list = world.root().join("passwd");
    let home = world.home();
    let user = format!("kim:x:{OWNER}:{OWNER}::{}:/bin/sh\n", home.display());
    fs::write(&list, user).expect("a list");
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c"])
        .arg("mount --bind \"$0\" /etc/passwd && exec \"$@\"")
        .arg(list)
        .arg(env!("CARGO_BIN_EXE_cookieclean"))
        .args(arguments)
        .args(["--all-users", "--json"])
        .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        .env_remove("COOKIECLEAN_STATE_DIR");
    Run::of(command)
}

#[test]
fn all_users_spares_an_open_chromium_and_cleans_it_closed() {
    const TEST: &str = "all_users_spares_an_open_chromium_and_cleans_it_closed";
    if !Kind::Chromium.available(TEST) || !Apart::OtherUser.is_possible(TEST) {
        return;
    }
    let server = Server::start();
    let world = sample::world();
    Apart::OtherUser.give(&world);
    let start = || start_as_owner(&server, &world);
    let mut browser = start();
    let before = browser.cookies();
    let row = |run: &Run| run.json()["users"][0].clone();
    let refused = row(&for_all_users(&world, &["openai.com"]).expect(3));
    assert_eq!(
        (&refused["user"], &refused["exit_code"]),
        (&"kim".into(), &3.into())
    );
    // Firefox was closed.
    assert!(
        refused["result"]["deleted"].as_u64() > Some(0),
        "{refused:#}"
    );
    assert_eq!(browser.cookies(), before);
    browser.close();

    let (gone, kept) = split(&before);
    let deleted = row(&for_all_users(&world, &["openai.com"]).expect(0));
    assert!(
        deleted["result"]["deleted"].as_u64() >= Some(gone.len() as u64),
        "{deleted:#}"
    );
    let mut browser = start();
    assert_eq!(browser.cookies(), kept);
    browser.close();
    for_all_users(&world, &["undo"]).expect(0);
    let mut browser = start();
    assert_eq!(browser.cookies(), before);
    browser.kill();
}
