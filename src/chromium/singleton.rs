//! Chromium's lock on a user-data directory.
//!
//! `chrome/browser/process_singleton_posix.cc` and `_win.cc` in Chromium's source.
//! On POSIX `SingletonLock` is a symbolic link to `host-pid`, which a crash leaves
//! behind; the LevelDB of each profile has a record lock, which no crash does. On
//! Windows `lockfile` is open, and shared for reading only.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::cookies::FILES;
use super::local_state;
use super::occupy::{Leftovers, Singleton, socket_of};
use crate::claim::{Asked, Claim, Held, InUse, Lock, Refused, Unseen, turn_at};
use crate::error::{At, Error, is_absence};
use crate::system::{self, HeldFile, Holder, Place, ProcessHandle, Taken, Turn};

/// Locked by the browser as long as it has the profile loaded.
const LEVELDB_LOCKS: [&str; 2] = ["Local Storage/leveldb/LOCK", "Sync Data/LevelDB/LOCK"];

/// Longer than a browser's children outlive it.
const SHUTDOWN: Duration = Duration::from_secs(60);

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
    place: Place,
}

impl UserDataLock {
    pub fn new(user_data: PathBuf, profiles: Vec<PathBuf>) -> Self {
        Self {
            place: Place::of(&user_data),
            user_data,
            profiles,
        }
    }

    fn lockfile(&self) -> PathBuf {
        self.user_data.join("lockfile")
    }

    /// Who has `lockfile` open as a browser of Windows does.
    fn lockfile_holder(&self) -> Result<Option<InUse>, Error> {
        let lockfile = self.lockfile();
        let mut holder = match system::WINDOWS {
            true => system::lock_holder(&lockfile).at(&lockfile)?,
            false => system::is_kept_from_us(&lockfile)
                .at(&lockfile)?
                .then(Holder::unknown),
        };
        // By the window that its own other instances look for: a backup or a virus scanner
        // may have the file open too.
        if let Some(holder) = &mut holder {
            holder.pid = system::owner_of_message_window(&self.user_data);
        }
        Ok(holder.and_then(|holder| InUse::by_lock(holder, &lockfile)))
    }

    /// What `SingletonLock` says, if it is not stale.
    fn singleton(&self) -> Option<InUse> {
        let link = self.user_data.join("SingletonLock");
        let target = fs::read_link(&link).ok()?;
        // What does not parse, Chromium removes and starts.
        let (host, pid) = target.to_str()?.rsplit_once('-')?;
        let pid: u32 = pid.parse().ok()?;
        if host != system::host_name() {
            return Some(InUse::shown_by(format!(
                "{} names the computer \"{host}\"; if no browser runs there, remove that link",
                link.display()
            )));
        }
        let evidence = || format!("{} names it", link.display());
        if pid != std::process::id()
            && system::is_alive(pid)
            && is_of_family(pid)
            && system::made_by(pid, &link)
        {
            return Some(InUse::by([pid], evidence()));
        }
        // The number may be that of another pid namespace (Snap, Flatpak): whoever
        // answers is there, whatever it is called.
        let listener = system::who_listens(&socket_of(&self.user_data)?)?;
        Some(InUse::by(listener.pid, evidence()))
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

    /// Whether something in the directory was made or removed a moment ago, as the links
    /// are when a browser ends.
    fn was_just_let_go(&self) -> bool {
        let changed = self
            .user_data
            .metadata()
            .and_then(|folder| folder.modified());
        let age = changed
            .ok()
            .and_then(|time| SystemTime::now().duration_since(time).ok());
        age.is_none_or(|age| age < SHUTDOWN)
    }

    fn stores(&self) -> Vec<PathBuf> {
        self.profiles
            .iter()
            .flat_map(|profile| FILES.map(|file| profile.join(file)))
            .collect()
    }

    /// Who lets nobody else open a store, as Chromium does on Windows since version 114.
    fn store_holder(&self) -> Option<InUse> {
        let mut stores = self.stores().into_iter();
        let kept = stores.find(|store| system::is_open_exclusively(store))?;
        InUse::by_lock(Holder::unknown(), &kept)
    }

    /// Who has a store open although nothing locks the directory: children of a browser
    /// that has ended may yet write what they hold.
    fn remnant(&self) -> Option<InUse> {
        let users = system::users_of(&self.stores()).into_iter();
        // The store is open in a child only: a program to look into databases is none.
        let users: Vec<_> = users
            .filter(|pid| is_of_family(*pid) && system::is_child(*pid))
            .collect();
        if users.is_empty() {
            return None;
        }
        let mut user = InUse::by(users, "it has the cookie store open".into());
        user.unseen = Some(Unseen::Remnant);
        Some(user)
    }

    /// Whether a process, or a child of it, really works in this directory: a copy of a
    /// directory has links, too, which lead to the browser of the other one.
    fn is_used_by(&self, pid: u32) -> bool {
        if system::WINDOWS {
            // Its window has the name of the directory.
            return true;
        }
        let is_its = |user: u32| system::main_process(user) == Some(pid);
        let locks = self.leveldb_files();
        locks
            .iter()
            .filter_map(|file| system::lock_holder(file).ok()??.pid)
            .any(is_its)
            || system::users_of(&self.stores()).into_iter().any(is_its)
    }

    /// Says why it may run without a window.
    fn explained(&self, mut user: InUse) -> InUse {
        if user.unseen.is_none() {
            user.unseen = user
                .by
                .first()
                .and_then(|process| unseen(&system::command_line(process.pid), &process.name))
                .or_else(|| {
                    let apps = local_state::background_apps(&self.user_data);
                    (apps == Some(true)).then_some(Unseen::BackgroundApps)
                });
        }
        user
    }
}

/// Whether a process is a browser of this family, by its program.
fn is_of_family(pid: u32) -> bool {
    system::is_called_like(pid, &PROGRAMS)
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
        if let Some(mut holder) = system::lock_holder(file).at(file)? {
            holder.pid = holder
                .pid
                .map(|pid| system::main_process(pid).unwrap_or(pid));
            if let Some(user) = InUse::by_lock(holder, file) {
                return Ok(Some(user));
            }
        }
    }
    Ok(None)
}

