//! The table of browsers and the folders to look in give profiles, and these stores.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::browsers::{self, BROWSERS, Base, Browser, Family, Place};
use crate::claim::Guard;
use crate::error::{Error, Fault};
use crate::store::Store;
use crate::{chromium, gecko};

/// The system whose folders are looked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Linux,
    MacOs,
    Windows,
}

impl Layout {
    /// That of the system this runs on.
    pub fn of_this_system() -> Self {
        match std::env::consts::OS {
            "windows" => Self::Windows,
            "macos" => Self::MacOs,
            _ => Self::Linux,
        }
    }
}

/// Where to look.
#[derive(Debug, Clone)]
pub struct Roots {
    layout: Layout,
    home: PathBuf,
    config: PathBuf,
    local: PathBuf,
    roaming: PathBuf,
    /// Chrome and Chromium look at `$CHROME_CONFIG_HOME` before `$XDG_CONFIG_HOME`.
    chrome_config: Option<PathBuf>,
    /// Another home folder: nothing outside of it is meant, even where its files
    /// name a path that happens to exist on this computer.
    confined: bool,
}

impl Roots {
    /// The folders of the user who runs this.
    ///
    /// # Errors
    /// When the system does not tell the home folder.
    pub fn of_this_user(layout: Layout) -> Result<Self, Error> {
        let home = dirs::home_dir().ok_or_else(|| Fault::Gone.at("the home folder"))?;
        let mut roots = Self::in_home(home, layout);
        if layout == Layout::of_this_system() {
            match layout {
                Layout::Linux => {
                    roots.config = dirs::config_dir().unwrap_or(roots.config);
                    roots.chrome_config = std::env::var_os("CHROME_CONFIG_HOME")
                        .map(PathBuf::from)
                        .filter(|path| path.is_absolute());
                }
                Layout::Windows => {
                    roots.local = dirs::data_local_dir().unwrap_or(roots.local);
                    roots.roaming = dirs::data_dir().unwrap_or(roots.roaming);
                }
                Layout::MacOs => {}
            }
        }
        Ok(roots)
    }

    /// Everything below another home folder.
    ///
    /// # Errors
    /// When it is no folder that can be read.
    pub fn below(home: &Path, layout: Layout) -> Result<Self, Error> {
        let home = dunce::canonicalize(home).map_err(|e| Fault::from(e).at(home))?;
        fs::read_dir(&home).map_err(|e| Fault::from(e).at(&home))?;
        let mut roots = Self::in_home(home, layout);
        roots.confined = true;
        Ok(roots)
    }

    fn in_home(home: PathBuf, layout: Layout) -> Self {
        Self {
            layout,
            config: home.join(".config"),
            local: home.join("AppData").join("Local"),
            roaming: home.join("AppData").join("Roaming"),
            chrome_config: None,
            confined: false,
            home,
        }
    }

    /// The folder to which everything is confined, if it is.
    pub(crate) fn confinement(&self) -> Option<&Path> {
        self.confined.then_some(&*self.home)
    }

    fn places(&self, browser: &Browser) -> &'static [Place] {
        match self.layout {
            Layout::Linux => browser.linux,
            Layout::Windows => browser.windows,
            Layout::MacOs => browser.macos,
        }
    }

    /// The folders in which a browser's files would be, whether they exist or not.
    fn folders(&self, browser: &Browser) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for (base, path) in self.places(browser) {
            let base = match base {
                Base::Home => self.home.clone(),
                Base::Config => self.config.clone(),
                Base::Flatpak => self.home.join(".var").join("app"),
                Base::Local => self.local.clone(),
                Base::Roaming => self.roaming.clone(),
                Base::AppSupport => self.home.join("Library").join("Application Support"),
            };
            folders.extend(expand(base, path));
        }
        if let Some(config) = &self.chrome_config
            && let Some((_, path)) = self
                .places(browser)
                .iter()
                .find(|(base, _)| *base == Base::Config)
            && (browser.id == "chromium" || browser.id.starts_with("chrome"))
        {
            folders.insert(0, config.join(path));
        }
        folders
    }
}

