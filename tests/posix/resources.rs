//! Few open files, no room on the disk, temporary folders.

use super::*;

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
fn interrupted_list_removes_its_private_copies() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    // Large, so that copying takes a while, and with a WAL, so that it is copied.
    rusqlite::Connection::open(&store)
        .unwrap()
        .execute(
            "UPDATE cookies SET encrypted_value = zeroblob(20000000) WHERE name = 'locale'",
            [],
        )
        .unwrap();
    stores::leave_in_wal(&store);
    let temp = world.root().join("temp");
    fs::create_dir(&temp).unwrap();
    let mut ended = 0;
    for step in 0..30 {
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
fn later_run_removes_temp_folders_of_a_killed_one() {
    let world = World::new();
    // Read from a copy.
    stores::leave_in_wal(&chrome_profile(&world, "Default"));
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
fn full_disk_loses_nothing() {
    if !can_mount("full_disk_loses_nothing") {
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
