//! Runs with too little of something: room on a disk, memory, open files.

use std::fs;
use std::io::Write as _;

use crate::check::{Ordeal, check};
use crate::points::is_complete;
use crate::scene::{Outcome, Scenario, Scene, can_trace};
use crate::world;

/// The kinds of run that write.
const WRITING: [Scenario; 3] = [Scenario::Delete, Scenario::DeleteForGood, Scenario::Undo];

/// Runs with less and less short, and looks at each.
fn run_all(
    test: &str,
    scenarios: &[Scenario],
    amounts: impl Fn(&Scene) -> Vec<u64>,
    run: impl Fn(&Scene, u64) -> Outcome,
) {
    if let Err(why) = can_trace() {
        world::skipped(test, &why);
        return;
    }
    let mut anomalies = Vec::new();
    let mut points = 0;
    let mut worked = 0;
    for scenario in scenarios {
        let scene = Scene::new(*scenario);
        for amount in amounts(&scene) {
            scene.reset();
            let run = run(&scene, amount);
            points += 1;
            worked += u32::from(run.code == Some(0));
            let ordeal = Ordeal {
                may_be_killed: true,
                lasts: true,
                at: String::new(),
            };
            for what in check(&scene, &run, &ordeal).anomalies {
                anomalies.push(format!("{} with {amount}: {what}", scenario.name()));
            }
        }
    }
    // Not by a macro, whose output the test runner keeps to itself.
    let _ = writeln!(
        std::io::stderr(),
        "{test}: {points} runs, of which {worked} had enough"
    );
    assert!(anomalies.is_empty(), "{anomalies:#?}");
    assert!(0 < worked && worked < points, "{worked} of {points}");
}

/// Every `step`-th in the complete run, fewer otherwise.
fn steps(from: u64, to: u64, step: u64) -> Vec<u64> {
    let step = if is_complete() { step } else { step * 8 };
    (from..=to).step_by(step as usize).collect()
}

/// Runs with a folder on a disk of so many KiB, which has what the folder had.
fn on_small_disk(scene: &Scene, name: &str, kib: u64) -> Outcome {
    let folder = scene.root().join(name);
    let out = scene.root().join("scratch").join("out");
    let _ = fs::remove_dir_all(&out);
    // The disk goes with its namespace: what is on it is carried out before.
    let script = "out=$1 folder=$2 size=$3; shift 3; cp -a \"$folder\" \"$out\" && \
        mount -t tmpfs -o size=\"$size\"k none \"$folder\" && cp -a \"$out/.\" \"$folder\" && \
        rm -rf \"$out\" || exit 99; \"$@\"; code=$?; cp -a \"$folder\" \"$out\"; exit $code";
    let size = kib.to_string();
    let run = scene.run_in_namespace(
        &[
            "sh",
            "-c",
            script,
            "sh",
            out.to_str().unwrap(),
            folder.to_str().unwrap(),
            &size,
        ],
        &scene.command(scene.scenario.arguments()),
    );
    assert_ne!(run.code, Some(99), "the disk of {kib} KiB: {run:#?}");
    fs::remove_dir_all(&folder).unwrap();
    fs::rename(&out, &folder).unwrap();
    run
}

/// How many KiB a folder takes on a tmpfs, whose pages are 4 KiB; folders take none.
fn size_of(folder: &std::path::Path) -> u64 {
    let mut size = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        size += match path.is_dir() {
            true => size_of(&path),
            false => path.metadata().unwrap().len().div_ceil(4096) * 4,
        };
    }
    size
}

#[test]
fn a_small_disk_for_the_state_folder_loses_nothing() {
    run_all(
        "a_small_disk_for_the_state_folder_loses_nothing",
        &[Scenario::Delete],
        |_| (4..=64).step_by(4).collect(),
        |scene, kib| on_small_disk(scene, "state", kib),
    );
}

#[test]
fn a_small_disk_for_the_home_folder_loses_nothing() {
    run_all(
        "a_small_disk_for_the_home_folder_loses_nothing",
        &WRITING,
        |scene| {
            let size = size_of(&scene.home());
            steps(size, size + 512, 8)
        },
        |scene, kib| on_small_disk(scene, "home", kib),
    );
}

#[test]
fn a_small_disk_for_temporary_files_loses_nothing() {
    run_all(
        "a_small_disk_for_temporary_files_loses_nothing",
        &[Scenario::Delete, Scenario::Undo, Scenario::List],
        |_| steps(4, 1024, 16),
        |scene, kib| on_small_disk(scene, "tmp", kib),
    );
}

/// Runs with a limit of the shell.
fn limited(scene: &Scene, limit: &str, amount: u64) -> Outcome {
    let script = format!("ulimit -{limit} {amount}; exec \"$@\"");
    scene.run_in_namespace(
        &["sh", "-c", &script, "sh"],
        &scene.command(scene.scenario.arguments()),
    )
}

#[test]
fn little_memory_loses_nothing() {
    run_all(
        "little_memory_loses_nothing",
        &WRITING,
        // KiB of addresses: from where the program can just be loaded.
        |_| steps(8_000, 48_000, 128),
        |scene, kib| limited(scene, "v", kib),
    );
}

#[test]
fn few_open_files_lose_nothing() {
    run_all(
        "few_open_files_lose_nothing",
        &WRITING,
        |_| (3..24).collect(),
        |scene, files| limited(scene, "n", files),
    );
}
