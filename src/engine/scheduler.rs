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
    /// None until the observer is asked.
    decision: Option<Decision>,
    /// When waiting ends; counted from when it first began.
    until: Option<Instant>,
    has_waited: bool,
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
    /// `decision`: what is done about blockers; None asks the observer, when
    /// that is the first time somebody is.
    pub fn new(decision: Option<Decision>, cancel: &'a Cancel) -> Self {
        cancel.wakes_this_thread();
        Self {
            cancel,
            decision,
            until: None,
            has_waited: false,
            asked: HashSet::new(),
            hopeless: HashSet::new(),
        }
    }

    /// Whether a blocker was waited for, or asked to quit.
    pub fn has_waited(&self) -> bool {
        self.has_waited
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
        let decision = match self.decision {
            Some(decision) => decision,
            None => *self.decision.insert(observer.decide(blockers)),
        };
        let at_most = match decision {
            Decision::Skip => return None,
            Decision::Wait(at_most) | Decision::AskToQuit { at_most, .. } => at_most,
        };
        let is_first = !std::mem::replace(&mut self.has_waited, true);
        if is_first {
            self.until = at_most.and_then(|time| Instant::now().checked_add(time));
        } else if self.until.is_some_and(|until| Instant::now() >= until) {
            // What looked free may have been refused anyway, again and again.
            return None;
        }
        if let Decision::AskToQuit { or_wait, .. } = decision {
            for blocker in blockers {
                self.ask_to_quit(blocker, or_wait, observer);
            }
        }
        let hopeful: Vec<_> = blockers
            .iter()
            .filter(|blocker| !self.is_hopeless(blocker))
            .collect();
        if hopeful.is_empty() {
            return None;
        }
        observer.event(&Event::Waiting(&hopeful));
        let guards: Vec<_> = hopeful.iter().map(|blocker| &*blocker.guard).collect();
        let free = until_one_is_free(&guards, self.until, self.cancel);
        observer.event(&Event::WaitingEnded);
        free.map(|index| Arc::clone(&hopeful[index].guard))
    }

    /// Whether it can neither be asked nor waited for.
    fn is_hopeless(&self, blocker: &Blocker) -> bool {
        let by = &blocker.user.by;
        match self.decision {
            Some(Decision::AskToQuit { or_wait, .. }) if by.is_empty() => !or_wait,
            _ if by.is_empty() => false,
            _ => by
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
