//! Chromium's lock on a user-data directory.

use super::*;

#[test]
fn stale_singleton_lock_is_ignored() {
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
fn singleton_lock_naming_this_process_is_stale() {
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
fn answer_at_the_socket_means_in_use() {
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
fn remains_of_a_killed_browser_are_waited_for_and_named() {
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
fn lock_in_one_profile_locks_the_user_data_directory() {
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
