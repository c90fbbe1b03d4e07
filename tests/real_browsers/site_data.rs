//! What browsers have of every kind of site data after it was deleted for one site, and after
//! that was undone, by their own word.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::browser::{Chromium, Firefox, Kind, Server, Stored, wait_for};
use crate::command::{delete_site_data, forget, list_site_data, undo};
use crate::watch::{copy_as_it_is, everything_in};
use crate::world::World;

/// Pages, each with frames of other sites in it.
const PAGES: [(&str, &[&str]); 4] = [
    ("openai.com", &["cf.example.net"]),
    ("chat.openai.com", &["cf.example.net"]),
    ("notopenai.com", &["openai.com", "cf.example.net"]),
    ("example.org", &["openai.com"]),
];
const CONTAINER: &str = "Work";

/// What every page and frame has, in the order of [`PAGES`].
type All = Vec<Vec<Stored>>;

fn is_of_openai(host: &str) -> bool {
    host == "openai.com" || host.ends_with(".openai.com")
}

/// What there is when everything of openai.com is gone: its own, also as a frame of others,
/// and what frames have stored in it.
fn without_openai(all: &All) -> All {
    let pages = PAGES.iter().zip(all);
    pages
        .map(|((top, frames), stored)| {
            let hosts = std::iter::once(top).chain(*frames);
            hosts
                .zip(stored)
                .map(
                    |(host, stored)| match is_of_openai(host) || is_of_openai(top) {
                        true => Stored::new(),
                        false => stored.clone(),
                    },
                )
                .collect()
        })
        .collect()
}

/// A tab's own does not outlive the tab.
fn without_sessions(mut all: All) -> All {
    for stored in all.iter_mut().flatten() {
        stored.remove("session");
    }
    all
}

fn assert_complete(all: &All, kinds: &[&str]) {
    for stored in all.iter().map(|page| &page[0]) {
        let found: Vec<_> = stored.keys().map(String::as_str).collect();
        assert_eq!(found, kinds);
    }
}

struct ChromiumProfile<'a> {
    server: Server,
    world: World,
    features: &'a [&'a str],
}

impl<'a> ChromiumProfile<'a> {
    fn new(features: &'a [&'a str]) -> Self {
        Self {
            server: Server::start(),
            world: World::new(),
            features,
        }
    }

    fn folder(&self) -> std::path::PathBuf {
        self.world.path("chromium")
    }

    fn start(&self) -> Chromium {
        Chromium::start(&self.server, &self.folder(), "Default", self.features)
    }

    fn fill(&self, tag: &str) {
        let mut browser = self.start();
        for (page, frames) in PAGES {
            browser.fill(page, frames, tag);
        }
        browser.close();
    }

    fn stored(&self) -> All {
        let mut browser = self.start();
        let all = PAGES
            .iter()
            .map(|(page, frames)| browser.stored(page, frames));
        let all = without_sessions(all.collect());
        browser.close();
        self.assert_no_corruption();
        all
    }

    /// By the logs of its LevelDBs.
    fn assert_no_corruption(&self) {
        for (path, (content, _)) in everything_in(&self.folder()) {
            if path.file_name().is_some_and(|name| name == "LOG") {
                let log = String::from_utf8_lossy(&content).to_lowercase();
                for word in ["corrupt", "checksum mismatch", "dropping"] {
                    assert!(!log.contains(word), "{}: {log}", path.display());
                }
            }
        }
    }
}

/// Nowhere in the folders of site data is there a word of what the site stored.
fn assert_no_trace(profile: &Path) {
    for folder in [
        "IndexedDB",
        "Service Worker",
        "File System",
        "WebStorage",
        "Local Storage",
        "Session Storage",
        "storage",
    ] {
        let folder = profile.join(folder);
        if !folder.exists() {
            continue;
        }
        for (path, (content, _)) in everything_in(&folder) {
            for word in [
                "https://openai.com",
                "https_openai.com",
                "https+++openai.com",
            ] {
                let found = content
                    .windows(word.len())
                    .any(|part| part == word.as_bytes());
                assert!(!found, "{word} in {}", path.display());
            }
        }
    }
}

