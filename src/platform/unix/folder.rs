//! POSIX: a folder that is held open, and what is done in it.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Component, Path};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use super::super::{EntryKind, now_a_link};

/// A folder that is held open. Files are named by their names in it, so that whatever
/// becomes of its path meanwhile, nothing is done anywhere else. No link is followed,
/// neither on the way to it nor in it.
pub(crate) struct Folder(OwnedFd);

/// What a folder on the way has to be opened for. Somebody may be let through a folder
/// that they cannot read.
const ON_THE_WAY: OFlags = {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    let search = OFlags::PATH;
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let search = OFlags::RDONLY;
    search
        .union(OFlags::DIRECTORY)
        .union(OFlags::NOFOLLOW)
        .union(OFlags::CLOEXEC)
};
const FOR_LISTING: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
/// A pipe would block, and a terminal become ours.
const A_FILE: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

impl Folder {
    /// Opens the folder at a real path, one in which all links have been followed.
    ///
    /// # Errors
    /// When it is not there, or a link has come into its path since.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut names = Vec::new();
        for component in path.components() {
            match component {
                Component::RootDir => {}
                Component::Normal(name) => names.push(name),
                _ => return Err(io::Error::other("it is not a real path")),
            }
        }
        let last = names.len().checked_sub(1);
        let root = if last.is_some() {
            ON_THE_WAY
        } else {
            FOR_LISTING
        };
        let mut folder = openat(CWD, "/", root, Mode::empty())?;
        for (index, name) in names.into_iter().enumerate() {
            let flags = if Some(index) == last {
                FOR_LISTING
            } else {
                ON_THE_WAY
            };
            folder = openat(&folder, name, flags, Mode::empty())
                .map_err(|error| unless_a_link(&folder, name, error))?;
        }
        Ok(Self(folder))
    }

    /// Opens a regular file for reading.
    pub(crate) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        self.open_with(name, OFlags::RDONLY)
    }

    fn open_with(&self, name: &OsStr, access: OFlags) -> io::Result<File> {
        let file: File = openat(&self.0, name, access | A_FILE, Mode::empty())
            .map_err(|error| unless_a_link(&self.0, name, error))?
            .into();
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("it is not a regular file")),
        }
    }

    /// Creates a file for writing that must not be there yet, for its owner only.
    pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | A_FILE;
        Ok(openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Gives a new file the owner and the access rights of the one of this name. No more
    /// than those: a program that runs as its owner would be a gift to whoever wrote it.
    pub(crate) fn take_after(&self, new: &File, old: &File) -> io::Result<()> {
        let (is, was) = (new.metadata()?, old.metadata()?);
        if (is.uid(), is.gid()) != (was.uid(), was.gid()) {
            fchown(new, Some(was.uid()), Some(was.gid()))?;
        }
        new.set_permissions(Permissions::from_mode(was.mode() & 0o777))
    }

    /// Puts a file in the place of another, in one step.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.0, from, &self.0, to)?)
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Opens a folder in it.
    pub(crate) fn folder(&self, name: &OsStr) -> io::Result<Self> {
        let folder = openat(&self.0, name, FOR_LISTING, Mode::empty());
        folder
            .map(Self)
            .map_err(|error| unless_a_link(&self.0, name, error))
    }

    /// Creates a folder for its owner only; false when something has that name.
    pub(crate) fn create_folder(&self, name: &OsStr) -> io::Result<bool> {
        match mkdirat(&self.0, name, Mode::RWXU) {
            Err(Errno::EXIST) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// Moves a file or folder into another folder, where nothing may have the new name.
    pub(crate) fn move_to(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        match statat(&to.0, new_name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(renameat(&self.0, name, &to.0, new_name)?),
            Err(error) => Err(error.into()),
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    /// What is of this name, if anything is.
    pub(crate) fn kind_of(&self, name: &OsStr) -> io::Result<Option<EntryKind>> {
        match statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(None),
            other => Ok(Some(kind_of(FileType::from_raw_mode(other?.st_mode)))),
        }
    }

    /// The names in it, and what they are of.
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, EntryKind)>> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let name = OsString::from_vec(name.to_vec());
            let kind = match entry.file_type() {
                FileType::Unknown => self.kind_of(&name)?,
                kind => Some(kind_of(kind)),
            };
            entries.extend(kind.map(|kind| (name, kind)));
        }
        Ok(entries)
    }

    /// The names of the regular files that are ours, or of the folder's owner, to whom we
    /// give what we make as root.
    pub(crate) fn own_files(&self) -> io::Result<Vec<OsString>> {
        let owner = rustix::fs::fstat(&self.0)?.st_uid;
        let us = rustix::process::geteuid().as_raw();
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let name = entry?.file_name().to_bytes().to_vec();
            let name = OsString::from_vec(name);
            let Ok(stat) = statat(&self.0, &name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
            if is_file && [us, owner].contains(&stat.st_uid) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Makes the names in it safe from a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.0)?)
    }

    /// The content of a file that another one is about to replace.
    pub(crate) fn old_content(&self, name: &OsStr) -> Option<OldContent> {
        self.open_with(name, OFlags::WRONLY).ok().map(OldContent)
    }
}

