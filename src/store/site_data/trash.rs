//! Where folders and files go that are deleted: a folder in the profile, so that they are
//! renamed and never copied. Browsers ignore it.

use std::ffi::OsStr;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::model::error::{At, Error, Fault};
use crate::model::site_data::Amount;
use crate::platform::{EntryKind, Folder};

/// In the profile.
const TRASH: &str = "cookieclean-trash";
/// What the folder of a deletion without a copy for undo begins with: whatever happens, it
/// has to go.
const DOOMED: &str = "gone-";
/// In the folder of a deletion, when it was done to its end.
const COMPLETE: &str = "complete";
/// How many names are tried that a random number gives.
const TRIES: u32 = 100;

/// The folder of one deletion in the trash of a profile.
pub(crate) struct Trash {
    profile: PathBuf,
    folder: Folder,
    name: String,
}

/// What became of putting something back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Back {
    Done,
    /// It is not in the trash.
    NotThere,
    /// The browser has a new one in its place, which stays.
    Replaced,
}

/// The names of the deletions that have something in the trash of a profile.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn names(profile: &Path) -> Result<Vec<String>, Error> {
    let path = profile.join(TRASH);
    let entries = match Folder::open(&path).and_then(|trash| trash.entries()) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.at(&path)?,
    };
    let folders = entries.into_iter().filter(|(_, k)| *k == EntryKind::Folder);
    Ok(folders
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| is_name(name))
        .collect())
}

/// Whether a deletion without a copy for undo has left something when it was cut off.
pub(super) fn has_doomed(profile: &Path) -> bool {
    let names = names(profile).unwrap_or_default();
    names.iter().any(|name| name.starts_with(DOOMED))
}

/// Destroys what a deletion without a copy for undo has left when it was cut off. The
/// profile is ours, so that none is running.
///
/// # Errors
/// When something cannot be removed.
pub(super) fn destroy_doomed(profile: &Path) -> Result<(), Error> {
    for name in names(profile)? {
        if name.starts_with(DOOMED)
            && let Some(trash) = Trash::open(profile, &name)?
        {
            trash.destroy()?;
        }
    }
    Ok(())
}

/// The path of a profile's trash.
pub(crate) fn path_of(profile: &Path) -> PathBuf {
    profile.join(TRASH)
}

