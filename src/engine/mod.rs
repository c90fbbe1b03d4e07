//! The main job as a library: looking, deleting, putting back, and what to do about
//! browsers that are open. It reports facts to an [`Observer`], which words them.
//!
//! Looking and deleting are one path: [`list()`] stops before the claim.

mod blockers;
mod cancel;
mod delete;
pub(crate) mod doctor;
mod event;
mod list;
mod outcome;
mod parallel;
mod restore;
pub(crate) mod reveal;
mod scheduler;
mod summary;
mod waiting;

pub(crate) use blockers::TIME_TO_QUIT;
pub use blockers::{Blocker, Decision, ProfileName};
pub use cancel::Cancel;
pub(crate) use delete::clear_the_way;
pub use delete::{Request, delete};
pub use event::{Event, Observer};
pub use list::list;
pub(crate) use list::{each_store, similar_sites, site_data, sites_where};
pub use outcome::{Cleaned, Looked, Outcome, PutBack, PutBackOutcome, Unread};
pub(crate) use parallel::{Update, in_order};
pub use restore::restore;
pub use scheduler::Scheduler;
pub use summary::{SiteDataCounts, Summary};

use crate::platform;

/// Has something done before a store is first copied to be read: a program that may be
/// ended meanwhile has to get ready to [discard](discard_copies) the copy.
pub(crate) fn before_copies(prepare: fn()) {
    platform::before_the_first(prepare);
}

/// Removes the private copies of stores that are being read, for a program that ends
/// before it is done.
pub(crate) fn discard_copies() {
    platform::remove_temp_folders();
}
