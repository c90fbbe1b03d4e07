//! Whether a profile is in use, by whom, and keeping it as it is while we write.

use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use crate::error::Error;
use crate::system::{self, Holder};

/// A program that has a profile open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    pub name: String,
}

/// A profile is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// Empty when it is in use, but not by a process that can be named from here.
    pub by: Vec<Process>,
    /// What shows it, for a person: "its SingletonLock names another computer".
    pub evidence: String,
}

impl Process {
    /// A process by its number, called as well as can be.
    pub(crate) fn of(pid: u32) -> Self {
        let name = system::name_of(pid).unwrap_or_else(|| "a process".into());
        Self { pid, name }
    }
}

impl InUse {
    /// Somebody holds a lock on this file.
    pub(crate) fn by_lock(holder: Holder, file: &Path) -> Self {
        Self {
            by: holder.pid.map(Process::of).into_iter().collect(),
            evidence: format!("{} is locked", file.display()),
        }
    }
}

/// The lock by which a browser keeps others out of its profile.
pub trait Lock: Send + Sync {
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

/// The profile is ours while this lives. Only a [`Lock`] makes one, and whoever
/// writes into a store has to show it.
pub struct Claim(Box<dyn Held>);

impl Claim {
    pub(crate) fn new(held: impl Held + 'static) -> Self {
        Self(Box::new(held))
    }

    /// Asks once more, right before a commit.
    ///
    /// # Errors
    /// When a browser has begun to use the profile all the same.
    pub fn still_holds(&self) -> Result<(), InUse> {
        self.0.still_holds()
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
    claim: Mutex<Weak<Claim>>,
    seen: OnceLock<Option<InUse>>,
}

impl Guard {
    pub fn new(lock: impl Lock + 'static) -> Self {
        Self {
            lock: Box::new(lock),
            claim: Mutex::default(),
            seen: OnceLock::new(),
        }
    }

    /// As [`Lock::in_use`], looked at once for all stores: whoever changes something
    /// has to [claim](Guard::claim) it, which looks again. That we hold it ourselves for
    /// another store is no use.
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    pub fn in_use(&self) -> Result<Option<InUse>, Error> {
        let held = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = self.seen.get() {
            return Ok(seen.clone());
        }
        if held.strong_count() > 0 {
            return Ok(None);
        }
        let now = self.lock.in_use()?;
        Ok(self.seen.get_or_init(|| now).clone())
    }

    /// As [`Lock::claim`], or the claim that another store of the profile holds.
    ///
    /// # Errors
    /// When a browser has the profile, or the lock cannot be taken.
    pub fn claim(&self) -> Result<Shared<'_>, Refused> {
        let mut held = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        let claim = match held.upgrade() {
            Some(claim) => claim,
            None => {
                let claim = Arc::new(self.lock.claim()?);
                *held = Arc::downgrade(&claim);
                claim
            }
        };
        Ok(Shared {
            guard: self,
            claim: Some(claim),
        })
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
        let _held = self
            .guard
            .claim
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.claim = None;
    }
}
