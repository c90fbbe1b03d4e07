//! In which order a deletion and an undo write and sync, from a trace: what a power cut
//! would take back has to be safe in another place before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::contents::{CHROME, FIREFOX, STORES};
use crate::scene::{Scenario, Scene, can_trace};
use crate::world;

/// A call that worked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Create(String),
    /// Also one that makes the file shorter or longer.
    Write(String),
    Sync(String),
    Rename(String, String),
    Unlink(String),
    Folder(String),
    Link(String),
    /// A lock on a whole file, and the descriptor that holds it.
    Lock(String, String),
    Close(String),
}
use Event::{Close, Create, Folder, Link, Lock, Rename, Sync, Unlink, Write};

/// The calls that are traced.
const CALLS: &str = "trace=open,openat,openat2,creat,write,writev,pwrite64,pwritev,pwritev2,\
    ftruncate,fallocate,copy_file_range,sendfile,fsync,fdatasync,rename,renameat,renameat2,\
    unlink,unlinkat,mkdir,mkdirat,symlink,symlinkat,link,linkat,fcntl,close";

/// The events of a log, in their order.
fn events(log: &str) -> Vec<Event> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut events = Vec::new();
    for line in log.lines() {
        let Some((pid, rest)) = line.split_once(' ') else {
            continue;
        };
        let rest = rest.trim_start();
        let whole = if let Some(begin) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(pid, begin);
            continue;
        } else if rest.starts_with("<... ") {
            let end = rest.split_once(" resumed>").map_or("", |(_, end)| end);
            format!("{}{end}", begun.remove(pid).unwrap_or_default())
        } else {
            rest.to_owned()
        };
        events.extend(event(&whole));
    }
    events
}

fn event(call: &str) -> Option<Event> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.starts_with(['-', '?']) {
        return None;
    }
    let file = || descriptor(arguments).map(|(_, path)| path);
    let mut paths = paths(arguments).into_iter();
    Some(match name {
        "open" | "openat" | "openat2" | "creat" if arguments.contains("O_CREAT") => {
            Create(paths.next()?)
        }
        "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2" | "ftruncate" | "fallocate" => {
            Write(file()?)
        }
        "sendfile" => Write(file()?),
        "copy_file_range" => {
            let (_, to) = arguments.split_once(", ")?.1.split_once(", ")?;
            Write(descriptor(to)?.1)
        }
        "fsync" | "fdatasync" => Sync(file()?),
        "rename" | "renameat" | "renameat2" => Rename(paths.next()?, paths.next()?),
        "unlink" | "unlinkat" => Unlink(paths.next()?),
        "mkdir" | "mkdirat" => Folder(paths.next()?),
        "symlink" | "symlinkat" => Link(paths.nth(1)?),
        "link" | "linkat" => Link(paths.nth(1)?),
        "fcntl"
            if arguments.contains("SETLK, {l_type=F_WRLCK")
                && arguments.contains("l_start=0, l_len=0") =>
        {
            let (fd, path) = descriptor(arguments)?;
            Lock(path, fd)
        }
        "close" => Close(descriptor(arguments)?.0),
        _ => return None,
    })
}

/// `3</path>` at the beginning: the number and the path.
fn descriptor(arguments: &str) -> Option<(String, String)> {
    let (fd, rest) = arguments.split_once('<')?;
    if !fd.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (path, rest) = rest.split_once('>')?;
    let deleted = if rest.starts_with("(deleted)") {
        "(deleted)"
    } else {
        ""
    };
    Some((fd.to_owned(), format!("{path}{deleted}")))
}

/// The paths among the arguments; one that is relative to a descriptor as a whole.
fn paths(arguments: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = arguments;
    let mut folder = None;
    while let Some(at) = rest.find(['<', '"']) {
        let end = if rest[at..].starts_with('<') {
            '>'
        } else {
            '"'
        };
        let Some(length) = rest[at + 1..].find(end) else {
            break;
        };
        let text = &rest[at + 1..at + 1 + length];
        if end == '>' {
            folder = Some(text);
        } else {
            paths.push(match folder.take() {
                Some(folder) if !text.starts_with('/') => format!("{folder}/{text}"),
                _ => text.to_owned(),
            });
        }
        rest = &rest[at + length + 2..];
    }
    paths
}

