//! Ended from outside, in the middle of its work.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use serde_json::json;

use super::CHROME;
use super::world::{World, spawn, stores};

#[test]
fn killed_at_any_moment_leaves_stores_whole_and_undoable() {
    const ROWS: usize = 3000;
    const STEPS: u32 = 24;
    let world = World::new();
    let store = world.path(&format!("{CHROME}/Default/Network/Cookies"));
    stores::chromium(&store, 24);
    world.write(&format!("{CHROME}/Default/Preferences"), "{}");
    let mut db = rusqlite::Connection::open(&store).unwrap();
    let transaction = db.transaction().unwrap();
    for i in 0..ROWS {
        let host = ["a.openai.com", "example.org"][i % 2];
        stores::chromium_row(&transaction, 1000 + i, host, &format!("n{i}"), "");
    }
    transaction.commit().unwrap();
    drop(db);
    let pristine = fs::read(&store).unwrap();
    let before = stores::dump(&store, "cookies");
    let matching = ROWS / 2 + 4;
    let run = || {
        let mut command = world.command_at_home(&["openai.com", "--json"]);
        spawn(command.stdout(Stdio::null()).stderr(Stdio::null()))
    };
    let since = Instant::now();
    run().wait().unwrap();
    let whole = since.elapsed();
    for step in 0..STEPS {
        fs::write(&store, &pristine).unwrap();
        let _ = fs::remove_file(store.with_file_name("Cookies-journal"));
        let _ = fs::remove_dir_all(world.state());
        let mut child = run();
        thread::sleep(whole * step / STEPS);
        let _ = child.kill();
        child.wait().unwrap();

        let after = stores::dump(&store, "cookies");
        assert_eq!(stores::integrity(&store), "ok");
        let gone = before.len() - after.len();
        assert!(gone == 0 || gone == matching, "{gone} rows at step {step}");
        // What is locked by one that is no more is free; what was copied comes back.
        world.run_bare(&["undo"]).expect(0);
        assert_eq!(stores::dump(&store, "cookies"), before);
        let (code, document) = world.json(&["openai.com"]);
        assert_eq!((code, &document["deleted"]), (0, &json!(matching)));
    }
}