/// Puts a path of the table below its base; a part with a `*` becomes every folder
/// of such a name, and stays as it is where there is none.
fn expand(base: PathBuf, path: &str) -> Vec<PathBuf> {
    let mut folders = vec![base];
    for part in path.split('/') {
        folders = folders
            .into_iter()
            .flat_map(|folder| match glob::Pattern::new(part) {
                Ok(pattern) if part.contains('*') => {
                    let mut names: Vec<_> = fs::read_dir(&folder)
                        .into_iter()
                        .flatten()
                        .flatten()
                        .map(|entry| entry.file_name())
                        .filter(|name| name.to_str().is_some_and(|n| pattern.matches(n)))
                        .collect();
                    names.sort();
                    names.into_iter().map(|name| folder.join(name)).collect()
                }
                _ => vec![folder.join(part)],
            })
            .collect();
    }
    folders
}

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

/// A profile with its stores.
pub struct Profile {
    pub browser: &'static Browser,
    /// The name of its folder.
    pub name: String,
    /// What the browser shows.
    pub display_name: String,
    /// Its real path.
    pub dir: PathBuf,
    pub stores: Vec<Box<dyn Store>>,
    /// What says whether it is in use; profiles of one user-data directory share it.
    pub guard: Arc<Guard>,
}

impl Profile {
    fn is_called(&self, wanted: &str) -> bool {
        self.name == wanted
            || self.display_name == wanted
            || Path::new(wanted)
                .components()
                .nth(1)
                .is_some_and(|_| dunce::canonicalize(wanted).is_ok_and(|path| path == self.dir))
    }
}

/// What a search found.
#[derive(Default)]
pub struct Found {
    pub profiles: Vec<Profile>,
    /// What is there and cannot be read or used.
    pub problems: Vec<Error>,
    /// Where was looked.
    pub looked_in: Vec<PathBuf>,
}

