//! Firefox's session files, from which session cookies come back: as a store.
//!
//! `sessionstore.jsonlz4` is written at a clean exit; while Firefox runs,
//! `sessionstore-backups` has the session as it is, as it was before, and before an
//! upgrade. At a start it takes the first that parses.

mod cookie;
mod format;
mod replace;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::containers::Containers;
use crate::claim::Claim;
use crate::cookie::{Cookie, Query};
use crate::error::{At, Error, Fault};
use crate::store::{Counts, Deleted, Kind, Restored, RowSink, RowSource, Rows, Store, Value};
use crate::value::StoredValue;
use cookie::{Identity, SessionCookie};
use format::{Form, LARGEST, bad, declared, decode, encode};
use replace::Replacement;
use tree::{CookieArray, around, cookie_arrays, without};

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
    pub fn new(path: PathBuf, containers: Containers) -> Self {
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

    fn find(&self, query: &Query, send: &mut dyn FnMut(Vec<Cookie>)) -> Result<Counts, Error> {
        let (counts, mut cookies) = self.look(query).at(&self.path)?;
        // Only now, when no turn is held: whoever listens may wait for another file.
        while !cookies.is_empty() {
            let rest = cookies.split_off(cookies.len().min(BATCH));
            send(std::mem::replace(&mut cookies, rest));
        }
        Ok(counts)
    }

    fn hosts(&self) -> Result<HashMap<String, u64>, Error> {
        let _turn = self.turn();
        let mut hosts = HashMap::new();
        for (_, cookie) in Session::read(&self.path).at(&self.path)?.cookies() {
            *hosts.entry(cookie.host).or_default() += 1;
        }
        Ok(hosts)
    }

    fn total(&self) -> Result<u64, Error> {
        let _turn = self.turn();
        let session = Session::read(&self.path).at(&self.path)?;
        Ok(session.cookies().count() as u64)
    }

    fn delete(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Cookie),
    ) -> Result<Deleted, Error> {
        let _turn = self.turn();
        self.cut_out(claim, query, copy, each).at(&self.path)
    }

    fn restore(&self, claim: &Claim, rows: &mut dyn RowSource) -> Result<Restored, Error> {
        let _turn = self.turn();
        self.put_back(claim, rows).at(&self.path)
    }
}

/// Where a cookie stands: which array, and which of its elements.
type Spot = (usize, usize);

impl SessionFile {
    fn look(&self, query: &Query) -> Result<(Counts, Vec<Cookie>), Fault> {
        let _turn = self.turn();
        let session = Session::read(&self.path)?;
        let mut counts = Counts::default();
        let mut cookies = Vec::new();
        for (spot, cookie) in session.cookies() {
            counts.total += 1;
            match whose(query, &cookie, &self.containers) {
                Whose::Meant(mut shown) => {
                    if query.with_values {
                        shown.value = Some(session.value(spot));
                    }
                    let site = cookie.origin_attributes().partition_host;
                    let elsewhere = query.is_elsewhere(shown.matched_by, site.as_deref());
                    counts.elsewhere += u64::from(elsewhere);
                    cookies.push(shown);
                }
                Whose::Others => {
                    let host = cookie.host.as_bytes();
                    counts.also_sent += u64::from(query.is_sent(host));
                    counts.related |= query.related_to(host);
                }
                Whose::Kept => {}
            }
        }
        counts.matched = cookies.len() as u64;
        Ok((counts, cookies))
    }

