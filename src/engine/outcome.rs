//! What became of a store: the facts that events carry and the summary counts.

use std::path::PathBuf;

use super::blockers::Blocker;
use crate::model::error::Error;
use crate::store::claim::InUse;
use crate::store::{Counts, Restored, SiteDataSizes};

/// What a look at a store found.
#[derive(Debug)]
pub struct Looked {
    /// Who has the profile open.
    pub in_use: Option<InUse>,
    /// What was counted.
    pub outcome: Result<Counts, Unread>,
}

/// Why a store was not read.
#[derive(Debug)]
pub enum Unread {
    /// Its browser is open, and keeps others from reading.
    InUse {
        /// Who has it open.
        user: Box<InUse>,
        /// Why it was not read.
        error: Error,
    },
    /// It cannot be read.
    Failed(Error),
}

impl Unread {
    /// `user`: who uses the profile.
    pub(super) fn of(error: Error, user: Option<InUse>) -> Self {
        match user {
            Some(user) if error.fault.is_browsers_doing() => Self::InUse {
                user: Box::new(user),
                error,
            },
            _ => Self::Failed(error),
        }
    }

    /// Why it was not read.
    pub fn error(&self) -> &Error {
        match self {
            Self::InUse { error, .. } | Self::Failed(error) => error,
        }
    }
}

/// What became of a store.
#[derive(Debug)]
pub struct Cleaned {
    /// What was there before, as far as it could be read.
    pub counts: Option<Counts>,
    /// Deleted cookies that the observer was not shown, of a deletion that shows some.
    pub not_shown: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a deletion ended for a store.
#[derive(Debug)]
pub enum Outcome {
    /// `trouble`: the cookies are gone, but something after that did not work.
    Cleaned {
        /// Cookies that were deleted.
        deleted: u64,
        /// Cookies that are still there.
        kept: u64,
        /// Site data that was deleted.
        site_data: SiteDataSizes,
        /// What went wrong after the deletion.
        trouble: Option<Error>,
    },
    /// There was nothing to delete.
    NothingMatched,
    /// It was skipped: a browser has the profile open.
    InUse(InUse),
    /// It is as it was before.
    Failed(Error),
    /// Not begun, because it was cancelled.
    Interrupted,
}

/// What became of the rows of one store.
pub struct PutBack {
    /// The path of the file.
    pub store: PathBuf,
    /// The folder of its profile, where the copy tells.
    pub profile_dir: Option<PathBuf>,
    /// How it ended.
    pub outcome: PutBackOutcome,
    /// The rows are back, and their copy could not be destroyed.
    pub left: Option<Error>,
}

/// How an undo ended for a store.
pub enum PutBackOutcome {
    /// The rows are back, but for those that are counted otherwise.
    Restored(Restored),
    /// It was skipped: a browser has the profile open.
    InUse(Blocker),
    /// It is as it was before.
    Failed(Error),
    /// Not begun, because the person interrupted.
    Interrupted,
}
