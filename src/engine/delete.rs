//! Deleting: look, claim, copy, delete, verify.

use super::blockers::{self, Blocker};
use super::cancel::Cancel;
use super::event::{Event, Observer};
use super::list::sorted;
use super::outcome::{Cleaned, Outcome};
use super::parallel::{Update, in_order};
use super::scheduler::Scheduler;
use super::summary::Summary;
use crate::browsers::{Found, Job, jobs_with};
use crate::model::error::Fault;
use crate::model::item::Match;
use crate::model::query::Query;
use crate::store::claim::Refused;
use crate::store::{Counts, RowSink};
use crate::undo::Deletion;

/// What is to be deleted, and how.
pub struct Request<'a> {
    /// The profiles to look in.
    pub found: &'a Found,
    /// What to delete.
    pub query: &'a Query,
    /// How many of a store's deleted cookies the observer is shown, at most.
    pub show: usize,
    /// Nothing is deleted, whatever is found: it was not there when the person was asked.
    pub look_only: bool,
    /// Ends the work early.
    pub cancel: &'a Cancel,
    /// How many stores are worked on at once; None: as many as this computer is good for.
    pub threads: Option<usize>,
}

impl<'a> Request<'a> {
    /// A deletion of everything that the query selects, of which the observer is shown
    /// nothing but the counts.
    pub fn new(found: &'a Found, query: &'a Query, cancel: &'a Cancel) -> Self {
        Self {
            found,
            query,
            show: 0,
            look_only: false,
            cancel,
            threads: None,
        }
    }
}

