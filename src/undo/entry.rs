//! A deletion that can be undone, and putting its rows back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::{CopyHeader, KEPT, copies, copy, destroy, headers, wipe};
use crate::browsers::Layout;
use crate::browsers::by_id;
use crate::claim::{Guard, InUse, Refused};
use crate::discover::{Filter, Found, Roots, discover, jobs};
use crate::error::{At, Error, Fault};
use crate::store::{Kind, Restored};
use crate::system;

/// A deletion that can be undone.
#[derive(Debug)]
pub struct Entry {
    pub id: String,
    pub created: Timestamp,
    pub domains: Vec<String>,
    /// How many cookies it can bring back.
    pub cookies: u64,
    folder: PathBuf,
}

/// What became of the rows of one store.
pub struct PutBack {
    pub store: PathBuf,
    pub outcome: PutBackOutcome,
}

pub enum PutBackOutcome {
    Restored(Restored),
    InUse(Hindered),
    Failed(Error),
    /// Not begun, because the person interrupted.
    Interrupted,
}

/// A store that is in use.
pub struct Hindered {
    /// The name of its browser.
    pub browser: &'static str,
    pub user: InUse,
    /// Tells when it is not in use any more.
    pub guard: Arc<Guard>,
}

impl Entry {
    pub(super) fn read(folder: PathBuf) -> Option<Self> {
        let headers = headers(&folder);
        let record = headers.first()?.record.clone();
        Some(Self {
            id: folder.file_name()?.to_string_lossy().into_owned(),
            created: record.created,
            domains: record.domains,
            cookies: headers.iter().map(|header| header.rows.rows).sum(),
            folder,
        })
    }

    /// When its copies will be destroyed.
    pub fn expires(&self) -> Timestamp {
        self.created
            .checked_add(KEPT.as_hours().hours())
            .unwrap_or(Timestamp::MAX)
    }

    /// Destroys the copies.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub fn forget(self) -> Result<(), Error> {
        destroy(&self.folder)
    }

    /// Puts everything back, each store with its browser closed. What is back is
    /// destroyed here; what could not be put back stays for another try.
    ///
    /// # Errors
    /// When another one is at it.
    pub fn restore(
        &self,
        interrupted: &dyn Fn() -> bool,
        mut tell: impl FnMut(PutBack),
    ) -> Result<(), Error> {
        let lock_file = self.folder.join("lock");
        // It is there already when a restore was cut off.
        let lock = system::create_private(&lock_file)
            .or_else(|_| fs::OpenOptions::new().write(true).open(&lock_file))
            .at(&lock_file)?;
        if lock.try_lock().is_err() {
            return Err(Fault::Locked.at(&self.folder));
        }
        let mut places = Places::default();
        for file in copies(&self.folder) {
            let mut store = file.clone();
            let outcome = if interrupted() {
                PutBackOutcome::Interrupted
            } else {
                restore_one(&file, interrupted, &mut places, &mut store)
                    .unwrap_or_else(PutBackOutcome::Failed)
            };
            if matches!(outcome, PutBackOutcome::Restored(_)) {
                // Left behind, it would only find everything back already.
                let _ = wipe(&file).and_then(|()| fs::remove_file(&file));
            }
            tell(PutBack { store, outcome });
        }
        drop(lock);
        if copies(&self.folder).is_empty() {
            let _ = destroy(&self.folder);
        }
        Ok(())
    }
}

/// The folders in which stores are found again. Many stores are in one, which is
/// searched once.
#[derive(Default)]
struct Places(Option<(PathBuf, Found)>);

impl Places {
    /// What is found where the store was found, or if that is no folder of profiles
    /// any more, in its profile.
    fn of(&mut self, header: &CopyHeader) -> Result<&Found, Error> {
        if self
            .0
            .as_ref()
            .is_none_or(|(folder, _)| *folder != header.within)
        {
            let roots = Roots::of_this_user(Layout::of_this_system())?;
            let found = [&header.within, &header.profile_dir]
                .into_iter()
                .map(|folder| {
                    let folders = vec![folder.clone()];
                    let filter = Filter {
                        folders,
                        ..Filter::default()
                    };
                    discover(&roots, &filter)
                })
                .find_map(Result::ok)
                .unwrap_or_default();
            self.0 = Some((header.within.clone(), found));
        }
        let found = self.0.as_ref().map(|(_, found)| found);
        found.ok_or_else(|| Fault::Gone.at(&header.within))
    }
}

/// `path` becomes that of the store as soon as it is known.
fn restore_one(
    file: &Path,
    interrupted: &dyn Fn() -> bool,
    places: &mut Places,
    path: &mut PathBuf,
) -> Result<PutBackOutcome, Error> {
    let mut copy = copy::Reader::open(file)?;
    let header = copy.header_of_copy().clone();
    path.clone_from(&header.store);
    if let Err(error) = header.store.symlink_metadata() {
        // The browser moves and removes these at every start.
        let is_over = header.rows.kind == Kind::FirefoxSession
            && error.kind() == io::ErrorKind::NotFound
            && header.profile_dir.is_dir();
        if is_over {
            return Ok(PutBackOutcome::Restored(Restored {
                homeless: header.rows.rows,
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
            return Ok(PutBackOutcome::InUse(Hindered {
                // As the deletion had it: the folder may be named otherwise from here.
                browser: by_id(&header.browser).map_or(job.profile.browser.name, |b| b.name),
                user,
                guard: Arc::clone(guard),
            }));
        }
        Err(Refused::Failed(error)) => return Err(error),
    };
    let mut restored = job.store.restore(&claim, &mut copy)?;
    restored.trouble = restored.trouble.or_else(|| claim.lost());
    Ok(PutBackOutcome::Restored(restored))
}
