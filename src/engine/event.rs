//! What the engine tells while it works: facts, no words.

use std::io;

use super::blockers::{Blocker, Decision};
use super::delete::Cleaned;
use super::list::Looked;
use crate::browsers::{Found, Job};
use crate::model::item::Match;
use crate::undo::PutBack;

/// Something that happened.
pub enum Event<'a> {
    /// The profiles in which the work is about to begin.
    Searched(&'a Found),
    /// How many stores are done, and how many there are.
    Progress { done: usize, of: usize },
    /// Cookies of a store that are meant. Of a deletion, which has then succeeded, only
    /// the first ones.
    Matches {
        job: Job<'a>,
        /// Whether the profile is in use.
        is_open: bool,
        matches: &'a [Match],
    },
    /// A store was looked at.
    Looked { job: Job<'a>, looked: &'a Looked },
    /// A deletion is done with a store.
    Cleaned { job: Job<'a>, cleaned: &'a Cleaned },
    /// An undo is done with a store.
    Restored(&'a PutBack),
    /// Somebody could not be asked to quit; None: there is no way to ask.
    NotAsked {
        blocker: &'a Blocker,
        error: Option<io::Error>,
        /// Whether it is waited for all the same.
        is_waited_for: bool,
    },
    /// These are waited for.
    Waiting(&'a [&'a Blocker]),
    /// One of them is gone, or the time is over.
    WaitingEnded,
}

/// Who is told. All of it is called on the thread that called the engine.
pub trait Observer {
    fn event(&mut self, event: &Event<'_>);

    /// What is to be done about these. Asked once, when first somebody is in the way.
    fn decide(&mut self, blockers: &[Blocker]) -> Decision {
        let _ = blockers;
        Decision::Skip
    }
}
