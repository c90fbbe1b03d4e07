//! Stores that were made to do harm: to other rows, to other files, or by never ending.

mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use world::{Run, World, stores};

const CHROME: &str = ".config/google-chrome/Default/Cookies";
const FIREFOX: &str = ".mozilla/firefox/p/cookies.sqlite";
/// Whatever lies in a profile, a command ends within that time.
const SOON: Duration = Duration::from_secs(10);

fn chrome_with(sql: &str) -> (World, PathBuf) {
    let world = World::new();
    let store = world.path(CHROME);
    stores::chromium(&store, 24);
    world.write(".config/google-chrome/Default/Preferences", "{}");
    let db = Connection::open(&store).unwrap();
    db.execute_batch(sql).unwrap();
    db.close().unwrap();
    (world, store)
}

fn firefox() -> (World, PathBuf) {
    let world = World::new();
    let store = world.path(FIREFOX);
    stores::firefox(&store, 17);
    (world, store)
}

/// A store of Chromium's whose table of cookies is declared otherwise.
fn chrome_where(from: &str, to: &str) -> (World, PathBuf) {
    let world = World::new();
    let store = world.path(CHROME);
    fs::create_dir_all(store.parent().unwrap()).unwrap();
    world.write(".config/google-chrome/Default/Preferences", "{}");
    let schema = stores::chromium_schema(24);
    assert!(schema.contains(from), "{schema}");
    let db = Connection::open(&store).unwrap();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    db.execute_batch(&schema.replacen(from, to, 1)).unwrap();
    for (i, (host, name, site)) in stores::COOKIES.iter().enumerate() {
        stores::chromium_row(&db, i, host, name, site);
    }
    db.close().unwrap();
    (world, store)
}

/// Runs every command that reads stores; each has to end soon. Gives the deletion's run.
#[track_caller]
fn run_all(world: &World) -> Run {
    let mut last = None;
    for arguments in [
        &["list", "openai.com"][..],
        &["sites"],
        &["profiles"],
        &["openai.com"],
    ] {
        let since = Instant::now();
        last = Some(world.run(arguments));
        assert!(since.elapsed() < SOON, "{arguments:?}: {last:#?}");
    }
    last.unwrap()
}

/// The deletion names the file and says what is wrong, and every store is as it was.
#[track_caller]
fn expect_refused(world: &World, file: &Path, says: &str) {
    let before = world.files();
    let run = run_all(world).expect(1);
    assert!(run.stderr.contains(says), "{says}: {run:#?}");
    assert!(
        run.stderr.contains(&file.display().to_string()),
        "{file:?}: {run:#?}"
    );
    assert!(world.files() == before);
}

#[test]
fn foreign_keys_reach_no_other_row() {
    // Another table goes with the cookie, and the value of another site's cookie with it.
    let (world, store) = chrome_with(
        "ALTER TABLE cookies ADD COLUMN twin TEXT REFERENCES parent(name) ON DELETE SET NULL;
         CREATE TABLE parent (name TEXT PRIMARY KEY, of INTEGER);
         CREATE UNIQUE INDEX by_creation ON cookies(creation_utc);
         CREATE TABLE child (x TEXT, of INTEGER REFERENCES cookies(creation_utc)
             ON DELETE CASCADE);
         CREATE TABLE nulled (x TEXT, of INTEGER REFERENCES cookies(creation_utc)
             ON DELETE SET NULL);
         INSERT INTO child SELECT name, creation_utc FROM cookies;
         INSERT INTO nulled SELECT name, creation_utc FROM cookies;",
    );
    let before = (
        stores::dump(&store, "child"),
        stores::dump(&store, "nulled"),
        stores::dump(&store, "cookies"),
    );
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &serde_json::json!(4)));
    assert_eq!(stores::dump(&store, "child"), before.0);
    assert_eq!(stores::dump(&store, "nulled"), before.1);
    let left = stores::dump(&store, "cookies");
    assert!(left.iter().all(|row| before.2.contains(row)));
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(stores::dump(&store, "cookies"), before.2);
}

