//! List, delete and undo on stores that real browsers wrote (`fixtures/home`).

mod world;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use world::{World, names, sessions, stores};

/// What a cookie is told apart by, in the order of both sides of the comparison.
const IDENTITY: [&str; 7] = [
    "browser",
    "profile",
    "host",
    "name",
    "path",
    "partition",
    "container",
];

/// What the browsers themselves said is in the sample home folder.
fn expected() -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/home.expected.json");
    let document: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    document["cookies"].as_array().unwrap().clone()
}

fn identities<'a>(cookies: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let mut lines: Vec<_> = cookies
        .into_iter()
        .map(|cookie| {
            let parts: Vec<_> = IDENTITY.iter().map(|key| cookie[key].to_string()).collect();
            format!("{} session={}", parts.join(" "), cookie["session"])
        })
        .collect();
    lines.sort();
    lines
}

fn listed(world: &World, domain: &str) -> Vec<String> {
    let (code, document) = world.json(&["list", domain]);
    assert_eq!(code, 0);
    identities(document["cookies"].as_array().unwrap())
}

/// Whether a cookie belongs to openai.com, written here a second time so that the
/// program is not its own judge.
fn is_openai(cookie: &Value) -> bool {
    let host = cookie["host"].as_str().unwrap().trim_start_matches('.');
    host == "openai.com"
        || host.ends_with(".openai.com")
        || cookie["partition"] == "https://openai.com"
}

/// The databases of the sample home folder, with their tables.
fn all_stores(world: &World) -> Vec<(std::path::PathBuf, &'static str)> {
    [
        (".config/google-chrome/Default/Cookies", "cookies"),
        (".config/google-chrome/Profile 1/Cookies", "cookies"),
        (".config/microsoft-edge/Default/Network/Cookies", "cookies"),
        (".config/chromium/Default/Cookies", "cookies"),
        (
            ".mozilla/firefox/abcd1234.default-esr/cookies.sqlite",
            "moz_cookies",
        ),
        (
            ".mozilla/firefox/efgh5678.work/cookies.sqlite",
            "moz_cookies",
        ),
    ]
    .map(|(path, table)| (world.path(path), table))
    .to_vec()
}

/// The texts of its session files.
fn all_sessions(world: &World) -> Vec<String> {
    ["abcd1234.default-esr", "efgh5678.work"]
        .map(|profile| format!(".mozilla/firefox/{profile}/sessionstore.jsonlz4"))
        .map(|file| sessions::text(&world.path(&file)))
        .to_vec()
}

#[test]
fn list_shows_exactly_what_the_browsers_said_they_have() {
    let world = World::of_fixtures();
    let all = expected();
    assert_eq!(
        listed(&world, "openai.com"),
        identities(all.iter().filter(|c| is_openai(c)))
    );
    assert_eq!(
        listed(&world, "b\u{fc}cher.example"),
        identities(all.iter().filter(|c| {
            c["host"]
                .as_str()
                .unwrap()
                .ends_with("xn--bcher-kva.example")
        }))
    );
    for host in ["127.0.0.1", "localhost", "a_b.example.com"] {
        assert_eq!(
            listed(&world, host),
            identities(
                all.iter()
                    .filter(|c| c["host"].as_str().unwrap().trim_start_matches('.') == host)
            ),
            "{host}"
        );
    }
}

#[test]
fn list_sites_and_profiles_change_no_byte_and_leave_no_file() {
    let world = World::of_fixtures();
    let before = world.files();
    for command in [
        &["list", "openai.com"][..],
        &["sites"],
        &["profiles"],
        &["openai.com", "--dry-run"],
    ] {
        world.run(command).expect(0);
        assert!(world.files() == before, "{command:?} changed something");
    }
    assert!(!world.state().join("undo").exists());
}

