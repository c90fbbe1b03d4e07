//! Paths that are long, in any script, or lead elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::world::{Run, World, stores};
use super::{CHROME, FIREFOX, is_wine};

/// A user's name.
const YAMADA: &str = "\u{5c71}\u{7530} \u{592a}\u{90ce}";

/// Moves a store to where the tests' own SQLite would not write one.
fn put(store: &Path, at: &Path) {
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::rename(store, at).unwrap();
}

fn rows(world: &World, store: &Path, table: &str) -> usize {
    let near = world.root().join("near");
    fs::copy(store, &near).unwrap();
    stores::dump(&near, table).len()
}

/// Lists, deletes and puts back 8 cookies in these two stores.
fn whole_job(world: &World, home: &Path, [chromium, firefox]: [&Path; 2]) {
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.arg("--json").arg("--home").arg(home);
        Run::of(command).expect(0).json()
    };
    let left = || {
        (
            rows(world, chromium, "cookies"),
            rows(world, firefox, "moz_cookies"),
        )
    };
    assert_eq!(
        run(&["list", "openai.com"])["cookies"]
            .as_array()
            .unwrap()
            .len(),
        8
    );
    assert_eq!(run(&["openai.com"])["deleted"], 8);
    assert_eq!(left(), (4, 4));
    let undone = world.run_bare(&["undo", "--json"]).expect(0).json();
    assert_eq!(undone["restored"], 8, "{undone}");
    assert_eq!(left(), (8, 8));
}

/// A world whose home folder is of this name, with two stores made at `near`, which go
/// to the places below it.
fn world_at(world: &World, home: &Path, [chromium, firefox]: [&Path; 2]) {
    let near = world.root().join("near");
    stores::chromium(&near, 24);
    put(&near, chromium);
    stores::firefox(&near, 17);
    put(&near, firefox);
    let preferences = home.join(CHROME).join("Default").join("Preferences");
    fs::create_dir_all(preferences.parent().unwrap()).unwrap();
    fs::write(preferences, "{}").unwrap();
}

#[test]
fn a_users_name_in_any_script_is_no_obstacle() {
    let world = World::new();
    let home = world.root().join(YAMADA);
    let stores = [
        &*home.join(CHROME).join("Default/Network/Cookies"),
        &home.join(FIREFOX).join("Profiles/p/cookies.sqlite"),
    ];
    world_at(&world, &home, stores);
    whole_job(&world, &home, stores);
}

/// 260 characters is what a path may have that is not written as a long one.
#[test]
fn deep_store_belongs_to_a_short_user_data_directory() {
    let world = World::new();
    let home = world.home();
    let extension = home
        .join(CHROME)
        .join("Default/Storage/ext")
        .join("a".repeat(120));
    let web_view = extension.join("b".repeat(120)).join("Network/Cookies");
    assert!(web_view.to_str().unwrap().len() > 260);
    let stores = [
        &*web_view,
        &home.join(FIREFOX).join("Profiles/p/cookies.sqlite"),
    ];
    world_at(&world, &home, stores);
    whole_job(&world, &home, stores);
}

/// And 1040 bytes is what SQLite takes unless it is told otherwise.
#[test]
fn long_home_and_state_paths_work() {
    let world = World::new();
    let deep = |path: PathBuf| (0..8).fold(path, |path, _| path.join(YAMADA.repeat(12)));
    let home = deep(world.root());
    assert!(home.to_str().unwrap().len() > 1040);
    let stores = [
        &*home.join(CHROME).join("Default/Network/Cookies"),
        &home.join(FIREFOX).join("Profiles/p/cookies.sqlite"),
    ];
    world_at(&world, &home, stores);
    whole_job(&world, &home, stores);

    let state = deep(world.state());
    for arguments in [
        &["openai.com", "--home", home.to_str().unwrap()][..],
        &["undo"],
    ] {
        let mut command = world.command(arguments);
        command.env("COOKIECLEAN_STATE_DIR", &state);
        Run::of(command).expect(0);
    }
    assert!(state.join("undo").is_dir());
}

/// Makes `link` in its folder lead to `target`, a path from there.
fn link_to(target: &str, link: &Path) {
    let folder = link.parent().unwrap();
    let name = link.file_name().unwrap();
    let mut command = match is_wine() {
        // Wine makes no junctions, but has what Unix has.
        true => {
            let mut ln = Command::new(r"Z:\bin\ln");
            ln.args(["-s", &target.replace('\\', "/")]).arg(name);
            ln
        }
        false => {
            let mut mklink = Command::new("cmd");
            mklink.args(["/c", "mklink", "/J"]).arg(name).arg(target);
            mklink
        }
    };
    // Of a program of Unix, Wine gives nothing to wait for.
    let _ = command.current_dir(folder).status();
    let since = Instant::now();
    while link.symlink_metadata().is_err() {
        assert!(since.elapsed() < Duration::from_secs(60), "no link");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn profile_that_leads_elsewhere_is_skipped_unless_named() {
    let world = World::new();
    let put = |profile: &Path| {
        stores::chromium(&profile.join("Cookies"), 24);
        fs::write(profile.join("Preferences"), "{}").unwrap();
    };
    let outside = world.path("outside");
    put(&outside);
    put(&world.path(CHROME).join("Profile 1"));
    let link = world.path(CHROME).join("Default");
    link_to(r"..\..\..\..\..\outside", &link);
    let store = outside.join("Cookies");
    assert!(link.join("Cookies").exists());

    let run = world.run(&["openai.com"]).expect(1);
    let link = link.to_str().unwrap();
    assert!(run.stderr.contains(link), "{run:#?}");
    assert!(run.stderr.contains("--profile-dir"), "{run:#?}");
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
    assert_eq!(stores::dump(&store, "cookies").len(), 8);

    let named = ["openai.com", "--profile-dir", link];
    world.run_bare(&named).expect(0);
    assert_eq!(stores::dump(&store, "cookies").len(), 4);
}
