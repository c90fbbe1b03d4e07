//! A small home folder and a state folder at fixed places, made once and put back
//! before each run, and runs of the command in them.

use std::fs::{self, File, FileTimes};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::calls::Fault;
use crate::contents::{CHROME, Contents, FIREFOX, contents, with_suffix};
use crate::world::{copy_tree, stores};

/// The site that is deleted, and another one.
pub const SITE: &str = "openai.com";
pub const OTHER_SITE: &str = "example.com";

/// A run that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    Delete,
    /// Without copies for undo.
    DeleteForGood,
    Undo,
    Forget,
    /// Any command destroys copies that are too old; there are younger ones too.
    Expire,
    List,
    Sites,
    Profiles,
    /// What there is beside cookies, too.
    SiteData,
    SiteDataForGood,
    SiteDataUndo,
}

impl Scenario {
    pub const ALL: [Self; 8] = [
        Self::Delete,
        Self::DeleteForGood,
        Self::Undo,
        Self::Forget,
        Self::Expire,
        Self::List,
        Self::Sites,
        Self::Profiles,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::DeleteForGood => "delete--no-undo",
            Self::Undo => "undo",
            Self::Forget => "forget",
            Self::Expire => "expire",
            Self::List => "list",
            Self::Sites => "sites",
            Self::Profiles => "profiles",
            Self::SiteData => "site-data",
            Self::SiteDataForGood => "site-data--no-undo",
            Self::SiteDataUndo => "site-data-undo",
        }
    }

    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Delete => &[SITE],
            Self::DeleteForGood => &[SITE, "--no-undo"],
            Self::Undo | Self::SiteDataUndo => &["undo"],
            Self::Forget => &["undo", "--forget"],
            Self::Expire => &["undo", "--list"],
            Self::List => &["list", SITE],
            Self::Sites => &["sites"],
            Self::Profiles => &["profiles"],
            Self::SiteData => &[SITE, "--site-data", "--yes"],
            Self::SiteDataForGood => &[SITE, "--site-data", "--yes", "--no-undo"],
        }
    }

    /// The deletion that it is about.
    fn deletion(self) -> &'static [&'static str] {
        match self {
            Self::SiteData | Self::SiteDataForGood | Self::SiteDataUndo => {
                Self::SiteData.arguments()
            }
            _ => &[SITE],
        }
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// None when a signal ended it.
    pub code: Option<i32>,
    pub hung: bool,
    pub stdout: String,
    pub stderr: String,
    /// What strace wrote down: of an injected run the calls of that name.
    pub log: String,
}

impl Outcome {
    /// The calls at which something was injected.
    pub fn injected(&self) -> Vec<String> {
        let is_it = |line: &&str| line.contains("(INJECTED)") || line.contains("killed by SIGKILL");
        let lines = self.log.lines().filter(is_it);
        let mut calls: Vec<String> = lines.map(|line| self.whole_call(line)).collect();
        // The call at which it was killed has no result.
        if calls.iter().any(|line| line.contains("killed by")) {
            let fatal = self.log.lines().rfind(|line| line.ends_with("= ?"));
            calls = vec![fatal.map_or_else(|| "killed".to_owned(), |line| self.whole_call(line))];
        }
        calls
    }

    /// A call with its arguments, which stand in an earlier line of the trace where
    /// another thread came between.
    fn whole_call(&self, line: &str) -> String {
        let Some((head, rest)) = line.split_once("<... ") else {
            return line.to_owned();
        };
        let Some((name, rest)) = rest.split_once(" resumed>") else {
            return line.to_owned();
        };
        let begun = |earlier: &&str| {
            let mut words = earlier.split_whitespace();
            words.next() == head.split_whitespace().next()
                && words
                    .next()
                    .is_some_and(|call| call.starts_with(&format!("{name}(")))
                && earlier.ends_with("<unfinished ...>")
        };
        let before = self.log.split(line).next().unwrap_or_default();
        match before.lines().rfind(begun) {
            Some(earlier) => earlier.replace("<unfinished ...>", "") + rest,
            None => line.to_owned(),
        }
    }

    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.stdout).ok()
    }
}

pub struct Scene {
    root: PathBuf,
    pub scenario: Scenario,
    /// What the stores held at first, and without the site.
    pub there: Contents,
    pub gone: Contents,
    /// What a run without a fault prints.
    pub printed: String,
    _folder: TempDir,
}

