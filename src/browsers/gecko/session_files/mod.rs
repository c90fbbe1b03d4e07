//! Firefox's session files, from which session cookies come back, and the sessionStorage
//! of tabs: as a store.
//!
//! `sessionstore.jsonlz4` is written at a clean exit; while Firefox runs,
//! `sessionstore-backups` has the session as it is, as it was before, and before an
//! upgrade. At a start it takes the first that parses.

mod cookie;
mod edit;
mod format;
mod places;
mod storage;
#[cfg(test)]
mod tests;
mod tokens;
mod tree;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::containers::Containers;
use super::replace::{Replacement, stamp};
use crate::formats::json;
use crate::model::error::{At, Error, Fault};
use crate::model::item::{Item, Match, MatchedBy};
use crate::model::query::Query;
use crate::model::value::StoredValue;
use crate::platform::Folder;
use crate::store::claim::Claim;
use crate::store::{
    Counts, Deleted, Kind, Restored, RowSink, RowSource, Rows, SiteDataSizes, Store, Value,
};
use cookie::SessionCookie;
use edit::{Cuts, Insertion, around, only, with, without};
use format::{Form, LARGEST, bad, declared, decode, encode};
use places::{Wanted, named, of_name};
use storage::TabStorage;
use tree::{Array, Element, Holds, Part, Tell, plain, walk};

/// In the profile's folder.
const IN_PROFILE: [&str; 1] = ["sessionstore."];
/// In [`BACKUPS`], with the older names that were moved there.
const IN_BACKUPS: [&str; 4] = ["recovery.", "previous.", "upgrade.", "sessionstore."];
pub(super) const BACKUPS: &str = "sessionstore-backups";

/// What a row of a copy is.
const COLUMNS: [&str; 3] = ["place", "index", "cookie"];
const VERSION: i64 = 1;

/// Cookies that are passed on at once.
const BATCH: usize = 2048;
/// For how long a file that changes at each attempt is tried again.
const PATIENCE: Duration = Duration::from_secs(6);
const PAUSE: Duration = Duration::from_millis(25);
/// Texts beyond this length are worked on one at a time, since each needs twice as
/// much memory.
const LARGE: u64 = 8 << 20;
static ONE_LARGE: Mutex<()> = Mutex::new(());
/// How much room the places of a file's cookies may take in a copy for undo. Firefox's own
/// need a thousandth of it; those of a tree that is deep, or has long keys, could fill
/// any disk.
const PLACES: usize = 16 << 20;

/// Whether a file in a profile, or in its backups, is a session.
pub(super) fn is_session_file(path: &Path) -> bool {
    let in_backups = path
        .parent()
        .is_some_and(|parent| parent.ends_with(BACKUPS));
    let prefixes: &[&str] = if in_backups { &IN_BACKUPS } else { &IN_PROFILE };
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
        && !path.is_dir()
}

/// A session file.
pub(super) struct SessionFile {
    path: PathBuf,
    containers: Containers,
}

impl SessionFile {
    pub(super) fn new(path: PathBuf, containers: Containers) -> Self {
        Self { path, containers }
    }
}

impl Store for SessionFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn kind(&self) -> Kind {
        Kind::FirefoxSession
    }

    fn find(&self, query: &Query, send: &mut dyn FnMut(Vec<Match>)) -> Result<Counts, Error> {
        let (counts, found) = self.look(query).at(&self.path)?;
        // Only now, when no turn is held: the observer may wait for another file.
        for batch in found.pieces.chunks(BATCH) {
            let cookies = batch
                .iter()
                .filter_map(|piece| self.shown(query, &found.text, piece));
            send(cookies.collect());
        }
        Ok(counts)
    }

    fn hosts(&self) -> Result<HashMap<String, u64>, Error> {
        let _turn = self.turn();
        let mut hosts = HashMap::new();
        self.read()
            .and_then(|session| {
                session.each(Holds::Cookies, &mut |_, _, found| {
                    if let Held::Cookie(cookie) = found {
                        *hosts.entry(cookie.host).or_default() += 1;
                    }
                    Ok(())
                })
            })
            .at(&self.path)?;
        Ok(hosts)
    }

    fn total(&self) -> Result<u64, Error> {
        let _turn = self.turn();
        self.read()
            .and_then(|session| session.count(Holds::Cookies))
            .at(&self.path)
    }

    fn delete(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Match),
    ) -> Result<Deleted, Error> {
        let _turn = self.turn();
        self.cut_out(claim, query, copy, each).at(&self.path)
    }

    fn restore(
        &self,
        claim: &Claim,
        rows: &mut dyn RowSource,
        _aside: &mut dyn RowSink,
    ) -> Result<Restored, Error> {
        let _turn = self.turn();
        self.put_back(claim, rows).at(&self.path)
    }
}