#[test]
fn foreign_keys_between_cookies_change_none() {
    let (world, store) = chrome_where(
        "value TEXT NOT NULL",
        "value TEXT REFERENCES cookies(name) ON DELETE SET NULL",
    );
    let db = Connection::open(&store).unwrap();
    db.execute_batch(
        "PRAGMA foreign_keys = OFF;
         UPDATE cookies SET value = 'token' WHERE host_key = 'example.com';
         UPDATE cookies SET name = host_key || name WHERE name <> 'token';
         CREATE UNIQUE INDEX by_name ON cookies(host_key, name, top_frame_site_key);
         CREATE UNIQUE INDEX by_name_only ON cookies(name)
             WHERE host_key = 'chat.openai.com';",
    )
    .unwrap();
    db.close().unwrap();
    let before = stores::dump(&store, "cookies");
    world.run(&["openai.com"]).expect(0);
    let left = stores::dump(&store, "cookies");
    assert_eq!(left.len(), before.len() - 4);
    assert!(left.iter().all(|row| before.contains(row)));
}

#[test]
fn a_table_that_replaces_keeps_the_newer_cookie() {
    let (world, store) = firefox();
    fs::remove_file(&store).unwrap();
    let db = Connection::open(&store).unwrap();
    let schema = stores::firefox_schema(17);
    let rule = "UNIQUE (name, host, path, originAttributes)";
    assert!(schema.contains(rule));
    db.execute_batch(&schema.replace(rule, &format!("{rule} ON CONFLICT REPLACE")))
        .unwrap();
    stores::firefox_row(&db, 17, 1, "openai.com", "id", "");
    stores::firefox_row(&db, 17, 2, "example.com", "id", "");
    world.run(&["openai.com"]).expect(0);
    stores::firefox_row(&db, 17, 3, "openai.com", "id", "");
    db.close().unwrap();
    let newer = stores::dump(&store, "moz_cookies");
    let undone = world.run_bare(&["undo", "--json"]).expect(0).json();
    assert_eq!(undone["restored"], 0);
    assert_eq!(undone["stores"][0]["skipped"], 1);
    assert_eq!(stores::dump(&store, "moz_cookies"), newer);
}

#[test]
fn a_rule_that_is_no_browsers_ends_an_undo_and_keeps_the_copy() {
    let (world, store) = chrome_with("");
    world.run(&["openai.com"]).expect(0);
    let db = Connection::open(&store).unwrap();
    db.execute_batch(
        "CREATE UNIQUE INDEX by_secure ON cookies(expires_utc, has_expires, creation_utc > 0);",
    )
    .unwrap_err();
    db.execute_batch(
        "DELETE FROM cookies WHERE host_key <> 'example.com';
         CREATE UNIQUE INDEX by_expiry ON cookies(is_secure);",
    )
    .unwrap();
    db.close().unwrap();
    let before = world.files();
    let run = world.run_bare(&["undo"]).expect(1);
    assert!(run.stderr.contains("schema"), "{run:#?}");
    assert!(world.files() == before);
    let list = world.run_bare(&["undo", "--list", "--json"]).json();
    assert_eq!(list["undo"].as_array().unwrap().len(), 1);
}

#[test]
fn columns_that_compute_are_refused() {
    let (world, store) = chrome_where(
        "last_update_utc INTEGER NOT NULL DEFAULT 0",
        "last_update_utc INTEGER AS (length(zeroblob(creation_utc % 2)))",
    );
    expect_refused(&world, &store, "generated column");
}

