//! The only loop that defers what is in use, waits, and tries again.

use std::collections::HashSet;
use std::ptr;
use std::sync::Arc;
use std::time::Instant;

use super::blockers::{Blocker, Decision};
use super::cancel::Cancel;
use super::event::{Event, Observer};
use super::waiting::until_one_is_free;
use crate::store::claim::{Guard, QuitRequest};

/// What is done in one run about those who are in the way.
pub struct Scheduler<'a> {
    cancel: &'a Cancel,
    /// What is done about all of them; None where the observer is asked.
    decision: Option<Decision>,
    /// What the observer said of each.
    decisions: Vec<(Arc<Guard>, Decision)>,
    /// When waiting first began.
    began: Option<Instant>,
    /// Processes that were asked to quit, or could not be.
    asked: HashSet<u32>,
    /// Processes that could not be asked, and are not waited for.
    hopeless: HashSet<u32>,
}

/// One pass over the work.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// The lock that has become free; None in the first pass, which is over everything.
    pub freed: Option<&'a Guard>,
    /// Whether there may be another pass for what is in use. If not, it is reported.
    pub may_defer: bool,
}

impl Pass<'_> {
    /// Whether this is what was waited for.
    pub fn is_about(&self, guard: &Guard) -> bool {
        self.freed.is_none_or(|freed| ptr::eq(freed, guard))
    }
}

impl<'a> Scheduler<'a> {
    /// `decision`: what is done about all blockers; None asks the observer about each, when
    /// it is the first time in the way.
    pub fn new(decision: Option<Decision>, cancel: &'a Cancel) -> Self {
        cancel.wakes_this_thread();
        Self {
            cancel,
            decision,
            decisions: Vec::new(),
            began: None,
            asked: HashSet::new(),
            hopeless: HashSet::new(),
        }
    }

    /// Whether a blocker was waited for, or asked to quit.
    pub fn has_waited(&self) -> bool {
        self.began.is_some()
    }

    /// Does not wait any more from now on.
    pub fn stop_waiting(&mut self) {
        self.decision = Some(Decision::Skip);
    }

    /// Makes passes until no blocker is left, none can be waited for, the time is over, or it is
    /// cancelled. `pass` does what it can, and gives everybody who is still in the way.
    pub fn run(
        &mut self,
        observer: &mut dyn Observer,
        mut pass: impl FnMut(&mut dyn Observer, Pass<'_>) -> Vec<Blocker>,
    ) {
        let mut freed: Option<Arc<Guard>> = None;
        loop {
            let blockers = pass(
                observer,
                Pass {
                    freed: freed.as_deref(),
                    may_defer: self.decision != Some(Decision::Skip),
                },
            );
            if blockers.is_empty() || self.cancel.is_cancelled() {
                return;
            }
            freed = self.next_free(&blockers, observer);
            if freed.is_none() {
                return;
            }
        }
    }

    /// Does what was decided until one of these is gone; None when there is no hope left,
    /// or no time.
    fn next_free(
        &mut self,
        blockers: &[Blocker],
        observer: &mut dyn Observer,
    ) -> Option<Arc<Guard>> {
        self.decide(blockers, observer);
        for blocker in blockers {
            if let Decision::AskToQuit { or_wait, .. } = self.decision_about(blocker) {
                self.ask_to_quit(blocker, or_wait, observer);
            }
        }
        loop {
            let hopeful: Vec<_> = blockers
                .iter()
                .filter(|blocker| !self.is_hopeless(blocker))
                .collect();
            let deadlines = hopeful.iter().filter_map(|blocker| self.deadline(blocker));
            let until = deadlines.min();
            if hopeful.is_empty() || self.cancel.is_cancelled() {
                return None;
            }
            self.began.get_or_insert_with(Instant::now);
            observer.event(&Event::Waiting(&hopeful));
            let guards: Vec<_> = hopeful.iter().map(|blocker| &*blocker.guard).collect();
            let free = until_one_is_free(&guards, until, self.cancel);
            observer.event(&Event::WaitingEnded);
            // If not, somebody's time is over, and the others are waited for.
            if let Some(index) = free {
                return Some(Arc::clone(&hopeful[index].guard));
            }
        }
    }

    /// Asks the observer about those that it was not asked about before.
    fn decide(&mut self, blockers: &[Blocker], observer: &mut dyn Observer) {
        if self.decision.is_some() {
            return;
        }
        let is_new = |blocker: &&Blocker| self.said_about(blocker).is_none();
        let new: Vec<_> = blockers.iter().filter(is_new).cloned().collect();
        if new.is_empty() {
            return;
        }
        let decisions = observer.decide(&new);
        let guards = new.into_iter().map(|blocker| blocker.guard);
        self.decisions.extend(guards.zip(decisions));
    }

    fn said_about(&self, blocker: &Blocker) -> Option<Decision> {
        let mut decisions = self.decisions.iter();
        let own = decisions.find(|(guard, _)| Arc::ptr_eq(guard, &blocker.guard));
        own.map(|(_, decision)| *decision)
    }

    fn decision_about(&self, blocker: &Blocker) -> Decision {
        let decision = self.decision.or_else(|| self.said_about(blocker));
        decision.unwrap_or(Decision::Skip)
    }

    /// When it is not waited for any more; None: never.
    fn deadline(&self, blocker: &Blocker) -> Option<Instant> {
        let began = self.began.unwrap_or_else(Instant::now);
        match self.decision_about(blocker) {
            Decision::Skip => Some(began),
            Decision::Wait(at_most) | Decision::AskToQuit { at_most, .. } => {
                at_most.and_then(|time| began.checked_add(time))
            }
        }
    }

    /// Whether it is not waited for: it is to be skipped, its time is over, or it could not
    /// be asked.
    fn is_hopeless(&self, blocker: &Blocker) -> bool {
        // What looked free may have been refused anyway, again and again.
        let is_late = self.began.is_some()
            && self
                .deadline(blocker)
                .is_some_and(|deadline| Instant::now() >= deadline);
        let by = &blocker.user.by;
        match self.decision_about(blocker) {
            Decision::Skip => true,
            _ if is_late => true,
            Decision::AskToQuit { or_wait, .. } if by.is_empty() => !or_wait,
            Decision::Wait(_) => false,
            Decision::AskToQuit { .. } => by
                .iter()
                .all(|process| self.hopeless.contains(&process.pid)),
        }
    }

    fn ask_to_quit(&mut self, blocker: &Blocker, or_wait: bool, observer: &mut dyn Observer) {
        let by = || blocker.user.by.iter().map(|process| process.pid);
        if by().all(|pid| self.asked.contains(&pid)) {
            return;
        }
        let error = match blocker.guard.ask_to_quit(&mut self.asked) {
            Ok(QuitRequest::Sent) => return,
            Ok(QuitRequest::Impossible) => None,
            Err(error) => Some(error),
        };
        self.asked.extend(by());
        if !or_wait {
            self.hopeless.extend(by());
        }
        observer.event(&Event::NotAsked {
            blocker,
            error,
            is_waited_for: or_wait,
        });
    }
}
