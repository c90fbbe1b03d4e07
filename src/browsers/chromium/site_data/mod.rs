//! What Chromium keeps for a site beside its cookies: folders and files of one origin, and
//! databases with entries of many, in the profile and in each of the partitions below
//! `Storage/ext`.
//!
//! Every kind follows the rule of cookies: an entry belongs to a site by its own host, or
//! by the host of the site that it is partitioned under.

mod databases;
mod dom_storage;
mod level_db;
pub(super) mod names;
pub(super) mod storage_key;

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;

use self::databases::Rows;
use self::level_db::LevelDbEntries;
use crate::formats::protobuf;
use crate::model::error::{At, Error, Fault};
use crate::model::site_data::{DataKind, StorageKey};
use crate::platform::{EntryKind, Folder};
use crate::store::Kind;
use crate::store::site_data::{Contents, Inside, Layout, Movable, Purpose};

const INDEXED_DB: &str = "IndexedDB";
const CACHE_STORAGE: &str = "Service Worker/CacheStorage";
const SCRIPTS: &str = "Service Worker/ScriptCache";
const FILE_SYSTEM: &str = "File System";
const WEB_STORAGE: &str = "WebStorage";
const EXTENSIONS: &str = "Storage/ext";
/// What a bucket has a folder for.
const IN_BUCKET: &[(&str, DataKind)] = &[
    ("IndexedDB", DataKind::IndexedDb),
    ("CacheStorage", DataKind::Cache),
    ("FileSystem", DataKind::Files),
];
/// The file of a folder of caches that names their owner
/// (`content/browser/cache_storage/cache_storage.proto`).
const CACHE_INDEX: &str = "index.txt";
const CACHE_STORAGE_KEY: u64 = 3;
/// More than any of these files has, in bytes.
const LARGEST_INDEX: u64 = 1 << 20;

/// How Chromium lays out site data.
pub(super) struct Partitions;

impl Layout for Partitions {
    const KIND: Kind = Kind::ChromiumSiteData;

    fn open(&self, profile: &Path, purpose: Purpose) -> Result<Contents, Error> {
        let mut contents = Contents::default();
        for partition in partitions(profile)? {
            let opening = Opening {
                profile,
                partition: &partition,
                purpose,
                contents: &mut contents,
            };
            opening.open()?;
        }
        Ok(contents)
    }
}

/// The profile itself, as an empty path, and its partitions, with a slash behind each.
fn partitions(profile: &Path) -> Result<Vec<String>, Error> {
    let mut all = vec![String::new()];
    for (extension, _) in entries(profile, EXTENSIONS)? {
        let path = format!("{EXTENSIONS}/{extension}");
        for (partition, kind) in entries(profile, &path)? {
            if kind == EntryKind::Folder {
                all.push(format!("{path}/{partition}/"));
            }
        }
    }
    Ok(all)
}

/// What is in a folder of the profile, by names that can be one of Chromium's.
fn entries(profile: &Path, folder: &str) -> Result<Vec<(String, EntryKind)>, Error> {
    let path = profile.join(folder);
    let entries = match Folder::open(&path).and_then(|folder| folder.entries()) {
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        other => other.at(&path)?,
    };
    let named = entries.into_iter();
    Ok(named
        .filter_map(|(name, kind)| Some((name.into_string().ok()?, kind)))
        .collect())
}

/// A partition that is being opened.
struct Opening<'a> {
    profile: &'a Path,
    /// With a slash behind it, or empty.
    partition: &'a str,
    purpose: Purpose,
    contents: &'a mut Contents,
}