/// Whether a name is one that we give.
fn is_name(name: &str) -> bool {
    let name = name.strip_prefix(DOOMED).unwrap_or(name);
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Trash {
    /// Creates a folder for a deletion. `is_kept`: it has a copy for undo.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(super) fn create(profile: &Path, is_kept: bool) -> Result<Self, Error> {
        let prefix = if is_kept { "" } else { DOOMED };
        let path = profile.join(TRASH);
        let create = || -> io::Result<(Folder, String)> {
            let above = Folder::open(profile)?;
            if above.create_folder(TRASH.as_ref())? {
                above.sync()?;
            }
            let trash = above.folder(TRASH.as_ref())?;
            for number in 0..TRIES {
                // No other deletion may ever have had it: its copy would lead here.
                let random = RandomState::new().hash_one(number);
                let name = format!("{prefix}{random:016x}");
                if trash.create_folder(name.as_ref())? {
                    trash.sync()?;
                    return Ok((trash.folder(name.as_ref())?, name));
                }
            }
            Err(io::ErrorKind::AlreadyExists.into())
        };
        let (folder, name) = create().at(&path)?;
        Ok(Self {
            profile: profile.to_owned(),
            folder,
            name,
        })
    }

    /// Opens the folder of a deletion; None when it is gone.
    ///
    /// # Errors
    /// When it cannot be opened, or no deletion can have this name.
    pub(crate) fn open(profile: &Path, name: &str) -> Result<Option<Self>, Error> {
        let path = profile.join(TRASH);
        if !is_name(name) {
            return Err(Fault::BadBackup("it names no folder of the trash".into()).at(path));
        }
        let path = path.join(name);
        match Folder::open(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => Ok(Some(Self {
                profile: profile.to_owned(),
                folder: other.at(&path)?,
                name: name.to_owned(),
            })),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The path of its folder.
    pub(crate) fn path(&self) -> PathBuf {
        path_of(&self.profile).join(&self.name)
    }

    /// Moves something of the profile here.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub(super) fn take(&self, from: &str, name: &str) -> Result<(), Error> {
        let path = self.profile.join(from);
        let (above, file) = parts(&path).at(&path)?;
        let folder = Folder::open(above).at(above)?;
        // Where it is has to be safe from a power cut before where it was.
        folder
            .move_to(file, &self.folder, name.as_ref())
            .and_then(|()| self.folder.sync())
            .and_then(|()| folder.sync())
            .at(&path)
    }

    /// Moves something back to where it was.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub(super) fn put_back(&self, to: &str, name: &str) -> Result<Back, Error> {
        let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        let mut parts_of_it = Path::new(to).components();
        let is_within = parts_of_it.all(|part| matches!(part, Component::Normal(_)));
        if !is_number || !is_within {
            return Err(Fault::BadBackup("it leads out of the trash".into()).at(self.path()));
        }
        let path = self.profile.join(to);
        if self
            .folder
            .kind_of(name.as_ref())
            .at(&self.path())?
            .is_none()
        {
            return Ok(Back::NotThere);
        }
        let (above, file) = parts(&path).at(&path)?;
        let folder = self.folder_again(above)?;
        match self.folder.move_to(name.as_ref(), &folder, file) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(Back::Replaced),
            other => {
                other.and_then(|()| folder.sync()).at(&path)?;
                Ok(Back::Done)
            }
        }
    }

    /// A folder of the profile, which the browser may have removed when it was empty.
    fn folder_again(&self, path: &Path) -> Result<Folder, Error> {
        match Folder::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound && path != self.profile => {
                let (above, name) = parts(path).at(path)?;
                let above = self.folder_again(above)?;
                above.create_folder(name).at(path)?;
                above.sync().at(path)?;
                above.folder(name).at(path)
            }
            other => other.at(path),
        }
    }

    /// Notes that the deletion was done to its end.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub(super) fn complete(&self) -> Result<(), Error> {
        let written = self.folder.create(COMPLETE.as_ref());
        written
            .and_then(|file| file.sync_all())
            .and_then(|()| self.folder.sync())
            .at(&self.path().join(COMPLETE))
    }

    /// Whether the deletion was done to its end.
    ///
    /// # Errors
    /// When that cannot be told.
    pub(crate) fn is_complete(&self) -> Result<bool, Error> {
        let kind = self.folder.kind_of(COMPLETE.as_ref());
        Ok(kind.at(&self.path())?.is_some())
    }

    /// Takes that note back, before anything is moved back.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(super) fn reopen(&self) -> Result<(), Error> {
        let removed = self.folder.remove(COMPLETE.as_ref());
        removed
            .and_then(|()| self.folder.sync())
            .at(&self.path().join(COMPLETE))
    }

    /// What is in it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn size(&self) -> Result<Amount, Error> {
        size_of(&self.path())
    }

    /// Removes it with all that is in it, and the trash with the last one.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub(crate) fn destroy(self) -> Result<(), Error> {
        let path = self.path();
        let profile = self.profile;
        drop(self.folder);
        // It follows no link.
        match fs::remove_dir_all(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            other => other.at(&path)?,
        }
        // Another deletion may have something in it.
        let _ = Folder::open(&profile).and_then(|folder| folder.remove_folder(TRASH.as_ref()));
        Ok(())
    }
}

fn parts(path: &Path) -> Result<(&Path, &OsStr), Fault> {
    path.parent().zip(path.file_name()).ok_or(Fault::NotAFile)
}

