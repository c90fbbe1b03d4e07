//! The profiles of a user-data directory, and the cookie stores in them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cookies::{Cookies, FILES};
use super::device_bound::{self, DeviceBound};
use super::local_state;
use super::lock::UserDataLock;
use super::site_data::Partitions;
use crate::browsers::family::Profiles;
use crate::browsers::search::{Candidate, Search, exists, is_file, is_plain_name, shortened};
use crate::browsers::table::Browser;
use crate::model::error::{At, Error, Fault, is_absence};
use crate::store::Store;
use crate::store::claim::Guard;
use crate::store::site_data::SiteDataStore;
use crate::store::table::TableStore;

const DEVICE_BOUND: [&str; 2] = ["Network/Device Bound Sessions", device_bound::FILE];
/// The profile picker's own; it browses nothing.
const SYSTEM_PROFILE: &str = "System Profile";
/// Names of folders that are none are reported so often.
const ODD: usize = 8;

/// The profiles of Chromium: folders in a user-data directory.
pub(in crate::browsers) struct UserDataDirectories;

impl Profiles for UserDataDirectories {
    fn is_root(&self, folder: &Path) -> Result<bool, Error> {
        is_user_data(folder)
    }

    fn is_profile(&self, folder: &Path) -> Result<bool, Error> {
        is_profile(folder)
    }

    fn root_of<'p>(&self, profile: &'p Path) -> &'p Path {
        profile.parent().unwrap_or(profile)
    }

    fn add_root(&self, search: &mut Search<'_>, browser: &'static Browser, root: &Path) {
        add_all(search, browser, root);
    }

    fn add_profile(&self, search: &mut Search<'_>, browser: &'static Browser, profile: &Path) {
        add_one(search, browser, profile);
    }
}

/// Whether this is a user-data directory.
///
/// # Errors
/// When that cannot be found out.
fn is_user_data(dir: &Path) -> Result<bool, Error> {
    if is_file(&local_state::file(dir))? {
        return Ok(true);
    }
    for entry in fs::read_dir(dir).at(dir)? {
        let entry = entry.at(dir)?.path();
        match is_file(&entry.join("Preferences")) {
            Ok(true) => return Ok(true),
            Err(error) if !is_link_elsewhere(&entry) => return Err(error),
            _ => {}
        }
    }
    Ok(false)
}