/// Where a cookie is: which array, and which of its elements.
type Spot = (u32, u32);

/// What matches, as JSON, one after the other.
struct Matched {
    text: String,
    pieces: Vec<Piece>,
}

/// Where a cookie is, or what a tab holds, and within how many strings of JSON.
struct Piece {
    holds: Holds,
    range: Range<u32>,
    quoted: u32,
}

impl Piece {
    fn json<'t>(&self, text: &'t str) -> Option<std::borrow::Cow<'t, str>> {
        plain(
            &text[self.range.start as usize..self.range.end as usize],
            self.quoted,
        )
    }
}

impl SessionFile {
    /// The folder, held open, and the name of the file in it.
    fn open(&self) -> Result<(Folder, &OsStr), Fault> {
        let (Some(folder), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Err(Fault::NotAFile);
        };
        Ok((Folder::open(folder)?, name))
    }

    fn read(&self) -> Result<Session, Fault> {
        match self.open() {
            Err(Fault::Gone) => Session::of(Vec::new()),
            other => {
                let (folder, name) = other?;
                Session::read(&folder, name)
            }
        }
    }

    fn look(&self, query: &Query) -> Result<(Counts, Matched), Fault> {
        let _turn = self.turn();
        let session = self.read()?;
        let mut counts = Counts::default();
        let mut pieces = Vec::new();
        for holds in held(query) {
            session.each(holds, &mut |array, element, found| {
                counts.total += u64::from(holds == Holds::Cookies);
                match whose(query, &found, &self.containers) {
                    Whose::Meant(shown) => {
                        match shown.item {
                            Item::SiteData(data) => {
                                let bytes = data.bytes();
                                *counts.site_data.entry(data.key).or_default() += bytes;
                            }
                            _ => {
                                let site = found.partition_host();
                                let elsewhere = query.is_elsewhere(shown.reason, site.as_deref());
                                counts.elsewhere += u64::from(elsewhere);
                                let is_embedded = shown.reason == MatchedBy::Partition;
                                counts.embedded += u64::from(is_embedded);
                                counts.matched += 1;
                            }
                        }
                        pieces.push(Piece {
                            holds,
                            range: narrow(element.range.start)..narrow(element.range.end),
                            quoted: array.quoted,
                        });
                    }
                    Whose::Others => {
                        if let Held::Cookie(cookie) = &found {
                            let host = cookie.host.as_bytes();
                            counts.also_sent += u64::from(query.is_sent(host));
                            for site in query.related_to(host) {
                                *counts.related.entry(site).or_default() += 1;
                            }
                        }
                    }
                    Whose::Kept => {}
                }
                Ok(())
            })?;
        }
        pieces.sort_by_key(|piece| piece.range.start);
        pieces.dedup_by(|next, piece| next.range.start < piece.range.end);
        let text = only(session.text, &mut pieces)?;
        Ok((counts, Matched { text, pieces }))
    }

    /// Something that matches.
    fn shown(&self, query: &Query, text: &str, piece: &Piece) -> Option<Match> {
        let json = piece.json(text)?;
        let found = Held::parse(piece.holds, &json)?;
        let Whose::Meant(mut shown) = whose(query, &found, &self.containers) else {
            return None;
        };
        if let (true, Item::Cookie(cookie)) = (query.with_values, &mut shown.item) {
            let value = SessionCookie::value(&json);
            cookie.value = Some(value.unwrap_or(StoredValue::Missing));
        }
        Some(*shown)
    }

