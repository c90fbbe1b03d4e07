//! What a profile keeps for sites beside cookies, as a store.
//!
//! All of a site's data in a profile goes, and comes back, as one: a login in
//! `localStorage` without its database, or a service worker without its cache, is worse
//! than none. It lies in folders and files, which are renamed into the [trash], and in
//! databases, whose entries go into the copy for undo.
//!
//! A deletion that is cut off stays in the list of those that can be undone. Until it
//! [is complete](Trash::is_complete), an undo puts back what is missing and takes nothing
//! away.

pub(crate) mod row;
pub(crate) mod trash;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::claim::Claim;
use super::{Counts, Deleted, Kind, Restored, RowSink, RowSource, Rows, Store};
use crate::model::error::{Error, Fault};
use crate::model::item::{Item, Match, MatchedBy};
use crate::model::query::Query;
use crate::model::site_data::{Amount, DataKind, SiteData, StorageKey};
use row::{Entry, Row};
use trash::{Back, Trash};

/// How a family lays out site data.
pub(crate) trait Layout: Send + Sync {
    /// Of the store.
    const KIND: Kind;

    /// Opens all that there is in a profile; for a change, so that nobody else can open
    /// its databases.
    ///
    /// # Errors
    /// When something is not understood, or cannot be read.
    fn open(&self, profile: &Path, purpose: Purpose) -> Result<Contents, Error>;
}

/// What site data is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Look,
    Change,
}

/// The site data of a profile.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) movables: Vec<Movable>,
    pub(crate) databases: Vec<Box<dyn Database>>,
}

/// A folder or file that belongs to one storage key as a whole.
#[derive(Debug)]
pub(crate) struct Movable {
    pub(crate) owner: StorageKey,
    /// In the profile.
    pub(crate) path: String,
    pub(crate) inside: Inside,
}

/// What is in a folder or file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Inside {
    /// All of it is of one kind: one more of these, or a part of one that is counted
    /// elsewhere.
    One(DataKind),
    PartOf(DataKind),
    /// It has a folder for each kind, of these names.
    Folders(&'static [(&'static str, DataKind)]),
}

/// Whether the data of a storage key is to go.
pub(crate) type Goes<'a> = dyn Fn(&StorageKey) -> bool + 'a;

/// A database, or a file with records, of many sites.
pub(crate) trait Database {
    /// Its path in the profile.
    fn place(&self) -> &str;

    /// Shows what it holds for each storage key.
    fn look(&self, each: &mut dyn FnMut(&StorageKey, DataKind, Amount));

