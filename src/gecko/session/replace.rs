//! Replacing a file by another in one step: there is always the old one or the new.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::claim::Claim;
use crate::error::Fault;
use crate::system::{self, OldContent};

/// Names that begin so are ours.
const PREFIX: &str = ".cookieclean-";

/// A file that is about to take another's place; dropped before, it goes again.
pub(super) struct Replacement<'a> {
    path: &'a Path,
    old: Metadata,
    temp: NamedTempFile,
}

impl<'a> Replacement<'a> {
    /// Writes `content` beside `path`, with the same mode and owner, safely onto the
    /// disk.
    ///
    /// # Errors
    /// When it cannot be written, or not be given to the same owner.
    pub fn write(path: &'a Path, _claim: &Claim, content: &[u8]) -> Result<Self, Fault> {
        let old = path.symlink_metadata()?;
        if !old.is_file() {
            return Err(Fault::NotAFile);
        }
        if old.permissions().readonly() {
            return Err(Fault::ReadOnly);
        }
        let folder = path.parent().unwrap_or(path);
        remove_leftovers(folder);
        let mut temp = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .suffix(".tmp")
            .tempfile_in(folder)?;
        temp.write_all(content)?;
        system::take_after(temp.as_file(), &old)?;
        temp.as_file().sync_all()?;
        Ok(Self { path, old, temp })
    }

    /// Where it is for now.
    pub fn path(&self) -> &Path {
        self.temp.path()
    }

    /// Puts it in the old one's place. Returns what is left to do then, which cannot
    /// be taken back any more.
    ///
    /// # Errors
    /// When it is not done: the old file is as it was.
    pub fn commit(mut self, claim: &Claim) -> Result<Result<(), Fault>, Fault> {
        let old_content = OldContent::open(self.path);
        let now = self.path.symlink_metadata()?;
        if (now.len(), now.modified()?) != (self.old.len(), self.old.modified()?) {
            return Err(Fault::Restless);
        }
        claim.still_holds().map_err(|_| Fault::Locked)?;
        let mut tries = 10;
        while let Err(error) = self.temp.persist(self.path) {
            tries -= 1;
            // A virus scanner looks at every new file for a moment.
            let is_passing = system::WINDOWS
                && error.error.kind() == io::ErrorKind::PermissionDenied
                && tries > 0;
            if !is_passing {
                return Err(error.error.into());
            }
            self.temp = error.file;
            thread::sleep(Duration::from_millis(50));
        }
        let folder = self.path.parent().unwrap_or(self.path);
        let synced = system::sync_folder(folder);
        // Not before the new name is safe: a power cut could bring the old one back.
        if let (Ok(()), Some(old_content)) = (&synced, old_content) {
            // The disk may keep it all the same; nothing more can be done.
            let _ = old_content.overwrite();
        }
        Ok(synced.map_err(Fault::from))
    }
}

/// Removes what a run that was killed has left. The profile is ours, so that only
/// other threads of this process may be at work in the folder.
fn remove_leftovers(folder: &Path) {
    let ours = format!("{PREFIX}{}-", std::process::id());
    let is_left = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(PREFIX) && name.ends_with(".tmp") && !name.starts_with(&ours)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()).filter(is_left) {
        let _ = fs::remove_file(path);
    }
}
