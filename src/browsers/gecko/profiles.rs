//! The profiles beside a `profiles.ini`, and the stores in each.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use configparser::ini::{Ini, IniDefault};

use super::containers::Containers;
use super::cookies::MozCookies;
use super::lock::ParentLock;
use super::session_files::{self, SessionFile};
use super::site_data::OriginFolders;
use crate::browsers::family::Profiles;
use crate::browsers::search::{Candidate, Search, is_file, is_folder, shortened};
use crate::browsers::table::Browser;
use crate::formats::sqlite::read;
use crate::model::error::{At, Error, Fault};
use crate::platform;
use crate::store::Store;
use crate::store::claim::Guard;
use crate::store::site_data::SiteDataStore;
use crate::store::table::TableStore;

const COOKIES: &str = "cookies.sqlite";
const PROFILES_INI: &str = "profiles.ini";
/// A thousand profiles; what is read of it takes a hundred times as much.
const LONGEST_INI: usize = 128 << 10;
/// Where the profile manager of 2025 keeps the profiles that it makes; they are
/// not in profiles.ini.
const GROUPS: &str = "Profile Groups";

/// A profile by its list: the name that is shown, and the folder.
struct Listed {
    name: String,
    path: String,
}

/// What a list says, with its file.
type List = (PathBuf, Vec<Listed>);

/// The profiles of Firefox: those that a `profiles.ini` names, and folders beside it.
pub(in crate::browsers) struct ProfileLists;

impl Profiles for ProfileLists {
    fn is_root(&self, folder: &Path) -> Result<bool, Error> {
        is_root(folder)
    }

    fn is_profile(&self, folder: &Path) -> Result<bool, Error> {
        is_profile(folder)
    }

    fn root_of<'p>(&self, profile: &'p Path) -> &'p Path {
        let parent = profile.parent().unwrap_or(profile);
        match parent.ends_with("Profiles") {
            true => parent.parent().unwrap_or(parent),
            false => parent,
        }
    }

    fn add_root(&self, search: &mut Search<'_>, browser: &'static Browser, root: &Path) {
        add_all(search, browser, root);
    }

    fn add_profile(&self, search: &mut Search<'_>, browser: &'static Browser, profile: &Path) {
        add_one(search, browser, profile);
    }
}

/// Whether this is a folder that holds profiles.
///
/// # Errors
/// When that cannot be found out.
fn is_root(dir: &Path) -> Result<bool, Error> {
    Ok(is_file(&dir.join(PROFILES_INI))? || is_folder(&dir.join(GROUPS))?)
}

