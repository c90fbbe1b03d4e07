//! Killed and interrupted at any moment.

use super::*;

#[test]
fn two_undos_of_one_deletion_exclude_each_other() {
    let world = World::new();
    let store = chrome_profile(&world, "Default");
    world.run(&["openai.com"]).expect(0);
    let undo = world.state().join("undo");
    let entry = fs::read_dir(undo).unwrap().next().unwrap().unwrap().path();
    let lock = File::create(entry.join("lock")).unwrap();
    lock.lock().unwrap();
    let run = world.run_bare(&["undo"]).expect(1);
    assert!(run.stderr.contains("being undone"), "{run:#?}");
    assert_eq!(stores::dump(&store, "cookies").len(), 4);
    drop(lock);
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(stores::dump(&store, "cookies").len(), 8);
}

/// Many rows, so that a deletion takes long enough to be hit in the middle.
fn big_world(profiles: usize, rows: usize) -> World {
    let world = World::new();
    for n in 0..profiles {
        let store = chrome_profile(&world, &format!("Profile {n}"));
        let mut db = rusqlite::Connection::open(&store).unwrap();
        let transaction = db.transaction().unwrap();
        for i in 0..rows {
            let host = if i % 2 == 0 {
                "a.openai.com"
            } else {
                "example.org"
            };
            stores::chromium_row(&transaction, 1000 + i, host, &format!("n{i}"), "");
        }
        transaction.commit().unwrap();
    }
    world
}

#[test]
fn killed_at_any_moment_leaves_stores_whole_and_undoable() {
    const ROWS: usize = 3000;
    let world = big_world(1, ROWS);
    let store = world.path(&format!("{CHROME}/Profile 0/Cookies"));
    let pristine = fs::read(&store).unwrap();
    let before = stores::dump(&store, "cookies");
    let matching = ROWS / 2 + 4;
    let mut outcomes = [0, 0];
    // On a machine that is busy it takes longer until one is done.
    for step in 0..400 {
        if step >= 40 && outcomes[1] > 0 {
            break;
        }
        fs::write(&store, &pristine).unwrap();
        let _ = fs::remove_file(store.with_file_name("Cookies-journal"));
        let _ = fs::remove_dir_all(world.state());
        let mut child = world
            .command(&["openai.com", "--json", "--layout", "linux", "--home"])
            .arg(world.home())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(step * 2500));
        let _ = child.kill();
        child.wait().unwrap();

        // The next one to open the store recovers it; no row of another site is
        // missing, and of the site's either all or none are.
        let after = stores::dump(&store, "cookies");
        assert_eq!(stores::integrity(&store), "ok");
        assert!(
            after.len() == before.len() || after.len() == before.len() - matching,
            "{} of {} rows after a kill at step {step}",
            after.len(),
            before.len()
        );
        outcomes[usize::from(after.len() < before.len())] += 1;
        if after.len() < before.len() {
            world.run_bare(&["undo"]).expect(0);
            assert_eq!(stores::dump(&store, "cookies"), before);
        } else {
            // A copy that was made, but not needed, does no harm either.
            world.run_bare(&["undo"]).expect(0);
            assert_eq!(stores::dump(&store, "cookies"), before);
        }
        // And it still works.
        let (code, document) = world.json(&["openai.com"]);
        assert_eq!((code, &document["deleted"]), (0, &json!(matching)));
    }
    assert!(
        outcomes[0] > 0 && outcomes[1] > 0,
        "never in the middle: {outcomes:?}"
    );
}

#[test]
fn interruption_finishes_the_current_store_only() {
    const PROFILES: usize = 30;
    let world = big_world(PROFILES, 400);
    let mut child = world
        .command(&["openai.com", "--layout", "linux", "--home"])
        .arg(world.home())
        .env("COOKIECLEAN_THREADS", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    // The first store is reported.
    stdout.read_line(&mut line).unwrap();
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130), "{line}{rest}");

    let mut left = Vec::new();
    for n in 0..PROFILES {
        let store = world.path(&format!("{CHROME}/Profile {n}/Cookies"));
        let rows = stores::dump(&store, "cookies").len();
        assert!(rows == 408 || rows == 204, "{rows}");
        left.push(rows);
    }
    assert!(left.contains(&408) && left.contains(&204), "{left:?}");
    assert!(rest.contains("To put them back"), "{rest}");
    // What was deleted can be put back.
    world.run_bare(&["undo"]).expect(0);
    for n in 0..PROFILES {
        let store = world.path(&format!("{CHROME}/Profile {n}/Cookies"));
        assert_eq!(stores::dump(&store, "cookies").len(), 408);
    }
}
