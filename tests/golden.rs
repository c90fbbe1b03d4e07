//! Every report that a person sees, whole, compared with `tests/golden/*.snap`: in a
//! pipe, on a terminal of 60 columns, and on one of 160 in colour; and in Japanese on one
//! of 60 columns.
//!
//! Only on Linux: the words are the same everywhere, the terminals are not. To accept
//! what has changed: `INSTA_UPDATE=always cargo test --test golden`, and read the diff.

#![cfg(target_os = "linux")]

mod world;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use world::{FIREFOX_LOCK, Run, World, spawn, stores, take_lock};

const CHROME: &str = ".config/google-chrome/Default/Cookies";
const FIREFOX: &str = ".mozilla/firefox/abcd1234.default-esr";

const NOBODY: u32 = 65534;

/// The stores of the sample home folder. None of their cookies expires within anybody's
/// lifetime.
fn sample() -> World {
    World::of_fixtures().lasting()
}

/// One profile of Chrome and one of Firefox, with a few cookies each.
fn small() -> World {
    let world = World::new();
    stores::chromium(&world.path(CHROME), 24);
    world.write(".config/google-chrome/Default/Preferences", "{}");
    stores::firefox(&world.path(".mozilla/firefox/p/cookies.sqlite"), 17);
    world.lasting()
}

/// After a deletion, whose copies are numbered in the order of its stores.
fn deleted(world: World) -> World {
    let mut command = world.command_at_home(&["openai.com"]);
    command.env("COOKIECLEAN_THREADS", "1");
    Run::of(command).expect(0);
    world
}

fn lock_firefox(world: &World) -> File {
    take_lock(&world.path(FIREFOX).join(FIREFOX_LOCK))
}

/// The same report in all forms, each of a world of its own. What `prepare` gives lives
/// until the command has ended.
fn golden<T>(name: &str, make: impl Fn() -> World, prepare: impl Fn(&World) -> T, args: &[&str]) {
    let english: &[Form] = &[Form::Pipe, Form::Narrow, Form::Wide];
    let japanese: &[Form] = &[Form::Narrow];
    for (language, forms) in [("en", english), ("ja", japanese)] {
        let mut text = format!("cookieclean {}\n", args.join(" "));
        for form in forms {
            let world = make();
            let held = prepare(&world);
            let mut command = command(&world, args);
            command.env("COOKIECLEAN_LANG", language);
            text += &form.of(&world, command);
            drop(held);
        }
        match language {
            "en" => compare(name, &text),
            other => compare(&format!("{other}_{name}"), &text),
        }
    }
}

/// The command at the home folder of a world, where it takes one.
fn command(world: &World, args: &[&str]) -> Command {
    match args {
        ["undo", ..] | [.., "--help"] => world.command(args),
        _ => world.command_at_home(args),
    }
}

fn compare(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[derive(Clone, Copy)]
enum Form {
    Pipe,
    Narrow,
    Wide,
}

impl Form {
    fn of(self, world: &World, mut command: Command) -> String {
        match self {
            Self::Pipe => {
                let run = Run::of(command);
                section(world, "standard output", &run.stdout)
                    + &section(world, "standard error", &run.stderr)
                    + &format!("---- exit status {}\n", run.code)
            }
            Self::Narrow => section(world, "60 columns", &at_terminal(command, 60, "")),
            Self::Wide => {
                command.args(["--color", "always"]);
                section(world, "160 columns, colour", &at_terminal(command, 160, ""))
            }
        }
    }
}

/// What a terminal shows, at which this is typed. Nobody is asked where it is nothing.
fn at_terminal(mut command: Command, columns: u16, typed: &str) -> String {
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = openpty(&size, None).unwrap();
    let slave = || Stdio::from(pty.slave.try_clone().unwrap());
    // Without bars and spinners, which depend on the time that something takes.
    command.env("TERM", "dumb").stdout(slave()).stderr(slave());
    let mut master = File::from(pty.master);
    if !typed.is_empty() {
        command.stdin(slave());
        master.write_all(typed.as_bytes()).unwrap();
    }
    let mut child = spawn(&mut command);
    drop((command, pty.slave));
    let mut seen = Vec::new();
    let mut bytes = [0; 4096];
    // Fails when the other end is closed.
    while let Ok(read @ 1..) = master.read(&mut bytes) {
        seen.extend_from_slice(&bytes[..read]);
    }
    child.wait().unwrap();
    String::from_utf8(seen).unwrap().replace("\r\n", "\n")
}

/// What was printed, without what differs from run to run.
fn section(world: &World, title: &str, text: &str) -> String {
    let root = world.root().display().to_string();
    let mut normal = text.replace(&root, "[world]").replace('\u{1b}', "\u{241b}");
    for process in ["process ", "プロセス "] {
        normal = replaced(&normal, process, char::is_numeric, "[pid]");
    }
    // Who holds the lock of Firefox is this test program.
    let own = std::env::current_exe().unwrap();
    normal = normal.replace(&*own.file_name().unwrap().to_string_lossy(), "[program]");
    let of_time = |c: char| c.is_numeric() || matches!(c, ':' | '-' | ' ');
    for since in [", since ", "[pid]、"] {
        normal = replaced(&normal, since, of_time, "[time]");
    }
    let lines = normal.lines().map(|line| ids(line) + "\n");
    format!("---- {title}\n{}", lines.collect::<String>())
}

/// Puts something else for what follows `before`.
fn replaced(text: &str, before: &str, what: fn(char) -> bool, by: &str) -> String {
    let mut parts = text.split(before);
    let mut normal = parts.next().unwrap().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(what);
        let by = if rest.len() < part.len() { by } else { "" };
        normal += &format!("{before}{by}{rest}");
    }
    normal
}

