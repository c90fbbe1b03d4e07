//! Text files of a profile that somebody has made to take all the memory or time there
//! is: every command ends, with memory about the file's size, names what it cannot read,
//! and does the rest.
//!
//! The bounds are the system's own (`ulimit`), so that they hold on a slow machine as
//! well: what grows with the square of a file's size misses them by far.

#![cfg(target_os = "linux")]

mod world;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use world::{Run, World, sessions, stores};

/// Above the size of the file.
const ROOM: usize = 64 << 20;
/// Of one processor. A debug build on a busy machine needs a few.
const SECONDS: u32 = 60;

const GOOD: &str = ".mozilla/firefox/good";
const BAD: &str = ".mozilla/firefox/p";
const OPENAI: &str = r#"{"host":"openai.com","name":"a"}"#;
const OTHER: &str = r#"{"host":"example.com","name":"b"}"#;

/// Two profiles, with this file in one of them.
fn world_with(name: &str, content: &[u8]) -> (World, PathBuf) {
    let world = World::new();
    for profile in [GOOD, BAD] {
        stores::firefox(&world.path(&format!("{profile}/cookies.sqlite")), 17);
    }
    let list = "[Profile0]\nPath=good\nIsRelative=1\n[Profile1]\nPath=p\nIsRelative=1\n";
    world.write(".mozilla/firefox/profiles.ini", list);
    let session = format!(r#"{{"cookies":[{OPENAI},{OTHER}]}}"#);
    world.write(&format!("{GOOD}/sessionstore.js"), session);
    let path = world.write(&format!("{BAD}/{name}"), content);
    world.age();
    (world, path)
}

/// Runs the command with memory for a file of this size, and [`ROOM`].
fn bounded(world: &World, arguments: &[&str], size: usize) -> Run {
    let inner = match arguments {
        ["undo", ..] => world.command(arguments),
        _ => world.command_at_home(arguments),
    };
    let script = format!(
        "ulimit -c 0 && ulimit -d {} && ulimit -t {SECONDS} && exec \"$@\"",
        (size + ROOM) >> 10
    );
    let mut command = Command::new("sh");
    command
        .args(["-c", &script, "sh"])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env("COOKIECLEAN_THREADS", "1")
        .stdin(std::process::Stdio::null());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) if name != "COOKIECLEAN_THREADS" => command.env(name, value),
            _ => &mut command,
        };
    }
    Run::of(command)
}

fn row(document: &Value, path: &PathBuf) -> Value {
    let stores = document["stores"].as_array().unwrap();
    let row = stores.iter().find(|row| row["store"] == json!(path));
    row.unwrap_or_else(|| panic!("{path:?} in {stores:?}"))
        .clone()
}

