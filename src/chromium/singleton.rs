//! Chromium's lock on a user-data directory.
//!
//! `chrome/browser/process_singleton_posix.cc` and `_win.cc` in Chromium's source.
//! On POSIX `SingletonLock` is a symbolic link to `host-pid`, which a crash leaves
//! behind; the LevelDB of each profile has a record lock, which no crash does. On
//! Windows `lockfile` is open, and shared for reading only.

use std::fs;
use std::path::PathBuf;

use super::occupy::Singleton;
use crate::claim::{Claim, Held, InUse, Lock, Process, Refused};
use crate::error::{At, Error};
use crate::system::{self, HeldFile, Holder, Taken};

/// Locked by the browser as long as it has the profile loaded.
const LEVELDB_LOCKS: [&str; 2] = ["Local Storage/leveldb/LOCK", "Sync Data/LevelDB/LOCK"];

/// Words of which the program of every browser of this family has one in its name.
const PROGRAMS: [&str; 13] = [
    "chrom",
    "edge",
    "brave",
    "vivaldi",
    "opera",
    "yandex",
    "whale",
    // Another one of us, which holds the directory.
    "cookieclean",
    "browser",
    "electron",
    "headless_shell",
    "thorium",
    "iridium",
];

#[derive(Clone)]
pub(super) struct UserDataLock {
    user_data: PathBuf,
    profiles: Vec<PathBuf>,
}

impl UserDataLock {
    pub fn new(user_data: PathBuf, profiles: Vec<PathBuf>) -> Self {
        Self {
            user_data,
            profiles,
        }
    }

    fn lockfile(&self) -> PathBuf {
        self.user_data.join("lockfile")
    }

    /// What `SingletonLock` says, if it is not stale.
    fn singleton(&self) -> Option<InUse> {
        let link = self.user_data.join("SingletonLock");
        let target = fs::read_link(&link).ok()?;
        // What does not parse, Chromium removes and starts.
        let (host, pid) = target.to_str()?.rsplit_once('-')?;
        let pid: u32 = pid.parse().ok()?;
        if host != system::host_name() {
            return Some(InUse {
                by: Vec::new(),
                evidence: format!(
                    "{} names the computer \"{host}\"; if no browser runs there, remove that link",
                    link.display()
                ),
            });
        }
        if !system::is_alive(pid) {
            return None;
        }
        // Where other users' processes are hidden, it is alive all the same.
        let name = system::name_of(pid).unwrap_or_else(|| "a browser".into());
        let lower = name.to_lowercase();
        PROGRAMS
            .iter()
            .any(|word| lower.contains(word))
            .then(|| InUse {
                by: vec![Process { pid, name }],
                evidence: format!("{} names it", link.display()),
            })
    }

    /// The lock files of those profiles that have been loaded before.
    fn leveldb_files(&self) -> Vec<PathBuf> {
        self.profiles
            .iter()
            .flat_map(|profile| LEVELDB_LOCKS.map(|lock| profile.join(lock)))
            .filter(|file| file.is_file())
            .collect()
    }
}

fn leveldb(files: &[PathBuf]) -> Result<Option<InUse>, Error> {
    for file in files {
        if let Some(holder) = system::lock_holder(file).at(file)? {
            return Ok(Some(InUse::by_lock(holder, file)));
        }
    }
    Ok(None)
}

impl Lock for UserDataLock {
    fn in_use(&self) -> Result<Option<InUse>, Error> {
        let lockfile = self.lockfile();
        let holder = match system::WINDOWS {
            true => system::lock_holder(&lockfile).at(&lockfile)?,
            false => system::is_kept_from_us(&lockfile).then_some(Holder { pid: None }),
        };
        if let Some(holder) = holder {
            return Ok(Some(InUse::by_lock(holder, &lockfile)));
        }
        match self.singleton() {
            Some(user) => Ok(Some(user)),
            None => leveldb(&self.leveldb_files()),
        }
    }

    fn claim(&self) -> Result<Claim, Refused> {
        let lockfile = self.lockfile();
        let leveldb_files = self.leveldb_files();
        if system::WINDOWS {
            return match HeldFile::take(&lockfile).at(&lockfile)? {
                Taken::Theirs => Err(Refused::InUse(InUse::by_lock(
                    Holder { pid: None },
                    &lockfile,
                ))),
                Taken::Ours(held) => match leveldb(&leveldb_files)? {
                    Some(user) => Err(Refused::InUse(user)),
                    None => Ok(Claim::new(LockfileHeld { _file: held })),
                },
            };
        }
        if let Some(user) = self.in_use()? {
            return Err(Refused::InUse(user));
        }
        let singleton = Singleton::occupy(&self.user_data)?;
        // Who had no link, but is there, was there before us.
        match leveldb(&leveldb_files)? {
            Some(user) => Err(Refused::InUse(user)),
            None => Ok(Claim::new(SingletonHeld {
                singleton,
                leveldb_files,
            })),
        }
    }
}

/// While this lives, a browser that starts says that the profile is in use, and ends.
struct LockfileHeld {
    _file: HeldFile,
}

impl Held for LockfileHeld {
    fn still_holds(&self) -> Result<(), InUse> {
        Ok(())
    }
}

/// While this lives, a browser that starts waits, for up to 20 seconds.
struct SingletonHeld {
    singleton: Singleton,
    leveldb_files: Vec<PathBuf>,
}

impl Held for SingletonHeld {
    fn still_holds(&self) -> Result<(), InUse> {
        let user = match self.singleton.is_ours() {
            false => Some(InUse {
                by: Vec::new(),
                evidence: format!("{} was taken over", self.singleton.lock.display()),
            }),
            // One that does not heed the link has at least this.
            true => leveldb(&self.leveldb_files).unwrap_or_default(),
        };
        user.map_or(Ok(()), Err)
    }
}
