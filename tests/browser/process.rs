//! A browser's processes: started in a home folder of their own, and none of
//! them left behind.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Kind, PATIENCE};

pub(super) struct Process {
    kind: Kind,
    child: Child,
    home: tempfile::TempDir,
}

impl Process {
    /// Starts the browser. The environment is empty but for what it needs: no
    /// session bus, no proxy, no home of the user, and no display but that in `env`.
    ///
    /// `launcher` is a command that starts it, for instance in namespaces of its own.
    pub(super) fn start(
        kind: Kind,
        launcher: &[&str],
        args: &[String],
        env: &[(&str, &str)],
    ) -> Process {
        let program = kind
            .program()
            .unwrap_or_else(|| panic!("{} is not installed", kind.name()));
        let home = tempfile::Builder::new()
            .prefix("browser-home-")
            .tempdir()
            .expect("a home folder for the browser");
        for folder in ["tmp", "run"] {
            // Sockets go here, and XDG_RUNTIME_DIR is refused unless private.
            fs::DirBuilder::new()
                .mode(0o700)
                .create(home.path().join(folder))
                .expect("a folder in the browser's home");
        }
        let output = File::create(home.path().join("output")).expect("a file for its output");
        let mut line: Vec<&OsStr> = launcher.iter().map(OsStr::new).collect();
        line.push(program.as_os_str());
        let child = Command::new(line[0])
            .args(&line[1..])
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .env("HOME", home.path())
            .env("TMPDIR", home.path().join("tmp"))
            .env("XDG_RUNTIME_DIR", home.path().join("run"))
            // With a display and without this they start a bus that outlives them.
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            .envs(env.iter().copied())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle of that file"))
            .stderr(output)
            // A Ctrl-C in the terminal or a signal to the group of the test is
            // not for the browser: Drop ends it.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        Process { kind, child, home }
    }

    /// The id of the process that was started. Not always the browser's: some
    /// packages start it from a shell script.
    pub(super) fn started_pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks `poll` until it has an answer; panics when the browser ends first
    /// or takes too long, with the end of what it printed.
    pub(super) fn wait_for<T>(&mut self, what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(answer) = poll() {
                return answer;
            }
            let name = self.kind.name();
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!(
                    "{name} ended ({status}) before {what}; it printed:\n{}",
                    self.output()
                );
            }
            assert!(
                start.elapsed() < PATIENCE,
                "gave up after {} s of waiting for {what} of {name}; it printed:\n{}",
                PATIENCE.as_secs(),
                self.output()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the browser and all of its children have ended by themselves;
    /// returns how the one that was started did.
    pub(super) fn wait_for_end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            let ended = self.child.try_wait().ok().flatten();
            let left = self.members();
            if let Some(status) = ended
                && left.is_empty()
            {
                return status;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "gave up after {} s of waiting for {} to end (processes left: {left:?}); it printed:\n{}",
                PATIENCE.as_secs(),
                self.kind.name(),
                self.output()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// SIGTERM for one process, the browser itself, which is to end the others.
    pub(super) fn terminate(&mut self, pid: u32) {
        kill(Pid::from_raw(pid as i32), Signal::SIGTERM).expect("a signal to the browser");
        self.wait_for_end();
    }

    /// SIGKILL for the browser and everything it started.
    pub(super) fn kill(&mut self) {
        let start = Instant::now();
        // Again and again: a process can start another between the look and the signal.
        loop {
            let left = self.members();
            for &pid in &left {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            if left.is_empty() || start.elapsed() > Duration::from_secs(10) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.wait();
    }

    /// The living processes of this browser: those of its process group, and
    /// those that left the group (crash handlers do) but still have its home
    /// in their environment or arguments.
    fn members(&self) -> Vec<i32> {
        let home = self.home.path().as_os_str().as_encoded_bytes();
        let group = self.child.id() as i32;
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter(|&pid| pid != std::process::id() as i32)
            .filter(|&pid| {
                let folder = Path::new("/proc").join(pid.to_string());
                let Some((state, process_group)) = state_and_group(&folder) else {
                    return false;
                };
                // A zombie holds nothing; the one that inherits it may never reap it.
                state != 'Z'
                    && state != 'X'
                    && (process_group == group
                        || ["environ", "cmdline"].iter().any(|file| {
                            fs::read(folder.join(file)).is_ok_and(|bytes| contains(&bytes, home))
                        }))
            })
            .collect()
    }

    fn output(&self) -> String {
        let bytes = fs::read(self.home.path().join("output")).unwrap_or_default();
        let tail = &bytes[bytes.len().saturating_sub(4000)..];
        String::from_utf8_lossy(tail).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn state_and_group(folder: &Path) -> Option<(char, i32)> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    // pid (name) state parent group …, and the name may hold anything.
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
    let state = fields.next()?.chars().next()?;
    let group = fields.nth(1)?.parse().ok()?;
    Some((state, group))
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}