#[test]
fn a_deletion_takes_the_site_and_nothing_else() {
    let world = World::of_fixtures();
    let before: Vec<_> = all_stores(&world)
        .iter()
        .map(|(path, table)| stores::dump(path, table))
        .collect();
    let all = expected();
    let gone = all.iter().filter(|c| is_openai(c)).count();

    let (code, document) = world.json(&["openai.com"]);
    assert_eq!(code, 0);
    assert_eq!(document["deleted"], gone);
    assert_eq!(listed(&world, "openai.com"), Vec::<String>::new());

    // Every row that is left is a row that was there, and none of another site is
    // missing, byte for byte.
    let mut rows_gone = 0;
    for ((path, table), before) in all_stores(&world).iter().zip(before) {
        let after = stores::dump(path, table);
        assert!(after.iter().all(|row| before.contains(row)), "{path:?}");
        rows_gone += before.len() - after.len();
        assert_eq!(stores::integrity(path), "ok");
    }
    let in_sessions = |c: &&Value| c["browser"] == "firefox" && c["session"] == true;
    let all_gone = all.iter().filter(|c| is_openai(c));
    assert_eq!(rows_gone, gone - all_gone.filter(in_sessions).count());
    for host in ["notopenai.com", "evil.example", "example.com", "localhost"] {
        let host_of = |c: &Value| {
            c["host"]
                .as_str()
                .unwrap()
                .trim_start_matches('.')
                .to_owned()
        };
        let others = all.iter().filter(|c| {
            let h = host_of(c);
            !is_openai(c)
                && (h == host
                    || h.ends_with(&format!(".{host}"))
                    || c["partition"] == format!("https://{host}"))
        });
        assert_eq!(listed(&world, host), identities(others), "{host}");
    }
}

#[test]
fn no_deleted_value_is_left_in_any_file_of_a_profile() {
    let world = World::of_fixtures();
    let values: Vec<String> = expected()
        .iter()
        .filter(|c| is_openai(c) && c["browser"] == "firefox")
        .map(|c| c["value"].as_str().unwrap().to_owned())
        .collect();
    assert!(values.len() > 5);
    // Chromium's are encrypted: the bytes as they stand in the store.
    let store = world.path(".config/google-chrome/Default/Cookies");
    let encrypted: Vec<Vec<u8>> = rusqlite::Connection::open(&store)
        .unwrap()
        .prepare("SELECT encrypted_value FROM cookies WHERE host_key LIKE '%.openai.com'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(encrypted.len() > 3);
    let others: Vec<String> = expected()
        .iter()
        .filter(|c| !is_openai(c))
        .map(|c| c["value"].as_str().unwrap().to_owned())
        .collect();
    let has = |bytes: &[u8], value: &[u8]| bytes.windows(value.len()).any(|w| w == value);

    world.run(&["openai.com"]).expect(0);

    for (path, bytes) in world.files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("cookies.sqlite") {
            for value in values.iter().filter(|v| !others.contains(v)) {
                assert!(!has(&bytes, value.as_bytes()), "{value} in {path:?}");
            }
        }
        if name.starts_with("sessionstore") {
            let text = sessions::text(&path);
            for value in values.iter().filter(|v| !others.contains(v)) {
                assert!(!text.contains(value), "{value} in {path:?}");
            }
        }
        if name.starts_with("Cookies") {
            for value in &encrypted {
                assert!(!has(&bytes, value), "a value in {path:?}");
            }
        }
    }
}

#[test]
fn undo_brings_every_row_back_byte_for_byte() {
    let world = World::of_fixtures();
    let dump = || -> (Vec<_>, Vec<_>) {
        let tables = all_stores(&world);
        let rows = tables.iter().map(|(path, table)| stores::dump(path, table));
        (rows.collect(), all_sessions(&world))
    };
    let before = dump();
    let (_, deleted) = world.json(&["openai.com"]);
    assert_ne!(dump(), before);

    let (code, list) = run_json(&world, &["undo", "--list"]);
    assert_eq!(code, 0);
    assert_eq!(list["undo"][0]["id"], deleted["undo"]["id"]);
    assert_eq!(list["undo"][0]["cookies"], deleted["deleted"]);
    assert_eq!(list["undo"][0]["domains"], json!(["openai.com"]));

    let (code, undone) = run_json(&world, &["undo"]);
    assert_eq!(code, 0);
    assert_eq!(undone["restored"], deleted["deleted"]);
    assert_eq!(undone["id"], deleted["undo"]["id"]);
    assert_eq!(dump(), before);

    // The copies are gone, since everything is back.
    let (_, list) = run_json(&world, &["undo", "--list"]);
    assert_eq!(list["undo"], json!([]));
}

