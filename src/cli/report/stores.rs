//! A line for each store, for who wants to know all.

use crate::browsers::Job;
use crate::engine::{Cleaned, Looked, Outcome, PutBackOutcome, Unread};
use crate::store::SiteDataSizes;
use crate::wording::say;
use crate::wording::text::safe;

/// What a look at a store found.
pub(super) fn looked_line(job: &Job<'_>, looked: &Looked) -> String {
    store_line(
        job,
        match &looked.outcome {
            Ok(counts) if job.store.kind().is_site_data() => {
                say!("store-site-data", origins = origins(&counts.site_data))
            }
            Ok(counts) => say!("store-matched", n = counts.matched, total = counts.total),
            Err(Unread::InUse { .. }) => say!("store-in-use"),
            Err(Unread::Failed(_)) => say!("store-not-read"),
        },
    )
}

/// What a deletion did with a store.
pub(super) fn cleaned_line(job: &Job<'_>, cleaned: &Cleaned) -> String {
    store_line(
        job,
        match &cleaned.outcome {
            Outcome::Cleaned { site_data, .. } if job.store.kind().is_site_data() => {
                say!("store-site-data-deleted", origins = origins(site_data))
            }
            Outcome::NothingMatched if job.store.kind().is_site_data() => {
                say!("store-no-site-data")
            }
            Outcome::Cleaned { deleted, kept, .. } => {
                say!("store-deleted", n = deleted, kept = kept)
            }
            Outcome::NothingMatched => {
                let kept = cleaned.counts.as_ref().map_or(0, |counts| counts.total);
                say!("store-nothing", kept = kept)
            }
            Outcome::InUse(_) => say!("store-in-use-skipped"),
            Outcome::Failed(_) => say!("store-not-cleaned"),
            Outcome::Interrupted => say!("store-not-reached"),
        },
    )
}

/// What an undo did with a store.
pub(super) fn restored(outcome: &PutBackOutcome) -> String {
    match outcome {
        PutBackOutcome::Restored(done) => match done.site_data {
            0 => {
                let not = done.skipped + done.orphaned;
                say!("store-put-back", n = done.restored, not = not)
            }
            keys => say!(
                "store-site-data-put-back",
                origins = say!("count-origins", n = keys)
            ),
        },
        PutBackOutcome::InUse(_) => say!("store-in-use-skipped"),
        PutBackOutcome::Failed(_) => say!("store-not-put-back"),
        PutBackOutcome::Interrupted => say!("store-not-reached"),
    }
}

/// `3 origins`.
fn origins(sizes: &SiteDataSizes) -> String {
    say!("count-origins", n = sizes.len())
}

fn store_line(job: &Job<'_>, what: String) -> String {
    let path = job.store.path().display().to_string();
    let path = safe(&path).into_owned();
    format!("  {}", say!("store-line", path = path, what = what))
}
