//! Putting back what a deletion removed.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::blockers::{self, Blocker};
use super::cancel::Cancel;
use super::event::{Event, Observer};
use super::outcome::{PutBack, PutBackOutcome};
use super::parallel::{Update, in_order};
use super::scheduler::Scheduler;
use super::summary::Summary;
use crate::browsers::{
    Filter, Found, Job, Platform, Roots, SearchError, by_id, discover, jobs_with,
};
use crate::model::error::{Error, Fault};
use crate::platform;
use crate::store::Restored;
use crate::store::claim::{Refused, Shared};
use crate::undo::{BackupHeader, Deletion, Taken};

/// Puts back what there are copies of: first what is free, then what becomes free. The
/// observer hears of each store; problems of the copies as a whole are in the summary.
/// `aside` keeps what a site has stored since and is in the way. `threads`: how many stores
/// are worked on at once; None: as many as this computer is good for.
pub fn restore(
    taken: Taken,
    aside: Deletion,
    cancel: &Cancel,
    threads: Option<usize>,
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
        result = one_pass(&taken, &aside, cancel, threads, |back| match back.outcome {
            PutBackOutcome::InUse(_) | PutBackOutcome::Failed(_) if pass.may_defer => {
                deferred.push(back);
            }
            _ => finish(observer, &back),
        });
        let mut all: Vec<Blocker> = Vec::new();
        for back in deferred.iter().filter(|_| result.is_ok()) {
            if let PutBackOutcome::InUse(blocker) = &back.outcome {
                blockers::add(&mut all, blocker.clone());
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
    let aside = aside.end();
    summary.problems.extend(aside.troubles);
    summary.undo = aside.id;
    summary.failed += summary.problems.len();
    summary.has_waited = scheduler.has_waited();
    summary.is_cancelled = cancel.is_cancelled();
    summary
}

/// A copy, and what its header says.
struct Copied {
    name: String,
    header: Result<BackupHeader, Error>,
}

/// Puts back every copy there is, folder by folder.
fn one_pass(
    taken: &Taken,
    aside: &Deletion,
    cancel: &Cancel,
    threads: Option<usize>,
    mut tell: impl FnMut(PutBack),
) -> Result<(), Error> {
    let names = taken.copies()?.into_iter();
    let copies: Vec<_> = names
        .map(|name| Copied {
            header: taken.open(&name).map(|copy| copy.header_of_copy().clone()),
            name,
        })
        .collect();
    let folder_of = |copy: &Copied| copy.header.as_ref().ok().map(|h| h.within.clone());
    for group in copies.chunk_by(|one, other| folder_of(one) == folder_of(other)) {
        let found = match &group[0].header {
            Ok(header) if !cancel.is_cancelled() => find(header),
            _ => Ok(Found::default()),
        };
        let stores = Stores::of(found.as_ref().ok(), group);
        in_order(
            group,
            threads,
            |copied, _: &mut dyn FnMut(())| put_back(taken, aside, copied, &found, &stores, cancel),
            |_, update| {
                if let Update::Done(back) = update {
                    tell(back);
                }
            },
        );
    }
    Ok(())
}

/// What is found where a store was found, or if that is not a folder of profiles any
/// more, in its profile.
fn find(header: &BackupHeader) -> Result<Found, Error> {
    let roots = Roots::of_this_user(Platform::of_this_system())?;
    let mut unread = None;
    for folder in [&header.within, &header.profile_dir] {
        let filter = Filter {
            folders: vec![folder.clone()],
            ..Filter::default()
        };
        match discover(&roots, &filter) {
            Ok(found) => return Ok(found),
            Err(SearchError::Unreadable(error)) => unread = unread.or(Some(error)),
            Err(_) => {}
        }
    }
    unread.map_or_else(|| Ok(Found::default()), Err)
}

/// The stores of a folder, and the claims on their profiles: each is kept until the last
/// copy for its profiles is put back, so that a browser is kept out once.
struct Stores<'f> {
    by_path: HashMap<&'f Path, Job<'f>>,
    claims: Mutex<HashMap<usize, Kept<'f>>>,
}

#[derive(Default)]
struct Kept<'f> {
    /// Copies that are still to be put back.
    left: usize,
    claim: Option<Shared<'f>>,
}

impl<'f> Stores<'f> {
    fn of(found: Option<&'f Found>, copies: &[Copied]) -> Self {
        let profiles = found.map_or(&[][..], |found| &found.profiles);
        let by_path: HashMap<_, _> = jobs_with(profiles, true)
            .into_iter()
            .map(|job| (job.store.path(), job))
            .collect();
        let mut claims: HashMap<_, Kept<'_>> = HashMap::new();
        for header in copies.iter().filter_map(|copy| copy.header.as_ref().ok()) {
            if let Some(job) = by_path.get(&*header.store) {
                claims.entry(key_of(job)).or_default().left += 1;
            }
        }
        Self {
            by_path,
            claims: Mutex::new(claims),
        }
    }

