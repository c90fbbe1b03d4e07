//! Firefox's session files, from which session cookies come back.

mod world;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use world::{World, names, sessions, stores};

const PROFILE: &str = ".mozilla/firefox/p";
const OPENAI: &str = r#"{"host":".openai.com","value":"gone-1","path":"/","name":"a","secure":true,"originAttributes":{"userContextId":2},"sameSite":2,"schemeMap":2}"#;
const CHAT: &str =
    r#"{"host":"chat.openai.com","value":"gone-2","path":"/","name":"b","future":{"z":1,"a":2}}"#;
const EMBEDDED: &str = r#"{"host":"cf.example","value":"gone-3","path":"/","name":"c","originAttributes":{"partitionKey":"(https,openai.com)"}}"#;
const OTHER: &str =
    r#"{"host":"notopenai.com","value":"stays","path":"/","name":"d","expiry":1.5e400}"#;

/// A session with cookies in every place, and numbers that no type holds.
fn session() -> String {
    let inner = format!(r#"{{"windows":[],"cookies":[{OTHER},{OPENAI}]}}"#);
    let inner = serde_json::to_string(&inner).unwrap();
    format!(
        r#"{{"version":["sessionrestore",1], "windows":[{{"cookies":[{OPENAI}],"tabs":[{{"entries":[{{"url":"https://openai.com/","title":"\ud800 cookies","ID":12345678901234567890,"scroll":1.10}}],"formdata":{{"url":"about:sessionrestore","id":{{"sessionData":{inner}}}}}}}]}}],
"cookies":[{OPENAI}, {OTHER},{CHAT} , {EMBEDDED}],"lastSessionState":{{"cookies":[{CHAT},{OTHER}]}}}}"#
    )
}

/// What is to be left of it.
fn cleaned() -> String {
    let quoted = |json: &str| json.replace('"', "\\\"");
    session()
        .replace(
            &format!(r#"[{OPENAI}, {OTHER},{CHAT} , {EMBEDDED}]"#),
            &format!("[ {OTHER}]"),
        )
        .replace(&format!("[{CHAT},{OTHER}]"), &format!("[{OTHER}]"))
        .replace(&format!("[{OPENAI}]"), "[]")
        .replace(&quoted(&format!(",{OPENAI}")), "")
}

/// How many cookies of openai.com, and of others, are in [`session`].
const MATCHING: u64 = 6;
const OTHERS: u64 = 3;

/// A profile with these session files, and a database with 4 cookies of openai.com
/// and 4 others.
fn world_with(files: &[(&str, &[u8])]) -> World {
    let world = World::new();
    stores::firefox(&world.path(&format!("{PROFILE}/cookies.sqlite")), 17);
    for (name, content) in files {
        world.write(&format!("{PROFILE}/{name}"), content);
    }
    world.age();
    world
}

fn file(world: &World, name: &str) -> PathBuf {
    world.path(&format!("{PROFILE}/{name}"))
}

/// A store's row in a document.
fn row(document: &Value, path: &std::path::Path) -> Value {
    let stores = document["stores"].as_array().unwrap();
    let row = stores.iter().find(|row| row["store"] == json!(path));
    row.unwrap_or_else(|| panic!("{path:?} in {document}"))
        .clone()
}

#[test]
fn every_session_file_is_cleaned_and_comes_back_byte_for_byte() {
    let compressed = sessions::compressed(&session());
    let plain = session().into_bytes();
    let files: [(&str, &[u8]); 11] = [
        ("sessionstore.jsonlz4", &compressed),
        ("sessionstore.js", &plain),
        ("sessionstore.bak", &plain),
        ("sessionstore.bak-20140101", &plain),
        ("sessionstore.jsonlz4.tmp", &compressed),
        ("sessionstore-backups/recovery.jsonlz4", &compressed),
        ("sessionstore-backups/recovery.baklz4", &compressed),
        ("sessionstore-backups/recovery.jsonlz4.tmp", &compressed),
        ("sessionstore-backups/previous.jsonlz4", &compressed),
        (
            "sessionstore-backups/upgrade.jsonlz4-20261108093000",
            &compressed,
        ),
        ("sessionstore-backups/sessionstore.bak", &plain),
    ];
    let world = world_with(&files);
    let before = world.files();
    let (code, listed) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0);
    let all = 4 + MATCHING * files.len() as u64;
    assert_eq!(listed["cookies"].as_array().unwrap().len() as u64, all);
    assert!(world.files() == before);

    let (code, deleted) = world.json(&["openai.com"]);
    assert_eq!((code, &deleted["deleted"]), (0, &json!(all)), "{deleted}");
    for (name, content) in &files {
        let path = file(&world, name);
        assert_eq!(sessions::text(&path), cleaned(), "{name}");
        let is_compressed = fs::read(&path).unwrap().starts_with(b"mozLz40\0");
        assert_eq!(is_compressed, content.starts_with(b"mozLz40\0"), "{name}");
        let row = row(&deleted, &path);
        assert_eq!(row["kind"], "firefox-session");
        assert_eq!(row["status"], "cleaned");
        assert_eq!(
            (&row["deleted"], &row["kept"]),
            (&json!(MATCHING), &json!(OTHERS))
        );
    }
    // Nothing was left beside them.
    assert!(world.files().keys().eq(before.keys()));
    let (code, again) = world.json(&["openai.com"]);
    assert_eq!((code, &again["deleted"]), (0, &json!(0)));

    world.run_bare(&["undo"]).expect(0);
    for (name, _) in &files {
        assert_eq!(sessions::text(&file(&world, name)), session(), "{name}");
    }
    assert!(world.files().keys().eq(before.keys()));
}

