//! What is stored for packages fits the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[path = "../xtask/src/packaging/mod.rs"]
mod files;

const AGAIN: &str = "make them again: cargo xtask packaging";

fn packaging() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/packaging"))
}

#[test]
fn completions_and_man_pages_match_the_options() {
    for (name, made) in files::all().unwrap() {
        let stored = fs::read(packaging().join(&name)).unwrap_or_default();
        // Not assert_eq: a whole script as a list of numbers helps nobody.
        assert!(
            stored == made,
            "packaging/{name} is not what the command line is now; {AGAIN}"
        );
    }
}

#[test]
fn no_completion_or_man_page_is_left_of_a_command_that_is_gone() {
    let made: BTreeSet<String> = files::all().unwrap().into_iter().map(|f| f.0).collect();
    for folder in ["completions", "man", "man/ja"] {
        for entry in fs::read_dir(packaging().join(folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            let is_known = made.contains(&name) || entry.path().is_dir();
            assert!(is_known, "nothing makes packaging/{name}");
        }
    }
}

#[test]
fn the_debian_package_is_of_the_programs_version() {
    let changelog = fs::read_to_string(packaging().join("deb/changelog")).unwrap();
    let newest = concat!("cookieclean (", env!("CARGO_PKG_VERSION"), "-1)");
    assert!(
        changelog.starts_with(newest),
        "packaging/deb/changelog does not start with {newest}"
    );
}