/// A line without the id of a deletion and the times at which it was made and ends, each
/// replaced by something as long.
fn ids(line: &str) -> String {
    let is_like = |word: &str, pattern: &str| {
        word.len() == pattern.len()
            && word.chars().zip(pattern.chars()).all(|(c, p)| match p {
                '0' => c.is_ascii_digit(),
                p => c == p,
            })
    };
    let mut words: Vec<_> = line.split(' ').collect();
    let mut was_year = false;
    for word in &mut words {
        let bare = word.trim_end_matches(['.', ',', ';', '"', '。']);
        if is_like(bare, "00000000-000000") {
            *word = "YYYYMMDD-HHMMSS";
        } else if is_like(bare, "0000-00-00") && !bare.starts_with("2099") {
            *word = "YYYY-MM-DD";
            was_year = true;
            continue;
        } else if was_year && is_like(bare, "00:00") {
            *word = "HH:MM";
        }
        was_year = false;
    }
    words.join(" ")
}

fn nothing(_: &World) {}

#[test]
fn list() {
    golden("list", sample, nothing, &["list", "openai.com"]);
    golden(
        "list_verbose",
        sample,
        nothing,
        &["list", "openai.com", "-v"],
    );
    golden("list_quiet", sample, nothing, &["list", "openai.com", "-q"]);
    golden(
        "list_narrowed",
        sample,
        nothing,
        &["list", "openai.com", "--name", "cf_*"],
    );
    golden(
        "list_no_match",
        sample,
        nothing,
        &["list", "nowhere.example"],
    );
    golden(
        "list_subdomain",
        sample,
        nothing,
        &["list", "chat.openai.com"],
    );
    golden("list_open", sample, lock_firefox, &["list", "openai.com"]);
    golden(
        "list_values",
        small,
        nothing,
        &["list", "openai.com", "--show-values"],
    );
}

#[test]
fn no_browser() {
    golden(
        "no_browser_list",
        World::new,
        nothing,
        &["list", "openai.com"],
    );
    golden("no_browser_delete", World::new, nothing, &["openai.com"]);
    golden(
        "no_browser_verbose",
        World::new,
        nothing,
        &["openai.com", "-v"],
    );
    golden("no_browser_sites", World::new, nothing, &["sites"]);
    golden("no_browser_profiles", World::new, nothing, &["profiles"]);
}

#[test]
fn delete() {
    golden("delete", sample, nothing, &["openai.com"]);
    golden("delete_verbose", sample, nothing, &["openai.com", "-v"]);
    golden("delete_quiet", sample, nothing, &["openai.com", "-q"]);
    golden(
        "delete_dry_run",
        sample,
        nothing,
        &["openai.com", "--dry-run"],
    );
    golden(
        "delete_no_undo",
        small,
        nothing,
        &["openai.com", "--no-undo"],
    );
    golden("delete_subdomain", sample, nothing, &["chat.openai.com"]);
    golden("delete_no_match", sample, nothing, &["nowhere.example"]);
    golden("delete_typo", sample, nothing, &["openai.con"]);
}

