//! An X server of the tests' own, for browsers that are to have windows.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use super::{available, program_of};

const PROGRAMS: &[&str] = &["Xvfb"];

/// A display without a screen and without a window manager. It is to outlive the
/// browsers on it, so it is to be started first.
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Whether `test` can have one; see [`super::Kind::available`].
    pub fn available(test: &str) -> bool {
        available(test, "Xvfb", PROGRAMS, "xvfb")
    }

    /// Starts one under a number that is free.
    pub fn start() -> Display {
        let program = program_of(PROGRAMS).expect("Xvfb is not installed");
        let mut server = Command::new(program)
            .args(["-displayfd", "1", "-nolisten", "tcp"])
            .args(["-screen", "0", "1280x900x24"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // As the browsers are: Drop ends it.
            .process_group(0)
            .spawn()
            .expect("Xvfb to start");
        let mut number = String::new();
        let output = server.stdout.take().expect("its output");
        // Said once it takes callers, and the pipe ends where it cannot start.
        let _ = BufReader::new(output).read_line(&mut number);
        let name = format!(":{}", number.trim());
        let display = Display { server, name };
        assert!(display.name.len() > 1, "Xvfb has ended without a display");
        display
    }

    /// As it stands in `DISPLAY`, such as `:1`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // SIGTERM, on which it removes its lock and its socket from /tmp.
        let pid = nix::unistd::Pid::from_raw(self.server.id() as i32);
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.server.wait();
    }
}