fn parent(path: &str) -> String {
    Path::new(path)
        .parent()
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

/// A trace, and where everything is.
struct Trace {
    events: Vec<Event>,
    home: String,
    state: String,
    /// Which store each copy for undo is of.
    copies: BTreeMap<String, String>,
}

impl Trace {
    fn of(scenario: Scenario) -> Self {
        let scene = Scene::new(scenario);
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut copies = BTreeMap::new();
        if scenario == Scenario::Delete {
            // As at the first deletion ever.
            fs::remove_dir(scene.state()).unwrap();
        } else {
            copies = copies_in(&scene.state());
        }
        let run = scene.trace(&["-e", CALLS]);
        assert_eq!(run.code, Some(0), "{run:#?}");
        copies.append(&mut copies_in(&scene.state()));
        assert_eq!(copies.len(), STORES.len(), "{copies:?}");
        Self {
            events: events(&run.log),
            home: text(&scene.home()),
            state: text(&scene.state()),
            copies,
        }
    }

    fn stores(&self) -> impl Iterator<Item = String> {
        STORES.iter().map(|store| format!("{}/{store}", self.home))
    }

    /// Where the copies of a store are, or one that is still being written.
    fn copy_of(&self, store: &str) -> &str {
        self.copies.iter().find(|(_, of)| *of == store).unwrap().0
    }

    fn positions(&self, mut wanted: impl FnMut(&Event) -> bool) -> Vec<usize> {
        (0..self.events.len())
            .filter(|&i| wanted(&self.events[i]))
            .collect()
    }

    /// The first and the last change of a store or of its journal.
    fn changes(&self, store: &str) -> (usize, usize) {
        let is_it = |path: &String| {
            path.strip_prefix(store)
                .is_some_and(|rest| ["", "-journal", "-wal"].contains(&rest))
        };
        let changes = self.positions(|event| match event {
            Write(path) | Unlink(path) => is_it(path),
            Rename(from, to) => is_it(from) || is_it(to),
            _ => false,
        });
        let first = changes
            .first()
            .unwrap_or_else(|| panic!("{store} is not changed"));
        (*first, *changes.last().unwrap())
    }

    /// Whether `path` is synced between the two.
    fn is_synced(&self, path: &str, after: usize, before: usize) -> bool {
        self.events[after..before].contains(&Sync(path.to_owned()))
    }
}

/// The copies in a state folder, with the store of each.
fn copies_in(state: &Path) -> BTreeMap<String, String> {
    let mut copies = BTreeMap::new();
    for folder in fs::read_dir(state.join("undo"))
        .into_iter()
        .flatten()
        .flatten()
    {
        for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let path = file.path();
            if path.extension().is_some_and(|e| e == "jsonl") {
                let text = fs::read_to_string(&path).unwrap();
                let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
                let store = header["store"].as_str().unwrap().to_owned();
                copies.insert(path.to_string_lossy().into_owned(), store);
            }
        }
    }
    copies
}

/// Whether the tests of this file can run.
fn can(test: &str) -> bool {
    match can_trace() {
        Ok(()) => true,
        Err(why) => world::skipped(test, &why),
    }
}

#[test]
fn the_undo_copy_is_synced_before_the_store_is_changed() {
    if !can("the_undo_copy_is_synced_before_the_store_is_changed") {
        return;
    }
    let trace = Trace::of(Scenario::Delete);
    for store in trace.stores() {
        let (first, _) = trace.changes(&store);
        let copy = trace.copy_of(&store);
        let renamed = trace.positions(|event| matches!(event, Rename(_, to) if to == copy));
        let (written, named) = match renamed.last() {
            Some(&at) => match &trace.events[at] {
                Rename(from, _) => (from.clone(), at),
                _ => unreachable!(),
            },
            None => {
                let created = trace.positions(|event| *event == Create(copy.to_owned()));
                (copy.to_owned(), *created.last().expect("the copy is made"))
            }
        };
        assert!(
            named < first,
            "{store}: its copy is finished after the first change"
        );
        let writes = trace.positions(|event| *event == Write(written.clone()));
        let last = *writes.last().expect("the copy is written");
        assert!(
            last < first,
            "{store}: its copy is written after the first change"
        );
        assert!(
            trace.is_synced(&written, last, first),
            "{store}: its copy is not synced"
        );
        let folder = parent(copy);
        assert!(
            trace.is_synced(&folder, named, first),
            "{store}: the copy's folder is not synced"
        );
        for at in trace.positions(|event| matches!(event, Folder(_))) {
            let Folder(made) = &trace.events[at] else {
                unreachable!()
            };
            if at < first && made.starts_with(&trace.state) {
                let above = parent(made);
                assert!(
                    trace.is_synced(&above, at, first),
                    "{store}: {made} is not synced"
                );
            }
        }
    }
}

