//! What becomes of site data when a system call fails or the program is killed at it. It is
//! looked at by the command itself, and file by file where it is in folders.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write as _;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::calls::{Fault, calls_of, can_matter, changes_something, faults_of};
use crate::contents::{CHROME, FIREFOX, Item, items};
use crate::scene::{OTHER_SITE, Outcome, SITE, Scenario, Scene, can_trace};
use crate::world;

const SCENARIOS: [Scenario; 3] = [
    Scenario::SiteData,
    Scenario::SiteDataForGood,
    Scenario::SiteDataUndo,
];
/// Folders whose files nobody writes to but the browser.
const FOLDERS: [(&str, &str); 6] = [
    (CHROME, "IndexedDB/"),
    (CHROME, "Service Worker/CacheStorage/"),
    (CHROME, "Service Worker/ScriptCache/"),
    (CHROME, "WebStorage/1/"),
    (CHROME, "WebStorage/2/"),
    (FIREFOX, "storage/"),
];
/// In the list of all points; of a sample one in so many is run.
const CHOICE: &str = "COOKIECLEAN_FAULTS";

/// One kind of fault at one kind of call in one kind of run.
type Series = (Scenario, String, Fault);

/// What the command lists of a site, without where that is.
fn listed(scene: &Scene, site: &str) -> Result<Value, String> {
    let run = scene.run(&["list", site, "--site-data"]);
    let document = run.json().filter(|_| run.code == Some(0));
    let document = document.ok_or_else(|| format!("{site} cannot be listed: {run:#?}"))?;
    Ok(document["site_data"].clone())
}

fn folders(scene: &Scene) -> BTreeMap<String, Item> {
    let mut all = BTreeMap::new();
    for (profile, folder) in FOLDERS {
        let path = scene.home().join(profile).join(folder);
        for (name, item) in items(&path) {
            all.insert(format!("{folder}{name}"), item);
        }
    }
    all
}

fn has_trash(scene: &Scene) -> bool {
    // An empty folder holds nothing of a site.
    let trash = |profile| items(&scene.home().join(profile).join("cookieclean-trash"));
    let mut all = [CHROME, FIREFOX].map(trash).into_iter().flatten();
    all.any(|(_, item)| item != Item::Folder)
}

/// How it was at first.
struct Before {
    site: Value,
    others: Value,
    folders: BTreeMap<String, Item>,
}

impl Before {
    /// `scene`: as it is after a deletion, or before.
    fn of(scenario: Scenario) -> (Self, Scene) {
        let scene = Scene::new(scenario);
        if scenario == Scenario::SiteDataUndo {
            assert_eq!(scene.run(&["undo"]).code, Some(0));
        }
        let listed = |site| listed(&scene, site).expect("a list");
        let before = Self {
            site: listed(SITE),
            others: listed(OTHER_SITE),
            folders: folders(&scene),
        };
        let is_some = |value: &Value| value.as_array().is_some_and(|all| all.len() >= 2);
        assert!(is_some(&before.site) && is_some(&before.others));
        assert!(before.folders.len() > 20);
        scene.reset();
        (before, scene)
    }

    /// What is wrong after a run.
    fn check(&self, scene: &Scene, run: &Outcome, fault: Fault) -> Result<(), String> {
        let first = run.stderr.lines().next().unwrap_or_default();
        match run.code {
            _ if run.hung => return Err("it hangs".into()),
            Some(0 | 1 | 3) => {}
            None if fault == Fault::Kill => {}
            // It was not loaded.
            Some(127) if run.stdout.is_empty() => {}
            code => return Err(format!("it ends with {code:?}: {first}")),
        }
        let same = |what: &str, one: &Value, other: &Value| match one == other {
            true => Ok(()),
            false => Err(format!("{what}: {one} instead of {other}")),
        };
        let none = Value::Array(Vec::new());
        same("others", &listed(scene, OTHER_SITE)?, &self.others)?;
        let now = listed(scene, SITE)?;
        if run.code == Some(0) {
            let wanted = match scene.scenario {
                Scenario::SiteDataUndo => &self.site,
                _ => &none,
            };
            same("exit 0", &now, wanted)?;
        }
        self.is_told_as_it_is(scene, run, &now)?;

        let again = scene.run(scene.scenario.arguments());
        // Nothing may be left to undo, and then it says so.
        if again.code != Some(0) {
            return Err(format!("the next run fails: {again:#?}"));
        }
        same(
            "others after the next run",
            &listed(scene, OTHER_SITE)?,
            &self.others,
        )?;
        if scene.scenario != Scenario::SiteDataUndo {
            same("the next run", &listed(scene, SITE)?, &none)?;
        }
        if scene.scenario == Scenario::SiteDataForGood {
            return match has_trash(scene) {
                true => Err("something is left in the trash".into()),
                false => Ok(()),
            };
        }
        for _ in 0..4 {
            let undone = scene.run(&["undo"]);
            match undone.json().filter(|_| undone.code == Some(0)) {
                None => return Err(format!("an undo fails: {undone:#?}")),
                Some(report) if report["id"].is_null() => break,
                Some(_) => {}
            }
        }
        same("all undone", &listed(scene, SITE)?, &self.site)?;
        same(
            "others when all is undone",
            &listed(scene, OTHER_SITE)?,
            &self.others,
        )?;
        let now = folders(scene);
        for (name, item) in &self.folders {
            if now.get(name) != Some(item) {
                return Err(format!("{name} is not as it was"));
            }
        }
        if has_trash(scene) {
            let forgotten = scene.run(&["undo", "--forget"]);
            if forgotten.code != Some(0) || fault != Fault::Kill {
                return Err(format!("something is left in the trash: {forgotten:#?}"));
            }
        }
        Ok(())
    }