    fn cut_out(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Match),
    ) -> Result<Deleted, Fault> {
        let (folder, name) = self.open()?;
        let session = Session::read(&folder, name)?;
        let for_copy = copy.as_ref().map(|_| &*self.path);
        let mut parts = Vec::new();
        for holds in held(query) {
            let found = session.matching(holds, query, &self.containers, for_copy, each)?;
            parts.push((holds, found));
        }
        let gone = |of| -> u64 {
            let parts = parts.iter().filter(|(holds, _)| *holds == of);
            parts.map(|(_, found)| found.gone.len() as u64).sum()
        };
        let mut done = Deleted {
            deleted: gone(Holds::Cookies),
            kept: parts[0].1.kept,
            ..Deleted::default()
        };
        if parts.iter().all(|(_, found)| found.gone.is_empty()) {
            return Ok(done);
        }
        if let Some(sink) = copy {
            session.copy_out(&parts, gone(Holds::Storage), sink)?;
        }

        let Session { form, text } = session;
        let mut kept = Vec::new();
        let mut cuts = Vec::new();
        for (holds, found) in parts {
            kept.push((holds, found.kept));
            cuts.push(found.cuts);
            for (key, bytes) in found.site_data {
                *done.site_data.entry(key).or_default() += bytes;
            }
        }
        let cuts = Cuts::merged(cuts);
        // Not by cutting: what is left is to be checked by it.
        let rest = Fingerprint::of(around(text.len(), &cuts).map(|piece| &text[piece]));
        let content = encode(form, without(text, &cuts)?)?;
        let replacement = Replacement::write(&folder, name, claim, &content)?;
        drop(content);
        // As the disk has it, and before it is in place, so that a surprise leaves the
        // file as it was.
        let new = Session::read(&folder, replacement.name())?;
        new.verify(query, &self.containers, &kept)?;
        if !new.is_rest_of(&rest) {
            let what = "more would be gone than the cookies";
            return Err(Fault::NotVerified(what.into()));
        }
        drop(new);
        let synced = replacement.commit(claim)?;
        let verified =
            Session::read(&folder, name).and_then(|now| now.verify(query, &self.containers, &kept));
        done.trouble = synced.and(verified).err();
        Ok(done)
    }

    fn put_back(&self, claim: &Claim, rows: &mut dyn RowSource) -> Result<Restored, Fault> {
        let header = rows.header();
        if header.version != VERSION {
            return Err(Fault::OtherVersion {
                was: header.version,
                is: VERSION,
            });
        }
        if header.columns != COLUMNS {
            return Err(Fault::BadBackup("it has other columns".into()));
        }
        let (folder, name) = self.open()?;
        let session = Session::read(&folder, name)?;
        let before = session.count_all()?;
        let mut result = Restored::default();
        let back = session.wanted_back(rows, &mut result)?;
        if result.restored == 0 && result.site_data == 0 {
            return Ok(result);
        }
        let form = session.form;
        let text = with(session.text, &back)?;
        drop(back);
        let whole = Fingerprint::of(std::iter::once(&*text));
        let content = encode(form, text)?;
        let replacement = Replacement::write(&folder, name, claim, &content)?;
        drop(content);
        let new = Session::read(&folder, replacement.name())?;
        let added = result.restored + result.site_data;
        if !new.is_rest_of(&whole) || new.count_all()? != before + added {
            let what = "the number of cookies is not right";
            return Err(Fault::NotVerified(what.into()));
        }
        drop(new);
        result.trouble = replacement.commit(claim)?.err();
        Ok(result)
    }

    /// Held while a large file is worked on.
    fn turn(&self) -> Option<MutexGuard<'static, ()>> {
        let (folder, name) = self.open().ok()?;
        let file = folder.open_file(name).ok()?;
        let length = file.metadata().ok()?.len();
        let mut start = Vec::new();
        file.take(16).read_to_end(&mut start).ok()?;
        let is_large = declared(&start, length) > LARGE;
        is_large.then(|| ONE_LARGE.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Session files are not as long as that.
fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What a query is about: cookies, and site data where it was asked for.
fn held(query: &Query) -> impl Iterator<Item = Holds> + use<> {
    let storage = query.site_data.then_some(Holds::Storage);
    std::iter::once(Holds::Cookies).chain(storage)
}

/// What a session file holds.
enum Held {
    Cookie(Box<SessionCookie>),
    Storage(TabStorage),
}

/// What is the same of an older and a newer one.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Cookie(cookie::Identity),
    Storage(String),
}