/// Whether this is a profile of one.
///
/// # Errors
/// When that cannot be found out.
fn is_profile(dir: &Path) -> Result<bool, Error> {
    if is_file(&dir.join("Preferences"))? {
        return Ok(true);
    }
    // By the name of a store alone: one that is not a file is reported later.
    for file in FILES {
        if exists(&dir.join(file))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A link can lead into another user's folder without being a profile, as
/// `SingletonSocket` does.
fn is_link_elsewhere(entry: &Path) -> bool {
    entry.is_symlink()
}

/// The same of something in a user-data directory: a folder into which one cannot look
/// is a problem.
fn may_be_profile(search: &mut Search<'_>, entry: &Path) -> bool {
    is_profile(entry).unwrap_or_else(|problem| {
        if !is_link_elsewhere(entry) {
            search.problem(problem);
        }
        false
    })
}

/// What cannot be looked at is there: to read it then shows why not.
fn may_be_there(folder: &Path) -> bool {
    match fs::symlink_metadata(folder) {
        Ok(_) => true,
        // No folder has a name that is too long for one.
        Err(error) => !is_absence(&error) && error.kind() != io::ErrorKind::InvalidFilename,
    }
}

/// Adds every profile of a user-data directory.
fn add_all(search: &mut Search<'_>, browser: &'static Browser, user_data: &Path) {
    let mut names = BTreeSet::new();
    let mut shown = BTreeMap::new();
    let mut odd = Vec::new();
    let read = local_state::profiles(user_data, |name, shown_as| {
        if !is_plain_name(name) {
            // Some of them show what is wrong.
            if odd.len() < ODD {
                odd.push(shortened(name));
            }
        } else if may_be_there(&user_data.join(name)) {
            names.insert(OsString::from(name));
            if let Some(shown_as) = shown_as {
                shown.insert(name.to_owned(), shortened(&shown_as));
            }
        }
    });
    for name in odd {
        let why = format!("it names a profile \"{name}\", which is no name of a folder");
        search.problem(Fault::Unparsable(why).at(local_state::file(user_data)));
    }
    if let Err(problem) = read {
        search.problem(problem);
    }
    for entry in search.entries(user_data) {
        let name = entry.file_name().unwrap_or_default();
        if may_be_profile(search, &entry) || name == "Guest Profile" {
            names.insert(name.to_owned());
        }
    }
    names.remove(OsStr::new(SYSTEM_PROFILE));

    let mut names: Vec<_> = names.into_iter().collect();
    // As the browser counts them: Default, Profile 2, Profile 10.
    names.sort_by_key(|name| (name != "Default", name.len(), name.clone()));
    let mut profiles: Vec<_> = names
        .into_iter()
        .map(|name| (user_data.join(&name), name.to_string_lossy().into_owned()))
        .filter(|(dir, _)| search.is_there(dir))
        .collect();
    // Opera keeps a single profile in the directory itself.
    if may_be_profile(search, user_data) {
        profiles.insert(0, (user_data.to_owned(), folder_name(user_data)));
    }

    let dirs = profiles.iter().map(|(dir, _)| dir.clone()).collect();
    let guard = Arc::new(Guard::new(UserDataLock::new(user_data.to_owned(), dirs)));
    for (dir, name) in profiles {
        let candidate = Candidate {
            display_name: shown.get(&name).unwrap_or(&name).to_owned(),
            name,
            dir,
            within: user_data.to_owned(),
            user_data: user_data.to_owned(),
        };
        add(search, browser, candidate, &guard);
    }
}

/// Adds the one profile at `dir`, a real path.
fn add_one(search: &mut Search<'_>, browser: &'static Browser, dir: &Path) {
    // A profile that was copied to somewhere has no user-data directory around it.
    let parent = match dir
        .parent()
        .map(|parent| (parent, is_file(&local_state::file(parent))))
    {
        Some((parent, Ok(true))) => Some(parent),
        // It has the lock, without which nothing may be done.
        Some((_, Err(problem))) => return search.problem(problem),
        _ => None,
    };
    let user_data = parent.unwrap_or(dir);
    let name = folder_name(dir);
    let mut shown = None;
    // The list only serves to show a name: without it there is that of the folder.
    let _ = local_state::profiles(user_data, |listed, shown_as| {
        if listed == name {
            shown = shown_as.as_deref().map(shortened);
        }
    });
    let guard = Guard::new(UserDataLock::new(
        user_data.to_owned(),
        vec![dir.to_owned()],
    ));
    let candidate = Candidate {
        display_name: shown.unwrap_or_else(|| name.clone()),
        name,
        dir: dir.to_owned(),
        within: dir.to_owned(),
        user_data: user_data.to_owned(),
    };
    add(search, browser, candidate, &Arc::new(guard));
}

fn add(
    search: &mut Search<'_>,
    browser: &'static Browser,
    candidate: Candidate,
    guard: &Arc<Guard>,
) {
    type Make<'a> = &'a dyn Fn(PathBuf) -> Box<dyn Store>;
    let store: Make<'_> = &|path| Box::new(TableStore::<Cookies>::new(path, ()));
    let older: Make<'_> = &|path| Box::new(TableStore::<Cookies>::older_copy(path, ()));
    let bound: Make<'_> = &|path| Box::new(TableStore::<DeviceBound>::new(path, ()));
    let folders = store_folders(search, &candidate);
    let mut files: Vec<_> = there(search, &folders, &FILES)
        .map(|file| (file, store))
        .collect();
    if files.is_empty() {
        files.push((candidate.dir.join(FILES[1]), store));
    }
    let sessions = there(search, &folders, &DEVICE_BOUND).map(|file| (file, bound));
    files.extend(sessions.collect::<Vec<_>>());
    let snapshots = snapshots(search, &candidate);
    let copies = there(search, &snapshots, &FILES).map(|file| (file, older));
    files.extend(copies.collect::<Vec<_>>());
    search.add(browser, candidate, guard, files, |dir| {
        Box::new(SiteDataStore::new(dir, Partitions))
    });
}

/// The profile itself, and its web views and isolated web apps:
/// `Storage/ext/<id>/<partition>`.
fn store_folders(search: &mut Search<'_>, candidate: &Candidate) -> Vec<PathBuf> {
    let within = &candidate.within;
    let mut folders = vec![candidate.dir.clone()];
    let extensions = candidate.dir.join("Storage").join("ext");
    for extension in search.entries_within(&extensions, within) {
        folders.extend(search.entries_within(&extension, within));
    }
    folders
}

/// What the profile was like before an update, for a browser that goes back to an older
/// version: `Snapshots/<version>/<profile>` (`chrome/browser/downgrade/`).
fn snapshots(search: &mut Search<'_>, candidate: &Candidate) -> Vec<PathBuf> {
    let folder = candidate.within.join("Snapshots");
    let versions = search.entries_within(&folder, &candidate.within);
    let name = candidate.dir.file_name().unwrap_or_default();
    versions.iter().map(|version| version.join(name)).collect()
}

/// Those of these files that there are in these folders.
fn there(
    search: &mut Search<'_>,
    folders: &[PathBuf],
    files: &[&str],
) -> impl Iterator<Item = PathBuf> + use<> {
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|folder| files.iter().map(|file| folder.join(file)))
        .collect();
    paths.retain(|path| search.is_there(path));
    paths.into_iter()
}

fn folder_name(dir: &Path) -> String {
    dir.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
