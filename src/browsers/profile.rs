//! A profile, and the stores that were found in it.

use std::path::PathBuf;
use std::sync::Arc;

use super::table::{Browser, Platform};
use crate::model::error::Error;
use crate::store::Store;
use crate::store::claim::Guard;

/// A profile with its stores.
pub struct Profile {
    /// Its browser.
    pub browser: &'static Browser,
    /// The name of its folder.
    pub name: String,
    /// What the browser shows.
    pub display_name: String,
    /// Its real path.
    pub dir: PathBuf,
    /// The real path of the folder that its files are in: the user-data directory, the
    /// folder of profiles.ini, or the profile when it was named by itself.
    pub within: PathBuf,
    /// The user-data directory, also of a profile that was named by itself; of a family
    /// that has none, `within`.
    pub user_data: PathBuf,
    /// Of the system that its browser runs on.
    pub platform: Platform,
    /// The files that hold cookies.
    pub stores: Vec<Box<dyn Store>>,
    /// What it keeps for sites beside cookies.
    pub site_data: Box<dyn Store>,
    /// What says whether it is in use; profiles of one user-data directory share it.
    pub guard: Arc<Guard>,
}

/// One store of one profile.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// The store in it.
    pub store: &'a dyn Store,
}

/// All stores of these profiles that hold cookies.
pub fn jobs(profiles: &[Profile]) -> Vec<Job<'_>> {
    jobs_with(profiles, false)
}

/// All stores of these profiles that hold cookies, and where asked for those of site data.
pub(crate) fn jobs_with(profiles: &[Profile], site_data: bool) -> Vec<Job<'_>> {
    profiles
        .iter()
        .flat_map(|profile| {
            let more = site_data.then_some(&profile.site_data);
            let stores = profile.stores.iter().chain(more);
            stores.map(move |store| Job {
                profile,
                store: &**store,
            })
        })
        .collect()
}

/// What a search found.
#[derive(Default)]
pub struct Found {
    /// The profiles, in the order of the table of browsers.
    pub profiles: Vec<Profile>,
    /// What is there and cannot be read or used.
    pub problems: Vec<Error>,
    /// Where was looked.
    pub looked_in: Vec<PathBuf>,
    /// The names of the browsers that have a place on that system.
    pub looked_for: Vec<&'static str>,
}
