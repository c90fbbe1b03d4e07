//! What a deletion without a copy leaves on a disk: none of the deleted values, also not
//! in blocks that belong to no file any more.

#![cfg(target_os = "linux")]

mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::Connection;
use world::{World, stores};

const CHROME: &str = ".config/google-chrome/Default";
const FIREFOX: &str = ".mozilla/firefox/p";
/// What stands in every value that is to go, and in every one that is to stay.
const GONE: &str = "SECRET-OF-THE-SITE";
const KEPT: &str = "VALUE-OF-ANOTHER";
const ROWS: usize = 400;

/// A file system in a file, with the home folder of a world in it.
struct Disk {
    image: PathBuf,
    folder: PathBuf,
}

impl Disk {
    /// None where it cannot be made.
    fn new(world: &World, test: &str) -> Option<Self> {
        let disk = Self {
            image: world.root().join("image"),
            folder: world.home(),
        };
        let made = fs::File::create(&disk.image)
            .and_then(|file| file.set_len(24 << 20))
            .is_ok()
            && quietly(Command::new("mkfs.ext4").arg("-qF").arg(&disk.image));
        if made && disk.with(Command::new("true")) {
            return Some(disk);
        }
        world::skipped(test, "needs root, mkfs.ext4 and a loop device");
        None
    }

    /// Runs a command while it is mounted, in a namespace that ends with it.
    fn with(&self, inner: Command) -> bool {
        let script = "mount -o loop \"$1\" \"$2\" && shift 2 || exit 99
            \"$@\"; code=$?; sync; umount \"$FOLDER\" || exit 98; exit $code";
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", script, "sh"]);
        command.arg(&self.image).arg(&self.folder);
        command.env("FOLDER", &self.folder);
        command.arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        quietly(&mut command)
    }

    /// How often something stands anywhere on it.
    fn count(&self, what: &str) -> usize {
        let grep = Command::new("grep")
            .args(["-oaF", what])
            .arg(&self.image)
            .output()
            .unwrap();
        grep.stdout.split(|byte| *byte == b'\n').count() - 1
    }
}

fn quietly(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Copies what is in a folder onto the disk, deletes there without a copy, and looks at
/// what is left.
fn none_is_left(world: &World, disk: &Disk, from: &Path) {
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(from.join(".")).arg(&disk.folder);
    assert!(disk.with(copy));
    let (gone, kept) = (disk.count(GONE), disk.count(KEPT));
    assert!(gone >= ROWS && kept >= ROWS, "{gone} {kept}");

    let mut deletion = world.command(&["openai.com", "--no-undo", "--layout", "linux", "--home"]);
    // A folder of its own for copies of stores: they are another matter.
    deletion.arg(&disk.folder).env("TMPDIR", world.root());
    assert!(disk.with(deletion));
    assert_eq!(disk.count(GONE), 0);
    assert!(disk.count(KEPT) >= ROWS);
    assert!(!world.state().join("undo").exists());
}

fn value(row: usize) -> String {
    let whose = [GONE, KEPT][row % 2];
    // Larger than what fits into a few pages of the journal, in all.
    format!("{whose}-{row:04}-{}", "x".repeat(200))
}

fn host(row: usize) -> String {
    [format!("h{row}.openai.com"), format!("h{row}.example.com")][row % 2].clone()
}

/// As the browsers' own SQLite is built. Without it, a page that is split keeps former
/// rows in what it has free, which no deletion reaches.
fn open(store: &Path) -> Connection {
    let db = Connection::open(store).unwrap();
    db.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))
        .unwrap();
    db
}

fn chromium(profile: &Path) -> Connection {
    let store = profile.join("Cookies");
    stores::chromium(&store, 24);
    fs::write(profile.join("Preferences"), "{}").unwrap();
    let mut db = open(&store);
    let transaction = db.transaction().unwrap();
    for row in 0..2 * ROWS {
        stores::chromium_row(&transaction, 100 + row, &host(row), "id", "");
        let last = transaction.last_insert_rowid();
        let sql = "UPDATE cookies SET value = ?1, encrypted_value = X'' WHERE rowid = ?2";
        transaction.execute(sql, (value(row), last)).unwrap();
    }
    transaction.commit().unwrap();
    db
}

#[test]
fn no_value_of_chromium_is_left_on_the_disk() {
    for had_journal in [true, false] {
        let world = World::of_linux();
        let Some(disk) = Disk::new(&world, "no_value_of_chromium_is_left_on_the_disk") else {
            return;
        };
        let from = world.root().join("from");
        let profile = from.join(CHROME);
        drop(chromium(&profile));
        if had_journal {
            fs::write(profile.join("Cookies-journal"), "").unwrap();
        }
        none_is_left(&world, &disk, &from);
    }
}

#[test]
fn no_value_of_a_journal_that_a_crash_left_stays_on_the_disk() {
    let world = World::of_linux();
    let name = "no_value_of_a_journal_that_a_crash_left_stays_on_the_disk";
    let Some(disk) = Disk::new(&world, name) else {
        return;
    };
    let from = world.root().join("from");
    let live = world.root().join("live");
    // A transaction that was cut off while it was being written into the file.
    let db = chromium(&live);
    db.pragma_update(None, "cache_size", 1).unwrap();
    db.execute_batch("BEGIN IMMEDIATE; UPDATE cookies SET priority = 2;")
        .unwrap();
    world::copy_tree(&live, &from.join(CHROME));
    let journal = from.join(CHROME).join("Cookies-journal");
    assert!(journal.metadata().unwrap().len() > 4096);
    none_is_left(&world, &disk, &from);
}

#[test]
fn no_value_of_firefox_is_left_on_the_disk() {
    let world = World::of_linux();
    let Some(disk) = Disk::new(&world, "no_value_of_firefox_is_left_on_the_disk") else {
        return;
    };
    let from = world.root().join("from");
    let live = world.root().join("live");
    let store = live.join("cookies.sqlite");
    stores::firefox(&store, 17);
    // Half of them in the database, and all in the WAL of a writer that never closed.
    let mut db = open(&store);
    db.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    let transaction = db.transaction().unwrap();
    for row in 0..2 * ROWS {
        stores::firefox_row(&transaction, 17, 100 + row, &host(row), "id", "");
        let last = transaction.last_insert_rowid();
        let sql = "UPDATE moz_cookies SET value = ?1 WHERE id = ?2";
        transaction.execute(sql, (value(row), last)).unwrap();
    }
    transaction.commit().unwrap();
    world::copy_tree(&live, &from.join(FIREFOX));
    let wal = from.join(FIREFOX).join("cookies.sqlite-wal");
    assert!(wal.metadata().unwrap().len() > 4096);
    none_is_left(&world, &disk, &from);
}

#[test]
fn no_value_of_a_forgotten_copy_is_left_on_the_disk() {
    let world = World::of_linux();
    let Some(disk) = Disk::new(&world, "no_value_of_a_forgotten_copy_is_left_on_the_disk") else {
        return;
    };
    let from = world.root().join("from");
    drop(chromium(&from.join(CHROME)));
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(from.join(".")).arg(&disk.folder);
    assert!(disk.with(copy));
    let state = disk.folder.join("state");
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env("COOKIECLEAN_STATE_DIR", &state);
        command
    };
    let mut deletion = run(&["openai.com", "--layout", "linux", "--home"]);
    deletion.arg(&disk.folder).env("TMPDIR", world.root());
    assert!(disk.with(deletion));
    assert!(disk.count(GONE) >= ROWS, "the copy has the values");
    assert!(disk.with(run(&["undo", "--forget"])));
    assert_eq!(disk.count(GONE), 0);
}