#[test]
fn other_files_are_not_taken_for_sessions() {
    let content = session().into_bytes();
    let world = world_with(&[
        ("sessionCheckpoints.json", &content),
        ("sessionstore-backups/notes.js", &content),
        ("sessionstore-backups/recovery", &content),
        ("recovery.jsonlz4", &content),
        ("my-sessionstore.js", &content),
        ("sessionstore.d/session.js", &content),
        ("sessionstore-backups/recovery.d/session.js", &content),
    ]);
    let (code, listed) = world.json(&["list", "openai.com"]);
    assert_eq!(
        (code, listed["stores"].as_array().unwrap().len()),
        (0, 1),
        "{listed}"
    );
}

#[test]
fn the_json_of_a_session_cookie_is_that_of_the_contract() {
    let world = world_with(&[("sessionstore.js", session().as_bytes())]);
    let (_, listed) = world.json(&["list", "openai.com"]);
    let store = file(&world, "sessionstore.js");
    let cookie = listed["cookies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["kind"] == "firefox-session" && c["name"] == "a")
        .unwrap();
    assert_eq!(
        *cookie,
        json!({
            "browser": "firefox", "browser_name": "Firefox", "profile": "p", "profile_name": "p",
            "store": store, "kind": "firefox-session",
            "host": ".openai.com", "name": "a", "path": "/",
            "partition": null, "container": "Container 2", "expires": null, "session": true,
            "secure": true, "http_only": false, "same_site": "strict", "matched_by": "host", "login": false,
        })
    );
    assert!(!listed.to_string().contains("gone-"), "{listed}");
    let mut rest = listed["cookies"].as_array().unwrap().iter();
    let embedded = rest.find(|c| c["host"] == "cf.example").unwrap();
    assert_eq!(embedded["matched_by"], "partition");
    assert_eq!(embedded["partition"], "https://openai.com");

    let (_, sites) = world.json(&["sites", "notopenai.com"]);
    assert_eq!(sites["sites"][0]["cookies"], 1 + OTHERS);
    let (_, profiles) = world.json(&["profiles"]);
    // What stands in several files of a session would be counted several times.
    assert_eq!(profiles["profiles"][0]["cookies"], 8);
}

#[test]
fn options_narrow_what_is_meant_in_session_files_too() {
    let world = world_with(&[("sessionstore.js", session().as_bytes())]);
    let found = |arguments: &[&str]| {
        let mut all = vec!["list", "openai.com"];
        all.extend(arguments);
        let (_, mut listed) = world.json(&all);
        let cookies = listed["cookies"].as_array_mut().unwrap();
        cookies.retain(|c| c["kind"] == "firefox-session");
        let mut names = names(&listed);
        names.dedup();
        names
    };
    assert_eq!(
        found(&[]),
        [".openai.com a", "cf.example c", "chat.openai.com b"]
    );
    assert_eq!(found(&["--exact"]), [".openai.com a"]);
    assert_eq!(
        found(&["--no-partitioned"]),
        [".openai.com a", "chat.openai.com b"]
    );
    assert_eq!(found(&["--keep", "[ac]"]), ["chat.openai.com b"]);
}

#[test]
fn a_person_reads_of_each_cookie_once_in_a_profile() {
    let content = sessions::compressed(&session());
    let world = world_with(&[
        ("sessionstore.jsonlz4", &content),
        ("sessionstore-backups/previous.jsonlz4", &content),
    ]);
    for arguments in [&["list", "openai.com"][..], &["openai.com"]] {
        let run = world.run(arguments).expect(0);
        assert_eq!(
            run.stdout.matches("in session files").count(),
            3,
            "{run:#?}"
        );
        assert_eq!(
            run.stdout.matches("Firefox, profile").count(),
            1,
            "{run:#?}"
        );
        assert!(run.stdout.contains("9 of them are in a second"), "{run:#?}");
    }
}

#[test]
fn what_is_no_session_stays_untouched_and_is_named() {
    let whole = sessions::compressed(&session());
    let wrong = |length: u32| {
        let mut file = whole.clone();
        file[8..12].copy_from_slice(&length.to_le_bytes());
        file
    };
    let length = session().len() as u32;
    let files: [(&str, Vec<u8>); 9] = [
        ("recovery.truncated", whole[..whole.len() / 2].to_vec()),
        ("recovery.header", whole[..11].to_vec()),
        ("recovery.short", wrong(length - 1)),
        ("recovery.long", wrong(length + 1)),
        ("recovery.huge", wrong(u32::MAX)),
        ("recovery.large", wrong(500 << 20)),
        ("recovery.js", b"({windows:[]})".to_vec()),
        ("recovery.text", session().into_bytes()[..400].to_vec()),
        (
            "recovery.latin1",
            b"{\"a\":\"\xe9\",\"cookies\":[]}".to_vec(),
        ),
    ];
    for (name, content) in files {
        let name = format!("sessionstore-backups/{name}");
        let world = world_with(&[(&name, &content), ("sessionstore.jsonlz4", &whole)]);
        let path = file(&world, &name);
        for arguments in [&["list", "openai.com"][..], &["sites"], &["openai.com"]] {
            let run = world.run(arguments).expect(1);
            assert!(run.stderr.contains(&path.display().to_string()), "{run:#?}");
        }
        assert!(fs::read(&path).unwrap() == content, "{name}");
        // The others are cleaned all the same.
        assert_eq!(
            sessions::text(&file(&world, "sessionstore.jsonlz4")),
            cleaned()
        );
        let (_, listed) = world.json(&["list", "openai.com"]);
        assert_eq!(row(&listed, &path)["status"], "error");
    }
}

#[test]
fn an_empty_session_file_holds_nothing() {
    let world = world_with(&[("sessionstore.js", b"")]);
    let (code, deleted) = world.json(&["openai.com"]);
    assert_eq!((code, &deleted["deleted"]), (0, &json!(4)));
    let path = file(&world, "sessionstore.js");
    assert_eq!(row(&deleted, &path)["status"], "nothing-matched");
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn a_session_that_has_nothing_of_the_site_is_not_written() {
    let content = sessions::compressed(&session());
    let world = world_with(&[("sessionstore.jsonlz4", &content)]);
    let before = world.files();
    let modified = || {
        file(&world, "sessionstore.jsonlz4")
            .metadata()
            .unwrap()
            .modified()
            .unwrap()
    };
    let then = modified();
    let (code, deleted) = world.json(&["example.net"]);
    assert_eq!((code, &deleted["deleted"]), (0, &json!(0)));
    assert!(world.files() == before);
    assert_eq!(modified(), then);
}

#[test]
fn what_the_browser_did_meanwhile_is_left_to_it() {
    let content = sessions::compressed(&session());
    let world = world_with(&[
        ("sessionstore.jsonlz4", &content),
        ("sessionstore-backups/previous.jsonlz4", &content),
    ]);
    world.run(&["openai.com"]).expect(0);
    // A start: the file moves, a site has set its cookie anew, a window is closed.
    fs::remove_file(file(&world, "sessionstore.jsonlz4")).unwrap();
    let newer = OPENAI.replace("gone-1", "new");
    let now = format!(r#"{{"cookies":[{newer},{OTHER}]}}"#);
    world.write(
        &format!("{PROFILE}/sessionstore-backups/previous.jsonlz4"),
        &now,
    );

    let run = world.run_bare(&["undo", "--json"]).expect(0);
    let undone = run.json();
    let gone = row(&undone, &file(&world, "sessionstore.jsonlz4"));
    assert_eq!(
        (&gone["restored"], &gone["skipped"]),
        (&json!(0), &json!(MATCHING))
    );
    let previous = file(&world, "sessionstore-backups/previous.jsonlz4");
    let back = row(&undone, &previous);
    assert_eq!(
        (&back["restored"], &back["skipped"]),
        (&json!(2), &json!(4))
    );
    assert_eq!(
        sessions::text(&previous),
        format!(r#"{{"cookies":[{newer},{OTHER},{CHAT} , {EMBEDDED}]}}"#)
    );
    let list = world
        .run_bare(&["undo", "--list", "--json"])
        .expect(0)
        .json();
    assert_eq!(list["undo"], json!([]));
}

#[test]
fn without_its_profile_the_copy_for_undo_is_kept() {
    let world = world_with(&[("sessionstore.js", session().as_bytes())]);
    world.run(&["openai.com"]).expect(0);
    let away = world.root().join("away");
    fs::rename(world.path(PROFILE), &away).unwrap();
    world.run_bare(&["undo"]).expect(1);
    fs::rename(&away, world.path(PROFILE)).unwrap();
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(sessions::text(&file(&world, "sessionstore.js")), session());
}

#[cfg(unix)]
mod on_posix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::world::Run;
    use super::*;

    #[test]
    fn mode_and_owner_are_kept() {
        let content = sessions::compressed(&session());
        let world = world_with(&[("sessionstore.jsonlz4", &content)]);
        let path = file(&world, "sessionstore.jsonlz4");
        for mode in [0o600, 0o640, 0o664] {
            fs::write(&path, &content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let is_root = nix::unistd::geteuid().is_root();
            if is_root {
                std::os::unix::fs::chown(&path, Some(12345), Some(23456)).unwrap();
            }
            let before = path.metadata().unwrap();
            let mut last = before.ino();
            for arguments in [&["openai.com"][..], &["undo"]] {
                match arguments {
                    ["undo"] => world.run_bare(arguments),
                    _ => world.run(arguments),
                }
                .expect(0);
                let after = path.metadata().unwrap();
                assert_ne!(after.ino(), std::mem::replace(&mut last, after.ino()));
                assert_eq!(after.mode(), before.mode());
                assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
            }
        }
    }

    #[test]
    fn a_read_only_file_stays_and_is_named() {
        let content = sessions::compressed(&session());
        let world = world_with(&[("sessionstore.jsonlz4", &content)]);
        let path = file(&world, "sessionstore.jsonlz4");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        let before = path.metadata().unwrap().ino();
        let run = world.run(&["openai.com"]).expect(1);
        assert!(run.stderr.contains("read-only"), "{run:#?}");
        assert!(fs::read(&path).unwrap() == content);
        assert_eq!(path.metadata().unwrap().ino(), before);
    }

    #[test]
    fn a_link_out_of_the_profile_is_not_followed() {
        let world = world_with(&[]);
        let outside = world.root().join("outside");
        fs::create_dir(&outside).unwrap();
        let target = outside.join("recovery.js");
        fs::write(&target, session()).unwrap();
        let file_link = file(&world, "sessionstore.js");
        symlink(&target, &file_link).unwrap();
        symlink(&outside, file(&world, "sessionstore-backups")).unwrap();
        let run = world.run(&["openai.com"]).expect(1);
        assert!(
            run.stderr.contains(&file_link.display().to_string()),
            "{run:#?}"
        );
        assert!(run.stderr.contains("sessionstore-backups"), "{run:#?}");
        assert_eq!(fs::read_to_string(&target).unwrap(), session());
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    }

    #[test]
    fn a_pipe_in_its_place_does_not_block() {
        let world = world_with(&[]);
        let pipe = file(&world, "sessionstore.js");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
        let run = world.run(&["openai.com"]).expect(1);
        assert!(run.stderr.contains("not a regular file"), "{run:#?}");
    }

    #[test]
    fn the_old_content_is_overwritten_unless_it_has_another_name() {
        let content = session().into_bytes();
        let world = world_with(&[
            ("sessionstore.js", &content),
            ("sessionstore-backups/previous.js", &content),
        ]);
        // What is open outlives its name, and shows what became of it.
        let held = fs::File::open(file(&world, "sessionstore.js")).unwrap();
        let backup = world.root().join("backup.js");
        fs::hard_link(file(&world, "sessionstore-backups/previous.js"), &backup).unwrap();
        world.run(&["openai.com"]).expect(0);
        let mut left = Vec::new();
        std::io::Read::read_to_end(&mut &held, &mut left).unwrap();
        assert!(left == vec![0; content.len()], "{left:?}");
        assert!(fs::read(&backup).unwrap() == content);
    }

    #[test]
    fn both_names_of_a_file_are_cleaned() {
        let world = world_with(&[("sessionstore.js", session().as_bytes())]);
        let second = file(&world, "sessionstore.bak");
        fs::hard_link(file(&world, "sessionstore.js"), &second).unwrap();
        symlink(&second, file(&world, "sessionstore.bak-1")).unwrap();
        let (code, deleted) = world.json(&["openai.com"]);
        assert_eq!((code, deleted["stores"].as_array().unwrap().len()), (0, 3));
        for name in ["sessionstore.js", "sessionstore.bak"] {
            assert_eq!(sessions::text(&file(&world, name)), cleaned());
        }
        assert!(file(&world, "sessionstore.bak-1").is_symlink());
    }

    #[test]
    fn on_a_full_disk_the_session_stays_whole() {
        let can = Command::new("unshare")
            .args(["-m", "true"])
            .stderr(Stdio::null())
            .status();
        if !can.is_ok_and(|status| status.success()) {
            world::skipped(
                "on_a_full_disk_the_session_stays_whole",
                "needs root, for a small disk",
            );
            return;
        }
        // Long and hard to compress: it finds no room beside itself.
        let filler: String = (0_u64..30_000)
            .map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .collect();
        let text = session().replacen("sessionrestore", &filler, 1);
        let content = sessions::compressed(&text);
        let world = world_with(&[("sessionstore-backups/recovery.jsonlz4", &content)]);
        let folder = file(&world, "sessionstore-backups");
        let saved = world.root().join("saved");
        let script = format!(
            "mkdir '{1}' && cp -a '{0}/.' '{1}' && mount -t tmpfs -o size={2} tmpfs '{0}' && \
             cp -a '{1}/.' '{0}' || exit 9; \"$@\"; code=$?; rm -rf '{1}'; cp -a '{0}' '{1}'; \
             exit $code",
            folder.display(),
            saved.display(),
            content.len() + content.len() / 2,
        );
        let inner = world.command(&["openai.com", "--layout", "linux"]);
        let mut command = Command::new("unshare");
        command
            .args(["-m", "sh", "-c", &script, "sh"])
            .arg(inner.get_program())
            .args(inner.get_args())
            .arg("--home")
            .arg(world.home())
            .env("COOKIECLEAN_STATE_DIR", world.state());
        let run = Run::of(command).expect(1);
        assert!(run.stderr.contains("disk is full"), "{run:#?}");
        let names: Vec<_> = fs::read_dir(&saved)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["recovery.jsonlz4"]);
        assert!(fs::read(saved.join("recovery.jsonlz4")).unwrap() == content);
    }

    #[test]
    fn killed_at_any_moment_leaves_a_whole_session() {
        let filler: String = (0_u64..60_000)
            .map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .collect();
        let text = session().replacen("sessionrestore", &filler, 1);
        let rest = cleaned().replacen("sessionrestore", &filler, 1);
        let content = sessions::compressed(&text);
        let world = world_with(&[("sessionstore.jsonlz4", &content)]);
        let path = file(&world, "sessionstore.jsonlz4");
        let is_left = || {
            let names = fs::read_dir(world.path(PROFILE)).unwrap().flatten();
            let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
            names.any(|name| name.starts_with(".cookieclean-"))
        };
        let mut outcomes = [0, 0];
        let mut leftovers = 0;
        let mut done_after = None;
        for step in 0_u64..400 {
            // Where it was never met in the middle, in smaller steps back from where it
            // was done.
            let pause = match done_after {
                Some(_) if step >= 60 && leftovers > 0 => break,
                Some(done) if step >= 60 => {
                    done - Duration::from_micros((step - 60) * 300).min(done)
                }
                _ => Duration::from_millis(step * 3),
            };
            fs::write(&path, &content).unwrap();
            let _ = fs::remove_dir_all(world.state());
            let mut child = world
                .command_at_home(&["openai.com", "--json"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(pause);
            let _ = child.kill();
            child.wait().unwrap();

            let now = sessions::text(&path);
            assert!(now == text || now == rest, "step {step}");
            outcomes[usize::from(now == rest)] += 1;
            if now == rest {
                done_after.get_or_insert(pause);
            }
            leftovers += usize::from(is_left());
            if now == rest {
                world.run_bare(&["undo"]).expect(0);
                assert_eq!(sessions::text(&path), text);
            }
            // The next one works, and takes away what was left.
            world.run(&["openai.com"]).expect(0);
            assert_eq!(sessions::text(&path), rest);
            assert!(!is_left(), "step {step}");
        }
        assert!(outcomes[0] > 0 && outcomes[1] > 0, "{outcomes:?}");
        assert!(leftovers > 0, "never in the middle");
    }
}
