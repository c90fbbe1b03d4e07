//! Links, permissions, locks, full disks and signals, as POSIX has them.

#![cfg(unix)]

mod world;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use world::{Run, World, stores, take_lock};

const CHROME: &str = ".config/google-chrome";
const FIREFOX: &str = ".mozilla/firefox/p";

fn chrome_profile(world: &World, name: &str) -> PathBuf {
    let store = world.path(&format!("{CHROME}/{name}/Cookies"));
    stores::chromium(&store, 24);
    world.write(&format!("{CHROME}/{name}/Preferences"), "{}");
    store
}

fn firefox_profile(world: &World) -> PathBuf {
    let store = world.path(&format!("{FIREFOX}/cookies.sqlite"));
    stores::firefox(&store, 17);
    store
}

/// As this process would see it if it had no power over other users' files.
fn as_nobody(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(arguments);
    command
        .args(["--layout", "linux", "--home"])
        .arg(world.home());
    if !nix::unistd::geteuid().is_root() {
        return Run::of(command);
    }
    // The program's own folder may be closed to others.
    let program = world.root().join("cookieclean");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_cookieclean"), &program).unwrap();
    }
    give_to_nobody(&world.root());
    let mut other = Command::new(&program);
    other.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other.uid(65534).gid(65534).env("HOME", world.home());
    Run::of(other)
}

fn give_to_nobody(path: &Path) {
    std::os::unix::fs::lchown(path, Some(65534), Some(65534)).unwrap();
    if path.symlink_metadata().unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap().flatten() {
            give_to_nobody(&entry.path());
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Whether a namespace of its own can be made, for a small disk.
fn can_mount(test: &str) -> bool {
    let can = Command::new("unshare")
        .args(["-m", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    can || world::skipped(test, "needs root, to make a small disk")
}

#[test]
fn a_store_that_is_a_link_to_outside_is_not_touched() {
    let world = World::new();
    chrome_profile(&world, "Profile 1");
    let outside = world.root().join("outside");
    stores::chromium(&outside.join("Cookies"), 24);
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    let link = world.path(&format!("{CHROME}/Default/Cookies"));
    symlink(outside.join("Cookies"), &link).unwrap();

    let before = fs::read(outside.join("Cookies")).unwrap();
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains(&link.display().to_string()), "{run:#?}");
    assert!(run.stderr.contains("--profile-dir"), "{run:#?}");
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
    assert!(fs::read(outside.join("Cookies")).unwrap() == before);
}

#[test]
fn a_profile_that_is_a_link_to_outside_is_not_touched_but_can_be_named() {
    let world = World::new();
    let outside = world.root().join("outside");
    stores::chromium(&outside.join("Cookies"), 24);
    fs::write(outside.join("Preferences"), "{}").unwrap();
    fs::create_dir_all(world.path(CHROME)).unwrap();
    let link = world.path(&format!("{CHROME}/Default"));
    symlink(&outside, &link).unwrap();
    let firefox_outside = world.root().join("firefox-outside");
    stores::firefox(&firefox_outside.join("cookies.sqlite"), 17);
    fs::create_dir_all(world.path(".mozilla/firefox")).unwrap();
    let firefox_link = world.path(FIREFOX);
    symlink(&firefox_outside, &firefox_link).unwrap();

    let run = world.run(&["openai.com"]).expect(1);
    for link in [&link, &firefox_link] {
        assert!(run.stderr.contains(&link.display().to_string()), "{run:#?}");
    }
    assert_eq!(stores::dump(&outside.join("Cookies"), "cookies").len(), 8);
    let store = firefox_outside.join("cookies.sqlite");
    assert_eq!(stores::dump(&store, "moz_cookies").len(), 8);

    for link in [&link, &firefox_link] {
        let link = link.to_str().unwrap();
        world
            .run_bare(&["openai.com", "--profile-dir", link])
            .expect(0);
    }
    assert_eq!(stores::dump(&outside.join("Cookies"), "cookies").len(), 4);
    assert_eq!(stores::dump(&store, "moz_cookies").len(), 4);
}

#[test]
fn a_user_data_directory_may_itself_be_a_link() {
    let world = World::new();
    let real = world.path("big-disk/chrome");
    stores::chromium(&real.join("Default/Cookies"), 24);
    fs::write(real.join("Default/Preferences"), "{}").unwrap();
    fs::create_dir_all(world.path(".config")).unwrap();
    symlink(&real, world.path(CHROME)).unwrap();
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(4)), "{document}");
}

#[test]
fn two_paths_to_one_store_are_one_store() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    symlink("Default", world.path(&format!("{CHROME}/Profile 1"))).unwrap();
    fs::create_dir(world.path(&format!("{CHROME}/Default/Network"))).unwrap();
    fs::hard_link(
        &store,
        world.path(&format!("{CHROME}/Default/Network/Cookies")),
    )
    .unwrap();
    fs::create_dir_all(world.path("snap/chromium/common")).unwrap();
    symlink(
        world.path(CHROME),
        world.path("snap/chromium/common/chromium"),
    )
    .unwrap();
    let (code, document) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0);
    assert_eq!(
        document["stores"].as_array().unwrap().len(),
        1,
        "{document}"
    );
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(4)));
}

