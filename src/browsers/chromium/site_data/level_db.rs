//! The LevelDBs in which sites have entries: `Local Storage/leveldb`, `Session Storage`,
//! `Service Worker/Database` and `File System/Origins`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::dom_storage::{self, Areas, Raw};
use super::names::{self, Named, Numbered};
use super::storage_key;
use crate::formats::leveldb::{LevelDb, LockedDb};
use crate::formats::protobuf;
use crate::model::error::{At, Error, Fault};
use crate::model::site_data::{Amount, DataKind, StorageKey};
use crate::store::Value;
use crate::store::claim::Claim;
use crate::store::site_data::row::{Entry, bytes_of};
use crate::store::site_data::{Database, Goes, Purpose};

/// What an entry of a copy is that no other kind of database can take.
const RAW: &str = "level-db";
/// The field of a registration that has the id of its version
/// (`service_worker_database.proto`).
const VERSION_ID: u64 = 4;

/// Which of them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    LocalStorage,
    SessionStorage,
    ServiceWorkers,
    FileSystems,
}

impl Scheme {
    /// Its path in a partition.
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::LocalStorage => "Local Storage/leveldb",
            Self::SessionStorage => "Session Storage",
            Self::ServiceWorkers => "Service Worker/Database",
            Self::FileSystems => "File System/Origins",
        }
    }

    fn name(self, key: &[u8]) -> Named<'_> {
        match self {
            Self::LocalStorage => names::in_local_storage(key),
            Self::SessionStorage => names::in_session_storage(key),
            Self::ServiceWorkers => names::in_service_workers(key),
            Self::FileSystems => names::in_file_systems(key),
        }
    }

    fn kind(self) -> DataKind {
        match self {
            Self::LocalStorage => DataKind::LocalStorage,
            Self::SessionStorage => DataKind::SessionStorage,
            Self::ServiceWorkers => DataKind::ServiceWorker,
            Self::FileSystems => DataKind::Files,
        }
    }

    /// Whether a key is one of those that are counted: items, registrations.
    fn is_counted(self, key: &[u8]) -> bool {
        match self {
            Self::LocalStorage => key.starts_with(b"_"),
            Self::SessionStorage => key.starts_with(b"map-"),
            Self::ServiceWorkers => key.starts_with(b"REG:"),
            // Its folder is.
            Self::FileSystems => false,
        }
    }

    /// Whether the value of a key leads to the owner of others.
    fn leads(self, key: &[u8]) -> bool {
        match self {
            Self::SessionStorage => names::namespace(key).is_some(),
            Self::ServiceWorkers => names::registration(key).is_some(),
            Self::FileSystems => key.starts_with(b"ORIGIN:"),
            Self::LocalStorage => false,
        }
    }
}

enum Handle {
    Reading(LevelDb),
    Changing(LockedDb),
}

/// Whose the entries are.
#[derive(Default)]
struct Owners {
    keys: RefCell<Keys>,
    /// What has a number; None where two storage keys have it.
    numbers: HashMap<(Numbered, u64), Option<usize>>,
}

#[derive(Default)]
struct Keys {
    all: Vec<StorageKey>,
    by_text: HashMap<Vec<u8>, Option<usize>>,
}

impl Owners {
    /// The index of a storage key, by its text.
    fn index(&self, text: &[u8], parse: impl FnOnce() -> Option<StorageKey>) -> Option<usize> {
        let mut keys = self.keys.borrow_mut();
        if let Some(known) = keys.by_text.get(text) {
            return *known;
        }
        let index = parse().map(|key| {
            keys.all.push(key);
            keys.all.len() - 1
        });
        keys.by_text.insert(text.to_vec(), index);
        index
    }

    fn of(&self, scheme: Scheme, key: &[u8]) -> Option<usize> {
        match scheme.name(key) {
            Named::Key(text) => self.index(text, || storage_key::parse(text)),
            Named::Identifier(text) => {
                self.index(text.as_bytes(), || names::key_of_identifier(text))
            }
            Named::Number(what, number) => *self.numbers.get(&(what, number))?,
            Named::Nobody => None,
        }
    }

    fn number(&mut self, what: Numbered, number: u64, owner: Option<usize>) {
        let known = self.numbers.entry((what, number)).or_insert(owner);
        let texts = self.keys.borrow();
        let same = |a: usize, b: usize| texts.all[a] == texts.all[b];
        if let (Some(one), Some(other)) = (*known, owner)
            && !same(one, other)
        {
            *known = None;
        }
    }

    fn key(&self, index: usize) -> StorageKey {
        self.keys.borrow().all[index].clone()
    }
}

/// One of the LevelDBs.
pub(super) struct LevelDbEntries {
    scheme: Scheme,
    place: String,
    path: PathBuf,
    handle: Handle,
    owners: Owners,
    amounts: BTreeMap<usize, Amount>,
    /// The ids of the scripts of service workers.
    resources: Vec<(usize, u64)>,
    /// The folders of file systems.
    folders: Vec<(usize, String)>,
}

