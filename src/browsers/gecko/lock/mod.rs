//! Firefox's lock on a profile, and holding it.
//!
//! `toolkit/profile/nsProfileLock.cpp` in Firefox's source: on POSIX a record lock
//! on `.parentlock`, on Windows `parent.lock` opened without sharing. Both files
//! stay after a clean exit, so that one is there proves nothing.

#[cfg(unix)]
mod posix;
#[cfg(windows)]
mod windows;

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

#[cfg(unix)]
use posix as os;
#[cfg(windows)]
use windows as os;

use crate::browsers::table::Family;
use crate::model::evidence::Evidence;

use crate::model::error::{At, Error};
use crate::platform::{self, HeldFile, LockAttempt, LockPlace, ProcessHandle};
use crate::store::claim::{Claim, Held, InUse, Lock, QuitRequest, Refused, Unseen, turn_at};

pub(super) struct ParentLock {
    file: PathBuf,
    place: LockPlace,
}

impl ParentLock {
    pub(super) fn of(profile: &Path) -> Self {
        Self {
            file: profile.join(os::NAME),
            place: LockPlace::of(profile),
        }
    }
}

/// Whether a process is a browser of this family, by its program; where other users'
/// processes are hidden, it may be.
fn is_of_family(pid: u32) -> bool {
    platform::name_of(pid).is_none_or(|name| Family::Gecko.has_program(&name))
}

/// Says why it may run without a window.
fn explained(mut user: InUse) -> InUse {
    let Some(process) = user.by.first().filter(|_| user.unseen.is_none()) else {
        return user;
    };
    let command_line = platform::command_line(process.pid);
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
        let holder = platform::lock_holder(&self.file).at(&self.file)?;
        let user = match holder.and_then(|holder| InUse::by_lock(holder, &self.file)) {
            Some(user) => Some(user),
            None => os::locked_otherwise(self)?,
        };
        Ok(user.map(explained))
    }

    fn claim(&self) -> Result<Claim, Refused> {
        // Of two of us, one would lock the file that the other creates and removes.
        let _turn = turn_at(self.file.parent().unwrap_or(&self.file))?;
        if let Some(user) = os::locked_otherwise(self)? {
            return Err(Refused::InUse(explained(user)));
        }
        match HeldFile::take(&self.file).at(&self.file)? {
            LockAttempt::Ours(file) => {
                self.place.check(&file).at(&self.file)?;
                Ok(Claim::new(HeldLock { file }))
            }
            LockAttempt::Theirs => Err(Refused::InUse(match self.in_use()? {
                Some(user) => user,
                None => InUse::by_passing_lock(&self.file),
            })),
        }
    }

    fn leftovers(&self) -> Vec<PathBuf> {
        platform::leftovers_at(self.file.parent().unwrap_or(&self.file), &[])
    }

    fn ask_to_quit(&self, process: &ProcessHandle) -> io::Result<QuitRequest> {
        if !is_of_family(process.pid()) {
            return Ok(QuitRequest::Impossible);
        }
        os::ask_to_quit(process)
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
                let evidence = Evidence::Replaced(self.file.path().to_owned());
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
