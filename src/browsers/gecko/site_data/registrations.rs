//! The service workers of a profile, as a database of records.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::key_of;
use super::service_workers::{Registration, VERSION, registrations, without};
use crate::browsers::gecko::containers::Containers;
use crate::browsers::gecko::origin_attributes::OriginAttributes;
use crate::browsers::gecko::replace::Replacement;
use crate::model::error::{At, Error, Fault};
use crate::model::site_data::{Amount, DataKind, StorageKey};
use crate::platform::Folder;
use crate::store::Value;
use crate::store::claim::Claim;
use crate::store::site_data::row::{Entry, text_of};
use crate::store::site_data::{Database, Goes};

const FILE: &str = "serviceworker.txt";
/// More than any Firefox writes, in bytes.
const LARGEST: u64 = 64 << 20;
/// What an entry of a copy is.
const RECORD: &str = "service-worker";

/// `serviceworker.txt`.
pub(super) struct Registrations {
    profile: PathBuf,
    containers: Arc<Containers>,
    /// None when there is no file.
    text: Option<String>,
    /// The storage key of each record; None where it has none.
    keys: Vec<(Option<StorageKey>, u64)>,
}

impl Registrations {
    pub(super) fn open(profile: &Path, containers: Arc<Containers>) -> Result<Self, Error> {
        let path = profile.join(FILE);
        let text = read(profile).at(&path)?;
        let mut keys = Vec::new();
        for one in registrations(text.as_deref().unwrap_or(VERSION)).at(&path)? {
            keys.push((owner(&one, &containers), one.text.len() as u64));
        }
        Ok(Self {
            profile: profile.to_owned(),
            containers,
            text,
            keys,
        })
    }

    fn path(&self) -> PathBuf {
        self.profile.join(FILE)
    }

    fn goes(&self, one: &Registration<'_>, goes: &Goes<'_>) -> bool {
        owner(one, &self.containers).is_some_and(|key| goes(&key))
    }

    /// Puts another text in the place of the file. Gives what went wrong after that.
    fn replace(&self, claim: &Claim, text: &str) -> Result<Option<Error>, Error> {
        let path = self.path();
        let folder = Folder::open(&self.profile).at(&self.profile)?;
        let replacement =
            Replacement::write(&folder, OsStr::new(FILE), claim, text.as_bytes()).at(&path)?;
        let synced = replacement.commit(claim).at(&path)?;
        Ok(synced.err().map(|fault| fault.at(path)))
    }
}

fn read(profile: &Path) -> Result<Option<String>, Fault> {
    let file = match Folder::open(profile)?.open_file(FILE.as_ref()) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut text = String::new();
    let read = file.take(LARGEST + 1).read_to_string(&mut text);
    match read {
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            Err(Fault::Unparsable("it is not UTF-8".into()))
        }
        Err(e) => Err(e.into()),
        Ok(length) if length as u64 > LARGEST => Err(Fault::TooLarge(length as u64)),
        Ok(_) => Ok(Some(text)),
    }
}

fn owner(one: &Registration<'_>, containers: &Containers) -> Option<StorageKey> {
    let suffix = one.text.lines().next().unwrap_or_default();
    let attributes = OriginAttributes::parse(suffix);
    let key = || key_of(one.origin.clone(), one.host.clone(), attributes, containers);
    (!one.host.is_empty()).then(key)
}

/// What tells a record from the others: the suffix and the scope.
fn identity(record: &str) -> Vec<&str> {
    record.lines().take(2).collect()
}

impl Database for Registrations {
    fn place(&self) -> &str {
        FILE
    }

    fn look(&self, each: &mut dyn FnMut(&StorageKey, DataKind, Amount)) {
        for (key, bytes) in &self.keys {
            if let Some(key) = key {
                each(key, DataKind::ServiceWorker, Amount::one(*bytes));
            }
        }
    }

    fn entries(&self, goes: &Goes<'_>) -> Result<Vec<Entry>, Error> {
        let text = self.text.as_deref().unwrap_or(VERSION);
        let all = registrations(text).at(&self.path())?.into_iter();
        let gone = all.filter(|one| self.goes(one, goes));
        Ok(gone
            .map(|one| Entry {
                what: RECORD.into(),
                place: FILE.into(),
                key: Value::Null,
                name: Value::Null,
                value: Value::Text(one.text.into()),
                number: Value::Null,
            })
            .collect())
    }

    fn delete(&self, goes: &Goes<'_>, claim: &Claim) -> Result<Option<Error>, Error> {
        let Some(text) = &self.text else {
            return Ok(None);
        };
        let rest = without(text, |one| self.goes(one, goes)).at(&self.path())?;
        match rest == *text {
            true => Ok(None),
            false => self.replace(claim, &rest),
        }
    }

    fn takes(&self, _what: &str) -> bool {
        false
    }

    fn restore(&self, entries: Vec<Entry>, claim: &Claim) -> Result<(), Error> {
        let path = self.path();
        let mut text = match &self.text {
            Some(text) => text.clone(),
            None => format!("{VERSION}\n"),
        };
        let before = text.len();
        for entry in entries {
            let record = text_of(entry.value).at(&path)?;
            let there = registrations(&text).at(&path)?;
            let is_there = |one: &Registration<'_>| identity(one.text) == identity(&record);
            if !there.iter().any(is_there) {
                text += &record;
            }
        }
        if text.len() == before {
            return Ok(());
        }
        registrations(&text).at(&path)?;
        if self.text.is_none() {
            let folder = Folder::open(&self.profile).at(&self.profile)?;
            folder.create(FILE.as_ref()).at(&path)?;
        }
        match self.replace(claim, &text)? {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }
}
