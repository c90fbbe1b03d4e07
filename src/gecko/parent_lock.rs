//! Firefox's lock on a profile, and holding it.
//!
//! `toolkit/profile/nsProfileLock.cpp` in Firefox's source: on POSIX a record lock
//! on `.parentlock`, on Windows `parent.lock` opened without sharing. Both files
//! stay after a clean exit, so that one is there proves nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::claim::{Claim, Held, InUse, Lock, Process, Refused};
use crate::error::{At, Error};
use crate::system::{self, HeldFile, Taken};

/// Firefox's background tasks (updates, cleaning) lock a profile for a moment.
const BACKGROUND_TASK: Duration = Duration::from_millis(2500);
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct ParentLock {
    file: PathBuf,
    /// The symbolic link by which older versions locked, and newer ones where the
    /// file system has no record locks.
    link: PathBuf,
}

impl ParentLock {
    pub fn of(profile: &Path) -> Self {
        let name = if system::WINDOWS {
            "parent.lock"
        } else {
            ".parentlock"
        };
        Self {
            file: profile.join(name),
            link: profile.join("lock"),
        }
    }

    /// What locks it besides the record lock: on a disk of Windows, a Firefox there; and
    /// the link. `address:pid` is a lock; `address:+pid` only says who has the other one.
    fn locked_otherwise(&self) -> Option<InUse> {
        if !system::WINDOWS {
            let theirs = self.file.with_file_name("parent.lock");
            if system::is_kept_from_us(&theirs) {
                return Some(InUse {
                    by: Vec::new(),
                    evidence: format!("{} is kept open by Windows", theirs.display()),
                });
            }
        }
        let target = fs::read_link(&self.link).ok()?;
        let (address, pid) = target.to_str()?.rsplit_once(':')?;
        let pid: u32 = pid.parse().ok().filter(|_| !pid.starts_with('+'))?;
        let here = address.starts_with("127.");
        if here && !system::is_alive(pid) {
            return None;
        }
        Some(InUse {
            by: here.then(|| Process::of(pid)).into_iter().collect(),
            evidence: format!("{} says so", self.link.display()),
        })
    }
}

fn is_background_task(user: &InUse) -> bool {
    user.by.iter().any(|process| {
        system::command_line(process.pid)
            .iter()
            .any(|argument| argument.trim_start_matches('-') == "backgroundtask")
    })
}

impl Lock for ParentLock {
    fn in_use(&self) -> Result<Option<InUse>, Error> {
        let holder = system::lock_holder(&self.file).at(&self.file)?;
        Ok(holder
            .map(|holder| InUse::by_lock(holder, &self.file))
            .or_else(|| self.locked_otherwise()))
    }

    fn claim(&self) -> Result<Claim, Refused> {
        let since = Instant::now();
        loop {
            if let Some(user) = self.locked_otherwise() {
                return Err(Refused::InUse(user));
            }
            match HeldFile::take(&self.file).at(&self.file)? {
                Taken::Ours(held) => return Ok(Claim::new(HeldLock { _file: held })),
                Taken::Theirs => {
                    let user = match self.in_use()? {
                        Some(user) => user,
                        None => continue,
                    };
                    if since.elapsed() > BACKGROUND_TASK || !is_background_task(&user) {
                        return Err(Refused::InUse(user));
                    }
                    thread::sleep(PAUSE);
                }
            }
        }
    }
}

/// While this lives, a Firefox that starts waits, and gives up after 5 seconds.
struct HeldLock {
    _file: HeldFile,
}

impl Held for HeldLock {
    fn still_holds(&self) -> Result<(), InUse> {
        Ok(())
    }
}
