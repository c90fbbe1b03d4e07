//! Firefox's lock on a profile.

use super::*;

#[test]
fn lock_file_made_by_root_belongs_to_the_owner() {
    if !nix::unistd::geteuid().is_root() {
        world::skipped("lock_file_made_by_root_belongs_to_the_owner", "needs root");
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

#[test]
fn background_task_of_firefox_is_waited_for() {
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
fn held_lock_means_in_use_by_its_holder() {
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
fn missing_lock_file_is_missing_afterwards() {
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
fn flock_is_not_firefoxs_lock() {
    let world = World::new();
    let store = firefox_profile(&world);
    let file = File::create(store.with_file_name(".parentlock")).unwrap();
    file.lock().unwrap();
    world.run(&["openai.com"]).expect(0);
}

#[test]
fn link_is_a_lock_without_plus_and_with_a_live_firefox() {
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
