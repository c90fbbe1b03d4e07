//! Putting back what a deletion removed.

use std::sync::Arc;

use super::blockers::{self, Blocker};
use super::cancel::Cancel;
use super::event::{Event, Observer};
use super::scheduler::Scheduler;
use super::summary::Summary;
use crate::undo::{Blocked, PutBack, PutBackOutcome, Taken};

impl From<&Blocked> for Blocker {
    fn from(blocked: &Blocked) -> Self {
        Self {
            browser: blocked.browser,
            profiles: Vec::new(),
            cookies: 0,
            user: blocked.user.clone(),
            guard: Arc::clone(&blocked.guard),
        }
    }
}

/// Puts back what there are copies of, what is free first, then whatever gets out of the
/// way; the observer hears of each store. Problems of the copies as a whole are in the
/// summary.
pub fn restore(
    taken: Taken,
    cancel: &Cancel,
    scheduler: &mut Scheduler<'_>,
    observer: &mut dyn Observer,
) -> Summary {
    let mut summary = Summary::default();
    let mut finish = |observer: &mut dyn Observer, back: &PutBack| {
        summary.restored(back);
        observer.event(&Event::Restored(back));
    };
    let mut result = Ok(());
    let mut deferred = Vec::new();
    scheduler.run(observer, |observer, pass| {
        // What is back has no copy any more, so that another pass has only the rest. What
        // failed is tried again with it.
        deferred.clear();
        result = taken.restore(&|| cancel.is_cancelled(), |back| match back.outcome {
            PutBackOutcome::InUse(_) | PutBackOutcome::Failed(_) if pass.may_defer => {
                deferred.push(back);
            }
            _ => finish(observer, &back),
        });
        let mut all = Vec::new();
        for back in deferred.iter().filter(|_| result.is_ok()) {
            if let PutBackOutcome::InUse(blocked) = &back.outcome {
                blockers::add(&mut all, blocked.into());
            }
        }
        all
    });
    for mut back in deferred {
        if cancel.is_cancelled() && matches!(back.outcome, PutBackOutcome::InUse(_)) {
            back.outcome = PutBackOutcome::Interrupted;
        }
        finish(observer, &back);
    }
    summary.problems.extend(result.err().or(taken.end().err()));
    summary.failed += summary.problems.len();
    summary.has_waited = scheduler.has_waited();
    summary.is_cancelled = cancel.is_cancelled();
    summary
}