/// Deletes what the query means, what is free first, then whatever gets out of the way;
/// the observer hears of each store, with the first of the cookies that were deleted.
/// `undo`: where the copies go; None keeps none.
pub fn delete(
    request: &Request<'_>,
    undo: Option<Deletion>,
    scheduler: &mut Scheduler<'_>,
    observer: &mut dyn Observer,
) -> Summary {
    let found = request.found;
    let mut summary = Summary::of(found);
    observer.event(&Event::Searched(found));
    let mut finish = |observer: &mut dyn Observer, job, cleaned: &Cleaned| {
        summary.cleaned(&job, cleaned, request.query);
        observer.event(&Event::Cleaned { job, cleaned });
    };
    let mut todo = jobs_with(&found.profiles, request.query.site_data);
    let mut deferred: Vec<(Job<'_>, Cleaned)> = Vec::new();
    scheduler.run(observer, |observer, pass| {
        todo.extend(
            deferred
                .extract_if(.., |(job, _)| pass.is_about(&job.profile.guard))
                .map(|(job, _)| job),
        );
        one_pass(
            &std::mem::take(&mut todo),
            request,
            undo.as_ref(),
            observer,
            |observer, job, cleaned| match cleaned.outcome {
                Outcome::InUse(_) if pass.may_defer => deferred.push((job, cleaned)),
                _ => finish(observer, job, &cleaned),
            },
        );
        blockers_of(&deferred)
    });
    for (job, cleaned) in &deferred {
        finish(observer, *job, cleaned);
    }
    summary.has_waited = scheduler.has_waited();
    summary.is_cancelled = request.cancel.is_cancelled();
    if let Some(ended) = undo.map(Deletion::end) {
        summary.undo = ended.id;
        summary.failed += ended.troubles.len();
        summary.problems = ended.troubles;
    }
    summary
}

fn blockers_of(deferred: &[(Job<'_>, Cleaned)]) -> Vec<Blocker> {
    let mut all = Vec::new();
    for (job, cleaned) in deferred {
        if let Outcome::InUse(user) = &cleaned.outcome {
            let matched = cleaned.counts.as_ref().map_or(0, |counts| counts.matched);
            blockers::add(&mut all, Blocker::of(job.profile, user, matched));
        }
    }
    all
}

/// Has everything dealt with that is in the way now, and nothing after that.
pub(crate) fn clear_the_way(
    found: &Found,
    scheduler: &mut Scheduler<'_>,
    observer: &mut dyn Observer,
) {
    scheduler.run(observer, |_, pass| {
        let mut all = Vec::new();
        for profile in found.profiles.iter().filter(|_| pass.may_defer) {
            if let Ok(Some(user)) = profile.guard.in_use() {
                blockers::add(&mut all, Blocker::of(profile, &user, 0));
            }
        }
        all
    });
    scheduler.stop_waiting();
}

fn one_pass<'a>(
    jobs: &[Job<'a>],
    request: &Request<'_>,
    undo: Option<&Deletion>,
    observer: &mut dyn Observer,
    mut done: impl FnMut(&mut dyn Observer, Job<'a>, Cleaned),
) {
    let mut count = 0;
    in_order(
        jobs,
        request.threads,
        |job, send| clean(job, request, undo, send),
        |&job, update| match update {
            Update::Partial(matches) => observer.event(&Event::Matches {
                job,
                is_open: false,
                matches: &matches,
            }),
            Update::Done(cleaned) => {
                done(observer, job, cleaned);
                count += 1;
                observer.event(&Event::Progress {
                    done: count,
                    of: jobs.len(),
                });
            }
        },
    );
}

fn clean(
    job: &Job<'_>,
    request: &Request<'_>,
    undo: Option<&Deletion>,
    send: &mut dyn FnMut(Vec<Match>),
) -> Cleaned {
    let mut cleaned = Cleaned {
        counts: None,
        not_shown: 0,
        outcome: Outcome::Interrupted,
    };
    if request.cancel.is_cancelled() {
        return cleaned;
    }
    // Whether a browser uses it. If so, it may have more in its memory than there is
    // in the store, so that nothing to see does not mean nothing to delete. Looked at
    // first: one that ends meanwhile has then written before the store is read.
    let in_use = job.profile.guard.in_use();
    // 1. What is there.
    let found = job.store.find(request.query, &mut |_| {});
    let counts = found.as_ref().ok().cloned();
    let matched = counts.as_ref().is_some_and(Counts::has_matches) || job.store.has_leftovers();
    // 2. Only a profile that is not in use is cleaned.
    let outcome = match in_use {
        Err(error) => Outcome::Failed(error),
        // With something to delete, the claim decides: it waits for what is brief. And
        // another run of this program has nothing in its memory.
        Ok(Some(user))
            if request.look_only || !matched && (found.is_err() || !user.adds_nothing()) =>
        {
            Outcome::InUse(user)
        }
        Ok(_) => match found {
            Err(error) => Outcome::Failed(error),
            Ok(_) if !matched || request.look_only => Outcome::NothingMatched,
            // Reading may have taken a while, and nothing was touched so far.
            Ok(_) if request.cancel.is_cancelled() => Outcome::Interrupted,
            Ok(_) => {
                let mut shown = Vec::new();
                let outcome = delete_in(job, request, undo, &mut shown);
                if let Outcome::Cleaned {
                    deleted, site_data, ..
                } = &outcome
                    && request.show > 0
                {
                    let all = deleted + site_data.len() as u64;
                    cleaned.not_shown = all.saturating_sub(shown.len() as u64);
                    send(sorted(shown));
                }
                outcome
            }
        },
    };
    cleaned.counts = counts;
    cleaned.outcome = outcome;
    cleaned
}

fn delete_in(
    job: &Job<'_>,
    request: &Request<'_>,
    undo: Option<&Deletion>,
    shown: &mut Vec<Match>,
) -> Outcome {
    if let Some(Err(error)) = undo.map(Deletion::prepare) {
        let fault = Fault::NoBackup(Box::new(error));
        return Outcome::Failed(fault.at(job.store.path()));
    }
    let claim = match job.profile.guard.claim(&|| request.cancel.is_cancelled()) {
        Ok(claim) => claim,
        Err(Refused::InUse(user)) => return Outcome::InUse(user),
        Err(Refused::Failed(error)) => return Outcome::Failed(error),
    };
    let mut copy = undo.map(|undo| undo.copy_of(job));
    // 3 to 6: match again, copy, delete, verify.
    let result = job.store.delete(
        &claim,
        request.query,
        copy.as_mut().map(|copy| copy as _),
        &mut |found| {
            if shown.len() < request.show {
                shown.push(found);
            }
        },
    );
    let outcome = match result {
        Ok(done) if done.is_nothing() => Outcome::NothingMatched,
        Ok(done) => {
            if let Some(copy) = &mut copy {
                copy.keep();
            }
            let trouble = done.trouble.or_else(|| claim.lost());
            Outcome::Cleaned {
                deleted: done.deleted,
                kept: done.kept,
                site_data: done.site_data,
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::browsers::{Platform, Profile, by_id};
    use crate::fuzzing::tools::claim;
    use crate::model::domain::Domain;
    use crate::model::error::Error;
    use crate::platform::ProcessHandle;
    use crate::store::claim::{Claim, Guard, InUse, Lock, QuitRequest};
    use crate::store::{Deleted, Kind, Restored, RowSource, Store};
    use crate::undo::Undo;

    /// Keeps what became of each store.
    #[derive(Default)]
    struct Outcomes(Vec<String>);

    impl Observer for Outcomes {
        fn event(&mut self, event: &Event<'_>) {
            if let Event::Cleaned { cleaned, .. } = event {
                self.0.push(format!("{:?}", cleaned.outcome));
            }
        }
    }

    /// Of what was not deleted, a copy that holds logins is still there.
    #[test]
    fn a_copy_that_could_not_be_removed_is_a_failure() {
        let found = Found::default();
        let query = Query::all_of(vec![Domain::parse("openai.com").unwrap()]);
        let cancel = Cancel::default();
        let state = tempfile::tempdir().unwrap();
        let deletion = Undo::in_folder(state.path()).begin(Vec::new(), Timestamp::UNIX_EPOCH);
        for name in ["0000.part", "0001.part"] {
            deletion.note_trouble(Fault::Locked.at(name));
        }
        let summary = delete(
            &Request::new(&found, &query, &cancel),
            Some(deletion),
            &mut Scheduler::new(None, &cancel),
            &mut Outcomes::default(),
        );
        assert_eq!((summary.failed, summary.problems.len()), (2, 2));
    }

    /// A store with a cookie that is gone when it is to be deleted.
    struct Fleeting {
        /// The person ends the work while it is read.
        ends: Option<Cancel>,
    }

    impl Store for Fleeting {
        fn path(&self) -> &Path {
            Path::new("Cookies")
        }

        fn kind(&self) -> Kind {
            Kind::Chromium
        }

        fn find(&self, _: &Query, _: &mut dyn FnMut(Vec<Match>)) -> Result<Counts, Error> {
            if let Some(cancel) = &self.ends {
                cancel.cancel();
            }
            Ok(Counts {
                matched: 1,
                ..Counts::default()
            })
        }

        fn hosts(&self) -> Result<HashMap<String, u64>, Error> {
            unreachable!("only cookies are looked for")
        }

        fn total(&self) -> Result<u64, Error> {
            unreachable!("only cookies are looked for")
        }

        fn delete(
            &self,
            _: &Claim,
            _: &Query,
            _: Option<&mut dyn RowSink>,
            _: &mut dyn FnMut(Match),
        ) -> Result<Deleted, Error> {
            Ok(Deleted::default())
        }

        fn restore(
            &self,
            _: &Claim,
            _: &mut dyn RowSource,
            _: &mut dyn RowSink,
        ) -> Result<Restored, Error> {
            unreachable!("nothing was deleted")
        }
    }

    struct Free;

    impl Lock for Free {
        fn in_use(&self) -> Result<Option<InUse>, Error> {
            Ok(None)
        }

        fn claim(&self) -> Result<Claim, Refused> {
            Ok(claim())
        }

        fn leftovers(&self) -> Vec<PathBuf> {
            Vec::new()
        }

        fn ask_to_quit(&self, _: &ProcessHandle) -> io::Result<QuitRequest> {
            unreachable!("nobody has it open")
        }
    }

    /// What becomes of such a store.
    fn outcomes(cancel: &Cancel, ends: Option<Cancel>) -> Vec<String> {
        let store = || Box::new(Fleeting { ends: ends.clone() });
        let found = Found {
            profiles: vec![Profile {
                browser: by_id("chrome").unwrap(),
                name: "Default".into(),
                display_name: "Default".into(),
                dir: PathBuf::new(),
                within: PathBuf::new(),
                user_data: PathBuf::new(),
                platform: Platform::Linux,
                stores: vec![store()],
                site_data: store(),
                guard: Arc::new(Guard::new(Free)),
            }],
            ..Found::default()
        };
        let query = Query::all_of(vec![Domain::parse("openai.com").unwrap()]);
        let mut outcomes = Outcomes::default();
        let request = Request::new(&found, &query, cancel);
        let mut scheduler = Scheduler::new(None, cancel);
        delete(&request, None, &mut scheduler, &mut outcomes);
        outcomes.0
    }

    #[test]
    fn who_ends_the_work_while_a_store_is_read_keeps_it() {
        let cancel = Cancel::default();
        assert_eq!(outcomes(&cancel, Some(cancel.clone())), ["Interrupted"]);
    }

    /// Its browser, or the site, may have been quicker.
    #[test]
    fn what_is_gone_when_it_is_to_be_deleted_was_not_deleted() {
        assert_eq!(outcomes(&Cancel::default(), None), ["NothingMatched"]);
    }
}