impl LevelDbEntries {
    /// None when there is none. `partition`: in the profile, with a slash behind it, or
    /// empty.
    pub(super) fn open(
        profile: &Path,
        partition: &str,
        scheme: Scheme,
        purpose: Purpose,
    ) -> Result<Option<Self>, Error> {
        let place = format!("{partition}{}", scheme.place());
        let path = profile.join(&place);
        let Some(db) = LevelDb::open(&path)? else {
            return Ok(None);
        };
        let handle = match purpose {
            Purpose::Look => Handle::Reading(db),
            Purpose::Change => Handle::Changing(db.lock()?.ok_or_else(|| Fault::Locked.at(&path))?),
        };
        let mut opened = Self {
            scheme,
            place,
            path,
            handle,
            owners: Owners::default(),
            amounts: BTreeMap::new(),
            resources: Vec::new(),
            folders: Vec::new(),
        };
        opened.read()?;
        Ok(Some(opened))
    }

    fn db(&self) -> &LevelDb {
        match &self.handle {
            Handle::Reading(db) => db,
            Handle::Changing(db) => db.reading(),
        }
    }

    fn locked(&self) -> Result<&LockedDb, Error> {
        match &self.handle {
            Handle::Reading(_) => Err(Fault::Locked.at(&self.path)),
            Handle::Changing(db) => Ok(db),
        }
    }

    fn read(&mut self) -> Result<(), Error> {
        let scheme = self.scheme;
        let (owners, amounts, resources, folders) = self.db().while_it_changes(|db| {
            let mut owners = Owners::default();
            let mut folders = Vec::new();
            if scheme != Scheme::LocalStorage {
                let mut leads = Vec::new();
                db.each_value(
                    |key| scheme.leads(key),
                    |key, value| leads.push((key.to_vec(), value.to_vec())),
                )?;
                for (key, value) in leads {
                    lead(scheme, &mut owners, &mut folders, &key, &value).at(&self.path)?;
                }
            }
            let mut amounts: BTreeMap<usize, Amount> = BTreeMap::new();
            let mut resources = Vec::new();
            db.each_key(|key, length| {
                let Some(owner) = owners.of(scheme, key) else {
                    return;
                };
                *amounts.entry(owner).or_default() += Amount {
                    entries: u64::from(scheme.is_counted(key)),
                    bytes: key.len() as u64 + length,
                };
                let resource = names::resource(key).filter(|_| scheme == Scheme::ServiceWorkers);
                resources.extend(resource.map(|(_, id)| (owner, id)));
            })?;
            Ok((owners, amounts, resources, folders))
        })?;
        self.owners = owners;
        self.amounts = amounts;
        self.resources = resources;
        self.folders = folders;
        Ok(())
    }

    /// The ids of the scripts of service workers.
    pub(super) fn resources(&self) -> impl Iterator<Item = (StorageKey, u64)> {
        let all = self.resources.iter();
        all.map(|(owner, id)| (self.owners.key(*owner), *id))
    }

    /// The names of the folders of file systems.
    pub(super) fn folders(&self) -> impl Iterator<Item = (StorageKey, &str)> {
        let all = self.folders.iter();
        all.map(|(owner, name)| (self.owners.key(*owner), &**name))
    }

    /// Which of the storage keys go, by their indices.
    fn gone(&self, goes: &Goes<'_>) -> BTreeSet<usize> {
        let keys = self.owners.keys.borrow();
        let all = keys.all.iter().enumerate();
        all.filter(|(_, key)| goes(key))
            .map(|(index, _)| index)
            .collect()
    }

    fn is_of(&self, gone: &BTreeSet<usize>, key: &[u8]) -> bool {
        let owner = self.owners.of(self.scheme, key);
        owner.is_some_and(|owner| gone.contains(&owner))
    }

    /// What to write so that these entries are back.
    fn back(&self, entries: Vec<Entry>) -> Result<Raw, Fault> {
        match self.scheme {
            Scheme::LocalStorage => {
                let mut areas = Areas::default();
                for entry in entries {
                    areas.add(entry)?;
                }
                areas.into_local_level_db()
            }
            Scheme::SessionStorage => {
                let mut sessions = dom_storage::Sessions::default();
                for entry in entries {
                    sessions.add(entry)?;
                }
                let taken = self.maps();
                sessions.renumber(|number| taken.get(&number).cloned());
                sessions.into_level_db()
            }
            Scheme::ServiceWorkers | Scheme::FileSystems => entries
                .into_iter()
                .map(|entry| {
                    Ok((
                        bytes_of(&entry.key)?.to_vec(),
                        bytes_of(&entry.value)?.to_vec(),
                    ))
                })
                .collect(),
        }
    }

    /// Takes out what is of a storage key that has something here already. It is there as a
    /// whole, or the browser has stored it since the deletion was cut off: two would mix.
    fn leave_new(&self, back: &mut Raw) -> Result<(), Fault> {
        let mut owners = Owners::default();
        for (key, value) in back.iter().filter(|(key, _)| self.scheme.leads(key)) {
            lead(self.scheme, &mut owners, &mut Vec::new(), key, value)?;
        }
        let there: HashSet<_> = self.amounts.keys().map(|n| self.owners.key(*n)).collect();
        back.retain(|(key, _)| {
            let owner = owners.of(self.scheme, key);
            owner.is_none_or(|owner| !there.contains(&owners.key(owner)))
        });
        Ok(())
    }

