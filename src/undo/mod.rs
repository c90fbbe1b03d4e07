//! The copies of what was deleted: written, listed, put back, destroyed.
//!
//! They hold live credentials. A folder for each deletion, which only its owner can
//! read; in it a file for each store: see [`copy`]. Only what [expires](Undo::expire), is
//! [forgotten](Entry::forget), or is back in its store is destroyed; whatever else ends,
//! removes at most an empty folder.

mod age;
mod copy;
mod entry;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod locked;

use std::collections::HashSet;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use age::KEPT;
pub(crate) use copy::{BackupHeader, BackupWriter};
pub(crate) use entry::Taken;
pub use entry::{Content, Entry};

use age::{Id, counts_from};
use locked::Locked;

use crate::browsers::{Found, Job};
use crate::model::error::{At, Error, Fault};
use crate::platform::{Access, EntryKind, OwnFolder};
use crate::store::site_data::trash::{self, Trash};

/// The format of the copies.
const SCHEMA: u32 = 1;

/// A name for which this many deletions in one second would be needed to miss.
const TRIES: u32 = 10_000;

/// Where the copies are.
#[derive(Debug, Clone)]
pub struct Undo {
    state: PathBuf,
}

/// What is written down of a deletion, with every store that it took rows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub schema: u32,
    pub created: Timestamp,
    pub domains: Vec<String>,
}

fn state_folder() -> Result<PathBuf, Error> {
    match std::env::var_os("COOKIECLEAN_STATE_DIR") {
        Some(folder) if !folder.is_empty() => Ok(folder.into()),
        _ => Ok(dirs::state_dir()
            .or_else(dirs::data_local_dir)
            .ok_or_else(|| Fault::Gone.at("the folder for this user's state"))?
            .join("cookieclean")),
    }
}

/// Where this user keeps copies of what belongs to another user, apart from its own and
/// those of others: for systems where a process cannot become the other user.
pub(crate) fn state_folder_for(user: &str) -> Result<PathBuf, Error> {
    let own = state_folder()?;
    let name = own.file_name().unwrap_or_default().to_string_lossy();
    Ok(own.with_file_name(format!("{name}-{user}")))
}

impl Undo {
    /// In the user's state folder, or where `COOKIECLEAN_STATE_DIR` says.
    ///
    /// # Errors
    /// When the system does not tell where that is.
    pub fn of_this_user() -> Result<Self, Error> {
        Ok(Self::in_folder(&state_folder()?))
    }

    /// In a given state folder.
    pub fn in_folder(state: &Path) -> Self {
        Self {
            state: state.to_owned(),
        }
    }

    /// The folder of all copies, if there is one.
    fn open(&self) -> Result<Option<OwnFolder>, Error> {
        match OwnFolder::open(&self.state)? {
            Some(state) => state.folder("undo"),
            None => Ok(None),
        }
    }

    /// The deletions of which something is there, the newest first.
    ///
    /// # Errors
    /// When the folder cannot be read, or is not ours.
    pub fn entries(&self, now: Timestamp) -> Result<Vec<Entry>, Error> {
        let Some(folder) = self.open()? else {
            return Ok(Vec::new());
        };
        let ids = ids(&folder)?.into_iter();
        let folder = Arc::new(folder);
        let mut entries: Vec<_> = ids
            .map(|id| Entry::new(Arc::clone(&folder), id, now))
            .collect();
        entries.sort_by(|a, b| b.order().cmp(&a.order()));
        Ok(entries)
    }

    /// What is in the trash of these profiles, and belongs to no copy any more.
    ///
    /// # Errors
    /// When the copies, or a trash, cannot be read.
    pub(crate) fn orphaned_trash(&self, found: &Found) -> Result<Vec<Trash>, Error> {
        let known = self.trash()?;
        let mut orphaned = Vec::new();
        for profile in &found.profiles {
            for name in trash::names(&profile.dir)? {
                if let Some(trash) = Trash::open(&profile.dir, &name)?
                    && !known.contains(&trash.path())
                {
                    orphaned.push(trash);
                }
            }
        }
        Ok(orphaned)
    }

