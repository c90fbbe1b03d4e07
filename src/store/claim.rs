//! Whether a profile is in use, by whom, and keeping it as it is while we write.

use std::collections::HashSet;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::model::error::{At, Error, Fault};
use crate::model::evidence::Evidence;
pub(crate) use crate::platform::QuitRequest;
use crate::platform::{self, Holder, ProcessHandle, Turn, TurnOf};

/// A program that has a profile open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The name of its program.
    pub name: String,
    /// When it was started.
    pub since: Option<Timestamp>,
}

/// A profile is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// Empty when it is in use, but not by a process that can be named from here.
    pub by: Vec<Process>,
    /// What shows it.
    pub evidence: Evidence,
    /// Why no window of it may be seen.
    pub unseen: Option<Unseen>,
}

/// Why a program may run without a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// Chrome's and Edge's "continue running background apps".
    BackgroundApps,
    /// Edge's "startup boost".
    StartupBoost,
    /// A background task of Firefox, by its name.
    BackgroundTask(String),
    /// Another program has started it so.
    Headless,
    /// Processes that a browser which has ended has yet to take along.
    Remnant,
    /// Another run of this program.
    Cookieclean,
}

impl Process {
    /// The process of this number, with its name if it can be read.
    pub(crate) fn of(pid: u32) -> Self {
        Self {
            pid,
            name: platform::name_of(pid).unwrap_or_else(|| "a process".into()),
            since: platform::started(pid).and_then(|time| Timestamp::try_from(time).ok()),
        }
    }

    /// Whether it is another run of this program.
    pub(crate) fn is_cookieclean(&self) -> bool {
        self.name.trim_end_matches(".exe") == env!("CARGO_PKG_NAME")
            && platform::is_trusted(self.pid)
    }
}

impl InUse {
    /// A use by an unknown process, with the evidence for it.
    pub(crate) fn shown_by(evidence: Evidence) -> Self {
        Self {
            by: Vec::new(),
            evidence,
            unseen: None,
        }
    }

    /// These processes, shown by this.
    pub(crate) fn by(pids: impl IntoIterator<Item = u32>, evidence: Evidence) -> Self {
        Self::by_processes(pids.into_iter().map(Process::of).collect(), evidence)
    }

    fn by_processes(by: Vec<Process>, evidence: Evidence) -> Self {
        let ours = !by.is_empty() && by.iter().all(Process::is_cookieclean);
        Self {
            unseen: ours.then_some(Unseen::Cookieclean),
            by,
            evidence,
        }
    }

    /// The holder of a lock on this file. None when the lock was released meanwhile.
    pub(crate) fn by_lock(holder: Holder, file: &Path) -> Option<Self> {
        if holder.is_of_open_file {
            return Self::by_open_file_lock(file);
        }
        let evidence = Evidence::Locked(file.to_owned());
        // The lock names no process: fall back to the processes that have the file open.
        let pids = match holder.pid {
            Some(pid) => vec![pid],
            None => platform::users_of(&[file.to_owned()]),
        };
        let mut user = Self::by(pids, evidence);
        if holder.pid.is_some_and(|pid| !platform::is_alive(pid)) {
            // One that ends keeps its locks until the last of its threads has ended, and
            // looks dead before that.
            user.unseen = Some(Unseen::Remnant);
        }
        Some(user)
    }

    /// The holder of a lock of the kind that we take, which names no process. Any process that
    /// may read the file can take one and hold it for ever, so only another run of this
    /// program is waited for.
    fn by_open_file_lock(file: &Path) -> Option<Self> {
        /// The holder that is found may have let go meanwhile, and another taken it.
        const LOOKS: u32 = 4;
        let evidence = Evidence::Locked(file.to_owned());
        let mut by = Vec::new();
        for _ in 0..LOOKS {
            let users = platform::users_of(&[file.to_owned()]);
            by = users.into_iter().map(Process::of).collect();
            // The others who have it open look at it, as we do.
            if by.iter().any(Process::is_cookieclean) {
                by.retain(Process::is_cookieclean);
                break;
            }
            if !platform::OPEN_FILES_ARE_SEEN {
                // Open files do not show their processes there.
                return Some(Self {
                    unseen: Some(Unseen::Cookieclean),
                    ..Self::by_processes(by, evidence)
                });
            }
            if matches!(platform::lock_holder(file), Ok(None)) {
                return None;
            }
        }
        Some(Self::by_processes(by, evidence))
    }