#[test]
fn a_table_without_row_numbers_is_refused() {
    let world = World::new();
    let store = world.path(CHROME);
    fs::create_dir_all(store.parent().unwrap()).unwrap();
    world.write(".config/google-chrome/Default/Preferences", "{}");
    let schema = stores::chromium_schema(24)
        .replace(
            "creation_utc INTEGER NOT NULL",
            "creation_utc INTEGER PRIMARY KEY NOT NULL",
        )
        .replace(
            ");\n         CREATE UNIQUE",
            ") WITHOUT ROWID;\n         CREATE UNIQUE",
        );
    let db = Connection::open(&store).unwrap();
    db.execute_batch(&schema).unwrap();
    for (i, (host, name, site)) in stores::COOKIES.iter().enumerate() {
        stores::chromium_row(&db, i, host, name, site);
    }
    db.close().unwrap();
    expect_refused(&world, &store, "no numbers");
}

#[test]
fn a_virtual_table_in_the_schema_is_refused() {
    let (world, store) = chrome_with("CREATE VIRTUAL TABLE v USING fts5(x);");
    expect_refused(&world, &store, "virtual table");
}

#[test]
fn indexes_that_compute_are_refused() {
    for index in [
        "CREATE INDEX i ON cookies(length(hex(zeroblob(creation_utc % 100))))",
        "CREATE INDEX i ON cookies(name) WHERE length(hex(zeroblob(creation_utc % 100))) > 0",
    ] {
        let (world, store) = chrome_with(index);
        let before = world.files();
        let run = world.run(&["openai.com"]).expect(1);
        assert!(run.stderr.contains("index i computes"), "{run:#?}");
        assert!(run.stderr.contains(store.to_str().unwrap()), "{run:#?}");
        assert!(world.files() == before);
    }
}

#[test]
fn the_partial_index_of_old_chromium_is_no_obstacle() {
    let (world, _) =
        chrome_with("CREATE INDEX is_transient ON cookies(is_persistent) where is_persistent != 1");
    let (code, document) = world.json(&["openai.com"]);
    assert_eq!((code, &document["deleted"]), (0, &serde_json::json!(4)));
}

#[test]
fn a_constraint_without_an_end_delays_nothing() {
    // For each row a comparison of what is larger than the file by far.
    let (world, store) = chrome_where(
        "source_type INTEGER NOT NULL DEFAULT 0",
        "source_type INTEGER NOT NULL DEFAULT 0 CHECK (source_type = 0 OR
             instr(zeroblob(200000000), zeroblob(100000000) || X'01') = 0)",
    );
    let db = Connection::open(&store).unwrap();
    db.execute_batch(
        "PRAGMA ignore_check_constraints = ON;
         UPDATE cookies SET source_type = 1;",
    )
    .unwrap();
    db.close().unwrap();
    let before = stores::dump(&store, "cookies");
    let run = run_all(&world).expect(0);
    assert!(run.stdout.contains("Deleted 4 cookies"), "{run:#?}");
    let since = Instant::now();
    world.run_bare(&["undo"]).expect(0);
    assert!(since.elapsed() < SOON);
    assert_eq!(stores::dump(&store, "cookies"), before);
}

/// A tree in which each page leads to one other page 300 times over: 300^8 rows in ten
/// pages, and some more for a host of a megabyte.
#[test]
fn a_tree_without_an_end_is_called_damaged() {
    for host in ["'a.example'", "hex(zeroblob(500000))"] {
        tree_without_an_end_is_called_damaged(host);
    }
}