#[test]
fn a_link_to_nowhere_is_reported() {
    let world = World::new();
    chrome_profile(&world, "Profile 1");
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    let link = world.path(&format!("{CHROME}/Default/Cookies"));
    symlink("nowhere", &link).unwrap();
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains(&link.display().to_string()), "{run:#?}");
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
}

#[test]
fn another_home_folder_leads_nowhere_else() {
    let world = World::new();
    let elsewhere = world.root().join("elsewhere");
    stores::firefox(&elsewhere.join("cookies.sqlite"), 17);
    world.write(
        ".mozilla/firefox/profiles.ini",
        format!(
            "[Profile0]\nName=x\nIsRelative=0\nPath={}\n",
            elsewhere.display()
        ),
    );
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains("elsewhere"), "{run:#?}");
    let store = elsewhere.join("cookies.sqlite");
    assert_eq!(stores::dump(&store, "moz_cookies").len(), 8);

    // In one's own home folder the person has chosen that place.
    let mut command = world.command(&["openai.com"]);
    command.env("HOME", world.home());
    if cfg!(target_os = "linux") {
        Run::of(command).expect(0);
        assert_eq!(stores::dump(&store, "moz_cookies").len(), 4);
    }
}

#[test]
fn a_pipe_in_the_place_of_a_store_does_not_hang() {
    let world = World::new();
    chrome_profile(&world, "Profile 1");
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    let pipe = world.path(&format!("{CHROME}/Default/Cookies"));
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains("not a regular file"), "{run:#?}");
}

#[test]
fn pipes_in_the_places_of_lists_and_locks_do_not_hang() {
    let world = World::new();
    chrome_profile(&world, "Default");
    firefox_profile(&world);
    let pipe = |path: &str| {
        let path = world.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    };
    pipe(&format!("{CHROME}/Local State"));
    pipe(&format!("{CHROME}/lockfile"));
    pipe(&format!("{CHROME}/Default/Local Storage/leveldb/LOCK"));
    pipe(&format!("{FIREFOX}/containers.json"));
    pipe(".mozilla/firefox/profiles.ini");
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains("Local State"), "{run:#?}");
    assert!(run.stderr.contains("profiles.ini"), "{run:#?}");
    // Whether anybody has locked a pipe cannot be told.
    assert!(
        run.stderr.contains("lockfile: it is not a regular file"),
        "{run:#?}"
    );
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
}

#[test]
fn a_listed_profile_behind_a_closed_door_is_reported() {
    let world = World::new();
    let store = world.path("closed/prof/cookies.sqlite");
    stores::firefox(&store, 17);
    let path = store.parent().unwrap().display().to_string();
    let ini = format!("[Profile0]\nName=x\nIsRelative=0\nPath={path}\n");
    world.write(".mozilla/firefox/profiles.ini", ini);
    as_nobody(&world, &["profiles"]);
    let closed = world.path("closed");
    set_mode(&closed, 0o000);
    let run = as_nobody(&world, &["list", "openai.com"]).expect(1);
    assert!(
        run.stderr.contains(&closed.display().to_string()),
        "{run:#?}"
    );
    set_mode(&closed, 0o700);
}

#[test]
fn a_store_that_is_a_link_within_its_user_data_directory_comes_back_too() {
    let world = World::new();
    let shared = world.path(&format!("{CHROME}/shared/CK"));
    stores::chromium(&shared, 24);
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    symlink(
        "../shared/CK",
        world.path(&format!("{CHROME}/Default/Cookies")),
    )
    .unwrap();
    let before = stores::dump(&shared, "cookies");
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(4)));
    assert_eq!(
        world.run_bare(&["undo", "--json"]).expect(0).json()["restored"],
        4
    );
    assert_eq!(stores::dump(&shared, "cookies"), before);
}

