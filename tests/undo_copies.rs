//! The copies for undo: what may destroy one, who may touch them, and how long they stay.

mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
#[cfg(unix)]
use world::Run;
use world::{World, stores};

const CHROME: &str = ".config/google-chrome";

fn chrome_profile(world: &World, name: &str) -> PathBuf {
    let store = world.path(&format!("{CHROME}/{name}/Cookies"));
    stores::chromium(&store, 24);
    world.write(&format!("{CHROME}/{name}/Preferences"), "{}");
    store
}

/// The folders of deletions, in their order.
fn deletions(world: &World) -> Vec<PathBuf> {
    let found = fs::read_dir(world.state().join("undo"))
        .into_iter()
        .flatten();
    let mut found: Vec<_> = found.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn only_deletion(world: &World) -> PathBuf {
    let mut found = deletions(world);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// The whole copies of all deletions.
fn copies(world: &World) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in deletions(world) {
        let files = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        found.extend(files.filter(|path| path.extension().is_some_and(|e| e == "jsonl")));
    }
    found.sort();
    found
}

fn rows(store: &Path) -> usize {
    stores::dump(store, "cookies").len()
}

fn id_of(time: Timestamp) -> String {
    time.strftime("%Y%m%d-%H%M%S").to_string()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn set_modified(folder: &Path, time: Timestamp) {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::custom_flags(
        std::os::windows::fs::OpenOptionsExt::access_mode(&mut options, 0x100),
        0x0200_0000,
    );
    let folder = options.open(folder).unwrap();
    folder
        .set_modified(SystemTime::try_from(time).unwrap())
        .unwrap();
}

#[test]
fn a_deletion_expires_by_the_time_in_its_name() {
    let world = World::new();
    chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let made = only_deletion(&world);
    for (age, stays) in [(6, true), (8, false)] {
        let aged = made.with_file_name(id_of(Timestamp::now() - days(age)));
        fs::rename(only_deletion(&world), &aged).unwrap();
        assert_eq!(world.run(&["list", "openai.com"]).expect(0).stderr, "");
        assert_eq!(aged.exists(), stays, "{age} days");
    }
}

#[test]
fn a_copy_from_the_future_counts_from_its_folders_time() {
    for (age, stays) in [(6, true), (8, false)] {
        let world = World::new();
        chrome_profile(&world, "Default");
        world.run(&["openai.com"]).expect(0);
        let folder = world.state().join("undo").join("20990101-000000");
        fs::rename(only_deletion(&world), &folder).unwrap();
        set_modified(&folder, Timestamp::now() - days(age));
        world.run(&["list", "openai.com"]).expect(0);
        assert_eq!(folder.exists(), stays, "{age} days");
    }
}

#[test]
fn a_copy_without_a_credible_time_stays_a_week_more() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let folder = world.state().join("undo").join("20990101-000000");
    fs::rename(only_deletion(&world), &folder).unwrap();
    set_modified(&folder, "2099-01-01T00:00:00Z".parse().unwrap());
    let undo = cookieclean::Undo::in_folder(&world.state());
    let now = Timestamp::now();
    for (after, stays) in [(0, true), (6, true), (8, false)] {
        let errors = undo.expire(now + days(after));
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(
            folder.exists(),
            stays,
            "{after} days after it was first seen"
        );
    }
    assert_eq!(rows(&store), 4);
}

#[test]
fn a_clock_that_is_wrong_today_destroys_no_fresh_copy() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let undo = cookieclean::Undo::in_folder(&world.state());
    for wrong in [
        "1970-01-01T00:05:00Z",
        "2099-01-01T00:00:00Z",
        "2019-06-01T00:00:00Z",
    ] {
        let errors = undo.expire(wrong.parse().unwrap());
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(copies(&world).len(), 1, "{wrong}");
    }
    // And once it is right again, the name counts.
    assert!(undo.expire(Timestamp::now()).is_empty());
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(rows(&store), 8);
}