fn goes_and_comes_back(features: &[&str]) {
    let chromium = ChromiumProfile::new(features);
    chromium.fill("");
    let before = chromium.stored();
    let kinds = [
        "bucket", "cache", "database", "file", "local", "wide", "worker",
    ];
    assert_complete(&before, &kinds);
    let profile = chromium.folder().join("Default");

    let listed = list_site_data(&chromium.world, &chromium.folder()).expect(0);
    // Two of its own, one in each of two others, and the frame in each of its own pages,
    // which share a partition.
    assert_eq!(listed.store(&profile)["site_data"], 5);
    let deleted = delete_site_data(&chromium.world, &chromium.folder()).expect(0);
    assert_eq!(deleted.store(&profile)["status"], "cleaned");
    assert_eq!(deleted.value("site_data"), &json!(5));
    assert_no_trace(&profile);
    let gone = list_site_data(&chromium.world, &chromium.folder()).expect(0);
    assert_eq!(gone.value("site_data"), &json!([]));
    assert_eq!(chromium.stored(), without_openai(&before));

    // The browser has run since, and a page that only reads has made its folders.
    let undone = undo(&chromium.world).expect(0);
    assert_eq!(undone.store(&profile)["site_data"], 5);
    assert_eq!(chromium.stored(), before);
    assert_eq!(chromium.stored(), before, "at the second start");
}

#[test]
fn chromium_has_the_others_and_all_after_undo() {
    if Kind::Chromium.available("chromium_has_the_others_and_all_after_undo") {
        goes_and_comes_back(&[]);
    }
}

const SQLITE: &str = "--enable-features=DomStorageSqlite,\
    DomStorageSqliteNewDatabases:stage/UseSqliteOnly,IdbSqliteBackingStore,\
    IdbSqliteOnDiskRollout:stage/UseSqliteOnly";
const SQLITE_IF_NEW: &str = "--enable-features=DomStorageSqlite,\
    DomStorageSqliteNewDatabases:stage/UseSqliteForNewDatabases,IdbSqliteBackingStore,\
    IdbSqliteOnDiskRollout:stage/UseSqliteForNewStores";

#[test]
fn chromium_in_sqlite_has_the_others_and_all_after_undo() {
    if Kind::Chromium.available("chromium_in_sqlite_has_the_others_and_all_after_undo") {
        goes_and_comes_back(&[SQLITE]);
    }
}

#[test]
fn chromium_that_moved_to_sqlite_gets_it_back() {
    if !Kind::Chromium.available("chromium_that_moved_to_sqlite_gets_it_back") {
        return;
    }
    let mut chromium = ChromiumProfile::new(&[]);
    chromium.fill("");
    let before = chromium.stored();
    delete_site_data(&chromium.world, &chromium.folder()).expect(0);
    // What was in a LevelDB is not moved: for this Chromium nobody has a localStorage.
    chromium.features = &[SQLITE];
    let local = |all: &All| -> Vec<_> {
        let all = all.iter().flatten();
        all.map(|stored| stored.get("local").cloned()).collect()
    };
    assert!(local(&chromium.stored()).iter().all(Option::is_none));
    undo(&chromium.world).expect(0);
    let now = local(&chromium.stored());
    let was = local(&before);
    let gone = local(&without_openai(&before));
    for ((now, was), rest) in now.iter().zip(&was).zip(&gone) {
        let is_openais = rest.is_none();
        assert_eq!(now.as_ref(), was.as_ref().filter(|_| is_openais));
    }
}

const MIGRATION: &str = "--enable-features=DomStorageSqlite,DomStorageSqliteMigration,\
    DomStorageSqliteNewDatabases:stage/UseSqliteForNewDatabases";

