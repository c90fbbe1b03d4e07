//! Changing a LevelDB in one step: by a rename of CURRENT, or of a log of its own.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::hash::RandomState;
use std::io::{self, Write};

use super::coding::bad;
use super::entry::Batch;
use super::manifest::Manifest;
use super::{CURRENT, Keys, LevelDb, LockedDb, Part, log, log_name, manifest_name};
use crate::model::error::{At, Error, Fault};
use crate::platform::OldContent;

/// Bytes of a batch, from which on the next one begins.
const BATCH: usize = 1 << 20;
/// A log of our own has a number above all that LevelDB may be about to use.
const ABOVE: u64 = 16;
/// What we write, before it is in place. LevelDB removes files of such names.
const TEMP: &str = "000000.dbtmp";

/// What a deletion did.
#[derive(Debug)]
pub(crate) struct Deleted {
    /// Live keys that are gone.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests count them"))]
    pub(crate) keys: u64,
    /// What went wrong afterwards: the keys are gone, but the old files could not be
    /// overwritten and removed, or the store is not what it has to be.
    pub(crate) trouble: Option<Error>,
}

impl LockedDb {
    /// The store, to be read.
    pub(crate) fn reading(&self) -> &LevelDb {
        &self.db
    }

    /// Deletes every key that `goes`, with all that was ever written for it: the files
    /// that hold such a key are written anew without it, and the old ones are overwritten
    /// and removed. The result is read again and compared before it counts, and after.
    ///
    /// `may_commit` is asked once more, right before that.
    ///
    /// # Errors
    /// When anything in the store is not understood, or anything goes wrong before the
    /// change counts; the store is then as it was.
    pub(crate) fn delete(
        &self,
        mut goes: impl FnMut(&[u8]) -> bool,
        may_commit: impl FnOnce() -> Result<(), Fault>,
    ) -> Result<Deleted, Error> {
        let db = &self.db;
        let hasher = RandomState::new();
        let (old_number, old) = db.manifest()?;
        let keys = db.keys(&old, &hasher, &mut goes)?;
        if keys.touched.is_empty() {
            return Ok(Deleted {
                keys: 0,
                trouble: None,
            });
        }
        let live = keys
            .states
            .iter()
            .filter(|(_, state)| state.value.is_some());
        let gone = live.filter(|(key, _)| goes(key)).count() as u64;

        let number = db.unused_number(old_number, &old)?;
        let mut new = Manifest::new(number, number + 2, keys.last_sequence);
        for (table, about) in &old.tables {
            if !keys.touched.contains(&Part::Table(*table)) {
                new.tables.insert(*table, about.clone());
            }
        }
        db.write_rest(&old, &keys, &mut goes, number)?;
        let current = db.write_manifest(number + 1, &new);
        let verified = current.and_then(|()| {
            db.compare(&keys, &new, &hasher, &mut goes)?;
            may_commit().at(&db.path)
        });
        if let Err(error) = verified {
            // The log only repeats what is there, and nothing names the manifest.
            let _ = db.folder.remove(manifest_name(number + 1).as_ref());
            let _ = db.folder.remove(log_name(number).as_ref());
            return Err(error);
        }
        let doomed = db.old_files(&new, number + 1)?;
        db.put_in_place(
            format!("{}\n", manifest_name(number + 1)).as_bytes(),
            CURRENT,
        )?;
        // From here on it is done, whatever becomes of the old files.
        let erased = db.erase(doomed);
        let compared = db
            .manifest()
            .and_then(|(_, now)| db.compare(&keys, &now, &hasher, &mut goes));
        Ok(Deleted {
            keys: gone,
            trouble: compared.and(erased).err(),
        })
    }

    /// Writes these keys and values; what was written for them before stays in the old
    /// files until LevelDB compacts them. Gives how many there were.
    ///
    /// # Errors
    /// When anything in the store is not understood, or they cannot be written; the store
    /// is then as it was.
    pub(crate) fn put<'e>(
        &self,
        entries: impl IntoIterator<Item = (&'e [u8], &'e [u8])>,
    ) -> Result<u64, Error> {
        let db = &self.db;
        let (old_number, manifest) = db.manifest()?;
        let keys = db.keys(&manifest, &RandomState::new(), &mut |_| false)?;
        let number = db.unused_number(old_number, &manifest)? + ABOVE;
        let mut file = db.create()?;
        let mut log = Log::new(&mut file, keys.last_sequence + 1);
        let mut count = 0;
        let written = entries.into_iter().try_for_each(|(key, value)| {
            count += 1;
            log.put(key, Some(value))
        });
        written
            .and_then(|()| log.finish())
            .at(&db.path.join(TEMP))?;
        drop(file);
        match count {
            0 => {
                let _ = db.folder.remove(TEMP.as_ref());
            }
            _ => db.rename(&log_name(number))?,
        }
        Ok(count)
    }
}

impl LevelDb {
    /// A number above that of every file.
    fn unused_number(&self, manifest_number: u64, manifest: &Manifest) -> Result<u64, Error> {
        let mut numbers = BTreeSet::from([manifest_number, manifest.next_file, manifest.log]);
        for end in [".log", ".ldb", ".sst"] {
            numbers.extend(self.numbers(end)?);
        }
        let highest = numbers.last().copied().unwrap_or_default();
        // Seven digits are more files than any browser makes.
        match highest < 1 << 40 {
            true => Ok(highest + 1),
            false => Err(bad("a file has too high a number").at(&self.path)),
        }
    }