fn run_json(world: &World, arguments: &[&str]) -> (i32, Value) {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    let run = world.run_bare(&arguments);
    (run.code, run.json())
}

#[test]
fn the_json_of_list_is_that_of_the_contract() {
    let world = World::of_fixtures();
    let (_, document) = world.json(&["list", "https://OpenAI.com/x"]);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["domains"], json!(["openai.com"]));
    let cookie = document["cookies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["browser"] == "chrome" && c["partition"] == "https://openai.com")
        .unwrap();
    let store = world.path(".config/google-chrome/Default/Cookies");
    let expires = cookie["expires"].as_str().unwrap();
    assert!(expires.ends_with('Z') && expires.contains('T'), "{expires}");
    assert_eq!(
        *cookie,
        json!({
            "browser": "chrome", "browser_name": "Google Chrome",
            "profile": "Default", "profile_name": "Alice",
            "store": store, "kind": "chromium",
            "host": "challenges.cloudflare.com", "name": "cf_chl", "path": "/",
            "partition": "https://openai.com", "container": null,
            "expires": expires, "session": false,
            "secure": true, "http_only": true, "same_site": "none",
            "matched_by": "partition", "login": false,
        })
    );
    let session = document["cookies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["session"] == true)
        .unwrap();
    assert_eq!(session["expires"], Value::Null);
    let row = document["stores"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["profile"] == "Default" && s["browser"] == "chrome")
        .unwrap();
    assert_eq!(
        row["profile_dir"],
        json!(world.path(".config/google-chrome/Default"))
    );
    assert_eq!(row["store"], json!(store));
    assert_eq!(row["kind"], "chromium");
    assert_eq!(row["in_use"], false);
    assert_eq!(row["total"], 24);
    assert_eq!(row["matched"], 10);
    assert_eq!(row["status"], "ok");
    assert_eq!(row["error"], Value::Null);
    // No value is printed, in any form.
    let text = document.to_string();
    assert!(!text.contains("fake-"), "{text}");
}

#[test]
fn the_json_of_a_deletion_is_that_of_the_contract() {
    let world = World::of_fixtures();
    let (code, document) = world.json(&["openai.com", "example.org"]);
    assert_eq!(code, 0);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["domains"], json!(["openai.com", "example.org"]));
    assert!(document["undo"]["id"].is_string());
    let stores = document["stores"].as_array().unwrap();
    assert_eq!(stores.len(), 8);
    let sum: u64 = stores.iter().map(|s| s["deleted"].as_u64().unwrap()).sum();
    assert_eq!(document["deleted"], sum);
    for store in stores {
        assert_eq!(
            store["total"].as_u64(),
            Some(store["deleted"].as_u64().unwrap() + store["kept"].as_u64().unwrap())
        );
        assert_eq!(store["in_use_by"], json!([]));
        assert_eq!(store["error"], Value::Null);
    }
    let (code, again) = world.json(&["openai.com"]);
    assert_eq!(code, 0);
    assert_eq!(again["deleted"], 0);
    assert_eq!(again["undo"], Value::Null);
    assert!(
        again["stores"]
            .as_array()
            .unwrap()
            .iter()
            .all(|s| s["status"] == "nothing-matched")
    );
}