    /// The folders in the trash of profiles that copies lead to.
    fn trash(&self) -> Result<HashSet<PathBuf>, Error> {
        let mut known = HashSet::new();
        let Some(parent) = self.open()? else {
            return Ok(known);
        };
        for id in ids(&parent)? {
            let Some(folder) = parent.folder(&id.to_string())? else {
                continue;
            };
            let files = folder.entries()?.into_iter();
            for (name, _) in files.filter(|(_, kind)| *kind == EntryKind::File) {
                if let Some(trash) = copy::trash_of_copy(&folder, &name)? {
                    known.insert(trash.path());
                }
            }
        }
        Ok(known)
    }

    /// Destroys the copies that are older than 7 days, and gives what went wrong. It is
    /// done at every start, so it looks at nothing but the names while they will do.
    pub fn expire(&self, now: Timestamp) -> Vec<Error> {
        let found = self.open().and_then(|folder| match folder {
            None => Ok(None),
            Some(folder) => ids(&folder).map(|ids| Some((folder, ids))),
        });
        match found {
            Err(error) => vec![error],
            Ok(None) => Vec::new(),
            // One that cannot be removed must not keep the others.
            Ok(Some((folder, ids))) => ids
                .iter()
                .filter_map(|id| expire(&folder, id, now).err())
                .collect(),
        }
    }

    /// Begins to keep what a deletion of these domains removes. Nothing is created
    /// before there is something to keep.
    pub fn begin(&self, domains: Vec<String>, now: Timestamp) -> Deletion {
        Deletion {
            undo: self.clone(),
            record: Record {
                schema: SCHEMA,
                created: now,
                domains,
            },
            creating: Mutex::new(()),
            place: OnceLock::new(),
            next: AtomicU32::new(0),
            kept: AtomicU32::new(0),
            troubles: Mutex::default(),
        }
    }
}

/// The deletions: real folders that are called like one. Whatever else may be there is
/// somebody else's.
fn ids(folder: &OwnFolder) -> Result<Vec<Id>, Error> {
    let entries = folder.entries()?.into_iter();
    Ok(entries
        .filter(|(_, kind)| *kind == EntryKind::Folder)
        .filter_map(|(name, _)| Id::parse(&name))
        .collect())
}

/// Destroys the copies of a deletion if they are too old.
fn expire(folder: &OwnFolder, id: &Id, now: Timestamp) -> Result<(), Error> {
    let mut since = counts_from(id.created(), None, now);
    if since.is_none() {
        let Some(its) = folder.folder(&id.to_string())? else {
            return Ok(());
        };
        since = counts_from(None, modified(&its)?, now);
        if since.is_none() {
            let now = SystemTime::try_from(now).map_err(io::Error::other);
            return its.set_modified(now.at(its.path())?);
        }
    }
    if since.is_some_and(|since| now.duration_since(since) > KEPT) {
        destroy(folder, id)?;
    }
    Ok(())
}

/// None when it is not a time that could be written down.
fn modified(folder: &OwnFolder) -> Result<Option<Timestamp>, Error> {
    Ok(Timestamp::try_from(folder.modified()?).ok())
}

/// Destroys everything of a deletion. Another process that has it keeps us from it.
fn destroy(parent: &OwnFolder, id: &Id) -> Result<(), Error> {
    let Some(locked) = Locked::take(parent, id)? else {
        return Ok(());
    };
    let folder = locked.folder();
    let mut done = Ok(());
    let entries = folder.entries();
    if let Ok(entries) = &entries {
        for (name, kind) in entries {
            let removed = match kind {
                EntryKind::File if name == locked::NAME => continue,
                EntryKind::File => copy::destroy(folder, name),
                // It leads to what is not ours; only the name is.
                EntryKind::Other => folder.remove(name),
                // Not of our making.
                EntryKind::Folder => continue,
            };
            done = done.and(removed);
        }
    }
    let path = folder.path().to_owned();
    let removed = locked.remove(parent);
    entries.and(done)?;
    match removed? {
        true => Ok(()),
        false => {
            let left = io::Error::from(io::ErrorKind::DirectoryNotEmpty);
            Err(Fault::from(left).at(path))
        }
    }
}

