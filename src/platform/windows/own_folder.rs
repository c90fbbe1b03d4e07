//! A folder of ours that is held open: Windows. For what it promises, see
//! `unix/own_folder.rs`.
//!
//! Std opens nothing relative to a folder here. But while a folder is open and its
//! deletion not shared, nobody can remove it, rename it, or put a link in its place, so
//! that a path through it stays what it was.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use windows::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES, FILE_SHARE_READ, FILE_SHARE_WRITE,
    FILE_WRITE_ATTRIBUTES, READ_CONTROL,
};

use super::super::{Access, EntryKind};
use super::private::{close_folder, create_private, new_private_folder, refuse_others};
use crate::model::error::{At, Error, Fault};

/// Nobody can remove what is open like this.
const PINNED: u32 = FILE_SHARE_READ.0 | FILE_SHARE_WRITE.0;

/// A file that is being removed is denied until the last one who has it open is done.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// A folder of ours that is held open.
pub(crate) struct OwnFolder {
    handle: File,
    path: PathBuf,
}

impl OwnFolder {
    /// None when there is nothing of that name.
    ///
    /// # Errors
    /// When it is not ours, not a folder, or cannot be opened.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, Error> {
        match pin(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => Ok(Some(Self {
                handle: other.at(path)?,
                path: path.to_owned(),
            })),
        }
    }

    /// Opens it, or creates it for its owner only. Folders above it that are missing are
    /// created as any program would.
    ///
    /// # Errors
    /// As [`OwnFolder::open`].
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            fs::create_dir_all(above).at(above)?;
        }
        match new_private_folder(path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            other => other.at(path)?,
        }
        Self::open(path)?.ok_or_else(|| Fault::Gone.at(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of something in it, for a message.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A folder in it; None when there is nothing of that name.
    ///
    /// # Errors
    /// As [`OwnFolder::open`].
    pub(crate) fn folder(&self, name: &str) -> Result<Option<Self>, Error> {
        Self::open(&self.path_of(name))
    }

    /// A folder in it that is created when it is missing, and closed to others when it is
    /// not closed yet.
    ///
    /// # Errors
    /// As [`OwnFolder::open`]. Also when the disk keeps no access lists (FAT): others could
    /// read what is in there.
    pub(crate) fn folder_or_new(&self, name: &str) -> Result<Self, Error> {
        let path = self.path_of(name);
        match new_private_folder(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            other => other.at(&path)?,
        }
        close_folder(&path).at(&path)?;
        self.folder(name)?.ok_or_else(|| Fault::Gone.at(path))
    }

    /// Creates a folder in it; None when there is something of that name already, or not
    /// any more.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(crate) fn new_folder(&self, name: &str) -> Result<Option<Self>, Error> {
        let path = self.path_of(name);
        match new_private_folder(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            other => other.at(&path)?,
        }
        let opened = self.folder(name);
        if opened.is_err() {
            // It is empty, and the caller does not know of it.
            let _ = self.remove_folder(name);
        }
        opened
    }

    /// Removes a folder in it when it is empty; false when it is not. What was opened of it
    /// must be closed.
    ///
    /// # Errors
    /// When it cannot be removed for another reason.
    pub(crate) fn remove_folder(&self, name: &str) -> Result<bool, Error> {
        let path = self.path_of(name);
        match fs::remove_dir(&path) {
            Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
            // Another one was quicker.
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            other => other.map(|()| true).at(&path),
        }
    }

    /// Everything in it. A name that is not Unicode is not one of ours.
    ///
    /// # Errors
    /// When it cannot be read to its end.
    pub(crate) fn entries(&self) -> Result<Vec<(String, EntryKind)>, Error> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.path).at(&self.path)? {
            let entry = entry.at(&self.path)?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let attributes = entry.metadata().at(&entry.path())?;
            let is_link = attributes.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT.0 != 0;
            let kind = match (is_link, attributes.is_dir()) {
                (true, _) => EntryKind::Other,
                (false, true) => EntryKind::Folder,
                (false, false) => EntryKind::File,
            };
            entries.push((name, kind));
        }
        entries.sort();
        Ok(entries)
    }

    /// Opens a file in it.
    ///
    /// # Errors
    /// When it is missing, cannot be opened, or is not a regular file.
    pub(crate) fn file(&self, name: &str, access: Access) -> Result<File, Error> {
        let mut options = OpenOptions::new();
        match access {
            Access::Read => options.read(true),
            Access::Write => options.write(true),
        };
        let path = self.path_of(name);
        open_file(&mut options, &path).at(&path)
    }

    /// Creates a file in it, of which there must be none yet.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(crate) fn new_file(&self, name: &str) -> Result<File, Error> {
        let path = self.path_of(name);
        create_private(&path).at(&path)
    }

    /// Opens a file to be locked, or creates it. None when the folder is gone. While it is
    /// open nobody can remove it.
    ///
    /// # Errors
    /// As [`OwnFolder::file`].
    pub(crate) fn file_to_lock(&self, name: &str) -> Result<Option<File>, Error> {
        let path = self.path_of(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).share_mode(PINNED);
        let mut last = io::ErrorKind::NotFound.into();
        for _ in 0..TRIES {
            match open_file(&mut options, &path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => match create_private(&path) {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(e) if is_passing(&e) => last = e,
                    other => {
                        // Opened anew, as something that cannot be removed.
                        other.at(&path)?;
                        continue;
                    }
                },
                Err(e) if is_passing(&e) => last = e,
                other => return other.map(Some).at(&path),
            }
            thread::sleep(PAUSE);
        }
        Err(Fault::from(last).at(path))
    }

    /// Whether a file that was opened in it has lost its name since. One that is open like
    /// [`OwnFolder::file_to_lock`] cannot.
    ///
    /// # Errors
    /// None here.
    #[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "as on POSIX")]
    pub(crate) fn is_nameless(&self, _file: &File) -> Result<bool, Error> {
        Ok(false)
    }

    /// Gives a file another name, in the place of whatever has it.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        let to = self.path_of(to);
        fs::rename(self.path_of(from), &to).at(&to)
    }

    /// Removes the name of anything but a folder. That there is none is no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path_of(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.at(&path),
        }
    }

    /// NTFS keeps its names safe by itself, and a folder cannot be synced.
    ///
    /// # Errors
    /// None here.
    #[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "as on POSIX")]
    pub(crate) fn sync(&self) -> Result<(), Error> {
        Ok(())
    }

    /// When something in it was last created or removed, or what
    /// [`OwnFolder::set_modified`] has set.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn modified(&self) -> Result<SystemTime, Error> {
        let metadata = self.handle.metadata();
        metadata.and_then(|m| m.modified()).at(&self.path)
    }

    /// # Errors
    /// When it cannot be set.
    pub(crate) fn set_modified(&self, time: SystemTime) -> Result<(), Error> {
        let folder = OpenOptions::new()
            .access_mode(FILE_WRITE_ATTRIBUTES.0)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS.0 | FILE_FLAG_OPEN_REPARSE_POINT.0)
            .open(&self.path);
        folder.and_then(|f| f.set_modified(time)).at(&self.path)
    }
}

/// Opens a folder so that it stays where it is.
fn pin(path: &Path) -> io::Result<File> {
    let folder = OpenOptions::new()
        .access_mode(FILE_LIST_DIRECTORY.0 | FILE_READ_ATTRIBUTES.0 | READ_CONTROL.0)
        .share_mode(PINNED)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS.0 | FILE_FLAG_OPEN_REPARSE_POINT.0)
        .open(path)?;
    refuse_others(&folder)?;
    Ok(folder)
}

fn open_file(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT.0)
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT.0 != 0 {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::AlreadyExists
    )
}
