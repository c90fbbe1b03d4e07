//! Pipes where a file should be.

use super::*;

#[test]
fn pipe_instead_of_a_store_does_not_hang() {
    let world = World::new();
    chrome_profile(&world, "Profile 1");
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    let pipe = world.path(&format!("{CHROME}/Default/Cookies"));
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains("not a regular file"), "{run:#?}");
}

#[test]
fn pipes_instead_of_lists_and_locks_do_not_hang() {
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