impl Opening<'_> {
    fn open(mut self) -> Result<(), Error> {
        let (profile, partition) = (self.profile, self.partition);
        let rows = |scheme| Rows::open(profile, partition, scheme);
        let entries = |scheme| LevelDbEntries::open(profile, partition, scheme, self.purpose);
        let quota = rows(databases::Scheme::Quota)?;
        let workers = entries(level_db::Scheme::ServiceWorkers)?;
        let file_systems = entries(level_db::Scheme::FileSystems)?;
        let level_dbs = [
            entries(level_db::Scheme::LocalStorage)?,
            entries(level_db::Scheme::SessionStorage)?,
        ];
        let sqlite = [
            rows(databases::Scheme::LocalStorage)?,
            rows(databases::Scheme::SessionStorage)?,
        ];
        let mut by_folder = HashMap::new();
        if let Some(quota) = &quota {
            self.buckets(quota)?;
            for (_, key) in quota.buckets().filter(|(_, key)| key.partition.is_none()) {
                if let Some(identifier) = names::identifier_of(&format!("{}/", key.origin)) {
                    by_folder.insert(names::cache_folder(&identifier), key.clone());
                }
            }
        }
        self.indexed_dbs(&mut by_folder)?;
        self.caches(&by_folder)?;
        if let Some(file_systems) = &file_systems {
            for (owner, folder) in file_systems.folders() {
                let path = format!("{FILE_SYSTEM}/{folder}");
                self.movable(owner, &path, Inside::One(DataKind::Files))?;
            }
        }
        if let Some(workers) = &workers {
            self.scripts(workers)?;
        }
        let databases = &mut self.contents.databases;
        for database in [workers, file_systems]
            .into_iter()
            .chain(level_dbs)
            .flatten()
        {
            databases.push(Box::new(database));
        }
        for database in [quota].into_iter().chain(sqlite).flatten() {
            databases.push(Box::new(database));
        }
        Ok(())
    }

    fn entries(&self, folder: &str) -> Result<Vec<(String, EntryKind)>, Error> {
        entries(self.profile, &format!("{}{folder}", self.partition))
    }

    /// Adds what is of this name in the partition, if anything is.
    fn movable(&mut self, owner: StorageKey, path: &str, inside: Inside) -> Result<(), Error> {
        let path = format!("{}{path}", self.partition);
        let full = self.profile.join(&path);
        match full.symlink_metadata() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(Fault::from(e).at(full)),
            Ok(metadata) if metadata.is_symlink() => return Err(Fault::Link.at(full)),
            Ok(_) => {}
        }
        self.contents.movables.push(Movable {
            owner,
            path,
            inside,
        });
        Ok(())
    }

    /// A bucket that is partitioned, or has a name of its own, has a folder.
    fn buckets(&mut self, quota: &Rows) -> Result<(), Error> {
        let folders = self.entries(WEB_STORAGE)?.into_iter();
        let folders = folders.filter_map(|(name, _)| names::number_of(name.as_bytes()));
        let folders: std::collections::BTreeSet<_> = folders.collect();
        for (id, key) in quota.buckets() {
            if folders.contains(&id.unsigned_abs()) {
                let path = format!("{WEB_STORAGE}/{id}");
                self.movable(key.clone(), &path, Inside::Folders(IN_BUCKET))?;
            }
        }
        Ok(())
    }

    /// `<identifier>.indexeddb.leveldb` and `.blob`, or in SQLite `<identifier>`.
    fn indexed_dbs(&mut self, by_folder: &mut HashMap<String, StorageKey>) -> Result<(), Error> {
        for (name, _) in self.entries(INDEXED_DB)? {
            let kind = DataKind::IndexedDb;
            let (identifier, inside) = if let Some(name) = name.strip_suffix(".indexeddb.leveldb") {
                (name, Inside::One(kind))
            } else if let Some(name) = name.strip_suffix(".indexeddb.blob") {
                (name, Inside::PartOf(kind))
            } else {
                (&*name, Inside::One(kind))
            };
            if let Some(owner) = names::key_of_identifier(identifier) {
                by_folder.insert(names::cache_folder(identifier), owner.clone());
                self.movable(owner, &format!("{INDEXED_DB}/{name}"), inside)?;
            }
        }
        Ok(())
    }

    fn caches(&mut self, by_folder: &HashMap<String, StorageKey>) -> Result<(), Error> {
        for (name, kind) in self.entries(CACHE_STORAGE)? {
            let path = format!("{CACHE_STORAGE}/{name}");
            let owner = match by_folder.get(&name) {
                Some(owner) => Some(owner.clone()),
                None if kind == EntryKind::Folder => self.owner_of_caches(&path, &name)?,
                None => None,
            };
            if let Some(owner) = owner {
                self.movable(owner, &path, Inside::One(DataKind::Cache))?;
            }
        }
        Ok(())
    }

    /// Whose caches a folder has, by the index in it.
    fn owner_of_caches(&self, path: &str, name: &str) -> Result<Option<StorageKey>, Error> {
        let folder = self.profile.join(format!("{}{path}", self.partition));
        let index = folder.join(CACHE_INDEX);
        let opened =
            Folder::open(&folder).and_then(|folder| folder.open_file(CACHE_INDEX.as_ref()));
        let file = match opened {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.at(&index)?,
        };
        let mut bytes = Vec::new();
        file.take(LARGEST_INDEX)
            .read_to_end(&mut bytes)
            .at(&index)?;
        let Some(key) = protobuf::text(&bytes, CACHE_STORAGE_KEY).at(&index)? else {
            return Ok(None);
        };
        let identifier = names::identifier_of(key);
        let is_its = identifier.is_some_and(|it| names::cache_folder(&it) == name);
        Ok(storage_key::parse(key.as_bytes()).filter(|_| is_its))
    }

    /// The scripts of all sites lie in one folder.
    fn scripts(&mut self, workers: &LevelDbEntries) -> Result<(), Error> {
        let mut by_file: HashMap<String, StorageKey> = HashMap::new();
        for (owner, resource) in workers.resources() {
            by_file.insert(names::script_file(resource), owner);
        }
        for (name, _) in self.entries(SCRIPTS)? {
            let end = name.find('_').map_or(0, |at| at + 1);
            if let Some(owner) = by_file.get(&name[..end]) {
                let inside = Inside::PartOf(DataKind::ServiceWorker);
                self.movable(owner.clone(), &format!("{SCRIPTS}/{name}"), inside)?;
            }
        }
        Ok(())
    }
}