    /// Claims the profile of a store, and keeps a share of the claim where other copies
    /// need it too.
    fn claim(&self, job: &Job<'f>, cancel: &Cancel) -> Result<Shared<'f>, Refused> {
        let guard = &job.profile.guard;
        let claim = guard.claim(&|| cancel.is_cancelled())?;
        if let Some(kept) = self.claims().get_mut(&key_of(job))
            && kept.left > 1
            && kept.claim.is_none()
        {
            kept.claim = Some(guard.claim(&|| cancel.is_cancelled())?);
        }
        Ok(claim)
    }

    /// A copy for this store is done with. `is_lost`: the claim does not hold any more.
    fn done(&self, job: &Job<'f>, is_lost: bool) {
        let mut claims = self.claims();
        let Some(kept) = claims.get_mut(&key_of(job)) else {
            return;
        };
        kept.left = kept.left.saturating_sub(1);
        let claim = match kept.left == 0 || is_lost {
            true => kept.claim.take(),
            false => None,
        };
        // To let go of a profile can take a moment.
        drop(claims);
        drop(claim);
    }

    fn claims(&self) -> MutexGuard<'_, HashMap<usize, Kept<'f>>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the guards of profiles apart.
fn key_of(job: &Job<'_>) -> usize {
    Arc::as_ptr(&job.profile.guard).addr()
}

fn put_back(
    taken: &Taken,
    aside: &Deletion,
    copied: &Copied,
    found: &Result<Found, Error>,
    stores: &Stores<'_>,
    cancel: &Cancel,
) -> PutBack {
    let mut store = taken.path_of(&copied.name);
    let outcome = if cancel.is_cancelled() {
        PutBackOutcome::Interrupted
    } else {
        restore_one(taken, aside, copied, found, stores, cancel, &mut store)
            .unwrap_or_else(PutBackOutcome::Failed)
    };
    let is_back = matches!(&outcome, PutBackOutcome::Restored(done) if done.trouble.is_none());
    // Left behind, it would only find everything back already.
    let left = match is_back {
        true => taken.destroy(&copied.name).err(),
        false => None,
    };
    let header = copied.header.as_ref().ok();
    PutBack {
        store,
        profile_dir: header.map(|header| header.profile_dir.clone()),
        outcome,
        left,
    }
}

/// `path` becomes that of the store as soon as it is known.
fn restore_one(
    taken: &Taken,
    aside: &Deletion,
    copied: &Copied,
    found: &Result<Found, Error>,
    stores: &Stores<'_>,
    cancel: &Cancel,
    path: &mut PathBuf,
) -> Result<PutBackOutcome, Error> {
    let mut copy = taken.open(&copied.name)?;
    let header = copy.header_of_copy().clone();
    path.clone_from(&header.store);
    if let Err(error) = header.store.symlink_metadata() {
        // The browser moves and removes these at every start.
        let is_over = header.rows.kind.is_volatile()
            && error.kind() == io::ErrorKind::NotFound
            && header.profile_dir.is_dir();
        if is_over {
            return Ok(PutBackOutcome::Restored(Restored {
                orphaned: header.rows.rows,
                ..Restored::default()
            }));
        }
        return Err(Fault::from(error).at(&header.store));
    }
    let job = stores.by_path.get(&*header.store);
    let Some(job) = job.filter(|job| job.store.kind() == header.rows.kind) else {
        return Err(why_not_found(&header, found)?);
    };

    let claim = match stores.claim(job, cancel) {
        Ok(claim) => claim,
        Err(Refused::InUse(user)) => {
            stores.done(job, false);
            return Ok(PutBackOutcome::InUse(Blocker {
                // As the deletion had it: the folder may be named otherwise from here.
                browser: by_id(&header.browser).map_or(job.profile.browser.name, |b| b.name),
                profiles: Vec::new(),
                cookies: 0,
                user,
                guard: Arc::clone(&job.profile.guard),
            }));
        }
        Err(Refused::Failed(error)) => {
            stores.done(job, false);
            return Err(error);
        }
    };
    let restored = job
        .store
        .restore(&claim, &mut copy, &mut aside.copy_of(job));
    let lost = claim.lost();
    drop(claim);
    stores.done(job, lost.is_some());
    match restored {
        Ok(mut restored) => {
            // What was there already may be the work of an undo that could not sync it.
            if restored.restored == 0
                && restored.site_data == 0
                && restored.trouble.is_none()
                && let Some(folder) = header.store.parent()
            {
                restored.trouble = platform::sync_folder(folder).map_err(Fault::from).err();
            }
            restored.trouble = restored.trouble.or(lost);
            Ok(PutBackOutcome::Restored(restored))
        }
        // It is the copy, not the store.
        Err(Error {
            fault: fault @ Fault::BadBackup(_),
            ..
        }) => Err(fault.at(taken.path_of(&copied.name))),
        Err(error) => Err(error),
    }
}

/// Why a store that is there was not found: a problem with something near it, if there is one.
///
/// # Errors
/// When its folder cannot be searched.
fn why_not_found(header: &BackupHeader, found: &Result<Found, Error>) -> Result<Error, Error> {
    let problems = match found {
        Ok(found) => &found.problems,
        Err(_) => &find(header)?.problems,
    };
    let about = |problem: &&Error| {
        problem.path.starts_with(&header.profile_dir)
            || header.profile_dir.starts_with(&problem.path)
    };
    let fault = match problems.iter().find(about) {
        Some(problem) => Fault::Unparsable(problem.to_string()),
        None => Fault::NotAFile,
    };
    Ok(fault.at(&header.store))
}