    /// What is said to have failed is as it was, unless it says that it failed halfway.
    fn is_told_as_it_is(&self, scene: &Scene, run: &Outcome, now: &Value) -> Result<(), String> {
        let Some(report) = run
            .json()
            .filter(|_| scene.scenario != Scenario::SiteDataUndo)
        else {
            return Ok(());
        };
        for row in report["stores"].as_array().into_iter().flatten() {
            let kind = row["kind"].as_str().unwrap_or_default();
            if !kind.ends_with("-site-data") {
                continue;
            }
            let of_store = |list: &Value| -> Vec<Value> {
                let all = list.as_array().into_iter().flatten();
                all.filter(|one| one["store"] == row["store"])
                    .cloned()
                    .collect()
            };
            let is_there = of_store(now) == of_store(&self.site);
            let is_gone = of_store(now).is_empty();
            let holds = match row["status"].as_str() {
                Some("cleaned") => is_gone,
                Some("error") if row["error_code"] == "half-done" => true,
                // Deleted, with trouble after that.
                Some("error") if row["site_data"].as_u64() > Some(0) && is_gone => true,
                Some("error" | "in-use") => is_there,
                _ => false,
            };
            if !holds {
                return Err(format!("a lie: {row}, but there is {now}"));
            }
        }
        Ok(())
    }
}

/// How many points of a series are left out between two.
fn stride((scenario, call, fault): &Series) -> Option<u32> {
    let choice = std::env::var(CHOICE).unwrap_or_default();
    let words: Vec<_> = choice.split_whitespace().collect();
    match words.as_slice() {
        [] => {}
        ["all"] => return Some(1),
        [name, rest @ ..] => {
            let is_meant = scenario.name() == *name
                && rest.first().is_none_or(|word| word == call)
                && rest.get(1).is_none_or(|word| *word == fault.to_string());
            return is_meant.then_some(1);
        }
    }
    let is_rare = changes_something(call) && !matches!(&**call, "write" | "pwrite64");
    let is_undo = *scenario == Scenario::SiteDataUndo;
    match fault {
        Fault::Kill if is_rare => Some(5),
        Fault::Kill => Some(211),
        Fault::Once("EIO" | "ENOSPC") if is_rare && !is_undo => Some(23),
        Fault::Once("EIO") if is_rare => Some(37),
        Fault::FromThenOn(_) if is_rare => Some(71),
        _ => None,
    }
}

#[test]
fn every_fault_leaves_site_data_whole() {
    if let Err(why) = can_trace() {
        world::skipped("every_fault_leaves_site_data_whole", &why);
        return;
    }
    let mut all: VecDeque<Series> = VecDeque::new();
    for scenario in SCENARIOS {
        let scene = Scene::new(scenario);
        let run = scene.trace(&[]);
        assert_eq!(run.code, Some(0), "{run:#?}");
        for call in calls_of(&run.log)
            .into_keys()
            .filter(|call| can_matter(call))
        {
            for fault in faults_of(&call) {
                all.push_back((scenario, call.clone(), fault));
            }
        }
    }
    all.retain(|series| stride(series).is_some());
    let queue = Mutex::new(all);
    let anomalies: Mutex<Vec<String>> = Mutex::default();
    let points: Mutex<BTreeMap<(Scenario, Fault), u32>> = Mutex::default();
    let workers = thread::available_parallelism()
        .map_or(2, usize::from)
        .min(8);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut scenes = BTreeMap::new();
                loop {
                    let Some(series) = queue.lock().unwrap().pop_front() else {
                        return;
                    };
                    let (before, scene) = scenes
                        .entry(series.0)
                        .or_insert_with(|| Before::of(series.0));
                    let stride = stride(&series).unwrap_or(1);
                    let (scenario, call, fault) = &series;
                    let first = 1 + u32::try_from(call.len()).unwrap_or(0) % stride;
                    for n in (first..).step_by(stride as usize) {
                        scene.reset();
                        let run = scene.inject(call, *fault, n);
                        let injected = run.injected().join(" ");
                        if injected.is_empty() {
                            break;
                        }
                        *points
                            .lock()
                            .unwrap()
                            .entry((*scenario, *fault))
                            .or_default() += 1;
                        if let Err(what) = before.check(scene, &run, *fault) {
                            let name = scenario.name();
                            let point =
                                format!("{name} {call} {fault} {n}: {what}\n  at {injected}");
                            anomalies.lock().unwrap().push(point);
                        }
                    }
                }
            });
        }
    });
    let points = points.into_inner().unwrap();
    let anomalies = anomalies.into_inner().unwrap();
    let mut err = std::io::stderr();
    for ((scenario, fault), n) in &points {
        let _ = writeln!(err, "{:20} {fault:10} {n:6}", scenario.name());
    }
    let all: u32 = points.values().sum();
    let _ = writeln!(err, "{all} points, {} anomalies", anomalies.len());
    assert!(all > 0, "there is no such point");
    assert!(anomalies.is_empty(), "{}", anomalies.join("\n"));
}