fn tree_without_an_end_is_called_damaged(host: &str) {
    let (world, store) = chrome_with(&format!(
        "UPDATE cookies SET host_key = {host} WHERE rowid IN (SELECT max(rowid) FROM cookies)"
    ));
    let root: i64 = Connection::open(&store)
        .unwrap()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'cookies'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let mut file = fs::read(&store).unwrap();
    let page = usize::from(u16::from_be_bytes([file[16], file[17]]));
    let pages = file.len() / page;
    let at = (root as usize - 1) * page;
    let leaf = file[at..at + page].to_vec();
    file.extend(leaf);
    let mut below = pages as u32 + 1;
    let interior = |below: u32| {
        const CELLS: u16 = 300;
        let mut content = vec![0; page];
        content[0] = 5;
        let start = page as u16 - CELLS * 6;
        content[3..5].copy_from_slice(&CELLS.to_be_bytes());
        content[5..7].copy_from_slice(&start.to_be_bytes());
        content[8..12].copy_from_slice(&below.to_be_bytes());
        for cell in 0..CELLS {
            let offset = start + cell * 6;
            let pointer = 12 + usize::from(cell) * 2;
            content[pointer..pointer + 2].copy_from_slice(&offset.to_be_bytes());
            let offset = usize::from(offset);
            content[offset..offset + 4].copy_from_slice(&below.to_be_bytes());
            // A key of two bytes.
            content[offset + 4..offset + 6]
                .copy_from_slice(&[0x80 | (cell >> 7) as u8, cell as u8 & 0x7f]);
        }
        content
    };
    for _ in 0..7 {
        file.extend(interior(below));
        below += 1;
    }
    file[at..at + page].copy_from_slice(&interior(below));
    let pages = (file.len() / page) as u32;
    file[28..32].copy_from_slice(&pages.to_be_bytes());
    fs::write(&store, file).unwrap();
    for settled in [false, true] {
        if settled {
            world.age();
        }
        expect_refused(&world, &store, "damaged");
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::os::unix::fs::{MetadataExt, symlink};

    use nix::sys::stat::Mode;

    use super::*;

    fn beside(store: &Path, suffix: &str) -> PathBuf {
        let mut name = store.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    }

    #[test]
    fn pipes_and_folders_beside_a_store_do_not_hang() {
        for suffix in ["-journal", "-wal", "-shm"] {
            for (world, store) in [chrome_with(""), firefox()] {
                let file = beside(&store, suffix);
                let _ = fs::remove_file(&file);
                nix::unistd::mkfifo(&file, Mode::S_IRWXU).unwrap();
                expect_refused(&world, &file, "not a regular file");
                fs::remove_file(&file).unwrap();
                fs::create_dir(&file).unwrap();
                expect_refused(&world, &file, "not a regular file");
                fs::remove_dir(&file).unwrap();
                let socket = std::os::unix::net::UnixListener::bind(&file);
                if socket.is_ok() {
                    expect_refused(&world, &file, "not a regular file");
                    fs::remove_file(&file).unwrap();
                }
                world.run(&["openai.com"]).expect(0);
            }
        }
    }

    #[test]
    fn links_beside_a_store_are_refused() {
        for suffix in ["-journal", "-wal", "-shm"] {
            for (world, store) in [chrome_with(""), firefox()] {
                let outside = world.root().join("outside");
                fs::write(&outside, "somebody's").unwrap();
                let file = beside(&store, suffix);
                let _ = fs::remove_file(&file);
                symlink(&outside, &file).unwrap();
                expect_refused(&world, &file, "not a regular file");
                assert_eq!(fs::read(&outside).unwrap(), b"somebody's");
            }
        }
    }

    #[test]
    fn files_with_huge_holes_are_not_copied() {
        const HUGE: u64 = 3 << 30;
        for (suffix, (world, store)) in [
            ("", firefox()),
            ("-wal", firefox()),
            ("-journal", chrome_with("")),
            ("-wal", chrome_with("")),
        ] {
            let file = beside(&store, suffix);
            let open = File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&file)
                .unwrap();
            open.set_len(HUGE).unwrap();
            let temp = world.root().join("temp");
            fs::create_dir(&temp).unwrap();
            for arguments in [&["list", "openai.com"][..], &["openai.com"]] {
                let since = Instant::now();
                let mut command = world.command_at_home(arguments);
                command.env("TMPDIR", &temp);
                let run = Run::of(command).expect(1);
                assert!(since.elapsed() < SOON, "{run:#?}");
                assert!(run.stderr.contains("are on the disk"), "{run:#?}");
                assert!(run.stderr.contains(file.to_str().unwrap()), "{run:#?}");
            }
            assert_eq!(fs::read_dir(&temp).unwrap().count(), 0);
            let metadata = file.metadata().unwrap();
            assert_eq!(metadata.len(), HUGE);
            assert!(metadata.blocks() * 512 < 1 << 20);
        }
    }
}
