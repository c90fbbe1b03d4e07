//! Runs the command, and reads what it says.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::browser::{Cookie, wait_for};
use crate::watch::LIMIT;
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

/// `cookieclean list openai.com --show-values` in these folders, with this environment
/// besides.
pub fn list_values(world: &World, folders: &[&Path], env: &[(&str, &str)]) -> Answer {
    let mut command = in_folders(world, &["list", "openai.com", "--show-values"], folders);
    command.envs(env.iter().copied());
    run(world, command)
}

/// The same for a person, at a terminal; what stands there then.
pub fn list_values_at_a_terminal(world: &World, folder: &Path, env: &[(&str, &str)]) -> String {
    let plain = in_folders(world, &["list", "openai.com", "--show-values"], &[folder]);
    let words = [plain.get_program()].into_iter().chain(plain.get_args());
    let words: Vec<_> = words
        .filter(|word| *word != "--json")
        .map(|word| format!("'{}'", word.to_str().expect("UTF-8").replace('\'', "'\\''")))
        .collect();
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command"]);
    script.arg(words.join(" ")).arg("/dev/null");
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    script.envs(env.iter().copied()).stdin(Stdio::null());
    Run::of(script).expect(0).stdout
}

/// `cookieclean openai.com` in these folders.
pub fn delete(world: &World, folders: &[&Path]) -> Answer {
    run(world, in_folders(world, &["openai.com"], folders))
}

/// `cookieclean list openai.com --site-data` in this folder.
pub fn list_site_data(world: &World, folder: &Path) -> Answer {
    let arguments = ["list", "openai.com", "--site-data"];
    run(world, in_folders(world, &arguments, &[folder]))
}

/// `cookieclean openai.com --site-data` in this folder.
pub fn delete_site_data(world: &World, folder: &Path) -> Answer {
    let arguments = ["openai.com", "--site-data", "--yes"];
    run(world, in_folders(world, &arguments, &[folder]))
}

/// `cookieclean undo`: of the newest deletion.
pub fn undo(world: &World) -> Answer {
    run(world, in_folders(world, &["undo"], &[]))
}

/// `cookieclean undo --forget`: of all deletions.
pub fn forget(world: &World) -> Answer {
    run(world, in_folders(world, &["undo", "--forget"], &[]))
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

/// A command that has been started, and whose words can be read as they come.
pub struct Running {
    child: Started,
    since: Instant,
    /// Of its own: several can run at once.
    folder: TempDir,
}

/// Starts a command in these folders.
pub fn begin(world: &World, arguments: &[&str], folders: &[&Path]) -> Running {
    begin_by(world, &[], arguments, folders)
}

/// The same by way of another command.
pub fn begin_by(
    world: &World,
    launcher: &[&str],
    arguments: &[&str],
    folders: &[&Path],
) -> Running {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("tmp")).expect("a temporary folder");
    let file = |name| File::create(folder.path().join(name)).expect("a file");
    let plain = in_folders(world, arguments, folders);
    let mut line: Vec<&OsStr> = launcher.iter().map(OsStr::new).collect();
    line.push(plain.get_program());
    line.extend(plain.get_args());
    let mut command = Command::new(line[0]);
    command.args(&line[1..]);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let child = command
        .env("TMPDIR", folder.path().join("tmp"))
        .stdin(Stdio::null())
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        .spawn()
        .expect("the command starts");
    Running {
        child: Started(child),
        since: Instant::now(),
        folder,
    }
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// What it has said so far on standard error.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("stderr")).expect("its words")
    }

    #[track_caller]
    pub fn wait_until_it_says(&mut self, words: &str) {
        wait_for(words, LIMIT, || {
            let ended = self.is_finished();
            let said = self.said();
            assert!(!ended || said.contains(words), "it ended with: {said}");
            said.contains(words).then_some(())
        });
    }

    pub fn is_finished(&mut self) -> bool {
        self.child.0.try_wait().expect("a look").is_some()
    }

    /// Waits for its end; gives also how long it ran.
    #[track_caller]
    pub fn end(mut self) -> (Answer, Duration) {
        let status = self.child.0.wait().expect("its end");
        let took = self.since.elapsed();
        let left = fs::read_dir(self.folder.path().join("tmp")).expect("a folder");
        assert_eq!(left.count(), 0, "a copy of cookies was left");
        let stdout = fs::read_to_string(self.folder.path().join("stdout")).expect("a document");
        let run = Run {
            code: status.code().expect("it was not killed"),
            stdout,
            stderr: self.said(),
        };
        let document = run.json();
        (Answer { run, document }, took)
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

    /// The status with which the run ended.
    pub fn code(&self) -> i32 {
        self.run.code
    }

    /// What it said on standard error.
    pub fn said(&self) -> &str {
        &self.run.stderr
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
                value: text(&row["value"]).unwrap_or_default(),
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