#[test]
fn list_tells_what_there_is_of_each_deletion() {
    let world = World::of_fixtures();
    let list = || world.run_bare(&["undo", "--list", "--json"]).json()["undo"].clone();
    world.run(&["openai.com"]).expect(0);
    let cookies_only = list()[0].clone();
    let id = cookies_only["id"].as_str().unwrap().to_owned();
    let time =
        |field: &str| -> Timestamp { cookies_only[field].as_str().unwrap().parse().unwrap() };
    assert_eq!(id_of(time("created")), id);
    let left = time("expires").duration_since(time("created"));
    // The name has whole seconds.
    assert!(
        (days(7) - left).abs() <= SignedDuration::from_secs(1),
        "{left}"
    );
    assert_eq!(cookies_only["domains"], json!(["openai.com"]));
    assert_eq!(cookies_only["cookies"], 28);
    assert_eq!(cookies_only["leftovers"], 0);
    for flag in ["site_data", "cut_off", "running"] {
        assert_eq!(cookies_only[flag], false, "{flag}");
    }
    assert_eq!(cookies_only["trash"], 0);

    world
        .run(&["example.com", "--site-data", "--yes"])
        .expect(0);
    let all = list();
    let with_data = all[0].clone();
    assert_eq!(all[1], cookies_only);
    assert_eq!(with_data["site_data"], true);
    assert_eq!(with_data["cut_off"], false);
    let size = with_data["trash"].as_u64().unwrap();
    assert!(size > 1000, "{with_data}");
    let of_firefox = world.path(".mozilla/firefox/abcd1234.default-esr/cookieclean-trash");
    let trash = fs::read_dir(of_firefox).unwrap().next().unwrap().unwrap();
    fs::remove_file(trash.path().join("complete")).unwrap();
    let cut_off = list()[0].clone();
    assert_eq!(cut_off["cut_off"], true, "{cut_off}");
    // What is cut off is put back all the same.
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(list()[0], cookies_only);
}

#[test]
fn empty_name_of_a_state_folder_is_none() {
    let world = World::of_fixtures();
    let mut command = world.command_at_home(&["openai.com"]);
    command.env("COOKIECLEAN_STATE_DIR", "");
    for variable in ["XDG_STATE_HOME", "LOCALAPPDATA", "HOME"] {
        command.env(variable, world.root().join("own"));
    }
    let run = world::Run::of(command).expect(0);
    if cfg!(target_os = "linux") {
        assert!(run.stdout.contains("To put them back"), "{run:?}");
        let undo = world.root().join("own/cookieclean/undo");
        assert_eq!(fs::read_dir(undo).unwrap().count(), 1);
    }
    assert!(!world.state().exists());
}

/// What a run that was killed while it wrote a copy has left.
fn leave_leftovers(world: &World, id: &str) -> PathBuf {
    let folder = world.state().join("undo").join(id);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("0000.part"), "{\"schema\":1,\"created\":").unwrap();
    fs::write(folder.join("lock"), "").unwrap();
    folder
}

#[test]
fn leftovers_of_a_killed_run_are_listed_and_forgotten() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let id = id_of(Timestamp::now() + SignedDuration::from_mins(1));
    let leftovers = leave_leftovers(&world, &id);
    let list = world
        .run_bare(&["undo", "--list", "--json"])
        .expect(0)
        .json();
    assert_eq!(list["undo"][0]["id"], json!(id));
    assert_eq!(list["undo"][0]["leftovers"], 1);
    assert_eq!(list["undo"][0]["cookies"], 0);
    // By the name, as no copy tells.
    let created = list["undo"][0]["created"].as_str().unwrap();
    assert_eq!(id_of(created.parse().unwrap()), id);
    assert_eq!(list["undo"][1]["cookies"], 4);
    let list = world.run_bare(&["undo", "--list"]).expect(0);
    assert!(list.stdout.contains("leftovers"), "{list:#?}");
    // Undo passes them over, and keeps them.
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(rows(&store), 8);
    assert!(leftovers.join("0000.part").exists());
    let forgotten = world
        .run_bare(&["undo", "--forget", "--json"])
        .expect(0)
        .json();
    assert_eq!(forgotten["forgotten"], json!([id]));
    assert_eq!(deletions(&world), Vec::<PathBuf>::new());
}

/// A run that is killed before its copy is finished has already begun to fill the trash.
#[test]
fn trash_of_an_unfinished_copy_is_forgotten_with_it() {
    let world = World::of_fixtures();
    world
        .run(&["example.com", "--site-data", "--yes"])
        .expect(0);
    let of_firefox = world.path(".mozilla/firefox/abcd1234.default-esr/cookieclean-trash");
    assert!(of_firefox.exists());
    for copy in copies(&world) {
        fs::rename(&copy, copy.with_extension("part")).unwrap();
    }
    world.run_bare(&["undo", "--forget"]).expect(0);
    assert_eq!(deletions(&world), Vec::<PathBuf>::new());
    assert!(!of_firefox.exists());
}