#[test]
fn the_json_of_sites_and_profiles_is_that_of_the_contract() {
    let world = World::of_fixtures();
    let (code, sites) = world.json(&["sites", "OPENAI"]);
    assert_eq!(code, 0);
    assert_eq!(sites["schema"], 1);
    let row = |site: &str| {
        sites["sites"]
            .as_array()
            .unwrap()
            .iter()
            .find(|s| s["site"] == site)
            .unwrap_or_else(|| panic!("{site} in {sites}"))
            .clone()
    };
    assert_eq!(row("notopenai.com")["cookies"], 3);
    assert_eq!(
        row("notopenai.com")["profiles"][0],
        json!({"browser": "chrome", "profile": "Default"})
    );
    // A site is found by any of its hosts: openai.com.evil.example.
    assert_eq!(row("evil.example")["cookies"], 2);
    assert_eq!(sites["sites"].as_array().unwrap().len(), 3, "{sites}");
    let (_, idn) = world.json(&["sites", "B\u{dc}CHER.example"]);
    assert_eq!(idn["sites"][0]["site"], "xn--bcher-kva.example");

    let (code, profiles) = world.json(&["profiles"]);
    assert_eq!(code, 0);
    let first = &profiles["profiles"][0];
    assert_eq!(
        *first,
        json!({
            "browser": "chrome", "browser_name": "Google Chrome",
            "profile": "Default", "profile_name": "Alice",
            "dir": world.path(".config/google-chrome/Default"),
            "in_use": false, "in_use_by": [], "cookies": 24, "error": null, "error_code": null,
        })
    );
    assert_eq!(profiles["profiles"].as_array().unwrap().len(), 6);
}

#[test]
fn options_narrow_what_is_meant() {
    let world = World::of_fixtures();
    let hosts = |arguments: &[&str]| {
        let mut all = vec!["list", "openai.com", "--browser", "chrome", "-p", "Alice"];
        all.extend(arguments);
        names(&world.json(&all).1)
    };
    let everything = hosts(&[]);
    assert_eq!(everything.len(), 10);
    assert_eq!(
        hosts(&["--exact"]),
        [
            ".openai.com __cf_bm",
            ".openai.com cf_clearance",
            ".openai.com oai-did",
            "openai.com locale",
        ]
    );
    assert_eq!(
        hosts(&["--name", "cf_*", "--name", "oai-???"]),
        [
            ".openai.com cf_clearance",
            ".openai.com oai-did",
            "challenges.cloudflare.com cf_chl",
        ]
    );
    assert_eq!(
        hosts(&["--name", "cf_*", "--keep", "cf_clear*"]),
        ["challenges.cloudflare.com cf_chl"]
    );
    assert_eq!(hosts(&["--no-partitioned"]).len(), everything.len() - 1);
    assert!(!hosts(&["--no-partitioned"]).contains(&"challenges.cloudflare.com cf_chl".into()));
}

#[test]
fn a_deletion_keeps_what_the_options_keep() {
    let world = World::of_fixtures();
    world.run(&["openai.com", "--keep", "__Secure-*"]).expect(0);
    let (_, left) = world.json(&["list", "openai.com"]);
    let left = names(&left);
    assert_eq!(left.len(), 5);
    assert!(
        left.iter()
            .all(|n| n == "chat.openai.com __Secure-next-auth.session-token")
    );
}

/// Chromium keeps an empty journal.
#[test]
fn a_journal_stays_where_there_was_one_and_nowhere_else() {
    let world = World::of_fixtures();
    let [with, without] = ["Default", "Profile 1"]
        .map(|profile| world.path(&format!(".config/google-chrome/{profile}/Cookies-journal")));
    fs::remove_file(&without).unwrap();
    for arguments in [&["openai.com"][..], &["undo"]] {
        match arguments {
            ["undo"] => world.run_bare(arguments),
            _ => world.run(arguments),
        }
        .expect(0);
        assert_eq!(with.metadata().unwrap().len(), 0, "{arguments:?}");
        assert!(!without.exists(), "{arguments:?}");
    }
}

