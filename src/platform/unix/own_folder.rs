//! A folder of ours that is held open: POSIX.
//!
//! What this promises, on every system:
//! - An [`OwnFolder`] is a real folder that belongs to the user who runs this, and to
//!   which nobody else may write. Anything else is an error, never "nothing there".
//! - Everything below it is reached from the open folder, one name at a time, without
//!   following a link: what was looked at is what is used.
//! - A file that is opened is a regular one of this user, with no other name.
//! - What is created is for its owner only from its first moment on.

use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::{Errno, retry_on_intr};

use super::super::{Access, EntryKind};
use crate::model::error::{At, Error, Fault};

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
        // A slash at its end would follow a link.
        let path: PathBuf = path.components().collect();
        match open_folder(CWD, &path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => Self::checked(other.map_err(Fault::from), &path).map(Some),
        }
    }

    /// Opens it, or creates it for its owner only. Folders above it that are missing are
    /// created as any program would.
    ///
    /// # Errors
    /// As [`OwnFolder::open`], and when root would leave something of its own in a folder
    /// of another user.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let path: PathBuf = path.components().collect();
        refuse_homes_of_others(&path)?;
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            create_above(above)?;
        }
        let created = match retry_on_intr(|| mkdirat(CWD, &path, Mode::RWXU)) {
            Err(Errno::EXIST) => false,
            other => other.map(|()| true).map_err(io::Error::from).at(&path)?,
        };
        let folder = Self::checked(open_folder(CWD, &path).map_err(Fault::from), &path)?;
        if created {
            sync_above(&path);
        }
        Ok(folder)
    }

    fn checked(opened: Result<File, Fault>, path: &Path) -> Result<Self, Error> {
        let folder = Self::of_us(opened, path)?;
        if folder.mode()? & 0o022 != 0 {
            return Err(Fault::OpenToOthers.at(path));
        }
        Ok(folder)
    }

    fn of_us(opened: Result<File, Fault>, path: &Path) -> Result<Self, Error> {
        let handle = opened.at(path)?;
        let metadata = handle.metadata().at(path)?;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(Fault::Anothers(user_name(metadata.uid())).at(path));
        }
        Ok(Self {
            handle,
            path: path.to_owned(),
        })
    }

    fn mode(&self) -> Result<u32, Error> {
        self.handle.metadata().map(|m| m.mode()).at(&self.path)
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
        let path = self.path_of(name);
        match open_folder(&self.handle, Path::new(name)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => Self::checked(other.map_err(Fault::from), &path).map(Some),
        }
    }

    /// A folder in it that is created when it is missing, and closed to others when it is
    /// not closed yet.
    ///
    /// # Errors
    /// As [`OwnFolder::open`].
    pub(crate) fn folder_or_new(&self, name: &str) -> Result<Self, Error> {
        if let Some(new) = self.new_folder(name)? {
            self.sync()?;
            return Ok(new);
        }
        let path = self.path_of(name);
        let opened = open_folder(&self.handle, Path::new(name)).map_err(Fault::from);
        let folder = Self::of_us(opened, &path)?;
        if folder.mode()? & 0o077 != 0 {
            let closed = std::fs::Permissions::from_mode(0o700);
            folder.handle.set_permissions(closed).at(&path)?;
        }
        Ok(folder)
    }

    /// Creates a folder in it; None when there is something of that name already, or not
    /// any more.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(crate) fn new_folder(&self, name: &str) -> Result<Option<Self>, Error> {
        match retry_on_intr(|| mkdirat(&self.handle, name, Mode::RWXU)) {
            Err(Errno::EXIST) => return Ok(None),
            other => other.map_err(io::Error::from).at(&self.path_of(name))?,
        }
        let opened = self.folder(name);
        if opened.is_err() {
            // It is empty, and the caller does not know of it.
            let _ = self.remove_folder(name);
        }
        opened
    }

    /// Removes a folder in it when it is empty; false when it is not. What was opened of it
    /// must be closed: some systems would refuse.
    ///
    /// # Errors
    /// When it cannot be removed for another reason.
    pub(crate) fn remove_folder(&self, name: &str) -> Result<bool, Error> {
        match retry_on_intr(|| unlinkat(&self.handle, name, AtFlags::REMOVEDIR)) {
            Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
            // Another one was quicker.
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(e) => Err(Fault::from(io::Error::from(e)).at(self.path_of(name))),
        }
    }

    /// Everything in it. A name that is not UTF-8 is not one of ours.
    ///
    /// # Errors
    /// When it cannot be read to its end.
    pub(crate) fn entries(&self) -> Result<Vec<(String, EntryKind)>, Error> {
        retry_on_intr(|| self.read())
            .map_err(io::Error::from)
            .at(&self.path)
    }

    fn read(&self) -> rustix::io::Result<Vec<(String, EntryKind)>> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.handle)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes().to_vec();
            let Ok(name) = OsString::from_vec(name).into_string() else {
                continue;
            };
            if matches!(&*name, "." | "..") {
                continue;
            }
            let kind = match entry.file_type() {
                // Not every file system tells.
                FileType::Unknown => {
                    match statat(&self.handle, &*name, AtFlags::SYMLINK_NOFOLLOW) {
                        Err(Errno::NOENT) => continue,
                        other => FileType::from_raw_mode(other?.st_mode),
                    }
                }
                known => known,
            };
            let kind = match kind {
                FileType::Directory => EntryKind::Folder,
                FileType::RegularFile => EntryKind::File,
                _ => EntryKind::Other,
            };
            entries.push((name, kind));
        }
        entries.sort();
        Ok(entries)
    }

    /// Opens a file in it.
    ///
    /// # Errors
    /// When it is missing, cannot be opened, is not ours, or has another name.
    pub(crate) fn file(&self, name: &str, access: Access) -> Result<File, Error> {
        let access = match access {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::WRONLY,
        };
        self.open_file(name, access, Mode::empty())
    }

    fn open_file(&self, name: &str, flags: OFlags, mode: Mode) -> Result<File, Error> {
        let path = self.path_of(name);
        // A pipe would block, and a terminal would become ours.
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = retry_on_intr(|| openat(&self.handle, name, flags, mode));
        let file = match opened {
            Err(Errno::LOOP) => return Err(Fault::NotAFile.at(path)),
            other => File::from(other.map_err(io::Error::from).at(&path)?),
        };
        let metadata = file.metadata().at(&path)?;
        if !metadata.is_file() {
            return Err(Fault::NotAFile.at(path));
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(Fault::Anothers(user_name(metadata.uid())).at(path));
        }
        if metadata.nlink() > 1 {
            return Err(Fault::OtherName.at(path));
        }
        Ok(file)
    }

    /// Creates a file in it, of which there must be none yet.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(crate) fn new_file(&self, name: &str) -> Result<File, Error> {
        // It is ours, whatever it is opened through: nothing that could fail follows.
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let created = retry_on_intr(|| openat(&self.handle, name, flags, mode));
        let created = created.map_err(io::Error::from);
        created.map(File::from).at(&self.path_of(name))
    }

    /// Opens a file to be locked, or creates it. None when the folder is gone.
    ///
    /// # Errors
    /// As [`OwnFolder::file`].
    pub(crate) fn file_to_lock(&self, name: &str) -> Result<Option<File>, Error> {
        let flags = OFlags::RDWR | OFlags::CREATE;
        match self.open_file(name, flags, Mode::RUSR | Mode::WUSR) {
            Err(Error {
                fault: Fault::Gone, ..
            }) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Whether a file that was opened in it has lost its name since.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn is_nameless(&self, file: &File) -> Result<bool, Error> {
        file.metadata().map(|m| m.nlink() == 0).at(&self.path)
    }

    /// Gives a file another name, in the place of whatever has it.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        retry_on_intr(|| renameat(&self.handle, from, &self.handle, to))
            .map_err(io::Error::from)
            .at(&self.path_of(to))
    }

    /// Removes the name of anything but a folder. That there is none is no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        match retry_on_intr(|| unlinkat(&self.handle, name, AtFlags::empty())) {
            Err(Errno::NOENT) => Ok(()),
            other => other.map_err(io::Error::from).at(&self.path_of(name)),
        }
    }

    /// Makes the names in it safe from a power cut.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.handle.sync_all().at(&self.path)
    }

    /// When something in it was last created or removed, or what
    /// [`OwnFolder::set_modified`] has set.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn modified(&self) -> Result<SystemTime, Error> {
        self.handle
            .metadata()
            .and_then(|m| m.modified())
            .at(&self.path)
    }

    /// # Errors
    /// When it cannot be set.
    pub(crate) fn set_modified(&self, time: SystemTime) -> Result<(), Error> {
        self.handle.set_modified(time).at(&self.path)
    }
}

