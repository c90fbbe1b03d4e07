//! The singleton of Chromium on POSIX: `SingletonLock` and what belongs to it.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use super::processes::{is_child, main_process};
use super::singleton::{Leftovers, SOCKET, Singleton, socket_of};
use super::{UserDataLock, is_of_family, leveldb};
use crate::model::error::{At, Error};
use crate::model::evidence::Evidence;
use crate::platform::unix::{host_name, is_kept_from_us, is_open_here, made_by, who_listens};
use crate::platform::{self, Holder, ProcessHandle, Turn};
use crate::store::claim::{Claim, Held, InUse, Lock, QuitRequest, Refused, Unseen, turn_at};

/// Longer than a browser's children outlive it.
const SHUTDOWN: Duration = Duration::from_secs(60);

/// What is ours in a directory that we have claimed, beside the file for our turn.
pub(super) const OWN_FILES: [&str; 1] = [SOCKET];

/// The process that holds the directory.
pub(super) fn holder(lock: &UserDataLock) -> Result<Option<InUse>, Error> {
    Ok(match kept_by_windows(lock)? {
        Some(user) => Some(user),
        None => singleton(lock),
    })
}

/// A browser of Windows, seen from its Linux subsystem, which has `lockfile` open.
fn kept_by_windows(lock: &UserDataLock) -> Result<Option<InUse>, Error> {
    let lockfile = lock.lockfile();
    let is_kept = is_kept_from_us(&lockfile).at(&lockfile)?;
    Ok(is_kept
        .then(Holder::unknown)
        .and_then(|holder| InUse::by_lock(holder, &lockfile)))
}

/// What `SingletonLock` says, if it is not stale.
fn singleton(lock: &UserDataLock) -> Option<InUse> {
    let link = lock.user_data.join("SingletonLock");
    let target = fs::read_link(&link).ok()?;
    // What does not parse, Chromium removes and starts.
    let (host, pid) = target.to_str()?.rsplit_once('-')?;
    let pid: u32 = pid.parse().ok()?;
    if host != host_name() {
        return Some(InUse::shown_by(Evidence::OtherComputer {
            host: host.to_owned(),
            link,
        }));
    }
    let evidence = || Evidence::Named(link.clone());
    if pid != std::process::id()
        && platform::is_alive(pid)
        && is_of_family(pid)
        && made_by(pid, &link)
    {
        return Some(InUse::by([pid], evidence()));
    }
    // The number may be that of another pid namespace (Snap, Flatpak): a process that
    // answers at the socket is there, whatever its name.
    let listener = who_listens(&socket_of(&lock.user_data)?)?;
    Some(InUse::by(listener.pid, evidence()))
}

/// Whether something in the directory was made or removed a moment ago, as the links
/// are when a browser ends.
fn was_just_let_go(lock: &UserDataLock) -> bool {
    let changed = lock
        .user_data
        .metadata()
        .and_then(|folder| folder.modified());
    let age = changed
        .ok()
        .and_then(|time| SystemTime::now().duration_since(time).ok());
    age.is_none_or(|age| age < SHUTDOWN)
}

/// The processes that have a store open although nothing locks the directory: children of a browser
/// that has ended may yet write what they hold.
fn remnant(lock: &UserDataLock) -> Option<InUse> {
    let users = platform::users_of(&lock.stores()).into_iter();
    // The store is open in a child only: a program to look into databases is none.
    let users: Vec<_> = users
        .filter(|pid| is_of_family(*pid) && is_child(*pid))
        .collect();
    if users.is_empty() {
        return None;
    }
    let mut user = InUse::by(users, Evidence::StoreOpen);
    user.unseen = Some(Unseen::Remnant);
    Some(user)
}

/// Whether a process, or a child of it, really works in this directory: a copy of a
/// directory has links, too, which lead to the browser of the other one.
fn is_used_by(lock: &UserDataLock, pid: u32) -> bool {
    let is_its = |user: u32| main_process(user) == Some(pid);
    let locks = lock.leveldb_files();
    locks
        .iter()
        .filter_map(|file| platform::lock_holder(file).ok()??.pid)
        .any(is_its)
        || platform::users_of(&lock.stores()).into_iter().any(is_its)
}

/// Takes the directory as a browser would.
pub(super) fn claim(lock: &UserDataLock) -> Result<Claim, Refused> {
    let leveldb_files = lock.leveldb_files();
    // Our own lock changes the folder.
    let was_just_let_go = was_just_let_go(lock);
    // Two of us would each take the other's fresh links for leftovers, and its socket.
    let turn = turn_at(&lock.user_data)?;
    let leftovers = Leftovers::of(&lock.user_data);
    if let Some(user) = lock.in_use()? {
        return Err(Refused::InUse(user));
    }
    // A browser that was closed has removed its links, and one that has a profile
    // loaded holds its LevelDB. Only without either, or when that was just now and
    // a child may still write what it holds, is it worth a look at what all
    // processes have open.
    if (!leftovers.is_empty() || leveldb_files.is_empty() || was_just_let_go)
        && let Some(user) = remnant(lock)
    {
        return Err(Refused::InUse(user));
    }
    let singleton = Singleton::occupy(&lock.user_data, &leftovers)?;
    // A browser without a link was there before us.
    match leveldb(&leveldb_files)? {
        Some(user) => Err(Refused::InUse(lock.explained(user))),
        None => Ok(Claim::new(SingletonHeld {
            singleton,
            leveldb_files,
            _turn: turn,
        })),
    }
}