/// The files in a folder and what they take up; of a file, the file. Follows no link.
///
/// # Errors
/// When something in it cannot be looked at.
pub(crate) fn size_of(path: &Path) -> Result<Amount, Error> {
    let metadata = match path.symlink_metadata() {
        // A browser that is open may have removed it.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Amount::default()),
        other => other.at(path)?,
    };
    if metadata.is_file() {
        return Ok(Amount::one(metadata.len()));
    }
    let mut size = Amount::default();
    if metadata.is_dir() {
        let entries = match fs::read_dir(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(size),
            other => other.at(path)?,
        };
        for entry in entries {
            size += size_of(&entry.at(path)?.path())?;
        }
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(path.join("IndexedDB/a")).unwrap();
        fs::write(path.join("IndexedDB/a/file"), "content").unwrap();
        (folder, path)
    }

    #[test]
    fn what_is_moved_comes_back() {
        let (_kept, profile) = profile();
        let trash = Trash::create(&profile, true).unwrap();
        trash.take("IndexedDB/a", "0").unwrap();
        assert!(!profile.join("IndexedDB/a").exists());
        assert_eq!(trash.size().unwrap(), Amount::one(7));
        // The browser has removed what was empty.
        fs::remove_dir(profile.join("IndexedDB")).unwrap();
        let name = trash.name().to_owned();
        drop(trash);
        let again = Trash::open(&profile, &name).unwrap().unwrap();
        assert_eq!(again.put_back("IndexedDB/a", "0").unwrap(), Back::Done);
        assert_eq!(again.put_back("IndexedDB/a", "0").unwrap(), Back::NotThere);
        let content = fs::read(profile.join("IndexedDB/a/file")).unwrap();
        assert_eq!(content, b"content");
        again.destroy().unwrap();
        assert!(!profile.join(TRASH).exists());
    }

    #[test]
    fn what_is_new_in_its_place_stays() {
        let (_kept, profile) = profile();
        let trash = Trash::create(&profile, true).unwrap();
        trash.take("IndexedDB/a", "0").unwrap();
        fs::create_dir(profile.join("IndexedDB/a")).unwrap();
        assert_eq!(trash.put_back("IndexedDB/a", "0").unwrap(), Back::Replaced);
        assert_eq!(trash.size().unwrap().entries, 1);
    }

    #[test]
    fn names_lead_nowhere_else() {
        let (_kept, profile) = profile();
        for name in ["", "..", "../IndexedDB", "0123456789abcde/"] {
            assert!(Trash::open(&profile, name).is_err(), "{name}");
        }
        let trash = Trash::create(&profile, true).unwrap();
        assert_eq!(names(&profile).unwrap(), [trash.name()]);
        for name in ["", "..", "complete", "../x"] {
            assert!(trash.put_back("IndexedDB/b", name).is_err(), "{name}");
        }
        for to in ["../x", "/tmp/x", "IndexedDB/../../x", "./x"] {
            assert!(trash.put_back(to, "0").is_err(), "{to}");
        }
    }

    #[test]
    fn completion_is_noted_and_taken_back() {
        let (_kept, profile) = profile();
        let trash = Trash::create(&profile, true).unwrap();
        assert!(!trash.is_complete().unwrap());
        trash.complete().unwrap();
        assert!(trash.is_complete().unwrap());
        trash.reopen().unwrap();
        assert!(!trash.is_complete().unwrap());
    }

    #[test]
    fn only_what_has_to_go_is_destroyed() {
        let (_kept, profile) = profile();
        let kept = Trash::create(&profile, true).unwrap();
        let doomed = Trash::create(&profile, false).unwrap();
        doomed.take("IndexedDB/a", "0").unwrap();
        // Windows removes no folder that somebody holds on to.
        drop(doomed);
        destroy_doomed(&profile).unwrap();
        assert_eq!(names(&profile).unwrap(), [kept.name()]);
    }
}
