//! `cookieclean doctor`: it finds what stands in the way, names what to do, and changes
//! nothing but what it is told to remove.

mod world;

use std::fs;

use world::{FIREFOX_LOCK, World, take_lock};

const FIREFOX: &str = ".mozilla/firefox/abcd1234.default-esr";

#[test]
fn looking_changes_nothing() {
    let world = World::of_fixtures();
    world
        .run(&["example.com", "--site-data", "--yes"])
        .expect(0);
    let before = world.files();
    let copies = fs::read_dir(world.state().join("undo")).unwrap().count();
    for arguments in [
        &["doctor"][..],
        &["doctor", "openai.com"],
        &["doctor", "openai.com", "--report"],
        &["doctor", "openai.com", "--json"],
        &["doctor", "--fix"],
    ] {
        world.run(arguments).expect(0);
        assert!(world.files() == before, "{arguments:?}");
    }
    let left = fs::read_dir(world.state().join("undo")).unwrap().count();
    assert_eq!(left, copies);
}

#[test]
fn site_is_counted_as_list_counts_it() {
    let world = World::of_fixtures();
    let (_, doctor) = world.json(&["doctor", "openai.com"]);
    let (_, list) = world.json(&["list", "openai.com", "--site-data"]);
    let cookies = list["cookies"].as_array().unwrap().len();
    assert_eq!(doctor["site"]["cookies"], cookies);
    assert_eq!(doctor["site"]["related"][0], "chatgpt.com");
    let keys = doctor["site"]["site_data"].as_u64().unwrap();
    assert!(keys > 0 && keys <= list["site_data"].as_array().unwrap().len() as u64);
    assert!(doctor["ladder"].as_array().unwrap().len() > 10);
    let (_, none) = world.json(&["doctor"]);
    assert!(none["site"].is_null());
    assert_eq!(none["ladder"].as_array().unwrap().len(), 0);
}

#[test]
fn unreadable_store_is_an_error_with_advice() {
    let world = World::of_fixtures();
    world.write(".config/google-chrome/Default/Cookies", "not a database");
    world.age();
    let run = world.run(&["doctor"]).expect(1);
    assert!(
        run.stderr.contains("it is not an SQLite database"),
        "{run:?}"
    );
    assert!(run.stderr.contains("Start the browser once"), "{run:?}");
    assert!(run.stdout.contains("1 error, see below."), "{run:?}");
}

#[test]
fn open_browser_is_named_and_nothing_is_taken_from_it() {
    let world = World::of_fixtures();
    let lock = take_lock(&world.path(FIREFOX).join(FIREFOX_LOCK));
    let run = world.run(&["doctor"]).expect(0);
    assert!(
        run.stdout
            .contains("Firefox, profile default-esr (abcd1234.default-esr): it is open"),
        "{run:?}"
    );
    drop(lock);
    let run = world.run(&["doctor"]).expect(0);
    assert!(!run.stdout.contains("it is open"), "{run:?}");
}

/// Values of a keyring that cannot be reached: nothing asks, and nothing waits.
#[cfg(target_os = "linux")]
#[test]
fn keyring_that_cannot_be_reached_is_named() {
    let world = World::of_fixtures();
    let store = world.path(".config/google-chrome/Default/Cookies");
    let db = rusqlite::Connection::open(store).unwrap();
    let of_a_keyring = "UPDATE cookies SET encrypted_value = \
        CAST('v11' AS BLOB) || substr(encrypted_value, 4) WHERE length(encrypted_value) > 3";
    assert!(db.execute(of_a_keyring, ()).unwrap() > 0);
    drop(db);
    world.age();
    let run = world.run(&["doctor", "openai.com"]).expect(0);
    let line = "Values of Google Chrome cannot be shown";
    assert_eq!(run.stdout.matches(line).count(), 1, "{run:?}");
    assert!(
        run.stdout.contains("there is no D-Bus session here"),
        "{run:?}"
    );
    let (_, document) = world.json(&["doctor", "openai.com"]);
    let keyring = document["site"]["keyring"].as_array().unwrap();
    assert_eq!(keyring.len(), 1, "{keyring:?}");
    assert_eq!(keyring[0]["browser_name"], "Google Chrome");
    let (_, fine) = world.json(&["doctor", "example.org"]);
    assert!(fine["site"]["keyring"].as_array().unwrap().len() <= 1);
}

#[test]
fn bare_word_is_answered_with_the_sites_it_is_in() {
    let world = World::of_fixtures();
    let run = world.run(&["doctor", "openai"]).expect(2);
    assert!(run.stderr.contains("  openai.com"), "{run:?}");
}

/// What could tell who it is, and where.
#[test]
fn report_for_support_names_nobody_and_nothing() {
    let world = World::of_fixtures();
    world.write(".config/google-chrome/Profile 1/Cookies", "not a database");
    world.write(".config/google-chrome/.cookieclean.lock", "");
    world.age();
    let _lock = take_lock(&world.path(FIREFOX).join(FIREFOX_LOCK));
    let run = world.run(&["doctor", "openai.com", "--report"]).expect(1);
    assert!(run.stdout.contains("profile of firefox"), "{run:?}");
    assert!(run.stdout.contains("error: not-a-database"), "{run:?}");
    let home = world.home().display().to_string();
    for secret in [
        "openai",
        "chatgpt",
        "Alice",
        "Work",
        "Profile 1",
        "abcd1234",
        "oai-did",
        &home,
        "/",
        "\\",
    ] {
        assert!(!run.stdout.contains(secret), "{secret}: {}", run.stdout);
    }
    assert_eq!(run.stderr, "");
}

