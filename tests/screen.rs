//! The full screen, on a terminal that a test reads: the walk of the how-to, every view in
//! both languages, and what a screen must never do.
//!
//! Only on Linux, as tests/golden.rs, with which it shares its folder: `INSTA_UPDATE=always
//! cargo test --test screen`, and read the diff.

#![cfg(target_os = "linux")]

mod world;

use rusqlite::Connection;
use world::screen::{CTRL_C, ENTER, ESC, Screen};
use world::{FIREFOX_LOCK, World, stores, take_lock};

const FIREFOX: &str = ".mozilla/firefox/abcd1234.default-esr";
/// The sample home folder, whose cookies do not expire.
fn sample() -> World {
    World::of_fixtures().lasting()
}

fn compare(name: &str, world: &World, text: &str) {
    let mut text = text.replace(&world.root().display().to_string(), "[world]");
    const UNDO: &str = "cookieclean undo ";
    const ID: &str = "YYYYMMDD-HHMMSS";
    if let Some(place) = text.find(UNDO).map(|place| place + UNDO.len()) {
        text.replace_range(place..place + ID.len(), ID);
    }
    let lines = text.lines().map(|line| line.to_owned() + "\n");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, lines.collect::<String>()));
}

/// Everything that is stored of a site, by the command line.
fn left_of(world: &World, site: &str) -> usize {
    let (_, list) = world.json(&["list", site, "--site-data"]);
    list["cookies"].as_array().unwrap().len() + list["site_data"].as_array().unwrap().len()
}

fn cookies_of(world: &World, site: &str) -> serde_json::Value {
    world.json(&["list", site]).1["cookies"].clone()
}

/// Type "openai", see that only openai.com is left, look inside, delete, confirm, read that
/// nothing is left; and undo.
fn walk(language: &str, size: (u16, u16)) {
    let name = |view: &str| format!("screen_{language}_{}x{}_{view}", size.0, size.1);
    let world = sample();
    let others = cookies_of(&world, "example.com");
    let before = cookies_of(&world, "openai.com");
    let say = |english: &'static str, japanese: &'static str| match language {
        "en" => english,
        _ => japanese,
    };
    let screen = Screen::open(&world, &["browse"], language, size);
    screen
        .shows("notopenai.com")
        .shows(say("No browser is open", "起動中のブラウザーはありません"));
    compare(&name("sites"), &world, &screen.settled());
    screen.types("openai").hides("example.com");
    screen
        .shows(say("3 of 13 sites", "13 サイトのうち 3 サイト"))
        .shows(": openai ");
    compare(&name("search"), &world, &screen.settled());
    screen.types(ENTER).types(ENTER).shows("cf_clearance");
    compare(&name("inside"), &world, &screen.settled());
    screen.types("?").shows("PgUp");
    compare(&name("help"), &world, &screen.settled());
    screen.types(ESC).hides("PgUp");
    screen.types("d").shows(say(
        "Delete from openai.com?",
        "openai.com から削除しますか",
    ));
    compare(&name("question"), &world, &screen.settled());
    screen.types("s").types("r").types(ENTER);
    screen.shows(say(
        "Nothing of openai.com and chatgpt.com",
        "openai.com、chatgpt.com のものは何も残っていません",
    ));
    compare(&name("done"), &world, &screen.settled());
    assert_eq!(left_of(&world, "openai.com"), 0);
    assert_eq!(cookies_of(&world, "example.com"), others);
    screen
        .types("u")
        .shows(say("Put back 30 cookies and site data", "を元に戻しました"));
    compare(&name("undone"), &world, &screen.settled());
    assert_eq!(cookies_of(&world, "openai.com"), before);
    screen.types("q");
    assert_eq!(screen.ends(), Some(0));
}

#[test]
fn walk_of_the_how_to_in_english() {
    walk("en", (80, 24));
}

#[test]
fn walk_of_the_how_to_in_japanese() {
    walk("ja", (80, 24));
}

#[test]
fn walk_of_the_how_to_in_english_on_a_large_terminal() {
    walk("en", (120, 40));
}