impl Scene {
    pub fn new(scenario: Scenario) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = match tempfile::tempdir_in(memory) {
            Ok(folder) => folder,
            Err(_) => tempfile::tempdir().unwrap(),
        };
        let root = folder.path().to_owned();
        for name in ["home", "state", "tmp", "scratch", "saved"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let mut scene = Self {
            root,
            scenario,
            there: Vec::new(),
            gone: Vec::new(),
            printed: String::new(),
            _folder: folder,
        };
        scene.make_home();
        scene.there = scene.contents();
        scene.save();
        scene.succeed(scenario.deletion());
        scene.gone = scene.contents();
        match scenario {
            Scenario::Undo | Scenario::Forget | Scenario::SiteDataUndo => scene.save(),
            Scenario::Expire => {
                let first = scene.copies_of_the_only_deletion();
                scene.succeed(&[OTHER_SITE]);
                scene.make_copies_old(&first);
                scene.there = scene.gone.clone();
                scene.gone = scene.contents();
                scene.save();
            }
            _ => scene.reset(),
        }
        scene.printed = scene.run(scenario.arguments()).stdout;
        scene.reset();
        scene
    }

    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How home and state are before the run.
    pub fn saved(&self, name: &str) -> PathBuf {
        self.root.join("saved").join(name)
    }

    pub fn contents(&self) -> Contents {
        contents(&self.home(), &self.root.join("scratch"))
    }

    fn make_home(&self) {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/home");
        let home = self.home();
        for place in [CHROME, FIREFOX] {
            copy_tree(&sample.join(place), &home.join(place));
        }
        for file in [
            ".config/google-chrome/Local State",
            ".mozilla/firefox/profiles.ini",
        ] {
            fs::copy(sample.join(file), home.join(file)).unwrap();
        }

        let db = Connection::open(home.join(CHROME).join("Device Bound Sessions")).unwrap();
        // As Chromium 156 makes it.
        db.execute_batch(
            "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
             INSERT INTO meta
                 VALUES ('mmap_status', '-1'), ('version', '3'), ('last_compatible_version', '3');
             CREATE TABLE dbsc_session_tbl ( key TEXT, proto BLOB, PRIMARY KEY(key));
             INSERT INTO dbsc_session_tbl VALUES
                 ('https://openai.com', 'fake-openai'), ('https://example.com', 'fake-example');",
        )
        .unwrap();
        db.close().unwrap();

        // Rows that stand in the WAL only, of this site and of another.
        let scratch = self.root.join("scratch").join("cookies.sqlite");
        let store = home.join(FIREFOX).join("cookies.sqlite");
        fs::copy(&store, &scratch).unwrap();
        let db = Connection::open(&scratch).unwrap();
        db.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        for (i, host) in [".openai.com", "chat.openai.com", "example.com"]
            .iter()
            .enumerate()
        {
            stores::firefox_row(&db, 17, 1000 + i, host, "only-in-the-wal", "");
        }
        for suffix in ["", "-wal"] {
            fs::copy(with_suffix(&scratch, suffix), with_suffix(&store, suffix)).unwrap();
        }
        drop(db);

        let session = home.join(FIREFOX).join("sessionstore.jsonlz4");
        let backups = home.join(FIREFOX).join("sessionstore-backups");
        fs::create_dir(&backups).unwrap();
        fs::copy(session, backups.join("previous.jsonlz4")).unwrap();
        make_older(&home, Duration::from_secs(3600));
    }

    fn copies_of_the_only_deletion(&self) -> PathBuf {
        let mut folders = fs::read_dir(self.state().join("undo")).unwrap();
        folders.next().unwrap().unwrap().path()
    }

