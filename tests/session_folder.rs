//! Session files are worked on in the folder that was found, whatever its path leads to
//! later, and replaced in an order that survives a power cut.

#![cfg(unix)]

mod world;

use std::fs;
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
#[cfg(target_os = "linux")]
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
#[cfg(target_os = "linux")]
use world::sessions;
use world::{Run, World, stores};

const PROFILE: &str = ".mozilla/firefox/p";
/// A site that has cookies in sessions only, so that no database is written.
const SITE: &str = "only.example";
const SESSION: &str = r#"{"title":"a page","cookies":[{"host":"only.example","name":"a"},{"host":"example.com","name":"b"}]}"#;
const CLEANED: &str = r#"{"title":"a page","cookies":[{"host":"example.com","name":"b"}]}"#;

/// A profile with this session file.
fn world_with(name: &str) -> (World, PathBuf) {
    let world = World::new();
    stores::firefox(&world.path(&format!("{PROFILE}/cookies.sqlite")), 17);
    let path = world.write(&format!("{PROFILE}/{name}"), SESSION);
    world.age();
    (world, path)
}

/// What there is to know of a file.
fn state_of(path: &Path) -> (Vec<u8>, u64, u32, u32) {
    let metadata = path.metadata().unwrap();
    let content = fs::read(path).unwrap();
    (content, metadata.ino(), metadata.mode(), metadata.uid())
}

fn names_in(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.collect()
}

/// Runs a deletion that asks, and does something before the answer, which is yes.
fn asked(world: &World, meanwhile: impl FnOnce()) -> Run {
    let mut command = world.command_at_home(&[SITE, "--ask"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = world::spawn(&mut command);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = Vec::new();
    while !said.ends_with(b"[y/N] ") {
        let mut byte = [0];
        stderr.read_exact(&mut byte).expect("the question");
        said.push(byte[0]);
    }
    meanwhile();
    child.stdin.take().unwrap().write_all(b"y\n").unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: rest,
    }
}

#[test]
fn a_folder_that_became_a_link_is_not_followed() {
    for (swapped, file) in [
        (
            format!("{PROFILE}/sessionstore-backups"),
            "sessionstore-backups/recovery.js",
        ),
        (PROFILE.to_owned(), "sessionstore.js"),
    ] {
        let (world, path) = world_with(file);
        let theirs = world.root().join("theirs");
        fs::create_dir(&theirs).unwrap();
        let victim = theirs.join(path.file_name().unwrap());
        fs::write(&victim, SESSION).unwrap();
        if nix::unistd::geteuid().is_root() {
            chown(&victim, Some(12345), Some(12345)).unwrap();
        }
        fs::set_permissions(&victim, fs::Permissions::from_mode(0o4755)).unwrap();
        let before = state_of(&victim);
        let folder = world.path(&swapped);
        let moved = world.root().join("moved");
        let run = asked(&world, || {
            fs::rename(&folder, &moved).unwrap();
            symlink(&theirs, &folder).unwrap();
        });
        assert_eq!(run.code, 1, "{run:#?}");
        assert!(
            run.stderr.contains("a link has taken its place"),
            "{run:#?}"
        );
        assert!(state_of(&victim) == before, "{swapped}");
        let mut names = names_in(&theirs);
        names.retain(|name| !name.contains("parentlock"));
        assert_eq!(names, [victim.file_name().unwrap().to_str().unwrap()]);
        let kept = moved.join(path.file_name().unwrap());
        assert_eq!(fs::read_to_string(kept).unwrap(), SESSION);
    }
}

#[test]
fn a_file_that_became_a_link_is_not_followed() {
    let (world, path) = world_with("sessionstore.js");
    let victim = world.root().join("theirs.js");
    fs::write(&victim, SESSION).unwrap();
    let before = state_of(&victim);
    let run = asked(&world, || {
        fs::remove_file(&path).unwrap();
        symlink(&victim, &path).unwrap();
    });
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(
        run.stderr.contains("a link has taken its place"),
        "{run:#?}"
    );
    assert!(state_of(&victim) == before);
    assert!(path.is_symlink());
}

#[test]
fn a_new_file_has_no_right_to_run_as_its_owner() {
    let (world, path) = world_with("sessionstore.js");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o6755)).unwrap();
    world.run(&[SITE]).expect(0);
    assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o755);
    assert_eq!(fs::read_to_string(&path).unwrap(), CLEANED);
}

#[test]
fn only_files_of_ours_count_as_left_by_a_killed_run() {
    let (world, path) = world_with("sessionstore.js");
    let folder = path.parent().unwrap();
    let name = |n: u32| folder.join(format!(".cookieclean-1-{n}.tmp"));
    fs::write(name(1), "left").unwrap();
    fs::create_dir(name(2)).unwrap();
    symlink(&path, name(3)).unwrap();
    let is_root = nix::unistd::geteuid().is_root();
    fs::write(name(4), "a stranger's").unwrap();
    if is_root {
        chown(name(4), Some(12345), Some(12345)).unwrap();
    }
    world.run(&[SITE]).expect(0);
    let left = [1, 2, 3, 4].map(|n| name(n).symlink_metadata().is_ok());
    assert_eq!(left, [false, true, true, is_root]);
}

#[cfg(target_os = "linux")]
mod traced {
    use super::*;

