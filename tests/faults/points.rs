//! Every point at which a run can meet a fault, or a sample of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Mutex;
use std::thread;

use crate::calls::{Fault, calls_of, can_matter, changes_something, faults_of};
use crate::check::{Ordeal, check, without_numbers};
use crate::scene::{Scenario, Scene, can_trace};
use crate::world;

/// Which points are run: `all`, or `SCENARIO [CALL [FAULT [N]]]`; without it a sample.
const CHOICE: &str = "COOKIECLEAN_FAULTS";

/// Whether every point is wanted.
pub fn is_complete() -> bool {
    std::env::var(CHOICE).is_ok_and(|choice| choice == "all")
}

/// One kind of fault at one kind of call in one kind of run.
type Series = (Scenario, String, Fault);

/// What came of a series.
#[derive(Default)]
struct Tally {
    points: u32,
    anomalies: u32,
    notes: u32,
}

/// Something that was found, and where.
struct Anomaly {
    what: String,
    where_: String,
    at: String,
    /// The call without what differs from run to run.
    call: String,
}

struct Choice {
    words: Vec<String>,
}

impl Choice {
    fn of_environment() -> Self {
        let text = std::env::var(CHOICE).unwrap_or_default();
        Self {
            words: text.split_whitespace().map(str::to_owned).collect(),
        }
    }

    fn is_sample(&self) -> bool {
        self.words.is_empty()
    }

    /// A single point, whose folders are kept.
    fn point(&self) -> Option<u32> {
        self.words.get(3)?.parse().ok()
    }

    fn wants(&self, (scenario, call, fault): &Series) -> bool {
        let is = |i: usize, name: &str| {
            self.words
                .get(i)
                .is_none_or(|word| word == "all" || word == name)
        };
        is(0, scenario.name()) && is(1, call) && is(2, &fault.to_string())
    }

    /// How far apart the points of a series are.
    fn stride(&self, series: &Series) -> Option<u32> {
        if !self.is_sample() {
            return self.wants(series).then_some(1);
        }
        let (scenario, call, fault) = series;
        let is_change = matches!(scenario, Scenario::Delete | Scenario::Undo);
        let is_rare = changes_something(call) && call != "pwrite64";
        Some(match fault {
            Fault::Once("EINTR" | "ENOMEM" | "EACCES" | "EPERM") => 23,
            Fault::Kill if is_change && is_rare => 1,
            Fault::Kill if is_change && call == "pwrite64" => 3,
            Fault::Kill => 31,
            Fault::FromThenOn(_) => 29,
            Fault::Once("EIO") if is_change && (is_rare || call == "getdents64") => 1,
            Fault::Once("EMFILE") if is_change && call == "openat" => 2,
            Fault::Once(_) if is_change => 11,
            Fault::Once(_) => 19,
        })
    }
}

#[test]
fn every_fault_leaves_the_stores_whole() {
    if let Err(why) = can_trace() {
        world::skipped("every_fault_leaves_the_stores_whole", &why);
        return;
    }
    let choice = Choice::of_environment();
    let queue: Mutex<VecDeque<Series>> = Mutex::new(all_series(&choice));
    let tallies: Mutex<BTreeMap<Series, Tally>> = Mutex::default();
    let anomalies: Mutex<Vec<Anomaly>> = Mutex::default();
    let workers = thread::available_parallelism()
        .map_or(2, usize::from)
        .min(8);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut scenes = BTreeMap::new();
                loop {
                    let next = queue.lock().unwrap().pop_front();
                    let Some(series) = next else { return };
                    let stride = choice.stride(&series).unwrap_or(1);
                    let scene = scenes
                        .entry(series.0)
                        .or_insert_with(|| Scene::new(series.0));
                    let (tally, mut found) = run(scene, &series, stride, choice.point());
                    tallies.lock().unwrap().insert(series, tally);
                    anomalies.lock().unwrap().append(&mut found);
                }
            });
        }
    });
    let (tallies, anomalies) = (
        tallies.into_inner().unwrap(),
        anomalies.into_inner().unwrap(),
    );
    let report = report(&tallies, &anomalies, choice.is_sample());
    // Not by a macro, whose output the test runner keeps to itself.
    let _ = write!(std::io::stderr(), "{report}");
    let points: u32 = tallies.values().map(|tally| tally.points).sum();
    assert!(points > 0, "there is no such point");
    assert!(
        anomalies.is_empty(),
        "{} anomalies, see above",
        anomalies.len()
    );
}

/// The calls that each kind of run makes, with all that can go wrong at each; the
/// longest series first.
fn all_series(choice: &Choice) -> VecDeque<Series> {
    let mut all = Vec::new();
    for scenario in Scenario::ALL {
        if !choice.is_sample() && choice.words[0] != "all" && choice.words[0] != scenario.name() {
            continue;
        }
        let scene = Scene::new(scenario);
        let run = scene.trace(&[]);
        let found = check(&scene, &run, &Ordeal::default());
        assert!(
            run.code == Some(0) && found.anomalies.is_empty(),
            "{found:#?} {run:#?}"
        );
        let calls = calls_of(&run.log);
        for (call, n) in calls.into_iter().filter(|(call, _)| can_matter(call)) {
            for fault in faults_of(&call) {
                let series = (scenario, call.clone(), fault);
                if choice.stride(&series).is_some() {
                    all.push((n, series));
                }
            }
        }
    }
    all.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    all.into_iter().map(|(_, series)| series).collect()
}