#[test]
fn a_damaged_copy_of_site_data_is_forgotten() {
    let world = World::of_fixtures();
    world
        .run(&["example.com", "--site-data", "--yes"])
        .expect(0);
    for copy in copies(&world) {
        let text = fs::read_to_string(&copy).unwrap();
        let (header, _) = text.split_once('\n').unwrap();
        fs::write(&copy, format!("{header}\n")).unwrap();
    }
    world.run_bare(&["undo", "--forget"]).expect(0);
    assert_eq!(deletions(&world), Vec::<PathBuf>::new());
}

#[test]
fn leftovers_of_a_killed_run_expire() {
    let world = World::new();
    let old = leave_leftovers(&world, &id_of(Timestamp::now() - days(8)));
    let fresh = leave_leftovers(&world, &id_of(Timestamp::now() - days(6)));
    world.run(&["list", "openai.com"]).expect(0);
    assert!(!old.exists() && fresh.exists());
}

#[test]
fn a_copy_of_an_unknown_format_is_refused_and_kept() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let copy = copies(&world).remove(0);
    let text = fs::read_to_string(&copy).unwrap();
    // Of which the header may have anything else.
    let newer = text.replacen("\"schema\":1", "\"schema\":2", 1);
    let newer = newer.replacen("\"profile_dir\"", "\"profile_folder\"", 1);
    fs::write(&copy, &newer).unwrap();
    for arguments in [&["undo"][..], &["undo", "--list"]] {
        let run = world.run_bare(arguments).expect(1);
        assert!(run.stderr.contains("format 2"), "{run:#?}");
        assert!(run.stderr.contains(&copy.display().to_string()), "{run:#?}");
    }
    assert_eq!(fs::read_to_string(&copy).unwrap(), newer);
    fs::write(&copy, &text).unwrap();
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(rows(&store), 8);
}

#[test]
fn a_damaged_copy_is_named_and_does_not_block_the_others() {
    let world = World::new();
    let one = chrome_profile(&world, "Default");
    let two = chrome_profile(&world, "Profile 1");
    world.run(&["openai.com"]).expect(0);
    let text = fs::read_to_string(&copies(&world)[0]).unwrap();
    // Which of them was first is left to chance.
    let (one, two) = match text.contains("Profile 1") {
        true => (two, one),
        false => (one, two),
    };
    let lines: Vec<_> = text.lines().collect();
    let cut = lines[..3].join("\n");
    let row_too_many = format!("{text}{}\n", lines[lines.len() - 1]);
    let column_too_few = format!("{}\n[1]\n", lines[..lines.len() - 1].join("\n"));
    let damaged = ["", "{", "\0\0\0\0\n", &cut, &row_too_many, &column_too_few];
    for damaged in damaged {
        let copy = copies(&world).remove(0);
        fs::write(&copy, damaged).unwrap();
        let name = copy.display().to_string();
        let list = world.run_bare(&["undo", "--list"]).expect(1);
        assert!(list.stderr.contains(&name), "{list:#?}");
        let list = world
            .run_bare(&["undo", "--list", "--json"])
            .expect(1)
            .json();
        assert_eq!(list["undo"].as_array().unwrap().len(), 1);
        assert_eq!(list["undo"][0]["problems"][0]["path"], json!(name));
        let run = world.run_bare(&["undo"]).expect(1);
        assert!(run.stderr.contains(&name), "{run:#?}");
        assert_eq!((rows(&one), rows(&two)), (4, 8));
        assert_eq!(fs::read_to_string(&copy).unwrap(), damaged);
    }
    fs::write(copies(&world).remove(0), &text).unwrap();
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(rows(&one), 8);
}

#[test]
fn undo_never_puts_back_another_deletion_than_the_newest() {
    let world = World::new();
    let one = chrome_profile(&world, "Default");
    let two = chrome_profile(&world, "Profile 1");
    world.run(&["openai.com", "-p", "Default"]).expect(0);
    let older = only_deletion(&world);
    let at = Timestamp::now() - SignedDuration::from_mins(5);
    fs::rename(older, world.state().join("undo").join(id_of(at))).unwrap();
    world.run(&["openai.com", "-p", "Profile 1"]).expect(0);
    let newest = copies(&world).remove(1);
    let text = fs::read_to_string(&newest).unwrap();
    fs::write(&newest, "{").unwrap();
    world.run_bare(&["undo"]).expect(1);
    assert_eq!((rows(&one), rows(&two)), (4, 4));
    world.run_bare(&["undo", &id_of(at)]).expect(0);
    assert_eq!((rows(&one), rows(&two)), (8, 4));
    fs::write(&newest, &text).unwrap();
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(rows(&two), 8);
}

