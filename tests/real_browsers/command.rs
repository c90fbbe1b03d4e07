//! Runs the command, and reads what it says.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::browser::Cookie;
use crate::world::{Run, World};

/// What a run gave, and its JSON document.
#[derive(Debug)]
pub struct Answer {
    run: Run,
    document: Value,
}

/// `cookieclean list openai.com` in these folders.
pub fn list(world: &World, folders: &[&Path]) -> Answer {
    run(world, in_folders(world, &["list", "openai.com"], folders))
}

/// `cookieclean openai.com` in these folders.
pub fn delete(world: &World, folders: &[&Path]) -> Answer {
    run(world, in_folders(world, &["openai.com"], folders))
}

/// `cookieclean undo`: of the newest deletion.
pub fn undo(world: &World) -> Answer {
    run(world, in_folders(world, &["undo"], &[]))
}

/// `cookieclean profiles` in these folders.
pub fn profiles(world: &World, folders: &[&Path]) -> Answer {
    run(world, in_folders(world, &["profiles"], folders))
}

/// A command with these arguments in the home folder of the world.
pub fn in_home(world: &World, arguments: &[&str]) -> Answer {
    let mut command = prepared(world, arguments);
    command.arg("--home").arg(world.home());
    run(world, command)
}

/// A command that has been started, and is not waited for.
pub fn start(world: &World, arguments: &[&str], folder: &Path) -> Started {
    let child = in_folders(world, arguments, &[folder])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    Started(child)
}

/// Ended with the test, however that ends.
pub struct Started(pub Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn in_folders(world: &World, arguments: &[&str], folders: &[&Path]) -> Command {
    let mut command = prepared(world, arguments);
    for folder in folders {
        command.arg("--profile-dir").arg(folder);
    }
    command
}

fn prepared(world: &World, arguments: &[&str]) -> Command {
    let temp = world.root().join("tmp");
    fs::create_dir_all(&temp).expect("a temporary folder");
    let mut command = world.command(arguments);
    command
        .arg("--json")
        .env("HOME", world.home())
        .env("TMPDIR", temp);
    command
}

fn run(world: &World, command: Command) -> Answer {
    let run = Run::of(command);
    let left: Vec<_> = fs::read_dir(world.root().join("tmp"))
        .expect("the temporary folder")
        .collect();
    assert!(left.is_empty(), "a copy of cookies was left: {left:?}");
    assert!(!run.stdout.is_empty(), "no document; {}", run.stderr);
    Answer {
        document: run.json(),
        run,
    }
}

impl Answer {
    /// Fails the test unless the run ended with this status.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.run.code, code, "{self:#?}");
        self
    }

    /// The listed cookies of stores of this kind, without their values.
    pub fn cookies(&self, kind: &str) -> Vec<Cookie> {
        let text = |value: &Value| value.as_str().map(String::from);
        let rows = self.document["cookies"].as_array().expect("cookies");
        let mut cookies: Vec<Cookie> = rows
            .iter()
            .filter(|row| row["kind"] == kind)
            .map(|row| Cookie {
                host: text(&row["host"]).expect("a host"),
                name: text(&row["name"]).expect("a name"),
                path: text(&row["path"]).expect("a path"),
                value: String::new(),
                partition: text(&row["partition"]),
                container: text(&row["container"]),
                session: row["session"]
                    .as_bool()
                    .expect("whether it is a session cookie"),
            })
            .collect();
        cookies.sort();
        cookies
    }

    /// What is said about the store of this path.
    #[track_caller]
    pub fn store(&self, path: &Path) -> &Value {
        self.one_of("stores", "store", path)
    }

    /// What is said about the profile in this folder.
    #[track_caller]
    pub fn profile(&self, folder: &Path) -> &Value {
        self.one_of("profiles", "dir", folder)
    }

    /// A value of the document itself.
    pub fn value(&self, key: &str) -> &Value {
        &self.document[key]
    }

    #[track_caller]
    fn one_of(&self, list: &str, key: &str, path: &Path) -> &Value {
        let rows = self.document[list].as_array().expect("a list");
        rows.iter()
            .find(|row| row[key] == path.to_str().expect("UTF-8"))
            .unwrap_or_else(|| panic!("nothing about {} in {self:#?}", path.display()))
    }
}

/// The ids of the processes that a store or a profile is said to be in use by.
pub fn users(row: &Value) -> Vec<u64> {
    let users = row["in_use_by"].as_array().expect("a list of processes");
    users
        .iter()
        .map(|user| user["pid"].as_u64().expect("a process id"))
        .collect()
}

/// The same cookies as a listing has them.
pub fn without_values(cookies: &[Cookie]) -> Vec<Cookie> {
    let mut cookies = cookies.to_vec();
    for cookie in &mut cookies {
        cookie.value.clear();
    }
    cookies.sort();
    cookies
}