#[test]
fn in_use() {
    golden("in_use", sample, lock_firefox, &["openai.com"]);
    golden("in_use_quiet", sample, lock_firefox, &["openai.com", "-q"]);
    golden(
        "in_use_waited",
        sample,
        lock_firefox,
        &["openai.com", "--wait=0"],
    );
    golden(
        "in_use_no_match",
        sample,
        lock_firefox,
        &["nowhere.example"],
    );
}

/// What is typed is on the screen before what it answers.
#[test]
fn questions() {
    let mut text = String::new();
    for (columns, typed, arguments) in [
        (60, "s\n", &["openai.com"][..]),
        (160, "s\nn\n", &["openai.com", "--ask"]),
        (160, "s\ny\n", &["openai.com", "--ask"]),
        (60, "s\ny\n", &["openai.com", "--site-data"]),
    ] {
        let world = sample();
        let _held = lock_firefox(&world);
        let command = world.command_at_home(arguments);
        let title = format!("cookieclean {}, {typed:?}", arguments.join(" "));
        text += &section(&world, &title, &at_terminal(command, columns, typed));
    }
    compare("questions", &text);
}

#[test]
fn damaged_store() {
    let damage = |world: &World| {
        world.write(CHROME, "not a database at all");
        world.age();
    };
    golden("damaged_delete", sample, damage, &["openai.com"]);
    golden("damaged_list", sample, damage, &["list", "openai.com"]);
    golden("damaged_sites", sample, damage, &["sites"]);
    golden("damaged_profiles", sample, damage, &["profiles"]);
}

#[test]
fn permission_denied() {
    let mut text = String::new();
    for arguments in [&["openai.com"][..], &["list", "openai.com"]] {
        let world = small();
        let closed = world.path(CHROME);
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        let mut command = world.command_at_home(arguments);
        if geteuid().is_root() {
            // The program's own folder may be closed to others.
            let program = world.root().join("cookieclean");
            fs::copy(env!("CARGO_BIN_EXE_cookieclean"), &program).unwrap();
            give_to_nobody(&world.root());
            let mut other = Command::new(program);
            other.args(command.get_args()).env("TZ", "UTC");
            other.env("COOKIECLEAN_LANG", "en");
            other.env("COOKIECLEAN_STATE_DIR", world.state());
            other.env("HOME", world.home()).stdin(Stdio::null());
            other.uid(NOBODY).gid(NOBODY);
            command = other;
        }
        text += &format!("cookieclean {}\n", arguments.join(" "));
        text += &Form::Pipe.of(&world, command);
    }
    compare("permission_denied", &text);
}

fn give_to_nobody(path: &std::path::Path) {
    lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.symlink_metadata().unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap().flatten() {
            give_to_nobody(&entry.path());
        }
    }
}

#[test]
fn doctor() {
    golden("doctor", sample, nothing, &["doctor"]);
    golden("doctor_site", sample, nothing, &["doctor", "openai.com"]);
    golden(
        "doctor_other",
        sample,
        nothing,
        &["doctor", "nowhere.example"],
    );
    golden("doctor_open", sample, lock_firefox, &["doctor"]);
    golden(
        "doctor_report",
        sample,
        nothing,
        &["doctor", "openai.com", "--report"],
    );
    golden("doctor_no_browser", World::new, nothing, &["doctor"]);
    let damage = |world: &World| {
        world.write(CHROME, "not a database at all");
        world.age();
    };
    golden("doctor_damaged", sample, damage, &["doctor"]);
    let remains = |world: &World| {
        world.write(".config/google-chrome/.cookieclean.lock", "");
        world.age();
    };
    golden("doctor_leftovers", sample, remains, &["doctor"]);
    golden("doctor_fix", sample, remains, &["doctor", "--fix"]);
}

#[test]
fn sites() {
    golden("sites", sample, nothing, &["sites"]);
    golden("sites_search", sample, nothing, &["sites", "openai"]);
    golden("sites_verbose", sample, nothing, &["sites", "openai", "-v"]);
    golden("sites_quiet", sample, nothing, &["sites", "openai", "-q"]);
    golden("sites_no_match", sample, nothing, &["sites", "nowhere"]);
}

