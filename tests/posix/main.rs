//! What POSIX does in its own way: links, permissions, locks, full disks and signals.

#![cfg(unix)]

#[path = "../world/mod.rs"]
mod world;

mod firefox_lock;
mod interrupted;
mod links;
mod permissions;
mod pipes;
mod resources;
mod singleton;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use world::{Run, World, stores, take_lock};

const CHROME: &str = ".config/google-chrome";

const FIREFOX: &str = ".mozilla/firefox/p";

fn chrome_profile(world: &World, name: &str) -> PathBuf {
    let store = world.path(&format!("{CHROME}/{name}/Cookies"));
    stores::chromium(&store, 24);
    world.write(&format!("{CHROME}/{name}/Preferences"), "{}");
    store
}

fn firefox_profile(world: &World) -> PathBuf {
    let store = world.path(&format!("{FIREFOX}/cookies.sqlite"));
    stores::firefox(&store, 17);
    store
}

/// As this process would see it if it had no power over other users' files.
fn as_nobody(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(arguments);
    command
        .args(["--layout", "linux", "--home"])
        .arg(world.home());
    if !nix::unistd::geteuid().is_root() {
        return Run::of(command);
    }
    // The program's own folder may be closed to others.
    let program = world.root().join("cookieclean");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_cookieclean"), &program).unwrap();
    }
    give_to_nobody(&world.root());
    let mut other = Command::new(&program);
    other.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other.uid(65534).gid(65534).env("HOME", world.home());
    Run::of(other)
}

fn give_to_nobody(path: &Path) {
    std::os::unix::fs::lchown(path, Some(65534), Some(65534)).unwrap();
    if path.symlink_metadata().unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap().flatten() {
            give_to_nobody(&entry.path());
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Not a test of its own: the test below runs it in another process.
#[test]
fn helper_that_holds_a_lock_for_a_while() {
    let Some(path) = std::env::var_os("HOLD_THIS_LOCK") else {
        return;
    };
    let held = take_lock(Path::new(&path));
    println!("held");
    std::thread::sleep(Duration::from_millis(1200));
    drop(held);
}

/// A program of this name, which runs until it is dropped.
struct Program(std::process::Child);

impl Program {
    fn called(world: &World, name: &str) -> Self {
        Self::that_reads(world, name, Path::new("/dev/null"))
    }

    /// One that has this file open, as a child of a browser has it.
    fn that_reads(world: &World, name: &str, file: &Path) -> Self {
        let program = world.root().join(name);
        fs::copy("/bin/sh", &program).unwrap();
        let mut tries = 0;
        loop {
            let input = Stdio::from(File::open(file).unwrap());
            let arguments = ["-c", "while :; do sleep 1; done", name, "--type=utility"];
            match Command::new(&program).args(arguments).stdin(input).spawn() {
                // Another thread's child may still have it open for writing.
                Err(e) if e.kind() == std::io::ErrorKind::ExecutableFileBusy && tries < 50 => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(20));
                }
                other => return Self(other.unwrap()),
            }
        }
    }

    fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes a link as old as if it stood there since before this test began.
fn age_link(link: &Path) {
    let then = nix::sys::time::TimeVal::new(1_700_000_000, 0);
    nix::sys::stat::lutimes(link, &then, &then).unwrap();
}

/// The number of a process that has ended.
fn dead_pid() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}
