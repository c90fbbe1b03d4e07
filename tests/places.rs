//! Where a site's cookies are besides the store in use, and taking only a part of them.

mod world;

use rusqlite::Connection;
use serde_json::{Value, json};
use world::{World, names, stores};

const CHROME: &str = ".config/google-chrome";

fn chrome_world() -> World {
    let world = World::new();
    stores::chromium(&world.path(&format!("{CHROME}/Default/Cookies")), 24);
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    world
}

/// As Chromium 156 makes it, with a session of each of these sites.
fn device_bound(world: &World, sites: &[&str]) -> std::path::PathBuf {
    let path = world.path(&format!("{CHROME}/Default/Device Bound Sessions"));
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
         INSERT INTO meta
             VALUES ('mmap_status', '-1'), ('version', '3'), ('last_compatible_version', '3');
         CREATE TABLE dbsc_session_tbl ( key TEXT, proto BLOB, PRIMARY KEY(key));",
    )
    .unwrap();
    for site in sites {
        let insert = "INSERT INTO dbsc_session_tbl VALUES (?1, ?2)";
        db.execute(insert, (site, format!("fake-{site}").as_bytes()))
            .unwrap();
    }
    path
}

fn sessions(path: &std::path::Path) -> Vec<String> {
    let db = Connection::open(path).unwrap();
    let mut select = db
        .prepare("SELECT key || ' ' || CAST(proto AS TEXT) FROM dbsc_session_tbl ORDER BY key")
        .unwrap();
    let rows = select.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn row<'a>(document: &'a Value, kind: &str) -> &'a Value {
    let stores = document["stores"].as_array().unwrap();
    stores.iter().find(|store| store["kind"] == kind).unwrap()
}

#[test]
fn the_device_bound_session_of_the_site_goes_and_comes_back() {
    let world = chrome_world();
    let path = device_bound(
        &world,
        &[
            "https://openai.com",
            "https://notopenai.com",
            "https://openai.com.evil.net",
        ],
    );
    let before = sessions(&path);
    let (code, listed) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0);
    assert_eq!(row(&listed, "device-bound")["matched"], 1);
    assert!(names(&listed).contains(&"openai.com (device-bound session)".to_owned()));

    let (code, deleted) = world.json(&["openai.com"]);
    assert_eq!((code, &deleted["deleted"]), (0, &json!(5)));
    assert_eq!(row(&deleted, "device-bound")["deleted"], 1);
    assert_eq!(row(&deleted, "device-bound")["kept"], 2);
    assert_eq!(sessions(&path).len(), 2);
    // Not a byte of it is left.
    let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
    let others = text.matches("fake-https://openai.com.evil.net").count();
    assert_eq!(text.matches("fake-https://openai.com").count(), others);

    // A newer session of the site stays, and the others come back all the same.
    let db = Connection::open(&path).unwrap();
    let new = "INSERT INTO dbsc_session_tbl VALUES ('https://openai.com', 'new')";
    db.execute(new, []).unwrap();
    drop(db);
    let undone = world.run_bare(&["undo", "--json"]).expect(0).json();
    assert_eq!(undone["restored"], 4);
    let skipped = undone["stores"].as_array().unwrap().iter();
    let skipped: u64 = skipped.map(|s| s["skipped"].as_u64().unwrap()).sum();
    assert_eq!(skipped, 1);
    assert!(sessions(&path).contains(&"https://openai.com new".to_owned()));

    let db = Connection::open(&path).unwrap();
    let old = "UPDATE dbsc_session_tbl SET proto = 'fake-https://openai.com' WHERE proto = 'new'";
    db.execute(old, []).unwrap();
    drop(db);
    world.run(&["openai.com"]).expect(0);
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(sessions(&path), before);
}

#[test]
fn bound_session_of_the_whole_site_stays_for_a_subdomain() {
    for (arguments, says) in [
        (&["chat.openai.com"][..], true),
        (&["openai.com", "--exact"], false),
        (&["openai.com", "--name", "cf_*"], false),
        (&["openai.com", "--keep", "token"], false),
        (&["openai.com", "--keep-login"], false),
    ] {
        let world = chrome_world();
        let path = device_bound(&world, &["https://openai.com"]);
        let run = world.run(arguments).expect(0);
        assert_eq!(sessions(&path).len(), 1, "{arguments:?}");
        let said = run
            .stdout
            .contains("device-bound session of the whole site stays");
        assert_eq!(said, says, "{arguments:?}: {run:#?}");
        assert_eq!(
            run.stdout
                .contains("To delete it: cookieclean openai.com --home"),
            says
        );
    }
}