#[test]
fn the_claim_is_held_around_every_change_of_a_store() {
    if !can("the_claim_is_held_around_every_change_of_a_store") {
        return;
    }
    for scenario in [Scenario::Delete, Scenario::Undo] {
        let trace = Trace::of(scenario);
        for store in trace.stores() {
            let (first, last) = trace.changes(&store);
            if store.contains(CHROME) {
                let lock = format!("{}/.config/google-chrome/SingletonLock", trace.home);
                let taken = trace.positions(|event| match event {
                    Link(path) | Rename(_, path) => *path == lock,
                    _ => false,
                });
                let left = trace.positions(|event| match event {
                    Unlink(path) | Rename(path, _) => *path == lock,
                    _ => false,
                });
                let taken = taken.into_iter().rfind(|at| *at < first);
                let taken = taken.unwrap_or_else(|| panic!("{store}: changed without a claim"));
                let left = left.into_iter().find(|at| *at > taken);
                let left = left.unwrap_or_else(|| panic!("{store}: the claim stays"));
                assert!(left > last, "{store}: changed after the claim was let go");
            } else {
                let lock = format!("{}/{FIREFOX}/.parentlock", trace.home);
                let taken =
                    trace.positions(|event| matches!(event, Lock(path, _) if *path == lock));
                let taken = taken.into_iter().rfind(|at| *at < first);
                let taken = taken.unwrap_or_else(|| panic!("{store}: changed without a claim"));
                let Lock(_, fd) = &trace.events[taken] else {
                    unreachable!()
                };
                let left = trace.positions(|event| {
                    *event == Close(fd.clone()) || *event == Unlink(lock.clone())
                });
                let left = left.into_iter().find(|at| *at > taken);
                let left = left.unwrap_or_else(|| panic!("{store}: the claim stays"));
                assert!(left > last, "{store}: changed after the claim was let go");
            }
        }
    }
}

#[test]
fn a_session_file_is_synced_before_and_after_its_rename() {
    if !can("a_session_file_is_synced_before_and_after_its_rename") {
        return;
    }
    for scenario in [Scenario::Delete, Scenario::Undo] {
        let trace = Trace::of(scenario);
        for store in trace.stores().filter(|store| store.ends_with(".jsonlz4")) {
            let renames = trace.positions(|event| matches!(event, Rename(_, to) if *to == store));
            assert!(!renames.is_empty(), "{store} is not replaced");
            for at in renames {
                let Rename(new, _) = &trace.events[at] else {
                    unreachable!()
                };
                let writes = trace.positions(|event| *event == Write(new.clone()));
                let last = writes
                    .into_iter()
                    .rfind(|write| *write < at)
                    .expect("it is written");
                assert!(
                    trace.is_synced(new, last, at),
                    "{store}: the new file is not synced"
                );
                // The old content must be there until the new name is safe.
                let old = format!("{store}(deleted)");
                let overwritten = trace.positions(|event| *event == Write(old.clone()));
                let end = overwritten.into_iter().find(|write| *write > at);
                let lock = format!("{}/{FIREFOX}/.parentlock", trace.home);
                let left = trace.positions(|event| *event == Unlink(lock.clone()));
                let left = left
                    .into_iter()
                    .find(|left| *left > at)
                    .expect("it is let go");
                let end = end.unwrap_or(left).min(left);
                let folder = parent(&store);
                assert!(
                    trace.is_synced(&folder, at, end),
                    "{store}: its folder is not synced"
                );
            }
        }
    }
}

#[test]
fn a_database_and_its_journal_are_synced_in_turn() {
    if !can("a_database_and_its_journal_are_synced_in_turn") {
        return;
    }
    for scenario in [Scenario::Delete, Scenario::Undo] {
        let trace = Trace::of(scenario);
        for store in trace.stores().filter(|store| !store.ends_with(".jsonlz4")) {
            let beside = [format!("{store}-journal"), format!("{store}-wal")];
            let mut unsynced: BTreeSet<&str> = BTreeSet::new();
            let mut is_written = false;
            for event in &trace.events {
                match event {
                    // What could take the change back, or holds it, must be safe first.
                    Write(path) if *path == store => {
                        for other in &beside {
                            assert!(!unsynced.contains(&**other), "{other} is not synced");
                        }
                        unsynced.insert(path);
                        is_written = true;
                    }
                    // Only a database that is safe needs no journal.
                    Write(path) | Unlink(path) if beside.contains(path) => {
                        assert!(
                            !unsynced.contains(&*store),
                            "{store} is not synced: {event:?}"
                        );
                        if matches!(event, Write(_)) {
                            unsynced.insert(path);
                        }
                    }
                    Sync(path) => {
                        unsynced.remove(&**path);
                    }
                    _ => {}
                }
            }
            assert!(is_written, "{store} is not written");
            assert!(
                !unsynced.contains(&*store),
                "{store} is not synced at the end"
            );
        }
    }
}

#[test]
fn an_undo_copy_goes_only_when_its_store_is_synced() {
    if !can("an_undo_copy_goes_only_when_its_store_is_synced") {
        return;
    }
    let trace = Trace::of(Scenario::Undo);
    for store in trace.stores() {
        let copy = trace.copy_of(&store);
        let of_copy = trace.positions(|event| match event {
            Write(path) | Unlink(path) | Rename(path, _) => path == copy,
            _ => false,
        });
        let goes = *of_copy.first().expect("the copy goes");
        let changes = trace.positions(|event| match event {
            Write(path) | Rename(_, path) => *path == store,
            _ => false,
        });
        let last = *changes.last().expect("the store is changed");
        assert!(last < goes, "{store}: changed after its copy went");
        let synced = match store.ends_with(".jsonlz4") {
            true => parent(&store),
            false => store.clone(),
        };
        assert!(
            trace.is_synced(&synced, last, goes),
            "{store}: not synced before its copy went"
        );
    }
}
