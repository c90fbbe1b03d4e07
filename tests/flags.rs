//! The output options, which mean the same for all commands.

mod world;

use serde_json::Value;
use world::{Run, World};

/// The commands that report something.
const COMMANDS: [&[&str]; 8] = [
    &["openai.com"],
    &["openai.com", "--dry-run"],
    &["list", "openai.com"],
    &["sites"],
    &["profiles"],
    &["undo"],
    &["undo", "--list"],
    &["undo", "--forget"],
];

/// Runs a command with one more flag, in a world of its own with something to undo.
fn run(command: &[&str], flags: &[&str]) -> Run {
    let world = World::of_fixtures();
    let arguments = [command, flags].concat();
    if command[0] == "undo" {
        world.run(&["openai.com"]).expect(0);
        world.run_bare(&arguments)
    } else {
        world.run(&arguments)
    }
    .expect(0)
}

#[test]
fn quiet_commands_print_nothing() {
    for command in COMMANDS {
        assert_ne!(run(command, &[]).stdout, "", "{command:?}");
        let quiet = run(command, &["--quiet"]);
        assert_eq!(quiet.stdout, "", "{command:?}");
        assert_eq!(quiet.stderr, "", "{command:?}");
    }
}

#[test]
fn verbose_commands_print_more() {
    for command in COMMANDS {
        let [plain, verbose] = [&[][..], &["--verbose"]].map(|flags| run(command, flags).stdout);
        assert!(verbose.len() > plain.len(), "{command:?}: {verbose}");
    }
}

#[test]
fn json_is_a_document_whatever_else_is_asked_for() {
    for command in COMMANDS {
        for flag in ["--quiet", "--verbose", "--color=always"] {
            let run = run(command, &["--json", flag]);
            let document: Value = serde_json::from_str(&run.stdout).expect(&run.stdout);
            assert_eq!(document["schema"], 1, "{command:?} {flag}");
            assert_eq!(run.stderr, "", "{command:?} {flag}");
        }
    }
}