impl Held {
    /// None for what is neither.
    fn parse(holds: Holds, json: &str) -> Option<Self> {
        Some(match holds {
            Holds::Cookies => Self::Cookie(Box::new(SessionCookie::parse(json)?)),
            Holds::Storage => Self::Storage(TabStorage::parse(json)?),
        })
    }

    fn identity(self) -> Identity {
        match self {
            Self::Cookie(cookie) => Identity::Cookie(cookie.identity()),
            Self::Storage(storage) => Identity::Storage(storage.origin),
        }
    }

    fn partition_host(&self) -> Option<String> {
        match self {
            Self::Cookie(cookie) => cookie.origin_attributes().partition_host,
            Self::Storage(_) => None,
        }
    }
}

/// Whether something matches.
enum Whose {
    Meant(Box<Match>),
    /// It is of one of the domains, but is not to go.
    Kept,
    Others,
}

fn whose(query: &Query, found: &Held, containers: &Containers) -> Whose {
    let cookie = match found {
        Held::Cookie(cookie) => cookie,
        Held::Storage(storage) => {
            let data = storage.shown(containers);
            let meant = data.and_then(|data| {
                let reason = query.wants_key(&data.key)?;
                Some(Match::new(Item::SiteData(data), reason))
            });
            return meant.map_or(Whose::Others, |found| Whose::Meant(Box::new(found)));
        }
    };
    let partition = cookie.origin_attributes().partition_host;
    match query.whose(cookie.host.as_bytes(), partition.as_deref()) {
        None => Whose::Others,
        Some(by) => {
            let item = Item::Cookie(cookie.shown(containers));
            match query.wants(&item) {
                true => Whose::Meant(Box::new(Match::new(item, by))),
                false => Whose::Kept,
            }
        }
    }
}

/// The content of a session file.
struct Session {
    form: Form,
    text: String,
}

/// What is to be cut out of a session.
#[derive(Default)]
struct Found {
    /// Ascending.
    gone: Vec<Spot>,
    kept: u64,
    cuts: Cuts,
    site_data: SiteDataSizes,
    /// Of the arrays that have something that goes.
    places: Vec<String>,
}

/// A cookie of a copy, or a tab's storage, and where it is to go.
struct Row {
    index: u32,
    cookie: String,
    is_there: bool,
}

/// The rows that are for one array.
#[derive(Default)]
struct Group {
    rows: Vec<Row>,
    /// The array, by its number, when there is one.
    array: Option<u32>,
}

impl Session {
    /// A file that is not there, which the browser moves and removes as it likes, holds
    /// nothing.
    fn read(folder: &Folder, name: &OsStr) -> Result<Self, Fault> {
        match read_stable(folder, name) {
            Err(Fault::Gone) => Self::of(Vec::new()),
            other => Self::of(other?),
        }
    }

    fn of(bytes: Vec<u8>) -> Result<Self, Fault> {
        let (form, text) = decode(bytes)?;
        if form != Form::Empty {
            json::check(&text).map_err(|why| bad(&why))?;
        }
        Ok(Self { form, text })
    }

    fn walk(&self, holds: Holds, wanted: &Wanted, tell: &mut Tell<'_>) -> Result<(), Fault> {
        walk(&self.text, holds, wanted, tell)
    }

