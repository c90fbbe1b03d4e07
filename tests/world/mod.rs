//! A small world for a test: a home folder with profiles, a state folder, and the
//! command to run in it. Every test has its own; nothing of this machine is seen.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod holder;
#[cfg(target_os = "linux")]
pub mod screen;
pub mod sessions;
pub mod stores;
#[cfg(windows)]
pub mod windows_browser;

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

/// Where the browsers of the tests have their files: on Linux, by which the tests name
/// them on every system, and on Windows.
const PLACES: [(&str, &str); 5] = [
    (
        ".config/google-chrome",
        "AppData/Local/Google/Chrome/User Data",
    ),
    (".config/chromium", "AppData/Local/Chromium/User Data"),
    (
        ".config/microsoft-edge",
        "AppData/Local/Microsoft/Edge/User Data",
    ),
    (
        ".config/opera",
        "AppData/Roaming/Opera Software/Opera Stable",
    ),
    (".mozilla/firefox", "AppData/Roaming/Mozilla/Firefox"),
];

/// The folders of a test, which go when it ends.
pub struct World {
    folder: TempDir,
    /// Its home folder is laid out, and searched, as Windows has it.
    is_of_windows: bool,
}

/// What a run of the command gave.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl World {
    /// An empty home folder.
    pub fn new() -> Self {
        Self::laid_out(cfg!(windows))
    }

    /// One of Linux, whatever system this is.
    pub fn of_linux() -> Self {
        Self::laid_out(false)
    }

    fn laid_out(is_of_windows: bool) -> Self {
        #[cfg(windows)]
        make_desktop();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let world = Self {
            folder,
            is_of_windows,
        };
        fs::create_dir(world.home()).unwrap();
        world
    }

    /// A copy of the sample home folder, whose stores real browsers wrote.
    pub fn of_fixtures() -> Self {
        Self::new().with_fixtures()
    }

    pub fn with_fixtures(self) -> Self {
        let world = self;
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/home");
        for (place, _) in PLACES {
            let from = sample.join(place);
            if from.is_dir() {
                copy_tree(&from, &world.path(place));
            }
        }
        world.age();
        world
    }

    /// With cookies none of which expires within anybody's lifetime.
    pub fn lasting(self) -> Self {
        for (path, content) in self.files() {
            let updates = [
                // 2099-06-15, in microseconds since 1601.
                "UPDATE cookies SET expires_utc = 15729724800000000 WHERE expires_utc > 0",
                "UPDATE moz_cookies SET expiry = 4085251200000 WHERE expiry > 100000000000",
                "UPDATE moz_cookies SET expiry = 4085251200 WHERE expiry < 100000000000",
            ];
            if content.starts_with(b"SQLite format 3") {
                let db = rusqlite::Connection::open(&path).unwrap();
                for update in updates {
                    // Each fits one family.
                    let _ = db.execute(update, ());
                }
            }
        }
        self.age();
        self
    }

    /// The home folder, as the command names it in its reports.
    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    pub fn state(&self) -> PathBuf {
        self.root().join("state")
    }

    pub fn root(&self) -> PathBuf {
        dunce::canonicalize(self.folder.path()).unwrap()
    }

    /// Something below the home folder, by its place on Linux; in one of Windows it is
    /// where Windows has it.
    pub fn path(&self, below_home: &str) -> PathBuf {
        let below_home = match self.is_of_windows {
            true => as_windows_has_it(below_home),
            false => below_home.to_owned(),
        };
        let parts = below_home.split('/');
        parts.fold(self.home(), |path, part| path.join(part))
    }

    /// Writes a file below the home folder, with the folders above it.
    pub fn write(&self, below_home: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(below_home);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Makes every file below the home folder an hour old, as those of a browser that
    /// was closed a while ago: what was just written is read with more care.
    pub fn age(&self) {
        let then = SystemTime::now() - Duration::from_secs(3600);
        for path in self.files().keys() {
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            file.set_modified(then).unwrap();
        }
    }

    /// The command, not yet run, with nothing of this machine in its environment
    /// that it would heed.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cookieclean"));
        command
            .args(arguments)
            .env("COOKIECLEAN_STATE_DIR", self.state())
            .env("TZ", "UTC")
            .env("COOKIECLEAN_LANG", "en")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("CHROME_CONFIG_HOME")
            .env_remove("COOKIECLEAN_THREADS")
            // Where checks run, a terminal is taken to show colours.
            .env_remove("CI")
            // Nobody's keyring is asked.
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            .stdin(Stdio::null());
        command
    }

    /// Runs the command with these arguments and no more.
    pub fn run_bare(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments))
    }

    /// The command on the home folder of this world, not yet run.
    pub fn command_at_home(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.arg("--home").arg(self.home());
        if !self.is_of_windows {
            command.args(["--layout", "linux"]);
        }
        command
    }

    /// Runs the command on the home folder of this world.
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command_at_home(arguments))
    }

    /// Runs it with `--json`, and gives its document; its errors must not have gone
    /// to standard output.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let run = self.run(&arguments);
        (run.code, run.json())
    }

    /// Every file below the home folder: its bytes by its path.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.home(), &mut files);
        files
    }
}