#[test]
fn a_folder_with_something_else_in_it_is_not_removed() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let note = only_deletion(&world).join("note.txt");
    fs::write(&note, "precious").unwrap();
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(rows(&store), 8);
    assert_eq!(fs::read_to_string(&note).unwrap(), "precious");
}

#[test]
fn a_forgotten_folder_with_a_folder_in_it_is_named() {
    let world = World::new();
    chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let folder = only_deletion(&world);
    fs::create_dir(folder.join("of somebody")).unwrap();
    let run = world.run_bare(&["undo", "--forget"]).expect(1);
    assert!(
        run.stderr.contains(&folder.display().to_string()),
        "{run:#?}"
    );
    assert!(copies(&world).is_empty());
}

#[test]
fn a_locked_deletion_is_neither_expired_nor_forgotten() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let id = id_of(Timestamp::now() - days(8));
    let folder = world.state().join("undo").join(&id);
    fs::rename(only_deletion(&world), &folder).unwrap();
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let running = format!("deletion {id} is still running");
    let run = world.run(&["list", "openai.com"]).expect(0);
    assert!(run.stderr.contains(&running), "{run:#?}");
    for arguments in [
        &["undo"][..],
        &["undo", "--forget"],
        &["undo", "--forget", &id],
    ] {
        let run = world.run_bare(arguments).expect(1);
        assert!(run.stderr.contains(&running), "{run:#?}");
    }
    let list = world
        .run_bare(&["undo", "--list", "--json"])
        .expect(0)
        .json();
    assert_eq!(list["undo"][0]["running"], true);
    assert_eq!((copies(&world).len(), rows(&store)), (1, 4));
    drop(lock);
    world.run(&["list", "openai.com"]).expect(0);
    assert!(!folder.exists());
}

#[cfg(unix)]
mod on_posix {
    use std::io::{BufRead, BufReader, Read};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::{Command, Stdio};

    use super::*;

    const NOBODY: u32 = 65534;

