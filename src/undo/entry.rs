//! A deletion that can be undone, and putting its rows back.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::age::{Id, KEPT, counts_from};
use super::locked::{Locked, is_locked};
use super::{BackupHeader, copies, copy, destroy, destroy_file, modified};
use crate::browsers::Platform;
use crate::browsers::by_id;
use crate::browsers::{Filter, Found, Roots, SearchError, discover, jobs};
use crate::model::error::{Error, Fault};
use crate::platform::{self, OwnFolder};
use crate::store::Restored;
use crate::store::claim::{Guard, InUse, Refused};

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

/// What became of the rows of one store.
pub struct PutBack {
    /// The path of the file.
    pub store: PathBuf,
    /// How it ended.
    pub outcome: PutBackOutcome,
    /// The rows are back, and their copy could not be destroyed.
    pub left: Option<Error>,
}

/// How an undo ended for a store.
pub enum PutBackOutcome {
    /// The rows are back, but for those that are counted otherwise.
    Restored(Restored),
    /// It was skipped: a browser has the profile open.
    InUse(Blocked),
    /// It is as it was before.
    Failed(Error),
    /// Not begun, because the person interrupted.
    Interrupted,
}

/// A store that is in use.
pub struct Blocked {
    /// The name of its browser.
    pub browser: &'static str,
    pub user: InUse,
    /// Tells when it is not in use any more.
    pub guard: Arc<Guard>,
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
            match copy::Reader::open(&folder, &name) {
                Ok(reader) => {
                    let (header, whole) = reader.check();
                    content.created = Some(header.record.created);
                    content.domains = header.record.domains;
                    match whole {
                        Ok(()) => content.cookies += header.rows.rows,
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
    /// How many stores it has copies of.
    ///
    /// # Errors
    /// When its folder cannot be read.
    pub fn stores(&self) -> Result<usize, Error> {
        Ok(copies(self.locked.folder())?.0.len())
    }

    /// Puts everything back, each store with its browser closed. What is back is
    /// destroyed here; what could not be put back stays for another try.
    ///
    /// # Errors
    /// When its folder cannot be read.
    pub fn restore(
        &self,
        interrupted: &dyn Fn() -> bool,
        mut tell: impl FnMut(PutBack),
    ) -> Result<(), Error> {
        let folder = self.locked.folder();
        let mut places = Places::default();
        for name in copies(folder)?.0 {
            let mut store = folder.path_of(&name);
            let outcome = if interrupted() {
                PutBackOutcome::Interrupted
            } else {
                restore_one(folder, &name, interrupted, &mut places, &mut store)
                    .unwrap_or_else(PutBackOutcome::Failed)
            };
            let is_back =
                matches!(&outcome, PutBackOutcome::Restored(done) if done.trouble.is_none());
            // Left behind, it would only find everything back already.
            let left = match is_back {
                true => destroy_file(folder, &name).err(),
                false => None,
            };
            tell(PutBack {
                store,
                outcome,
                left,
            });
        }
        Ok(())
    }

    /// Lets go of it. Its folder goes when nothing is left in it.
    ///
    /// # Errors
    /// When the empty folder cannot be removed.
    pub fn end(self) -> Result<(), Error> {
        self.locked.remove(&self.parent).map(drop)
    }
}

/// The folders in which stores are found again. Many stores are in one, which is
/// searched once.
#[derive(Default)]
struct Places(Option<(PathBuf, Found)>);

impl Places {
    /// What is found where the store was found, or if that is not a folder of profiles
    /// any more, in its profile.
    fn of(&mut self, header: &BackupHeader) -> Result<&Found, Error> {
        let folders = [&header.within, &header.profile_dir];
        let is_known = |(folder, _): &(PathBuf, Found)| folders.contains(&folder);
        if !self.0.as_ref().is_some_and(is_known) {
            self.0 = Some(find(folders)?);
        }
        let found = self.0.as_ref().map(|(_, found)| found);
        found.ok_or_else(|| Fault::Gone.at(&header.within))
    }
}

/// What is found in the first of these folders that is one of profiles.
fn find(folders: [&PathBuf; 2]) -> Result<(PathBuf, Found), Error> {
    let roots = Roots::of_this_user(Platform::of_this_system())?;
    let mut unread = None;
    for folder in folders {
        let filter = Filter {
            folders: vec![folder.clone()],
            ..Filter::default()
        };
        match discover(&roots, &filter) {
            Ok(found) => return Ok((folder.clone(), found)),
            Err(SearchError::Unreadable(error)) => unread = unread.or(Some(error)),
            Err(_) => {}
        }
    }
    match unread {
        Some(error) => Err(error),
        None => Ok((folders[0].clone(), Found::default())),
    }
}

/// `path` becomes that of the store as soon as it is known.
fn restore_one(
    folder: &OwnFolder,
    name: &str,
    interrupted: &dyn Fn() -> bool,
    places: &mut Places,
    path: &mut PathBuf,
) -> Result<PutBackOutcome, Error> {
    let mut copy = copy::Reader::open(folder, name)?;
    let header = copy.header_of_copy().clone();
    path.clone_from(&header.store);
    if let Err(error) = header.store.symlink_metadata() {
        // The browser moves and removes these at every start.
        let is_over = header.rows.kind.is_volatile()
            && error.kind() == io::ErrorKind::NotFound
            && header.profile_dir.is_dir();
        if is_over {
            return Ok(PutBackOutcome::Restored(Restored {
                orphaned: header.rows.rows,
                ..Restored::default()
            }));
        }
        return Err(Fault::from(error).at(&header.store));
    }
    let found = places.of(&header)?;
    let all = jobs(&found.profiles);
    let job = all
        .iter()
        .find(|job| job.store.path() == header.store && job.store.kind() == header.rows.kind);
    let Some(job) = job else {
        // It is there, and yet was not found: what was said of something near it?
        let about = |problem: &&Error| {
            problem.path.starts_with(&header.profile_dir)
                || header.profile_dir.starts_with(&problem.path)
        };
        let problem = found.problems.iter().find(about);
        let fault = match problem {
            Some(problem) => Fault::Unparsable(problem.to_string()),
            None => Fault::NotAFile,
        };
        return Err(fault.at(&header.store));
    };

    let guard = &job.profile.guard;
    let claim = match guard.claim(interrupted) {
        Ok(claim) => claim,
        Err(Refused::InUse(user)) => {
            return Ok(PutBackOutcome::InUse(Blocked {
                // As the deletion had it: the folder may be named otherwise from here.
                browser: by_id(&header.browser).map_or(job.profile.browser.name, |b| b.name),
                user,
                guard: Arc::clone(guard),
            }));
        }
        Err(Refused::Failed(error)) => return Err(error),
    };
    match job.store.restore(&claim, &mut copy) {
        Ok(mut restored) => {
            // What was there already may be the work of an undo that could not sync it.
            if restored.restored == 0
                && restored.trouble.is_none()
                && let Some(folder) = header.store.parent()
            {
                restored.trouble = platform::sync_folder(folder).map_err(Fault::from).err();
            }
            restored.trouble = restored.trouble.or_else(|| claim.lost());
            Ok(PutBackOutcome::Restored(restored))
        }
        // It is the copy, not the store.
        Err(Error {
            fault: fault @ Fault::BadBackup(_),
            ..
        }) => Err(fault.at(folder.path_of(name))),
        Err(error) => Err(error),
    }
}
