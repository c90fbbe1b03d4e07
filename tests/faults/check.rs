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
#[derive(Debug, Clone, Default)]
pub struct Ordeal {
    /// It was killed, or was out of memory, which ends a program as well.
    pub may_be_killed: bool,
    /// What fails goes on failing, also when files are to be removed.
    pub lasts: bool,
    /// The call that failed.
    pub at: String,
}

impl Ordeal {
    /// Whether it is the fault's doing that a file was not removed.
    fn may_keep(&self, name: &str) -> bool {
        let name = name.rsplit('/').next().unwrap_or(name);
        let is_removal = ["unlink", "rmdir"]
            .iter()
            .any(|call| self.at.contains(call));
        self.may_be_killed || self.lasts || is_removal || self.at.contains(name)
    }
}

/// Locks and what belongs to them: nothing of a cookie is in them, and the next deletion
/// there, or the browser at its next start, takes them away.
fn is_of_a_lock(name: &str) -> bool {
    const OURS: [&str; 3] = [".cookieclean.lock", ".cc", ".parentlock"];
    let name = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("Singleton") || OURS.contains(&name) || name.ends_with("-shm")
}

/// Looks at what a run has left, and lets the command finish the job and take it back.
pub fn check(scene: &Scene, run: &Outcome, ordeal: &Ordeal) -> Findings {
    let mut check = Check {
        scene,
        run,
        ordeal,
        now: scene.contents(),
        found: Findings::default(),
    };
    check.status();
    check.stores_are_whole();
    check.others_are_as_they_were("after the fault");
    check.nothing_is_left_at_once();
    match scene.scenario {
        Scenario::Delete | Scenario::DeleteForGood => check.deletion(),
        Scenario::Undo => check.undo(),
        Scenario::Forget => check.forget(),
        Scenario::Expire => check.expire(),
        Scenario::List | Scenario::Sites | Scenario::Profiles => check.look(),
        Scenario::SiteData | Scenario::SiteDataForGood | Scenario::SiteDataUndo => {}
    }
    check.found
}

struct Check<'a> {
    scene: &'a Scene,
    run: &'a Outcome,
    ordeal: &'a Ordeal,
    now: Contents,
    found: Findings,
}

