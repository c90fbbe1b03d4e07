//! What must be true after a fault, whatever it was.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::contents::{Content, Contents, Item, STORES, is_of_a_store, items, with_suffix};
use crate::scene::{Outcome, Scenario, Scene};

/// What is wrong after a run.
#[derive(Debug, Default)]
pub struct Findings {
    /// Each is a failure.
    pub anomalies: Vec<String>,
    /// On the safe side, but not what a person would call right.
    pub notes: Vec<String>,
}

impl Findings {
    fn add(&mut self, anomaly: impl Into<String>) {
        self.anomalies.push(anomaly.into());
    }

    fn check(&mut self, holds: bool, anomaly: impl FnOnce() -> String) {
        if !holds {
            self.anomalies.push(anomaly());
        }
    }
}

/// What was done to the run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ordeal {
    /// It was killed, or was out of memory, which ends a program as well.
    pub may_be_killed: bool,
    /// Removing files failed, so that some may be left.
    pub keeps_files: bool,
}

/// Looks at what a run has left, and lets the command finish the job and take it back.
pub fn check(scene: &Scene, run: &Outcome, ordeal: Ordeal) -> Findings {
    let mut check = Check {
        scene,
        run,
        ordeal,
        now: scene.contents(),
        found: Findings::default(),
    };
    check.status();
    check.rest_of_home();
    match scene.scenario {
        Scenario::Delete | Scenario::DeleteForGood => check.deletion(),
        Scenario::Undo => check.undo(),
        Scenario::Forget => check.forget(),
        Scenario::Expire => check.expire(),
        Scenario::List | Scenario::Sites | Scenario::Profiles => check.look(),
    }
    check.found
}

struct Check<'a> {
    scene: &'a Scene,
    run: &'a Outcome,
    ordeal: Ordeal,
    now: Contents,
    found: Findings,
}