#[test]
fn walk_of_the_how_to_in_japanese_on_a_large_terminal() {
    walk("ja", (120, 40));
}

#[test]
fn earlier_deletions_are_put_back_from_the_list() {
    let world = sample();
    let sites = ["openai.com", "example.com"];
    let before = sites.map(|site| cookies_of(&world, site));
    for site in sites {
        world.run(&[site]).expect(0);
    }
    let screen = Screen::open(&world, &["browse"], "en", (80, 24));
    screen.shows("notopenai.com").shows("No browser is open");
    screen.types(ENTER).types("u");
    screen
        .shows("Put back which deletion?")
        .shows("  example.com  ")
        .shows("  openai.com   ");
    // The newest comes first.
    screen.types("\u{1b}[B").types(ENTER);
    screen.shows("Put back 28 cookies of openai.com in 5 profiles.");
    assert_eq!(cookies_of(&world, "openai.com"), before[0]);
    assert_ne!(cookies_of(&world, "example.com"), before[1]);
    screen.types(ENTER).types("u");
    screen
        .shows("Put back which deletion?")
        .shows("  example.com  ");
    screen.types(ENTER).shows("of example.com in");
    assert_eq!(cookies_of(&world, "example.com"), before[1]);
    screen
        .types(ENTER)
        .types("u")
        .shows("There is nothing to undo.");
    screen.types("q");
    assert_eq!(screen.ends(), Some(0));
}

#[test]
fn single_cookies_are_deleted_alone() {
    let world = sample();
    let before = cookies_of(&world, "openai.com");
    let screen = Screen::open(&world, &["browse", "openai.com"], "en", (100, 50));
    screen.shows(" openai.com").shows("No browser is open");
    screen.types(ENTER).types(ENTER).shows("cf_clearance");
    // The first two items of the first profile.
    screen.types(" ").types(" ").shows("[x] ");
    screen
        .types("d")
        .shows("Will be deleted: 2 cookies in 1 profile.");
    compare("screen_picked", &world, &screen.settled());
    screen
        .types(ENTER)
        .shows("Deleted 2 cookies from 1 profile.");
    let after = cookies_of(&world, "openai.com");
    let all = before.as_array().unwrap();
    assert_eq!(after.as_array().unwrap().len(), all.len() - 2);
    let expected: Vec<_> = all.iter().skip(2).cloned().collect();
    assert_eq!(after.as_array().unwrap(), &expected);
    screen.types("u").shows("Put back 2 cookies");
    assert_eq!(cookies_of(&world, "openai.com"), before);
    screen.types("q");
    assert_eq!(screen.ends(), Some(0));
}

#[test]
fn marked_sites_go_together_and_logins_stay() {
    let world = sample();
    let screen = Screen::open(&world, &["browse"], "en", (100, 30));
    screen.shows("notopenai.com").shows("No browser is open");
    let stays = cookies_of(&world, "chatgpt.com");
    screen
        .types("openai")
        .types(ENTER)
        .types(" ")
        .shows("1 marked")
        .types(" ")
        .shows("2 marked");
    compare("screen_marked", &world, &screen.settled());
    screen
        .types("d")
        .shows("Delete from notopenai.com and openai.com?");
    screen
        .types("l")
        .shows("[x] Stay signed in")
        .types(ENTER)
        .shows("Deleted ");
    let left = cookies_of(&world, "openai.com");
    let left = left.as_array().unwrap();
    assert!(!left.is_empty());
    assert!(
        left.iter().all(|cookie| cookie["login"] == true),
        "{left:?}"
    );
    assert_eq!(cookies_of(&world, "chatgpt.com"), stays);
    let left = cookies_of(&world, "notopenai.com");
    let left = left.as_array().unwrap();
    assert!(
        left.iter().all(|cookie| cookie["login"] == true),
        "{left:?}"
    );
}

