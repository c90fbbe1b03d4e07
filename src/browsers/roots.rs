//! Where to look: a home folder, and where each system has its browsers below it.

use std::fs;
use std::path::{Path, PathBuf};

use super::table::{Base, Browser, Place, Platform};
use crate::model::error::{Error, Fault, is_absence};
use crate::platform;

/// Where to look.
#[derive(Debug, Clone)]
pub struct Roots {
    platform: Platform,
    home: PathBuf,
    config: PathBuf,
    local: PathBuf,
    roaming: PathBuf,
    /// `$CHROME_CONFIG_HOME`.
    chrome_config: Option<PathBuf>,
    /// Another home folder: nothing outside of it is meant, even where its files
    /// name a path that happens to exist on this computer.
    confined: bool,
}

impl Roots {
    pub(super) fn platform(&self) -> Platform {
        self.platform
    }

    /// The folders of the user who runs this.
    ///
    /// # Errors
    /// When the system does not tell the home folder.
    pub fn of_this_user(platform: Platform) -> Result<Self, Error> {
        let home = dirs::home_dir().ok_or_else(|| Fault::Gone.at("the home folder"))?;
        let mut roots = Self::in_home(home, platform);
        if platform == Platform::of_this_system() {
            match platform {
                Platform::Linux => {
                    roots.config = dirs::config_dir().unwrap_or(roots.config);
                    roots.chrome_config = std::env::var_os("CHROME_CONFIG_HOME")
                        .map(PathBuf::from)
                        .filter(|path| path.is_absolute());
                }
                Platform::Windows => {
                    roots.local = dirs::data_local_dir().unwrap_or(roots.local);
                    roots.roaming = dirs::data_dir().unwrap_or(roots.roaming);
                }
                Platform::MacOs => {}
            }
        }
        Ok(roots)
    }

    /// Everything below another home folder.
    ///
    /// # Errors
    /// When it is not a readable folder.
    pub fn below(home: &Path, platform: Platform) -> Result<Self, Error> {
        let home = platform::real_path(home).map_err(|e| Fault::from(e).at(home))?;
        fs::read_dir(&home).map_err(|e| Fault::from(e).at(&home))?;
        let mut roots = Self::in_home(home, platform);
        roots.confined = true;
        Ok(roots)
    }

    fn in_home(home: PathBuf, platform: Platform) -> Self {
        Self {
            platform,
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
        match self.platform {
            Platform::Linux => browser.linux,
            Platform::Windows => browser.windows,
            Platform::MacOs => browser.macos,
        }
    }

    /// The folders in which a browser's files would be, whether they exist or not.
    /// That one cannot look for some is among the `problems`.
    pub(super) fn folders(&self, browser: &Browser, problems: &mut Vec<Error>) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for (base, path) in self.places(browser) {
            let bases = match base {
                Base::Home => vec![self.home.clone()],
                Base::Config => vec![self.config.clone()],
                Base::ChromeConfig => {
                    let first = self.chrome_config.clone();
                    first.into_iter().chain([self.config.clone()]).collect()
                }
                Base::Flatpak => vec![self.home.join(".var").join("app")],
                Base::Local => vec![self.local.clone()],
                Base::Roaming => vec![self.roaming.clone()],
                Base::AppSupport => vec![self.home.join("Library").join("Application Support")],
            };
            for base in bases {
                folders.extend(expand(base, path, problems));
            }
        }
        folders
    }
}

/// Puts a path of the table below its base; a part with a `*` becomes every folder
/// of such a name.
fn expand(base: PathBuf, path: &str, problems: &mut Vec<Error>) -> Vec<PathBuf> {
    let mut folders = vec![base];
    for part in path.split('/') {
        folders = folders
            .into_iter()
            .flat_map(|folder| match glob::Pattern::new(part) {
                Ok(pattern) if part.contains('*') => {
                    let names = fs::read_dir(&folder).and_then(|entries| {
                        let names = entries.map(|entry| Ok(entry?.file_name()));
                        names.collect::<std::io::Result<Vec<_>>>()
                    });
                    let mut names = match names {
                        Ok(names) => names,
                        Err(e) if is_absence(&e) => Vec::new(),
                        Err(e) => {
                            problems.push(Fault::from(e).at(folder));
                            return Vec::new();
                        }
                    };
                    names.retain(|name| name.to_str().is_some_and(|n| pattern.matches(n)));
                    names.sort();
                    names.into_iter().map(|name| folder.join(name)).collect()
                }
                _ => vec![folder.join(part)],
            })
            .collect();
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browsers::table::by_id;

    #[test]
    fn chrome_config_home_comes_first() {
        let mut roots = Roots::in_home("/home/kim".into(), Platform::Linux);
        roots.chrome_config = Some("/elsewhere".into());
        let folders = |id| roots.folders(by_id(id).expect("a row"), &mut Vec::new());
        let [first, second, ..] = &folders("chrome-beta")[..] else {
            panic!("two places");
        };
        assert!(first.ends_with("elsewhere/google-chrome-beta"), "{first:?}");
        assert!(second.ends_with(".config/google-chrome-beta"), "{second:?}");
        assert!(!folders("brave").iter().any(|f| f.starts_with("/elsewhere")));
    }

    #[test]
    #[cfg(unix)]
    fn folder_that_cannot_be_searched_is_a_problem() {
        let base = PathBuf::from("/").join("too-long".repeat(64));
        let mut problems = Vec::new();
        let folders = expand(base.clone(), "*/profiles", &mut problems);
        assert!(folders.is_empty(), "{folders:?}");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].path, base);
    }
}
