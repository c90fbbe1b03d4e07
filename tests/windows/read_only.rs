//! Files that Windows marks as read-only, as those copied from a medium that is.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::world::{World, sessions, stores};
use super::{CHROME, FIREFOX, row};

fn set_read_only(path: &Path, read_only: bool) {
    let mut permissions = path.metadata().unwrap().permissions();
    permissions.set_readonly(read_only);
    fs::set_permissions(path, permissions).unwrap();
}

const SESSION: &str =
    r#"{"windows":[],"cookies":[{"host":".openai.com","name":"a","value":"v","path":"/"}]}"#;

#[test]
fn read_only_store_is_listed_and_named_with_advice() {
    for kept in [
        format!("{CHROME}/Default/Network/Cookies"),
        format!("{FIREFOX}/Profiles/p/cookies.sqlite"),
        format!("{FIREFOX}/Profiles/p/sessionstore.jsonlz4"),
    ] {
        let world = World::new();
        for profile in ["Default", "Profile 1"] {
            let store = format!("{CHROME}/{profile}/Network/Cookies");
            stores::chromium(&world.path(&store), 24);
            world.write(&format!("{CHROME}/{profile}/Preferences"), "{}");
        }
        stores::firefox(
            &world.path(&format!("{FIREFOX}/Profiles/p/cookies.sqlite")),
            17,
        );
        world.write(
            &format!("{FIREFOX}/Profiles/p/sessionstore.jsonlz4"),
            sessions::compressed(SESSION),
        );
        let store = world.path(&kept);
        set_read_only(&store, true);
        let content = fs::read(&store).unwrap();
        let beside = || fs::read_dir(store.parent().unwrap()).unwrap().count();
        let before = beside();

        let (code, document) = world.json(&["list", "openai.com"]);
        assert_eq!(code, 0, "{document}");
        assert_eq!(document["cookies"].as_array().unwrap().len(), 13);
        let run = world.run(&["openai.com"]).expect(1);
        assert!(run.stderr.contains(store.to_str().unwrap()), "{run:#?}");
        assert!(run.stderr.contains("it is read-only"), "{run:#?}");
        assert!(run.stderr.contains("Make the file"), "{run:#?}");
        assert!(fs::read(&store).unwrap() == content, "{kept}");
        assert!(store.metadata().unwrap().permissions().readonly());
        assert_eq!(beside(), before, "{kept}");

        set_read_only(&store, false);
        let (code, document) = world.json(&["openai.com"]);
        let left = if kept.ends_with("lz4") { 1 } else { 4 };
        assert_eq!(
            (code, &document["deleted"]),
            (0, &json!(left)),
            "{document}"
        );
    }
}

/// Nobody holds a lock by a file that they may not write to.
#[test]
fn a_read_only_copy_of_a_home_folder_is_listed() {
    let world = World::of_fixtures();
    world.write(&format!("{CHROME}/lockfile"), "");
    world.write(&format!("{FIREFOX}/efgh5678.work/parent.lock"), "");
    let files = world.files();
    for path in files.keys() {
        set_read_only(path, true);
    }
    let (code, document) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(document["cookies"].as_array().unwrap().len(), 28);
    assert_eq!(row(&document, "chrome", "Default")["in_use"], false);
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (1, &json!(0)), "{document}");
    for path in files.keys() {
        set_read_only(path, false);
    }
    assert!(world.files() == files);
}
