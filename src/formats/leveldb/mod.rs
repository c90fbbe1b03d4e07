//! LevelDB, without its library: reading a store that nobody has open, deleting keys so
//! that no byte of them stays, and writing keys.
//!
//! Formats: `doc/` and `db/` of <https://github.com/google/leveldb>. Whatever is not
//! understood is an error, and the store stays as it is. The log that is live is never
//! appended to: LevelDB goes on in it, and would drop what follows a torn record.

pub(in crate::formats) mod coding;
mod entry;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod log;
mod manifest;
mod table;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use coding::{bad, cut_off};
use entry::Entry;
use manifest::Manifest;

use crate::model::error::{At, Error, Fault};
use crate::platform::{Folder, HeldFile, LockAttempt};

const CURRENT: &str = "CURRENT";
const LOCK: &str = "LOCK";
/// More than any file of a browser's store, each of which is read into the memory.
const LARGEST: u64 = 256 << 20;

/// A store: the folder that holds its files.
pub(crate) struct LevelDb {
    folder: Folder,
    path: PathBuf,
}

/// A store that no other process can open while this lives.
pub(crate) struct LockedDb {
    db: LevelDb,
    _lock: HeldFile,
}

/// A file of a store that holds entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// By number. Tables are older than logs.
    Table(u64),
    Log(u64),
}

/// The live state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    sequence: u64,
    /// Where the newest entry is.
    part: Part,
    /// Of the value; None when the key is deleted.
    value: Option<Digest>,
}

/// What a value is, without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Digest {
    /// In bytes.
    length: u64,
    hash: u64,
}

/// All keys of a store.
struct Keys {
    states: BTreeMap<Vec<u8>, State>,
    /// The files that have an entry of a key that is to go, newest or not.
    touched: BTreeSet<Part>,
    last_sequence: u64,
}

