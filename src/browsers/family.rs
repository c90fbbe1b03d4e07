//! What each family of browsers has to know, so that its profiles can be found.

use std::path::Path;

use super::search::Search;
use super::table::Browser;
use crate::model::error::Error;

/// How the profiles of a family are recognised and searched.
pub(super) trait Profiles {
    /// Whether a folder holds profiles: a user-data directory, or one with a profiles.ini.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn is_root(&self, folder: &Path) -> Result<bool, Error>;

    /// Whether a folder is a profile.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn is_profile(&self, folder: &Path) -> Result<bool, Error>;

    /// The folder that holds this profile, if it is where its browser has it.
    fn root_of<'p>(&self, profile: &'p Path) -> &'p Path;

    /// Adds every profile of a root, a real path, with its stores.
    fn add_root(&self, search: &mut Search<'_>, browser: &'static Browser, root: &Path);

    /// Adds one profile, a real path, with its stores.
    fn add_profile(&self, search: &mut Search<'_>, browser: &'static Browser, profile: &Path);
}