#[cfg(unix)]
mod leftovers {
    use std::process::{Command, Stdio};

    use super::*;
    use serde_json::Value;

    fn status(document: &Value, kind: &str) -> Vec<String> {
        let rows = document["leftovers"].as_array().unwrap().iter();
        rows.filter(|row| row["kind"] == kind)
            .map(|row| row["status"].as_str().unwrap().to_owned())
            .collect()
    }

    /// As a run leaves them that was killed while it had a claim.
    fn kill_during_a_claim(world: &World) {
        let user_data = world.path(".config/google-chrome");
        fs::write(user_data.join(".cookieclean.lock"), "").unwrap();
        let socket = std::os::unix::net::UnixListener::bind(user_data.join(".cc")).unwrap();
        drop(socket);
    }

    #[test]
    fn locks_of_a_killed_run_are_found_and_removed() {
        let world = World::of_fixtures();
        kill_during_a_claim(&world);
        let before = world.json(&["list", "openai.com"]).1;
        let (code, found) = world.json(&["doctor"]);
        assert_eq!((code, status(&found, "lock")), (0, vec!["there".into(); 2]));
        let (code, fixed) = world.json(&["doctor", "--fix"]);
        assert_eq!(code, 0);
        let fates = status(&fixed, "lock");
        assert!(fates.iter().all(|fate| fate == "removed"), "{fates:?}");
        assert!(!world.path(".config/google-chrome").join(".cc").exists());
        assert!(
            !world
                .path(".config/google-chrome")
                .join(".cookieclean.lock")
                .exists()
        );
        let (_, after) = world.json(&["doctor"]);
        assert_eq!(status(&after, "lock"), Vec::<String>::new());
        assert_eq!(world.json(&["list", "openai.com"]).1, before);
    }

    #[test]
    fn lock_of_a_running_cookieclean_is_no_leftover() {
        let world = World::of_fixtures();
        // It waits at the terminal's question that never comes, or for Firefox: a lock
        // on the file is all that a running one has.
        let file = world
            .path(".config/google-chrome")
            .join(".cookieclean.lock");
        fs::write(&file, "").unwrap();
        let _held = take_lock(&file);
        let (_, found) = world.json(&["doctor", "--fix"]);
        assert_eq!(status(&found, "lock"), Vec::<String>::new());
        assert!(file.exists());
    }

    #[test]
    fn trash_without_a_copy_is_found_and_removed() {
        let world = World::of_fixtures();
        world
            .run(&["example.com", "--site-data", "--yes"])
            .expect(0);
        fs::remove_dir_all(world.state().join("undo")).unwrap();
        let (_, found) = world.json(&["doctor"]);
        let count = status(&found, "trash").len();
        assert!(count > 0, "{found}");
        let (code, fixed) = world.json(&["doctor", "--fix"]);
        assert_eq!(
            (code, status(&fixed, "trash")),
            (0, vec!["removed".into(); count])
        );
        let (_, after) = world.json(&["doctor"]);
        assert_eq!(status(&after, "trash").len(), 0);
    }

    #[test]
    fn trash_that_an_undo_needs_stays() {
        let world = World::of_fixtures();
        let before = world.json(&["list", "example.com", "--site-data"]).1;
        world
            .run(&["example.com", "--site-data", "--yes"])
            .expect(0);
        let (_, found) = world.json(&["doctor", "--fix"]);
        assert_eq!(found["leftovers"].as_array().unwrap().len(), 0, "{found}");
        world.run_bare(&["undo"]).expect(0);
        assert_eq!(
            world.json(&["list", "example.com", "--site-data"]).1,
            before
        );
    }

    /// A real run, killed as soon as it has made the folder of its deletion.
    #[test]
    fn stores_of_a_killed_run_are_whole_after_fix() {
        let world = World::of_fixtures();
        // Not what openai.com has set embedded in it, which goes.
        let others = ["list", "example.org", "--no-partitioned"];
        let lists = |world: &World| world.json(&others).1["cookies"].clone();
        let before = lists(&world);
        for delay in [1, 3, 5, 8, 13, 21] {
            let mut command = world.command_at_home(&["openai.com", "--site-data", "--yes"]);
            let mut child = command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(std::time::Duration::from_millis(delay));
            let _ = child.kill();
            child.wait().unwrap();
            let (code, _) = world.json(&["doctor", "--fix"]);
            assert_eq!(code, 0);
            let (_, after) = world.json(&["doctor"]);
            assert_eq!(after["leftovers"].as_array().unwrap().len(), 0, "{after}");
            assert!(
                lists(&world) == before,
                "another site changed after {delay} ms"
            );
        }
    }

    #[test]
    fn open_browser_keeps_its_own_lock() {
        let world = World::of_fixtures();
        let profile = world.path(FIREFOX);
        let ours = profile.join(".cookieclean.lock");
        fs::write(&ours, "").unwrap();
        let _held = take_lock(&profile.join(FIREFOX_LOCK));
        let (code, fixed) = world.json(&["doctor", "--fix"]);
        assert_eq!((code, status(&fixed, "lock")), (0, vec!["removed".into()]));
        assert!(!ours.exists() && profile.join(FIREFOX_LOCK).exists());
        let (_, after) = world.json(&["profiles"]);
        let rows = after["profiles"].as_array().unwrap().iter();
        let open: Vec<_> = rows.filter(|row| row["in_use"] == true).collect();
        assert_eq!(open.len(), 1, "{open:?}");
    }

    #[test]
    fn help_says_what_is_removed() {
        let world = World::new();
        let mut command: Command = world.command(&["doctor", "--help"]);
        let output = command.output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("--fix"));
    }
}
