//! The shape of the source, as docs/architecture.md draws it: who may know whom.

mod files;

use std::fs;
use std::path::{Path, PathBuf};

/// The layers, the lowest first. A file may name what is in its own layer and below; of
/// two names in one row, neither knows the other.
const LAYERS: [&[&str]; 12] = [
    &["model"],
    &["platform"],
    &["formats"],
    &["store"],
    &[
        "browsers/table",
        "browsers/roots",
        "browsers/profile",
        "browsers/search",
        "browsers/family",
    ],
    &["browsers/chromium", "browsers/gecko"],
    &["browsers"],
    &["undo"],
    &["engine"],
    &["wording"],
    &["tui"],
    &["cli"],
];

/// Files that stand in one row and are one room.
const ONE_ROOM: usize = 4;

fn source() -> Vec<PathBuf> {
    files::below(&["src"])
}

/// The path below `src`, with `/`.
fn name(file: &Path) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let name = file.strip_prefix(src).unwrap();
    name.to_str().unwrap().replace('\\', "/")
}

/// Lines of a file up to its tests, without comments.
fn lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .take_while(|line| !is_test(line))
        .map(|line| line.split("//").next().unwrap().to_owned())
        .collect()
}

fn is_test(line: &str) -> bool {
    line.starts_with("#[cfg(") && line.contains("test") && !line.contains("fuzzing")
}

/// Whether a file is there for tests only.
fn is_for_tests(name: &str) -> bool {
    name.contains("fuzzing") || name.contains("tests")
}

/// The layer of a path such as `browsers/chromium/cookies`, and its name in it.
fn layer(path: &str) -> Option<(usize, &'static str)> {
    let all = LAYERS.iter().enumerate();
    let names = all.flat_map(|(rank, names)| names.iter().map(move |name| (rank, *name)));
    names
        .filter(|(_, name)| {
            path.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
        })
        .max_by_key(|(_, name)| name.len())
}

/// What a line names: `browsers/table` for `crate::browsers::table::Browser`.
fn named(line: &str) -> Vec<String> {
    let parts = line.split("crate::").skip(1);
    parts
        .map(|part| {
            let end = part.find(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
            part[..end.unwrap_or(part.len())]
                .trim_end_matches(':')
                .replace("::", "/")
        })
        .collect()
}

#[test]
fn layers_know_only_what_is_below() {
    let mut wrong = Vec::new();
    for file in source() {
        let name = name(&file);
        let Some((rank, own)) = layer(&name).filter(|_| !is_for_tests(&name)) else {
            continue;
        };
        let lines = lines(&file);
        // `pub(in crate::…)` says who may know this.
        let uses = lines.iter().filter(|line| !line.contains("pub(in "));
        for path in uses.flat_map(|line| named(line)) {
            let Some((other_rank, other)) = layer(&path) else {
                continue;
            };
            let is_neighbour = other_rank == rank && rank != ONE_ROOM && other != own;
            if other_rank > rank || is_neighbour {
                wrong.push(format!("{name} knows {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_is_in_a_layer() {
    let without: Vec<_> = source()
        .iter()
        .map(|file| name(file))
        .filter(|name| layer(name).is_none() && !is_for_tests(name))
        .filter(|name| !["lib.rs", "main.rs"].contains(&name.as_str()))
        .collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn systems_differ_only_in_platform_and_locks() {
    let systems = ["unix", "windows", "target_os", "target_vendor"];
    let mut wrong = Vec::new();
    for file in source() {
        let name = name(&file);
        if name.starts_with("platform/") || name.contains("/lock/") || is_for_tests(&name) {
            continue;
        }
        for line in lines(&file) {
            let asks =
                line.contains("cfg(") || line.contains("cfg!(") || line.contains("cfg_attr(");
            if asks && systems.iter().any(|system| line.contains(system)) {
                wrong.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn platform_names_no_browser() {
    let browsers = ["chrom", "firefox", "gecko", "mozilla"];
    let mut wrong = Vec::new();
    for file in source() {
        let name = name(&file);
        if !name.starts_with("platform/") {
            continue;
        }
        for line in lines(&file) {
            if browsers
                .iter()
                .any(|word| line.to_lowercase().contains(word))
            {
                wrong.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