impl LevelDb {
    /// Opens the store in this folder, a real path; None when there is none.
    ///
    /// # Errors
    /// When the folder cannot be opened, or a link has come into its path.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, Error> {
        let folder = match Folder::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.at(path)?,
        };
        let db = Self {
            folder,
            path: path.to_owned(),
        };
        match db.folder.open_file(CURRENT.as_ref()) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.at(&path.join(CURRENT)).map(|_| Some(db)),
        }
    }

    /// Keeps other processes from opening the store, as LevelDB itself does; None when one
    /// has it open.
    ///
    /// # Errors
    /// When the lock cannot be taken.
    pub(crate) fn lock(self) -> Result<Option<LockedDb>, Error> {
        /// One that was just let go can seem to be held for an instant.
        const TRIES: u32 = 20;
        const PAUSE: Duration = Duration::from_millis(10);
        let path = self.path.join(LOCK);
        for _ in 0..TRIES {
            match HeldFile::take(&path).at(&path)? {
                LockAttempt::Ours(lock) => {
                    return Ok(Some(LockedDb {
                        db: self,
                        _lock: lock,
                    }));
                }
                LockAttempt::Theirs => thread::sleep(PAUSE),
            }
        }
        Ok(None)
    }

    /// Shows every live key with the length of its value in bytes, in the order of their
    /// bytes. A store that is open may change meanwhile, which is an error.
    ///
    /// # Errors
    /// When anything in the store is not what LevelDB writes.
    pub(crate) fn each_key(&self, mut each: impl FnMut(&[u8], u64)) -> Result<(), Error> {
        let (_, manifest) = self.manifest()?;
        let keys = self.keys(&manifest, &RandomState::new(), &mut |_| false)?;
        for (key, state) in &keys.states {
            if let Some(value) = state.value {
                each(key, value.length);
            }
        }
        Ok(())
    }

    /// Shows every live entry whose key is `wanted`, in no order.
    ///
    /// # Errors
    /// As [`LevelDb::each_key`].
    pub(crate) fn each_value(
        &self,
        mut wanted: impl FnMut(&[u8]) -> bool,
        mut each: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), Error> {
        let (_, manifest) = self.manifest()?;
        let keys = self.keys(&manifest, &RandomState::new(), &mut wanted)?;
        for part in keys.touched.iter().copied() {
            self.entries(&manifest, part, |entry| {
                let is_newest = keys
                    .states
                    .get(entry.key)
                    .is_some_and(|state| (state.sequence, state.part) == (entry.sequence, part));
                if let Some(value) = entry.value
                    && is_newest
                    && wanted(entry.key)
                {
                    each(entry.key, value);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Reads something of a store that a browser may be writing to: again, where it changed
    /// meanwhile.
    ///
    /// # Errors
    /// When it cannot be read, or keeps changing.
    pub(crate) fn while_it_changes<T>(
        &self,
        mut read: impl FnMut(&Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        const TRIES: u32 = 5;
        const PAUSE: Duration = Duration::from_millis(100);
        for _ in 0..TRIES {
            let before = self.stamp();
            match read(self) {
                Ok(read) => return Ok(read),
                Err(error) => match (before, self.stamp()) {
                    (Ok(before), Ok(now)) if before == now => return Err(error),
                    _ => thread::sleep(PAUSE),
                },
            }
        }
        Err(Fault::KeepsChanging.at(&self.path))
    }

    /// What changes when the store does: its files, and their sizes.
    fn stamp(&self) -> io::Result<Vec<(OsString, u64)>> {
        let mut stamp = Vec::new();
        for name in self.folder.own_files()? {
            let length = self.folder.open_file(&name)?.metadata()?.len();
            stamp.push((name, length));
        }
        stamp.sort();
        Ok(stamp)
    }

    /// The number of the manifest that counts, and what it says.
    fn manifest(&self) -> Result<(u64, Manifest), Error> {
        let current = self.read(CURRENT)?;
        let number = str::from_utf8(&current)
            .ok()
            .and_then(|text| text.strip_prefix("MANIFEST-")?.strip_suffix('\n'))
            .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|number| number.parse().ok());
        let number: u64 = number
            .ok_or_else(|| bad("it names no manifest"))
            .at(&self.path.join(CURRENT))?;
        let name = manifest_name(number);
        let manifest = Manifest::read(&self.read(&name)?).at(&self.path.join(name))?;
        Ok((number, manifest))
    }

    /// The files that hold entries, tables first.
    fn parts(&self, manifest: &Manifest) -> Result<Vec<Part>, Error> {
        let tables = manifest.tables.keys().map(|number| Part::Table(*number));
        let numbers = self.numbers(".log")?;
        let logs = numbers.into_iter().filter(|n| manifest.has_log(*n));
        Ok(tables.chain(logs.map(Part::Log)).collect())
    }

    /// The numbers of the files whose names end like this, sorted.
    fn numbers(&self, end: &str) -> Result<BTreeSet<u64>, Error> {
        let names = self.folder.own_files().at(&self.path)?;
        let number = |name: &OsString| name.to_str()?.strip_suffix(end)?.parse().ok();
        Ok(names.iter().filter_map(number).collect())
    }

    /// Reads all keys.
    fn keys(
        &self,
        manifest: &Manifest,
        hasher: &RandomState,
        goes: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Keys, Error> {
        let mut keys = Keys {
            states: BTreeMap::new(),
            touched: BTreeSet::new(),
            last_sequence: manifest.last_sequence,
        };
        for part in self.parts(manifest)? {
            self.entries(manifest, part, |entry| {
                keys.last_sequence = keys.last_sequence.max(entry.sequence);
                if goes(entry.key) {
                    keys.touched.insert(part);
                }
                let state = State {
                    sequence: entry.sequence,
                    part,
                    value: entry.value.map(|value| Digest {
                        length: value.len() as u64,
                        hash: hasher.hash_one(value),
                    }),
                };
                match keys.states.get_mut(entry.key) {
                    // An entry can be in a log and in the table that was made of it.
                    Some(known) if known.sequence >= state.sequence => {}
                    Some(known) => *known = state,
                    None => {
                        keys.states.insert(entry.key.to_vec(), state);
                    }
                }
                Ok(())
            })?;
        }
        Ok(keys)
    }

    /// Shows the entries of one file.
    fn entries(
        &self,
        manifest: &Manifest,
        part: Part,
        mut each: impl FnMut(Entry<'_>) -> Result<(), Fault>,
    ) -> Result<(), Error> {
        match part {
            Part::Table(number) => {
                let (name, bytes) = self.read_table(number)?;
                let wanted = manifest.tables.get(&number).map(|table| table.size);
                if wanted != Some(bytes.len() as u64) {
                    return Err(
                        bad("its size is not that of the manifest").at(self.path.join(name))
                    );
                }
                table::entries(&bytes, each).at(&self.path.join(name))
            }
            Part::Log(number) => {
                let name = log_name(number);
                let bytes = self.read(&name)?;
                let is_last = self.numbers(".log")?.last() == Some(&number);
                log::records(&bytes, is_last, |batch| entry::in_batch(batch, &mut each))
                    .at(&self.path.join(name))
            }
        }
    }

    /// A table, by either of the names that tables have.
    fn read_table(&self, number: u64) -> Result<(String, Vec<u8>), Error> {
        let [name, old_name] = table_names(number);
        match self.read(&name) {
            Err(error) if matches!(error.fault, Fault::Gone) => match self.read(&old_name) {
                Ok(bytes) => Ok((old_name, bytes)),
                Err(_) => Err(error),
            },
            other => other.map(|bytes| (name, bytes)),
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        let read = |mut file: File| -> Result<Vec<u8>, Fault> {
            let length = file.metadata()?.len();
            if length > LARGEST {
                return Err(Fault::TooLarge(length));
            }
            let mut bytes = Vec::with_capacity(length as usize);
            (&mut file).take(length).read_to_end(&mut bytes)?;
            match bytes.len() as u64 == length {
                true => Ok(bytes),
                false => Err(cut_off()),
            }
        };
        let file = self.folder.open_file(name.as_ref()).map_err(Fault::from);
        file.and_then(read).at(&self.path.join(name))
    }
}

fn manifest_name(number: u64) -> String {
    format!("MANIFEST-{number:06}")
}

fn log_name(number: u64) -> String {
    format!("{number:06}.log")
}

fn table_names(number: u64) -> [String; 2] {
    [format!("{number:06}.ldb"), format!("{number:06}.sst")]
}