    /// Shows every cookie, or every tab's storage.
    fn each(
        &self,
        holds: Holds,
        show: &mut dyn FnMut(&Array<'_>, &Element<'_>, Held) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.walk(holds, &Wanted::default(), &mut |array, part| match part {
            Part::Element(element) => match Held::parse(holds, element.json) {
                Some(found) => show(array, &element, found),
                None => Ok(()),
            },
            _ => Ok(()),
        })
    }

    fn count(&self, holds: Holds) -> Result<u64, Fault> {
        let mut count = 0;
        self.each(holds, &mut |_, _, _| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    fn count_all(&self) -> Result<u64, Fault> {
        Ok(self.count(Holds::Cookies)? + self.count(Holds::Storage)?)
    }

    /// What is to go, `each` of which is shown; for a copy of this file also the places.
    fn matching(
        &self,
        holds: Holds,
        query: &Query,
        containers: &Containers,
        for_copy: Option<&Path>,
        each: &mut dyn FnMut(Match),
    ) -> Result<Found, Fault> {
        let mut found = Found::default();
        let mut room = PLACES;
        self.walk(holds, &Wanted::default(), &mut |array, part| {
            let element = match part {
                Part::Begin => {
                    found.cuts.begin();
                    return Ok(());
                }
                Part::End(_) => return Ok(()),
                Part::Element(element) => element,
            };
            let held = Held::parse(holds, element.json);
            let meant = held.as_ref().map(|held| whose(query, held, containers));
            let Some(Whose::Meant(shown)) = meant else {
                found.kept += u64::from(meant.is_some());
                found.cuts.keep(&element);
                return Ok(());
            };
            if let Some(path) = for_copy {
                let is_same = found
                    .gone
                    .last()
                    .is_some_and(|(last, _)| *last == array.number);
                if !is_same {
                    found.places.push(array.place());
                }
                let place = found.places.last().map_or(0, String::len);
                room = room.checked_sub(place).ok_or_else(|| no_place(path))?;
            }
            found.gone.push((array.number, element.index));
            found.cuts.cut(&element);
            if let Item::SiteData(data) = &shown.item {
                *found.site_data.entry(data.key.clone()).or_default() += data.bytes();
            }
            each(*shown);
            Ok(())
        })?;
        Ok(found)
    }

    fn copy_out(
        &self,
        parts: &[(Holds, Found)],
        site_data: u64,
        sink: &mut dyn RowSink,
    ) -> Result<(), Fault> {
        let no_copy = |error| Fault::NoBackup(Box::new(error));
        let rows = parts.iter().map(|(_, found)| found.gone.len() as u64);
        sink.begin(&Rows {
            kind: Kind::FirefoxSession,
            version: VERSION,
            columns: COLUMNS.map(String::from).to_vec(),
            rows: rows.sum(),
            site_data,
        })
        .map_err(no_copy)?;
        for (holds, found) in parts {
            self.copy_part(*holds, found, sink)?;
        }
        sink.finish().map_err(no_copy)
    }

    fn copy_part(&self, holds: Holds, found: &Found, sink: &mut dyn RowSink) -> Result<(), Fault> {
        let wanted = Wanted::new(found.places.clone());
        let mut times = vec![0; wanted.len()];
        let mut gone = found.gone.iter().peekable();
        let mut places = found.places.iter();
        let mut name = String::new();
        self.walk(holds, &wanted, &mut |array, part| {
            match part {
                Part::Begin => {
                    if let Some(index) = array.wanted {
                        times[index] += 1;
                        let has_some = gone.peek().is_some_and(|(a, _)| *a == array.number);
                        if has_some && let Some(place) = places.next() {
                            name = named(place, times[index]);
                        }
                    }
                }
                Part::Element(element) => {
                    if gone.next_if_eq(&&(array.number, element.index)).is_some() {
                        sink.row(&[
                            Value::Text(name.clone().into()),
                            Value::Integer(element.index.into()),
                            Value::Text(self.text[element.range].into()),
                        ])
                        .map_err(|error| Fault::NoBackup(Box::new(error)))?;
                    }
                }
                Part::End(_) => {}
            }
            Ok(())
        })
    }

    /// Nothing matches, and the others are there.
    fn verify(
        &self,
        query: &Query,
        containers: &Containers,
        kept: &[(Holds, u64)],
    ) -> Result<(), Fault> {
        for (holds, kept) in kept {
            let (mut left, mut others) = (0_u64, 0);
            self.each(*holds, &mut |_, _, found| {
                match whose(query, &found, containers) {
                    Whose::Meant(_) => left += 1,
                    _ => others += 1,
                }
                Ok(())
            })?;
            if left > 0 || others != *kept {
                let what = holds.key();
                return Err(Fault::NotVerified(format!(
                    "{left} {what} of the site were still there, and of {kept} others {others}"
                )));
            }
        }
        Ok(())
    }

    /// Whether this is that text, byte for byte.
    fn is_rest_of(&self, rest: &Fingerprint) -> bool {
        Fingerprint::of(std::iter::once(&*self.text)) == *rest
    }

    /// What is to go into each array: not those of which it has another cookie now, nor
    /// those whose array is gone.
    fn wanted_back(
        &self,
        rows: &mut dyn RowSource,
        result: &mut Restored,
    ) -> Result<Vec<Insertion>, Fault> {
        let mut groups: HashMap<String, Group> = HashMap::new();
        while let Some(row) = rows.next_row().map_err(|e| e.fault)? {
            let (place, row) = Row::of(row)?;
            groups.entry(place).or_default().rows.push(row);
        }
        let mut insertions = Vec::new();
        for holds in [Holds::Cookies, Holds::Storage] {
            let mut its: HashMap<_, _> = groups
                .extract_if(|name, _| of_name(name).0.ends_with(holds.key()))
                .collect();
            let places = its.keys().map(|name| of_name(name).0.to_owned());
            let wanted = Wanted::new(places.collect());
            self.find_there(holds, &wanted, &mut its)?;
            let mut by_array = HashMap::new();
            for Group { mut rows, array } in its.into_values() {
                let all = rows.len() as u64;
                let Some(array) = array else {
                    result.orphaned += all;
                    continue;
                };
                rows.retain(|row| !row.is_there);
                rows.sort_by_key(|row| row.index);
                let back = rows.len() as u64;
                result.skipped += all - back;
                match holds {
                    Holds::Cookies => result.restored += back,
                    Holds::Storage => result.site_data += back,
                }
                by_array.insert(array, rows);
            }
            insertions.extend(self.insertions(holds, &wanted, by_array)?);
        }
        // Of no place that a copy can have.
        let rest = groups.values().map(|group| group.rows.len() as u64);
        result.orphaned += rest.sum::<u64>();
        insertions.sort_by_key(|insertion| insertion.at);
        Ok(insertions)
    }

    /// Finds the arrays that rows are for, and which of the rows have another cookie there
    /// now.
    fn find_there(
        &self,
        holds: Holds,
        wanted: &Wanted,
        groups: &mut HashMap<String, Group>,
    ) -> Result<(), Fault> {
        let mut times = vec![0; wanted.len()];
        let mut names: Vec<HashMap<u32, &mut Group>> = Vec::new();
        names.resize_with(wanted.len(), HashMap::new);
        for (name, group) in groups {
            let (place, times) = of_name(name);
            if let Some(index) = wanted.find(place) {
                names[index].insert(times, group);
            }
        }
        let mut group: Option<&mut Group> = None;
        let mut rows: HashMap<Identity, Vec<usize>> = HashMap::new();
        self.walk(holds, wanted, &mut |array, part| {
            match part {
                Part::Begin => {
                    let Some(index) = array.wanted else {
                        return Ok(());
                    };
                    times[index] += 1;
                    group = names[index].remove(&times[index]);
                    if let Some(group) = &mut group {
                        group.array = Some(array.number);
                        rows = identities(holds, &group.rows, array.quoted)?;
                    }
                }
                Part::Element(element) => {
                    if let Some(group) = &mut group
                        && let Some(found) = Held::parse(holds, element.json)
                    {
                        for row in rows.remove(&found.identity()).into_iter().flatten() {
                            group.rows[row].is_there = true;
                        }
                    }
                }
                Part::End(_) => group = None,
            }
            Ok(())
        })
    }

    /// Where rows go into their arrays: each before the element that has its number then.
    fn insertions(
        &self,
        holds: Holds,
        wanted: &Wanted,
        mut by_array: HashMap<u32, Vec<Row>>,
    ) -> Result<Vec<Insertion>, Fault> {
        let mut insertions = Vec::new();
        let mut rows = Vec::new().into_iter().peekable();
        let mut length = 0;
        self.walk(holds, wanted, &mut |array, part| {
            match part {
                Part::Begin => {
                    length = 0;
                    rows = by_array
                        .remove(&array.number)
                        .unwrap_or_default()
                        .into_iter()
                        .peekable();
                }
                Part::Element(element) => {
                    while let Some(row) = rows.next_if(|row| row.index <= length) {
                        insertions.push(Insertion {
                            at: element.range.start,
                            text: row.cookie + ",",
                        });
                        length += 1;
                    }
                    length += 1;
                }
                Part::End(at) => {
                    for row in rows.by_ref() {
                        let comma = if length > 0 { "," } else { "" };
                        insertions.push(Insertion {
                            at,
                            text: format!("{comma}{}", row.cookie),
                        });
                        length += 1;
                    }
                }
            }
            Ok(())
        })?;
        Ok(insertions)
    }
}

/// Which rows have each cookie, or each origin's storage.
fn identities(
    holds: Holds,
    rows: &[Row],
    quoted: u32,
) -> Result<HashMap<Identity, Vec<usize>>, Fault> {
    let mut identities: HashMap<_, Vec<_>> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let cookie = plain(&row.cookie, quoted)
            .and_then(|json| Held::parse(holds, &json))
            .ok_or_else(|| Fault::BadBackup("a row is not a cookie".into()))?;
        identities.entry(cookie.identity()).or_default().push(index);
    }
    Ok(identities)
}

fn no_place(path: &Path) -> Fault {
    let why = format!("the places of its cookies take more than {PLACES} bytes");
    Fault::NoBackup(Box::new(Fault::Io(io::Error::other(why)).at(path)))
}

/// Tells a text from every other, without keeping it.
#[derive(PartialEq, Eq)]
struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of<'t>(pieces: impl Iterator<Item = &'t str>) -> Self {
        let mut hasher = Sha256::new();
        for piece in pieces {
            hasher.update(piece);
        }
        Self(hasher.finalize().into())
    }
}

