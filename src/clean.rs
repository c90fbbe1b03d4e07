//! The main job: look, claim, copy, delete, verify.
//!
//! Looking and deleting are one path: [`look`] stops before the claim.

use std::num::NonZeroUsize;
use std::thread;

use crate::claim::{InUse, Refused};
use crate::cookie::{Cookie, Query};
use crate::discover::Job;
use crate::error::{Error, Fault};
use crate::parallel::{Event, in_order};
use crate::store::Counts;
use crate::system;
use crate::undo::Deletion;

/// How many stores are worked on at once. More than there are processors, since
/// a deletion mostly waits for the disk; not more, since each needs memory.
pub fn threads() -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (4 * processors).clamp(4, 16)
}

/// What a look at a store found.
#[derive(Debug)]
pub struct Looked {
    pub in_use: Option<InUse>,
    pub outcome: Result<Counts, Unread>,
}

/// Why a store was not read.
#[derive(Debug)]
pub enum Unread {
    /// Its browser is open, and keeps others from reading.
    InUse,
    Failed(Error),
}

/// What became of a store.
#[derive(Debug)]
pub struct Cleaned {
    /// What was there before, as far as it could be read.
    pub counts: Option<Counts>,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub enum Outcome {
    /// `trouble`: the cookies are gone, but something after that did not work.
    Cleaned {
        deleted: u64,
        kept: u64,
        trouble: Option<Error>,
    },
    NothingMatched,
    InUse(InUse),
    Failed(Error),
    /// Not begun, because the person interrupted.
    Interrupted,
}

/// Looks at every store; `tell` hears of each in order: first its cookies, in
/// batches, then what there is in all. Works while browsers run.
pub fn look(
    jobs: &[Job<'_>],
    query: &Query,
    threads: usize,
    tell: impl FnMut(&Job<'_>, Event<Vec<Cookie>, Looked>),
) {
    in_order(jobs, threads, |job, send| look_at(job, query, send), tell);
}

fn look_at(job: &Job<'_>, query: &Query, send: &mut dyn FnMut(Vec<Cookie>)) -> Looked {
    let in_use = job.profile.guard.in_use();
    let found = job.store.find(query, &mut |batch| send(sorted(batch)));
    match in_use {
        Ok(in_use) => Looked {
            outcome: found.map_err(|error| unread(error, in_use.is_some())),
            in_use,
        },
        // What was found is shown all the same: looking needs no lock.
        Err(error) => Looked {
            outcome: Err(Unread::Failed(error)),
            in_use: None,
        },
    }
}

fn unread(error: Error, in_use: bool) -> Unread {
    if in_use && error.fault.is_browsers_doing() {
        Unread::InUse
    } else {
        Unread::Failed(error)
    }
}

/// By host without its leading dot, then by name.
fn sorted(mut cookies: Vec<Cookie>) -> Vec<Cookie> {
    cookies.sort_by(|a, b| {
        let key = |c: &Cookie| c.host.trim_start_matches('.').to_owned();
        (key(a), &a.name, &a.path).cmp(&(key(b), &b.name, &b.path))
    });
    cookies
}

/// What a deletion needs besides the query.
pub struct Plan<'a> {
    pub query: &'a Query,
    /// Where the copies go; None keeps none.
    pub undo: Option<&'a Deletion>,
    /// How many of a store's deleted cookies are told of, at most.
    pub show: usize,
    /// Nothing is deleted, whatever is found: it was not there when the person was asked.
    pub look_only: bool,
    /// Asked before each store is begun.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
    pub threads: usize,
}

/// Deletes in every store; `tell` hears of each in order, with the first of the
/// cookies that were deleted.
pub fn clean<'a>(
    jobs: &[Job<'a>],
    plan: &Plan<'_>,
    tell: impl FnMut(&Job<'a>, Event<Vec<Cookie>, Cleaned>),
) {
    in_order(
        jobs,
        plan.threads,
        |job, send| clean_one(job, plan, send),
        tell,
    );
}

fn clean_one(job: &Job<'_>, plan: &Plan<'_>, send: &mut dyn FnMut(Vec<Cookie>)) -> Cleaned {
    if (plan.interrupted)() {
        return Cleaned {
            counts: None,
            outcome: Outcome::Interrupted,
        };
    }
    // Whether a browser uses it. One that does may have more in its memory than stands
    // in the store, so that nothing to see does not mean nothing to delete. Looked at
    // first: one that ends meanwhile has then written before the store is read.
    let in_use = job.profile.guard.in_use();
    // 1. What is there.
    let found = job.store.find(plan.query, &mut |_| {});
    let counts = found.as_ref().ok().copied();
    let matched = counts.is_some_and(|counts| counts.matched > 0);
    // 2. Only what nobody uses is cleaned.
    let outcome = match in_use {
        Err(error) => Outcome::Failed(error),
        // With something to delete, the claim decides: it waits for what is brief. And
        // another one of us has nothing in its memory.
        Ok(Some(user))
            if plan.look_only || !matched && (found.is_err() || !user.adds_nothing()) =>
        {
            Outcome::InUse(user)
        }
        Ok(_) => match found {
            Err(error) => Outcome::Failed(error),
            Ok(_) if !matched || plan.look_only => Outcome::NothingMatched,
            // Reading may have taken a while, and nothing was touched so far.
            Ok(_) if (plan.interrupted)() => Outcome::Interrupted,
            Ok(_) => delete(job, plan, send),
        },
    };
    Cleaned { counts, outcome }
}

fn delete(job: &Job<'_>, plan: &Plan<'_>, send: &mut dyn FnMut(Vec<Cookie>)) -> Outcome {
    if let Some(Err(error)) = plan.undo.map(Deletion::prepare) {
        let fault = Fault::NoCopy(Box::new(error));
        return Outcome::Failed(fault.at(job.store.path()));
    }
    let claim = match job.profile.guard.claim(plan.interrupted) {
        Ok(claim) => claim,
        Err(Refused::InUse(user)) => return Outcome::InUse(user),
        Err(Refused::Failed(error)) => return Outcome::Failed(error),
    };
    let mut shown = Vec::new();
    let mut copy = plan.undo.map(|undo| undo.copy_of(job));
    // 3 to 6: match again, copy, delete, verify.
    let result = job.store.delete(
        &claim,
        plan.query,
        copy.as_mut().map(|copy| copy as _),
        &mut |cookie| {
            if shown.len() < plan.show {
                shown.push(cookie);
            }
        },
    );
    let outcome = match result {
        Ok(done) if done.deleted == 0 && done.trouble.is_none() => Outcome::NothingMatched,
        Ok(done) => {
            if let Some(copy) = copy {
                copy.keep();
            }
            send(sorted(shown));
            let trouble = done.trouble.or_else(|| claim.lost());
            Outcome::Cleaned {
                deleted: done.deleted,
                kept: done.kept,
                trouble: trouble.map(|fault| fault.at(job.store.path())),
            }
        }
        Err(error) => match claim.still_holds() {
            Err(user) => Outcome::InUse(user),
            Ok(()) => Outcome::Failed(error),
        },
    };
    // 7. Let go.
    drop(claim);
    outcome
}

/// Has something done before a store is first copied to be read: a program that may be
/// ended meanwhile has to get ready to [discard](discard_copies) the copy.
pub fn before_copies(prepare: fn()) {
    system::before_the_first(prepare);
}

/// Removes the private copies of stores that are being read, for a program that ends
/// before it is done.
pub fn discard_copies() {
    system::remove_temp_folders();
}
