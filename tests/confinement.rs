//! A folder that is named confines the work: nothing in it leads out.

#![cfg(unix)]

mod world;

use std::fs;
use std::os::unix::fs::symlink;

use rusqlite::Connection;
use serde_json::json;
use world::{Run, World, stores};

const CHROME: &str = ".config/google-chrome";
const FIREFOX: &str = ".mozilla/firefox";

#[test]
fn a_named_folder_confines_what_its_lists_and_links_say() {
    let world = World::of_linux();
    let root = world.path(FIREFOX);
    let names = [
        "absolute", "dotted", "linked", "grouped", "listed", "wild", "snap",
    ];
    let outside = names.map(|name| {
        let dir = world.path(&format!("elsewhere/{name}"));
        stores::firefox(&dir.join("cookies.sqlite"), 17);
        stores::chromium(&dir.join("Cookies"), 24);
        fs::write(dir.join("Preferences"), "{}").unwrap();
        dir
    });
    let [absolute, _dotted, linked, grouped, listed, wild, snap] = &outside;
    let own = root.join("own");
    stores::firefox(&own.join("cookies.sqlite"), 17);
    let ini = format!(
        "[Profile0]\nName=a\nIsRelative=0\nPath={}\n\
         [Profile1]\nName=d\nIsRelative=1\nPath=../../elsewhere/dotted\n\
         [Profile2]\nName=l\nIsRelative=1\nPath=link\n\
         [Profile3]\nName=o\nIsRelative=0\nPath={}\n",
        absolute.display(),
        own.display()
    );
    fs::write(root.join("profiles.ini"), ini).unwrap();
    symlink(linked, root.join("link")).unwrap();
    fs::create_dir(root.join("Profile Groups")).unwrap();
    let db = Connection::open(root.join("Profile Groups/x.sqlite")).unwrap();
    db.execute_batch("CREATE TABLE Profiles (id INTEGER, path TEXT, name TEXT)")
        .unwrap();
    let insert = "INSERT INTO Profiles VALUES (1, ?1, 'g')";
    db.execute(insert, [grouped.to_str().unwrap()]).unwrap();
    drop(db);

    let chrome = world.path(CHROME);
    stores::chromium(&chrome.join("Default/Cookies"), 24);
    fs::write(chrome.join("Default/Preferences"), "{}").unwrap();
    let info = json!({"profile": {"info_cache": {
        "Default": {}, "../../elsewhere/listed": {}, listed.to_str().unwrap(): {},
    }}});
    fs::write(chrome.join("Local State"), info.to_string()).unwrap();
    fs::create_dir_all(chrome.join("Default/Storage/ext")).unwrap();
    fs::create_dir_all(wild.join("inner")).unwrap();
    stores::chromium(&wild.join("inner/Cookies"), 24);
    symlink(wild, chrome.join("Default/Storage/ext/app")).unwrap();
    fs::create_dir(snap.join("Default")).unwrap();
    stores::chromium(&snap.join("Default/Cookies"), 24);
    fs::create_dir(chrome.join("Snapshots")).unwrap();
    symlink(snap, chrome.join("Snapshots/155.0")).unwrap();
    let elsewhere = || {
        let mut files = world.files();
        files.retain(|path, _| path.starts_with(world.path("elsewhere")));
        files
    };
    let before = elsewhere();

    for (folder, named, deleted) in [
        (
            &root,
            &["profiles.ini", "dotted", "link", "x.sqlite"][..],
            4,
        ),
        (&chrome, &["Local State", "ext/app", "Snapshots/155.0"], 4),
    ] {
        for command in [
            &["list", "openai.com", "--json"][..],
            &["openai.com", "--json"],
        ] {
            let mut run = world.command(command);
            run.arg("--profile-dir").arg(folder);
            let run = Run::of(run).expect(1);
            for name in named {
                assert!(run.stderr.contains(name), "{name}: {run:#?}");
            }
            assert!(run.stderr.contains("--profile-dir"), "{run:#?}");
            // It is not even looked at what is there.
            assert!(!run.stderr.contains("ext/app/inner"), "{run:#?}");
            if command[0] != "list" {
                assert_eq!(run.json()["deleted"], deleted, "{run:#?}");
            }
        }
    }
    assert!(elsewhere() == before);

    // A profile of its own that is listed by an absolute path is one.
    assert_eq!(
        stores::dump(&own.join("cookies.sqlite"), "moz_cookies").len(),
        4
    );
    // What is named itself is worked on.
    let mut run = world.command(&["openai.com", "--profile-dir"]);
    run.arg(absolute);
    Run::of(run).expect(0);
    assert_eq!(
        stores::dump(&absolute.join("cookies.sqlite"), "moz_cookies").len(),
        4
    );
}
