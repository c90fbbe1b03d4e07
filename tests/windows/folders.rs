//! Where Windows has its browsers.

use std::path::PathBuf;

use serde_json::json;

use super::world::{World, names, stores};
use super::{CHROME, EDGE, FIREFOX};

#[test]
fn sample_home_is_laid_out_as_on_windows() {
    let world = World::of_fixtures();
    let (code, document) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(names(&document).len(), 28);
    let stores = document["stores"].as_array().unwrap();
    for (browser, folder) in [("chrome", CHROME), ("edge", EDGE), ("firefox", FIREFOX)] {
        let folder = world.path(folder);
        let its = stores.iter().filter(|row| row["browser"] == browser);
        let paths: Vec<_> = its.map(|row| row["store"].as_str().unwrap()).collect();
        assert!(!paths.is_empty(), "{browser}: {document}");
        for path in paths {
            assert!(PathBuf::from(path).starts_with(&folder), "{path}");
        }
    }
    // `--layout windows` is what this system has anyway.
    assert_eq!(
        world.json(&["list", "openai.com", "--layout", "windows"]),
        (0, document)
    );
}

#[test]
fn store_apps_are_found_in_their_package_folders() {
    let world = World::new();
    let packages = "AppData/Local/Packages";
    let arc =
        format!("{packages}/TheBrowserCompany.Arc_ttt1ap7aakyb4/LocalCache/Local/Arc/User Data");
    stores::chromium(&world.path(&format!("{arc}/Default/Network/Cookies")), 24);
    world.write(&format!("{arc}/Default/Preferences"), "{}");
    let firefox =
        format!("{packages}/Mozilla.Firefox_n80bbvh6b1yt2/LocalCache/Roaming/Mozilla/Firefox");
    let store = world.path(&format!(
        "{firefox}/Profiles/p.default-release/cookies.sqlite"
    ));
    stores::firefox(&store, 17);
    let ini = "[Profile0]\nName=default-release\nIsRelative=1\nPath=Profiles/p.default-release\n";
    world.write(&format!("{firefox}/profiles.ini"), ini);

    let (code, document) = world.json(&["profiles"]);
    assert_eq!(code, 0, "{document}");
    let profiles = document["profiles"].as_array().unwrap().iter();
    let found: Vec<_> = profiles
        .map(|row| [&row["browser"], &row["profile_name"], &row["cookies"]])
        .collect();
    assert_eq!(
        found,
        [
            [&json!("arc"), &json!("Default"), &json!(8)],
            [&json!("firefox"), &json!("default-release"), &json!(8)],
        ]
    );
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(8)), "{document}");
    let undone = world.run_bare(&["undo", "--json"]).expect(0).json();
    assert_eq!(undone["restored"], 8);
}

/// A package in the real local AppData of whoever runs the tests, with a name that no
/// other has.
struct RealPackage(PathBuf);

impl RealPackage {
    fn new() -> Self {
        let name = format!(
            "TheBrowserCompany.Arc_cookieclean-test-{}",
            std::process::id()
        );
        let packages = dirs::data_local_dir().unwrap().join("Packages");
        Self(packages.join(name))
    }
}

impl Drop for RealPackage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn without_a_home_folder_the_known_folders_are_searched() {
    let package = RealPackage::new();
    let profile = package.0.join("LocalCache/Local/Arc/User Data/Default");
    let store = profile.join("Network").join("Cookies");
    stores::chromium(&store, 24);
    std::fs::write(profile.join("Preferences"), "{}").unwrap();

    let world = World::new();
    let only = ["-b", "arc", "-p", profile.to_str().unwrap(), "--json"];
    let on = |arguments: &[&str]| {
        world
            .run_bare(&[arguments, &only].concat())
            .expect(0)
            .json()
    };
    assert_eq!(names(&on(&["list", "openai.com"])).len(), 4);
    assert_eq!(on(&["openai.com"])["deleted"], 4);
    assert_eq!(stores::dump(&store, "cookies").len(), 4);
    let undone = world.run_bare(&["undo", "--json"]).expect(0).json();
    assert_eq!(undone["restored"], 4);
    assert_eq!(stores::dump(&store, "cookies").len(), 8);
}