    fn cut_out(
        &self,
        claim: &Claim,
        query: &Query,
        copy: Option<&mut dyn RowSink>,
        each: &mut dyn FnMut(Cookie),
    ) -> Result<Deleted, Fault> {
        let session = Session::read(&self.path)?;
        let mut gone: Vec<Spot> = Vec::new();
        let mut kept = 0;
        for (spot, cookie) in session.cookies() {
            match whose(query, &cookie, &self.containers) {
                Whose::Meant(shown) => {
                    gone.push(spot);
                    each(shown);
                }
                _ => kept += 1,
            }
        }
        let deleted = gone.len() as u64;
        if gone.is_empty() {
            return Ok(Deleted {
                deleted,
                kept,
                trouble: None,
            });
        }
        if let Some(sink) = copy {
            session
                .copy_out(&gone, sink)
                .map_err(|e| Fault::NoCopy(Box::new(e)))?;
        }

        let cuts = session.cuts(&gone);
        let content = encode(session.form, without(&session.text, &cuts))?;
        let replacement = Replacement::write(&self.path, claim, &content)?;
        drop(content);
        // As the disk has it, and before it is in place, so that a surprise leaves the
        // file as it was.
        let new = Session::read(replacement.path())?;
        new.verify(query, &self.containers, kept)?;
        if !new.is_rest_of(&session, &cuts) {
            let what = "more would be gone than the cookies";
            return Err(Fault::NotVerified(what.into()));
        }
        drop((session, new));
        let synced = replacement.commit(claim)?;
        let verified =
            Session::read(&self.path).and_then(|now| now.verify(query, &self.containers, kept));
        Ok(Deleted {
            deleted,
            kept,
            trouble: synced.and(verified).err(),
        })
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
            return Err(Fault::BadCopy("it has other columns".into()));
        }
        let session = Session::read(&self.path)?;
        let before = session.cookies().count() as u64;
        let mut result = Restored::default();
        let back = session.wanted_back(rows, &mut result)?;
        if result.restored == 0 {
            return Ok(result);
        }
        let form = session.form;
        let text = session.with(back);
        drop(session);
        let content = encode(form, text.clone())?;
        let replacement = Replacement::write(&self.path, claim, &content)?;
        drop(content);
        let new = Session::read(replacement.path())?;
        if new.text != text || new.cookies().count() as u64 != before + result.restored {
            let what = "the number of cookies is not right";
            return Err(Fault::NotVerified(what.into()));
        }
        drop((new, text));
        result.trouble = replacement.commit(claim)?.err();
        Ok(result)
    }

    /// Held while a large file is worked on.
    fn turn(&self) -> Option<MutexGuard<'static, ()>> {
        let mut start = Vec::new();
        let length = self.path.metadata().ok().filter(|m| m.is_file())?.len();
        let file = File::open(&self.path).ok()?;
        file.take(16).read_to_end(&mut start).ok()?;
        let is_large = declared(&start, length) > LARGE;
        is_large.then(|| ONE_LARGE.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a cookie is meant.
enum Whose {
    Meant(Cookie),
    /// It is of one of the domains, but is not to go.
    Kept,
    Others,
}

fn whose(query: &Query, cookie: &SessionCookie, containers: &Containers) -> Whose {
    let partition = cookie.origin_attributes().partition_host;
    match query.whose(cookie.host.as_bytes(), partition.as_deref()) {
        None => Whose::Others,
        Some(by) => {
            let shown = cookie.shown(by, containers);
            match query.wants(&shown) {
                true => Whose::Meant(shown),
                false => Whose::Kept,
            }
        }
    }
}

/// The content of a session file.
struct Session {
    form: Form,
    text: String,
    arrays: Vec<CookieArray>,
}

/// A cookie of a copy, where it is to go.
struct Row {
    index: usize,
    cookie: String,
}

impl Session {
    /// A file that is not there, which the browser moves and removes as it likes, holds
    /// nothing.
    fn read(path: &Path) -> Result<Self, Fault> {
        match read_stable(path) {
            Err(Fault::Gone) => Self::of(Vec::new()),
            other => Self::of(other?),
        }
    }

    fn of(bytes: Vec<u8>) -> Result<Self, Fault> {
        let (form, text) = decode(bytes)?;
        let arrays = match form {
            Form::Empty => Vec::new(),
            _ => cookie_arrays(&text).map_err(|e| bad(&e.to_string()))?,
        };
        Ok(Self { form, text, arrays })
    }

    fn cookies(&self) -> impl Iterator<Item = (Spot, SessionCookie)> {
        self.arrays.iter().enumerate().flat_map(move |(a, array)| {
            let cookie = |element: &Range<usize>| {
                SessionCookie::parse(&array.plain(&self.text[element.clone()])?)
            };
            let elements = array.elements.iter().enumerate();
            elements.filter_map(move |(e, element)| Some(((a, e), cookie(element)?)))
        })
    }

    fn value(&self, (array, element): Spot) -> StoredValue {
        let array = &self.arrays[array];
        let cookie = array.plain(&self.text[array.elements[element].clone()]);
        let value = cookie.and_then(|cookie| SessionCookie::value(&cookie));
        value.unwrap_or(StoredValue::Missing)
    }

    fn copy_out(&self, gone: &[Spot], sink: &mut dyn RowSink) -> Result<(), Error> {
        sink.begin(&Rows {
            kind: Kind::FirefoxSession,
            version: VERSION,
            columns: COLUMNS.map(String::from).to_vec(),
            rows: gone.len() as u64,
        })?;
        for (a, e) in gone {
            let array = &self.arrays[*a];
            let cookie = &self.text[array.elements[*e].clone()];
            sink.row(&[
                Value::Text(array.place.clone().into()),
                Value::Integer(i64::try_from(*e).unwrap_or(i64::MAX)),
                Value::Text(cookie.into()),
            ])?;
        }
        sink.finish()
    }

    fn cuts(&self, gone: &[Spot]) -> Vec<Range<usize>> {
        gone.chunk_by(|(a, _), (b, _)| a == b)
            .flat_map(|gone| {
                let elements: Vec<_> = gone.iter().map(|(_, e)| *e).collect();
                self.arrays[gone[0].0].cuts(&elements)
            })
            .collect()
    }

    /// Nothing matches, and the others are there.
    fn verify(&self, query: &Query, containers: &Containers, kept: u64) -> Result<(), Fault> {
        let (mut left, mut others) = (0_u64, 0);
        for (_, cookie) in self.cookies() {
            match whose(query, &cookie, containers) {
                Whose::Meant(_) => left += 1,
                _ => others += 1,
            }
        }
        if left > 0 || others != kept {
            return Err(Fault::NotVerified(format!(
                "{left} cookies of the site were still there, and of {kept} others {others}"
            )));
        }
        Ok(())
    }

    /// Whether this is the other text without these ranges, byte for byte.
    fn is_rest_of(&self, whole: &Self, cuts: &[Range<usize>]) -> bool {
        let mut at = 0;
        around(whole.text.len(), cuts).all(|piece| {
            let here = at..at + piece.len();
            at = here.end;
            self.text.get(here) == Some(&whole.text[piece])
        }) && at == self.text.len()
    }

    /// The rows that are to go into each array: not those of which it has another
    /// cookie now, nor those whose array is gone.
    fn wanted_back(
        &self,
        rows: &mut dyn RowSource,
        result: &mut Restored,
    ) -> Result<HashMap<usize, Vec<Row>>, Fault> {
        let places: HashMap<&str, usize> = self
            .arrays
            .iter()
            .enumerate()
            .map(|(a, array)| (&*array.place, a))
            .collect();
        let mut there: HashSet<(usize, Identity)> = HashSet::new();
        for ((a, _), cookie) in self.cookies() {
            there.insert((a, cookie.identity()));
        }
        let mut back: HashMap<usize, Vec<Row>> = HashMap::new();
        while let Some(row) = rows.next_row().map_err(|e| e.fault)? {
            let (place, row) = Row::of(row)?;
            let Some(&a) = places.get(&*place) else {
                result.homeless += 1;
                continue;
            };
            let cookie = self.arrays[a]
                .plain(&row.cookie)
                .and_then(|json| SessionCookie::parse(&json))
                .ok_or_else(|| Fault::BadCopy("a row is no cookie".into()))?;
            if there.contains(&(a, cookie.identity())) {
                result.skipped += 1;
            } else {
                result.restored += 1;
                back.entry(a).or_default().push(row);
            }
        }
        Ok(back)
    }

    /// The text with these rows in these arrays.
    fn with(&self, mut back: HashMap<usize, Vec<Row>>) -> String {
        let more: usize = back
            .values()
            .flatten()
            .map(|row| row.cookie.len() + 1)
            .sum();
        let mut text = String::with_capacity(self.text.len() + more);
        let mut copied = 0;
        for (a, array) in self.arrays.iter().enumerate() {
            let Some(mut rows) = back.remove(&a) else {
                continue;
            };
            text.push_str(&self.text[copied..array.inside.start]);
            rows.sort_by_key(|row| row.index);
            let mut old = array.elements.iter().map(|e| &self.text[e.clone()]);
            let mut new: Vec<&str> = Vec::new();
            for row in &rows {
                while new.len() < row.index
                    && let Some(element) = old.next()
                {
                    new.push(element);
                }
                new.push(&row.cookie);
            }
            new.extend(old);
            text.push_str(&new.join(","));
            copied = array.inside.end;
        }
        text.push_str(&self.text[copied..]);
        text
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
            ) => (text(place), usize::try_from(index).ok(), text(cookie)),
            _ => (None, None, None),
        };
        match parts {
            (Some(place), Some(index), Some(cookie)) => Ok((place, Self { index, cookie })),
            _ => Err(Fault::BadCopy("a row does not fit its store".into())),
        }
    }
}

/// The content of a file at one moment. Firefox renames a new file into its place, so
/// that what was opened stays as it is; whatever else writes is waited for.
fn read_stable(path: &Path) -> Result<Vec<u8>, Fault> {
    let since = Instant::now();
    loop {
        // A pipe would block.
        if !path.metadata()?.is_file() {
            return Err(Fault::NotAFile);
        }
        let mut file = File::open(path)?;
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
            return Err(Fault::Restless);
        }
        thread::sleep(PAUSE);
    }
}

fn stamp(file: &File) -> io::Result<(u64, SystemTime)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified()?))
}
