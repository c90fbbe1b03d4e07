//! What cannot be told while looking for profiles is an error, not an absence.
#![cfg(unix)]

mod world;

use std::fs;
use std::os::unix::fs::symlink;

use world::{World, stores};

/// `Local State` tells that the folder around a profile has the lock.
#[test]
fn profile_whose_lock_cannot_be_found_is_not_touched() {
    let world = World::new();
    let profile = world.path(".config/google-chrome/Default");
    stores::chromium(&profile.join("Cookies"), 24);
    fs::write(profile.join("Preferences"), "{}").unwrap();
    let local_state = world.path(".config/google-chrome/Local State");
    symlink("Local State", &local_state).unwrap();
    let before = fs::read(profile.join("Cookies")).unwrap();

    let named = profile.to_str().unwrap();
    let run = world
        .run_bare(&["openai.com", "--profile-dir", named])
        .expect(1);

    assert!(run.stderr.contains("google-chrome"), "{run:#?}");
    assert!(fs::read(profile.join("Cookies")).unwrap() == before);
}