/// A search that cannot be done as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("there is no profile \"{wanted}\"")]
    NoSuchProfile {
        wanted: String,
        /// Those there are: browser, folder name, shown name.
        there_are: Vec<(&'static str, String, String)>,
    },
    #[error("{}: neither a profile nor a user-data folder of a browser that is known here", .0.display())]
    NotAProfile(PathBuf),
    #[error(transparent)]
    Unreadable(#[from] Error),
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
            for folder in roots.folders(browser) {
                search.look_in(browser, &folder);
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

/// What a family's own search tells.
pub(crate) struct Candidate {
    pub name: String,
    pub display_name: String,
    pub dir: PathBuf,
    /// The folder out of which its files must not lead.
    pub within: PathBuf,
}

/// A search under way: what was found, and what was found already.
pub(crate) struct Search<'a> {
    pub roots: &'a Roots,
    found: Found,
    folders: HashSet<PathBuf>,
    files: HashSet<same_file::Handle>,
}

impl<'a> Search<'a> {
    fn new(roots: &'a Roots) -> Self {
        Self {
            roots,
            found: Found::default(),
            folders: HashSet::new(),
            files: HashSet::new(),
        }
    }

    pub fn problem(&mut self, problem: Error) {
        let known = |p: &Error| p.path == problem.path && p.to_string() == problem.to_string();
        if !self.found.problems.iter().any(known) {
            self.found.problems.push(problem);
        }
    }

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
        if let Some(home) = self.roots.confinement()
            && !real.starts_with(home)
        {
            return self.problem(Fault::Outside(real).at(folder));
        }
        // One folder can stand in the table twice (a Snap's `current`).
        if self.folders.insert(real.clone()) {
            self.add_root(browser, &real);
        }
    }

    fn add_root(&mut self, browser: &'static Browser, root: &Path) {
        match browser.family {
            Family::Chromium => chromium::profiles::search(self, browser, root),
            Family::Gecko => gecko::profiles::search(self, browser, root),
        }
    }

    /// A folder that the person named.
    fn look_at(&mut self, folder: &Path, filter: &Filter) -> Result<(), SearchError> {
        self.found.looked_in.push(folder.to_owned());
        let real = dunce::canonicalize(folder).map_err(|e| Fault::from(e).at(folder))?;
        fs::read_dir(&real).map_err(|e| Fault::from(e).at(folder))?;
        let known = |dir: &Path, family| {
            BROWSERS
                .iter()
                .filter(|b| b.family == family)
                .find(|b| {
                    self.roots.folders(b).iter().any(|folder| {
                        folder.file_name() == dir.file_name()
                            && dunce::canonicalize(folder).is_ok_and(|folder| folder == dir)
                    })
                })
                .unwrap_or_else(|| browsers::of_family(family))
        };
        let parent = real.parent().unwrap_or(&real).to_owned();
        if gecko::profiles::is_root(&real) {
            let browser = known(&real, Family::Gecko);
            self.if_wanted(browser, filter, |search| search.add_root(browser, &real));
        } else if gecko::profiles::is_profile(&real) {
            let root = if parent.ends_with("Profiles") {
                parent.parent().unwrap_or(&parent)
            } else {
                &parent
            };
            let browser = known(root, Family::Gecko);
            self.if_wanted(browser, filter, |search| {
                gecko::profiles::add_one(search, browser, &real);
            });
        } else if chromium::profiles::is_user_data(&real) {
            let browser = known(&real, Family::Chromium);
            self.if_wanted(browser, filter, |search| search.add_root(browser, &real));
        } else if chromium::profiles::is_profile(&real) {
            let browser = known(&parent, Family::Chromium);
            self.if_wanted(browser, filter, |search| {
                chromium::profiles::add_one(search, browser, &real);
            });
        } else {
            return Err(SearchError::NotAProfile(folder.to_owned()));
        }
        Ok(())
    }

    fn if_wanted(
        &mut self,
        browser: &'static Browser,
        filter: &Filter,
        add: impl FnOnce(&mut Self),
    ) {
        if filter.wants(browser) {
            add(self);
        }
    }

    /// Adds a profile unless it was found already, with the stores among `files`.
    pub fn add(
        &mut self,
        browser: &'static Browser,
        candidate: Candidate,
        guard: &Arc<Guard>,
        files: Vec<PathBuf>,
        store: impl Fn(PathBuf) -> Box<dyn Store>,
    ) {
        let Some(dir) = self.real_path(&candidate.dir) else {
            return;
        };
        if !dir.starts_with(&candidate.within) {
            return self.problem(Fault::Outside(dir).at(candidate.dir));
        }
        if !self.folders.insert(dir.join(".")) {
            return;
        }
        let mut stores = Vec::new();
        for file in files {
            // A browser that was just begun with has not written it yet.
            let real = match self.is_there(&file) {
                false => dir.join(file.strip_prefix(&candidate.dir).unwrap_or(&file)),
                true => match self.real_path(&file) {
                    Some(real) => real,
                    None => continue,
                },
            };
            if !real.starts_with(&candidate.within) {
                self.problem(Fault::Outside(real).at(file));
                continue;
            }
            // The same file under a second name; a pipe would block the comparison.
            let is_file = real.metadata().is_ok_and(|m| m.is_file());
            if is_file
                && let Ok(handle) = same_file::Handle::from_path(&real)
                && !self.files.insert(handle)
            {
                continue;
            }
            stores.push(store(real));
        }
        self.found.profiles.push(Profile {
            browser,
            name: candidate.name,
            display_name: candidate.display_name,
            dir,
            stores,
            guard: Arc::clone(guard),
        });
    }

    /// The path with all links followed; None when there is nothing, and also when
    /// it cannot be told, which is then a problem.
    pub fn real_path(&mut self, path: &Path) -> Option<PathBuf> {
        match dunce::canonicalize(path) {
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

fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The folder that keeps one from looking at a path: of twenty places behind one
/// closed door, the door is what has to be named.
fn barrier(path: &Path) -> PathBuf {
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