impl Row {
    /// A row, and the place it is for.
    fn of(values: Vec<Value>) -> Result<(String, Self), Fault> {
        let text = |bytes| String::from_utf8(bytes).ok();
        let parts = match <[Value; 3]>::try_from(values) {
            Ok(
                [
                    Value::Text(place),
                    Value::Integer(index),
                    Value::Text(cookie),
                ],
            ) => (text(place), u32::try_from(index).ok(), text(cookie)),
            _ => (None, None, None),
        };
        let is_there = false;
        match parts {
            (Some(place), Some(index), Some(cookie)) => Ok((
                place,
                Self {
                    index,
                    cookie,
                    is_there,
                },
            )),
            _ => Err(Fault::BadBackup("a row does not fit its store".into())),
        }
    }
}

/// The content of a file at one moment. Firefox renames a new file into its place, so
/// that what was opened stays as it is; whatever else writes is waited for.
fn read_stable(folder: &Folder, name: &OsStr) -> Result<Vec<u8>, Fault> {
    let since = Instant::now();
    loop {
        let mut file = folder.open_file(name)?;
        let before = stamp(&file)?;
        if before.0 > LARGEST {
            return Err(bad(&format!("it has {} bytes", before.0)));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(before.0).unwrap_or_default());
        (&mut file).take(before.0 + 1).read_to_end(&mut bytes)?;
        if stamp(&file)? == before && bytes.len() as u64 == before.0 {
            return Ok(bytes);
        }
        if since.elapsed() > PATIENCE {
            return Err(Fault::KeepsChanging);
        }
        thread::sleep(PAUSE);
    }
}
