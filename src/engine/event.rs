//! The events that the engine emits while it works: facts, no words.

use std::io;

use super::blockers::{Blocker, Decision};
use super::outcome::{Cleaned, Looked, PutBack};
use crate::browsers::{Found, Job};
use crate::model::item::Match;

/// Something that happened.
pub enum Event<'a> {
    /// The profiles in which the work is about to begin.
    Searched(&'a Found),
    /// How many stores are done, and how many there are.
    Progress {
        /// Stores that are done.
        done: usize,
        /// Stores there are.
        of: usize,
    },
    /// Cookies of a store that match. In a deletion, which has succeeded by then, only
    /// the first ones.
    Matches {
        /// The store.
        job: Job<'a>,
        /// Whether the profile is in use.
        is_open: bool,
        /// The cookies, sorted by host and name.
        matches: &'a [Match],
    },
    /// A store was looked at.
    Looked {
        /// The store.
        job: Job<'a>,
        /// What was found.
        looked: &'a Looked,
    },
    /// A deletion is done with a store.
    Cleaned {
        /// The store.
        job: Job<'a>,
        /// What was done.
        cleaned: &'a Cleaned,
    },
    /// An undo is done with a store.
    Restored(&'a PutBack),
    /// A blocker could not be asked to quit; None: there is no way to ask.
    NotAsked {
        /// The processes.
        blocker: &'a Blocker,
        /// Why; None: there is no way to ask.
        error: Option<io::Error>,
        /// Whether it is waited for anyway.
        is_waited_for: bool,
    },
    /// These are waited for.
    Waiting(&'a [&'a Blocker]),
    /// One of them is gone, or the time is over.
    WaitingEnded,
}

/// Receives the events. Every method is called on the thread that called the engine.
pub trait Observer {
    /// Something happened.
    fn event(&mut self, event: &Event<'_>);

    /// Decides what to do about each of these blockers, in their order; those without a
    /// decision are skipped. Asked once about each, when it is first in the way.
    fn decide(&mut self, blockers: &[Blocker]) -> Vec<Decision> {
        let _ = blockers;
        Vec::new()
    }
}
