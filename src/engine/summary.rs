//! The totals of a run.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::blockers::{self, Blocker};
use super::outcome::{Cleaned, Looked, Outcome, PutBack, PutBackOutcome, Unread};
use crate::browsers::{Found, Job};
use crate::model::error::Error;
use crate::model::query::Query;
use crate::model::site_data::StorageKey;
use crate::store::{Counts, SiteDataSizes};

/// How much site data there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SiteDataCounts {
    /// Storage keys that have some, each once in a profile.
    pub keys: u64,
    /// What it takes up, in bytes.
    pub bytes: u64,
}

/// The result of a run. Numbers count cookies unless noted otherwise.
#[derive(Default)]
pub struct Summary {
    /// Profiles that were found.
    pub profiles: usize,
    /// Profiles with cookies that match; of a deletion, that were deleted; of an undo, that
    /// were put back.
    pub matched_profiles: usize,
    /// Cookies that match.
    pub matched: u64,
    /// Of those that match, the ones in profiles that are in use.
    pub matched_open: u64,
    /// Of those that match, or were deleted, the ones partitioned under other sites.
    pub elsewhere: u64,
    /// Of those that match, or were deleted, the ones that other sites set while embedded
    /// in the domains.
    pub embedded: u64,
    /// Cookies that were deleted.
    pub deleted: u64,
    /// Site data that matches; of a deletion, that was deleted.
    pub site_data: SiteDataCounts,
    /// Site data of the domains that was not asked about, where that was looked for.
    pub other_site_data: SiteDataCounts,
    /// Cookies in stores that were cleaned, or had nothing to delete, which are there
    /// still.
    pub kept: u64,
    /// Cookies that were put back.
    pub restored: u64,
    /// Storage keys whose site data was put back.
    pub restored_site_data: u64,
    /// Cookies that were not put back: the browser has them already, or newer ones.
    pub skipped: u64,
    /// Cookies that were not put back: they are of a session that is over.
    pub orphaned: u64,
    /// Cookies of a host above the domain, which are sent to it too, and stay.
    pub also_sent: u64,
    /// Whether the device-bound session of a whole site stays.
    pub keeps_bound_session: bool,
    /// Other sites of the same services that have cookies.
    pub related: Vec<String>,
    /// Stored sites that the domain may be a misspelling of, where that was looked for.
    pub similar: Vec<String>,
    /// Whether a profile is in use.
    pub is_any_open: bool,
    /// What was left alone, or could not be read, since it is in use.
    pub blocked: Vec<Blocker>,
    /// Whether these were waited for, or asked to quit.
    pub has_waited: bool,
    /// Stores and folders that could not be read, cleaned or verified.
    pub failed: usize,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
    /// Stores that were not begun before that.
    pub not_reached: usize,
    /// By what the deletion can be undone.
    pub undo: Option<String>,
    /// What went wrong with the copies for undo, and counts as failed.
    pub problems: Vec<Error>,
    /// Stores that were reported.
    pub stores: usize,
    matched_dirs: HashSet<PathBuf>,
    related_counts: BTreeMap<usize, u64>,
    site_data_keys: HashSet<(PathBuf, StorageKey)>,
}

impl Summary {
    /// Of a run that has not begun.
    pub fn of(found: &Found) -> Self {
        Self {
            profiles: found.profiles.len(),
            failed: found.problems.len(),
            ..Self::default()
        }
    }

    pub(super) fn looked(&mut self, job: &Job<'_>, looked: &Looked, query: &Query) {
        self.stores += 1;
        self.is_any_open |= looked.in_use.is_some();
        match &looked.outcome {
            Ok(counts) => {
                self.note(counts, query);
                self.matched += counts.matched;
                self.note_site_data(job, &counts.site_data);
                self.elsewhere += counts.elsewhere;
                self.embedded += counts.embedded;
                if looked.in_use.is_some() {
                    self.matched_open += counts.matched;
                }
                if counts.has_matches() {
                    self.matches_in(&job.profile.dir);
                }
            }
            Err(Unread::InUse { user, .. }) => {
                blockers::add(&mut self.blocked, Blocker::of(job.profile, user, 0));
            }
            Err(Unread::Failed(_)) => self.failed += 1,
        }
    }

    pub(super) fn cleaned(&mut self, job: &Job<'_>, cleaned: &Cleaned, query: &Query) {
        let counts = cleaned.counts.clone().unwrap_or_default();
        self.stores += 1;
        self.note(&counts, query);
        match &cleaned.outcome {
            Outcome::Cleaned {
                deleted,
                kept,
                site_data,
                trouble,
            } => {
                self.matches_in(&job.profile.dir);
                self.deleted += deleted;
                self.kept += kept;
                self.note_site_data(job, site_data);
                self.elsewhere += counts.elsewhere;
                self.embedded += counts.embedded;
                self.failed += usize::from(trouble.is_some());
            }
            Outcome::NothingMatched => self.kept += counts.total,
            Outcome::InUse(user) => {
                let blocker = Blocker::of(job.profile, user, counts.matched);
                blockers::add(&mut self.blocked, blocker);
            }
            Outcome::Failed(_) => self.failed += 1,
            Outcome::Interrupted => self.not_reached += 1,
        }
    }

    pub(super) fn restored(&mut self, back: &PutBack) {
        self.stores += 1;
        match &back.outcome {
            PutBackOutcome::Restored(done) => {
                self.restored += done.restored;
                self.restored_site_data += done.site_data;
                if let Some(dir) = &back.profile_dir
                    && (done.restored > 0 || done.site_data > 0)
                {
                    self.matches_in(dir);
                }
                self.skipped += done.skipped;
                self.orphaned += done.orphaned;
                self.failed += usize::from(done.trouble.is_some() || back.left.is_some());
            }
            PutBackOutcome::InUse(blocked) => {
                blockers::add(&mut self.blocked, blocked.clone());
            }
            PutBackOutcome::Failed(_) => self.failed += 1,
            PutBackOutcome::Interrupted => self.not_reached += 1,
        }
    }

    /// Adds what a store has that is related to the query without matching.
    fn note(&mut self, counts: &Counts, query: &Query) {
        self.also_sent += counts.also_sent;
        self.keeps_bound_session |= counts.bound_sessions > 0;
        for (site, cookies) in &counts.related {
            *self.related_counts.entry(*site).or_default() += cookies;
        }
        let sites = self.related_counts.keys();
        self.related = sites.map(|site| query.related[*site].to_string()).collect();
    }

    /// Session files have data of the same storage keys as the rest of their profile.
    fn note_site_data(&mut self, job: &Job<'_>, site_data: &SiteDataSizes) {
        for (key, bytes) in site_data {
            let is_new = self
                .site_data_keys
                .insert((job.profile.dir.clone(), key.clone()));
            self.site_data.keys += u64::from(is_new);
            self.site_data.bytes += bytes;
        }
    }

    fn matches_in(&mut self, profile_dir: &Path) {
        if !self.matched_dirs.contains(profile_dir) {
            self.matched_dirs.insert(profile_dir.to_owned());
            self.matched_profiles += 1;
        }
    }
}