    /// A lock on this file that is usually released by now: another try will
    /// tell.
    pub(crate) fn by_passing_lock(file: &Path) -> Self {
        Self {
            unseen: Some(Unseen::Remnant),
            ..Self::shown_by(Evidence::Locked(file.to_owned()))
        }
    }

    /// This very run, for another store of the folder.
    pub(crate) fn by_this_run(folder: &Path) -> Self {
        let evidence = Evidence::BeingWorkedOn(folder.to_owned());
        Self {
            unseen: Some(Unseen::Cookieclean),
            ..Self::by([std::process::id()], evidence)
        }
    }

    /// How long to wait for it silently; None unless it is over soon:
    /// a claim waits for that.
    fn passes_in(&self) -> Option<Duration> {
        match self.unseen.as_ref()? {
            Unseen::BackgroundTask(_) => Some(Duration::from_millis(2500)),
            Unseen::Remnant => Some(Duration::from_secs(5)),
            Unseen::Cookieclean => Some(Duration::from_secs(10)),
            Unseen::BackgroundApps | Unseen::StartupBoost | Unseen::Headless => None,
        }
    }

    /// Whether nothing is in its memory that it could yet write: it is another run of
    /// this program, or a task of Firefox that opens no page.
    pub fn adds_nothing(&self) -> bool {
        matches!(
            self.unseen,
            Some(Unseen::Cookieclean | Unseen::BackgroundTask(_))
        )
    }

    /// Whether it is another run of this program.
    pub fn is_cookieclean(&self) -> bool {
        self.unseen == Some(Unseen::Cookieclean)
    }
}

/// The lock by which a browser keeps others out of its profile.
pub(crate) trait Lock: Send + Sync {
    /// Looks who uses the profile, and changes nothing.
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    fn in_use(&self) -> Result<Option<InUse>, Error>;

    /// Takes the profile, until the claim is dropped.
    ///
    /// # Errors
    /// When a browser has it, or the lock cannot be taken.
    fn claim(&self) -> Result<Claim, Refused>;

    /// The files that a run of this program has left which was killed while it had a
    /// claim. The next claim takes them along.
    fn leftovers(&self) -> Vec<PathBuf>;

    /// Asks a process that uses the profile to quit, the way a person would; never
    /// ends it.
    ///
    /// # Errors
    /// When it could not be asked, although there is a way.
    fn ask_to_quit(&self, process: &ProcessHandle) -> io::Result<QuitRequest>;
}

/// Takes the turn among the runs of this program that want to take a folder.
///
/// # Errors
/// When it is another one's, or cannot be taken.
pub(crate) fn turn_at(folder: &Path) -> Result<Turn, Refused> {
    Err(Refused::InUse(match Turn::at(folder)? {
        TurnOf::Us(turn) => return Ok(turn),
        TurnOf::ThisRun => InUse::by_this_run(folder),
        TurnOf::Another(file) => platform::lock_holder(&file)
            .at(&file)?
            .and_then(|holder| InUse::by_lock(holder, &file))
            .unwrap_or_else(|| InUse::by_passing_lock(&file)),
    }))
}

/// Why a profile could not be claimed.
#[derive(Debug)]
pub enum Refused {
    InUse(InUse),
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The profile is ours while this lives. Only a lock makes one, and whoever
/// writes into a store has to show it.
pub struct Claim(Box<dyn Held>);

impl Claim {
    pub(crate) fn new(held: impl Held + 'static) -> Self {
        Self(Box::new(held))
    }

    /// Asks once more: right before a commit, and when all is written.
    ///
    /// # Errors
    /// When a browser has begun to use the profile anyway, or that cannot be found out.
    pub fn still_holds(&self) -> Result<(), InUse> {
        self.0.still_holds()
    }