#[test]
fn older_copies_are_listed_as_such_and_cleaned_like_the_rest() {
    let world = chrome_world();
    let snapshot = world.path(&format!(
        "{CHROME}/Snapshots/155.0.1/Default/Network/Cookies"
    ));
    stores::chromium(&snapshot, 23);
    let elsewhere = world.path(&format!("{CHROME}/Snapshots/155.0.1/Profile 9/Cookies"));
    stores::chromium(&elsewhere, 23);
    let firefox = world.path(".mozilla/firefox/p/cookies.sqlite");
    stores::firefox(&firefox, 17);
    let backups = [".bak", ".bak-rebuild", ".bak-rebuild1"].map(|suffix| {
        let path = world.path(&format!(".mozilla/firefox/p/cookies.sqlite{suffix}"));
        stores::firefox(&path, 12);
        path
    });

    let (code, profiles) = world.json(&["profiles"]);
    assert_eq!(code, 0);
    // What stands twice is counted once.
    for profile in profiles["profiles"].as_array().unwrap() {
        assert_eq!(profile["cookies"], 8, "{profile}");
    }
    let run = world.run(&["list", "openai.com"]).expect(0);
    assert_eq!(
        run.stdout.matches("in an older copy").count(),
        4 * 4,
        "{run:#?}"
    );

    let (code, deleted) = world.json(&["openai.com"]);
    assert_eq!((code, &deleted["deleted"]), (0, &json!(6 * 4)), "{deleted}");
    let copies = deleted["stores"].as_array().unwrap().iter();
    assert_eq!(
        copies.filter(|store| store["older_copy"] == true).count(),
        4
    );
    assert_eq!(stores::dump(&snapshot, "cookies").len(), 4);
    // Of a profile that is not there any more: nobody would go back to that.
    assert_eq!(stores::dump(&elsewhere, "cookies").len(), 8);
    for backup in &backups {
        assert_eq!(stores::dump(backup, "moz_cookies").len(), 4);
    }
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(stores::dump(&snapshot, "cookies").len(), 8);
    assert_eq!(stores::dump(&backups[2], "moz_cookies").len(), 8);
}

#[test]
fn container_option_selects_one_container_or_none() {
    let world = World::of_fixtures();
    let inside = |arguments: &[&str]| {
        let (code, listed) = world.json(&[&["list", "openai.com"], arguments].concat());
        assert_eq!(code, 0, "{listed}");
        let cookies = listed["cookies"].as_array().unwrap().clone();
        let mut containers: Vec<_> = cookies.iter().map(|c| c["container"].clone()).collect();
        containers.dedup();
        (cookies.len(), containers)
    };
    let (all, _) = inside(&[]);
    let (work, containers) = inside(&["--container", "Work"]);
    assert_eq!(containers, [json!("Work")]);
    let (banking, containers) = inside(&["--container", "Banking club"]);
    assert_eq!(containers, [json!("Banking club")]);
    let (outside, containers) = inside(&["--container", "none"]);
    assert_eq!(containers, [Value::Null]);
    let (both, _) = inside(&["--container", "Work", "--container", "Banking club"]);
    assert!(work > 0 && banking > 0);
    assert_eq!(work + banking, both);
    assert_eq!(both + outside, all);

    let run = world.run(&["openai.com", "--container", "Wrok"]).expect(2);
    assert!(run.stderr.contains("Wrok"), "{run:#?}");
    assert!(
        run.stderr.contains("Banking club") && run.stderr.contains("Work"),
        "{run:#?}"
    );

    let (code, deleted) = world.json(&["openai.com", "--container", "Work"]);
    assert_eq!((code, &deleted["deleted"]), (0, &json!(work)));
    assert_eq!(inside(&["--container", "Work"]).0, 0);
    assert_eq!(inside(&[]).0, all - work);
}

#[test]
fn logins_stay_when_they_are_to_be_kept() {
    let world = World::of_fixtures();
    let (_, before) = world.json(&["list", "openai.com"]);
    let logins = |document: &Value| {
        let cookies = document["cookies"].as_array().unwrap().iter();
        let marked = cookies.filter(|cookie| cookie["login"] == true);
        marked.cloned().collect::<Vec<_>>()
    };
    assert!(!logins(&before).is_empty());
    for cookie in logins(&before) {
        let name = cookie["name"].as_str().unwrap();
        assert!(["login_session", "__Secure-next-auth.session-token"].contains(&name));
    }
    world.run(&["openai.com", "--keep-login"]).expect(0);
    let (_, after) = world.json(&["list", "openai.com"]);
    assert_eq!(after["cookies"], Value::Array(logins(&before)));
}

#[test]
fn related_sites_are_named_and_deleted_on_request() {
    let world = World::of_fixtures();
    let hint = "To delete them: cookieclean openai.com --related";
    let run = world.run(&["list", "openai.com"]).expect(0);
    assert!(run.stdout.contains(hint), "{run:#?}");
    assert!(run.stdout.contains("chatgpt.com"), "{run:#?}");
    let (_, listed) = world.json(&["list", "openai.com"]);
    assert_eq!(listed["related"], json!(["chatgpt.com"]));
    // A site of another service, and the same one narrowed down.
    for arguments in [
        &["list", "example.org"][..],
        &["list", "openai.com", "--exact"],
    ] {
        let run = world.run(arguments).expect(0);
        assert!(!run.stdout.contains("--related"), "{arguments:?}: {run:#?}");
    }

    let (_, chatgpt) = world.json(&["list", "chatgpt.com"]);
    let of = |document: &Value| document["cookies"].as_array().unwrap().len();
    let (code, all) = world.json(&["list", "openai.com", "--related"]);
    assert_eq!(code, 0);
    assert_eq!(of(&all), of(&listed) + of(&chatgpt));
    assert_eq!(all["related"], json!([]));
    world.run(&["openai.com", "--related"]).expect(0);
    assert_eq!(of(&world.json(&["list", "chatgpt.com"]).1), 0);
    let run = world.run(&["list", "openai.com"]).expect(0);
    assert!(!run.stdout.contains("--related"), "{run:#?}");
}

#[test]
fn what_the_site_set_under_other_sites_is_counted() {
    let world = World::of_fixtures();
    let (_, listed) = world.json(&["list", "openai.com"]);
    let stores = listed["stores"].as_array().unwrap();
    let sum: u64 = stores
        .iter()
        .map(|s| s["elsewhere"].as_u64().unwrap())
        .sum();
    assert_eq!(sum, 2);
    let run = world.run(&["openai.com"]).expect(0);
    let said = "2 of them were set by openai.com embedded in other sites.";
    assert!(run.stdout.contains(said), "{run:#?}");
}
