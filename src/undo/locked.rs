//! The folder of a deletion, in the hands of one process alone.

use std::fs::{File, TryLockError};
use std::io;
use std::thread;
use std::time::Duration;

use super::age::Id;
use crate::model::error::{Error, Fault};
use crate::platform::{self, Access, OwnFolder};

/// The file in it that is locked.
pub(super) const NAME: &str = "lock";

/// Somebody who only looks whether it is locked does so for an instant.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// The folder of a deletion, locked. The lock is the system's, on a file in the folder: it
/// ends with its process, however that ends. A deletion holds it from the folder's creation
/// to its own end; an undo, a forget or an expiry takes it first.
pub(super) struct Locked {
    id: String,
    folder: OwnFolder,
    lock: File,
}

impl Locked {
    /// None when the deletion is gone.
    ///
    /// # Errors
    /// When another process has it, or the folder is not ours.
    pub(super) fn take(parent: &OwnFolder, id: &Id) -> Result<Option<Self>, Error> {
        let id = id.to_string();
        let Some(folder) = parent.folder(&id)? else {
            return Ok(None);
        };
        let lock = lock(&folder, &id)?;
        Ok(lock.map(|lock| Self { id, folder, lock }))
    }

    /// Creates a folder for a new deletion. None when there is one of that name.
    ///
    /// # Errors
    /// When it cannot be created or locked.
    pub(super) fn create(parent: &OwnFolder, id: &Id) -> Result<Option<Self>, Error> {
        let id = id.to_string();
        let Some(folder) = parent.new_folder(&id)? else {
            return Ok(None);
        };
        match lock(&folder, &id) {
            Ok(Some(lock)) => Ok(Some(Self { id, folder, lock })),
            // Somebody who destroys copies has come upon it at once.
            Ok(None)
            | Err(Error {
                fault: Fault::Running(_),
                ..
            }) => Ok(None),
            Err(error) => {
                let _ = folder.remove(NAME);
                drop(folder);
                let _ = parent.remove_folder(&id);
                Err(error)
            }
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn folder(&self) -> &OwnFolder {
        &self.folder
    }

    /// Lets go of it.
    pub(super) fn release(self) {
        // A lock file that stays does no harm.
        let _ = unlock(&self.folder, self.lock);
    }

    /// Lets go of it and removes it, if there is nothing else in it; false when there is.
    ///
    /// # Errors
    /// When it cannot be removed for another reason.
    pub(super) fn remove(self, parent: &OwnFolder) -> Result<bool, Error> {
        unlock(&self.folder, self.lock)?;
        drop(self.folder);
        parent.remove_folder(&self.id)
    }
}

fn lock(folder: &OwnFolder, id: &str) -> Result<Option<File>, Error> {
    let mut tries = 0;
    loop {
        let Some(lock) = folder.file_to_lock(NAME)? else {
            return Ok(None);
        };
        match lock.try_lock() {
            // The process that had it has removed it; a new one may belong to another process.
            Ok(()) if folder.is_nameless(&lock)? => {}
            Ok(()) => return Ok(Some(lock)),
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(e)) => {
                return Err(Fault::from(e).at(folder.path_of(NAME)));
            }
            Err(TryLockError::WouldBlock) => {
                tries += 1;
                if tries == TRIES {
                    return Err(Fault::Running(id.to_owned()).at(folder.path()));
                }
                thread::sleep(PAUSE);
            }
        }
    }
}

/// The name goes before the lock does, where it can: a process that opened the file meanwhile
/// then sees that it is not the one to be locked any more.
fn unlock(folder: &OwnFolder, lock: File) -> Result<(), Error> {
    if platform::OPEN_FILES_OUTLIVE_NAMES {
        let removed = folder.remove(NAME);
        drop(lock);
        removed
    } else {
        drop(lock);
        folder.remove(NAME)
    }
}

/// Whether a process has it: usually a deletion that is running.
///
/// # Errors
/// When that cannot be found out.
pub(super) fn is_locked(folder: &OwnFolder) -> Result<bool, Error> {
    let lock = match folder.file(NAME, Access::Read) {
        Err(Error {
            fault: Fault::Gone, ..
        }) => return Ok(false),
        other => other?,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(e)) => Err(Fault::from(e).at(folder.path_of(NAME))),
    }
}