/// Whether this is a profile.
///
/// # Errors
/// When that cannot be found out.
fn is_profile(dir: &Path) -> Result<bool, Error> {
    for file in [COOKIES, "prefs.js", "times.json"] {
        if is_file(&dir.join(file))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Adds every profile that the lists name or the folder holds.
fn add_all(search: &mut Search<'_>, browser: &'static Browser, root: &Path) {
    let mut seen = HashSet::new();
    for (list, profiles) in lists(search, root) {
        for Listed { name, path } in profiles {
            let Some(dir) = locate(search, root, &path) else {
                continue;
            };
            seen.insert(dir.clone());
            let mut within = root.to_owned();
            if Path::new(&path).is_absolute() {
                let Some(real) = search.real_path(&dir) else {
                    continue;
                };
                // In a folder that was named, and in another home folder, it could name
                // something of somebody else. In one's own home folder a path outside
                // is one that the person once chose.
                if search.leads_out(&list, &real) {
                    continue;
                }
                if search.confinement().is_none() {
                    within = real;
                }
            }
            add(search, browser, dir, Some(name), within);
        }
    }
    for folder in [root.to_owned(), root.join("Profiles")] {
        for dir in search.entries(&folder) {
            if !seen.contains(&dir) && search.is_there(&dir.join(COOKIES)) {
                add(search, browser, dir, None, root.to_owned());
            }
        }
    }
}

/// The lists of a root that can be read.
fn lists(search: &mut Search<'_>, root: &Path) -> Vec<List> {
    let ini = root.join(PROFILES_INI);
    let mut lists = vec![(read_ini(&ini), ini)];
    let groups = root.join(GROUPS);
    let groups = match search.confinement().map(Path::to_owned) {
        Some(folder) => search.entries_within(&groups, &folder),
        None => search.entries(&groups),
    };
    for file in groups {
        if file.extension().is_some_and(|e| e == "sqlite")
            && let Some(real) = search.real_path(&file)
            && !search.leads_out(&file, &real)
        {
            lists.push((read_group(&file), file));
        }
    }
    let read = lists.into_iter().filter_map(|(profiles, file)| {
        let profiles = profiles.map_err(|problem| search.problem(problem));
        Some((file, profiles.ok()?))
    });
    read.collect()
}

/// Adds the one profile at `dir`, a real path.
fn add_one(search: &mut Search<'_>, browser: &'static Browser, dir: &Path) {
    add(search, browser, dir.to_owned(), None, dir.to_owned());
}

fn add(
    search: &mut Search<'_>,
    browser: &'static Browser,
    dir: PathBuf,
    display_name: Option<String>,
    within: PathBuf,
) {
    let name = dir
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let guard = Arc::new(Guard::new(ParentLock::of(&dir)));
    let candidate = Candidate {
        display_name: display_name.unwrap_or_else(|| name.clone()),
        name,
        dir: dir.clone(),
        user_data: within.clone(),
        within,
    };
    type Make<'a> = &'a dyn Fn(PathBuf) -> Box<dyn Store>;
    let store: Make<'_> = &|path| Box::new(Cookies::new(path, Containers::of(&dir)));
    let older: Make<'_> = &|path| Box::new(Cookies::older_copy(path, Containers::of(&dir)));
    let session: Make<'_> = &|path| Box::new(SessionFile::new(path, Containers::of(&dir)));
    let mut files = vec![(dir.join(COOKIES), store)];
    let mut entries = search.entries(&dir);
    entries.extend(search.entries(&dir.join(session_files::BACKUPS)));
    for file in entries {
        if session_files::is_session_file(&file) {
            files.push((file, session));
        } else if is_older_copy(&file) {
            files.push((file, older));
        }
    }
    search.add(browser, candidate, &guard, files, |dir| {
        let layout = OriginFolders::new(Containers::of(&dir));
        Box::new(SiteDataStore::new(dir, layout))
    });
}

type Cookies = TableStore<MozCookies>;

/// `cookies.sqlite.bak`, `cookies.sqlite.bak-rebuild` and the like: what a Firefox could
/// not read at some start, or before it converted it.
fn is_older_copy(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| {
        name.starts_with("cookies.sqlite.bak") && !name.ends_with("-wal") && !name.ends_with("-shm")
    })
}

/// A listed path is relative to the root, or (in Profile Groups) to its `Profiles`
/// folder, or absolute. None when there is nothing.
fn locate(search: &mut Search<'_>, root: &Path, path: &str) -> Option<PathBuf> {
    [root.join(path), root.join("Profiles").join(path)]
        .into_iter()
        .find(|dir| search.is_there(dir))
}

/// The rules of Firefox's `nsINIParser.cpp`: nothing is escaped or quoted, no value goes on
/// in the next line, and a comment has a line of its own.
fn as_firefox_reads() -> Ini {
    let mut rules = IniDefault::default();
    rules.case_sensitive = true;
    rules.delimiters = vec!['='];
    rules.comment_symbols = vec![';', '#'];
    rules.inline_comment_symbols = Some(Vec::new());
    Ini::new_from_defaults(rules)
}

fn read_ini(file: &Path) -> Result<Vec<Listed>, Error> {
    let text = match platform::read_file(file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.at(file)?,
    };
    if text.len() > LONGEST_INI {
        let why = format!("it is {} bytes long, which no such file is", text.len());
        return Err(Fault::Unparsable(why).at(file));
    }
    let text = String::from_utf8(text).map_err(|e| Fault::Unparsable(e.to_string()).at(file))?;
    let sections = as_firefox_reads()
        .read(text)
        .map_err(|why| Fault::Unparsable(why).at(file))?;
    // By their numbers, as Firefox lists them; the sections stand in any order.
    let mut profiles = BTreeMap::new();
    for (section, values) in &sections {
        let value = |key: &str| values.get(key)?.as_deref();
        if let Some(number) = section.strip_prefix("Profile")
            && let Ok(number) = number.parse::<u32>()
            && let Some(path) = value("Path")
        {
            let name = shortened(value("Name").unwrap_or(path));
            let path = path.to_owned();
            profiles.insert(number, Listed { name, path });
        }
    }
    Ok(profiles.into_values().collect())
}

fn read_group(file: &Path) -> Result<Vec<Listed>, Error> {
    read(file, |view| {
        let mut select = view
            .connection()
            .prepare("SELECT path, name FROM Profiles")?;
        let rows = select.query_map([], |row| {
            Ok(Listed {
                path: row.get(0)?,
                name: row.get(1)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
    .at(file)
}

/// The names and paths in a `profiles.ini`.
#[cfg(any(test, fuzzing))]
pub(super) fn listed(file: &Path) -> Result<Vec<(String, String)>, Error> {
    let listed = read_ini(file)?.into_iter();
    Ok(listed.map(|Listed { name, path }| (name, path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_may_end_in_a_backslash() {
        let folder = tempfile::tempdir().expect("a folder");
        let ini = folder.path().join(PROFILES_INI);
        for end in ["\n", "\r\n"] {
            let lines = ["[Profile0]", "Name=kim", "Path=D:\\kim\\", "Default=1", ""];
            std::fs::write(&ini, lines.join(end)).expect("a file");
            let listed = listed(&ini).expect("a list");
            assert_eq!(listed, [("kim".to_owned(), "D:\\kim\\".to_owned())]);
        }
    }
}
