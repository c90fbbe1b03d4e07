//! A search under way: what was found so far, and looking without following a way out.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::roots::Roots;
use crate::browsers::{Browser, Layout};
use crate::claim::Guard;
use crate::error::{Error, Fault, is_absence};
use crate::store::{Kind, Store};
use crate::system;

/// A profile with its stores.
pub struct Profile {
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
    pub layout: Layout,
    pub stores: Vec<Box<dyn Store>>,
    /// What says whether it is in use; profiles of one user-data directory share it.
    pub guard: Arc<Guard>,
}

/// One store of one profile.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub profile: &'a Profile,
    pub store: &'a dyn Store,
}

/// All stores of these profiles.
pub fn jobs(profiles: &[Profile]) -> Vec<Job<'_>> {
    profiles
        .iter()
        .flat_map(|profile| {
            profile.stores.iter().map(move |store| Job {
                profile,
                store: &**store,
            })
        })
        .collect()
}

/// What a search found.
#[derive(Default)]
pub struct Found {
    pub profiles: Vec<Profile>,
    /// What is there and cannot be read or used.
    pub problems: Vec<Error>,
    /// Where was looked.
    pub looked_in: Vec<PathBuf>,
    /// The names of the browsers that have a place on that system.
    pub looked_for: Vec<&'static str>,
}

/// What a family's own search tells.
pub(crate) struct Candidate {
    pub name: String,
    pub display_name: String,
    pub dir: PathBuf,
    /// The folder out of which its files must not lead.
    pub within: PathBuf,
    /// The user-data directory; of a family that has none, `within`.
    pub user_data: PathBuf,
}

/// A search under way: what was found, and what was found already.
pub(crate) struct Search<'a> {
    pub roots: &'a Roots,
    pub(super) found: Found,
    /// User-data directories and folders of profiles.ini.
    pub(super) searched: HashSet<PathBuf>,
    /// Profiles; Opera's is the user-data directory itself.
    profiles: HashSet<PathBuf>,
    files: HashSet<system::FileId>,
}

impl<'a> Search<'a> {
    pub fn new(roots: &'a Roots) -> Self {
        Self {
            roots,
            found: Found::default(),
            searched: HashSet::new(),
            profiles: HashSet::new(),
            files: HashSet::new(),
        }
    }

    pub fn problem(&mut self, problem: Error) {
        let known = |p: &Error| p.path == problem.path && p.to_string() == problem.to_string();
        if !self.found.problems.iter().any(known) {
            self.found.problems.push(problem);
        }
    }

    /// Adds a profile unless it was found already, with the stores among `files`, each
    /// with what makes a store of it.
    pub fn add<'s>(
        &mut self,
        browser: &'static Browser,
        candidate: Candidate,
        guard: &Arc<Guard>,
        files: impl IntoIterator<Item = (PathBuf, &'s dyn Fn(PathBuf) -> Box<dyn Store>)>,
    ) {
        let Some(dir) = self.real_path(&candidate.dir) else {
            return;
        };
        if !system::is_within(&dir, &candidate.within) {
            return self.problem(Fault::Outside(dir).at(candidate.dir));
        }
        if !self.profiles.insert(dir.clone()) {
            return;
        }
        let mut stores = Vec::new();
        let mut sessions = HashSet::new();
        for (file, make) in files {
            // A browser that was just begun with has not written it yet.
            let real = match self.is_there(&file) {
                false => dir.join(file.strip_prefix(&candidate.dir).unwrap_or(&file)),
                true => match self.real_path(&file) {
                    Some(real) => real,
                    None => continue,
                },
            };
            if !system::is_within(&real, &candidate.within) {
                self.problem(Fault::Outside(real).at(file));
                continue;
            }
            let store = make(real.clone());
            // The same file under a second name. One that is replaced when it is
            // cleaned is not the same any more then.
            let is_known = match store.kind() {
                Kind::FirefoxSession => !sessions.insert(real),
                _ => system::file_id(&real).is_some_and(|id| !self.files.insert(id)),
            };
            if !is_known {
                stores.push(store);
            }
        }
        self.found.profiles.push(Profile {
            browser,
            name: candidate.name,
            display_name: candidate.display_name,
            dir,
            within: candidate.within,
            user_data: candidate.user_data,
            layout: self.roots.layout(),
            stores,
            guard: Arc::clone(guard),
        });
    }

    /// The path with all links followed; None when there is nothing, and also when
    /// it cannot be told, which is then a problem.
    pub fn real_path(&mut self, path: &Path) -> Option<PathBuf> {
        match system::real_path(path) {
            Ok(real) => Some(real),
            Err(e) if is_absence(&e) => {
                // A link that leads nowhere is not nothing.
                if fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) {
                    self.problem(Fault::Gone.at(path));
                }
                None
            }
            Err(e) => {
                self.problem(Fault::from(e).at(barrier(path)));
                None
            }
        }
    }

    /// The folders and files in a folder; that it cannot be read is a problem.
    pub fn entries(&mut self, folder: &Path) -> Vec<PathBuf> {
        match fs::read_dir(folder) {
            Ok(entries) => {
                let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
                paths.sort();
                paths
            }
            Err(e) if is_absence(&e) => Vec::new(),
            Err(e) => {
                self.problem(Fault::from(e).at(folder));
                Vec::new()
            }
        }
    }

    /// Whether there is something of this name; that it cannot be told is a problem.
    pub fn is_there(&mut self, path: &Path) -> bool {
        match fs::symlink_metadata(path) {
            Ok(_) => true,
            Err(e) if is_absence(&e) => false,
            Err(e) => {
                self.problem(Fault::from(e).at(barrier(path)));
                false
            }
        }
    }
}

/// The folder that keeps one from looking at a path: of twenty places behind one
/// closed door, the door is what has to be named.
pub(super) fn barrier(path: &Path) -> PathBuf {
    path.ancestors()
        .skip(1)
        .find(|folder| folder.metadata().is_ok())
        .unwrap_or(path)
        .to_owned()
}

/// Whether a name is that of one folder, and not a way to somewhere else.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    )
}