/// Chromium moves what it has from LevelDB to SQLite when it has been idle for a while.
#[test]
fn chromium_that_has_migrated_gets_it_back() {
    if !Kind::Chromium.available("chromium_that_has_migrated_gets_it_back") {
        return;
    }
    let mut chromium = ChromiumProfile::new(&[]);
    chromium.fill("");
    let before = chromium.stored();
    delete_site_data(&chromium.world, &chromium.folder()).expect(0);
    let profile = chromium.folder().join("Default");
    chromium.features = &[MIGRATION];
    let mut browser = chromium.start();
    browser.visit("about:blank");
    wait_for("the migration", Duration::from_secs(200), || {
        let is_gone = !profile.join("Local Storage/leveldb/CURRENT").exists();
        is_gone.then_some(())
    });
    browser.close();
    assert!(profile.join("LocalStorage").exists());
    undo(&chromium.world).expect(0);
    assert_eq!(chromium.stored(), before);
}

#[test]
fn chromium_with_both_layouts_has_the_others() {
    if !Kind::Chromium.available("chromium_with_both_layouts_has_the_others") {
        return;
    }
    let mut chromium = ChromiumProfile::new(&[]);
    chromium.fill("");
    chromium.features = &[SQLITE_IF_NEW];
    chromium.fill("");
    let before = chromium.stored();
    delete_site_data(&chromium.world, &chromium.folder()).expect(0);
    assert_no_trace(&chromium.folder().join("Default"));
    assert_eq!(chromium.stored(), without_openai(&before));
    undo(&chromium.world).expect(0);
    assert_eq!(chromium.stored(), before);
}

#[test]
fn what_the_site_stored_since_makes_room_and_comes_back() {
    if !Kind::Chromium.available("what_the_site_stored_since_makes_room_and_comes_back") {
        return;
    }
    let chromium = ChromiumProfile::new(&[]);
    chromium.fill("");
    let before = chromium.stored();
    delete_site_data(&chromium.world, &chromium.folder()).expect(0);
    chromium.fill(" anew");
    let anew = chromium.stored();
    assert_ne!(anew, before);
    // The others have stored anew as well, and keep that.
    let mixed = |ours: &All, others: &All| -> All {
        let rest = without_openai(others);
        let pages = ours.iter().zip(&rest);
        pages
            .map(|(ours, rest)| {
                let frames = ours.iter().zip(rest);
                let one = |(ours, rest): (&Stored, &Stored)| match rest.is_empty() {
                    true => ours.clone(),
                    false => rest.clone(),
                };
                frames.map(one).collect()
            })
            .collect()
    };
    let undone = undo(&chromium.world).expect(0);
    assert!(undone.value("replaced").is_string());
    assert_eq!(chromium.stored(), mixed(&before, &anew));
    undo(&chromium.world).expect(0);
    assert_eq!(chromium.stored(), anew);
}

#[test]
fn firefox_has_the_others_and_all_site_data_after_undo() {
    if !Kind::Firefox.available("firefox_has_the_others_and_all_site_data_after_undo") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let profile = world.path("firefox");
    let in_container = |browser: &mut Firefox| {
        let all = ["openai.com", "notopenai.com"];
        let all = all.map(|host| browser.stored(Some(CONTAINER), host, &[]));
        without_sessions(all.to_vec())
    };
    let stored = || {
        let mut browser = Firefox::start(&server, &profile, &[]);
        let all = PAGES.iter();
        let all = all.map(|(page, frames)| browser.stored(None, page, frames));
        let all = without_sessions(all.collect());
        let contained = in_container(&mut browser);
        browser.close();
        (all, contained)
    };
    let mut browser = Firefox::start(&server, &profile, &[]);
    for (page, frames) in PAGES {
        browser.fill(None, page, frames, "");
    }
    for host in ["openai.com", "notopenai.com"] {
        browser.fill(Some(CONTAINER), host, &[], "");
    }
    browser.close();
    let (before, contained) = stored();
    let kinds = ["cache", "database", "file", "local", "wide", "worker"];
    assert_complete(&before, &kinds);

    let listed = list_site_data(&world, &profile).expect(0);
    // As with Chromium, and one in the container.
    assert_eq!(listed.store(&profile)["site_data"], 6);
    let deleted = delete_site_data(&world, &profile).expect(0);
    assert_eq!(deleted.store(&profile)["status"], "cleaned");
    assert_no_trace(&profile);
    let gone = list_site_data(&world, &profile).expect(0);
    assert_eq!(gone.value("site_data"), &json!([]));
    let (now, contained_now) = stored();
    assert_eq!(now, without_openai(&before));
    assert_eq!(contained_now, [vec![Stored::new()], contained[1].clone()]);

    undo(&world).expect(0);
    assert_eq!(stored(), (before, contained));
    // What the pages that only read have made since is in the trash.
    assert!(fs::exists(profile.join("cookieclean-trash")).unwrap());
    forget(&world).expect(0);
    assert!(!fs::exists(profile.join("cookieclean-trash")).unwrap());
}

