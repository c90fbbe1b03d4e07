//! The copies of what was deleted: written, listed, put back, destroyed.
//!
//! They hold live credentials. A folder for each deletion, which only its owner can
//! read; in it a file for each store: see [`copy`].

mod copy;
mod entry;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;

use std::fs;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use copy::{Copy, CopyHeader};
pub use entry::{Entry, Hindered, PutBack, PutBackOutcome};

use crate::discover::Job;
use crate::error::{At, Error, Fault};
use crate::system;

/// How long copies are kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A name for which this many deletions in one second would be needed to miss.
const TRIES: u32 = 10_000;

/// Where the copies are.
#[derive(Debug, Clone)]
pub struct Undo {
    folder: PathBuf,
}

/// What is written down of a deletion, with every store that it took rows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub schema: u32,
    pub created: Timestamp,
    pub domains: Vec<String>,
}

impl Undo {
    /// In the user's state folder, or where `COOKIECLEAN_STATE_DIR` says.
    ///
    /// # Errors
    /// When the system does not tell where that is.
    pub fn of_this_user() -> Result<Self, Error> {
        let state = match std::env::var_os("COOKIECLEAN_STATE_DIR") {
            Some(folder) if !folder.is_empty() => PathBuf::from(folder),
            _ => dirs::state_dir()
                .or_else(dirs::data_local_dir)
                .ok_or_else(|| Fault::Gone.at("the folder for this user's state"))?
                .join("cookieclean"),
        };
        Ok(Self::in_folder(&state))
    }

    /// In a given state folder.
    pub fn in_folder(state: &Path) -> Self {
        Self {
            folder: state.join("undo"),
        }
    }

    /// The deletions that can be undone, the newest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, Error> {
        let mut entries: Vec<_> = self
            .folders()?
            .into_iter()
            .filter_map(Entry::read)
            .collect();
        entries.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        Ok(entries)
    }

    /// Destroys the copies that are older than [`KEPT`]. One whose age is not
    /// written down goes by the age of its folder.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub fn expire(&self, now: Timestamp) -> Result<(), Error> {
        let mut first = Ok(());
        for folder in self.folders()? {
            let written = headers(&folder).first().map(|header| header.record.created);
            let created = written.or_else(|| {
                let modified = folder.metadata().ok()?.modified().ok()?;
                Timestamp::try_from(modified).ok()
            });
            if created.is_some_and(|created| now.duration_since(created) > KEPT) {
                // One that cannot be removed must not keep the others.
                first = first.and(destroy(&folder));
            }
        }
        first
    }

    /// Destroys all copies; gives their ids.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn forget_all(&self) -> Result<Vec<String>, Error> {
        let mut ids = Vec::new();
        for folder in self.folders()? {
            destroy(&folder)?;
            ids.push(file_name(&folder));
        }
        Ok(ids)
    }

    /// The folders of deletions: real folders that are called like one. Whatever else
    /// may be there is somebody else's.
    fn folders(&self) -> Result<Vec<PathBuf>, Error> {
        let folders = match fs::read_dir(&self.folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.at(&self.folder)?,
        };
        let mut paths: Vec<_> = folders
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.path())
            .filter(|path| is_id(&file_name(path)))
            .collect();
        paths.sort();
        Ok(paths)
    }

    /// Begins to keep what a deletion of these domains removes. Nothing is created
    /// before there is something to keep.
    pub fn begin(&self, domains: Vec<String>, now: Timestamp) -> Deletion {
        Deletion {
            parent: self.folder.clone(),
            record: Record {
                schema: 1,
                created: now,
                domains,
            },
            folder: OnceLock::new(),
            next: AtomicU32::new(0),
        }
    }
}

/// `20261124-083135`, or the same with `-2` and so on.
fn is_id(name: &str) -> bool {
    let mut parts = name.split('-');
    let mut digits = |lengths: std::ops::RangeInclusive<usize>| {
        parts.next().map(|part| {
            lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    digits(8..=8) == Some(true)
        && digits(6..=6) == Some(true)
        && digits(1..=4) != Some(false)
        && parts.next().is_none()
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Removes a folder of copies, after writing over what is in them.
fn destroy(folder: &Path) -> Result<(), Error> {
    for file in fs::read_dir(folder).at(folder)?.flatten() {
        let path = file.path();
        let is_file = file.file_type().at(&path)?.is_file();
        if is_file {
            wipe(&path).at(&path)?;
        }
    }
    fs::remove_dir_all(folder).at(folder)
}

fn wipe(path: &Path) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    let length = file.seek(io::SeekFrom::End(0))?;
    file.rewind()?;
    io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
    file.sync_data()
}

/// The headers of the finished copies in a folder that can be read.
fn headers(folder: &Path) -> Vec<CopyHeader> {
    let read = |file: &PathBuf| copy::read_header(file).ok();
    copies(folder).iter().filter_map(read).collect()
}

/// A deletion under way, whose rows are kept.
pub struct Deletion {
    parent: PathBuf,
    record: Record,
    folder: OnceLock<io::Result<PathBuf>>,
    next: AtomicU32,
}

impl Deletion {
    /// A place for the rows of a store.
    pub(crate) fn copy_of<'a>(&'a self, job: &Job<'a>) -> Copy<'a> {
        Copy::new(self, job, self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes the folder, so that what can go wrong there does so before a profile is
    /// claimed.
    ///
    /// # Errors
    /// When it cannot be made, or is not safe from others.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        self.folder().map(drop)
    }

    /// The folder, made when it is first needed.
    fn folder(&self) -> Result<&Path, Error> {
        match self.folder.get_or_init(|| self.create()) {
            Ok(folder) => Ok(folder),
            Err(error) => {
                // The same again for each store: an io::Error cannot be cloned.
                let again = match error.raw_os_error() {
                    Some(code) => io::Error::from_raw_os_error(code),
                    None => io::Error::other(error.to_string()),
                };
                Err(Fault::from(again).at(&self.parent))
            }
        }
    }

    fn create(&self) -> io::Result<PathBuf> {
        system::private_folder(&self.parent)?;
        let stamp = self.record.created.strftime("%Y%m%d-%H%M%S").to_string();
        for n in 1..TRIES {
            let id = match n {
                1 => stamp.clone(),
                n => format!("{stamp}-{n}"),
            };
            let folder = self.parent.join(id);
            // Of two that run at once, one makes it and the other goes on.
            match system::new_private_folder(&folder) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
                Ok(()) => {
                    system::sync_folder(&self.parent)?;
                    return Ok(folder);
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Ends it; gives the id by which it can be undone, if there is anything to.
    pub fn end(self) -> Option<String> {
        let folder = self.folder.into_inner()?.ok()?;
        let is_empty = copies(&folder).is_empty();
        if is_empty {
            // An empty folder that stays does no harm.
            let _ = destroy(&folder);
            return None;
        }
        Some(folder.file_name()?.to_string_lossy().into_owned())
    }
}

/// The finished copies in a folder.
fn copies(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        // Nothing but what we made: a pipe would block.
        .filter(|file| file.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|e| e == copy::EXTENSION))
        .collect();
    files.sort();
    files
}