impl Check<'_> {
    fn was_killed(&self) -> bool {
        self.run.code.is_none() || self.never_began()
    }

    /// It was not loaded, or not even the language's own start was done.
    fn never_began(&self) -> bool {
        let same =
            |name: &str| items(&self.scene.saved(name)) == items(&self.scene.root().join(name));
        self.run.stdout.is_empty()
            && matches!(self.run.code, Some(127) | None)
            && same("home")
            && same("state")
    }

    /// Whether it ended in a way that is foreseen.
    fn status(&mut self) {
        let run = self.run;
        let first = run.stderr.lines().next().unwrap_or_default();
        let foreseen = match run.code {
            _ if run.hung => Some("it hangs".to_owned()),
            Some(0 | 1 | 3) => None,
            _ if self.never_began() => None,
            Some(2) => Some(format!("exit 2 (usage): {first}")),
            Some(101) => Some(format!("it panics: {first}")),
            Some(code) => Some(format!("exit {code}: {first}")),
            None if self.ordeal.may_be_killed => None,
            None => Some(format!("a signal ended it: {first}")),
        };
        if let Some(what) = foreseen {
            self.found.add(self.short(&what));
        }
        let is_silent = run.stderr.is_empty() && run.json().is_none();
        // Where nothing at all can be written, nothing can be said.
        let is_mute = self.ordeal.lasts && self.ordeal.at.contains(" write(");
        if matches!(run.code, Some(1 | 3)) && is_silent && !is_mute {
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
    fn stores_are_whole(&mut self) {
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
                .add(format!("{} is not whole: {what}", STORES[store]));
        }
    }

    /// What does not belong to a store is as it was.
    fn others_are_as_they_were(&mut self, when: &str) {
        let (before, after) = (items(&self.scene.saved("home")), items(&self.scene.home()));
        for (name, item) in &before {
            if !is_of_a_store(name) && after.get(name) != Some(item) {
                self.found.add(format!("{when} {name} is not as it was"));
            }
        }
    }

    /// What is there that was not there before: names in the home folder.
    fn additions(&self) -> Vec<String> {
        let before = items(&self.scene.saved("home"));
        items(&self.scene.home())
            .into_iter()
            .filter(|(name, _)| !before.contains_key(name))
            // An empty journal, as the browsers leave it.
            .filter(|(name, item)| !is_of_a_store(name) || has_something(item))
            .map(|(name, _)| name)
            .collect()
    }

    /// A run that ended by itself has removed what it made, unless that is what failed.
    fn nothing_is_left_at_once(&mut self) {
        if self.was_killed() {
            return;
        }
        for name in self.additions() {
            let what = format!("after the fault {} is left", self.short(&name));
            match self.ordeal.may_keep(&name) {
                true => {}
                // SQLite's own, which a browser makes anew.
                false if name.ends_with("-shm") => self.found.notes.push(what),
                false => self.found.add(what),
            }
        }
        for (name, item) in items(&self.scene.tmp()) {
            let folder = name.split('/').next().unwrap_or(&name);
            let short = format!("in the temporary folder {} is left", self.short(&name));
            if matches!(item, Item::File(_)) && has_something(&item) {
                match self.ordeal.may_keep(folder) {
                    true => self.found.notes.push(short),
                    false => self.found.add(short),
                }
            }
        }
    }

    /// Another run has removed what was left, but for locks: where it has nothing to
    /// delete it takes none.
    fn nothing_is_left(&mut self, when: &str) {
        self.others_are_as_they_were(when);
        for name in self.additions() {
            let what = format!("{when} {} is left", self.short(&name));
            match is_of_a_lock(&name) || is_of_a_store(&name) {
                true => self.found.notes.push(what),
                false => self.found.add(what),
            }
        }
    }

    /// The text without what differs from run to run.
    fn short(&self, text: &str) -> String {
        let root = self.scene.root().to_string_lossy().into_owned();
        without_numbers(&text.replace(&root, "."))
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
        // A run that finds nothing to delete does not write.
        for store in 0..STORES.len() {
            if let Some(what) = self.value_left_in(store) {
                self.found
                    .notes
                    .push(format!("after the next deletion {what}"));
            }
        }
        self.nothing_is_left("after the next deletion");
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
                // It says that it cannot see what was done.
                "error" if row["error_code"] == "unsure" => false,
                "error" => (gone && deleted == 0) || (there && deleted > 0),
                "in-use" => gone,
                _ => true,
            };
            if lie {
                let error = self.short(error);
                let state = if gone { "gone" } else { "there" };
                self.found.add(format!(
                    "a lie: {name} is called {status}, {deleted} deleted ({error}), but its rows \
                     are {state}"
                ));
            }
            if status == "in-use" {
                self.found.notes.push(format!("{name} is called in use"));
            }
            if status == "cleaned"
                && let Some(what) = self.value_left_in(store)
            {
                self.found.add(format!("after it was cleaned {what}"));
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
                    if !copies.is_empty() && !self.ordeal.may_keep("undo") {
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

    /// Where a value of a deleted cookie still stands.
    fn value_left_in(&self, store: usize) -> Option<String> {
        let (Content::Rows(there), Content::Rows(gone)) =
            (&self.scene.there[store], &self.scene.gone[store])
        else {
            return None;
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
                return Some(format!("deleted values stand in {}{suffix}", STORES[store]));
            }
        }
        None
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
                    // As above.
                    "error" if row["error_code"] == "unsure" => false,
                    _ => self.is_there(store) && restored == 0,
                };
                if lie {
                    let error = self.short(row["error"].as_str().unwrap_or_default());
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
        self.nothing_is_left("after the next undo");
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
        self.nothing_is_left_of_copies();
    }

    /// A copy that was still being written at a kill is no copy that can be put back, but
    /// it can be forgotten.
    fn nothing_is_left_of_copies(&mut self) {
        let left = copies(self.scene);
        for name in &left {
            let what = format!(
                "after undo {} is left in the state folder",
                self.short(name)
            );
            match self.ordeal.may_be_killed && name.ends_with(".part") {
                true => self.found.notes.push(what),
                false => self.found.add(what),
            }
        }
        if !left.is_empty() {
            let forget = self.scene.run(&["undo", "--forget"]);
            self.succeeds("forgetting what is left", &forget);
            for name in copies(self.scene) {
                let name = self.short(&name);
                self.found.add(format!("forgetting leaves {name}"));
            }
        }
    }

    fn succeeds(&mut self, what: &str, run: &Outcome) {
        if run.code == Some(0) && !run.hung {
            return;
        }
        let mut why: Vec<_> = run
            .stderr
            .lines()
            .rfind(|line| !line.is_empty())
            .map(str::to_owned)
            .into_iter()
            .collect();
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
        let why = self.short(&why.join(" | "));
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
            let name = self.short(&name);
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
            let what = format!("exit 0, but it shows something else: {what}");
            match what.contains(".container ") {
                // Shown by its number, as one that is not listed.
                true => self.found.notes.push(what),
                false => self.found.add(format!("a lie: {what}")),
            }
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

/// Findings of one kind are counted together, whatever numbers stand in their names,
/// and whatever names were made up.
pub fn without_numbers(text: &str) -> String {
    const MADE_UP: &str = "cookieclean-";
    let mut short = String::new();
    let mut is_made_up = false;
    for c in text.chars() {
        is_made_up &= c.is_ascii_alphanumeric() || c == '-';
        match c.is_ascii_digit() || is_made_up {
            true if short.ends_with('#') => {}
            true => short.push('#'),
            false => short.push(c),
        }
        is_made_up |= short.ends_with(MADE_UP);
    }
    short
}
