//! `--all-users`, by the list of profiles in the registry: only under Wine, where a test may
//! change that.

use std::path::Path;
use std::process::Command;

use crate::world::{Run, World, skipped, stores};
use crate::{CHROME, is_wine};

const LIST: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";
/// What only an administrator may see.
const OF_ADMINS: &str = r"HKU\S-1-5-19";

fn registry(arguments: &[&str]) {
    let run = Command::new("reg").args(arguments).output().unwrap();
    assert!(run.status.success(), "{arguments:?}: {run:?}");
}

/// A user, until this is dropped.
struct Listed(String);

impl Listed {
    fn user(number: u32, home: &Path) -> Self {
        let key = format!(r"{LIST}\S-1-5-21-1-2-3-{number}");
        let home = home.to_str().unwrap();
        registry(&[
            "add",
            &key,
            "/v",
            "ProfileImagePath",
            "/t",
            "REG_EXPAND_SZ",
            "/d",
            home,
            "/f",
        ]);
        Self(key)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let _ = Command::new("reg").args(["delete", &self.0, "/f"]).output();
    }
}

#[test]
fn users_of_the_registry_are_cleaned_each() {
    if !is_wine() {
        skipped(
            "users_of_the_registry_are_cleaned_each",
            "it would change the registry",
        );
        return;
    }
    let world = World::new();
    let homes = ["kim", "lee", "gone"].map(|name| world.root().join("homes").join(name));
    for home in &homes[..2] {
        stores::chromium(&home.join(CHROME).join("Default/Network/Cookies"), 24);
    }
    let _users = [
        Listed::user(9001, &homes[0]),
        Listed::user(9002, &homes[1]),
        Listed::user(9003, &homes[2]),
    ];
    let named = [
        "--all-users",
        "--user",
        "kim",
        "--user",
        "lee",
        "--user",
        "gone",
        "--json",
    ];
    let run = |command: &[&str]| {
        let command = world.command(&[command, &named].concat());
        Run::of(command)
    };
    let key = Command::new("reg")
        .args(["query", OF_ADMINS])
        .output()
        .unwrap();
    if !key.status.success() {
        let refused = run(&["openai.com"]).expect(2);
        assert!(refused.stderr.contains("Administrator"), "{refused:#?}");
        registry(&["add", OF_ADMINS, "/f"]);
    }
    let done = run(&["openai.com"]).expect(0).json();
    let rows = done["users"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{done:#}");
    assert_eq!(rows[0]["error_code"], "home-not-there");
    for row in &rows[1..] {
        assert_eq!(row["result"]["deleted"], 4, "{row:#}");
        assert!(row["result"]["undo"]["id"].is_string(), "{row:#}");
    }
    let undone = run(&["undo"]).expect(0).json();
    for row in &undone["users"].as_array().unwrap()[1..] {
        assert_eq!(row["result"]["restored"], 4, "{row:#}");
    }
}
