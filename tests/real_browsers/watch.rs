//! Looks at files and processes from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgid};
use rusqlite::{Connection, OpenFlags};

use crate::browser::wait_for;
use crate::world::whole_file;

/// For whatever takes but a moment, on a machine that is busy.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Everything in a folder: the bytes and modification time of each file, where
/// each link leads.
pub fn everything_in(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            let metadata = entry.metadata().expect("metadata");
            let content = if metadata.is_dir() {
                folders.push(path.clone());
                // Its own time changes when a file in it comes or goes.
                Vec::new()
            } else if metadata.is_symlink() {
                let target = fs::read_link(&path).expect("a link");
                target.into_os_string().into_encoded_bytes()
            } else if metadata.is_file() {
                fs::read(&path).expect("a file")
            } else {
                Vec::new()
            };
            found.insert(path, (content, metadata.modified().expect("a time")));
        }
    }
    found
}

/// Fails the test when the folder is not as it was, and names the differences.
#[track_caller]
pub fn assert_unchanged(folder: &Path, before: &BTreeMap<PathBuf, (Vec<u8>, SystemTime)>) {
    let after = everything_in(folder);
    let differences: Vec<_> = before
        .keys()
        .chain(after.keys())
        .filter(|path| before.get(*path) != after.get(*path))
        .collect();
    assert!(differences.is_empty(), "changed: {differences:?}");
}

/// The bytes of a file, none where it is missing.
pub fn bytes_of(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}

/// Which of these texts stand somewhere in these bytes. One pass, since the files
/// are large and the texts are many.
fn found_in<'a>(bytes: &[u8], texts: &'a [Vec<u8>]) -> BTreeSet<&'a [u8]> {
    let mut begins = [false; 256];
    for text in texts {
        begins[usize::from(text[0])] = true;
    }
    let mut found = BTreeSet::new();
    for (position, byte) in bytes.iter().enumerate() {
        if begins[usize::from(*byte)] {
            let here = &bytes[position..];
            found.extend(texts.iter().filter(|t| here.starts_with(t)).map(|t| &**t));
        }
    }
    found
}

pub fn contains(bytes: &[u8], text: &str) -> bool {
    !found_in(bytes, &[text.into()]).is_empty()
}

/// Whether each of these texts stands in the database or in its WAL.
pub fn all_stand_in(store: &Path, texts: &[Vec<u8>]) -> bool {
    let (database, wal) = (bytes_of(store), bytes_of(&beside(store, "-wal")));
    let mut found = found_in(&database, texts);
    found.extend(found_in(&wal, texts));
    texts.iter().all(|text| found.contains(&**text))
}

/// A file beside a store: `-wal`, `-journal`.
pub fn beside(store: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", store.display()))
}

/// Fails the test where one of these texts stands in the store or beside it.
#[track_caller]
pub fn assert_nowhere(store: &Path, secrets: &[Vec<u8>]) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let file = beside(store, suffix);
        let found = found_in(&bytes_of(&file), secrets).len();
        assert_eq!(found, 0, "deleted values still stand in {}", file.display());
    }
}

/// Fails the test unless SQLite finds the store sound.
#[track_caller]
pub fn assert_sound(store: &Path) {
    // Of a copy, since opening the original can write beside it.
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("store");
    for suffix in ["", "-wal", "-journal"] {
        let file = beside(store, suffix);
        if file.exists() {
            fs::copy(&file, beside(&copy, suffix)).expect("a copy");
        }
    }
    let db = Connection::open(&copy).expect("a database");
    let verdict: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a verdict");
    assert_eq!(verdict, "ok", "{}", store.display());
}

/// A connection that only reads.
pub fn look_into(store: &Path) -> Connection {
    Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database")
}

/// Who holds a record lock on a file: Some(0) where it cannot be told.
pub fn lock_holder(path: &Path) -> Option<u32> {
    let file = File::open(path).ok()?;
    let mut lock = whole_file();
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock)).expect("a look at the lock");
    let free = lock.l_type == libc::F_UNLCK as libc::c_short;
    (!free).then(|| u32::try_from(lock.l_pid).unwrap_or(0))
}

/// Processes that stand still until this is dropped: what changes in a folder
/// meanwhile, they did not do. Their locks stay.
pub struct Pause(Pid);

impl Pause {
    /// A browser with all of its process group.
    pub fn of_browser(pid: u32) -> Pause {
        let group = getpgid(Some(Pid::from_raw(pid as i32))).expect("a process group");
        Pause::of(Pid::from_raw(-group.as_raw()), pid)
    }

    /// A single process.
    pub fn of_process(pid: u32) -> Pause {
        Pause::of(Pid::from_raw(pid as i32), pid)
    }

    fn of(target: Pid, pid: u32) -> Pause {
        kill(target, Signal::SIGSTOP).expect("a signal");
        let pause = Pause(target);
        wait_until_stopped(pid);
        pause
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGCONT);
    }
}

fn wait_until_stopped(pid: u32) {
    wait_for("a process to stand still", LIMIT, || {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("its threads");
        threads
            .flatten()
            .all(|thread| {
                let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
                // pid (name) state …, and the name may hold anything.
                let state = stat.rfind(')').map(|end| &stat[end + 1..]);
                state.is_none_or(|state| state.trim_start().starts_with('T'))
            })
            .then_some(())
    });
}

/// A copy of everything in the folder of a browser that runs, links as they are: what a
/// disk has of it when the power fails.
pub fn as_after_a_power_cut(pid: u32, folder: &Path, copy: &Path) {
    // Else a file that the browser removes meanwhile cannot be copied.
    let _pause = Pause::of_browser(pid);
    copy_as_it_is(folder, copy);
}

/// As above, of a browser that is closed.
pub fn copy_as_it_is(folder: &Path, copy: &Path) {
    let status = Command::new("cp").arg("-a").args([folder, copy]).status();
    assert!(status.expect("cp").success());
}