/// Injects at every `stride`-th call of a name, until there is none any more.
fn run(scene: &Scene, series: &Series, stride: u32, only: Option<u32>) -> (Tally, Vec<Anomaly>) {
    let (scenario, call, fault) = series;
    let mut tally = Tally::default();
    let mut anomalies = Vec::new();
    let first = only.unwrap_or(1 + hash(series) % stride);
    for n in (first..).step_by(stride as usize) {
        scene.reset();
        let run = scene.inject(call, *fault, n);
        let injected = run.injected();
        if injected.is_empty() {
            if only.is_some() {
                let _ = writeln!(std::io::stderr(), "nothing was injected: {run:#?}");
            }
            break;
        }
        tally.points += 1;
        let ordeal = Ordeal {
            // Without a stack of its own a thread ends the program.
            may_be_killed: *fault == Fault::Kill
                || *fault == Fault::Once("ENOMEM") && injected.join(" ").contains("MAP_STACK"),
            lasts: matches!(fault, Fault::FromThenOn(_)),
            at: injected.join(" "),
        };
        let kept = only.map(|_| keep(scene, &run));
        let found = check(scene, &run, &ordeal);
        tally.anomalies += u32::from(!found.anomalies.is_empty());
        tally.notes += u32::from(!found.notes.is_empty());
        if let Some(kept) = kept {
            let _ = writeln!(std::io::stderr(), "{injected:#?}\n{run:#?}\nkept in {kept}");
        }
        for what in found.anomalies {
            let root = scene.root().to_string_lossy().into_owned();
            anomalies.push(Anomaly {
                what: what.replace(&root, "."),
                where_: format!("{} {call} {fault} {n}", scenario.name()),
                call: without_numbers(&injected[0].replace(&root, ".")),
                at: injected[0].replace(&root, "."),
            });
        }
        if only.is_some() {
            break;
        }
    }
    (tally, anomalies)
}

/// Copies what a single point left to a folder that stays.
fn keep(scene: &Scene, run: &crate::scene::Outcome) -> String {
    let folder = tempfile::Builder::new()
        .prefix("point-")
        .tempdir()
        .unwrap()
        .keep();
    for name in ["home", "state", "tmp"] {
        // A socket cannot be copied.
        let _ = crate::scene::copy(&scene.root().join(name), &folder.join(name));
    }
    std::fs::write(folder.join("log"), &run.log).unwrap();
    folder.to_string_lossy().into_owned()
}

/// Spreads the samples of different series.
fn hash((scenario, call, fault): &Series) -> u32 {
    let name = format!("{} {call} {fault}", scenario.name());
    name.bytes().fold(2_166_136_261, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    }) >> 8
}

fn report(tallies: &BTreeMap<Series, Tally>, anomalies: &[Anomaly], is_sample: bool) -> String {
    let mut text = String::new();
    let mut by_kind: BTreeMap<(String, String, String), (u32, u32, u32)> = BTreeMap::new();
    for ((scenario, call, fault), tally) in tallies {
        let call = if is_sample { "*" } else { call };
        let key = (
            scenario.name().to_owned(),
            call.to_owned(),
            fault.to_string(),
        );
        let sum = by_kind.entry(key).or_default();
        sum.0 += tally.points;
        sum.1 += tally.anomalies;
        sum.2 += tally.notes;
    }
    let (mut points, mut bad) = (0, 0);
    let _ = writeln!(
        text,
        "\n{:15} {:16} {:14} points anomalies notes",
        "run", "call", "fault"
    );
    for ((scenario, call, fault), (n, anomalies, notes)) in &by_kind {
        if *n > 0 {
            let _ = writeln!(
                text,
                "{scenario:15} {call:16} {fault:14} {n:6} {anomalies:9} {notes:5}"
            );
        }
        points += n;
        bad += anomalies;
    }
    let _ = writeln!(text, "{points} points, {bad} with anomalies");
    let mut kinds: BTreeMap<&str, Vec<&Anomaly>> = BTreeMap::new();
    for anomaly in anomalies {
        kinds.entry(&anomaly.what).or_default().push(anomaly);
    }
    for (what, all) in kinds {
        let _ = writeln!(text, "\n{what}: {} times", all.len());
        let mut seen = BTreeSet::new();
        for anomaly in all {
            if seen.len() < 12 && seen.insert((without_numbers(&anomaly.where_), &anomaly.call)) {
                let _ = writeln!(text, "    {CHOICE}='{}'  {}", anomaly.where_, anomaly.at);
            }
        }
    }
    text
}