    /// A command, not yet run, below strace with these arguments. The process that is
    /// started is the command itself.
    fn traced(world: &World, test: &str, strace: &[&str], inner: &Command) -> Option<Command> {
        let has_strace = Command::new("strace")
            .arg("-V")
            .stdout(Stdio::null())
            .status();
        if !has_strace.is_ok_and(|status| status.success()) {
            world::skipped(test, "needs strace");
            return None;
        }
        let mut command = Command::new("strace");
        command
            .args(["-D", "-f", "-q", "-o"])
            .arg(world.root().join("trace"))
            .args(strace)
            .arg(inner.get_program())
            .args(inner.get_args())
            .env("COOKIECLEAN_STATE_DIR", world.state())
            .env("COOKIECLEAN_THREADS", "1")
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Some(command)
    }

    /// Waits for the new file beside the old one, of this length.
    fn new_file(child: &mut Child, folder: &Path, length: usize) -> PathBuf {
        loop {
            assert!(child.try_wait().unwrap().is_none(), "it ended");
            let entries = fs::read_dir(folder).unwrap().flatten();
            let mut paths = entries.map(|entry| entry.path());
            let new = paths.find(|path| path.to_string_lossy().contains(".cookieclean-"));
            if let Some(new) = new
                && new.metadata().is_ok_and(|new| new.len() == length as u64)
            {
                return new;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn send(child: &Child, signal: Signal) {
        let _ = kill(Pid::from_raw(child.id().cast_signed()), signal);
    }

    #[test]
    fn what_the_disk_has_is_compared_before_it_is_in_place() {
        let (world, path) = world_with("sessionstore.js");
        let Some(mut command) = traced(
            &world,
            "what_the_disk_has_is_compared_before_it_is_in_place",
            // It stops when it has written the new file.
            &["-e", "inject=fsync:signal=SIGSTOP:when=1"],
            &world.command_at_home(&[SITE, "--no-undo"]),
        ) else {
            return;
        };
        let before = state_of(&path);
        let mut child = world::spawn(&mut command);
        let new = new_file(&mut child, path.parent().unwrap(), CLEANED.len());
        // As many cookies as before, and another page.
        let wrong = CLEANED.replace("a page", "a cage");
        fs::OpenOptions::new()
            .write(true)
            .open(&new)
            .and_then(|mut file| file.write_all(wrong.as_bytes()))
            .unwrap();
        while child.try_wait().unwrap().is_none() {
            send(&child, Signal::SIGCONT);
            thread::sleep(Duration::from_millis(50));
        }
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("checking the result failed"), "{stderr}");
        assert!(state_of(&path) == before);
        assert!(!new.exists());
    }

    #[test]
    fn a_new_file_is_synced_before_and_its_folder_after() {
        let (world, path) = world_with("sessionstore.js");
        for arguments in [&[SITE][..], &["undo"]] {
            let inner = match arguments {
                ["undo"] => world.command(arguments),
                _ => world.command_at_home(arguments),
            };
            let Some(command) = traced(
                &world,
                "a_new_file_is_synced_before_and_its_folder_after",
                &[
                    "-y",
                    "-e",
                    "trace=fsync,fdatasync,rename,renameat,renameat2",
                ],
                &inner,
            ) else {
                return;
            };
            Run::of(command).expect(0);
            // The tracer ends a moment later.
            let deadline = Instant::now() + Duration::from_secs(60);
            let trace = loop {
                let trace = fs::read_to_string(world.root().join("trace")).unwrap();
                if trace.contains("+++ exited") || Instant::now() > deadline {
                    break trace;
                }
                thread::sleep(Duration::from_millis(50));
            };
            let lines: Vec<_> = trace.lines().collect();
            let rename = lines
                .iter()
                .position(|line| line.contains("rename") && line.contains("\"sessionstore.js\""))
                .expect(&trace);
            let folder = format!("<{}>)", path.parent().unwrap().display());
            let is_sync = |line: &&str, of: &str| line.contains("sync(") && line.contains(of);
            let new = lines[..rename]
                .iter()
                .filter(|line| is_sync(line, ".cookieclean-"));
            assert_eq!(new.count(), 1, "{arguments:?} {trace}");
            let names = lines[rename..].iter().filter(|line| is_sync(line, &folder));
            assert_eq!(names.count(), 1, "{arguments:?} {trace}");
        }
        assert_eq!(sessions::text(&path), SESSION);
    }
}

#[test]
fn a_second_interruption_ends_it_at_once() {
    let (world, path) = world_with("sessionstore.js");
    // A second's work at least.
    let long = SESSION.replace(":[", &format!(":[{}", "{},".repeat(4_000_000)));
    fs::write(&path, &long).unwrap();
    let temporary = world.root().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let lock = path.with_file_name(".parentlock");
    assert!(!lock.exists());
    let mut command = world.command_at_home(&[SITE]);
    command
        .env("TMPDIR", &temporary)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = world::spawn(&mut command);
    // It has begun with the deletion.
    while !lock.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        thread::sleep(Duration::from_millis(1));
    }
    let status = loop {
        // Two of them at the same moment are one.
        let _ = kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT);
        thread::sleep(Duration::from_millis(5));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.code(), Some(130));
    let now = fs::read_to_string(&path).unwrap();
    assert!(now == long, "the store at hand was finished");
    assert_eq!(names_in(&temporary), [] as [&str; 0]);
    // Nothing that was left is in the way.
    fs::write(&path, SESSION).unwrap();
    world.run(&[SITE]).expect(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), CLEANED);
    let names = names_in(path.parent().unwrap());
    assert!(names.iter().all(|name| !name.starts_with(".cookieclean-")));
}