    /// Makes copies for undo too old to be kept.
    fn make_copies_old(&self, folder: &Path) {
        let eight_days = Duration::from_secs(8 * 24 * 3600);
        let then = jiff::Timestamp::now() - eight_days;
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let (header, rows) = text.split_once('\n').unwrap();
            let mut header: Value = serde_json::from_str(header).unwrap();
            header["created"] = then.to_string().into();
            fs::write(&path, format!("{header}\n{rows}")).unwrap();
        }
        let id = then.strftime("%Y%m%d-%H%M%S").to_string();
        let renamed = folder.with_file_name(id);
        fs::rename(folder, &renamed).unwrap();
        make_older(&renamed, eight_days);
    }

    fn save(&self) {
        for name in ["home", "state"] {
            let saved = self.saved(name);
            let _ = fs::remove_dir_all(&saved);
            copy(&self.root.join(name), &saved).unwrap();
        }
    }

    /// Puts everything back as it is before the run.
    pub fn reset(&self) {
        for name in ["home", "state"] {
            let folder = self.root.join(name);
            fs::remove_dir_all(&folder).unwrap();
            copy(&self.saved(name), &folder).unwrap();
        }
        fs::remove_dir_all(self.tmp()).unwrap();
        fs::create_dir(self.tmp()).unwrap();
    }

    fn succeed(&self, arguments: &[&str]) {
        let run = self.run(arguments);
        assert_eq!(run.code, Some(0), "{run:#?}");
    }

    /// The command, with `--json`, with nothing of this machine in its environment.
    pub fn command(&self, arguments: &[&str]) -> Vec<String> {
        let mut command = vec![env!("CARGO_BIN_EXE_cookieclean").to_owned()];
        command.extend(arguments.iter().map(|&a| a.to_owned()));
        command.push("--json".into());
        if arguments.first() != Some(&"undo") {
            let home = self.home().to_string_lossy().into_owned();
            command.extend(["--layout".into(), "linux".into(), "--home".into(), home]);
        }
        command
    }

    /// Runs the command as it is.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_in_namespace(&[], &self.command(arguments))
    }

    /// Runs the command of the scenario with a fault at the `n`-th call of a name.
    pub fn inject(&self, call: &str, fault: Fault, n: u32) -> Outcome {
        let trace = format!("trace={call}");
        let inject = format!("inject={}", fault.injection(call, n));
        let mut options = vec!["-e", &trace, "-e", &inject];
        // It makes tracing fast, but takes no notice of signals that are to be injected.
        if fault != Fault::Kill {
            options.push("--seccomp-bpf");
        }
        self.trace(&options)
    }

    /// Runs the command of the scenario under strace.
    pub fn trace(&self, options: &[&str]) -> Outcome {
        let log = self.root.join("log");
        let _ = fs::remove_file(&log);
        let mut wrapper = vec!["strace", "-f", "-q", "-y", "-o", log.to_str().unwrap()];
        wrapper.extend(options);
        let mut outcome = self.run_in_namespace(&wrapper, &self.command(self.scenario.arguments()));
        outcome.log = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
        outcome
    }

    /// Runs a command that sees no processes but its own: those of this machine would
    /// make the number of calls differ from run to run.
    pub fn run_in_namespace(&self, wrapper: &[&str], command: &[String]) -> Outcome {
        let output = |name: &str| File::create(self.root.join(name)).unwrap();
        let mut unshare = namespace();
        unshare
            .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(wrapper)
            .args(command)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("TMPDIR", self.tmp())
            .env("TZ", "UTC")
            .env("COOKIECLEAN_STATE_DIR", self.state())
            .env("COOKIECLEAN_THREADS", "1")
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            .stdin(Stdio::null())
            .stdout(output("stdout"))
            .stderr(output("stderr"))
            .process_group(0);
        let mut child = unshare.spawn().expect("unshare starts");
        let since = Instant::now();
        let mut hung = false;
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if since.elapsed() > PATIENCE && !hung => {
                    hung = true;
                    let group = nix::unistd::Pid::from_raw(child.id().cast_signed());
                    let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
                }
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        let text = |name: &str| {
            String::from_utf8_lossy(&fs::read(self.root.join(name)).unwrap()).into_owned()
        };
        Outcome {
            // A signal that ended the command, a shell would say as 128 and its number.
            code: status.code().filter(|code| *code <= 128),
            hung,
            stdout: text("stdout"),
            stderr: text("stderr"),
            log: String::new(),
        }
    }
}

/// `unshare`, with the rights that it needs.
pub fn namespace() -> Command {
    let mut command = Command::new("unshare");
    if !nix::unistd::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command
}

/// Whether runs can be traced here, with a view of their own on processes and disks.
pub fn can_trace() -> Result<(), String> {
    let works = |command: &mut Command| {
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !works(Command::new("strace").arg("--version")) {
        return Err("there is no strace".into());
    }
    let namespaces = ["--pid", "--mount", "--fork", "--mount-proc"];
    let mut strace = namespace();
    strace
        .args(namespaces)
        .args(["strace", "-f", "-o", "/dev/null", "true"]);
    match works(&mut strace) {
        true => Ok(()),
        false => Err("no namespaces can be made, or nothing traced in one".into()),
    }
}

/// Copies a folder with modes and times.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = from.symlink_metadata()?;
    if metadata.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if metadata.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else {
        fs::copy(from, to)?;
    }
    fs::set_permissions(to, fs::Permissions::from_mode(metadata.mode() & 0o7777))?;
    set_modified(to, metadata.modified()?)
}

fn make_older(path: &Path, age: Duration) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            make_older(&entry.unwrap().path(), age);
        }
    }
    set_modified(path, SystemTime::now() - age).unwrap();
}

fn set_modified(path: &Path, time: SystemTime) -> io::Result<()> {
    File::open(path)?.set_times(FileTimes::new().set_modified(time))
}