impl Lock for UserDataLock {
    fn in_use(&self) -> Result<Option<InUse>, Error> {
        let user = self
            .lockfile_holder()?
            .or_else(|| self.singleton())
            .or_else(|| self.store_holder());
        let user = match user {
            Some(user) => Some(user),
            None => leveldb(&self.leveldb_files())?,
        };
        Ok(user.map(|user| self.explained(user)))
    }

    fn claim(&self) -> Result<Claim, Refused> {
        let lockfile = self.lockfile();
        let leveldb_files = self.leveldb_files();
        if system::WINDOWS {
            return match HeldFile::take(&lockfile).at(&lockfile)? {
                Taken::Theirs => {
                    let user = self.lockfile_holder()?;
                    let user = user.unwrap_or_else(|| InUse::by_passing_lock(&lockfile));
                    Err(Refused::InUse(self.explained(user)))
                }
                Taken::Ours(held) => {
                    self.place.check(&held).at(&lockfile)?;
                    match leveldb(&leveldb_files)?.or_else(|| self.store_holder()) {
                        Some(user) => Err(Refused::InUse(self.explained(user))),
                        None => Ok(Claim::new(LockfileHeld { _file: held })),
                    }
                }
            };
        }
        // Our own lock changes the folder.
        let was_just_let_go = self.was_just_let_go();
        // Two of us would each take the other's fresh links for leftovers, and its socket.
        let turn = turn_at(&self.user_data)?;
        let leftovers = Leftovers::of(&self.user_data);
        if let Some(user) = self.in_use()? {
            return Err(Refused::InUse(user));
        }
        // A browser that was closed has removed its links, and one that has a profile
        // loaded holds its LevelDB. Only without either, or when that was just now and
        // a child may still write what it holds, is it worth a look at what all
        // processes have open.
        if (!leftovers.is_empty() || leveldb_files.is_empty() || was_just_let_go)
            && let Some(user) = self.remnant()
        {
            return Err(Refused::InUse(user));
        }
        let singleton = Singleton::occupy(&self.user_data, &leftovers)?;
        // Who had no link, but is there, was there before us.
        match leveldb(&leveldb_files)? {
            Some(user) => Err(Refused::InUse(self.explained(user))),
            None => Ok(Claim::new(SingletonHeld {
                singleton,
                leveldb_files,
                _turn: turn,
            })),
        }
    }

    fn ask_to_quit(&self, process: &ProcessHandle) -> io::Result<Asked> {
        // Two of us at once: the second time is an order to end without saving.
        let turn = Turn::wait_at(&self.user_data).map_err(io::Error::other)?;
        let Some(_turn) = turn else {
            return Ok(Asked::CannotBe);
        };
        if process.is_quitting() {
            return Ok(Asked::Yes);
        }
        // A child would end without the browser, which starts it again.
        let main = |pid| system::main_process(pid).filter(|main| is_of_family(*main));
        if main(process.pid()) != Some(process.pid()) || !self.is_used_by(process.pid()) {
            return Ok(Asked::CannotBe);
        }
        process.quit_chromium()
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
    // Let go last: until then the socket is there.
    _turn: Turn,
}

/// A browser that has waited for 20 seconds kills us and starts, or just starts where it
/// may not: what is begun by then has to be done.
const PATIENCE_OF_A_BROWSER: Duration = Duration::from_secs(15);

impl Held for SingletonHeld {
    fn still_holds(&self) -> Result<(), InUse> {
        let lock = self.singleton.lock.display();
        if !self.singleton.is_ours() {
            return Err(InUse::shown_by(format!("{lock} was taken over")));
        }
        if let Some(wait) = self.singleton.longest_wait()
            && wait > PATIENCE_OF_A_BROWSER
        {
            let seconds = wait.as_secs();
            let evidence = format!("a browser that starts has waited at {lock} for {seconds} s");
            return Err(InUse::shown_by(evidence));
        }
        // One that does not heed the link has at least this.
        match leveldb(&self.leveldb_files) {
            Ok(None) => Ok(()),
            Ok(Some(user)) => Err(user),
            Err(error) => Err(InUse::shown_by(error.to_string())),
        }
    }
}
