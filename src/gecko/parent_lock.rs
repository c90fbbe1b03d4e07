//! Firefox's lock on a profile, and holding it.
//!
//! `toolkit/profile/nsProfileLock.cpp` in Firefox's source: on POSIX a record lock
//! on `.parentlock`, on Windows `parent.lock` opened without sharing. Both files
//! stay after a clean exit, so that one is there proves nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::claim::{Asked, Claim, Held, InUse, Lock, Refused, Unseen, turn_at};
use crate::error::{At, Error};
use crate::system::{self, HeldFile, Place, ProcessHandle, Taken};

/// Words of which the program of every browser of this family has one in its name.
const PROGRAMS: [&str; 10] = [
    "firefox",
    "librewolf",
    "waterfox",
    "zen-bin",
    "floorp",
    "mullvad",
    "torbrowser",
    "icecat",
    "browser",
    "thunderbird",
];

pub(super) struct ParentLock {
    file: PathBuf,
    /// The symbolic link by which older versions locked, and newer ones where the
    /// file system has no record locks.
    link: PathBuf,
    place: Place,
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
            place: Place::of(profile),
        }
    }

    /// What locks it besides the record lock: on a disk of Windows, a Firefox there; and
    /// the link. `address:pid` is a lock; `address:+pid` only says who has the other one.
    fn locked_otherwise(&self) -> Result<Option<InUse>, Error> {
        if !system::WINDOWS {
            let theirs = self.file.with_file_name("parent.lock");
            if system::is_kept_from_us(&theirs).at(&theirs)? {
                let evidence = format!("{} is kept open by Windows", theirs.display());
                return Ok(Some(InUse::shown_by(evidence)));
            }
        }
        Ok(self.locked_by_link())
    }

    fn locked_by_link(&self) -> Option<InUse> {
        let target = fs::read_link(&self.link).ok()?;
        let (address, pid) = target.to_str()?.rsplit_once(':')?;
        let pid: u32 = pid.parse().ok().filter(|_| !pid.starts_with('+'))?;
        let evidence = format!("{} says so", self.link.display());
        if !address.starts_with("127.") {
            return Some(InUse::shown_by(evidence));
        }
        let is_it = pid != std::process::id()
            && system::is_alive(pid)
            && is_of_family(pid)
            && system::made_by(pid, &self.link);
        is_it.then(|| InUse::by([pid], evidence))
    }
}

/// Whether a process is a browser of this family, by its program.
fn is_of_family(pid: u32) -> bool {
    system::is_called_like(pid, &PROGRAMS)
}

/// Says why it may run without a window.
fn explained(mut user: InUse) -> InUse {
    let Some(process) = user.by.first().filter(|_| user.unseen.is_none()) else {
        return user;
    };
    let command_line = system::command_line(process.pid);
    let mut arguments = command_line
        .iter()
        .map(|argument| argument.trim_start_matches('-'));
    user.unseen = match arguments.find(|a| ["backgroundtask", "headless"].contains(a)) {
        Some("headless") => Some(Unseen::Headless),
        Some(_) => Some(Unseen::BackgroundTask(
            arguments.next().unwrap_or_default().into(),
        )),
        None => None,
    };
    user
}

impl Lock for ParentLock {
    fn in_use(&self) -> Result<Option<InUse>, Error> {
        let holder = system::lock_holder(&self.file).at(&self.file)?;
        let user = match holder.and_then(|holder| InUse::by_lock(holder, &self.file)) {
            Some(user) => Some(user),
            None => self.locked_otherwise()?,
        };
        Ok(user.map(explained))
    }

    fn claim(&self) -> Result<Claim, Refused> {
        // Of two of us, one would lock the file that the other creates and removes.
        let _turn = turn_at(self.file.parent().unwrap_or(&self.file))?;
        if let Some(user) = self.locked_otherwise()? {
            return Err(Refused::InUse(explained(user)));
        }
        match HeldFile::take(&self.file).at(&self.file)? {
            Taken::Ours(file) => {
                self.place.check(&file).at(&self.file)?;
                Ok(Claim::new(HeldLock { file }))
            }
            Taken::Theirs => Err(Refused::InUse(match self.in_use()? {
                Some(user) => user,
                None => InUse::by_passing_lock(&self.file),
            })),
        }
    }

    fn ask_to_quit(&self, process: &ProcessHandle) -> io::Result<Asked> {
        if !is_of_family(process.pid()) {
            return Ok(Asked::CannotBe);
        }
        process.quit_firefox()
    }
}

/// While this lives, a Firefox that starts waits, and gives up after 5 seconds.
struct HeldLock {
    file: HeldFile,
}

impl Held for HeldLock {
    fn still_holds(&self) -> Result<(), InUse> {
        match self.file.is_there() {
            true => Ok(()),
            false => {
                let evidence = format!("{} was replaced", self.file.path().display());
                Err(InUse::shown_by(evidence))
            }
        }
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        /// Much longer than Firefox needs from opening the file to locking it: one that has
        /// opened it must find it locked, or it would run with a lock that nobody sees.
        const LINGER: Duration = Duration::from_millis(10);
        if self.file.remove() {
            thread::sleep(LINGER);
        }
    }
}