/// Removes a copy, then writes over what was in it: a run that is killed between the two
/// leaves no file that looks like a copy and is none.
fn destroy_file(folder: &OwnFolder, name: &str) -> Result<(), Error> {
    let not_overwritten = |fault| Fault::NotOverwritten(Box::new(fault)).at(folder.path_of(name));
    let mut file = match folder.file(name, Access::Write) {
        // By its other name it is somebody's backup.
        Err(Error {
            fault: fault @ Fault::OtherName,
            ..
        }) => {
            folder.remove(name)?;
            return Err(not_overwritten(fault));
        }
        other => other?,
    };
    folder.remove(name)?;
    // After a power cut it must not be there again, and overwritten.
    folder
        .sync()
        .map_err(|error| error.fault)
        .and_then(|()| overwrite(&mut file).map_err(Fault::from))
        .map_err(not_overwritten)
}

fn overwrite(file: &mut std::fs::File) -> io::Result<()> {
    let length = file.seek(io::SeekFrom::End(0))?;
    file.rewind()?;
    io::copy(&mut io::Read::take(io::repeat(0), length), file)?;
    file.sync_data()
}

/// The names of the whole copies in a folder, and the number of those that a run which was
/// cut off has left.
fn copies(folder: &OwnFolder) -> Result<(Vec<String>, usize), Error> {
    let entries = folder.entries()?.into_iter();
    // Nothing but what we made: a pipe would block.
    let (finished, others): (Vec<_>, Vec<_>) = entries
        .filter(|(_, kind)| *kind == EntryKind::File)
        .map(|(name, _)| name)
        .partition(|name| copy::is_finished(name));
    let leftovers = others.iter().filter(|name| copy::is_unfinished(name));
    Ok((finished, leftovers.count()))
}

/// A deletion under way, whose rows are kept.
pub struct Deletion {
    undo: Undo,
    record: Record,
    creating: Mutex<()>,
    place: OnceLock<Place>,
    next: AtomicU32,
    kept: AtomicU32,
    troubles: Mutex<Vec<Error>>,
}

/// Its folder, which nobody else touches before it ends.
struct Place {
    parent: OwnFolder,
    locked: Locked,
}

/// What a deletion has left.
pub struct Ended {
    /// By which it can be undone, if there is anything to.
    pub id: Option<String>,
    /// Copies of what was not deleted, or the folder for them, that could not be removed.
    pub troubles: Vec<Error>,
}