fn open_folder(at: impl rustix::fd::AsFd, name: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = retry_on_intr(|| openat(&at, name, flags, Mode::empty()));
    match opened {
        Ok(folder) => Ok(folder.into()),
        // Both are said of a link, of which the system tells no more.
        Err(e @ (Errno::LOOP | Errno::NOTDIR)) => {
            let found = statat(&at, name, AtFlags::SYMLINK_NOFOLLOW)
                .map(|stat| FileType::from_raw_mode(stat.st_mode));
            Err(match found {
                Ok(FileType::Symlink) => io::Error::other("it is a link, not a folder"),
                Ok(_) => io::Error::other("it is not a folder"),
                Err(_) => e.into(),
            })
        }
        Err(e) => Err(e.into()),
    }
}

/// Creates the missing ones of the folders above ours, with the mode that any program
/// gives them: they are not only ours.
fn create_above(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        create_above(above)?;
    }
    match DirBuilder::new().create(path) {
        // Another program was quicker; what it is, the program that opens it finds out.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => {
            other.at(path)?;
            sync_above(path);
            Ok(())
        }
    }
}

/// A folder that may not be read, as one above ours may be, cannot be synced.
fn sync_above(path: &Path) {
    let above = match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    };
    let _ = super::sync_folder(above);
}

/// Root would leave a folder there that its owner cannot use: `sudo` with `HOME` kept.
fn refuse_homes_of_others(path: &Path) -> Result<(), Error> {
    // In a user namespace it is not that root, and everything outside is another's.
    let is_root = rustix::process::geteuid().is_root()
        && std::fs::metadata("/").is_ok_and(|root| root.uid() == 0);
    if !is_root {
        return Ok(());
    }
    // By its own path, and by where the existing part of it really is.
    let path = std::path::absolute(path).at(path)?;
    let real = path.ancestors().find_map(|above| above.canonicalize().ok());
    for folder in path
        .ancestors()
        .skip(1)
        .chain(real.iter().flat_map(|real| real.ancestors()))
    {
        if let Ok(metadata) = folder.symlink_metadata()
            && metadata.uid() != 0
        {
            return Err(Fault::Anothers(user_name(metadata.uid())).at(folder));
        }
    }
    Ok(())
}

/// The name of a user, or the number of one who has none.
fn user_name(uid: u32) -> String {
    match nix::unistd::User::from_uid(uid.into()) {
        Ok(Some(user)) => format!("the user {}", user.name),
        _ => format!("the user number {uid}"),
    }
}