impl Check<'_> {
    fn was_killed(&self) -> bool {
        self.run.code.is_none() || self.never_began()
    }

    /// The program was not loaded at all.
    fn never_began(&self) -> bool {
        self.run.code == Some(127) && self.run.stdout.is_empty()
    }

    /// Whether it ended in a way that is foreseen.
    fn status(&mut self) {
        let run = self.run;
        match run.code {
            _ if run.hung => self.found.add("it hangs"),
            Some(0 | 1 | 3) => {}
            Some(127) if self.never_began() => {
                let same = items(&self.scene.home()) == items(&self.scene.saved("home"));
                self.found
                    .check(same, || "it did not begin, but changed something".into());
            }
            Some(2) => self
                .found
                .add(format!("exit 2 (usage): {}", last_line(&run.stderr))),
            Some(101) => self
                .found
                .add(format!("panic: {}", first_line(&run.stderr))),
            Some(code) => self
                .found
                .add(format!("exit {code}: {}", last_line(&run.stderr))),
            None if self.ordeal.may_be_killed => {}
            None => self
                .found
                .add(format!("a signal ended it: {}", last_line(&run.stderr))),
        }
        let is_silent = run.stderr.is_empty() && run.json().is_none();
        if matches!(run.code, Some(1 | 3)) && is_silent {
            self.found.add("it failed without a word");
        }
        if run.code == Some(0) && run.json().is_none() {
            self.found.add("exit 0 without a whole report");
        }
    }

    fn is_there(&self, store: usize) -> bool {
        self.now[store] == self.scene.there[store]
    }

    fn is_gone(&self, store: usize) -> bool {
        self.now[store] == self.scene.gone[store]
    }

    /// Each store holds all of the rows or none, and nothing else has changed.
    fn stores_are_whole(&mut self, when: &str) {
        for (store, now) in self.now.iter().enumerate() {
            if self.is_there(store) || self.is_gone(store) {
                continue;
            }
            let what = match now {
                Content::Broken(why) => why.clone(),
                Content::Rows(rows) => format!("it has other rows than before: {}", rows.len()),
                Content::Text(_) => "it has another text than before".into(),
            };
            self.found
                .add(format!("{when} {} is not whole: {what}", STORES[store]));
        }
    }

    /// What does not belong to a store is as it was.
    fn rest_of_home(&mut self) {
        let when = "after the fault";
        self.stores_are_whole(when);
        let may_leave = self.was_killed() || self.ordeal.keeps_files;
        self.nothing_is_left(when, may_leave);
    }

    fn nothing_is_left(&mut self, when: &str, may_leave: bool) {
        let (before, after) = (items(&self.scene.saved("home")), items(&self.scene.home()));
        for (name, item) in &before {
            if !is_of_a_store(name) && after.get(name) != Some(item) {
                self.found.add(format!("{when} {name} is not as it was"));
            }
        }
        if may_leave {
            return;
        }
        for (name, item) in &after {
            // Firefox leaves its lock itself; one that a kill left does no harm.
            let is_lock = self.ordeal.may_be_killed && name.ends_with("/.parentlock");
            let is_new = !before.contains_key(name) && !is_lock;
            if is_new && (!is_of_a_store(name) || has_something(item)) {
                self.found
                    .add(format!("{when} {} is left", without_numbers(name)));
            }
        }
        // A private copy that a kill has left goes an hour later.
        if !self.ordeal.may_be_killed {
            for name in items(&self.scene.tmp()).keys() {
                let name = without_numbers(name.split('/').next().unwrap_or(name));
                self.found
                    .add(format!("{when} {name} is left in the temporary folder"));
            }
        }
    }

    fn deletion(&mut self) {
        if !self.was_killed() {
            self.deletion_is_told_as_it_was();
        }
        // Another run finishes the job.
        let again = self.scene.run(self.scene.scenario.arguments());
        self.succeeds("the next deletion", &again);
        self.now = self.scene.contents();
        for (store, name) in STORES.iter().enumerate() {
            if !self.is_gone(store) {
                self.found
                    .add(format!("the next deletion leaves {name} as it is"));
            }
        }
        self.no_value_is_left("after the next deletion");
        self.nothing_is_left("after the next deletion", false);
        if self.scene.scenario == Scenario::Delete {
            self.undo_brings_all_back();
        } else {
            let copies = copies(self.scene);
            self.found
                .check(copies.is_empty(), || "--no-undo left copies".into());
        }
    }

    fn deletion_is_told_as_it_was(&mut self) {
        let run = self.run;
        let Some(report) = run.json() else {
            return;
        };
        let mut told: BTreeMap<String, &Value> = BTreeMap::new();
        for row in report["stores"].as_array().into_iter().flatten() {
            told.insert(row["store"].as_str().unwrap_or_default().to_owned(), row);
        }
        let problems = report["problems"].as_array().is_some_and(|p| !p.is_empty());
        let mut missed = 0;
        for (store, name) in STORES.iter().enumerate() {
            let (there, gone) = (self.is_there(store), self.is_gone(store));
            let path = self.scene.home().join(name).to_string_lossy().into_owned();
            let Some(row) = told.get(&path) else {
                missed += 1;
                if gone {
                    self.found.add(format!("{name} was cleaned without a word"));
                }
                continue;
            };
            let status = row["status"].as_str().unwrap_or_default();
            let deleted = row["deleted"].as_u64().unwrap_or_default();
            let error = row["error"].as_str().unwrap_or_default();
            let lie = match status {
                "cleaned" => !gone || deleted == 0,
                "error" => (gone && deleted == 0) || (there && deleted > 0),
                "in-use" => gone,
                _ => true,
            };
            if lie {
                let error = without_numbers(error);
                let state = if gone { "gone" } else { "there" };
                self.found.add(format!(
                    "a lie: {name} is called {status}, {deleted} deleted ({error}), but its rows \
                     are {state}"
                ));
            }
            if status == "in-use" {
                self.found.notes.push(format!("{name} is called in use"));
            }
            if status == "cleaned" {
                self.no_value_is_left_in(store, "after it was cleaned");
            }
        }
        if missed > 0 && (!problems || run.code == Some(0)) {
            self.found.add(format!(
                "{missed} stores were missed without a word, exit {:?}",
                run.code
            ));
        }
        if problems && run.code == Some(0) {
            self.found.add("exit 0 with problems");
        }
        let any_gone = (0..STORES.len()).any(|store| self.is_gone(store));
        let id = report["undo"]["id"].as_str();
        if self.scene.scenario == Scenario::Delete {
            match id {
                None if any_gone => self.found.add("a lie: no copy is said to be kept"),
                None => {
                    let copies = copies(self.scene);
                    if !copies.is_empty() && !self.ordeal.keeps_files {
                        self.found
                            .add("no copy is said to be kept, but there are some");
                    }
                }
                Some(id) if !self.scene.state().join("undo").join(id).is_dir() => {
                    self.found
                        .add("a lie: the copy that is said to be kept is not there");
                }
                Some(_) => {}
            }
        }
    }

    /// No value of a deleted cookie stands in any file of the stores.
    fn no_value_is_left(&mut self, when: &str) {
        for store in 0..STORES.len() {
            self.no_value_is_left_in(store, when);
        }
    }

    fn no_value_is_left_in(&mut self, store: usize, when: &str) {
        let (Content::Rows(there), Content::Rows(gone)) =
            (&self.scene.there[store], &self.scene.gone[store])
        else {
            return;
        };
        // A part of another cookie's value, or host, tells nothing.
        let kept = gone.join(" ");
        let deleted: Vec<Vec<u8>> = there
            .iter()
            .filter(|row| !gone.contains(row))
            .flat_map(|row| row.split(' '))
            .filter_map(|value| value.strip_prefix("text:").or(value.strip_prefix("blob:")))
            .filter(|hex| !kept.contains(hex))
            .filter_map(|hex| hex::decode(hex).ok())
            .filter(|value| value.len() >= 8)
            .collect();
        let path = self.scene.home().join(STORES[store]);
        for suffix in ["", "-journal", "-wal"] {
            let Ok(bytes) = fs::read(with_suffix(&path, suffix)) else {
                continue;
            };
            if stands_in(&bytes, &deleted) {
                self.found.add(format!(
                    "{when} deleted values stand in {}{suffix}",
                    STORES[store]
                ));
            }
        }
    }

    fn undo(&mut self) {
        if !self.was_killed()
            && let Some(report) = self.run.json()
        {
            let mut told = 0;
            for row in report["stores"].as_array().into_iter().flatten() {
                let path = row["store"].as_str().unwrap_or_default();
                let home = self.scene.home();
                let Some(store) = STORES.iter().position(|s| home.join(s) == *path) else {
                    continue;
                };
                told += 1;
                let status = row["status"].as_str().unwrap_or_default();
                let restored = row["restored"].as_u64().unwrap_or_default();
                let lie = match status {
                    "restored" => !self.is_there(store) || restored == 0,
                    _ => self.is_there(store) && restored == 0,
                };
                if lie {
                    let error = without_numbers(row["error"].as_str().unwrap_or_default());
                    let state = if self.is_there(store) { "back" } else { "gone" };
                    self.found.add(format!(
                        "a lie: {} is called {status}, {restored} restored ({error}), but its \
                         rows are {state}",
                        STORES[store]
                    ));
                }
                if status == "in-use" {
                    self.found
                        .notes
                        .push(format!("{} is called in use", STORES[store]));
                }
            }
            let all = (0..STORES.len()).all(|store| self.is_there(store));
            if self.run.code == Some(0) && !all {
                let id = &report["id"];
                self.found.add(format!(
                    "a lie: exit 0 (id {}, {told} stores), but not everything is back",
                    if id.is_null() { "null" } else { "given" }
                ));
            }
        }
        self.undo_brings_all_back();
        self.nothing_is_left("after the next undo", false);
    }

    /// Undo, as often as there is something to, brings everything back, and nothing is
    /// left of the copies.
    fn undo_brings_all_back(&mut self) {
        for round in 0.. {
            let run = self.scene.run(&["undo"]);
            self.succeeds("the next undo", &run);
            let report = run.json().unwrap_or_default();
            if report["id"].is_null() || run.code != Some(0) || round == 5 {
                break;
            }
        }
        self.now = self.scene.contents();
        for (store, name) in STORES.iter().enumerate() {
            if !self.is_there(store) {
                self.found
                    .add(format!("LOST: undo does not bring back {name}"));
            }
        }
        for name in copies(self.scene) {
            let name = without_numbers(&name);
            self.found
                .add(format!("after undo {name} is left in the state folder"));
        }
    }

    fn succeeds(&mut self, what: &str, run: &Outcome) {
        if run.code == Some(0) && !run.hung {
            return;
        }
        let mut why = vec![last_line(&run.stderr)];
        for row in run.json().unwrap_or_default()["stores"]
            .as_array()
            .into_iter()
            .flatten()
        {
            why.extend(row["error"].as_str().map(str::to_owned));
            if row["status"] == "in-use" {
                why.push(format!("in use: {}", row["in_use_why"]["evidence"]));
            }
        }
        let why = without_numbers(&why.join(" | "));
        self.found
            .add(format!("{what} fails with {:?}: {why}", run.code));
    }

    fn forget(&mut self) {
        self.home_is_untouched();
        let left = copies(self.scene);
        if self.run.code == Some(0) && !left.is_empty() {
            self.found.add("a lie: exit 0, but copies are left");
        }
        self.no_copy_is_damaged();
        let list = self.scene.run(&["undo", "--list"]);
        self.succeeds("the next list of deletions", &list);
        let again = self.scene.run(&["undo", "--forget"]);
        self.succeeds("forgetting again", &again);
        for name in copies(self.scene) {
            let name = without_numbers(&name);
            self.found
                .add(format!("after forgetting again {name} is left"));
        }
    }

    /// Each copy that is left is as it was.
    fn no_copy_is_damaged(&mut self) {
        let (before, after) = (
            items(&self.scene.saved("state")),
            items(&self.scene.state()),
        );
        for (name, item) in &after {
            if name.ends_with(".jsonl") && before.get(name) != Some(item) {
                self.found.add("a copy is left that is overwritten");
            }
        }
    }

    fn home_is_untouched(&mut self) {
        let same = items(&self.scene.saved("home")) == items(&self.scene.home());
        self.found
            .check(same, || "the home folder was changed".into());
    }

    fn expire(&mut self) {
        self.home_is_untouched();
        self.no_copy_is_damaged();
        if self.run.code == Some(0) {
            let same = self.run.stdout == self.scene.printed;
            let said = !self.run.stderr.is_empty();
            self.found.check(same || said, || {
                "exit 0, but the list is another one".into()
            });
            let old = old_copies(self.scene) > 0;
            self.found
                .check(!old || said, || "old copies are kept without a word".into());
        }
        let again = self.scene.run(self.scene.scenario.arguments());
        self.succeeds("the next run", &again);
        let old = old_copies(self.scene);
        self.found
            .check(old == 0, || "the next run keeps old copies".into());
        self.undo_brings_all_back();
    }

    fn look(&mut self) {
        self.home_is_untouched();
        let same = items(&self.scene.saved("state")) == items(&self.scene.state());
        self.found
            .check(same, || "the state folder was changed".into());
        if self.run.code == Some(0) && self.run.stdout != self.scene.printed {
            let (Some(now), Ok(full)) = (
                self.run.json(),
                serde_json::from_str::<Value>(&self.scene.printed),
            ) else {
                return;
            };
            let what = first_difference("", &full, &now).unwrap_or_default();
            self.found.add(format!(
                "a lie: exit 0, but it shows something else: {what}"
            ));
        }
    }
}