    /// That the profile was taken over while something was written. A browser that did
    /// has read what was there before, and writes it back.
    pub(crate) fn lost(&self) -> Option<Fault> {
        let user = self.still_holds().err()?;
        Some(Fault::TakenOver(user.evidence))
    }
}

/// What a claim holds on to.
pub(crate) trait Held: Send + Sync {
    fn still_holds(&self) -> Result<(), InUse>;
}

/// A lock that several stores share: it is taken once, and let go when the last
/// of them is done.
pub struct Guard {
    lock: Box<dyn Lock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    claim: Weak<Claim>,
    seen: Option<Option<InUse>>,
    /// Who was waited for in vain: the other stores need not wait as long again.
    refused: Option<InUse>,
}

/// Between two tries to claim what will soon be free.
const PAUSE: Duration = Duration::from_millis(25);

impl Guard {
    pub(crate) fn new(lock: impl Lock + 'static) -> Self {
        Self {
            lock: Box::new(lock),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who uses the profile, checked once for all of its stores. None when it is free, or
    /// claimed by this run for another store. A change needs a [claim](Guard::claim), which
    /// checks again.
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    pub fn in_use(&self) -> Result<Option<InUse>, Error> {
        let mut state = self.state();
        if let Some(seen) = &state.seen {
            return Ok(seen.clone());
        }
        if state.claim.strong_count() > 0 {
            return Ok(None);
        }
        let now = self.lock.in_use()?;
        Ok(state.seen.insert(now).clone())
    }

    /// As [`Guard::in_use`], but as it is now.
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    pub fn in_use_now(&self) -> Result<Option<InUse>, Error> {
        let mut state = self.state();
        state.seen = None;
        state.refused = None;
        drop(state);
        self.in_use()
    }

    /// The files that a run of this program has left which was killed while it had a
    /// claim. The next claim takes them along.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        self.lock.leftovers()
    }

    /// Takes the profile until the claim is dropped; stores of one profile share a claim.
    /// Waits for what is over in seconds, unless it is interrupted.
    ///
    /// # Errors
    /// When a browser has the profile, or the lock cannot be taken.
    pub fn claim(&self, interrupted: &dyn Fn() -> bool) -> Result<Shared<'_>, Refused> {
        let mut state = self.state();
        let claim = match state.claim.upgrade() {
            Some(claim) => claim,
            None => {
                if let Some(user) = &state.refused {
                    return Err(Refused::InUse(user.clone()));
                }
                let claim = self.claim_patiently(interrupted);
                if let Err(Refused::InUse(user)) = &claim {
                    state.refused = Some(user.clone());
                }
                let claim = Arc::new(claim?);
                state.claim = Arc::downgrade(&claim);
                claim
            }
        };
        Ok(Shared {
            guard: self,
            claim: Some(claim),
        })
    }

    fn claim_patiently(&self, interrupted: &dyn Fn() -> bool) -> Result<Claim, Refused> {
        let since = Instant::now();
        loop {
            match self.lock.claim() {
                Err(Refused::InUse(user))
                    if user.passes_in().is_some_and(|time| since.elapsed() < time)
                        && !interrupted() =>
                {
                    thread::sleep(PAUSE);
                }
                other => return other,
            }
        }
    }

    /// Asks whoever uses the profile now to quit, the way a person would. Whether they
    /// do shows later. Who was asked is noted in `already`, and never asked again: some
    /// take the second time for an order to end at once.
    ///
    /// # Errors
    /// When they could not be asked, although there is a way.
    pub fn ask_to_quit(&self, already: &mut HashSet<u32>) -> io::Result<QuitRequest> {
        let mut asked = QuitRequest::Impossible;
        let users = |error: Error| io::Error::other(error.to_string());
        let by = |user: InUse| user.by.into_iter().map(|process| process.pid);
        let Some(first) = self.in_use_now().map_err(users)? else {
            return Ok(QuitRequest::Sent);
        };
        for pid in by(first) {
            if already.contains(&pid) {
                asked = QuitRequest::Sent;
                continue;
            }
            let process = match ProcessHandle::open(pid) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    asked = QuitRequest::Sent;
                    continue;
                }
                other => other?,
            };
            // What was opened is a user only if there still is one of this number.
            let uses_it = || -> io::Result<bool> {
                let now = self.in_use_now().map_err(users)?;
                Ok(now.into_iter().flat_map(by).any(|user| user == pid))
            };
            if !uses_it()? {
                asked = QuitRequest::Sent;
            } else if self.lock.ask_to_quit(&process)? == QuitRequest::Sent {
                already.insert(pid);
                asked = QuitRequest::Sent;
            } else if !uses_it()? {
                // It was about to end, for another reason.
                asked = QuitRequest::Sent;
            }
        }
        Ok(asked)
    }
}

