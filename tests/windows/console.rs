//! Somebody at a console: what they see, type and interrupt. It is a console of its own,
//! which the test program makes when it is run again on a test that does nothing but
//! [`be_at_a_console`].

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read};
use std::num::NonZero;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use serde_json::{Value, json};
use windows::Win32::Foundation::HANDLE;
use windows::Win32::System::Console::{
    AllocConsole, CONSOLE_SCREEN_BUFFER_INFO, COORD, CTRL_C_EVENT, FreeConsole,
    GenerateConsoleCtrlEvent, GetConsoleScreenBufferInfo, INPUT_RECORD, INPUT_RECORD_0, KEY_EVENT,
    KEY_EVENT_RECORD, KEY_EVENT_RECORD_0, ReadConsoleOutputCharacterW, SetConsoleCtrlHandler,
    WriteConsoleInputW,
};
use windows::core::BOOL;

use super::world::{World, spawn, stores, take_lock};
use super::{CHROME, FIREFOX, is_wine};

const PLAN: &str = "AT_A_CONSOLE";
const LIMIT: Duration = Duration::from_secs(120);

#[test]
#[ignore = "the tests below run it in another process"]
fn helper_that_has_a_console() {
    be_at_a_console();
}

/// What the person does, one after the other.
enum Step {
    Sees(&'static str),
    Types(&'static str),
    /// Keys, without Return behind them.
    Presses(&'static str),
    Interrupts,
}

/// The exit status of the command on the home folder of a world, and the screen when it
/// has ended.
fn at_a_console(world: &World, arguments: &[&str], steps: &[Step]) -> (i64, String) {
    let command = world.command_at_home(arguments);
    let arguments: Vec<_> = command.get_args().map(|a| a.to_str().unwrap()).collect();
    let steps: Vec<_> = steps
        .iter()
        .map(|step| match step {
            Step::Sees(text) => ["sees", text],
            Step::Types(text) => ["types", text],
            Step::Presses(text) => ["presses", text],
            Step::Interrupts => ["interrupts", ""],
        })
        .collect();
    let mut person = Command::new(env::current_exe().unwrap());
    person
        .args(["console::helper_that_has_a_console", "--exact"])
        .args(["--ignored", "--nocapture"])
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env(
            PLAN,
            json!({"arguments": arguments, "steps": steps}).to_string(),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut person = spawn(&mut person);
    let mut said = String::new();
    BufReader::new(person.stdout.take().unwrap())
        .read_to_string(&mut said)
        .unwrap();
    person.wait().unwrap();
    let report = said.lines().find_map(|line| line.strip_prefix("report: "));
    let report: Value = serde_json::from_str(report.unwrap_or_else(|| panic!("{said}"))).unwrap();
    let screen = report["screen"].as_str().unwrap().to_owned();
    assert_eq!(report["failure"], Value::Null, "{screen}");
    (report["code"].as_i64().unwrap(), screen)
}

fn be_at_a_console() {
    let Ok(plan) = env::var(PLAN) else {
        return;
    };
    let plan: Value = serde_json::from_str(&plan).unwrap();
    // SAFETY: they take no memory; the function does not end before the process.
    unsafe {
        // None, where there was none.
        let _ = FreeConsole();
        AllocConsole().unwrap();
        // Interrupted is only the command.
        SetConsoleCtrlHandler(Some(unmoved), true).unwrap();
    }
    let open = |name| {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .unwrap()
    };
    let (keyboard, screen) = (open("CONIN$"), open("CONOUT$"));
    let arguments = plan["arguments"].as_array().unwrap().iter();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cookieclean"));
    command
        .args(arguments.map(|argument| argument.as_str().unwrap()))
        .stdin(keyboard.try_clone().unwrap())
        .stdout(screen.try_clone().unwrap())
        .stderr(screen.try_clone().unwrap());
    let mut child = spawn(&mut command);
    let since = Instant::now();
    let mut failure = Value::Null;
    for step in plan["steps"].as_array().unwrap() {
        let text = step[1].as_str().unwrap();
        match step[0].as_str().unwrap() {
            "sees" => {
                while !is_on(&screen, text) && since.elapsed() < LIMIT {
                    thread::sleep(Duration::from_millis(20));
                }
                if !is_on(&screen, text) {
                    failure = json!(format!("{text} was not seen"));
                }
            }
            "types" => type_on(&keyboard, &format!("{text}\r")),
            "presses" => type_on(&keyboard, text),
            // SAFETY: it takes no memory.
            _ => unsafe { GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) }.unwrap(),
        }
    }
    while child.try_wait().unwrap().is_none() && since.elapsed() < LIMIT {
        thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let code = child.wait().unwrap().code();
    let report = json!({"code": code, "screen": shown_on(&screen), "failure": failure});
    println!("\nreport: {report}");
}

extern "system" fn unmoved(_event: u32) -> BOOL {
    true.into()
}

fn handle(file: &File) -> HANDLE {
    HANDLE(std::os::windows::io::AsRawHandle::as_raw_handle(file))
}

fn shown_on(screen: &File) -> String {
    let mut info = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: the console is open, and what is written to outlives the call.
    unsafe { GetConsoleScreenBufferInfo(handle(screen), &mut info) }.unwrap();
    let lines = (0..=info.dwCursorPosition.Y).map(|y| {
        let mut line = vec![0; usize::try_from(info.dwSize.X).unwrap()];
        let mut read = 0;
        let start = COORD { X: 0, Y: y };
        // SAFETY: as above; it writes no more than there is room for.
        unsafe { ReadConsoleOutputCharacterW(handle(screen), &mut line, start, &mut read) }
            .unwrap();
        let line = String::from_utf16_lossy(&line[..read as usize]);
        line.trim_end().to_owned() + "\n"
    });
    lines.collect()
}

/// Whether a text is shown. Wine shows escape sequences as text, in lines that are full: what
/// a terminal would make of them counts.
fn is_on(screen: &File, text: &str) -> bool {
    let shown = shown_on(screen);
    if !shown.contains('\u{1b}') {
        return shown.contains(text);
    }
    let columns = columns_of(screen);
    let lines = shown.lines().map(|line| format!("{line:columns$}"));
    let (rows, columns) = (NonZero::new(25), NonZero::new(columns as u16));
    let mut terminal = vt100::Parser::new(rows.unwrap(), columns.unwrap(), 0);
    terminal.process(lines.collect::<String>().as_bytes());
    terminal.screen().contents().contains(text)
}

fn columns_of(screen: &File) -> usize {
    let mut info = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: the console is open, and what is written to outlives the call.
    unsafe { GetConsoleScreenBufferInfo(handle(screen), &mut info) }.unwrap();
    usize::try_from(info.dwSize.X).unwrap()
}

fn type_on(keyboard: &File, text: &str) {
    let keys: Vec<_> = text
        .encode_utf16()
        .map(|key| INPUT_RECORD {
            EventType: KEY_EVENT as u16,
            Event: INPUT_RECORD_0 {
                KeyEvent: KEY_EVENT_RECORD {
                    bKeyDown: true.into(),
                    wRepeatCount: 1,
                    // Return is known by its key, which has this number.
                    wVirtualKeyCode: if key == u16::from(b'\r') { key } else { 0 },
                    uChar: KEY_EVENT_RECORD_0 { UnicodeChar: key },
                    ..Default::default()
                },
            },
        })
        .collect();
    // SAFETY: the console is open, and the keys outlive the call.
    unsafe { WriteConsoleInputW(handle(keyboard), &keys, &mut 0) }.unwrap();
}

/// A profile with a name of the person's own script.
fn world_of_yamada() -> World {
    let world = World::new();
    stores::chromium(
        &world.path(&format!("{CHROME}/Default/Network/Cookies")),
        24,
    );
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    let names = json!({"profile": {"info_cache": {"Default": {"name": YAMADA}}}});
    world.write(&format!("{CHROME}/Local State"), names.to_string());
    world
}

const YAMADA: &str = "\u{5c71}\u{7530}";

#[test]
fn a_console_shows_any_script_and_no_escape_sequence() {
    let world = world_of_yamada();
    for colour in ["auto", "always"] {
        let list = ["list", "openai.com", "--color", colour];
        let (code, screen) = at_a_console(&world, &list, &[]);
        assert_eq!(code, 0, "{screen}");
        assert!(screen.contains("cf_clearance"), "{screen}");
        assert!(screen.contains(YAMADA), "{screen}");
        // Wine says that it understands them, and shows them.
        let has_sequences = screen.contains(['\u{1b}', '\u{2190}']);
        assert!(is_wine() || !has_sequences, "{screen}");
    }
}

#[test]
fn a_pipe_gets_utf_8_and_colours_only_when_they_are_asked_for() {
    let world = world_of_yamada();
    for (colour, coloured) in [("auto", false), ("always", true), ("never", false)] {
        let run = world
            .run(&["list", "openai.com", "--color", colour])
            .expect(0);
        assert!(run.stdout.contains(YAMADA), "{run:#?}");
        assert_eq!(
            run.stdout.contains('\u{1b}'),
            coloured,
            "{colour}: {run:#?}"
        );
    }
}

#[test]
fn a_question_is_answered_at_the_console() {
    for (answer, left) in [("n", 8), ("y", 4)] {
        let world = world_of_yamada();
        let steps = [Step::Sees("[y/N]"), Step::Types(answer)];
        let (code, screen) = at_a_console(&world, &["openai.com", "--ask"], &steps);
        assert_eq!(code, 0, "{screen}");
        let store = world.path(&format!("{CHROME}/Default/Network/Cookies"));
        assert_eq!(stores::dump(&store, "cookies").len(), left, "{screen}");
    }
}

#[test]
fn screen_deletes_and_undoes_at_a_console() {
    let world = world_of_yamada();
    let store = world.path(&format!("{CHROME}/Default/Network/Cookies"));
    let before = stores::dump(&store, "cookies");
    let steps = [
        Step::Sees("No browser is open"),
        Step::Presses("\r"),
        Step::Presses("d"),
        Step::Sees("You can undo this"),
        Step::Presses("\r"),
        Step::Sees("No cookie of openai.com is left"),
        Step::Presses("q"),
    ];
    let (code, screen) = at_a_console(&world, &["browse", "openai.com"], &steps);
    assert_eq!(code, 0, "{screen}");
    assert_eq!(stores::dump(&store, "cookies").len(), 4, "{screen}");
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(stores::dump(&store, "cookies"), before);
}

#[test]
fn ctrl_c_ends_a_question_and_a_wait_and_nothing_is_changed() {
    let world = World::new();
    let profile = world.path(FIREFOX).join("p");
    stores::firefox(&profile.join("cookies.sqlite"), 17);
    let ask = [Step::Sees("[y/N]"), Step::Interrupts];
    let (code, screen) = at_a_console(&world, &["openai.com", "--ask"], &ask);
    assert_eq!(code, 130, "{screen}");

    let _held = take_lock(&profile.join("parent.lock"));
    let skip = [Step::Sees("[s]kip"), Step::Types("s")];
    let (code, screen) = at_a_console(&world, &["openai.com"], &skip);
    assert_eq!(code, 3, "{screen}");
    let wait = [Step::Sees("Waiting for Firefox"), Step::Interrupts];
    let (code, screen) = at_a_console(&world, &["openai.com", "--wait"], &wait);
    assert_eq!(code, 130, "{screen}");
    let store = profile.join("cookies.sqlite");
    assert_eq!(stores::dump(&store, "moz_cookies").len(), 8);
}
