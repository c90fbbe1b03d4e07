//! Finds, shows, deletes and puts back one site's cookies, and on request its other
//! data, in the stores of the browsers on a computer.
//!
//! [`discover`] finds profiles and their stores, [`list()`] looks, [`delete`] deletes what
//! is not in use, and [`Undo`] keeps what was deleted for a while. All of them report to
//! an [`Observer`] and return a [`Summary`]; nothing here prints. `docs/architecture.md`
//! draws the way from a domain to a deleted row.
//!
//! ```no_run
//! use cookieclean::{
//!     Cancel, Decision, Domain, Event, Filter, Observer, Platform, Query, Request, Roots,
//!     Scheduler, Undo, delete, discover,
//! };
//!
//! struct Quiet;
//! impl Observer for Quiet {
//!     fn event(&mut self, _: &Event<'_>) {}
//! }
//!
//! let roots = Roots::of_this_user(Platform::of_this_system())?;
//! let found = discover(&roots, &Filter::default())?;
//! let query = Query::all_of(vec![Domain::parse("openai.com")?]);
//! let copies = Undo::of_this_user()?.begin(query.domain_names(), jiff::Timestamp::now());
//! let cancel = Cancel::default();
//! let request = Request::new(&found, &query, &cancel);
//! let mut scheduler = Scheduler::new(Some(Decision::Skip), &cancel);
//! let summary = delete(&request, Some(copies), &mut scheduler, &mut Quiet);
//! println!("{} cookies deleted", summary.deleted);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(missing_docs, unreachable_pub)]

mod browsers;
#[doc(hidden)]
pub mod cli;
mod engine;
mod formats;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod model;
mod platform;
mod store;
mod tui;
mod undo;
mod wording;

pub use browsers::{
    BROWSERS, Base, Browser, Family, Filter, Found, Job, KeyNames, Place, Platform, Profile, Roots,
    SearchError, discover, jobs,
};
pub use engine::reveal::Reveal;
pub use engine::{
    Blocker, Cancel, Cleaned, Decision, Event, Looked, Observer, Outcome, ProfileName, PutBack,
    PutBackOutcome, Request, Scheduler, SiteDataCounts, Summary, Unread, delete, list, restore,
};
pub use model::cookie::{Cookie, SameSite};
pub use model::domain::{Domain, DomainError};
pub use model::error::{Error, Fault};
pub use model::evidence::Evidence;
pub use model::item::{DeviceBoundSession, Item, Match, MatchedBy};
pub use model::query::Query;
pub use model::site_data::{Amount, DataKind, SiteData, StorageKey};
pub use model::value::{KeyError, KeyHolder, Shown, StoredValue, ValueError};
pub use store::claim::{Guard, InUse, Process, Unseen};
pub use store::{Counts, Kind, SiteDataSizes, Store};
pub use undo::{Content, Deletion, Entry, Undo};
