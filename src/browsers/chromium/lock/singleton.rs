//! Standing in for a Chromium, so that none starts: its singleton on POSIX.
//!
//! `chrome/browser/process_singleton_posix.cc`: a second instance reads
//! `SingletonLock`, connects to `SingletonSocket` if both `SingletonCookie`s agree,
//! sends `START` and waits for an answer. `ACK` makes it end; after `SHUTDOWN` it
//! starts as if it were the first. Without an answer it waits for 20 seconds, and
//! then takes us for hung. It opens no cookie store before that.
//!
//! A Chromium has its socket in a folder in /tmp. Ours is in the user-data directory
//! itself: a browser of another user, or one with a /tmp of its own (Snap, Flatpak), could
//! not reach it there, would take us for dead, and open the cookie store while we write.
//! The `SingletonCookie` beside the socket is then that of the directory.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use super::responder::SingletonResponder;
use crate::model::error::{At, Error, Fault};
use crate::model::evidence::Evidence;
use crate::platform;
use crate::platform::unix::host_name;
use crate::store::claim::{InUse, Refused, Unseen};

const ANSWER: &[u8] = b"SHUTDOWN";

/// Our socket. Its name is short, since the path of a socket has little room.
pub(super) const SOCKET: &str = ".cc";

/// Longer than a browser takes from our answer to its own lock.
const ITS_TURN: Duration = Duration::from_secs(2);

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
    responder: SingletonResponder,
}

impl Singleton {
    /// Takes a directory that was found not to be in use, after the leftovers
    /// were looked at.
    ///
    /// # Errors
    /// When a browser was quicker, or the links cannot be created.
    pub(super) fn occupy(user_data: &Path, leftovers: &Leftovers) -> Result<Self, Refused> {
        // As every browser can follow it, wherever it was started.
        let folder = platform::real_path(user_data).at(user_data)?;
        let socket = folder.join(SOCKET);
        let responder = SingletonResponder::at(&socket).map_err(|fault| match fault {
            Fault::PathTooLong { .. } => fault.at(user_data),
            fault => fault.at(&socket),
        })?;
        let lock = user_data.join("SingletonLock");
        let cookie = PathBuf::from(RandomState::new().hash_one(process::id()).to_string());
        let name = PathBuf::from(format!("{}-{}", host_name(), process::id()));
        let mut singleton = Self {
            lock: lock.clone(),
            links: Vec::new(),
            responder,
        };
        leftovers.remove()?;
        // A browser that has made its lock removes the other two links and makes its own:
        // one of ours in between, and it would not start.
        if lock.is_symlink() {
            return Err(was_just_made(&lock));
        }
        // The lock last: a browser that sees it must get an answer at the socket.
        for (link, target) in [
            (user_data.join("SingletonCookie"), cookie),
            (user_data.join("SingletonSocket"), socket),
            (lock, name),
        ] {
            match symlink(&target, &link) {
                Ok(()) => singleton.links.push((link, target)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(was_just_made(&link));
                }
                other => other.at(&link)?,
            }
        }
        Ok(singleton)
    }

    /// Whether the lock was not replaced.
    pub(super) fn is_ours(&self) -> bool {
        self.links.iter().all(is_still_there) && self.responder.is_there()
    }

    /// For how long a browser that starts has been waiting.
    pub(super) fn longest_wait(&self) -> Option<Duration> {
        self.responder.longest_wait()
    }
}

fn was_just_made(link: &Path) -> Refused {
    Refused::InUse(InUse {
        // A second look will name it.
        unseen: Some(Unseen::Remnant),
        ..InUse::shown_by(Evidence::JustMade(link.to_owned()))
    })
}

fn is_still_there((link, target): &(PathBuf, PathBuf)) -> bool {
    fs::read_link(link).is_ok_and(|now| now == *target)
}

