//! Another process that holds the lock of a Firefox profile. It is the test program
//! itself, which needs a test called [`HELPER`] that calls [`hold_if_told`].

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{FIREFOX_LOCK, spawn, take_lock};

const HELPER: &str = "helper_that_holds_a_lock_until_it_is_told";

/// Holds the lock that the environment names, if it does, until standard input ends.
pub fn hold_if_told() {
    let Some(path) = std::env::var_os("HOLD_THIS_LOCK") else {
        return;
    };
    let _held = take_lock(Path::new(&path));
    println!("held");
    let _ = std::io::stdin().read(&mut [0]);
}

pub struct Holder(
    Child,
    #[allow(dead_code, reason = "its output")] BufReader<ChildStdout>,
);

impl Holder {
    /// Holds the profile that a store is in.
    pub fn of(store: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([HELPER, "--exact", "--nocapture"])
            .env("HOLD_THIS_LOCK", store.with_file_name(FIREFOX_LOCK))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = spawn(&mut command);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("held") {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "the helper ended");
        }
        Self(child, out)
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    pub fn end(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