    /// What it holds for the storage keys that go, so that it can be put back.
    ///
    /// # Errors
    /// When it cannot be read.
    fn entries(&self, goes: &Goes<'_>) -> Result<Vec<Entry>, Error>;

    /// Deletes that, in one step, and verifies that everything else is as it was. What went
    /// wrong after that step is returned.
    ///
    /// # Errors
    /// When anything went wrong; the database is then as it was.
    fn delete(&self, goes: &Goes<'_>, claim: &Claim) -> Result<Option<Error>, Error>;

    /// Whether it can take entries of this kind, from a database that is gone.
    fn takes(&self, what: &str) -> bool;

    /// Puts entries back, in one step. What is there in their place stays.
    ///
    /// # Errors
    /// When anything went wrong; the database is then as it was.
    fn restore(&self, entries: Vec<Entry>, claim: &Claim) -> Result<(), Error>;
}

impl Movable {
    fn measure(&self, profile: &Path, each: &mut dyn FnMut(DataKind, Amount)) -> Result<(), Error> {
        let path = profile.join(&self.path);
        let whole = trash::size_of(&path)?.bytes;
        match self.inside {
            Inside::One(kind) => each(kind, Amount::one(whole)),
            Inside::PartOf(kind) => each(
                kind,
                Amount {
                    entries: 0,
                    bytes: whole,
                },
            ),
            Inside::Folders(folders) => {
                let mut rest = whole;
                for (name, kind) in folders {
                    let path = path.join(name);
                    if path.symlink_metadata().is_ok() {
                        let bytes = trash::size_of(&path)?.bytes;
                        rest = rest.saturating_sub(bytes);
                        // How many keys there are is not known.
                        let entries = u64::from(*kind != DataKind::LocalStorage);
                        each(*kind, Amount { entries, bytes });
                    }
                }
                each(DataKind::Registration, Amount::one(rest));
            }
        }
        Ok(())
    }
}

/// A profile's site data.
pub(crate) struct SiteDataStore<L: Layout> {
    profile: PathBuf,
    layout: L,
}

/// How much there is of each kind, for each storage key.
type ByKey = BTreeMap<StorageKey, BTreeMap<DataKind, Amount>>;

/// What was removed.
#[derive(Default)]
struct Removed {
    data: ByKey,
    /// What went wrong after that.
    trouble: Option<Fault>,
}

/// What was found in a profile.
#[derive(Default)]
struct Inventory {
    matched: ByKey,
    /// Paths of what is to be moved.
    moves: Vec<String>,
    /// What stays.
    others: BTreeSet<StorageKey>,
    other_paths: BTreeSet<String>,
}

impl<L: Layout> SiteDataStore<L> {
    pub(crate) fn new(profile: PathBuf, layout: L) -> Self {
        Self { profile, layout }
    }

    /// Goes through all of it. `sizes`: whether folders are measured, too.
    fn inventory(
        &self,
        contents: &Contents,
        goes: &Goes<'_>,
        sizes: bool,
    ) -> Result<Inventory, Error> {
        let mut found = Inventory::default();
        for movable in &contents.movables {
            if !goes(&movable.owner) {
                found.others.insert(movable.owner.clone());
                found.other_paths.insert(movable.path.clone());
                continue;
            }
            found.moves.push(movable.path.clone());
            let its = found.matched.entry(movable.owner.clone()).or_default();
            if sizes {
                movable.measure(&self.profile, &mut |kind, amount| {
                    *its.entry(kind).or_default() += amount;
                })?;
            }
        }
        for database in &contents.databases {
            database.look(&mut |key, kind, amount| match goes(key) {
                true => {
                    let its = found.matched.entry(key.clone()).or_default();
                    *its.entry(kind).or_default() += amount;
                }
                false => {
                    found.others.insert(key.clone());
                }
            });
        }
        Ok(found)
    }

    fn look(&self, query: &Query) -> Result<(Counts, Vec<Match>), Error> {
        let contents = self.layout.open(&self.profile, Purpose::Look)?;
        let goes = |key: &StorageKey| query.wants_key(key).is_some();
        let found = self.inventory(&contents, &goes, true)?;
        let mut counts = Counts::default();
        let matches = found.matched.into_iter().map(|(key, contents)| {
            let reason = query.wants_key(&key).unwrap_or(MatchedBy::Host);
            let data = SiteData { key, contents };
            counts.site_data.insert(data.key.clone(), data.bytes());
            Match::new(Item::SiteData(data), reason)
        });
        let matches = matches.collect();
        Ok((counts, matches))
    }

    /// Deletes what goes. The entries of the databases are gone, or back, when this returns.
    fn remove(
        &self,
        claim: &Claim,
        goes: &Goes<'_>,
        copy: Option<&mut dyn RowSink>,
    ) -> Result<Removed, Error> {
        trash::destroy_doomed(&self.profile)?;
        let contents = self.layout.open(&self.profile, Purpose::Change)?;
        let before = self.inventory(&contents, goes, true)?;
        if before.matched.is_empty() {
            return Ok(Removed::default());
        }
        let mut entries = Vec::new();
        for database in &contents.databases {
            entries.extend(database.entries(goes)?);
        }
        let is_kept = copy.is_some();
        let trash = Trash::create(&self.profile, is_kept)?;
        if let Some(copy) = copy
            && let Err(error) = self.copy_out(&contents, &before, &entries, trash.name(), copy)
        {
            let _ = trash.destroy();
            return Err(Fault::NoBackup(Box::new(error)).at(&self.profile));
        }
        let trouble = match self.change(claim, &contents, &before, goes, &trash) {
            Ok(trouble) => trouble,
            Err(error) => {
                let databases = places(&contents);
                // Their locks are taken again.
                drop(contents);
                let second = self.roll_back(claim, &before, databases, entries, trash);
                let second = second.err();
                let second = second.map(Box::new);
                let first = Box::new(error);
                return match second {
                    None => Err(*first),
                    // The copy for undo has the rest.
                    Some(second) => Ok(Removed {
                        data: before.matched,
                        trouble: Some(Fault::HalfDone { first, second }),
                    }),
                };
            }
        };
        let ended = match is_kept {
            true => trash.complete(),
            false => trash.destroy(),
        };
        let trouble = trouble.or(ended.err());
        Ok(Removed {
            data: before.matched,
            trouble: trouble.map(within),
        })
    }

    fn copy_out(
        &self,
        contents: &Contents,
        found: &Inventory,
        entries: &[Entry],
        trash: &str,
        copy: &mut dyn RowSink,
    ) -> Result<(), Error> {
        let databases = &contents.databases;
        let rows = 1 + found.matched.len() + databases.len() + found.moves.len() + entries.len();
        copy.begin(&Rows {
            kind: L::KIND,
            version: row::VERSION,
            columns: row::COLUMNS.map(String::from).to_vec(),
            rows: rows as u64,
            site_data: rows as u64,
        })?;
        copy.row(&Row::Trash(trash.to_owned()).into_values())?;
        for key in found.matched.keys() {
            copy.row(&Row::Owner(key.clone()).into_values())?;
        }
        for database in databases {
            copy.row(&Row::Database(database.place().to_owned()).into_values())?;
        }
        for (number, from) in found.moves.iter().enumerate() {
            let moved = Row::Moved {
                from: from.clone(),
                name: number.to_string(),
            };
            copy.row(&moved.into_values())?;
        }
        for entry in entries {
            copy.row(&Row::Entry(entry.clone()).into_values())?;
        }
        copy.finish()
    }

    /// Moves the folders, changes the databases, and looks again.
    fn change(
        &self,
        claim: &Claim,
        contents: &Contents,
        before: &Inventory,
        goes: &Goes<'_>,
        trash: &Trash,
    ) -> Result<Option<Error>, Error> {
        self.ours(claim)?;
        for (number, from) in before.moves.iter().enumerate() {
            trash.take(from, &number.to_string())?;
        }
        let mut trouble = None;
        for database in &contents.databases {
            self.ours(claim)?;
            trouble = trouble.or(database.delete(goes, claim)?);
        }
        let now = self.layout.open(&self.profile, Purpose::Look)?;
        let now = self.inventory(&now, goes, false)?;
        let differs = |what: &str| Err(Fault::NotVerified(what.to_owned()).at(&self.profile));
        if !now.matched.is_empty() {
            return differs("data of the site was still there");
        }
        if now.others != before.others || now.other_paths != before.other_paths {
            return differs("data of other sites would be gone");
        }
        self.ours(claim)?;
        Ok(trouble)
    }

    fn ours(&self, claim: &Claim) -> Result<(), Error> {
        let held = claim.still_holds();
        held.map_err(|_| Fault::Locked.at(&self.profile))
    }

    /// Puts back what was changed before something went wrong.
    fn roll_back(
        &self,
        claim: &Claim,
        before: &Inventory,
        databases: BTreeSet<String>,
        entries: Vec<Entry>,
        trash: Trash,
    ) -> Result<(), Error> {
        let moves = before.moves.iter().enumerate();
        let moves = moves.map(|(number, from)| (from.clone(), number.to_string()));
        let copied = Copied {
            moves: moves.collect(),
            databases,
            entries,
            ..Copied::default()
        };
        let done = self.put_back(claim, &trash, copied)?;
        done.missing.map_or(Ok(()), Err)?;
        trash.destroy()
    }

    /// Moves folders back, and writes the entries of databases.
    fn put_back(&self, claim: &Claim, trash: &Trash, copied: Copied) -> Result<PutBack, Error> {
        let mut done = PutBack::default();
        for (to, name) in copied.moves {
            self.ours(claim)?;
            done.is_any_replaced |= trash.put_back(&to, &name)? == Back::Replaced;
        }
        // Only now, since databases lie in folders that may have been gone.
        let contents = self.layout.open(&self.profile, Purpose::Change)?;
        let mut by_database: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
        for entry in copied.entries {
            let mut is_any = false;
            for (index, database) in contents.databases.iter().enumerate() {
                // Where it was, and where the browser has moved to since: what it leaves
                // behind it does not read any more.
                let place = database.place();
                let is_new = !copied.databases.contains(place) && database.takes(&entry.what);
                if place == entry.place || is_new {
                    by_database.entry(index).or_default().push(entry.clone());
                    is_any = true;
                }
            }
            if !is_any {
                let gone = || Fault::Gone.at(self.profile.join(&entry.place));
                done.missing.get_or_insert_with(gone);
            }
        }
        for (index, entries) in by_database {
            self.ours(claim)?;
            contents.databases[index].restore(entries, claim)?;
        }
        Ok(done)
    }

    fn restore_rows(
        &self,
        claim: &Claim,
        rows: &mut dyn RowSource,
        aside: &mut dyn RowSink,
    ) -> Result<Restored, Error> {
        let header = rows.header();
        if header.version != row::VERSION {
            return Err(Fault::OtherVersion {
                was: header.version,
                is: row::VERSION,
            }
            .at(&self.profile));
        }
        let mut copied = Copied::default();
        while let Some(values) = rows.next_row()? {
            copied.add(Row::of(values).map_err(|fault| fault.at(&self.profile))?);
        }
        let mut restored = Restored {
            site_data: copied.owners.len() as u64,
            ..Restored::default()
        };
        let Some(trash) = Trash::open(&self.profile, &copied.trash)? else {
            return Err(Fault::Gone.at(trash::path_of(&self.profile)));
        };
        if trash.is_complete()? {
            let goes = |key: &StorageKey| copied.owners.contains(key);
            let removed = self.remove(claim, &goes, Some(aside))?;
            if !removed.data.is_empty() {
                aside.keep();
            }
            restored.trouble = removed.trouble;
            trash.reopen()?;
        }
        let done = self.put_back(claim, &trash, copied)?;
        restored.skipped += u64::from(done.is_any_replaced);
        restored.trouble = restored.trouble.or(done.missing.map(within));
        Ok(restored)
    }
}

/// What came of putting something back.
#[derive(Default)]
struct PutBack {
    /// Something new was in the place of something old, and stayed.
    is_any_replaced: bool,
    /// A database that is gone, with whatever has taken its place.
    missing: Option<Error>,
}

/// What a copy holds.
#[derive(Default)]
struct Copied {
    trash: String,
    owners: BTreeSet<StorageKey>,
    /// The databases that there were.
    databases: BTreeSet<String>,
    /// Where each name in the trash is from.
    moves: Vec<(String, String)>,
    entries: Vec<Entry>,
}

impl Copied {
    fn add(&mut self, row: Row) {
        match row {
            Row::Trash(name) => self.trash = name,
            Row::Owner(key) => {
                self.owners.insert(key);
            }
            Row::Database(place) => {
                self.databases.insert(place);
            }
            Row::Moved { from, name } => self.moves.push((from, name)),
            Row::Entry(entry) => self.entries.push(entry),
        }
    }
}

/// The paths of the databases in the profile.
fn places(contents: &Contents) -> BTreeSet<String> {
    let databases = contents.databases.iter();
    databases
        .map(|database| database.place().to_owned())
        .collect()
}

/// What went wrong with one of the files, after everything was done.
fn within(error: Error) -> Fault {
    Fault::Within(Box::new(error))
}

impl<L: Layout> Store for SiteDataStore<L> {
    fn path(&self) -> &Path {
        &self.profile
    }

    fn kind(&self) -> Kind {
        L::KIND
    }

    fn has_leftovers(&self) -> bool {
        trash::has_doomed(&self.profile)
    }

    fn find(&self, query: &Query, send: &mut dyn FnMut(Vec<Match>)) -> Result<Counts, Error> {
        let (counts, matches) = self.look(query)?;
        send(matches);
        Ok(counts)
    }

    fn hosts(&self) -> Result<HashMap<String, u64>, Error> {
        let contents = self.layout.open(&self.profile, Purpose::Look)?;
        let found = self.inventory(&contents, &|_| false, false)?;
        let mut hosts = HashMap::new();
        for key in found.others {
            *hosts.entry(key.host).or_default() += 1;
        }
        Ok(hosts)
    }

    fn total(&self) -> Result<u64, Error> {
        Ok(0)
    }

    fn delete(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Match),
    ) -> Result<Deleted, Error> {
        let goes = |key: &StorageKey| query.wants_key(key).is_some();
        let Removed { data, trouble } = self.remove(claim, &goes, copy)?;
        let mut site_data = BTreeMap::new();
        for (key, contents) in data {
            let reason = query.wants_key(&key).unwrap_or(MatchedBy::Host);
            let data = SiteData { key, contents };
            site_data.insert(data.key.clone(), data.bytes());
            each(Match::new(Item::SiteData(data), reason));
        }
        Ok(Deleted {
            site_data,
            trouble,
            ..Deleted::default()
        })
    }

    fn restore(
        &self,
        claim: &Claim,
        rows: &mut dyn RowSource,
        aside: &mut dyn RowSink,
    ) -> Result<Restored, Error> {
        self.restore_rows(claim, rows, aside)
    }
}

/// The name of the trash of a deletion, by the first row of its copy.
///
/// # Errors
/// When the row cannot be read.
pub(crate) fn trash_of(rows: &mut dyn RowSource) -> Result<Option<String>, Error> {
    let Some(values) = rows.next_row()? else {
        return Ok(None);
    };
    match Row::of(values) {
        Ok(Row::Trash(name)) => Ok(Some(name)),
        _ => Ok(None),
    }
}