#[test]
fn undo_says_what_keeps_it_from_its_work() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    as_nobody(&world, &["openai.com"]).expect(0);
    let profile = store.parent().unwrap();
    set_mode(profile, 0o000);
    let undo = || {
        let mut other = Command::new(world.root().join("cookieclean"));
        if !nix::unistd::geteuid().is_root() {
            other = Command::new(env!("CARGO_BIN_EXE_cookieclean"));
        }
        other
            .arg("undo")
            .env("COOKIECLEAN_STATE_DIR", world.state());
        if nix::unistd::geteuid().is_root() {
            other.uid(65534).gid(65534);
        }
        Run::of(other)
    };
    let run = undo().expect(1);
    assert!(run.stderr.contains("permission denied"), "{run:#?}");
    set_mode(profile, 0o700);
    // Its copy is still there.
    undo().expect(0);
    assert_eq!(stores::dump(&store, "cookies").len(), 8);
}

#[test]
fn many_profiles_need_few_open_files() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    for n in 1..120 {
        let profile = world.path(&format!("{CHROME}/Profile {n}"));
        fs::create_dir(&profile).unwrap();
        fs::copy(&store, profile.join("Cookies")).unwrap();
    }
    let program = env!("CARGO_BIN_EXE_cookieclean");
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 96; exec \"$@\"", "sh", program])
        .args(["openai.com", "--json", "--layout", "linux", "--home"])
        .arg(world.home())
        .env("COOKIECLEAN_STATE_DIR", world.state());
    let run = Run::of(command).expect(0);
    assert_eq!(run.json()["deleted"], 480);
}

#[test]
fn a_listing_that_is_ended_leaves_no_copy_of_a_store_behind() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    // Large, so that copying takes a while, and just written, so that it is copied.
    rusqlite::Connection::open(&store)
        .unwrap()
        .execute(
            "UPDATE cookies SET encrypted_value = zeroblob(20000000) WHERE name = 'locale'",
            [],
        )
        .unwrap();
    let temp = world.root().join("temp");
    fs::create_dir(&temp).unwrap();
    let mut ended = 0;
    for step in 0..30 {
        let now = File::options().write(true).open(&store).unwrap();
        now.set_modified(std::time::SystemTime::now()).unwrap();
        let mut child = world
            .command(&["list", "openai.com", "--layout", "linux", "--home"])
            .arg(world.home())
            .env("TMPDIR", &temp)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Not before the program can have said what to do with a signal.
        std::thread::sleep(Duration::from_millis(6 + 3 * step));
        let signal = [Signal::SIGINT, Signal::SIGTERM][step as usize % 2];
        let _ = kill(Pid::from_raw(child.id() as i32), signal);
        let status = child.wait().unwrap();
        // By the signal itself, when there was no copy yet.
        ended += u32::from(status.code() == Some(130));
        assert_eq!(
            fs::read_dir(&temp).unwrap().count(),
            0,
            "step {step}: {status}"
        );
    }
    assert!(ended > 0, "every listing was quicker than its signal");
}

#[test]
fn what_a_killed_run_left_in_the_temporary_folder_is_removed_by_a_later_one() {
    let world = World::new();
    chrome_profile(&world, "Default");
    let temp = world.root().join("temp");
    let [old, young] = ["cookieclean-old", "cookieclean-new"].map(|name| temp.join(name));
    for folder in [&old, &young] {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("store"), "cookies").unwrap();
    }
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(7200);
    File::open(&old).unwrap().set_modified(long_ago).unwrap();
    let mut command = world.command(&["list", "openai.com", "--layout", "linux", "--home"]);
    command.arg(world.home()).env("TMPDIR", &temp);
    Run::of(command).expect(0);
    assert!(!old.exists());
    assert!(young.exists(), "it may belong to a run of now");
}

#[test]
fn two_that_put_back_the_same_deletion_do_not_meet() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let undo = world.state().join("undo");
    let entry = fs::read_dir(undo).unwrap().next().unwrap().unwrap().path();
    let lock = File::create(entry.join("lock")).unwrap();
    lock.lock().unwrap();
    let run = world.run_bare(&["undo"]).expect(1);
    assert!(run.stderr.contains("being undone"), "{run:#?}");
    assert_eq!(stores::dump(&store, "cookies").len(), 4);
    drop(lock);
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(stores::dump(&store, "cookies").len(), 8);
}