#[test]
fn open_browser_is_shown_and_skipped() {
    for language in ["en", "ja"] {
        let world = sample();
        let _lock = take_lock(&world.path(FIREFOX).join(FIREFOX_LOCK));
        let screen = Screen::open(&world, &["browse", "openai.com"], language, (100, 30));
        let firefox = "Firefox";
        screen.shows("notopenai.com").shows(match language {
            "en" => "Open: Firefox",
            _ => "起動中: Firefox",
        });
        screen.types(ENTER).types("d").shows("[o]").shows(firefox);
        screen.types(ENTER).shows(match language {
            "en" => "Deleted 15 cookies from 4 profiles.",
            _ => "から Cookie 15 個を削除しました",
        });
        let left = cookies_of(&world, "openai.com");
        let left = left.as_array().unwrap();
        assert!(
            left.iter()
                .all(|cookie| cookie["profile"] == "abcd1234.default-esr")
        );
        screen.types("q");
        assert_eq!(screen.ends(), Some(0));
    }
}

#[test]
fn a_browser_that_opens_and_closes_is_noticed() {
    let world = sample();
    let screen = Screen::open(&world, &["browse"], "en", (80, 24));
    screen.shows("No browser is open");
    let lock = take_lock(&world.path(FIREFOX).join(FIREFOX_LOCK));
    screen.shows("Open: Firefox");
    drop(lock);
    screen.shows("No browser is open");
}

#[test]
fn waiting_goes_on_when_the_browser_is_closed() {
    let world = sample();
    let lock = take_lock(&world.path(FIREFOX).join(FIREFOX_LOCK));
    let screen = Screen::open(&world, &["browse", "openai.com"], "en", (100, 30));
    screen.shows("notopenai.com").shows("Open: Firefox");
    screen.types(ENTER).types("d").shows("[o]");
    screen.types("o").shows("is open: wait until you have");
    screen.types(ENTER).shows("Waiting for Firefox");
    drop(lock);
    screen.shows("Deleted 28 cookies from 5 profiles.");
    assert_eq!(
        cookies_of(&world, "openai.com").as_array().unwrap().len(),
        0
    );
}

#[test]
fn ctrl_c_while_it_waits_ends_with_whole_stores() {
    let world = sample();
    let _lock = take_lock(&world.path(FIREFOX).join(FIREFOX_LOCK));
    let screen = Screen::open(&world, &["browse", "openai.com"], "en", (100, 30));
    screen.shows("notopenai.com").shows("Open: Firefox");
    screen.types(ENTER).types("d").shows("[o]");
    screen.types("o").types(ENTER).shows("Waiting for Firefox");
    screen
        .types(CTRL_C)
        .shows("Deleted 15 cookies")
        .shows("interrupted");
    screen.types("q");
    assert_eq!(screen.ends(), Some(0));
}