/// Sends SIGINT, upon which a Chromium ends as if its last window had been closed:
/// it writes its cookies and removes its lock. (SIGTERM is for it the end of the
/// session, which does neither in full.)
///
/// It is sent only once, and only to a process that handles it: for any other, and for
/// a Chromium that gets it a second time, it would be the end
/// (`chrome/app/shutdown_signal_handlers_posix.cc`).
///
/// # Errors
/// When it belongs to another user.
pub(super) fn ask_to_quit(lock: &UserDataLock, process: &ProcessHandle) -> io::Result<QuitRequest> {
    // A browser that was asked to quit does not handle that signal any more.
    let handlers = || process.handles([Signal::INT, Signal::HUP]);
    match handlers() {
        Some([false, true]) => return Ok(QuitRequest::Sent),
        Some([false, false]) => return Ok(QuitRequest::Impossible),
        None if cfg!(target_os = "linux") => return Ok(QuitRequest::Impossible),
        Some([true, _]) | None => {}
    }
    // A child would end without the browser, which starts it again.
    let main = |pid| main_process(pid).filter(|main| is_of_family(*main));
    if main(process.pid()) != Some(process.pid()) || !is_used_by(lock, process.pid()) {
        return Ok(QuitRequest::Impossible);
    }
    match process.interrupt() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(QuitRequest::Sent),
        other => other?,
    }
    // The next caller must see that it was asked. One that stands still has the
    // signal pending, where a second one changes nothing.
    for _ in 0..100 {
        if !matches!(handlers(), Some([true, _])) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(QuitRequest::Sent)
}

/// While this lives, a browser that starts waits, for up to 20 seconds.
struct SingletonHeld {
    singleton: Singleton,
    leveldb_files: Vec<PathBuf>,
    // Let go last: until then the socket is there.
    _turn: Turn,
}

/// Who holds one of these locks, if it is not us: while a LevelDB is changed, another thread
/// of ours holds its lock.
fn locked_by_another(files: &[PathBuf]) -> Result<Option<InUse>, Error> {
    /// Between two looks our thread may have taken the lock, or let it go.
    const LOOKS: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(5);
    for file in files {
        for look in 1..=LOOKS {
            match platform::lock_holder(file).at(file)? {
                None => break,
                Some(holder) if holder.is_of_open_file && is_open_here(file) => break,
                Some(holder) if holder.is_of_open_file && look < LOOKS => {
                    std::thread::sleep(PAUSE);
                }
                Some(_) => {
                    if let Some(user) = leveldb(std::slice::from_ref(file))? {
                        return Ok(Some(user));
                    }
                    break;
                }
            }
        }
    }
    Ok(None)
}

/// A browser that has waited for 20 seconds kills us and starts, or just starts where it
/// may not: what is begun by then has to be done.
const PATIENCE_OF_A_BROWSER: Duration = Duration::from_secs(15);

impl Held for SingletonHeld {
    fn still_holds(&self) -> Result<(), InUse> {
        let lock = || self.singleton.lock.clone();
        if !self.singleton.is_ours() {
            return Err(InUse::shown_by(Evidence::TakenOver(lock())));
        }
        if let Some(wait) = self.singleton.longest_wait()
            && wait > PATIENCE_OF_A_BROWSER
        {
            let seconds = wait.as_secs();
            let lock = lock();
            let evidence = Evidence::Waiting { lock, seconds };
            return Err(InUse::shown_by(evidence));
        }
        // One that does not heed the link has at least one of these.
        match locked_by_another(&self.leveldb_files) {
            Ok(None) => Ok(()),
            Ok(Some(user)) => Err(user),
            Err(error) => Err(InUse::shown_by(Evidence::Unclear(error.to_string()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::platform::{HeldFile, LockAttempt};

    /// Cookies and site data of a profile are changed side by side.
    #[test]
    fn lock_of_our_other_thread_is_not_a_browsers() {
        const ROUNDS: u32 = 2000;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("LOCK");
        fs::write(&file, "").expect("a file");
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let taker = scope.spawn(|| {
                let mut taken_times = 0;
                while !done.load(Ordering::Relaxed) {
                    // A look at what is open here holds on to a lock that is let go meanwhile.
                    let taken = HeldFile::take(&file).expect("a lock");
                    taken_times += u32::from(matches!(taken, LockAttempt::Ours(_)));
                }
                taken_times
            });
            let files = [file.clone()];
            let others = (0..ROUNDS).map(|_| locked_by_another(&files));
            let wrong = others.filter(|other| !matches!(other, Ok(None))).count();
            done.store(true, Ordering::Relaxed);
            assert_eq!(wrong, 0);
            assert!(taker.join().expect("no panic") > 0);
        });
    }
}