#[test]
fn a_lock_file_that_root_makes_belongs_to_the_owner_of_the_profile() {
    if !nix::unistd::geteuid().is_root() {
        world::skipped(
            "a_lock_file_that_root_makes_belongs_to_the_owner_of_the_profile",
            "needs root",
        );
        return;
    }
    let world = World::new();
    let store = firefox_profile(&world);
    let lock_file = store.with_file_name(".parentlock");
    // Kill it as soon as the file is there.
    for _ in 0..50 {
        give_to_nobody(&world.root());
        let mut child = world
            .command(&["openai.com", "--layout", "linux", "--home"])
            .arg(world.home())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while !lock_file.exists() && child.try_wait().unwrap().is_none() {}
        let _ = child.kill();
        child.wait().unwrap();
        if let Ok(metadata) = lock_file.metadata() {
            assert_eq!((metadata.uid(), metadata.gid()), (65534, 65534));
            return;
        }
        fs::remove_file(&store).unwrap();
        stores::firefox(&store, 17);
    }
    panic!("the file was never left to the owner of the profile");
}

/// Not a test of its own: the test below runs it in another process.
#[test]
fn helper_that_holds_a_lock_for_a_while() {
    let Some(path) = std::env::var_os("HOLD_THIS_LOCK") else {
        return;
    };
    let held = take_lock(Path::new(&path));
    println!("held");
    std::thread::sleep(Duration::from_millis(1200));
    drop(held);
}