impl Run {
    pub fn of(mut command: Command) -> Self {
        let output = patiently(|| command.output());
        Self {
            code: output.status.code().expect("it was not killed"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e} in {:?}, {:?}", self.stdout, self.stderr))
    }

    /// Fails the test unless the run ended with this status.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

fn as_windows_has_it(below_home: &str) -> String {
    let windows = PLACES.iter().find_map(|(linux, windows)| {
        let rest = below_home.strip_prefix(linux)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{windows}{rest}"))
    });
    windows.unwrap_or_else(|| below_home.to_owned())
}

/// Wine makes the desktop when it is first asked about windows, by a program that keeps
/// the pipes of whoever asked: the command's would never end.
#[cfg(windows)]
fn make_desktop() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: it takes nothing.
        let _ = unsafe { windows::Win32::UI::WindowsAndMessaging::GetDesktopWindow() };
    });
}

/// Says loudly that a test is not done here; in CI that is a failure. Gives false.
pub fn skipped(test: &str, why: &str) -> bool {
    assert!(std::env::var_os("CI").is_none(), "{test}: {why}");
    // Not by a macro, whose output the test runner keeps to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
    false
}

/// Starts a program.
pub fn spawn(command: &mut Command) -> Child {
    patiently(|| command.spawn())
}

fn patiently<T>(mut start: impl FnMut() -> std::io::Result<T>) -> T {
    let mut tries = 20;
    loop {
        tries -= 1;
        match start() {
            Err(e) if tries > 0 && is_passing(&e) => {}
            other => break other.expect("the command starts"),
        }
    }
}

/// Whether a program that did not start will the next time. On Unix a copy of it may
/// still be open for writing, in another thread's child that is about to become
/// another program; Wine now and then has an internal error of its own.
fn is_passing(error: &std::io::Error) -> bool {
    const ERROR_INTERNAL_ERROR: i32 = 1359;
    error.kind() == ErrorKind::ExecutableFileBusy
        || (cfg!(windows) && error.raw_os_error() == Some(ERROR_INTERNAL_ERROR))
}

/// The file by which Firefox locks a profile.
pub const FIREFOX_LOCK: &str = if cfg!(windows) {
    "parent.lock"
} else {
    ".parentlock"
};

/// Locks a file as Firefox does, until this file is closed: on Windows it is shared with
/// nobody.
#[cfg(windows)]
pub fn take_lock(path: &Path) -> fs::File {
    use std::os::windows::fs::OpenOptionsExt;
    fs::File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .share_mode(0)
        .open(path)
        .expect("the lock")
}

/// Takes a record lock on a file, as the browsers do, until this file is closed, or
/// any other descriptor of it in this process: do not look at it meanwhile.
#[cfg(unix)]
pub fn take_lock(path: &Path) -> fs::File {
    use nix::fcntl::{FcntlArg, fcntl};
    let file = fs::File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .expect("a file to lock");
    fcntl(&file, FcntlArg::F_SETLK(&whole_file())).expect("the lock");
    file
}

/// A write lock on a whole file.
#[cfg(unix)]
pub fn whole_file() -> nix::libc::flock {
    use nix::libc;
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

/// `host name` of each cookie of a listing, sorted.
pub fn names(listing: &Value) -> Vec<String> {
    let mut names: Vec<_> = listing["cookies"]
        .as_array()
        .expect("cookies")
        .iter()
        .map(|cookie| {
            format!(
                "{} {}",
                cookie["host"].as_str().unwrap(),
                cookie["name"].as_str().unwrap()
            )
        })
        .collect();
    names.sort();
    names
}

pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&path, files);
        } else if kind.is_file() {
            files.insert(path.clone(), fs::read(path).unwrap());
        }
    }
}