#[test]
fn site_data() {
    let (site, all) = ("example.com", "--site-data");
    golden("site_data_list", sample, nothing, &["list", site, all]);
    golden("site_data_delete", sample, nothing, &[site, all, "--yes"]);
    golden("site_data_no_answer", sample, nothing, &[site, all]);
    golden(
        "site_data_sites",
        sample,
        nothing,
        &["sites", "example", all],
    );
    golden(
        "site_data_of_cookies",
        sample,
        nothing,
        &["list", site, all, "--keep-login"],
    );
    let after = || {
        let world = sample();
        let mut command = world.command_at_home(&[site, all, "--yes"]);
        command.env("COOKIECLEAN_THREADS", "1");
        Run::of(command).expect(0);
        world
    };
    golden("site_data_undo", after, nothing, &["undo", "-v"]);
    golden("site_data_undo_list", after, nothing, &["undo", "--list"]);
}

#[test]
fn profiles() {
    golden("profiles", sample, lock_firefox, &["profiles"]);
    golden("profiles_verbose", sample, nothing, &["profiles", "-v"]);
    golden("profiles_quiet", sample, nothing, &["profiles", "-q"]);
}

#[test]
fn undo() {
    let after = || deleted(sample());
    golden("undo", after, nothing, &["undo"]);
    golden("undo_verbose", after, nothing, &["undo", "-v"]);
    golden("undo_quiet", after, nothing, &["undo", "-q"]);
    golden("undo_list", after, nothing, &["undo", "--list"]);
    golden(
        "undo_list_verbose",
        after,
        nothing,
        &["undo", "--list", "-v"],
    );
    golden("undo_forget", after, nothing, &["undo", "--forget"]);
    golden("undo_in_use", after, lock_firefox, &["undo"]);
    golden("undo_nothing", sample, nothing, &["undo"]);
    golden("undo_list_nothing", sample, nothing, &["undo", "--list"]);
    golden("undo_unknown", after, nothing, &["undo", "19990101-000000"]);
}

/// Stopped while it waits for a browser, at a moment that is always the same.
#[test]
fn interrupted() {
    let mut text = String::new();
    for arguments in [&["openai.com", "--wait"][..], &["undo", "--wait"]] {
        let world = match arguments {
            ["undo", ..] => deleted(sample()),
            _ => sample(),
        };
        let _held = lock_firefox(&world);
        let mut command = command(&world, arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(&mut command);
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("Waiting for") {
            assert_ne!(err.read_line(&mut said).unwrap(), 0, "{said}");
        }
        kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
        err.read_to_string(&mut said).unwrap();
        let output = child.wait_with_output().unwrap();
        text += &format!("cookieclean {}\n", arguments.join(" "));
        text += &section(
            &world,
            "standard output",
            &String::from_utf8(output.stdout).unwrap(),
        );
        text += &section(&world, "standard error", &said);
        text += &format!("---- exit status {:?}\n", output.status.code());
    }
    compare("interrupted", &text);
}

#[test]
fn usage_errors() {
    for (name, arguments) in [
        (
            "usage_unknown_browser",
            &["openai.com", "-b", "netscape"][..],
        ),
        ("usage_no_such_profile", &["openai.com", "-p", "Bob"]),
        (
            "usage_no_such_container",
            &["openai.com", "--container", "Bob"],
        ),
        ("usage_bare_word", &["openai"]),
        ("usage_unknown_word", &["nowhere"]),
        ("usage_suffix", &["co.uk"]),
        ("usage_no_host", &["a..b"]),
        ("usage_not_a_profile", &["openai.com", "--profile-dir", "/"]),
        ("usage_no_domain", &["list"]),
        ("usage_option_astray", &["--exact", "list", "openai.com"]),
    ] {
        golden(name, sample, nothing, arguments);
    }
}

#[test]
fn help() {
    for command in ["", "list", "sites", "profiles", "undo", "doctor"] {
        let arguments = [command, "--help"];
        let arguments = if command.is_empty() {
            &arguments[1..]
        } else {
            &arguments
        };
        let name = format!(
            "help_{}",
            if command.is_empty() {
                "delete"
            } else {
                command
            }
        );
        golden(&name, World::new, nothing, arguments);
    }
}
