//! Standing in for a Chromium, so that none starts: its singleton on POSIX.
//!
//! `chrome/browser/process_singleton_posix.cc`: a second instance reads
//! `SingletonLock`, connects to `SingletonSocket` if both `SingletonCookie`s agree,
//! sends `START` and waits for an answer. `ACK` makes it end; after `SHUTDOWN` it
//! starts as if there had been nobody. Without an answer it waits for 20 seconds, and
//! then takes us for hung. It opens no cookie store before that.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use crate::claim::{InUse, Refused, Unseen};
use crate::error::{At, Error};
use crate::system::{self, Doorman, LinkId};

const ANSWER: &[u8] = b"SHUTDOWN";

/// What a running browser has in its user-data directory.
pub(super) const LINKS: [&str; 3] = ["SingletonLock", "SingletonSocket", "SingletonCookie"];

/// Where the browser of a user-data directory listens. None where the socket is not its
/// own, but of an earlier one whose folder has been made again by somebody else.
pub(super) fn socket_of(user_data: &Path) -> Option<PathBuf> {
    let cookie = fs::read_link(user_data.join("SingletonCookie")).ok()?;
    let socket = fs::read_link(user_data.join("SingletonSocket")).ok()?;
    let same = fs::read_link(socket.with_file_name("SingletonCookie")).ok()? == cookie;
    same.then_some(socket)
}

/// The three links of a user-data directory, and the socket behind them.
pub(super) struct Singleton {
    pub lock: PathBuf,
    /// Each link with what it says, in the order in which they were made.
    links: Vec<(PathBuf, PathBuf)>,
    doorman: Doorman,
}

impl Singleton {
    /// Takes a directory of which it was found that nobody uses it, after the leftovers
    /// were looked at.
    ///
    /// # Errors
    /// When somebody was quicker, or the links cannot be made.
    pub fn occupy(user_data: &Path, leftovers: &Leftovers) -> Result<Self, Refused> {
        let lock = user_data.join("SingletonLock");
        let doorman = Doorman::new("SingletonSocket").at(&std::env::temp_dir())?;
        let cookie = PathBuf::from(RandomState::new().hash_one(process::id()).to_string());
        let own_cookie = doorman.folder().join("SingletonCookie");
        system::symlink(&cookie, &own_cookie).at(&own_cookie)?;
        let name = PathBuf::from(format!("{}-{}", system::host_name(), process::id()));
        let socket = doorman.socket().to_owned();
        let mut singleton = Self {
            lock: lock.clone(),
            links: Vec::new(),
            doorman,
        };
        leftovers.remove()?;
        // A browser that has made its lock removes the other two links and makes its own:
        // one of ours in between, and it would not start.
        if lock.is_symlink() {
            return Err(was_just_made(&lock));
        }
        // The lock last: a browser that sees it must find somebody at the socket.
        for (link, target) in [
            (user_data.join("SingletonCookie"), cookie),
            (user_data.join("SingletonSocket"), socket),
            (lock, name),
        ] {
            match system::symlink(&target, &link) {
                Ok(()) => singleton.links.push((link, target)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(was_just_made(&link));
                }
                other => other.at(&link)?,
            }
        }
        Ok(singleton)
    }

    /// Whether nobody has put another lock in its place.
    pub fn is_ours(&self) -> bool {
        self.links.iter().all(is_still_there)
    }
}

fn was_just_made(link: &Path) -> Refused {
    Refused::InUse(InUse {
        // Whoever it is, a second look will name it.
        unseen: Some(Unseen::Remnant),
        ..InUse::shown_by(format!("{} was just made", link.display()))
    })
}

fn is_still_there((link, target): &(PathBuf, PathBuf)) -> bool {
    fs::read_link(link).is_ok_and(|now| now == *target)
}

impl Drop for Singleton {
    fn drop(&mut self) {
        // The lock first: whoever comes now makes all of them anew.
        for link in self.links.iter().rev() {
            if is_still_there(link) {
                let _ = fs::remove_file(&link.0);
            }
        }
        self.doorman.let_go(ANSWER);
    }
}

/// The links as they were before it was found that nobody uses the directory.
pub(super) struct Leftovers(Vec<(PathBuf, LinkId)>);

impl Leftovers {
    pub fn of(user_data: &Path) -> Self {
        let links = LINKS.map(|name| user_data.join(name));
        let ids = links.into_iter().filter_map(|link| {
            let id = system::link_id(&link)?;
            Some((link, id))
        });
        Self(ids.collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes them, as the browser would do itself at its next start; not one that
    /// somebody has made since.
    fn remove(&self) -> Result<(), Error> {
        for (link, id) in &self.0 {
            // Moved away first: what was moved can be looked at, and nobody can replace
            // it between the look and the removal.
            let aside = link.with_extension("stale");
            match fs::rename(link, &aside) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                other => other.at(link)?,
            }
            if system::link_id(&aside).as_ref() != Some(id) {
                // Fails where there is another one again, which then is the right one.
                let _ = fs::hard_link(&aside, link);
            }
            fs::remove_file(&aside).at(&aside)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn nothing_is_made_beside_a_lock_that_a_browser_has_just_made() {
        if system::WINDOWS {
            return;
        }
        let dir = tempfile::tempdir().expect("a folder");
        let leftovers = Leftovers::of(dir.path());
        let theirs = dir.path().join("SingletonLock");
        system::symlink(Path::new("somewhere-1"), &theirs).expect("a link");
        // Any link made or removed in the folder changes this.
        let folder = File::open(dir.path()).expect("the folder");
        folder
            .set_modified(SystemTime::UNIX_EPOCH)
            .expect("the time of change");

        let refused = Singleton::occupy(dir.path(), &leftovers);

        assert!(matches!(refused, Err(Refused::InUse(_))));
        let changed = folder.metadata().and_then(|folder| folder.modified());
        assert_eq!(changed.expect("the time"), SystemTime::UNIX_EPOCH);
    }
}