/// Whether one of these values is somewhere in a file.
fn stands_in(bytes: &[u8], values: &[Vec<u8>]) -> bool {
    // A plain search for each takes seconds without optimization.
    let pair = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    let mut begins = vec![false; 1 << 16];
    for value in values {
        begins[pair(value)] = true;
    }
    (0..bytes.len().saturating_sub(1))
        .filter(|&at| bytes[at] != 0 && begins[pair(&bytes[at..])])
        .any(|at| values.iter().any(|value| bytes[at..].starts_with(value)))
}

/// Where two documents differ first.
fn first_difference(at: &str, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => a
            .iter()
            .find_map(|(key, value)| first_difference(&format!("{at}.{key}"), value, b.get(key)?)),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .find_map(|(a, b)| first_difference(&format!("{at}[]"), a, b)),
        (Value::Array(a), Value::Array(b)) => {
            Some(format!("{at} has {} instead of {}", b.len(), a.len()))
        }
        _ if one == other => None,
        _ => Some(format!("{at} is {other} instead of {one}")),
    }
}

/// The files of copies, finished or not.
fn copies(scene: &Scene) -> Vec<String> {
    let items = items(&scene.state());
    items
        .into_iter()
        .filter(|(_, item)| *item != Item::Folder)
        .map(|(name, _)| name)
        .collect()
}