/// The session of the other profile is cleaned.
#[track_caller]
fn assert_the_rest_is_done(world: &World) {
    let good = sessions::text(&world.path(&format!("{GOOD}/sessionstore.js")));
    assert_eq!(good, format!(r#"{{"cookies":[{OTHER}]}}"#));
}

/// A session that can be read, with so many cookies of openai.com: they are listed,
/// deleted and put back.
#[track_caller]
fn expect_cleaned(text: &str, compressed: bool, matching: u64) {
    let content = match compressed {
        true => sessions::compressed(text),
        false => text.as_bytes().to_vec(),
    };
    let (world, path) = world_with("sessionstore.jsonlz4", &content);
    let run = bounded(&world, &["list", "openai.com", "--json"], text.len()).expect(0);
    assert_eq!(row(&run.json(), &path)["matched"], matching);
    for command in ["sites", "profiles"] {
        bounded(&world, &[command, "--json"], text.len()).expect(0);
    }
    let run = bounded(&world, &["openai.com", "--json"], text.len()).expect(0);
    assert_eq!(row(&run.json(), &path)["deleted"], matching);
    assert_the_rest_is_done(&world);
    if matching > 0 {
        bounded(&world, &["undo", "--json"], text.len()).expect(0);
    }
    assert!(sessions::text(&path) == text);
}

/// A session that cannot be read: it is named, and stays.
#[track_caller]
fn expect_named(content: &[u8], size: usize, says: &str) {
    let (world, path) = world_with("sessionstore.jsonlz4", content);
    for arguments in [&["list", "openai.com"][..], &["sites"], &["openai.com"]] {
        let run = bounded(&world, arguments, size).expect(1);
        assert!(run.stderr.contains(&path.display().to_string()), "{run:#?}");
        assert!(run.stderr.contains(says), "{run:#?}");
    }
    assert_the_rest_is_done(&world);
    assert!(fs::read(&path).unwrap() == content);
}

/// `first`, then `more` so many times, with a comma between each two.
fn repeated(first: &str, more: &str, times: usize) -> String {
    format!("{first}{}", format!(",{more}").repeat(times))
}

fn crash_page(fields: &str) -> String {
    format!(r#"{{"tabs":[{{"formdata":{{"url":"about:sessionrestore","id":{{{fields}}}}}}}]}}"#)
}

#[test]
fn a_long_key_above_many_arrays_costs_its_length() {
    let key = "k".repeat(3_000_000);
    let arrays = repeated(r#"{"cookies":[]}"#, r#"{"cookies":[]}"#, 3000);
    let text = format!(r#"{{"{key}":[{arrays}],"cookies":[{OPENAI}]}}"#);
    assert!(sessions::compressed(&text).len() < 20_000);
    expect_cleaned(&text, true, 1);
}

#[test]
fn places_too_long_for_a_copy_are_cut_without_one() {
    let key = "k".repeat(3_000_000);
    let array = format!(r#"{{"cookies":[{OPENAI}]}}"#);
    let text = format!(r#"{{"{key}":[{}]}}"#, repeated(&array, &array, 2999));
    let content = sessions::compressed(&text);
    let (world, path) = world_with("sessionstore.jsonlz4", &content);
    let run = bounded(&world, &["openai.com"], text.len()).expect(1);
    assert!(run.stderr.contains("the places of its cookies"), "{run:#?}");
    assert!(run.stderr.contains("--no-undo"), "{run:#?}");
    assert!(fs::read(&path).unwrap() == content);
    assert_the_rest_is_done(&world);
    let arguments = ["openai.com", "--no-undo", "--json"];
    let run = bounded(&world, &arguments, text.len()).expect(0);
    assert_eq!(row(&run.json(), &path)["deleted"], 3000);
}

/// A session with so many elements that are no cookies, in the fewest bytes that it can
/// be written in, and how long its text is.
fn dense(elements: usize) -> (Vec<u8>, usize) {
    let (start, element, end) = (br#"{"cookies":["#, b"{},", b"{}]}");
    let repeated = (elements - 1) * element.len();
    let length = start.len() + element.len() + repeated + end.len();
    let mut file = b"mozLz40\0".to_vec();
    file.extend(u32::try_from(length).unwrap().to_le_bytes());
    // 15 literals; the last 3 of them again and again; 4 literals.
    file.extend([0xff, 0]);
    file.extend(start);
    file.extend(element);
    file.extend([3, 0]);
    let more = repeated - 15 - 4;
    file.extend(vec![255; more / 255]);
    file.push(u8::try_from(more % 255).unwrap());
    file.push(0x40);
    file.extend(end);
    (file, length)
}

#[test]
fn elements_cost_nothing() {
    let (content, length) = dense(5_000_000);
    let (world, path) = world_with("sessionstore.jsonlz4", &content);
    for arguments in [
        &["list", "openai.com", "--json"][..],
        &["openai.com", "--json"],
    ] {
        let run = bounded(&world, arguments, length).expect(0);
        assert_eq!(row(&run.json(), &path)["matched"], 0);
    }
    assert_the_rest_is_done(&world);
    let windows = repeated("{}", "{}", 1_000_000);
    let text = format!(r#"{{"windows":[{windows}],"cookies":[{OPENAI},{{}}]}}"#);
    expect_cleaned(&text, false, 1);
}

#[test]
fn a_session_denser_than_a_browser_writes_it_is_named() {
    let (content, length) = dense(175_000_000);
    assert!(content.len() < 3 << 20 && length > 500 << 20);
    expect_named(&content, content.len(), "as no browser writes it");
}

#[test]
fn arrays_cost_nothing() {
    let empty = repeated(r#""cookies":[]"#, r#""cookies":[]"#, 300_000);
    let text = format!(r#"{{{empty},"cookies":[{OPENAI}]}}"#);
    expect_cleaned(&text, false, 1);
}

#[test]
fn arrays_of_one_name_come_back_each_to_its_place() {
    let array = format!(r#""cookies":[{OTHER},{OPENAI}]"#);
    let text = format!("{{{}}}", repeated(&array, &array, 19_999));
    expect_cleaned(&text, false, 20_000);
}

#[test]
fn cookies_that_match_cost_about_their_length() {
    let text = format!(r#"{{"cookies":[{}]}}"#, repeated(OPENAI, OPENAI, 199_999));
    expect_cleaned(&text, false, 200_000);
    let pair = format!("{OTHER},{OPENAI}");
    let text = format!(r#"{{"cookies":[{}]}}"#, repeated(&pair, &pair, 49_999));
    expect_cleaned(&text, true, 50_000);
}

#[test]
fn one_cookie_with_many_members_costs_its_length() {
    let members = repeated(r#""a":1"#, r#""a":1"#, 1_000_000);
    let cookie = OPENAI.replacen('{', &format!("{{{members},"), 1);
    expect_cleaned(&format!(r#"{{"cookies":[{cookie}]}}"#), false, 1);
    let attributes: Vec<_> = (0..300_000).map(|n| format!(r#""a{n}":1"#)).collect();
    let attributes = format!(r#"{{"originAttributes":{{{}}},"#, attributes.join(","));
    let cookie = OPENAI.replacen('{', &attributes, 1);
    expect_cleaned(&format!(r#"{{"cookies":[{cookie}]}}"#), false, 1);
}

#[test]
fn the_fields_of_a_page_are_looked_at_once() {
    let fields = repeated(r#""sessionData":"""#, r#""sessionData":"""#, 200_000);
    let session = serde_json::to_string(&format!(r#"{{"cookies":[{OPENAI}]}}"#)).unwrap();
    let text = crash_page(&format!(r#"{fields},"sessionData":{session}"#));
    expect_cleaned(&text, true, 1);
    let other = text.replace("about:sessionrestore", "https://openai.com/");
    expect_cleaned(&other, true, 0);
    // Below a key that is long, and has to be compared.
    let key = r"\u0069".repeat(300_000);
    let page = format!(r#"{{"formdata":{{"{key}":{{{fields}}}}},"cookies":[{OPENAI}]}}"#);
    expect_cleaned(&page, true, 1);
}

#[test]
fn pages_within_pages_are_looked_at_once() {
    let depth = 50_000;
    let open = r#"{"formdata":{"id":{"sessionData":"x","a":"#;
    let text = format!(
        r#"{{"a":{}1{},"cookies":[{OPENAI}]}}"#,
        open.repeat(depth),
        "}}}".repeat(depth)
    );
    expect_cleaned(&text, true, 1);
    let page = r#"{"entries":[{"url":"about:sessionrestore"},"#;
    let text = format!(
        r#"{{"a":{}1{},"cookies":[{OPENAI}]}}"#,
        page.repeat(depth),
        "]}".repeat(depth)
    );
    expect_cleaned(&text, true, 1);
}

#[test]
fn a_session_in_a_string_costs_about_its_length() {
    let cookies = repeated(OTHER, OTHER, 100_000);
    let session = format!(r#"{{"cookies":[{cookies},{OPENAI}],"t":"\ud83d\ude00\u00e9"}}"#);
    let string = serde_json::to_string(&session).unwrap();
    let text = crash_page(&format!(r#""sessionData":{string}"#));
    expect_cleaned(&text, false, 1);
    // Each in the string of another.
    let mut text = format!(
        r#"{{"t":"{}","cookies":[{OPENAI}]}}"#,
        "x".repeat(2_000_000)
    );
    for _ in 0..8 {
        let string = text.replace('\\', r"\u005c").replace('"', r"\u0022");
        text = crash_page(&format!(r#""sessionData":"{string}""#));
    }
    expect_cleaned(&text, false, 1);
    for _ in 0..9 {
        let string = text.replace('\\', r"\u005c").replace('"', r"\u0022");
        text = crash_page(&format!(r#""sessionData":"{string}""#));
    }
    expect_named(text.as_bytes(), text.len(), "sessions within sessions");
    // Two of which each could be looked into.
    text = "x".repeat(17 << 20);
    for _ in 0..2 {
        let string = text.replace('"', r"\u0022");
        text = crash_page(&format!(r#""sessionData":"{string}""#));
    }
    expect_named(text.as_bytes(), text.len(), "sessions within sessions");
}

#[test]
fn text_that_is_odd_is_gone_through() {
    let odd = repeated(r#""\ud800""#, r#""\udfff\ud800""#, 200_000);
    let text = format!(r#"{{"odd":[{odd}],"cookies":[{OPENAI}]}}"#);
    expect_cleaned(&text, true, 1);
    let numbers = repeated("1e400", "-12345678901234567890.5E+999", 200_000);
    let text = format!(r#"{{"odd":[{numbers}],"cookies":[{OPENAI}]}}"#);
    expect_cleaned(&text, true, 1);
}

#[test]
fn depth_is_cheap_up_to_a_bound() {
    let deep = |n: usize| {
        let (open, close) = ("[".repeat(n), "]".repeat(n));
        format!(r#"{{"a":{open}{close},"cookies":[{OPENAI}]}}"#)
    };
    expect_cleaned(&deep(500_000), true, 1);
    let text = deep(10_000_000);
    expect_named(&sessions::compressed(&text), text.len(), "nested");
    let open = vec![b'['; 10_000_000];
    expect_named(&open, open.len(), "nested");
    let open = vec![b'['; 100_000];
    expect_named(&open, open.len(), "EOF");
}

#[test]
fn no_memory_is_given_away_for_what_a_file_claims() {
    // It begins with as many literals as there are bytes.
    let mut block = vec![0xff; 3 << 20];
    block[..8].copy_from_slice(&[0xf0; 8]);
    for length in [512 << 20, (512 << 20) + 1, u32::MAX, 1] {
        let mut content = b"mozLz40\0".to_vec();
        content.extend(u32::to_le_bytes(length));
        content.extend(&block);
        expect_named(&content, content.len(), "bytes are not in it");
    }
}

#[test]
fn what_is_no_text_is_named() {
    let mut content = format!(r#"{{"a":"{}"#, "x".repeat(10_000_000)).into_bytes();
    content.push(0xff);
    expect_named(&content, content.len(), "utf-8");
}

#[test]
fn a_million_containers_cost_about_their_length() {
    let identities: Vec<_> = (1..1_000_000)
        .map(|n| format!(r#"{{"userContextId":{n},"name":"a"}}"#))
        .collect();
    let list = format!(r#"{{"identities":[{}]}}"#, identities.join(","));
    drop(identities);
    let (world, _) = world_with("containers.json", list.as_bytes());
    let cookie = OPENAI.replacen('{', r#"{"originAttributes":{"userContextId":7},"#, 1);
    let session = format!(r#"{{"cookies":[{cookie}]}}"#);
    world.write(&format!("{BAD}/sessionstore.js"), &session);
    let run = bounded(&world, &["list", "openai.com", "--json"], list.len()).expect(0);
    let listed = run.json();
    let cookies = listed["cookies"].as_array().unwrap();
    assert!(cookies.iter().any(|cookie| cookie["container"] == "a"));
    bounded(&world, &["openai.com", "--container", "a"], list.len()).expect(0);
}

#[test]
fn a_list_of_profiles_that_is_no_list_is_named() {
    let sections: Vec<_> = (0..1_000_000)
        .map(|n| format!("[Profile{n}]\nPath=p\nName=n\n"))
        .collect();
    for list in [
        sections.concat(),
        "[a]\n".repeat(5_000_000),
        "\n".repeat(60 << 20),
    ] {
        let (world, _) = world_with("prefs.js", b"");
        let path = world.write(".mozilla/firefox/profiles.ini", &list);
        for arguments in [&["list", "openai.com"][..], &["openai.com"]] {
            let run = bounded(&world, arguments, list.len()).expect(1);
            assert!(run.stderr.contains(&path.display().to_string()), "{run:#?}");
        }
        assert_the_rest_is_done(&world);
    }
    // The longest that is read.
    let (world, _) = world_with("prefs.js", b"");
    let list = "[a]\n".repeat(32 << 10);
    world.write(".mozilla/firefox/profiles.ini", &list);
    bounded(&world, &["openai.com"], list.len()).expect(0);
}

#[test]
fn a_local_state_costs_about_its_length() {
    let chrome = ".config/google-chrome";
    let world_with = |state: &str| {
        let world = World::new();
        stores::chromium(&world.path(&format!("{chrome}/Default/Cookies")), 24);
        world.write(&format!("{chrome}/Default/Preferences"), "{}");
        let path = world.write(&format!("{chrome}/Local State"), state);
        (world, path)
    };
    let long = "x".repeat(30 << 20);
    let profiles: Vec<_> = (0..1_000_000)
        .map(|n| format!(r#""Profile {n}":{{"name":"{n}"}}"#))
        .collect();
    let profiles = profiles.join(",");
    let name = r#""Default":{"name":"Work"}"#;
    let values = repeated("{}", "{}", 8_000_000);
    for state in [
        format!(r#"{{"a":[{values}],"profile":{{"info_cache":{{{name}}},"b":[{values}]}}}}"#),
        format!(r#"{{"profile":{{"info_cache":{{{profiles},{name}}}}}}}"#),
        format!(r#"{{"profile":{{"a":1}},"profile":{{"info_cache":{{{name},"{long}":1}}}}}}"#),
    ] {
        let (world, _) = world_with(&state);
        let run = bounded(&world, &["profiles", "--json"], state.len()).expect(0);
        assert_eq!(run.json()["profiles"][0]["profile_name"], "Work");
        let run = bounded(&world, &["openai.com", "--json"], state.len()).expect(0);
        assert_eq!(run.json()["deleted"], 4);
    }
    // What is wrong with it is said, but not a million times, nor at any length.
    let odd: Vec<_> = (0..300_000).map(|n| format!(r#""../{n}":{{}}"#)).collect();
    let odd = odd.join(",");
    for (state, says) in [
        ("[".repeat(60 << 20), "nested"),
        (
            format!(r#"{{"profile":{{"info_cache":{{{odd},"../{long}":1}}}}}}"#),
            "no name of a folder",
        ),
        (format!(r#"{{"a":"{long}"#), "EOF"),
    ] {
        let (world, path) = world_with(&state);
        let run = bounded(&world, &["openai.com"], state.len()).expect(1);
        assert!(run.stderr.contains(&path.display().to_string()));
        assert!(run.stderr.contains(says) && run.stderr.len() < 10_000);
        assert!(run.stdout.contains("Deleted 4 cookies"), "{}", run.stdout);
    }
    // A name is printed with every cookie.
    let state = format!(r#"{{"profile":{{"info_cache":{{"Default":{{"name":"{long}"}}}}}}}}"#);
    let (world, _) = world_with(&state);
    let run = bounded(&world, &["list", "openai.com", "--json"], state.len()).expect(0);
    assert!(run.stdout.len() < 20_000);
}

#[test]
fn no_document_says_what_fools_a_terminal() {
    let odd = "\u{7f}\u{9b}31m\u{202e}\u{2066}\u{200e}\u{2028}\u{feff}\u{61c}";
    let session = json!({ "cookies": [{
        "host": "openai.com", "name": odd, "path": format!("/{odd}"),
        "originAttributes": { "partitionKey": odd },
    }]});
    let name = format!("sessionstore.js{odd}");
    let (world, _) = world_with(&name, session.to_string().as_bytes());
    let list = format!("[Profile1]\nPath=p\nName={odd}\n");
    world.write(".mozilla/firefox/profiles.ini", list);
    world.write(&format!("{BAD}/sessionstore.bak{odd}"), "{");
    for arguments in [
        &["list", "openai.com", "--json"][..],
        &["list", "openai.com", "--json", "--show-values"],
        &["sites", "--json"],
        &["profiles", "--json"],
        &["openai.com", "--json"],
        &["undo", "--list", "--json"],
        &["undo", "--json"],
    ] {
        let run = bounded(&world, arguments, 0);
        let found: Vec<_> = run.stdout.chars().filter(|c| odd.contains(*c)).collect();
        // The m of the sequence, and its digits, are no harm.
        assert!(found.iter().all(char::is_ascii_alphanumeric), "{found:?}");
        let document = run.json();
        match arguments {
            ["list", ..] => {
                let cookies = document["cookies"].as_array().unwrap();
                assert!(cookies.iter().any(|cookie| cookie["name"] == odd));
            }
            ["profiles", ..] => {
                let mut names = document["profiles"].as_array().unwrap().iter();
                assert!(names.any(|profile| {
                    let name = profile["profile_name"].as_str().unwrap();
                    name.contains('\u{202e}')
                }));
            }
            _ => {}
        }
    }
}