/// A share in the claim to a profile.
pub struct Shared<'a> {
    guard: &'a Guard,
    claim: Option<Arc<Claim>>,
}

impl Deref for Shared<'_> {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        self.claim.as_deref().expect("taken only when dropped")
    }
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        // Under the lock: whoever looks meanwhile must not take us for a browser.
        let _state = self.guard.state();
        self.claim = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::fuzzing::tools::claim;

    /// A lock of which a test says who holds it.
    #[derive(Default)]
    struct Fake {
        user: Mutex<Option<InUse>>,
        looks: AtomicU32,
        claims: AtomicU32,
        asked: AtomicU32,
        /// Looks after which the user is gone; 0: never.
        leaves_after: u32,
        is_deaf: bool,
    }

    impl Fake {
        fn held_by(user: InUse) -> Self {
            Self {
                user: Mutex::new(Some(user)),
                ..Self::default()
            }
        }

        fn user(&self) -> Option<InUse> {
            self.user.lock().expect("no test panics with it").clone()
        }
    }

    impl Lock for Arc<Fake> {
        fn in_use(&self) -> Result<Option<InUse>, Error> {
            let looks = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
            if looks == self.leaves_after {
                *self.user.lock().expect("no test panics with it") = None;
            }
            Ok(self.user())
        }

        fn claim(&self) -> Result<Claim, Refused> {
            self.claims.fetch_add(1, Ordering::Relaxed);
            match self.user() {
                Some(user) => Err(Refused::InUse(user)),
                None => Ok(claim()),
            }
        }

        fn ask_to_quit(&self, _: &ProcessHandle) -> io::Result<QuitRequest> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(match self.is_deaf {
                true => QuitRequest::Impossible,
                false => QuitRequest::Sent,
            })
        }

        fn leftovers(&self) -> Vec<PathBuf> {
            Vec::new()
        }
    }

    fn guard(fake: Fake) -> (Guard, Arc<Fake>) {
        let fake = Arc::new(fake);
        (Guard::new(Arc::clone(&fake)), fake)
    }

    fn count(number: &AtomicU32) -> u32 {
        number.load(Ordering::Relaxed)
    }

    fn this_process() -> InUse {
        InUse {
            unseen: None,
            ..InUse::by([std::process::id()], Evidence::StoreOpen)
        }
    }

    #[test]
    fn stores_of_a_profile_share_one_claim() {
        let (guard, fake) = guard(Fake::default());
        let first = guard.claim(&|| false).expect("it is free");
        let second = guard.claim(&|| false).expect("it is ours");
        assert_eq!(count(&fake.claims), 1);
        // Our own claim is not a use by a browser.
        assert_eq!(guard.in_use().expect("a look"), None);
        assert_eq!(count(&fake.looks), 0);
        drop(first);
        drop(second);
        drop(guard.claim(&|| false).expect("it is free again"));
        assert_eq!(count(&fake.claims), 2);
    }

    #[test]
    fn a_refusal_is_remembered_until_somebody_looks_again() {
        let (guard, fake) = guard(Fake::held_by(this_process()));
        for _ in 0..3 {
            assert!(matches!(guard.claim(&|| false), Err(Refused::InUse(_))));
        }
        assert_eq!(count(&fake.claims), 1);
        assert!(guard.in_use_now().expect("a look").is_some());
        assert!(matches!(guard.claim(&|| false), Err(Refused::InUse(_))));
        assert_eq!(count(&fake.claims), 2);
    }

    #[test]
    fn a_look_is_remembered_until_a_new_one_is_asked_for() {
        let (guard, fake) = guard(Fake::held_by(this_process()));
        for _ in 0..3 {
            assert!(guard.in_use().expect("a look").is_some());
        }
        assert_eq!(count(&fake.looks), 1);
        *fake.user.lock().expect("no test panics with it") = None;
        assert!(guard.in_use().expect("a look").is_some());
        assert_eq!(guard.in_use_now().expect("a look"), None);
    }

    #[test]
    fn brief_uses_are_waited_for_and_an_interruption_ends_that() {
        let remnant = InUse {
            unseen: Some(Unseen::Remnant),
            ..this_process()
        };
        let (guard, fake) = guard(Fake::held_by(remnant));
        let interrupted = || count(&fake.claims) >= 3;
        assert!(matches!(guard.claim(&interrupted), Err(Refused::InUse(_))));
        assert_eq!(count(&fake.claims), 3);
    }

    #[test]
    fn only_runs_and_tasks_without_pages_add_nothing() {
        let adds_nothing = |unseen| {
            InUse {
                unseen,
                ..this_process()
            }
            .adds_nothing()
        };
        assert!(adds_nothing(Some(Unseen::Cookieclean)));
        assert!(adds_nothing(Some(Unseen::BackgroundTask("x".into()))));
        assert!(!adds_nothing(Some(Unseen::Headless)));
        assert!(!adds_nothing(Some(Unseen::Remnant)));
        assert!(!adds_nothing(None));
    }

    /// Whatever the name of the program is that this is a part of.
    #[test]
    fn this_run_is_known_as_cookieclean() {
        let user = InUse::by_this_run(Path::new("/a/folder"));
        assert!(user.is_cookieclean() && user.adds_nothing());
        let pids: Vec<_> = user.by.iter().map(|process| process.pid).collect();
        assert_eq!(pids, [std::process::id()]);
        assert!(!this_process().is_cookieclean());
    }

    #[test]
    fn a_process_is_asked_to_quit_once() {
        let (guard, fake) = guard(Fake::held_by(this_process()));
        let mut already = HashSet::new();
        for _ in 0..2 {
            let asked = guard.ask_to_quit(&mut already).expect("it was asked");
            assert_eq!(asked, QuitRequest::Sent);
        }
        assert_eq!(count(&fake.asked), 1);
        assert_eq!(already, HashSet::from([std::process::id()]));
    }

    #[test]
    fn a_process_that_has_just_let_go_is_not_asked() {
        let (guard, fake) = guard(Fake {
            leaves_after: 2,
            ..Fake::held_by(this_process())
        });
        let asked = guard.ask_to_quit(&mut HashSet::new()).expect("a look");
        assert_eq!((asked, count(&fake.asked)), (QuitRequest::Sent, 0));
    }

    /// It had begun to end, for another reason.
    #[test]
    fn a_process_that_ends_while_it_is_asked_needs_no_way_to_be_asked() {
        for (leaves_after, expected) in [(3, QuitRequest::Sent), (0, QuitRequest::Impossible)] {
            let (guard, fake) = guard(Fake {
                leaves_after,
                is_deaf: true,
                ..Fake::held_by(this_process())
            });
            let asked = guard.ask_to_quit(&mut HashSet::new()).expect("a look");
            assert_eq!((asked, count(&fake.asked)), (expected, 1));
        }
    }

    #[test]
    fn a_process_that_has_ended_is_not_asked() {
        let mut child = std::process::Command::new(std::env::current_exe().expect("this test"));
        child.arg("--list").stdout(std::process::Stdio::null());
        let mut child = child.spawn().expect("a process");
        let pid = child.id();
        child.wait().expect("its end");
        drop(child);
        let (guard, fake) = guard(Fake::held_by(InUse {
            unseen: None,
            ..InUse::by([pid], Evidence::StoreOpen)
        }));
        let asked = guard.ask_to_quit(&mut HashSet::new()).expect("a look");
        assert_eq!((asked, count(&fake.asked)), (QuitRequest::Sent, 0));
    }

    #[test]
    fn nobody_needs_to_be_asked_when_nobody_is_there() {
        let (guard, fake) = guard(Fake::default());
        let asked = guard.ask_to_quit(&mut HashSet::new()).expect("a look");
        assert_eq!((asked, count(&fake.asked)), (QuitRequest::Sent, 0));
    }

    #[test]
    fn a_process_that_cannot_be_named_cannot_be_asked() {
        let (guard, _) = guard(Fake::held_by(InUse::shown_by(Evidence::StoreOpen)));
        let asked = guard.ask_to_quit(&mut HashSet::new()).expect("a look");
        assert_eq!(asked, QuitRequest::Impossible);
    }
}