/// How many files of copies there are of the deletion that is too old.
fn old_copies(scene: &Scene) -> usize {
    let mut folders: Vec<_> = items(&scene.saved("state"))
        .into_keys()
        .filter_map(|name| {
            let (undo, id) = name.split_once('/')?;
            (!id.contains('/')).then(|| format!("{undo}/{id}/"))
        })
        .collect();
    folders.sort_by_key(|folder| (folder.len(), folder.clone()));
    let old = folders.first().cloned().unwrap_or_default();
    copies(scene)
        .iter()
        .filter(|name| name.starts_with(&old))
        .count()
}

fn has_something(item: &Item) -> bool {
    !matches!(item, Item::File(bytes) if bytes.is_empty())
}

/// Findings of one kind are counted together, whatever numbers stand in their names.
pub fn without_numbers(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars() {
        match c.is_ascii_digit() {
            true if short.ends_with('#') => {}
            true => short.push('#'),
            false => short.push(c),
        }
    }
    short
}

fn last_line(text: &str) -> String {
    without_numbers(
        text.lines()
            .rfind(|line| !line.is_empty())
            .unwrap_or_default(),
    )
}

fn first_line(text: &str) -> String {
    without_numbers(
        text.lines()
            .find(|line| !line.is_empty())
            .unwrap_or_default(),
    )
}