#[test]
fn ctrl_c_and_signals_give_the_terminal_back() {
    let world = sample();
    let screen = Screen::open(&world, &["browse"], "en", (80, 24));
    screen.shows("notopenai.com").types(CTRL_C);
    assert_eq!(screen.ends(), Some(0));
    let screen = Screen::open(&world, &["browse"], "en", (80, 24));
    screen.shows("notopenai.com");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(screen.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert_eq!(screen.ends(), Some(0));
}

#[test]
fn it_ends_when_its_terminal_is_gone() {
    use std::io::Read;
    let world = sample();
    let size = nix::pty::Winsize {
        ws_row: 24,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = nix::pty::openpty(&size, None).unwrap();
    // The program would keep its own terminal alive.
    let close = nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC);
    nix::fcntl::fcntl(&pty.master, close).unwrap();
    let slave = || std::process::Stdio::from(pty.slave.try_clone().unwrap());
    let mut command = world.command_at_home(&["browse"]);
    command.env("TERM", "xterm-256color");
    command.stdin(slave()).stdout(slave()).stderr(slave());
    let mut child = world::spawn(&mut command);
    drop((command, pty.slave));
    let mut master = std::fs::File::from(pty.master);
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("Search") {
        let mut bytes = [0; 4096];
        let read = master.read(&mut bytes).unwrap();
        seen.extend_from_slice(&bytes[..read]);
    }
    drop(master);
    let since = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        let limit = std::time::Duration::from_secs(60);
        if since.elapsed() > limit {
            child.kill().unwrap();
            panic!("it goes on without a terminal");
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn second_signal_gives_the_terminal_back_too() {
    let world = sample();
    let _lock = take_lock(&world.path(FIREFOX).join(FIREFOX_LOCK));
    let screen = Screen::open(&world, &["browse", "openai.com"], "en", (100, 30));
    screen.shows("notopenai.com").shows("Open: Firefox");
    screen
        .types(ENTER)
        .types("d")
        .shows("[o]")
        .types("o")
        .types(ENTER);
    screen.shows("Waiting for Firefox");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(screen.id()).unwrap());
    // Two at the same moment are one, and the first may have ended it when the second comes.
    for _ in 0..40 {
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let code = screen.ends();
    assert!(code == Some(0) || code == Some(130), "{code:?}");
}

#[test]
fn values_are_shown_only_when_asked_for() {
    let world = World::new();
    stores::firefox(&world.path(".mozilla/firefox/p/cookies.sqlite"), 17);
    world.age();
    let screen = Screen::open(&world, &["browse", "openai.com"], "en", (100, 40));
    screen.shows("openai.com").shows("No browser is open");
    screen.types(ENTER).types(ENTER).shows("cf_clearance");
    let value = "clearance-value";
    let (_, list) = world.json(&["list", "openai.com", "--show-values"]);
    let cookies = list["cookies"].as_array().unwrap();
    let value = cookies
        .iter()
        .find_map(|cookie| cookie["value"].as_str().filter(|value| value.len() > 3))
        .unwrap_or(value)
        .to_owned();
    assert!(!screen.text().contains(&value), "{}", screen.text());
    screen.types("v").shows(&value);
    screen.types("v").hides(&value);
}

#[test]
fn names_from_stores_cannot_move_the_cursor() {
    let world = World::new();
    let store = world.path(".mozilla/firefox/p/cookies.sqlite");
    stores::firefox(&store, 17);
    let db = Connection::open(&store).unwrap();
    db.execute(
        "UPDATE moz_cookies SET name = 'a' || char(27) || '[2Jb' WHERE host LIKE '%openai.com'",
        (),
    )
    .unwrap();
    db.execute(
        "UPDATE moz_cookies SET host = 'e' || char(27) || '[2Jvil.example' \
         WHERE host = 'notopenai.com'",
        (),
    )
    .unwrap();
    drop(db);
    world.age();
    let screen = Screen::open(&world, &["browse"], "en", (100, 30));
    screen.shows("openai.com").shows("No browser is open");
    assert!(screen.text().contains("Search:"), "{}", screen.text());
    screen
        .types("openai")
        .types(ENTER)
        .types(ENTER)
        .shows("\\u{1b}[2Jb");
}

#[test]
fn without_arguments_the_screen_opens() {
    let world = sample();
    let screen = Screen::open(&world, &[], "en", (80, 24));
    screen.shows("Search:").shows("notopenai.com");
    screen.types(ESC);
    assert_eq!(screen.ends(), Some(0));
}

#[test]
fn elsewhere_it_is_a_usage_error() {
    let world = sample();
    world.run(&[]).expect(2);
    let run = world.run(&["browse"]).expect(2);
    assert!(run.stderr.contains("needs a terminal"), "{run:?}");
    let screen = Screen::open(&world, &["--no-tui"], "en", (80, 24));
    screen.shows("Usage:");
    assert_eq!(screen.ends(), Some(2));
}

#[test]
fn idn_is_found_in_either_spelling() {
    let world = sample();
    for text in ["b\u{fc}cher", "xn--bcher", "B\u{dc}CHER"] {
        let screen = Screen::open(&world, &["browse", text], "en", (80, 24));
        screen
            .shows("No browser is open")
            .shows(" 1 of ")
            .shows("b\u{fc}cher.example");
    }
}

#[test]
fn no_color_is_heeded() {
    let world = sample();
    let mut command = world.command_at_home(&["browse", "--color", "never"]);
    command.env("COOKIECLEAN_LANG", "en");
    let _lock = take_lock(&world.path(FIREFOX).join(FIREFOX_LOCK));
    let screen = Screen::of(command, (80, 24));
    screen.shows("Open: Firefox");
    assert!(!screen.has_colors());
}