    fn is_root(test: &str) -> bool {
        nix::unistd::geteuid().is_root() || world::skipped(test, "needs root, to be two users")
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn give(path: &Path, user: u32) {
        lchown(path, Some(user), Some(user)).unwrap();
        if path.symlink_metadata().unwrap().is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                give(&entry.unwrap().path(), user);
            }
        }
    }

    /// The command with a fault at the n-th of these system calls, or of those of them that
    /// have to do with these paths; None when there were fewer. The exit status is -1 when
    /// it was killed.
    fn with_fault(
        world: &World,
        arguments: &[&str],
        (calls, fault, n): (&str, &str, u32),
        paths: &[PathBuf],
    ) -> Option<Run> {
        let command = world.command_at_home(arguments);
        let command = match arguments[0] {
            "undo" => world.command(arguments),
            _ => command,
        };
        let trace = world.root().join("trace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o"]).arg(&trace);
        for path in paths {
            strace.arg("-P").arg(path);
        }
        strace
            .args(["-e", &format!("trace={calls}"), "-e"])
            .arg(format!("inject={calls}:{fault}:when={n}"))
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::null());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => strace.env(name, value),
                None => strace.env_remove(name),
            };
        }
        // One thread, so that n means the same call each time.
        let output = strace.env("COOKIECLEAN_THREADS", "1").output().unwrap();
        let trace = fs::read_to_string(trace).unwrap();
        let is_injected = trace.contains("(INJECTED)") || trace.contains("killed by SIGKILL");
        is_injected.then(|| Run {
            code: output.status.code().unwrap_or_else(|| {
                assert_eq!(output.status.signal(), Some(9));
                -1
            }),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        })
    }

    fn can_trace(test: &str) -> bool {
        let can = Command::new("strace")
            .args(["-qq", "-o", "/dev/null", "true"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        can || world::skipped(test, "needs strace")
    }

    /// A world that can be had again and again.
    struct Template {
        world: World,
        stores: [PathBuf; 2],
    }

    impl Template {
        const NAMES: [&str; 2] = ["Default", "Profile 1"];

        fn new() -> Self {
            let world = World::new();
            let stores = Self::NAMES.map(|name| chrome_profile(&world, name));
            Self { world, stores }
        }

        /// With a deletion in each profile.
        fn of_two_deletions() -> Self {
            let template = Self::new();
            for name in Self::NAMES {
                template.world.run(&["openai.com", "-p", name]).expect(0);
            }
            template.keep()
        }

        fn keep(self) -> Self {
            for part in ["home", "state"] {
                let from = self.world.root().join(part);
                if from.exists() {
                    world::copy_tree(&from, &self.world.root().join("kept").join(part));
                }
            }
            self
        }

        fn again(&self) {
            for part in ["home", "state"] {
                let (to, kept) = (self.world.root().join(part), self.world.root().join("kept"));
                let _ = fs::remove_dir_all(&to);
                if kept.join(part).exists() {
                    world::copy_tree(&kept.join(part), &to);
                }
            }
        }

        /// How many stores have all their rows.
        fn whole(&self) -> usize {
            self.stores.iter().filter(|store| rows(store) == 8).count()
        }

        /// Puts back all there is, without a fault; every row must be there then.
        #[track_caller]
        fn all_comes_back(&self, context: &str) {
            while self.whole() < 2 {
                let run = self.world.run_bare(&["undo"]);
                assert_eq!(run.code, 0, "{context}, then {run:#?}");
                assert!(!run.stdout.contains("nothing to undo"), "{context}");
            }
            // What was back already is put back to no effect.
            for n in 0.. {
                let run = self.world.run_bare(&["undo"]).expect(0);
                if run.stdout.contains("nothing to undo") {
                    break;
                }
                assert!(n < 3, "{context}, then {run:#?}");
            }
            for store in &self.stores {
                assert_eq!(stores::integrity(store), "ok", "{context}");
                assert_eq!(rows(store), 8, "{context}");
            }
            assert!(copies(&self.world).is_empty(), "{context}");
        }
    }

    /// F1, F3, F12: whatever fails in an undo, no copy is lost.
    #[test]
    fn no_fault_of_an_undo_loses_a_copy() {
        if !can_trace("no_fault_of_an_undo_loses_a_copy") {
            return;
        }
        let template = Template::of_two_deletions();
        let world = &template.world;
        let mut points = 0;
        for (calls, fault) in [
            ("getdents64", "error=EMFILE"),
            ("flock", "error=EIO"),
            ("fsync,fdatasync", "error=EIO"),
            ("unlink,unlinkat,rmdir", "error=EIO"),
            ("unlink,unlinkat,rmdir", "signal=KILL"),
            ("write", "error=EIO"),
            ("write,fdatasync", "signal=KILL"),
        ] {
            for n in 1.. {
                template.again();
                // Processes are searched by folders, too.
                let paths = match calls {
                    "getdents64" => deletions(world),
                    _ => Vec::new(),
                };
                let Some(run) = with_fault(world, &["undo"], (calls, fault, n), &paths) else {
                    break;
                };
                points += 1;
                let context = format!("{fault} at {calls} number {n}: {run:#?}");
                assert!(copies(world).len() + template.whole() >= 2, "{context}");
                if run.code == 0 {
                    assert_eq!(template.whole(), 1, "{context}");
                }
                if run.stderr.contains("its copy is kept") {
                    assert_eq!(copies(world).len(), 2, "{context}");
                }
                template.all_comes_back(&context);
            }
        }
        println!("{points} points");
        assert!(points > 20, "{points}");
    }

    /// F3: a session file is back under its name, and the name is not on the disk yet.
    #[test]
    fn a_copy_stays_until_what_it_brings_back_is_synced() {
        if !can_trace("a_copy_stays_until_what_it_brings_back_is_synced") {
            return;
        }
        let cookie =
            |host: &str| format!(r#"{{"host":"{host}","name":"a","value":"v","path":"/"}}"#);
        let text = format!(
            r#"{{"cookies":[{},{}]}}"#,
            cookie("openai.com"),
            cookie("a.example")
        );
        let mut kept = 0;
        for n in 1.. {
            let world = World::new();
            stores::firefox(&world.path(".mozilla/firefox/p/cookies.sqlite"), 17);
            let session = world.write(".mozilla/firefox/p/sessionstore.js", &text);
            world.run(&["openai.com"]).expect(0);
            assert_ne!(fs::read_to_string(&session).unwrap(), text);
            let fault = ("fsync,fdatasync", "error=EIO", n);
            let Some(run) = with_fault(&world, &["undo"], fault, &[]) else {
                break;
            };
            if run.stderr.contains("its copy is kept") {
                kept += 1;
                assert_eq!(run.code, 1, "{run:#?}");
                // The n-th fsync and the n-th fdatasync fail, which can be of two stores.
                let kept_or_failed =
                    |line: &&str| line.starts_with("error:") || line.contains("its copy is kept");
                let named = run.stderr.lines().filter(kept_or_failed).count();
                assert_eq!(copies(&world).len(), named, "number {n}: {run:#?}");
            }
            while !deletions(&world).is_empty() {
                world.run_bare(&["undo"]).expect(0);
            }
            assert_eq!(fs::read_to_string(&session).unwrap(), text);
        }
        assert!(kept > 0);
    }

    /// F1: "no files" and "no deletions" are said only when it is so.
    #[test]
    fn a_folder_that_cannot_be_read_is_an_error() {
        if !can_trace("a_folder_that_cannot_be_read_is_an_error") {
            return;
        }
        let template = Template::of_two_deletions();
        let world = &template.world;
        let undo = world.state().join("undo");
        let paths = [deletions(world), vec![world.state(), undo]].concat();
        let mut points = 0;
        for arguments in [&["undo", "--list"][..], &["undo"], &["undo", "--forget"]] {
            for (calls, fault) in [("openat", "error=EMFILE"), ("getdents64", "error=EIO")] {
                for n in 1.. {
                    template.again();
                    let fault = (calls, fault, n);
                    let Some(run) = with_fault(world, arguments, fault, &paths) else {
                        break;
                    };
                    points += 1;
                    let context = format!("{fault:?} of {arguments:?}: {run:#?}");
                    assert!(!run.stdout.contains("nothing to undo"), "{context}");
                    assert!(!run.stderr.is_empty(), "{context}");
                    let left = copies(world).len();
                    match arguments {
                        ["undo", "--forget"] => assert!(left > 0 || run.code == 0, "{context}"),
                        _ => template.all_comes_back(&context),
                    }
                }
            }
        }
        println!("{points} points");
        assert!(points > 20, "{points}");
    }

    /// F1: a deletion that cannot look at its folder in the end keeps what is in it.
    #[test]
    fn no_fault_of_a_deletion_loses_its_copy() {
        if !can_trace("no_fault_of_a_deletion_loses_its_copy") {
            return;
        }
        let template = Template::new().keep();
        let world = &template.world;
        // What a deletion that begins in the next seconds has to do with.
        let its_folders = || {
            let undo = world.state().join("undo");
            let seconds = (0..30).map(SignedDuration::from_secs);
            let ids = seconds.map(|later| undo.join(id_of(Timestamp::now() + later)));
            [world.state(), undo.clone()]
                .into_iter()
                .chain(ids)
                .collect()
        };
        let mut points = 0;
        for (calls, fault) in [
            ("getdents64", "error=EMFILE"),
            ("openat", "error=EMFILE"),
            ("flock", "error=EIO"),
            ("mkdir,mkdirat", "error=EIO"),
            ("rename,renameat,renameat2", "error=EIO"),
            ("unlink,unlinkat,rmdir", "error=EIO"),
            ("unlink,unlinkat,rmdir", "signal=KILL"),
        ] {
            for n in 1.. {
                template.again();
                let fault = (calls, fault, n);
                let paths: Vec<_> = match calls {
                    "getdents64" | "openat" => its_folders(),
                    _ => Vec::new(),
                };
                let Some(run) = with_fault(world, &["openai.com"], fault, &paths) else {
                    break;
                };
                points += 1;
                let context = format!("{fault:?}: {run:#?}");
                let deleted = 2 - template.whole();
                assert!(copies(world).len() >= deleted, "{context}");
                assert!(!run.stdout.contains("No copy was kept"), "{context}");
                if deleted > 0 && run.code >= 0 {
                    assert!(run.stdout.contains("To put them back"), "{context}");
                }
                template.all_comes_back(&context);
            }
        }
        println!("{points} points");
        assert!(points > 20, "{points}");
    }

    /// F2
    #[test]
    fn a_deletion_that_is_still_running_is_left_to_itself() {
        let world = World::new();
        let store = chrome_profile(&world, "Default");
        let firefox = world.path(".mozilla/firefox/p/cookies.sqlite");
        stores::firefox(&firefox, 17);
        let browser = world::take_lock(&firefox.with_file_name(world::FIREFOX_LOCK));
        let mut deletion = world
            .command_at_home(&["openai.com", "--wait"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It says what it waits for when it is done with the other profile.
        let mut said = BufReader::new(deletion.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("Waiting for") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0);
        }
        assert_eq!(rows(&store), 4);
        let id = only_deletion(&world);
        let id = id.file_name().unwrap().to_str().unwrap();
        for arguments in [&["undo"][..], &["undo", id], &["undo", "--forget"]] {
            let run = world.run_bare(arguments).expect(1);
            let running = format!("deletion {id} is still running");
            assert!(run.stderr.contains(&running), "{run:#?}");
            assert_eq!((rows(&store), copies(&world).len()), (4, 1));
        }
        let list = world.run_bare(&["undo", "--list"]).expect(0);
        assert!(list.stdout.contains("still running"), "{list:#?}");
        drop(browser);
        let mut rest = String::new();
        deletion
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut rest)
            .unwrap();
        assert!(deletion.wait().unwrap().success(), "{rest}");
        assert!(rest.contains(&format!("cookieclean undo {id}")), "{rest}");
        let undone = world.run_bare(&["undo", "--json"]).expect(0).json();
        assert_eq!(undone["restored"], 8);
        assert_eq!(deletions(&world), Vec::<PathBuf>::new());
    }

    /// F2: the lock ends with its process, however that ends.
    #[test]
    fn a_killed_deletion_is_free_to_be_undone() {
        let world = World::new();
        let store = chrome_profile(&world, "Default");
        let firefox = world.path(".mozilla/firefox/p/cookies.sqlite");
        stores::firefox(&firefox, 17);
        let browser = world::take_lock(&firefox.with_file_name(world::FIREFOX_LOCK));
        let mut deletion = world
            .command_at_home(&["openai.com", "--wait"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(deletion.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("Waiting for") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0);
        }
        deletion.kill().unwrap();
        deletion.wait().unwrap();
        drop(browser);
        world.run_bare(&["undo"]).expect(0);
        assert_eq!(rows(&store), 8);
        assert_eq!(deletions(&world), Vec::<PathBuf>::new());
    }

    #[test]
    fn two_undos_at_once_bring_everything_back_once() {
        for _ in 0..5 {
            let world = World::new();
            let stores: Vec<_> = (0..6)
                .map(|n| chrome_profile(&world, &format!("Profile {n}")))
                .collect();
            world.run(&["openai.com"]).expect(0);
            let start = || {
                let mut undo = world.command(&["undo"]);
                world::spawn(undo.stdout(Stdio::piped()).stderr(Stdio::piped()))
            };
            let both = [start(), start()];
            for undo in both {
                let output = undo.wait_with_output().unwrap();
                let text = String::from_utf8(output.stderr).unwrap();
                match output.status.code() {
                    Some(0) => {}
                    Some(1) => assert!(text.contains("being undone"), "{text}"),
                    _ => panic!("{text}"),
                }
            }
            for store in stores {
                assert_eq!(rows(&store), 8);
            }
            assert_eq!(deletions(&world), Vec::<PathBuf>::new());
        }
    }

    /// What somebody does in a world with a deletion of this id.
    type Plant = fn(&World, &str);

    /// F5: what lies in a folder that is not ours is neither read nor touched.
    #[test]
    fn planted_links_are_not_followed() {
        if !is_root("planted_links_are_not_followed") {
            return;
        }
        let old = id_of(Timestamp::now() - days(30));
        // A state folder of another user is in tests/other_users.rs: root works as them.
        let plants: [(&str, Plant); 5] = [
            ("an undo folder of another user", |world, _| {
                give(&world.state().join("undo"), NOBODY);
            }),
            ("a deletion of another user", |world, old| {
                give(&world.state().join("undo").join(old), NOBODY);
            }),
            ("a folder that is open to others", |world, _| {
                set_mode(&world.state(), 0o777);
            }),
            ("an undo folder that is open to others", |world, _| {
                set_mode(&world.state().join("undo"), 0o770);
            }),
            ("a link to it", |world, _| {
                let real = world.root().join("real");
                fs::rename(world.state(), &real).unwrap();
                symlink(&real, world.state()).unwrap();
            }),
        ];
        for (what, plant) in plants {
            let world = World::new();
            chrome_profile(&world, "Default");
            let precious = world.root().join("precious");
            fs::write(&precious, "precious").unwrap();
            let folder = world.state().join("undo").join(&old);
            fs::create_dir_all(&folder).unwrap();
            set_mode(&world.state(), 0o700);
            fs::hard_link(&precious, folder.join("0000.jsonl")).unwrap();
            symlink(&precious, folder.join("0001.jsonl")).unwrap();
            plant(&world, &old);
            for (arguments, code) in [
                (&["list", "openai.com"][..], 0),
                (&["undo"], 1),
                (&["undo", "--list"], 1),
                (&["undo", "--forget"], 1),
            ] {
                let run = match arguments[0] {
                    "undo" => world.run_bare(arguments),
                    _ => world.run(arguments),
                };
                assert_eq!(run.code, code, "{what}, {arguments:?}: {run:#?}");
                assert!(
                    run.stderr.contains("state"),
                    "{what}, {arguments:?}: {run:#?}"
                );
                assert_eq!(fs::read_to_string(&precious).unwrap(), "precious", "{what}");
                let names = fs::read_dir(&folder).unwrap().count();
                assert_eq!(names, 2, "{what}, {arguments:?}: {run:#?}");
            }
        }
    }

    /// F5: and in our own folder a link is only a name.
    #[test]
    fn links_among_old_copies_go_and_what_they_name_stays() {
        let world = World::new();
        let precious = world.root().join("precious");
        fs::write(&precious, "precious").unwrap();
        let folder = world
            .state()
            .join("undo")
            .join(id_of(Timestamp::now() - days(8)));
        fs::create_dir_all(&folder).unwrap();
        fs::hard_link(&precious, folder.join("0000.jsonl")).unwrap();
        symlink(&precious, folder.join("0001.jsonl")).unwrap();
        let run = world.run(&["list", "openai.com"]).expect(0);
        assert!(run.stderr.contains("hard link"), "{run:#?}");
        assert!(!folder.exists());
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
        assert_eq!(world.run(&["list", "openai.com"]).expect(0).stderr, "");
    }

    #[test]
    fn a_pipe_among_the_copies_blocks_nothing() {
        let world = World::new();
        let store = chrome_profile(&world, "Default");
        world.run(&["openai.com"]).expect(0);
        let pipe = only_deletion(&world).join("0009.jsonl");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let list = world
            .run_bare(&["undo", "--list", "--json"])
            .expect(0)
            .json();
        assert_eq!(list["undo"][0]["cookies"], 4);
        world.run_bare(&["undo"]).expect(0);
        assert_eq!(rows(&store), 8);
        world.run_bare(&["undo", "--forget"]).expect(0);
        assert!(!pipe.exists());
    }

    /// The command as a user would run it, with the state folder below the home folder.
    fn at_home(world: &World, arguments: &[&str]) -> Command {
        let mut command = world.command_at_home(arguments);
        command
            .env_remove("COOKIECLEAN_STATE_DIR")
            .env_remove("XDG_STATE_HOME")
            .env_remove("XDG_DATA_HOME")
            .env("HOME", world.home());
        command
    }

    fn mode(path: &Path) -> u32 {
        path.symlink_metadata().unwrap().mode() & 0o777
    }

    /// F10: where the environment of root leads into the home folder of somebody else.
    #[test]
    fn root_leaves_no_folder_of_its_own_in_a_users_home() {
        if !is_root("root_leaves_no_folder_of_its_own_in_a_users_home") {
            return;
        }
        for existing in ["", ".local", ".local/state/cookieclean"] {
            let world = World::new();
            let store = chrome_profile(&world, "Default");
            let other = world.root().join("other");
            fs::create_dir_all(other.join(existing)).unwrap();
            lchown(&other, Some(NOBODY), Some(NOBODY)).unwrap();
            let before: Vec<_> = below(&other);
            let mut command = at_home(&world, &["openai.com"]);
            command.env("XDG_STATE_HOME", other.join(".local/state"));
            let run = Run::of(command).expect(1);
            assert!(
                run.stderr.contains("belongs to the user nobody"),
                "{run:#?}"
            );
            assert!(run.stderr.contains("COOKIECLEAN_STATE_DIR"), "{run:#?}");
            assert_eq!(below(&other), before);
            assert_eq!(rows(&store), 8);
        }
    }

    fn below(folder: &Path) -> Vec<PathBuf> {
        let mut found = vec![folder.to_owned()];
        let mut at = 0;
        while let Some(path) = found.get(at).cloned() {
            at += 1;
            if path.is_dir() {
                found.extend(fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
            }
        }
        found.sort();
        found
    }

    /// F10: `~/.local/state` is not only ours.
    #[test]
    fn only_our_own_folders_are_closed_to_others() {
        let world = World::new();
        chrome_profile(&world, "Default");
        let inner = at_home(&world, &["openai.com"]);
        let mut command = Command::new("sh");
        command
            .args(["-c", "umask 022; exec \"$@\"", "sh"])
            .arg(inner.get_program())
            .args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.process_group(0);
        Run::of(command).expect(0);
        let local = world.home().join(".local");
        let ours = local.join("state/cookieclean");
        assert_eq!((mode(&local), mode(&local.join("state"))), (0o755, 0o755));
        assert_eq!((mode(&ours), mode(&ours.join("undo"))), (0o700, 0o700));
    }
}