#[test]
fn only_the_profile_that_was_named_is_cleaned() {
    let by_path = |world: &World| world.path(".config/google-chrome/Profile 1");
    for wanted in ["Profile 1", "Work", "<path>"] {
        let world = World::of_fixtures();
        let path = by_path(&world).to_str().unwrap().to_owned();
        let wanted = if wanted == "<path>" { &path } else { wanted };
        let (code, document) =
            world.json(&["openai.com", "-b", "chrome", "-b", "firefox", "-p", wanted]);
        assert_eq!(code, 0);
        let stores = document["stores"].as_array().unwrap();
        assert_eq!(stores.len(), 1, "{wanted}: {document}");
        assert_eq!(document["deleted"], 2);
    }
}

#[test]
fn a_profile_that_is_not_there_is_answered_with_those_that_are() {
    let world = World::of_fixtures();
    let before = world.files();
    let run = world
        .run(&["openai.com", "-p", "Alice", "-p", "Bob"])
        .expect(2);
    assert!(run.stderr.contains("no profile \"Bob\""), "{}", run.stderr);
    assert!(run.stderr.contains("\"Alice\""), "{}", run.stderr);
    assert!(run.stderr.contains("efgh5678.work"), "{}", run.stderr);
    assert!(world.files() == before);
}

#[test]
fn profile_dir_takes_profiles_and_user_data_folders() {
    let world = World::of_fixtures();
    for (folder, stores, cookies) in [
        (".config/google-chrome", 2, 12),
        (".config/google-chrome/Profile 1", 1, 2),
        (".config/microsoft-edge/Default", 1, 1),
        (".mozilla/firefox", 4, 15),
        (".mozilla/firefox/efgh5678.work", 2, 2),
    ] {
        let dir = world.path(folder);
        let run = world
            .run_bare(&[
                "list",
                "openai.com",
                "--json",
                "--profile-dir",
                dir.to_str().unwrap(),
            ])
            .expect(0);
        let document = run.json();
        assert_eq!(
            document["stores"].as_array().unwrap().len(),
            stores,
            "{folder}"
        );
        assert_eq!(
            document["cookies"].as_array().unwrap().len(),
            cookies,
            "{folder}"
        );
    }
    let home = world.home();
    let run = world
        .run_bare(&[
            "list",
            "openai.com",
            "--profile-dir",
            home.to_str().unwrap(),
        ])
        .expect(2);
    assert!(run.stderr.contains("not a profile"), "{}", run.stderr);
}

