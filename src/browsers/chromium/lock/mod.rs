//! Chromium's lock on a user-data directory.
//!
//! `chrome/browser/process_singleton_posix.cc` and `_win.cc` in Chromium's source.
//! On POSIX `SingletonLock` is a symbolic link to `host-pid`, which a crash leaves
//! behind; the LevelDB of each profile has a record lock, which no crash does. On
//! Windows `lockfile` is open, and shared for reading only.

#[cfg(unix)]
mod posix;
mod processes;
#[cfg(unix)]
mod responder;
#[cfg(unix)]
mod singleton;
#[cfg(windows)]
mod windows;

use std::io;
use std::path::PathBuf;

#[cfg(unix)]
use posix as os;
#[cfg(windows)]
use windows as os;

use super::cookies::FILES;
use super::local_state;
use crate::browsers::table::Family;
use crate::model::error::{At, Error, is_absence};
use crate::platform::{self, LockPlace, ProcessHandle, Turn};
use crate::store::claim::{Claim, InUse, Lock, QuitRequest, Refused, Unseen};
use processes::main_process;

/// Locked by the browser as long as it has the profile loaded.
const LEVELDB_LOCKS: [&str; 2] = ["Local Storage/leveldb/LOCK", "Sync Data/LevelDB/LOCK"];

#[derive(Clone)]
pub(super) struct UserDataLock {
    user_data: PathBuf,
    profiles: Vec<PathBuf>,
    #[cfg_attr(unix, allow(dead_code, reason = "on Windows a lock shows where it is"))]
    place: LockPlace,
}

impl UserDataLock {
    pub(super) fn new(user_data: PathBuf, profiles: Vec<PathBuf>) -> Self {
        Self {
            place: LockPlace::of(&user_data),
            user_data,
            profiles,
        }
    }

    fn lockfile(&self) -> PathBuf {
        self.user_data.join("lockfile")
    }

    /// The lock files of those profiles that have been loaded before.
    fn leveldb_files(&self) -> Vec<PathBuf> {
        self.profiles
            .iter()
            .flat_map(|profile| LEVELDB_LOCKS.map(|lock| profile.join(lock)))
            // Whatever is there, and also what cannot be looked at, is seen to later.
            .filter(|file| !file.symlink_metadata().is_err_and(|e| is_absence(&e)))
            .collect()
    }

    fn stores(&self) -> Vec<PathBuf> {
        self.profiles
            .iter()
            .flat_map(|profile| FILES.map(|file| profile.join(file)))
            .collect()
    }

    /// Says why it may run without a window.
    fn explained(&self, mut user: InUse) -> InUse {
        if user.unseen.is_none() {
            user.unseen = user
                .by
                .first()
                .and_then(|process| unseen(&platform::command_line(process.pid), &process.name))
                .or_else(|| {
                    let apps = local_state::background_apps(&self.user_data);
                    (apps == Some(true)).then_some(Unseen::BackgroundApps)
                });
        }
        user
    }
}

/// `chrome/common/chrome_switches.cc`.
fn unseen(command_line: &[String], program: &str) -> Option<Unseen> {
    let has = |switch: &str| command_line.iter().any(|argument| argument == switch);
    if command_line.iter().any(|a| a.starts_with("--headless")) {
        Some(Unseen::Headless)
    } else if !has("--no-startup-window") {
        None
    } else if program.to_lowercase().contains("edge") {
        Some(Unseen::StartupBoost)
    } else {
        Some(Unseen::BackgroundApps)
    }
}

fn leveldb(files: &[PathBuf]) -> Result<Option<InUse>, Error> {
    for file in files {
        if let Some(mut holder) = platform::lock_holder(file).at(file)? {
            holder.pid = holder.pid.map(|pid| main_process(pid).unwrap_or(pid));
            if let Some(user) = InUse::by_lock(holder, file) {
                return Ok(Some(user));
            }
        }
    }
    Ok(None)
}

/// Whether a process is a browser of this family, by its program; where other users'
/// processes are hidden, it may be.
fn is_of_family(pid: u32) -> bool {
    platform::name_of(pid).is_none_or(|name| Family::Chromium.has_program(&name))
}

impl Lock for UserDataLock {
    fn in_use(&self) -> Result<Option<InUse>, Error> {
        let user = match os::holder(self)? {
            Some(user) => Some(user),
            None => leveldb(&self.leveldb_files())?,
        };
        Ok(user.map(|user| self.explained(user)))
    }

    fn claim(&self) -> Result<Claim, Refused> {
        os::claim(self)
    }

    fn leftovers(&self) -> Vec<PathBuf> {
        platform::leftovers_at(&self.user_data, &os::OWN_FILES)
    }

    fn ask_to_quit(&self, process: &ProcessHandle) -> io::Result<QuitRequest> {
        // Two of us at once: the second time is an order to end without saving.
        let turn = Turn::wait_at(&self.user_data).map_err(io::Error::other)?;
        let Some(_turn) = turn else {
            return Ok(QuitRequest::Impossible);
        };
        os::ask_to_quit(self, process)
    }
}
