//! Replacing a file by another in one step: there is always the old one or the new.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::process;
use std::time::SystemTime;

use crate::model::error::Fault;
use crate::platform::Folder;
use crate::store::claim::Claim;

/// Names that begin and end so are ours.
const PREFIX: &str = ".cookieclean-";
const SUFFIX: &str = ".tmp";

/// A file that is about to take another's place; dropped before, it goes again.
pub(super) struct Replacement<'a> {
    folder: &'a Folder,
    name: &'a OsStr,
    old: (u64, SystemTime),
    temp: Temp<'a>,
}

impl<'a> Replacement<'a> {
    /// Writes `content` beside the file of this name, with the same mode and owner, safely
    /// onto the disk.
    ///
    /// # Errors
    /// When it cannot be written, or not be given to the same owner.
    pub(super) fn write(
        folder: &'a Folder,
        name: &'a OsStr,
        _claim: &Claim,
        content: &[u8],
    ) -> Result<Self, Fault> {
        let old = folder.open_file(name)?;
        if old.metadata()?.permissions().readonly() {
            return Err(Fault::ReadOnly);
        }
        remove_leftovers(folder);
        let (temp, mut file) = Temp::new(folder)?;
        folder.take_after(&file, &old)?;
        file.write_all(content)?;
        file.sync_all()?;
        Ok(Self {
            folder,
            name,
            old: stamp(&old)?,
            temp,
        })
    }

    /// What it is called for now.
    pub(super) fn name(&self) -> &OsStr {
        &self.temp.name
    }

    /// Puts it in the old one's place. Returns what is left to do then, which cannot
    /// be taken back any more.
    ///
    /// # Errors
    /// When it is not done: the old file is as it was.
    pub(super) fn commit(mut self, claim: &Claim) -> Result<Result<(), Fault>, Fault> {
        let mut old_content = self.folder.old_content(self.name);
        if stamp(&self.folder.open_file(self.name)?)? != self.old {
            return Err(Fault::KeepsChanging);
        }
        claim.still_holds().map_err(|_| Fault::Locked)?;
        let renamed = self.folder.rename(&self.temp.name, self.name);
        if renamed.is_err() && old_content.take().is_some() {
            // Not every system replaces a file that is open.
            self.folder.rename(&self.temp.name, self.name)?;
        } else {
            renamed?;
        }
        self.temp.is_in_place = true;
        let synced = self.folder.sync();
        // Not before the new name is safe: a power cut could bring the old one back.
        if let (Ok(()), Some(old_content)) = (&synced, old_content) {
            // The disk may keep it anyway; nothing more can be done.
            let _ = old_content.overwrite();
        }
        Ok(synced.map_err(Fault::from))
    }
}

/// The size in bytes, and the time of the last change.
///
/// # Errors
/// When the system does not tell.
pub(super) fn stamp(file: &File) -> io::Result<(u64, SystemTime)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified()?))
}

/// A new file, which goes again unless it is put in place.
struct Temp<'a> {
    folder: &'a Folder,
    name: OsString,
    is_in_place: bool,
}

impl<'a> Temp<'a> {
    fn new(folder: &'a Folder) -> io::Result<(Self, File)> {
        let mut tries = 0;
        loop {
            let random = RandomState::new().hash_one(tries);
            let name = format!("{PREFIX}{}-{random:016x}{SUFFIX}", process::id());
            let name = OsString::from(name);
            match folder.create(&name) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && tries < 10 => tries += 1,
                other => {
                    let file = other?;
                    let temp = Self {
                        folder,
                        name,
                        is_in_place: false,
                    };
                    return Ok((temp, file));
                }
            }
        }
    }
}

impl Drop for Temp<'_> {
    fn drop(&mut self) {
        if !self.is_in_place {
            // What stays is removed by the next deletion.
            let _ = self.folder.remove(&self.name);
        }
    }
}

/// Removes what a run that was killed has left. The profile is ours, so that only
/// other threads of this process may be at work in the folder.
fn remove_leftovers(folder: &Folder) {
    let ours = format!("{PREFIX}{}-", process::id());
    for name in folder.own_files().unwrap_or_default() {
        let text = name.to_string_lossy();
        if text.starts_with(PREFIX) && text.ends_with(SUFFIX) && !text.starts_with(&ours) {
            let _ = folder.remove(&name);
        }
    }
}
