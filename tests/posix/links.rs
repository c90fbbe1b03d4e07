//! Symbolic links in and around profiles.

use super::*;

#[test]
fn store_link_to_outside_is_not_followed() {
    let world = World::new();
    chrome_profile(&world, "Profile 1");
    let outside = world.root().join("outside");
    stores::chromium(&outside.join("Cookies"), 24);
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    let link = world.path(&format!("{CHROME}/Default/Cookies"));
    symlink(outside.join("Cookies"), &link).unwrap();

    let before = fs::read(outside.join("Cookies")).unwrap();
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains(&link.display().to_string()), "{run:#?}");
    assert!(run.stderr.contains("--profile-dir"), "{run:#?}");
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
    assert!(fs::read(outside.join("Cookies")).unwrap() == before);
}

#[test]
fn profile_link_to_outside_is_not_followed_unless_named() {
    let world = World::new();
    let outside = world.root().join("outside");
    stores::chromium(&outside.join("Cookies"), 24);
    fs::write(outside.join("Preferences"), "{}").unwrap();
    fs::create_dir_all(world.path(CHROME)).unwrap();
    let link = world.path(&format!("{CHROME}/Default"));
    symlink(&outside, &link).unwrap();
    let firefox_outside = world.root().join("firefox-outside");
    stores::firefox(&firefox_outside.join("cookies.sqlite"), 17);
    fs::create_dir_all(world.path(".mozilla/firefox")).unwrap();
    let firefox_link = world.path(FIREFOX);
    symlink(&firefox_outside, &firefox_link).unwrap();

    let run = world.run(&["openai.com"]).expect(1);
    for link in [&link, &firefox_link] {
        assert!(run.stderr.contains(&link.display().to_string()), "{run:#?}");
    }
    assert_eq!(stores::dump(&outside.join("Cookies"), "cookies").len(), 8);
    let store = firefox_outside.join("cookies.sqlite");
    assert_eq!(stores::dump(&store, "moz_cookies").len(), 8);

    for link in [&link, &firefox_link] {
        let link = link.to_str().unwrap();
        world
            .run_bare(&["openai.com", "--profile-dir", link])
            .expect(0);
    }
    assert_eq!(stores::dump(&outside.join("Cookies"), "cookies").len(), 4);
    assert_eq!(stores::dump(&store, "moz_cookies").len(), 4);
}

#[test]
fn user_data_directory_may_be_a_link() {
    let world = World::new();
    let real = world.path("big-disk/chrome");
    stores::chromium(&real.join("Default/Cookies"), 24);
    fs::write(real.join("Default/Preferences"), "{}").unwrap();
    fs::create_dir_all(world.path(".config")).unwrap();
    symlink(&real, world.path(CHROME)).unwrap();
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(4)), "{document}");
}

#[test]
fn two_paths_to_one_store_are_one_store() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    symlink("Default", world.path(&format!("{CHROME}/Profile 1"))).unwrap();
    fs::create_dir(world.path(&format!("{CHROME}/Default/Network"))).unwrap();
    fs::hard_link(
        &store,
        world.path(&format!("{CHROME}/Default/Network/Cookies")),
    )
    .unwrap();
    fs::create_dir_all(world.path("snap/chromium/common")).unwrap();
    symlink(
        world.path(CHROME),
        world.path("snap/chromium/common/chromium"),
    )
    .unwrap();
    let (code, document) = world.json(&["list", "openai.com"]);
    assert_eq!(code, 0);
    assert_eq!(
        document["stores"].as_array().unwrap().len(),
        1,
        "{document}"
    );
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(4)));
}

#[test]
fn a_link_to_nowhere_is_reported() {
    let world = World::new();
    chrome_profile(&world, "Profile 1");
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    let link = world.path(&format!("{CHROME}/Default/Cookies"));
    symlink("nowhere", &link).unwrap();
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains(&link.display().to_string()), "{run:#?}");
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
}

#[test]
fn another_home_folder_leads_nowhere_else() {
    let world = World::new();
    let elsewhere = world.root().join("elsewhere");
    stores::firefox(&elsewhere.join("cookies.sqlite"), 17);
    world.write(
        ".mozilla/firefox/profiles.ini",
        format!(
            "[Profile0]\nName=x\nIsRelative=0\nPath={}\n",
            elsewhere.display()
        ),
    );
    let run = world.run(&["openai.com"]).expect(1);
    assert!(run.stderr.contains("elsewhere"), "{run:#?}");
    let store = elsewhere.join("cookies.sqlite");
    assert_eq!(stores::dump(&store, "moz_cookies").len(), 8);

    // In one's own home folder the person has chosen that place.
    let mut command = world.command(&["openai.com"]);
    command.env("HOME", world.home());
    if cfg!(target_os = "linux") {
        Run::of(command).expect(0);
        assert_eq!(stores::dump(&store, "moz_cookies").len(), 4);
    }
}

#[test]
fn undo_follows_links_within_the_user_data_directory() {
    let world = World::new();
    let shared = world.path(&format!("{CHROME}/shared/CK"));
    stores::chromium(&shared, 24);
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    symlink(
        "../shared/CK",
        world.path(&format!("{CHROME}/Default/Cookies")),
    )
    .unwrap();
    let before = stores::dump(&shared, "cookies");
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &json!(4)));
    assert_eq!(
        world.run_bare(&["undo", "--json"]).expect(0).json()["restored"],
        4
    );
    assert_eq!(stores::dump(&shared, "cookies"), before);
}
