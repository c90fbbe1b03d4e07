//! Every sentence is there in every language, is used, and takes the same.

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Messages = BTreeMap<String, String>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The messages of a language by their names, with all that is in them.
fn messages(language: &str) -> Messages {
    let file = root()
        .join("locales")
        .join(language)
        .join("cookieclean.ftl");
    let mut all = Messages::new();
    let mut current = None;
    for line in fs::read_to_string(&file).unwrap().lines() {
        let is_start = line.starts_with(|c: char| c.is_ascii_lowercase());
        if let Some((name, text)) = line.split_once(" =").filter(|_| is_start) {
            let old = all.insert(name.to_owned(), text.trim().to_owned());
            assert!(old.is_none(), "{}: {name} is there twice", file.display());
            current = Some(name.to_owned());
        } else if !line.starts_with('#')
            && let Some(text) = current.as_ref().and_then(|name| all.get_mut(name))
        {
            text.push('\n');
            text.push_str(line);
        }
    }
    assert!(all.len() > 200, "{} messages", all.len());
    all
}

fn languages() -> Vec<String> {
    let entries = fs::read_dir(root().join("locales")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "en").collect()
}

/// `$name` of each argument.
fn arguments(text: &str) -> BTreeSet<&str> {
    let parts = text.split('$').skip(1);
    parts
        .map(|part| {
            let end = part.find(|c: char| !(c.is_alphanumeric() || c == '-'));
            &part[..end.unwrap_or(part.len())]
        })
        .collect()
}

#[test]
fn every_language_has_every_message() {
    let english = messages("en");
    for language in languages() {
        let theirs = messages(&language);
        let names = |messages: &Messages| messages.keys().cloned().collect::<BTreeSet<_>>();
        let (all, have) = (names(&english), names(&theirs));
        let missing: Vec<_> = all.difference(&have).collect();
        let unknown: Vec<_> = have.difference(&all).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{language}: missing {missing:?}, unknown {unknown:?}"
        );
    }
}

#[test]
fn messages_take_the_same_in_every_language() {
    let english = messages("en");
    for language in languages() {
        for (name, text) in messages(&language) {
            let (theirs, ours) = (arguments(&text), arguments(&english[&name]));
            // A number may be said once, where English needs it to choose a form.
            let left_out: Vec<_> = ours.difference(&theirs).collect();
            assert!(
                theirs.is_subset(&ours) && left_out.iter().all(|name| **name == "n"),
                "{language}: {name} takes {theirs:?}, in English {ours:?}"
            );
        }
    }
}

#[test]
fn nothing_is_left_in_english() {
    /// Only names of things, marks and arguments are in them.
    const SAME: [&str; 6] = [
        "fault-at",
        "in-use-by",
        "profile-with-folder",
        "store-line",
        "next-sentence",
        "usage-example",
    ];
    let english = messages("en");
    for language in languages() {
        for (name, text) in messages(&language) {
            assert!(
                text != english[&name] || SAME.contains(&name.as_str()),
                "{language}: {name} is English: {text}"
            );
        }
    }
}

#[test]
fn every_message_is_used() {
    let source: String = files::below(&["src", "xtask/src"])
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let command = cookieclean::cli::command("en");
    let mut options = BTreeSet::new();
    for command in std::iter::once(&command).chain(command.get_subcommands()) {
        options.insert(format!("about-{}", command.get_name()));
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str().replace('_', "-");
            options.insert(format!("help-{id}"));
            options.insert(format!("help-{}-{id}", command.get_name()));
        }
    }
    for name in messages("en").keys() {
        assert!(
            source.contains(&format!("\"{name}\"")) || options.contains(name),
            "nothing says {name}"
        );
    }
}

#[test]
fn every_option_has_its_text() {
    for language in cookieclean::cli::languages() {
        texts_are_there(&cookieclean::cli::command(&language));
    }
}

fn texts_are_there(command: &clap::Command) {
    for command in std::iter::once(command).chain(command.get_subcommands()) {
        let texts = command.get_arguments().map(|a| (a.get_id(), a.get_help()));
        for (id, text) in texts {
            let text = text.map(ToString::to_string).unwrap_or_default();
            assert!(
                !text.is_empty() && !text.contains("No localization"),
                "{id}: {text}"
            );
        }
    }
}