#[test]
fn a_background_task_of_firefox_is_waited_for() {
    let world = World::new();
    let store = firefox_profile(&world);
    // With a filter that matches nothing, the arguments are those of a background task.
    for (argument, code) in [("backgroundtask", 0), ("somethingelse", 3)] {
        fs::remove_file(&store).unwrap();
        stores::firefox(&store, 17);
        let mut holder = Command::new(std::env::current_exe().unwrap())
            .args(["helper_that_holds_a_lock_for_a_while", argument])
            .args(["--exact", "--nocapture"])
            .env("HOLD_THIS_LOCK", store.with_file_name(".parentlock"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(holder.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("held") {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "the helper ended");
        }
        let (got, document) = world.json(&["openai.com"]);
        assert_eq!(got, code, "{argument}: {document}");
        holder.wait().unwrap();
    }
}

#[test]
fn a_folder_without_permission_is_named_and_the_rest_is_done() {
    let world = World::new();
    chrome_profile(&world, "Default");
    let store = firefox_profile(&world);
    let closed = world.path(CHROME);
    as_nobody(&world, &["list", "openai.com"]).expect(0);
    set_mode(&closed, 0o000);
    let run = as_nobody(&world, &["openai.com"]).expect(1);
    assert!(
        run.stderr.contains(&closed.display().to_string()),
        "{run:#?}"
    );
    assert!(run.stderr.contains("permission denied"), "{run:#?}");
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
    // A door in front of many places is named once.
    set_mode(&closed, 0o700);
    let config = world.path(".config");
    set_mode(&config, 0o000);
    let run = as_nobody(&world, &["list", "openai.com"]).expect(1);
    let named = run.stderr.matches(&config.display().to_string()).count();
    assert_eq!(named, 1, "{run:#?}");
    set_mode(&config, 0o700);
    drop(store);
}

#[test]
fn a_store_without_permission_is_named_and_stays() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    chrome_profile(&world, "Profile 1");
    as_nobody(&world, &["list", "openai.com"]).expect(0);
    set_mode(&store, 0o000);
    let run = as_nobody(&world, &["openai.com"]).expect(1);
    assert!(
        run.stderr.contains(&store.display().to_string()),
        "{run:#?}"
    );
    assert!(run.stderr.contains("permission denied"), "{run:#?}");
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
    set_mode(&store, 0o600);
    assert_eq!(stores::dump(&store, "cookies").len(), 8);
}

#[test]
fn a_read_only_store_or_folder_is_listed_and_named_and_stays() {
    let world = World::new();
    let chromium = chrome_profile(&world, "Default");
    let firefox = firefox_profile(&world);
    as_nobody(&world, &["list", "openai.com"]).expect(0);
    for mode in [(0o400, 0o700), (0o600, 0o500)] {
        for store in [&chromium, &firefox] {
            set_mode(store, mode.0);
            set_mode(store.parent().unwrap(), mode.1);
        }
        let before = world.files();
        let run = as_nobody(&world, &["list", "openai.com"]).expect(0);
        assert!(run.stdout.contains("8 cookies"), "{run:#?}");
        let run = as_nobody(&world, &["openai.com"]).expect(1);
        for store in [&chromium, &firefox] {
            let folder = store.parent().unwrap().display().to_string();
            assert!(run.stderr.contains(&folder), "{mode:?}: {run:#?}");
        }
        assert!(world.files() == before, "{mode:?}");
        assert!(!run.stdout.contains("Deleted"), "{run:#?}");
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    if !can_mount("a_full_disk_loses_nothing") {
        return;
    }
    let world = World::of_fixtures();
    let full = |folder: &Path, size: &str, fill: bool| {
        let script = format!(
            "set -e; mkdir -p '{0}' '{1}'; cp -a '{0}/.' '{1}'; \
             mount -t tmpfs -o size={size} tmpfs '{0}'; cp -a '{1}/.' '{0}'; {2} \
             set +e; \"$@\"; code=$?; rm -rf '{1}'; cp -a '{0}' '{1}'; exit $code",
            folder.display(),
            world.root().join("saved").display(),
            if fill {
                "dd if=/dev/zero bs=1 count=0 >/dev/null 2>&1; \
                 dd if=/dev/zero of=\"$FILL\" bs=4096 >/dev/null 2>&1 || true;"
            } else {
                ""
            }
        );
        let inner = world.command(&["openai.com", "--layout", "linux"]);
        let mut command = Command::new("unshare");
        command
            .args(["-m", "sh", "-c", &script, "sh"])
            .arg(inner.get_program())
            .args(inner.get_args())
            .arg("--home")
            .arg(world.home())
            .env("COOKIECLEAN_STATE_DIR", world.state())
            .env("FILL", folder.join("filler"));
        Run::of(command)
    };
    // The copies for undo find no room: nothing is deleted.
    let before = world.files();
    let run = full(&world.state(), "16k", true).expect(1);
    assert!(run.stderr.contains("copy for undo"), "{run:#?}");
    assert!(run.stderr.contains("--no-undo"), "{run:#?}");
    assert!(run.stderr.contains("disk is full"), "{run:#?}");
    assert!(!run.stdout.contains("no cookies"), "{run:#?}");
    let mut after = world.files();
    for (path, bytes) in before {
        // SQLite takes away the empty WAL that Firefox leaves.
        let is_empty_wal = bytes.is_empty() && path.to_string_lossy().ends_with("-wal");
        assert!(
            after.remove(&path) == Some(bytes) || is_empty_wal,
            "{path:?}"
        );
    }
    assert!(after.is_empty(), "{after:?}");

    // The store's own disk is full: the journal finds no room.
    let run = full(&world.path(CHROME), "2m", true).expect(1);
    assert!(
        run.stderr.contains("disk is full") || run.stderr.contains("full"),
        "{run:#?}"
    );
    let saved = world.root().join("saved");
    for profile in ["Default", "Profile 1"] {
        let store = saved.join(profile).join("Cookies");
        let original = world.path(&format!("{CHROME}/{profile}/Cookies"));
        assert_eq!(
            stores::dump(&store, "cookies"),
            stores::dump(&original, "cookies"),
            "{run:#?}"
        );
        assert_eq!(stores::integrity(&store), "ok");
    }
}

#[test]
fn copies_for_undo_are_for_their_owner_only_and_are_destroyed_when_asked() {
    let world = World::of_fixtures();
    // A state folder that is there already, and open to others.
    fs::create_dir_all(world.state().join("undo")).unwrap();
    set_mode(&world.state().join("undo"), 0o777);
    world.run(&["openai.com"]).expect(0);
    let undo = world.state().join("undo");
    let mut files = vec![undo.clone()];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        let metadata = path.symlink_metadata().unwrap();
        assert_eq!(metadata.mode() & 0o077, 0, "{path:?}");
        seen += 1;
        if metadata.is_dir() {
            files.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        }
    }
    assert!(seen > 5);
    let run = world.run_bare(&["undo", "--forget", "--json"]).expect(0);
    assert_eq!(run.json()["forgotten"].as_array().unwrap().len(), 1);
    assert_eq!(fs::read_dir(&undo).unwrap().count(), 0);
}

#[test]
fn a_state_folder_that_is_a_link_is_refused() {
    let world = World::of_fixtures();
    let elsewhere = world.root().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::create_dir_all(world.state()).unwrap();
    symlink(&elsewhere, world.state().join("undo")).unwrap();
    let before = world.files();
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains("link"), "{run:#?}");
    assert!(world.files() == before);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_firefox_profile_whose_lock_is_held_is_in_use_by_its_holder() {
    let world = World::new();
    let store = firefox_profile(&world);
    chrome_profile(&world, "Default");
    let lock_file = store.with_file_name(".parentlock");
    let held = take_lock(&lock_file);
    let before = fs::read(&store).unwrap();

    let (code, document) = world.json(&["openai.com"]);
    assert_eq!(code, 3, "{document}");
    assert_eq!(document["deleted"], 4);
    let firefox = &document["stores"][1];
    assert_eq!(firefox["status"], "in-use");
    assert_eq!(firefox["in_use_by"][0]["pid"], std::process::id());
    assert!(
        firefox["in_use_by"][0]["name"]
            .as_str()
            .unwrap()
            .starts_with("posix")
    );
    assert_eq!(firefox["matched"], 4);
    assert_eq!(firefox["deleted"], 0);
    assert!(fs::read(&store).unwrap() == before);

    let (code, document) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0);
    assert_eq!(document["stores"][1]["in_use"], true);
    assert_eq!(document["stores"][1]["status"], "ok");

    let run = world.run(&["openai.com"]).expect(3);
    assert!(
        run.stderr.contains(&std::process::id().to_string()),
        "{run:#?}"
    );

    // The file stays after a clean exit; without a lock it proves nothing.
    drop(held);
    let stamp = |path: &Path| {
        let m = path.metadata().unwrap();
        (m.mtime(), m.mtime_nsec(), m.len(), m.mode())
    };
    let before = stamp(&lock_file);
    world.run(&["openai.com"]).expect(0);
    assert_eq!(
        stamp(&lock_file),
        before,
        "a changed time counts as a crash"
    );
}

