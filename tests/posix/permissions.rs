//! Files and folders that this user may not read or write.

use super::*;

#[test]
fn listed_profile_in_a_closed_folder_is_reported() {
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
fn undo_names_what_it_may_not_write() {
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
fn closed_folder_is_named_and_the_rest_is_done() {
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
fn unreadable_store_is_named_and_stays() {
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
fn read_only_store_is_listed_and_stays() {
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
fn undo_copies_are_private_and_can_be_destroyed() {
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
fn state_folder_that_is_a_link_is_refused() {
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
