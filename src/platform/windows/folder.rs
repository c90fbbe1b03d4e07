//! Windows: a folder that is held open, and what is done in it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use windows::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE, HANDLE};
use windows::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_READ_ATTRIBUTES, FILE_SHARE_READ, FILE_SHARE_WRITE, GetFileInformationByHandle,
    READ_CONTROL, WRITE_DAC,
};

use super::super::{EntryKind, now_a_link};
use super::canonicalize;
use super::private::copy_access;

/// A folder that is held open. While it is, neither it nor a folder above it can be
/// renamed, removed, or become a link, so that its path leads to it. No link is followed,
/// neither on the way to it nor in it.
pub(crate) struct Folder {
    path: PathBuf,
    _held: Vec<File>,
}

/// A virus scanner looks at every new file for a moment.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(50);

impl Folder {
    /// Opens the folder at a real path, one in which all links have been followed.
    ///
    /// # Errors
    /// When it is not there, or a link has come into its path since.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        // Of any length; that it followed links is seen in what follows.
        let path = std::path::absolute(path)?;
        let mut ways: Vec<_> = path.ancestors().collect();
        ways.reverse();
        let mut held = Vec::new();
        for way in ways {
            held.push(hold(way)?);
        }
        Ok(Self {
            path: canonicalize(&path)?,
            _held: held,
        })
    }

    fn at(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a regular file for reading.
    pub(crate) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        self.open_with(name, OpenOptions::new().read(true))
    }

    fn open_with(&self, name: &OsStr, options: &mut OpenOptions) -> io::Result<File> {
        let options = options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT.0);
        let file = options.open(self.at(name))?;
        let kind = file.metadata()?.file_type();
        match kind.is_symlink() {
            true => Err(now_a_link()),
            false if kind.is_file() => Ok(file),
            false => Err(io::Error::other("it is not a regular file")),
        }
    }

    /// Creates a file for writing that must not be there yet. Who may read it, it has
    /// from the folder.
    pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
        let access = GENERIC_READ.0 | GENERIC_WRITE.0 | READ_CONTROL.0 | WRITE_DAC.0;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .access_mode(access)
            .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT.0)
            .open(self.at(name))
    }

    /// Gives a new file the access list of an old one.
    pub(crate) fn take_after(&self, new: &File, old: &File) -> io::Result<()> {
        copy_access(old, new)
    }

    /// Puts a file in the place of another, in one step.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        patiently(|| fs::rename(self.at(from), self.at(to)))
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.at(name))
    }

    /// Opens a folder in it.
    pub(crate) fn folder(&self, name: &OsStr) -> io::Result<Self> {
        Self::open(&self.at(name))
    }

    /// Creates a folder; who may use it, it has from this one. False when something has
    /// that name.
    pub(crate) fn create_folder(&self, name: &OsStr) -> io::Result<bool> {
        match fs::create_dir(self.at(name)) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            other => other.map(|()| true),
        }
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.at(name))
    }

    /// Moves a file or folder into another folder, where nothing may have the new name.
    pub(crate) fn move_to(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        if to.kind_of(new_name)?.is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        patiently(|| fs::rename(self.at(name), to.at(new_name)))
    }

    /// What is of this name, if anything is.
    pub(crate) fn kind_of(&self, name: &OsStr) -> io::Result<Option<EntryKind>> {
        match fs::symlink_metadata(self.at(name)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => Ok(Some(kind_of(other?.file_type()))),
        }
    }

    /// The names in it, and what they are of.
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, EntryKind)>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            entries.push((entry.file_name(), kind_of(entry.file_type()?)));
        }
        Ok(entries)
    }

    /// The names of the regular files; everybody's profile is their own.
    pub(crate) fn own_files(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.push(entry.file_name());
            }
        }
        Ok(names)
    }

    /// NTFS keeps its names safe by itself, and a folder cannot be synced.
    #[allow(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// The content of a file that another one is about to replace. That it is open does
    /// not hinder that, where files are replaced as on POSIX (NTFS since Windows 10).
    /// None where it has another name: by that it is somebody's backup.
    pub(crate) fn old_content(&self, name: &OsStr) -> Option<OldContent> {
        let file = self.open_with(name, OpenOptions::new().write(true)).ok()?;
        names_of(&file)
            .is_ok_and(|n| n == 1)
            .then(|| OldContent(file))
    }
}

/// Tries a rename again while a scanner has a file of it open.
fn patiently(rename: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        match rename() {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied && tries > 0 => {
                thread::sleep(PAUSE);
            }
            other => return other,
        }
    }
}

fn kind_of(kind: FileType) -> EntryKind {
    match kind {
        kind if kind.is_file() => EntryKind::File,
        kind if kind.is_dir() => EntryKind::Folder,
        _ => EntryKind::Other,
    }
}

/// Keeps one folder where it is.
fn hold(folder: &Path) -> io::Result<File> {
    let open = |access| {
        OpenOptions::new()
            .access_mode(access)
            // Renaming and removing it are not shared.
            .share_mode(FILE_SHARE_READ.0 | FILE_SHARE_WRITE.0)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS.0 | FILE_FLAG_OPEN_REPARSE_POINT.0)
            .open(folder)
    };
    let held = match open(GENERIC_READ.0) {
        // Somebody may be let through a folder that they cannot read, nor replace.
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => open(FILE_READ_ATTRIBUTES.0)?,
        other => other?,
    };
    match held.metadata()?.file_type().is_symlink() {
        true => Err(now_a_link()),
        false => Ok(held),
    }
}

/// The content of a file that another one is about to replace.
pub(crate) struct OldContent(File);

impl OldContent {
    /// Overwrites it.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn overwrite(mut self) -> io::Result<()> {
        let zeros = io::repeat(0).take(self.0.metadata()?.len());
        io::copy(&mut { zeros }, &mut self.0)?;
        self.0.sync_data()
    }
}

/// By how many names a file is called.
fn names_of(file: &File) -> io::Result<u32> {
    let mut information = BY_HANDLE_FILE_INFORMATION::default();
    let handle = HANDLE(file.as_raw_handle());
    // SAFETY: the file is open, and what is written to outlives the call.
    unsafe { GetFileInformationByHandle(handle, &mut information) }
        .map_err(|e| super::process::win32(&e))?;
    Ok(information.nNumberOfLinks)
}