#[test]
fn a_lock_file_that_was_missing_is_missing_afterwards() {
    let world = World::new();
    let store = firefox_profile(&world);
    world.run(&["openai.com"]).expect(0);
    assert_eq!(stores::dump(&store, "moz_cookies").len(), 4);
    let mut names: Vec<_> = fs::read_dir(store.parent().unwrap())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["cookies.sqlite"]);
}

#[test]
fn an_flock_on_firefoxs_lock_file_is_no_lock() {
    let world = World::new();
    let store = firefox_profile(&world);
    let file = File::create(store.with_file_name(".parentlock")).unwrap();
    file.lock().unwrap();
    world.run(&["openai.com"]).expect(0);
}

/// A program of this name, which runs until it is dropped.
struct Program(std::process::Child);

impl Program {
    fn called(world: &World, name: &str) -> Self {
        Self::that_reads(world, name, Path::new("/dev/null"))
    }

    /// One that has this file open, as a child of a browser has it.
    fn that_reads(world: &World, name: &str, file: &Path) -> Self {
        let program = world.root().join(name);
        fs::copy("/bin/sh", &program).unwrap();
        let mut tries = 0;
        loop {
            let input = Stdio::from(File::open(file).unwrap());
            let arguments = ["-c", "while :; do sleep 1; done", name, "--type=utility"];
            match Command::new(&program).args(arguments).stdin(input).spawn() {
                // Another thread's child may still have it open for writing.
                Err(e) if e.kind() == std::io::ErrorKind::ExecutableFileBusy && tries < 50 => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(20));
                }
                other => return Self(other.unwrap()),
            }
        }
    }

    fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes a link as old as if it stood there since before this test began.
fn age_link(link: &Path) {
    let then = nix::sys::time::TimeVal::new(1_700_000_000, 0);
    nix::sys::stat::lutimes(link, &then, &then).unwrap();
}

#[test]
fn firefoxs_link_is_a_lock_only_without_a_plus_and_with_a_living_firefox() {
    let programs = World::new();
    let browser = Program::called(&programs, "firefox");
    let firefox = browser.id();
    let own = std::process::id();
    let dead = dead_pid();
    for (target, old, code) in [
        (format!("127.0.1.1:{firefox}"), false, 3),
        (format!("127.0.1.1:+{firefox}"), false, 0),
        // Made before this process was started: by one that has ended.
        (format!("127.0.1.1:{firefox}"), true, 0),
        (format!("127.0.1.1:{own}"), false, 0),
        ("127.0.1.1:1".to_owned(), false, 0),
        (format!("127.0.1.1:{dead}"), false, 0),
        (format!("192.0.2.1:{dead}"), false, 3),
        ("rubbish".to_owned(), false, 0),
    ] {
        let world = World::new();
        let store = firefox_profile(&world);
        let link = store.with_file_name("lock");
        symlink(&target, &link).unwrap();
        if old {
            age_link(&link);
        }
        let run = world.run(&["openai.com"]);
        assert_eq!(run.code, code, "{target}: {run:#?}");
    }
}

