//! Home folders of others, and the processes that work in them.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use crate::platform::users::HomeLook;

/// Whether this process may work in the home folders of others.
pub(crate) fn is_admin() -> bool {
    geteuid().is_root()
}

/// Looks at a home folder, in a process of its own: one that hangs cannot be ended before
/// its disk answers, and must not take this one with it.
pub(crate) fn look_at_home(home: &Path, user: Option<u32>, at_most: Duration) -> HomeLook {
    let started = Instant::now();
    // A line in long form, with numbers for the owner and the group.
    let looking = Command::new("ls")
        .args(["-ndL", "--"])
        .arg(home)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    let Ok(mut looking) = looking else {
        return HomeLook::NotThere;
    };
    loop {
        match looking.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if started.elapsed() < at_most => thread::sleep(Duration::from_millis(2)),
            _ => {
                let _ = looking.kill();
                // If it can end, it does, and is waited for; if not, it is left to the system.
                thread::sleep(Duration::from_millis(50));
                let _ = looking.try_wait();
                return HomeLook::NoAnswer;
            }
        }
    }
    let line = looking.wait_with_output().map(|output| output.stdout);
    let line = String::from_utf8_lossy(&line.unwrap_or_default()).into_owned();
    let mut columns = line.split_whitespace();
    let (mode, owner) = (columns.next(), columns.nth(1));
    let owner = owner.and_then(|owner| owner.parse().ok());
    match (mode, owner) {
        (Some(mode), _) if !mode.starts_with('d') => HomeLook::NotAFolder,
        (Some(_), Some(owner)) if user.is_none_or(|user| user == owner) => HomeLook::Fine,
        (Some(_), Some(owner)) => HomeLook::Anothers(owner),
        _ => HomeLook::NotThere,
    }
}

/// A Ctrl-C at the terminal is for this process alone, which passes it on.
pub(crate) fn in_own_group(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// Asks a process to finish what it is at, and to end.
pub(crate) fn interrupt(process: u32) {
    if let Ok(process) = i32::try_from(process) {
        // It may have ended.
        let _ = kill(Pid::from_raw(process), Signal::SIGINT);
    }
}
