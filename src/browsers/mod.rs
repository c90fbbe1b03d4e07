//! The browsers: which there are, where they keep their profiles, and what is in them.

pub(crate) mod chromium;
mod discover;
mod family;
pub(crate) mod gecko;
mod profile;
mod roots;
mod search;
mod table;

pub use discover::{Filter, SearchError, discover};
pub(crate) use profile::jobs_with;
pub use profile::{Found, Job, Profile, jobs};
pub use roots::Roots;
pub(crate) use table::by_id;
pub use table::{BROWSERS, Base, Browser, Family, KeyNames, Place, Platform};