    /// The maps that there are, with the storage keys they belong to.
    fn maps(&self) -> HashMap<u64, Option<StorageKey>> {
        let all = self.owners.numbers.iter();
        all.map(|((_, number), owner)| (*number, owner.map(|owner| self.owners.key(owner))))
            .collect()
    }
}

/// Notes what the value of a key leads to.
fn lead(
    scheme: Scheme,
    owners: &mut Owners,
    folders: &mut Vec<(usize, String)>,
    key: &[u8],
    value: &[u8],
) -> Result<(), Fault> {
    let owner = owners.of(scheme, key);
    match scheme {
        Scheme::SessionStorage => {
            let number = names::number_of(value);
            let number = number.ok_or_else(|| bad("a namespace leads to no map"))?;
            owners.number(Numbered::Map, number, owner);
        }
        Scheme::ServiceWorkers => {
            let version = protobuf::number(value, VERSION_ID)?;
            let version = version.ok_or_else(|| bad("a registration has no version"))?;
            owners.number(Numbered::Version, version, owner);
            if let Some((_, id)) = names::registration(key) {
                owners.number(Numbered::Registration, id, owner);
            }
        }
        Scheme::FileSystems => {
            let name = str::from_utf8(value).ok();
            let is_plain =
                |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
            let name = name.filter(is_plain);
            let name = name.ok_or_else(|| bad("an origin leads to no folder"))?;
            folders.extend(owner.map(|owner| (owner, name.to_owned())));
        }
        Scheme::LocalStorage => {}
    }
    Ok(())
}

fn bad(why: &str) -> Fault {
    Fault::Corrupt(why.to_owned())
}

impl Database for LevelDbEntries {
    fn place(&self) -> &str {
        &self.place
    }

    fn look(&self, each: &mut dyn FnMut(&StorageKey, DataKind, Amount)) {
        for (owner, amount) in &self.amounts {
            each(&self.owners.key(*owner), self.scheme.kind(), *amount);
        }
    }

    fn entries(&self, goes: &Goes<'_>) -> Result<Vec<Entry>, Error> {
        let gone = self.gone(goes);
        let mut raw = Vec::new();
        self.db().each_value(
            |key| self.is_of(&gone, key),
            |key, value| raw.push((key.to_vec(), value.to_vec())),
        )?;
        raw.sort_unstable();
        let place = &self.place;
        match self.scheme {
            Scheme::LocalStorage => dom_storage::of_local_level_db(place, raw).at(&self.path),
            Scheme::SessionStorage => dom_storage::of_session_level_db(place, raw).at(&self.path),
            Scheme::ServiceWorkers | Scheme::FileSystems => Ok(raw
                .into_iter()
                .map(|(key, value)| Entry {
                    what: RAW.into(),
                    place: place.clone(),
                    key: Value::Blob(key),
                    name: Value::Null,
                    value: Value::Blob(value),
                    number: Value::Null,
                })
                .collect()),
        }
    }

    fn delete(&self, goes: &Goes<'_>, claim: &Claim) -> Result<Option<Error>, Error> {
        let gone = self.gone(goes);
        let deleted = self.locked()?.delete(
            |key| self.is_of(&gone, key),
            || claim.still_holds().map_err(|_| Fault::Locked),
        )?;
        Ok(deleted.trouble)
    }

    fn takes(&self, what: &str) -> bool {
        match self.scheme {
            Scheme::LocalStorage => dom_storage::is_local(what),
            Scheme::SessionStorage => dom_storage::is_session(what),
            Scheme::ServiceWorkers | Scheme::FileSystems => false,
        }
    }

    fn restore(&self, entries: Vec<Entry>, claim: &Claim) -> Result<(), Error> {
        let mut back = self.back(entries).at(&self.path)?;
        self.leave_new(&mut back).at(&self.path)?;
        back.sort_unstable();
        let mut there = BTreeSet::new();
        self.db().each_key(|key, _| {
            if back
                .binary_search_by(|(wanted, _)| (**wanted).cmp(key))
                .is_ok()
            {
                there.insert(key.to_vec());
            }
        })?;
        back.retain(|(key, _)| !there.contains(key));
        claim
            .still_holds()
            .map_err(|_| Fault::Locked)
            .at(&self.path)?;
        let entries = back.iter().map(|(key, value)| (&**key, &**value));
        self.locked()?.put(entries)?;
        // As the files have it.
        let mut found = 0;
        self.db().each_value(
            |key| {
                back.binary_search_by(|(wanted, _)| (**wanted).cmp(key))
                    .is_ok()
            },
            |key, value| {
                let at = back.binary_search_by(|(wanted, _)| (**wanted).cmp(key));
                found += usize::from(at.is_ok_and(|at| back[at].1 == value));
            },
        )?;
        match found == back.len() {
            true => Ok(()),
            false => Err(Fault::NotVerified("not every entry is back".into()).at(&self.path)),
        }
    }
}