impl Drop for Singleton {
    fn drop(&mut self) {
        // The lock first: a browser that comes now creates all of them anew.
        for (link, target) in self.links.iter().rev() {
            let is_ours = |link: &Path| fs::read_link(link).is_ok_and(|now| now == *target);
            if is_ours(link) {
                let _ = remove_if(link, is_ours);
            }
        }
        if self.responder.let_go(ANSWER) {
            // A browser that is asked twice to wait gives up. It has to have its lock before
            // we may want the directory again, for another store.
            let since = Instant::now();
            while !self.lock.is_symlink() && since.elapsed() < ITS_TURN {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// The links as they were before the directory was found not to be in use.
pub(super) struct Leftovers(Vec<(PathBuf, LinkId)>);

impl Leftovers {
    pub(super) fn of(user_data: &Path) -> Self {
        let links = LINKS.map(|name| user_data.join(name));
        let ids = links.into_iter().filter_map(|link| {
            let id = link_id(&link)?;
            Some((link, id))
        });
        Self(ids.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes them, as the browser would do itself at its next start; not one that
    /// a browser has created since.
    fn remove(&self) -> Result<(), Error> {
        for (link, id) in &self.0 {
            remove_if(link, |link| link_id(link).as_ref() == Some(id))?;
        }
        Ok(())
    }
}

/// What tells a symbolic link from one that was made later in its place: file systems
/// give an inode's number to the next one at once.
#[derive(PartialEq, Eq)]
struct LinkId(PathBuf, u64, i64, i64);

/// None when there is no link.
fn link_id(path: &Path) -> Option<LinkId> {
    let target = fs::read_link(path).ok()?;
    let metadata = path.symlink_metadata().ok()?;
    Some(LinkId(
        target,
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec(),
    ))
}

/// Removes a link, if it is that one. It is moved away first: what was moved can be looked
/// at, and no browser can replace it between the look and the removal.
fn remove_if(link: &Path, is_it: impl Fn(&Path) -> bool) -> Result<(), Error> {
    let aside = link.with_extension("stale");
    match fs::rename(link, &aside) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.at(link)?,
    }
    if !is_it(&aside) {
        // Fails where there is another one again, which then is the right one.
        let _ = fs::hard_link(&aside, link);
    }
    fs::remove_file(&aside).at(&aside)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

    use super::*;

    #[test]
    fn nothing_is_made_beside_a_lock_that_a_browser_has_just_made() {
        let dir = tempfile::tempdir().expect("a folder");
        let leftovers = Leftovers::of(dir.path());
        let theirs = dir.path().join("SingletonLock");
        symlink(Path::new("somewhere-1"), &theirs).expect("a link");
        let watch = Inotify::init(InitFlags::IN_NONBLOCK).expect("a watch");
        let kinds = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVE | AddWatchFlags::IN_DELETE;
        watch
            .add_watch(dir.path(), kinds)
            .expect("a watched folder");

        let refused = Singleton::occupy(dir.path(), &leftovers);

        assert!(matches!(refused, Err(Refused::InUse(_))));
        let events = watch.read_events().expect("what was made");
        let names: Vec<_> = events.into_iter().filter_map(|event| event.name).collect();
        // Our socket, which no browser minds, comes and goes.
        assert_eq!(names, [SOCKET, SOCKET]);
    }

    #[test]
    fn waiting_browser_gets_its_lock_before_our_next_turn() {
        let dir = tempfile::tempdir().expect("a folder");
        let singleton = Singleton::occupy(dir.path(), &Leftovers::of(dir.path()));
        let singleton = singleton.unwrap_or_else(|e| panic!("{e:?}"));
        let mut browser = UnixStream::connect(dir.path().join(SOCKET)).expect("a line");
        browser.write_all(b"START\0/\0chrome").expect("a word");
        let ends = thread::spawn(|| drop(singleton));

        let mut answer = String::new();
        browser.read_to_string(&mut answer).expect("an answer");
        assert_eq!(answer, "SHUTDOWN");
        thread::sleep(Duration::from_millis(200));
        assert!(!ends.is_finished());
        let lock = dir.path().join("SingletonLock");
        symlink(Path::new("somewhere-1"), &lock).expect("a link");
        ends.join().expect("its end");
        assert!(lock.is_symlink());
    }
}