/// The folders of origins, and the scopes of service workers with their attributes.
fn of_origins(profile: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let folders = fs::read_dir(profile.join("storage/default")).expect("a folder");
    let names = folders.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("text"));
    let workers = fs::read_to_string(profile.join("serviceworker.txt")).expect("a file");
    let records = workers
        .split("\n#\n")
        .filter(|record| record.contains("https://"));
    let scope = |record: &str| -> String {
        let lines: Vec<_> = record.lines().collect();
        let at = lines.iter().position(|line| line.starts_with("https://"));
        let at = at.expect("a scope");
        format!("{}{}", lines[at], lines[at.saturating_sub(1)])
    };
    let names = names.filter(|name| name.starts_with("https+++"));
    (names.collect(), records.map(scope).collect())
}

#[test]
fn what_firefox_itself_clears_is_what_goes() {
    if !Kind::Firefox.available("what_firefox_itself_clears_is_what_goes") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let profile = world.path("firefox");
    let mut browser = Firefox::start(&server, &profile, &[]);
    for (page, frames) in PAGES {
        browser.fill(None, page, frames, "");
    }
    browser.fill(Some(CONTAINER), "openai.com", &[], "");
    browser.close();
    let copy = world.path("copy");
    copy_as_it_is(&profile, &copy);
    let before = of_origins(&profile);

    let mut browser = Firefox::start(&server, &copy, &[]);
    delete_site_data(&world, &profile).expect(0);
    let ours = of_origins(&profile);
    // Shortly after its start it may say that it did, and have left some folders.
    wait_for(
        "Firefox to clear its folders",
        Duration::from_secs(100),
        || {
            let cleared = browser.run(
                "return await new Promise(done => Services.clearData.deleteDataFromSite(
                 'openai.com', {}, true, Ci.nsIClearDataService.CLEAR_COOKIES_AND_SITE_DATA,
                 failed => done(failed === 0)));",
            );
            assert_eq!(cleared, json!(true));
            let folders = fs::read_dir(copy.join("storage/default")).expect("a folder");
            let names = folders.map(|entry| entry.expect("an entry").file_name());
            let names = names.map(|name| name.to_string_lossy().into_owned());
            let left: BTreeSet<_> = names.filter(|name| name.starts_with("https+++")).collect();
            (left == ours.0).then_some(())
        },
    );
    browser.close();
    assert_ne!(ours, before);
    assert_eq!(ours, of_origins(&copy));
}

/// It leaves what the site has stored as a frame of others.
#[test]
fn what_chromium_itself_deletes_goes_and_more() {
    if !Kind::Chromium.available("what_chromium_itself_deletes_goes_and_more") {
        return;
    }
    let chromium = ChromiumProfile::new(&[]);
    chromium.fill("");
    let before = chromium.stored();
    let mut browser = chromium.start();
    browser.clear_by_itself("openai.com");
    browser.close();
    let by_itself = chromium.stored();
    delete_site_data(&chromium.world, &chromium.folder()).expect(0);
    let ours = chromium.stored();
    assert_eq!(ours, without_openai(&before));
    for (((top, frames), by_itself), before) in PAGES.iter().zip(&by_itself).zip(&before) {
        let hosts = std::iter::once(top).chain(*frames);
        for ((host, by_itself), before) in hosts.zip(by_itself).zip(before) {
            match is_of_openai(top) {
                true => assert!(by_itself.is_empty(), "{host} in {top}: {by_itself:?}"),
                false => assert_eq!(by_itself, before, "{host} in {top}"),
            }
        }
    }
}
