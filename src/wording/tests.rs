use std::path::PathBuf;

use super::*;
use crate::browsers::SearchError;
use crate::model::domain::Domain;
use crate::model::error::Fault;
use crate::model::evidence::Evidence;
use crate::model::value::tests::reasons;
use crate::platform::owner::NotAsOwner;

#[test]
fn sizes_have_two_digits() {
    for (bytes, text) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (9949, "9.9 KB"),
        (9950, "10 KB"),
        (205_400, "205 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (1_300_000_000, "1.3 GB"),
    ] {
        assert_eq!(size(bytes), text, "{bytes}");
    }
}

#[test]
fn lists_end_with_the_word() {
    assert_eq!(one_of(&["one"]), "one");
    assert_eq!(all_of(&["one", "two", "three"]), "one, two and three");
    assert_eq!(one_of(&["one", "two"]), "one or two");
    assert_eq!(enumerated(&["one", "two", "three"]), "one, two, three");
}

#[test]
fn numbers_in_sentences_are_grouped() {
    assert_eq!(say!("count-cookies", n = 1), "1 cookie");
    assert_eq!(say!("count-cookies", n = 2986), "2,986 cookies");
}

#[test]
fn every_message_of_every_language_parses() {
    let ids = languages();
    assert!(ids.contains(&"en".to_owned()) && ids.contains(&"ja".to_owned()));
    let names = |language: &str| {
        let file = format!("{language}/{}.ftl", env!("CARGO_PKG_NAME"));
        let text = Locales::get(&file).unwrap().data.into_owned();
        let text = String::from_utf8(text).unwrap();
        let is_start = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
        let lines = text.lines().filter(is_start);
        let names: Vec<_> = lines
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect();
        names
    };
    for language in ids {
        let id: LanguageIdentifier = language.parse().unwrap();
        let parsed: Vec<_> = load(&language).with_message_iter(&id, |messages| {
            messages.map(|message| message.id.name.to_owned()).collect()
        });
        for name in names(&language) {
            assert!(parsed.contains(&name), "{language}: {name} does not parse");
        }
    }
}

/// JSON has the errors' own texts, in every language; they must not drift from what a
/// person reads in English.
#[test]
fn english_is_what_the_errors_say_themselves() {
    let at = || Box::new(Fault::Full.at("/a/b"));
    let why = || "why".to_owned();
    let path = || PathBuf::from("/a/b");
    let shows = [
        Evidence::Locked(path()),
        Evidence::Named(path()),
        Evidence::SaysSo(path()),
        Evidence::OtherComputer {
            link: path(),
            host: "desk".into(),
        },
        Evidence::StoreOpen,
        Evidence::JustMade(path()),
        Evidence::OpenOnWindows(path()),
        Evidence::TakenOver(path()),
        Evidence::Replaced(path()),
        Evidence::Waiting {
            lock: path(),
            seconds: 7,
        },
        Evidence::BeingWorkedOn(path()),
        Evidence::Unclear(why()),
    ];
    for evidence in &shows {
        assert_eq!(faults::evidence(evidence), evidence.to_string());
    }
    let io = || std::io::Error::other("why");
    let faults = [
        Fault::Denied,
        Fault::ReadOnly,
        Fault::Gone,
        Fault::NotAFile,
        Fault::Link,
        Fault::PathTooLong {
            length: 200,
            room: 100,
        },
        Fault::NoSocket(io()),
        Fault::TakenOver(Evidence::StoreOpen),
        Fault::NotADatabase,
        Fault::Corrupt(why()),
        Fault::NoTable("t"),
        Fault::NoColumn {
            table: "t",
            column: "c",
        },
        Fault::UnknownSchema(why()),
        Fault::Sparse {
            length: 20,
            stored: 10,
        },
        Fault::TooLarge(20),
        Fault::Beside(at()),
        Fault::Locked,
        Fault::KeepsChanging,
        Fault::Full,
        Fault::Outside(path()),
        Fault::OthersFolder(path()),
        Fault::Unparsable(why()),
        Fault::BadSession(why()),
        Fault::NoRoom(at()),
        Fault::NoBackup(at()),
        Fault::BadBackup(why()),
        Fault::OtherFormat(9),
        Fault::Running(why()),
        Fault::Anothers("ann".into()),
        Fault::OpenToOthers,
        Fault::OtherName,
        Fault::NotOverwritten(Box::new(Fault::Full)),
        Fault::OtherVersion { was: 18, is: 24 },
        Fault::Unsure(Box::new(Fault::Full)),
        Fault::NotErased(at()),
        Fault::NotVerified(why()),
        Fault::HalfDone {
            first: at(),
            second: at(),
        },
        Fault::Within(at()),
        Fault::Io(io()),
        Fault::Sql(rusqlite::Error::QueryReturnedNoRows),
    ];
    for fault in &faults {
        assert_eq!(faults::fault(fault), fault.to_string());
    }
    let error = Fault::Denied.at("/a/b");
    assert_eq!(faults::error(&error), error.to_string());
    for error in reasons() {
        assert_eq!(faults::value(&error), error.to_string());
    }
    for text in ["", "*.com", "co.jp", "openai", "a b.com", "ftp://a.com/"] {
        let error = Domain::parse(text).unwrap_err();
        assert_eq!(faults::domain(&error), error.to_string());
    }
    let folders = vec![(path(), "ann".into()), (path(), "bob".into())];
    let owners = [
        NotAsOwner::Unreadable(Fault::Full.at("/a/b")),
        NotAsOwner::Led {
            way: path(),
            whose: "ann".into(),
            folder: path(),
        },
        NotAsOwner::Several(folders),
        NotAsOwner::Closed {
            folder: path(),
            name: "ann".into(),
            door: path(),
        },
        NotAsOwner::Refused {
            folder: path(),
            name: "ann".into(),
            why: io(),
        },
        NotAsOwner::State {
            state: path(),
            name: "ann".into(),
        },
        NotAsOwner::NoHome { name: "ann".into() },
    ];
    for why in &owners {
        assert_eq!(faults::owner(why), why.to_string());
    }
    let searches = [
        SearchError::NoSuchProfile {
            wanted: "Work".into(),
            there_are: Vec::new(),
        },
        SearchError::NotAProfile(path()),
        SearchError::Unreadable(Fault::Full.at("/a/b")),
    ];
    for why in &searches {
        assert_eq!(faults::search(why), why.to_string());
    }
}