impl Deletion {
    /// A place for the rows of a store.
    pub(crate) fn copy_of<'a>(&'a self, job: &Job<'a>) -> BackupWriter<'a> {
        BackupWriter::new(self, job, self.next.fetch_add(1, Ordering::Relaxed))
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
    fn folder(&self) -> Result<&OwnFolder, Error> {
        if self.place.get().is_none() {
            let _one = self.creating.lock().unwrap_or_else(PoisonError::into_inner);
            if self.place.get().is_none() {
                let _ = self.place.set(self.create()?);
            }
        }
        let place = self.place.get();
        place
            .map(|place| place.locked.folder())
            .ok_or_else(|| Fault::Gone.at(&self.undo.state))
    }

    fn create(&self) -> Result<Place, Error> {
        let parent = OwnFolder::create(&self.undo.state)?.folder_or_new("undo")?;
        for number in 1..TRIES {
            // Of two that run at once, one makes it and the other goes on.
            let id = Id::new(self.record.created, number);
            if let Some(locked) = Locked::create(&parent, &id)? {
                if let Err(error) = parent.sync() {
                    // It is empty.
                    let _ = locked.remove(&parent);
                    return Err(error);
                }
                return Ok(Place { parent, locked });
            }
        }
        Err(Fault::from(io::Error::from(io::ErrorKind::AlreadyExists)).at(parent.path()))
    }

    fn note_kept(&self) {
        self.kept.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_trouble(&self, error: Error) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.push(error);
    }

    /// Ends it. Copies that were kept stay, whatever happens.
    pub fn end(self) -> Ended {
        let troubles = self.troubles.into_inner();
        let mut ended = Ended {
            id: None,
            troubles: troubles.unwrap_or_else(PoisonError::into_inner),
        };
        let Some(Place { parent, locked }) = self.place.into_inner() else {
            return ended;
        };
        if self.kept.into_inner() > 0 {
            ended.id = Some(locked.id().to_owned());
            locked.release();
        } else if let Err(error) = locked.remove(&parent) {
            ended.troubles.push(error);
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    /// Ends the others also when a check fails.
    struct Done<'a>(&'a AtomicBool);

    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_deletion_that_kept_nothing_leaves_nothing() {
        let state = tempfile::tempdir().unwrap();
        let undo = Undo::in_folder(&state.path().join("state"));
        let deletion = undo.begin(Vec::new(), Timestamp::now());
        deletion.prepare().unwrap();
        assert_eq!(undo.entries(Timestamp::now()).unwrap().len(), 1);
        let ended = deletion.end();
        assert_eq!(ended.id, None);
        assert!(ended.troubles.is_empty());
        assert!(undo.entries(Timestamp::now()).unwrap().is_empty());
    }

    /// One of them makes deletions as fast as it can, the others destroy what they find.
    #[test]
    fn a_running_deletion_is_never_destroyed() {
        const ROUNDS: usize = 300;
        let state = tempfile::tempdir().unwrap();
        let undo = Undo::in_folder(&state.path().join("state"));
        let now = Timestamp::now();
        let done = AtomicBool::new(false);
        let destroy_all = || {
            let mut destroyed = 0;
            while !done.load(Ordering::Relaxed) {
                for entry in undo.entries(now).unwrap() {
                    match entry.forget().map_err(|error| error.fault) {
                        Ok(()) => destroyed += 1,
                        Err(Fault::Running(_) | Fault::Gone) => {}
                        // Another one has just begun with it.
                        Err(Fault::Io(e)) if e.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                        // Windows: it has it open.
                        Err(Fault::Locked | Fault::Denied) if cfg!(windows) => {}
                        Err(fault) => panic!("{fault:?}"),
                    }
                }
            }
            destroyed
        };
        thread::scope(|scope| {
            let others = [scope.spawn(destroy_all), scope.spawn(destroy_all)];
            let all_done = Done(&done);
            let mut begun = 0;
            for n in 0..ROUNDS {
                let deletion = undo.begin(Vec::new(), now);
                let folder = match deletion.folder().map_err(|error| error.fault.to_string()) {
                    Ok(folder) => folder,
                    // It could not begin beside what the others have open: nothing is lost.
                    Err(_) if cfg!(windows) => continue,
                    Err(fault) => panic!("{fault}"),
                };
                begun += 1;
                drop(folder.new_file("0000.jsonl").unwrap());
                deletion.note_kept();
                thread::yield_now();
                assert!(folder.file("0000.jsonl", Access::Read).is_ok(), "round {n}");
                let path = folder.path_of("0000.jsonl");
                assert!(path.exists(), "round {n}");
                assert!(deletion.end().id.is_some());
            }
            drop(all_done);
            let destroyed: usize = others.map(|other| other.join().unwrap()).iter().sum();
            assert!(destroyed > 0 && begun > ROUNDS / 10);
        });
    }
}