    /// Writes a log with the state of every other key that is in a file that goes: its
    /// value, or that it is deleted.
    fn write_rest(
        &self,
        manifest: &Manifest,
        keys: &Keys,
        goes: &mut dyn FnMut(&[u8]) -> bool,
        number: u64,
    ) -> Result<(), Error> {
        let mut file = self.create()?;
        let mut log = Log::new(&mut file, keys.last_sequence + 1);
        for part in self.parts(manifest)? {
            if matches!(part, Part::Table(_)) && !keys.touched.contains(&part) {
                continue;
            }
            self.entries(manifest, part, |entry| {
                let is_newest = keys
                    .states
                    .get(entry.key)
                    .is_some_and(|state| (state.sequence, state.part) == (entry.sequence, part));
                match is_newest && !goes(entry.key) {
                    true => log.put(entry.key, entry.value),
                    false => Ok(()),
                }
            })?;
        }
        log.finish().at(&self.path.join(TEMP))?;
        drop(file);
        self.rename(&log_name(number))
    }

    fn write_manifest(&self, number: u64, manifest: &Manifest) -> Result<(), Error> {
        self.put_in_place(&manifest.write(), &manifest_name(number))
    }

    /// Whether a manifest leads to just the keys that stay, with the values they had.
    fn compare(
        &self,
        before: &Keys,
        manifest: &Manifest,
        hasher: &RandomState,
        goes: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), Error> {
        let now = self.keys(manifest, hasher, &mut |_| false)?;
        let live = |keys: &Keys, goes: &mut dyn FnMut(&[u8]) -> bool| -> Vec<_> {
            let live = keys.states.iter();
            let live = live.filter_map(|(key, state)| Some((key.clone(), state.value?)));
            live.filter(|(key, _)| !goes(key)).collect()
        };
        if now.states.keys().any(|key| goes(key)) {
            let why = "keys of the site were still there";
            return Err(Fault::NotVerified(why.into()).at(&self.path));
        }
        match live(before, goes) == live(&now, goes) {
            true => Ok(()),
            false => {
                let why = "other keys would have changed";
                Err(Fault::NotVerified(why.into()).at(&self.path))
            }
        }
    }

    /// The files that a new manifest of this number does not need, as LevelDB would find
    /// them at its next start: their names, and their content.
    fn old_files(
        &self,
        new: &Manifest,
        manifest: u64,
    ) -> Result<Vec<(OsString, Option<OldContent>)>, Error> {
        let is_old = |name: &OsString| {
            let name = name.to_str().unwrap_or_default();
            let number = |end| name.strip_suffix(end)?.parse::<u64>().ok();
            if let Some(number) = number(".log") {
                !new.has_log(number)
            } else if let Some(number) = number(".ldb").or_else(|| number(".sst")) {
                !new.tables.contains_key(&number)
            } else {
                number(".dbtmp").is_some()
                    || name.starts_with("MANIFEST-") && name != manifest_name(manifest)
            }
        };
        let names = self.folder.own_files().at(&self.path)?;
        let old = names.into_iter().filter(is_old);
        Ok(old
            .map(|name| {
                let content = self.folder.old_content(&name);
                (name, content)
            })
            .collect())
    }

    fn erase(&self, files: Vec<(OsString, Option<OldContent>)>) -> Result<(), Error> {
        for (name, _) in &files {
            match self.folder.remove(name) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                other => other.at(&self.path.join(name))?,
            }
        }
        // Not before the names are gone for good: a power cut could bring them back.
        self.folder.sync().at(&self.path)?;
        for (name, content) in files {
            if let Some(content) = content {
                content.overwrite().at(&self.path.join(name))?;
            }
        }
        Ok(())
    }

    /// A new file, which [`LevelDb::rename`] gives its name.
    fn create(&self) -> Result<File, Error> {
        // Of a run that was killed.
        let _ = self.folder.remove(TEMP.as_ref());
        let create = || -> io::Result<File> {
            let file = self.folder.create(TEMP.as_ref())?;
            let like = self.folder.open_file(CURRENT.as_ref())?;
            self.folder.take_after(&file, &like)?;
            Ok(file)
        };
        create().at(&self.path.join(TEMP))
    }

    fn rename(&self, name: &str) -> Result<(), Error> {
        let renamed = self.folder.rename(TEMP.as_ref(), name.as_ref());
        renamed
            .and_then(|()| self.folder.sync())
            .at(&self.path.join(name))
    }

    fn put_in_place(&self, content: &[u8], name: &str) -> Result<(), Error> {
        let mut file = self.create()?;
        let written = file.write_all(content).and_then(|()| file.sync_all());
        written.at(&self.path.join(TEMP))?;
        drop(file);
        self.rename(name)
    }
}

/// A log that is being written to a file.
struct Log<'f> {
    file: &'f mut File,
    writer: log::Writer,
    batch: Batch,
}

impl<'f> Log<'f> {
    /// `sequence`: of the first entry.
    fn new(file: &'f mut File, sequence: u64) -> Self {
        Self {
            file,
            writer: log::Writer::default(),
            batch: Batch::new(sequence),
        }
    }

    fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Fault> {
        self.batch.put(key, value);
        match self.batch.len() < BATCH {
            true => Ok(()),
            false => self.flush(),
        }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let next = Batch::new(self.batch.next());
        if let Some(record) = std::mem::replace(&mut self.batch, next).record() {
            self.writer.add(&record);
            self.file.write_all(&self.writer.take())?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Fault> {
        self.flush()?;
        self.file.sync_all()?;
        Ok(())
    }
}
