//! A deletion that can be undone, and putting its rows back.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::age::{Id, KEPT, counts_from};
use super::locked::{Locked, is_locked};
use super::{copies, copy, destroy, destroy_file, modified};
use crate::model::error::{Error, Fault};
use crate::platform::OwnFolder;

/// A deletion of which something is there, as its name tells.
pub struct Entry {
    /// What `cookieclean undo` takes.
    pub id: String,
    name: Id,
    parent: Arc<OwnFolder>,
    /// Since when its age counts.
    since: Timestamp,
}

/// What there is of a deletion.
#[derive(Debug, Default)]
pub struct Content {
    /// When it began; None when no copy tells.
    pub created: Option<Timestamp>,
    /// The domains that were deleted.
    pub domains: Vec<String>,
    /// How many cookies it can bring back.
    pub cookies: u64,
    /// Whether it can bring back site data.
    pub site_data: bool,
    /// What that takes up in the trash of the profiles, in bytes.
    pub trash: u64,
    /// Whether the deletion of site data was cut off: a part may still be in its place.
    pub is_cut_off: bool,
    /// Copies that were not finished when a run was cut off; nothing was deleted on the
    /// strength of them.
    pub leftovers: usize,
    /// It is still running, or being undone.
    pub is_running: bool,
    /// Copies that cannot be read.
    pub problems: Vec<Error>,
}

/// A deletion that no other process can take, forget or expire now.
pub struct Taken {
    parent: Arc<OwnFolder>,
    locked: Locked,
}

impl Entry {
    pub(super) fn new(parent: Arc<OwnFolder>, name: Id, now: Timestamp) -> Self {
        let created = name.created();
        let since = counts_from(created, None, now).or_else(|| {
            // What cannot be read is reported when it is read.
            let folder = parent.folder(&name.to_string()).ok()??;
            counts_from(None, modified(&folder).ok()?, now)
        });
        Self {
            id: name.to_string(),
            name,
            parent,
            since: since.unwrap_or(now),
        }
    }

    /// What is greater is newer.
    pub(super) fn order(&self) -> (Timestamp, &Id) {
        (self.since, &self.name)
    }

    /// When it began, as far as its name tells.
    pub fn created(&self) -> Timestamp {
        self.name.created().unwrap_or(self.since)
    }

    /// When it began, by its copies if they tell.
    pub fn began(&self, content: &Content) -> Timestamp {
        content.created.unwrap_or_else(|| self.created())
    }

    /// When its copies will be destroyed.
    pub fn expires(&self) -> Timestamp {
        self.since
            .checked_add(KEPT.as_hours().hours())
            .unwrap_or(Timestamp::MAX)
    }

    /// Looks at all of it; None when it is gone meanwhile.
    ///
    /// # Errors
    /// When its folder cannot be read, or is not ours.
    pub fn look(&self) -> Result<Option<Content>, Error> {
        let Some(folder) = self.parent.folder(&self.id)? else {
            return Ok(None);
        };
        let is_running = is_locked(&folder)?;
        let (names, leftovers) = copies(&folder)?;
        let mut content = Content {
            leftovers,
            is_running,
            ..Content::default()
        };
        for name in names {
            match copy::trash_of_copy(&folder, &name) {
                Ok(None) => {}
                Ok(Some(trash)) => match (trash.size(), trash.is_complete()) {
                    (Ok(size), Ok(is_complete)) => {
                        content.trash += size.bytes;
                        content.is_cut_off |= !is_complete && !is_running;
                    }
                    (Err(error), _) | (_, Err(error)) => content.problems.push(error),
                },
                Err(error) => content.problems.push(error),
            }
            match copy::Reader::open(&folder, &name) {
                Ok(reader) => {
                    let (header, whole) = reader.check();
                    content.created = Some(header.record.created);
                    content.domains = header.record.domains;
                    match whole {
                        Ok(()) => {
                            let rows = &header.rows;
                            content.cookies += rows.rows.saturating_sub(rows.site_data);
                            content.site_data |= rows.site_data > 0;
                        }
                        Err(error) => content.problems.push(error),
                    }
                }
                // Put back since its name was read, or not needed.
                Err(Error {
                    fault: Fault::Gone, ..
                }) => {}
                Err(error) => content.problems.push(error),
            }
        }
        Ok(Some(content))
    }

    /// Destroys the copies.
    ///
    /// # Errors
    /// When they cannot be removed, or another process is at work on them.
    pub fn forget(&self) -> Result<(), Error> {
        destroy(&self.parent, &self.name)
    }

    /// Takes it, so that it can be put back; None when it is gone.
    ///
    /// # Errors
    /// When another process has it, or its folder cannot be read or is not ours.
    pub fn take(&self) -> Result<Option<Taken>, Error> {
        let locked = Locked::take(&self.parent, &self.name)?;
        Ok(locked.map(|locked| Taken {
            parent: Arc::clone(&self.parent),
            locked,
        }))
    }
}

impl Taken {
    /// The names of the copies, in the order in which they were made.
    ///
    /// # Errors
    /// When its folder cannot be read.
    pub(crate) fn copies(&self) -> Result<Vec<String>, Error> {
        Ok(copies(self.locked.folder())?.0)
    }

    /// The path of a copy.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.locked.folder().path_of(name)
    }

    /// The domains of the deletion, by the first copy that is not damaged.
    ///
    /// # Errors
    /// When the copies cannot be read.
    pub(crate) fn domains(&self) -> Result<Vec<String>, Error> {
        for name in self.copies()? {
            match self.open(&name) {
                Ok(copy) => return Ok(copy.header_of_copy().record.domains.clone()),
                Err(error) if matches!(error.fault, Fault::Io(_)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(Vec::new())
    }

    /// Opens a copy to read its rows.
    ///
    /// # Errors
    /// When it cannot be read, or is damaged.
    pub(crate) fn open(&self, name: &str) -> Result<copy::Reader, Error> {
        copy::Reader::open(self.locked.folder(), name)
    }

    /// Destroys a copy whose rows are back, before what is left of it in the trash of a
    /// profile: with both, it could be put back again.
    ///
    /// # Errors
    /// When it cannot be removed, or not be overwritten.
    pub(crate) fn destroy(&self, name: &str) -> Result<(), Error> {
        let folder = self.locked.folder();
        let trash = copy::trash_of_copy(folder, name)?;
        let destroyed = destroy_file(folder, name);
        let is_removed = destroyed
            .as_ref()
            .map_or_else(|e| matches!(e.fault, Fault::NotOverwritten(_)), |()| true);
        match trash.filter(|_| is_removed) {
            Some(trash) => trash.destroy().and(destroyed),
            None => destroyed,
        }
    }

    /// Lets go of it. Its folder goes when nothing is left in it.
    ///
    /// # Errors
    /// When the empty folder cannot be removed.
    pub fn end(self) -> Result<(), Error> {
        self.locked.remove(&self.parent).map(drop)
    }
}