#[test]
fn a_question_that_is_not_answered_with_yes_deletes_nothing() {
    use std::io::Write;
    use std::process::Stdio;

    let world = World::of_fixtures();
    let before = world.files();
    let ask = |answer: &str| {
        let mut child = world
            .command_at_home(&["openai.com", "--ask"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(answer.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    for answer in ["", "n\n", "maybe\n", "\n"] {
        let shown = ask(answer);
        assert!(shown.contains("cf_clearance"), "{shown}");
        assert!(world.files() == before, "{answer:?}");
    }
    let shown = ask("y\n");
    assert!(shown.contains("Deleted 28 cookies"), "{shown}");
    assert!(world.files() != before);
}

#[test]
fn parent_cookies_stay_and_are_reported_for_a_subdomain() {
    let world = World::of_fixtures();
    let run = world.run(&["chat.openai.com"]).expect(0);
    assert!(
        run.stdout.contains("sent to chat.openai.com too, and stay"),
        "{}",
        run.stdout
    );
    let (_, left) = world.json(&["list", "openai.com"]);
    let left = names(&left);
    assert!(left.contains(&".openai.com cf_clearance".into()));
    assert!(left.contains(&"challenges.cloudflare.com cf_chl".into()));
    assert!(!left.iter().any(|name| name.starts_with("chat.")));
}

/// The words of the command that follows a text of a report.
fn suggested(report: &str, after: &str) -> Vec<String> {
    let (_, rest) = report
        .split_once(after)
        .unwrap_or_else(|| panic!("{report}"));
    let command = rest.lines().next().unwrap().trim();
    let words = command
        .split(' ')
        .map(|word| word.trim_matches(['\'', '"']));
    let words: Vec<_> = words.map(str::to_owned).collect();
    assert_eq!(words[0], "cookieclean");
    words[1..].to_vec()
}

/// A suggestion that is pasted works where the report was about, and nowhere else: this
/// runs it without the options of the first run.
#[test]
fn suggested_commands_stay_in_the_places_of_the_report() {
    let world = World::of_fixtures();
    let only_there = ["--browser", "chrome", "--profile", "Default"];
    let elsewhere = || {
        let (_, listed) = world.json(&["list", "openai.com", "chatgpt.com", "--site-data"]);
        let mut rows = listed["cookies"].as_array().unwrap().clone();
        rows.extend(listed["site_data"].as_array().unwrap().iter().cloned());
        rows.retain(|row| row["browser"] != "chrome" || row["profile"] != "Default");
        rows
    };
    let before = elsewhere();
    let list = |domain| {
        let arguments = [&["list", domain, "--keep-login"][..], &only_there].concat();
        world.run(&arguments).expect(0).stdout
    };
    let all_sites = suggested(&list("chat.openai.com"), "stay. To delete them: ");
    let related = suggested(&list("openai.com"), "chatgpt.com. To delete them: ");
    for command in [all_sites, related] {
        let words: Vec<_> = command.iter().map(String::as_str).collect();
        let run = world.run_bare(&words).expect(0);
        assert!(run.stdout.contains("from 1 profile;"), "{run:#?}");
        let doctor = suggested(&run.stdout, "Still locked out? ");
        let words: Vec<_> = doctor.iter().map(String::as_str).collect();
        let doctor = world.run_bare(&words).expect(0);
        assert!(
            doctor.stdout.contains("Google Chrome: 1 profile"),
            "{doctor:#?}"
        );
        // Its login was kept.
        let left = world.run(&[&["list", "openai.com"][..], &only_there].concat());
        assert!(left.stdout.contains("login"), "{left:#?}");
        assert_eq!(elsewhere(), before);
    }
    let left = world
        .json(&[&["list", "chatgpt.com"][..], &only_there].concat())
        .1;
    assert_eq!(names(&left), Vec::<String>::new());
}

#[test]
fn a_word_that_is_nearly_a_command_is_answered_with_it() {
    let world = World::of_fixtures();
    let run = world.run(&["lst", "openai.com"]).expect(2);
    assert!(run.stderr.contains("the command \"list\"?"), "{run:#?}");
    let run = world.run_bare(&["--no-tui"]).expect(2);
    assert!(run.stderr.contains("cookieclean sites"), "{run:#?}");
    let run = world.run(&["delete", "openai.com"]).expect(2);
    assert!(run.stderr.contains("write the domain alone"), "{run:#?}");
}

#[test]
fn a_host_without_cookies_is_answered_with_its_site() {
    let world = World::of_fixtures();
    for arguments in [&["www.chatgpt.com"][..], &["list", "www.chatgpt.com"]] {
        let run = world.run(arguments).expect(0);
        assert!(run.stdout.contains("mean chatgpt.com?"), "{run:#?}");
    }
    let run = world.run(&["www.openai.com", "--no-undo"]).expect(0);
    let said = run.stdout;
    assert!(
        said.contains("sent to www.openai.com too, and stay"),
        "{said}"
    );
    assert!(!said.contains("Did you mean"), "{said}");
}

#[test]
fn a_bare_word_is_answered_with_the_sites_it_stands_in() {
    let world = World::of_fixtures();
    let before = world.files();
    let run = world.run(&["openai"]).expect(2);
    for site in ["openai.com", "notopenai.com"] {
        assert!(
            run.stderr.contains(&format!("  {site}\n")),
            "{}",
            run.stderr
        );
    }
    assert!(world.files() == before);
}
