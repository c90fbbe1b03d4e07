//! A search under way: what was found so far, and looking without following a way out.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::profile::{Found, Profile};
use super::roots::Roots;
use super::table::Browser;
use crate::model::error::{Error, Fault, is_absence};
use crate::platform;
use crate::store::Store;
use crate::store::claim::Guard;

/// A profile that a family has found.
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
    /// The real path of the folder that the person named, if it is about one.
    pub(super) named: Option<PathBuf>,
    /// Profiles; Opera's is the user-data directory itself.
    profiles: HashSet<PathBuf>,
    files: HashSet<platform::FileId>,
}

impl<'a> Search<'a> {
    pub(super) fn new(roots: &'a Roots) -> Self {
        Self {
            roots,
            found: Found::default(),
            searched: HashSet::new(),
            named: None,
            profiles: HashSet::new(),
            files: HashSet::new(),
        }
    }

    pub(super) fn problem(&mut self, problem: Error) {
        let known = |p: &Error| p.path == problem.path && p.to_string() == problem.to_string();
        if !self.found.problems.iter().any(known) {
            self.found.problems.push(problem);
        }
    }

    /// The folder to which everything is confined: one that the person named, or another
    /// home folder. In one's own home folder a browser's list may lead elsewhere, to
    /// where the person once chose to have a profile.
    pub(super) fn confinement(&self) -> Option<&Path> {
        self.named.as_deref().or_else(|| self.roots.confinement())
    }

    /// Whether the real path is outside of that folder, which is then a problem of what
    /// led there.
    pub(super) fn leads_out(&mut self, from: &Path, real: &Path) -> bool {
        let is_out = self
            .confinement()
            .is_some_and(|folder| !platform::is_within(real, folder));
        if is_out {
            self.problem(Fault::Outside(real.to_owned()).at(from));
        }
        is_out
    }

    /// Whether no other user can redirect us on the way to a real path; that
    /// one can is a problem.
    pub(super) fn is_safe(&mut self, real: &Path) -> bool {
        match platform::owner::is_safe_for_us(real) {
            Ok(()) => true,
            Err(folder) => {
                self.problem(Fault::OthersFolder(folder).at(real));
                false
            }
        }
    }

    /// Adds a profile unless it was found already, with the stores among `files`, each
    /// with what makes a store of it, and with the store of its site data.
    pub(super) fn add<'s>(
        &mut self,
        browser: &'static Browser,
        candidate: Candidate,
        guard: &Arc<Guard>,
        files: impl IntoIterator<Item = (PathBuf, &'s dyn Fn(PathBuf) -> Box<dyn Store>)>,
        site_data: impl FnOnce(PathBuf) -> Box<dyn Store>,
    ) {
        let Some(dir) = self.real_path(&candidate.dir) else {
            return;
        };
        if !platform::is_within(&dir, &candidate.within) {
            return self.problem(Fault::Outside(dir).at(candidate.dir));
        }
        if !self.profiles.insert(dir.clone()) || !self.is_safe(&dir) {
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
            if !platform::is_within(&real, &candidate.within) {
                self.problem(Fault::Outside(real).at(file));
                continue;
            }
            if let Some(folder) = real.parent().filter(|folder| *folder != dir)
                && !self.is_safe(folder)
            {
                continue;
            }
            let store = make(real.clone());
            // The same file under a second name. One that is replaced when it is
            // cleaned is not the same any more then.
            let is_known = match store.kind().is_volatile() {
                true => !sessions.insert(real),
                false => platform::file_id(&real).is_some_and(|id| !self.files.insert(id)),
            };
            if !is_known {
                stores.push(store);
            }
        }
        self.found.profiles.push(Profile {
            browser,
            name: candidate.name,
            display_name: candidate.display_name,
            site_data: site_data(dir.clone()),
            dir,
            within: candidate.within,
            user_data: candidate.user_data,
            platform: self.roots.platform(),
            stores,
            guard: Arc::clone(guard),
        });
    }

    /// The path with all links followed; None when there is nothing, and also when
    /// it cannot be told, which is then a problem.
    pub(super) fn real_path(&mut self, path: &Path) -> Option<PathBuf> {
        match platform::real_path(path) {
            Ok(real) => Some(real),
            Err(e) if is_absence(&e) => {
                match fs::symlink_metadata(path) {
                    // A link that leads nowhere is not nothing.
                    Ok(link) if link.is_symlink() => self.problem(Fault::Gone.at(path)),
                    Err(e) if !is_absence(&e) => self.problem(Fault::from(e).at(barrier(path))),
                    _ => {}
                }
                None
            }
            Err(e) => {
                self.problem(Fault::from(e).at(barrier(path)));
                None
            }
        }
    }

    /// The folders and files in a folder; that it cannot be read to its end is a problem.
    pub(super) fn entries(&mut self, folder: &Path) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        let read = fs::read_dir(folder).and_then(|entries| {
            for entry in entries {
                paths.push(entry?.path());
            }
            Ok(())
        });
        match read {
            Err(e) if !is_absence(&e) => self.problem(Fault::from(e).at(folder)),
            _ => {}
        }
        paths.sort();
        paths
    }

    /// The same of a folder that must not be a link out of another one, a real path.
    pub(super) fn entries_within(&mut self, folder: &Path, within: &Path) -> Vec<PathBuf> {
        match self.real_path(folder) {
            Some(real) if platform::is_within(&real, within) => self.entries(folder),
            Some(real) => {
                self.problem(Fault::Outside(real).at(folder));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Whether something of this name exists; that it cannot be found out is a problem.
    pub(super) fn is_there(&mut self, path: &Path) -> bool {
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

/// Whether a path is that of a regular file, or of a link to one.
///
/// # Errors
/// When that cannot be found out.
pub(crate) fn is_file(path: &Path) -> Result<bool, Error> {
    is_of_kind(path, Metadata::is_file)
}

/// The same of a folder.
///
/// # Errors
/// When that cannot be found out.
pub(crate) fn is_folder(path: &Path) -> Result<bool, Error> {
    is_of_kind(path, Metadata::is_dir)
}

/// The same of anything at all.
///
/// # Errors
/// When that cannot be found out.
pub(crate) fn exists(path: &Path) -> Result<bool, Error> {
    is_of_kind(path, |_| true)
}

fn is_of_kind(path: &Path, is_it: fn(&Metadata) -> bool) -> Result<bool, Error> {
    match path.metadata() {
        Ok(metadata) => Ok(is_it(&metadata)),
        Err(e) if is_absence(&e) => Ok(false),
        Err(e) => Err(Fault::from(e).at(barrier(path))),
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

/// A name that a browser shows, as long as one that a person gives can be: it is printed
/// with every cookie.
pub(crate) fn shortened(name: &str) -> String {
    const LONGEST: usize = 500;
    name.chars().take(LONGEST).collect()
}