/// The number of a process that has ended.
fn dead_pid() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
fn chromiums_singleton_is_believed_only_as_far_as_it_is_true() {
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    let link = world.path(&format!("{CHROME}/SingletonLock"));
    let browser = Program::called(&world, "chrome");
    let own = std::process::id();

    for (target, code, why) in [
        (format!("{host}-{}", browser.id()), 3, "a browser that runs"),
        (
            format!("elsewhere-{}", browser.id()),
            3,
            "a browser on another computer",
        ),
        (
            format!("elsewhere-{}", dead_pid()),
            3,
            "nothing is known of that computer",
        ),
        (format!("{host}-{}", dead_pid()), 0, "a process that ended"),
        (format!("{host}-{own}"), 0, "a process that is no browser"),
        (format!("{host}-1"), 0, "the first process"),
        (
            format!("{host}-{}", browser.id()),
            0,
            "a process that is younger than the link",
        ),
        (format!("{host}-rubbish"), 0, "no number"),
        ("rubbish".to_owned(), 0, "no name and no number"),
    ] {
        stores_again(&store);
        let _ = fs::remove_file(&link);
        symlink(&target, &link).unwrap();
        if why.contains("younger") {
            age_link(&link);
        }
        let (got, document) = world.json(&["openai.com"]);
        assert_eq!(got, code, "{why}: {document}");
        let left = stores::dump(&store, "cookies").len();
        assert_eq!(left, if code == 3 { 8 } else { 4 }, "{why}");
        if why == "a browser that runs" {
            let by = &document["stores"][0]["in_use_by"][0];
            assert_eq!(by["pid"], browser.id());
            assert_eq!(by["name"], "chrome");
        }
        // One of a browser that is there is not ours to remove; a stale one goes, as at
        // the browser's next start.
        assert_eq!(link.symlink_metadata().is_ok(), code == 3, "{why}");
    }
}

#[test]
fn a_singleton_that_names_this_very_process_is_stale() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    let link = world.path(&format!("{CHROME}/SingletonLock"));
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    // The shell becomes the program, and keeps its number.
    let mut command = Command::new("sh");
    command
        .args(["-c", "ln -s \"$HOST-$$\" \"$LINK\" && exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_cookieclean"))
        .args(["openai.com", "--home"])
        .arg(world.home())
        .args(["--layout", "linux"])
        .env("HOST", host)
        .env("LINK", &link)
        .env("COOKIECLEAN_STATE_DIR", world.state());
    Run::of(command).expect(0);
    assert_eq!(stores::dump(&store, "cookies").len(), 4);
    assert!(link.symlink_metadata().is_err());
}

#[test]
fn who_answers_at_the_singletons_socket_is_there_whatever_its_number() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    let folder = world.path(CHROME);
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let socket = elsewhere.path().join("SingletonSocket");
    symlink("4711", elsewhere.path().join("SingletonCookie")).unwrap();
    symlink("4711", folder.join("SingletonCookie")).unwrap();
    symlink(&socket, folder.join("SingletonSocket")).unwrap();
    // As it is seen from outside of a Snap: in there it is a living process.
    symlink(
        format!("{host}-{}", dead_pid()),
        folder.join("SingletonLock"),
    )
    .unwrap();

    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!(code, 3, "{document}");
    let by = &document["stores"][0]["in_use_by"][0];
    assert_eq!(by["pid"], std::process::id());
    assert_eq!(stores::dump(&store, "cookies").len(), 8);

    // The folder was made again by somebody else.
    fs::remove_file(elsewhere.path().join("SingletonCookie")).unwrap();
    symlink("4712", elsewhere.path().join("SingletonCookie")).unwrap();
    world.run(&["openai.com"]).expect(0);
    drop(listener);
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_left_of_a_browser_that_was_cut_off_is_waited_for_and_then_named() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    let link = world.path(&format!("{CHROME}/SingletonLock"));
    // A profile that was loaded before: without that, all processes are looked at.
    world.write(&format!("{CHROME}/Default/Local Storage/leveldb/LOCK"), "");
    for (name, cut_off, code) in [
        ("chromium", true, 3),
        // A browser that ended as it should, a while ago, has nobody left.
        ("chromium", false, 0),
        ("backup", true, 0),
    ] {
        stores_again(&store);
        let _ = fs::remove_file(&link);
        if cut_off {
            symlink(format!("{host}-{}", dead_pid()), &link).unwrap();
        }
        let program = Program::that_reads(&world, name, &store);
        if !cut_off {
            // Just now, its children may have something to write yet.
            let (got, document) = world.json(&["openai.com"]);
            assert_eq!(got, 3, "{document}");
            let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
            let folder = File::open(world.path(CHROME)).unwrap();
            folder.set_modified(long_ago).unwrap();
        }
        let (got, document) = world.json(&["openai.com"]);
        assert_eq!(got, code, "{name} {cut_off}: {document}");
        if code == 3 {
            let row = &document["stores"][0];
            assert_eq!(row["in_use_by"][0]["pid"], program.id());
            assert_eq!(row["in_use_why"]["unseen"], "remnant");
            assert_eq!(stores::dump(&store, "cookies").len(), 8);
        }
        drop(program);
    }
}

