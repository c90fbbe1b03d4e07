//! The output options, which mean the same for all commands.

mod world;

use serde_json::Value;
use world::{Run, World};

/// The commands that report something.
const COMMANDS: [&[&str]; 10] = [
    &["openai.com"],
    &["openai.com", "--dry-run"],
    &["list", "openai.com"],
    &["sites"],
    &["profiles"],
    &["doctor"],
    &["doctor", "openai.com"],
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

/// Not a test of its own: [`Holder`] runs it in another process.
#[cfg(unix)]
#[test]
fn helper_that_holds_a_lock_until_it_is_told() {
    world::holder::hold_if_told();
}

/// docs/json.md, compared with what the commands print and the source has.
#[cfg(unix)]
mod documentation {
    use std::collections::BTreeSet;
    use std::fs;

    use serde_json::Value;

    use crate::world::World;
    use crate::world::holder::Holder;

    /// The fields of the tables below these headings of docs/json.md.
    fn documented(headings: &[(&str, &str)]) -> BTreeSet<String> {
        let text = include_str!("../docs/json.md");
        let mut fields = BTreeSet::new();
        for (heading, prefix) in headings {
            let (_, section) = text
                .split_once(&format!("\n## {heading}\n"))
                .expect(heading);
            let section = section.split("\n## ").next().unwrap();
            for line in section.lines() {
                if let Some((field, _)) = line.strip_prefix("| `").and_then(|l| l.split_once('`')) {
                    fields.insert(format!("{prefix}{field}"));
                }
            }
        }
        fields
    }

    /// Every field of a document: `stores[].error`.
    fn fields(value: &Value, path: &str, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let path = match path {
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    let list = if member.is_array() { "[]" } else { "" };
                    into.insert(format!("{path}{list}"));
                    fields(member, &path, into);
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    fields(element, &format!("{path}[]"), into);
                }
            }
            _ => {}
        }
    }

    /// The fields that a command prints, in a world with an open Firefox, a store that cannot
    /// be read, and something to undo.
    fn printed(command: &[&str]) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for is_open in [true, false] {
            let world = World::of_fixtures();
            world.run(&["openai.com"]);
            world.write(".config/google-chrome/Profile 1/Cookies", "not a database");
            world.write(".config/vivaldi/Local State", "{");
            world.write(".config/chromium/.cookieclean.lock", "");
            let _open = is_open.then(|| {
                Holder::of(&world.path(".mozilla/firefox/abcd1234.default-esr/cookies.sqlite"))
            });
            if command[0] == "undo" {
                let deletions = fs::read_dir(world.state().join("undo")).unwrap();
                let deletion = deletions.flatten().next().unwrap().path();
                fs::write(deletion.join("0000.jsonl"), "{}").unwrap();
            }
            let command = [command, &["--json"]].concat();
            let run = match command[0] {
                "undo" => world.run_bare(&command),
                _ => world.run(&command),
            };
            let document: Value = serde_json::from_str(&run.stdout).expect(&run.stdout);
            fields(&document, "", &mut all);
        }
        all
    }

    #[test]
    fn every_field_of_the_json_is_documented() {
        type Row<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);
        let rows: [Row<'_>; 8] = [
            (
                &[
                    "list",
                    "openai.com",
                    "example.com",
                    "--show-values",
                    "--site-data",
                ],
                &[
                    ("list", ""),
                    ("stores", "stores[]."),
                    ("problems", "problems[]."),
                ],
            ),
            (
                &["example.com", "--site-data", "--yes"],
                &[
                    ("delete", ""),
                    ("stores", "stores[]."),
                    ("problems", "problems[]."),
                ],
            ),
            (
                &["sites", "--site-data"],
                &[("sites", ""), ("problems", "problems[].")],
            ),
            (
                &["profiles"],
                &[("profiles", ""), ("problems", "problems[].")],
            ),
            (
                &["doctor", "openai.com"],
                &[("doctor", ""), ("problems", "problems[].")],
            ),
            (&["undo"], &[("undo", ""), ("problems", "problems[].")]),
            (
                &["undo", "--list"],
                &[("undo --list", ""), ("problems", "undo[].problems[].")],
            ),
            (
                &["undo", "--forget"],
                &[("undo --forget", ""), ("problems", "problems[].")],
            ),
        ];
        for (command, headings) in rows {
            let documented = documented(headings);
            let printed = printed(command);
            let missing: Vec<_> = printed.difference(&documented).collect();
            assert!(
                missing.is_empty(),
                "{command:?}: not in docs/json.md: {missing:?}"
            );
            // Of the stores, a list has not all, and not every trouble can be made here.
            let unseen: Vec<_> = documented
                .difference(&printed)
                .filter(|field| !may_be_unseen(command, field))
                .collect();
            assert!(unseen.is_empty(), "{command:?}: never printed: {unseen:?}");
        }
    }

    /// A list has no deletion; a folder that cannot be destroyed takes another user.
    fn may_be_unseen(command: &[&str], field: &str) -> bool {
        match command[0] {
            "list" => ["deleted", "kept", "in_use_by", "in_use_why"]
                .iter()
                .any(|part| {
                    field
                        .strip_prefix("stores[].")
                        .is_some_and(|f| f.starts_with(part))
                }),
            // tests/doctor.rs has a keyring that cannot be reached.
            "doctor" => field.starts_with("site.keyring[]."),
            // They would be in the home folder of the person who runs this.
            "undo" => field.starts_with("problems[].") || field.starts_with("orphaned[]."),
            _ => false,
        }
    }

    #[test]
    fn every_code_is_documented() {
        let documented = documented(&[("Codes", "")]);
        let source = include_str!("../src/model/error.rs");
        let codes = source.split("=> \"").skip(1);
        let codes: BTreeSet<_> = codes
            .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
            .collect();
        assert!(codes.len() > 30, "{codes:?}");
        assert_eq!(codes, documented);
    }
}