fn kind_of(kind: FileType) -> EntryKind {
    match kind {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Folder,
        _ => EntryKind::Other,
    }
}

/// Says it, where something could not be opened since it is a link.
fn unless_a_link(folder: &OwnedFd, name: &OsStr, error: Errno) -> io::Error {
    let is_link = || {
        statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
    };
    match error {
        // A socket, or a device that is not there.
        Errno::NXIO => io::Error::other("it is not a regular file"),
        // Of a link, systems give any of these.
        Errno::LOOP | Errno::NOTDIR | Errno::MLINK if is_link() => now_a_link(),
        other => other.into(),
    }
}

/// The content of a file that another one is about to replace.
pub(crate) struct OldContent(File);

impl OldContent {
    /// Overwrites it, when it has no name any more: by another one it is somebody's
    /// backup.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn overwrite(mut self) -> io::Result<()> {
        let metadata = self.0.metadata()?;
        if metadata.nlink() > 0 {
            return Ok(());
        }
        let zeros = io::repeat(0).take(metadata.len());
        io::copy(&mut { zeros }, &mut self.0)?;
        self.0.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;

    /// A real path, and what keeps it there.
    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = fs::canonicalize(folder.path()).expect("its real path");
        (folder, path)
    }

    #[test]
    fn a_link_anywhere_in_the_path_is_refused() {
        let (_kept, path) = folder();
        fs::create_dir_all(path.join("a/b/c")).unwrap();
        fs::write(path.join("a/b/c/file"), "content").unwrap();
        let file = Folder::open(&path.join("a/b/c")).and_then(|f| f.open_file("file".as_ref()));
        assert!(file.is_ok());
        symlink("b", path.join("a/link")).unwrap();
        symlink("a", path.join("top")).unwrap();
        symlink("c", path.join("a/b/last")).unwrap();
        for way in ["a/link/c", "top/b/c", "a/b/last"] {
            let error = Folder::open(&path.join(way)).err().expect(way);
            assert_eq!(error.to_string(), now_a_link().to_string(), "{way}");
        }
        for way in ["a/b/gone", "gone/b"] {
            let error = Folder::open(&path.join(way)).err().expect(way);
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{way}");
        }
        assert!(Folder::open(&path.join("a/../a/b")).is_err());
        assert!(Folder::open(Path::new("/")).is_ok());
    }

    #[test]
    fn links_pipes_and_folders_are_no_files() {
        let (_kept, path) = folder();
        fs::write(path.join("file"), "content").unwrap();
        symlink("file", path.join("link")).unwrap();
        symlink("gone", path.join("lost")).unwrap();
        fs::create_dir(path.join("folder")).unwrap();
        nix::unistd::mkfifo(&path.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path.join("socket")).unwrap();
        let folder = Folder::open(&path).unwrap();
        for name in ["link", "lost", "folder", "pipe", "socket"] {
            assert!(folder.open_file(name.as_ref()).is_err(), "{name}");
            assert!(folder.old_content(name.as_ref()).is_none(), "{name}");
            assert!(folder.create(name.as_ref()).is_err(), "{name}");
        }
        assert_eq!(folder.own_files().unwrap(), ["file"]);
    }

    #[test]
    fn what_is_done_is_done_in_the_folder_that_was_opened() {
        let (_kept, path) = folder();
        fs::create_dir_all(path.join("mine")).unwrap();
        fs::create_dir_all(path.join("theirs")).unwrap();
        fs::write(path.join("theirs/file"), "theirs").unwrap();
        fs::write(path.join("mine/file"), "old").unwrap();
        let folder = Folder::open(&path.join("mine")).unwrap();
        fs::rename(path.join("mine"), path.join("moved")).unwrap();
        symlink("theirs", path.join("mine")).unwrap();
        drop(folder.create("new".as_ref()).unwrap());
        folder.rename("new".as_ref(), "file".as_ref()).unwrap();
        folder.sync().unwrap();
        assert_eq!(fs::read(path.join("moved/file")).unwrap(), b"");
        assert_eq!(fs::read(path.join("theirs/file")).unwrap(), b"theirs");
    }

    #[test]
    fn a_new_file_never_runs_as_its_owner() {
        let (_kept, path) = folder();
        let old = File::create(path.join("old")).unwrap();
        old.set_permissions(Permissions::from_mode(0o6755)).unwrap();
        let folder = Folder::open(&path).unwrap();
        let new = folder.create("new".as_ref()).unwrap();
        assert_eq!(new.metadata().unwrap().mode() & 0o7777, 0o600);
        folder.take_after(&new, &old).unwrap();
        assert_eq!(new.metadata().unwrap().mode() & 0o7777, 0o755);
    }
}