fn stores_again(store: &Path) {
    fs::remove_file(store).unwrap();
    stores::chromium(store, 24);
}

#[test]
fn a_lock_in_any_profile_of_a_user_data_directory_keeps_all_of_it() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    chrome_profile(&world, "Profile 1");
    let leveldb = world.write(
        &format!("{CHROME}/Profile 1/Local Storage/leveldb/LOCK"),
        "",
    );
    let held = take_lock(&leveldb);
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!(code, 3);
    assert_eq!(document["deleted"], 0);
    assert_eq!(
        document["stores"][0]["in_use_by"][0]["pid"],
        std::process::id()
    );
    assert_eq!(stores::dump(&store, "cookies").len(), 8);
    drop(held);
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(8)));
}

/// Many rows, so that a deletion takes long enough to be hit in the middle.
fn big_world(profiles: usize, rows: usize) -> World {
    let world = World::new();
    for n in 0..profiles {
        let store = chrome_profile(&world, &format!("Profile {n}"));
        let mut db = rusqlite::Connection::open(&store).unwrap();
        let transaction = db.transaction().unwrap();
        for i in 0..rows {
            let host = if i % 2 == 0 {
                "a.openai.com"
            } else {
                "example.org"
            };
            stores::chromium_row(&transaction, 1000 + i, host, &format!("n{i}"), "");
        }
        transaction.commit().unwrap();
    }
    world
}

#[test]
fn killed_at_any_moment_it_leaves_a_whole_store_and_a_way_back() {
    const ROWS: usize = 3000;
    let world = big_world(1, ROWS);
    let store = world.path(&format!("{CHROME}/Profile 0/Cookies"));
    let pristine = fs::read(&store).unwrap();
    let before = stores::dump(&store, "cookies");
    let matching = ROWS / 2 + 4;
    let mut outcomes = [0, 0];
    // On a machine that is busy it takes longer until one is done.
    for step in 0..400 {
        if step >= 40 && outcomes[1] > 0 {
            break;
        }
        fs::write(&store, &pristine).unwrap();
        let _ = fs::remove_file(store.with_file_name("Cookies-journal"));
        let _ = fs::remove_dir_all(world.state());
        let mut child = world
            .command(&["openai.com", "--json", "--layout", "linux", "--home"])
            .arg(world.home())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(step * 2500));
        let _ = child.kill();
        child.wait().unwrap();

        // The next one to open the store recovers it; no row of another site is
        // missing, and of the site's either all or none are.
        let after = stores::dump(&store, "cookies");
        assert_eq!(stores::integrity(&store), "ok");
        assert!(
            after.len() == before.len() || after.len() == before.len() - matching,
            "{} of {} rows after a kill at step {step}",
            after.len(),
            before.len()
        );
        outcomes[usize::from(after.len() < before.len())] += 1;
        if after.len() < before.len() {
            world.run_bare(&["undo"]).expect(0);
            assert_eq!(stores::dump(&store, "cookies"), before);
        } else {
            // A copy that was made, but not needed, does no harm either.
            world.run_bare(&["undo"]).expect(0);
            assert_eq!(stores::dump(&store, "cookies"), before);
        }
        // And it still works.
        let (code, document) = world.json(&["openai.com"]);
        assert_eq!((code, &document["deleted"]), (0, &json!(matching)));
    }
    assert!(
        outcomes[0] > 0 && outcomes[1] > 0,
        "never in the middle: {outcomes:?}"
    );
}

#[test]
fn interrupted_it_finishes_the_store_at_hand_and_begins_no_other() {
    const PROFILES: usize = 30;
    let world = big_world(PROFILES, 400);
    let mut child = world
        .command(&["openai.com", "--layout", "linux", "--home"])
        .arg(world.home())
        .env("COOKIECLEAN_THREADS", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    // The first store is reported.
    stdout.read_line(&mut line).unwrap();
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130), "{line}{rest}");

    let mut left = Vec::new();
    for n in 0..PROFILES {
        let store = world.path(&format!("{CHROME}/Profile {n}/Cookies"));
        let rows = stores::dump(&store, "cookies").len();
        assert!(rows == 408 || rows == 204, "{rows}");
        left.push(rows);
    }
    assert!(left.contains(&408) && left.contains(&204), "{left:?}");
    assert!(rest.contains("To put them back"), "{rest}");
    // What was deleted can be put back.
    world.run_bare(&["undo"]).expect(0);
    for n in 0..PROFILES {
        let store = world.path(&format!("{CHROME}/Profile {n}/Cookies"));
        assert_eq!(stores::dump(&store, "cookies").len(), 408);
    }
}
