//! The table of browsers and the folders to look in give profiles, and these stores.

use std::fs;
use std::path::{Path, PathBuf};

use super::family::Profiles;
use super::profile::{Found, Profile};
use super::roots::Roots;
use super::search::{Search, barrier};
use super::table::{self, BROWSERS, Browser, Family};
use super::{chromium, gecko};
use crate::model::error::{Error, Fault, is_absence};
use crate::platform;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Ids of browsers; none means all.
    pub browsers: Vec<String>,
    /// Profiles by folder name, shown name or path; none means all.
    pub profiles: Vec<String>,
    /// Profile or user-data folders to look in instead of searching.
    pub folders: Vec<PathBuf>,
}

impl Profile {
    fn is_called(&self, wanted: &str) -> bool {
        self.name == wanted
            || self.display_name == wanted
            || Path::new(wanted).components().nth(1).is_some_and(|_| {
                platform::real_path(Path::new(wanted)).is_ok_and(|path| path == self.dir)
            })
    }
}

/// A search that cannot be done as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// No profile has a name that was asked for.
    #[error("there is no profile \"{wanted}\"")]
    NoSuchProfile {
        /// The name.
        wanted: String,
        /// Those there are: browser, folder name, shown name.
        there_are: Vec<(&'static str, String, String)>,
    },
    /// A folder that was named holds no profile.
    #[error("{}: not a profile or user-data folder of a known browser", .0.display())]
    NotAProfile(PathBuf),
    /// A folder that was named cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Error),
}

fn profiles_of(family: Family) -> &'static dyn Profiles {
    match family {
        Family::Chromium => &chromium::UserDataDirectories,
        Family::Gecko => &gecko::ProfileLists,
    }
}

/// Looks for profiles and stores.
///
/// # Errors
/// When a profile that was asked for is not there. What merely cannot be read is
/// in [`Found::problems`].
pub fn discover(roots: &Roots, filter: &Filter) -> Result<Found, SearchError> {
    let mut search = Search::new(roots);
    if filter.folders.is_empty() {
        for browser in BROWSERS.iter().filter(|b| filter.wants(b)) {
            let mut problems = Vec::new();
            let folders = roots.folders(browser, &mut problems);
            if !folders.is_empty() {
                search.found.looked_for.push(browser.name);
            }
            for folder in folders {
                search.look_in(browser, &folder);
            }
            for problem in problems {
                search.problem(problem);
            }
        }
    } else {
        for folder in &filter.folders {
            search.look_at(folder, filter)?;
        }
    }
    let mut found = search.found;
    filter.narrow(&mut found.profiles)?;
    Ok(found)
}

impl Filter {
    fn wants(&self, browser: &Browser) -> bool {
        self.browsers.is_empty() || self.browsers.iter().any(|id| id == browser.id)
    }

    fn narrow(&self, profiles: &mut Vec<Profile>) -> Result<(), SearchError> {
        if self.profiles.is_empty() {
            return Ok(());
        }
        for wanted in &self.profiles {
            if !profiles.iter().any(|p| p.is_called(wanted)) {
                return Err(SearchError::NoSuchProfile {
                    wanted: wanted.clone(),
                    there_are: profiles
                        .iter()
                        .map(|p| (p.browser.id, p.name.clone(), p.display_name.clone()))
                        .collect(),
                });
            }
        }
        profiles.retain(|p| self.profiles.iter().any(|wanted| p.is_called(wanted)));
        Ok(())
    }
}

impl Search<'_> {
    /// One folder of the table.
    fn look_in(&mut self, browser: &'static Browser, folder: &Path) {
        self.found.looked_in.push(folder.to_owned());
        match folder.metadata() {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return self.problem(Fault::Unparsable("it is no folder".into()).at(folder)),
            Err(e) if is_absence(&e) => return,
            Err(e) => return self.problem(Fault::from(e).at(barrier(folder))),
        }
        let Some(real) = self.real_path(folder) else {
            return;
        };
        if self.leads_out(folder, &real) || !self.is_safe(&real) {
            return;
        }
        // One folder can be in the table twice (a Snap's `current`).
        if self.searched.insert(real.clone()) {
            profiles_of(browser.family).add_root(self, browser, &real);
        }
    }

    /// A folder that the person named.
    fn look_at(&mut self, folder: &Path, filter: &Filter) -> Result<(), SearchError> {
        self.found.looked_in.push(folder.to_owned());
        let real = platform::real_path(folder).map_err(|e| Fault::from(e).at(folder))?;
        fs::read_dir(&real).map_err(|e| Fault::from(e).at(folder))?;
        self.named = Some(real.clone());
        let mut trouble = None;
        for family in [Family::Gecko, Family::Chromium] {
            let profiles = profiles_of(family);
            let mut is_one = |answer: Result<bool, Error>| {
                answer.unwrap_or_else(|error| {
                    trouble.get_or_insert(error);
                    false
                })
            };
            if is_one(profiles.is_root(&real)) {
                let browser = self.browser_at(&real, family);
                if filter.wants(browser) {
                    profiles.add_root(self, browser, &real);
                }
                return Ok(());
            }
            if is_one(profiles.is_profile(&real)) {
                let browser = self.browser_at(profiles.root_of(&real), family);
                if filter.wants(browser) {
                    profiles.add_profile(self, browser, &real);
                }
                return Ok(());
            }
        }
        Err(match trouble {
            Some(error) => SearchError::Unreadable(error),
            None => SearchError::NotAProfile(folder.to_owned()),
        })
    }

    /// The browser of the family whose place this folder is; else one that stands for the
    /// family. Only its name depends on it.
    fn browser_at(&self, folder: &Path, family: Family) -> &'static Browser {
        let is_here = |browser: &&Browser| {
            let places = self.roots.folders(browser, &mut Vec::new());
            places.iter().any(|place| {
                place.file_name() == folder.file_name()
                    && platform::real_path(place).is_ok_and(|place| place == folder)
            })
        };
        let mut of_family = BROWSERS.iter().filter(|b| b.family == family);
        of_family
            .find(is_here)
            .unwrap_or_else(|| table::of_family(family))
    }
}
