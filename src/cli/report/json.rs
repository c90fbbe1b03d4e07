//! The machine output, schema 1. Names and meanings are fixed; more may be added.

use std::io::{self, StdoutLock, Write};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use zeroize::Zeroizing;

use super::Renderer;
use crate::browsers::{Found, Job};
use crate::engine::{Cleaned, Event, Looked, Outcome, Summary, Unread};
use crate::model::cookie::SameSite;
use crate::model::error::Error;
use crate::model::item::{Item, Match, MatchedBy};
use crate::model::query::Query;
use crate::model::site_data::{Amount, DataKind, SiteData};
use crate::model::value::{Shown, ValueError};
use crate::store::claim::{InUse, Process, Unseen};
use crate::store::{Counts, Kind, SiteDataSizes};
use crate::wording::text::is_unsafe;

pub(crate) const SCHEMA: u32 = 1;

/// For the rows of a batch; a row with the longest value needs less than half of it.
const ROOM: usize = 256 << 10;

/// Writes a value so that no terminal can be fooled by what is in it: what could move the
/// cursor, hide text or turn it around is escaped. It says the same.
pub(crate) fn write(out: impl Write, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Escaping))
}

struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        /// The first that serde_json does not escape by itself.
        const DELETE: u8 = 0x7f;
        if fragment.bytes().all(|byte| byte < DELETE) {
            return out.write_all(fragment.as_bytes());
        }
        let mut written = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_unsafe(*c)) {
            out.write_all(&fragment.as_bytes()[written..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            written = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[written..])
    }
}

#[derive(Serialize)]
struct CookieRow<'a> {
    browser: &'a str,
    browser_name: &'a str,
    profile: &'a str,
    profile_name: &'a str,
    store: String,
    kind: Kind,
    host: &'a str,
    name: &'a str,
    path: &'a str,
    partition: Option<&'a str>,
    container: Option<&'a str>,
    expires: Option<Timestamp>,
    session: bool,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
    matched_by: MatchedBy,
    login: bool,
    #[serde(flatten)]
    value: Option<ValuePart<'a>>,
}

impl<'a> CookieRow<'a> {
    fn of(job: &Job<'a>, found: &'a Match) -> Self {
        let row = Self {
            browser: job.profile.browser.id,
            browser_name: job.profile.browser.name,
            profile: &job.profile.name,
            profile_name: &job.profile.display_name,
            store: job.store.path().display().to_string(),
            kind: job.store.kind(),
            host: found.item.host(),
            name: name_of_item(&found.item),
            path: "/",
            partition: None,
            container: None,
            expires: None,
            session: true,
            secure: false,
            http_only: false,
            same_site: SameSite::Unspecified,
            matched_by: found.reason,
            login: false,
            value: found.value.as_ref().map(ValuePart::of),
        };
        match &found.item {
            Item::Cookie(cookie) => Self {
                path: &cookie.path,
                partition: cookie.partition.as_deref(),
                container: cookie.container.as_deref(),
                expires: cookie.expires,
                session: cookie.is_session(),
                secure: cookie.secure,
                http_only: cookie.http_only,
                same_site: cookie.same_site,
                login: cookie.is_login(),
                ..row
            },
            Item::DeviceBoundSession(session) => Self {
                secure: session.secure,
                ..row
            },
            Item::SiteData(_) => row,
        }
    }
}

/// What a browser keeps for a storage key.
#[derive(Serialize)]
struct SiteDataRow {
    browser: &'static str,
    browser_name: &'static str,
    profile: String,
    profile_name: String,
    store: String,
    kind: Kind,
    origin: String,
    host: String,
    partition: Option<String>,
    container: Option<String>,
    matched_by: MatchedBy,
    bytes: u64,
    contents: Vec<ContentsRow>,
}

#[derive(Serialize)]
struct ContentsRow {
    kind: DataKind,
    #[serde(flatten)]
    amount: Amount,
}

impl SiteDataRow {
    fn of(job: &Job<'_>, data: &SiteData, matched_by: MatchedBy) -> Self {
        let profile = job.profile;
        Self {
            browser: profile.browser.id,
            browser_name: profile.browser.name,
            profile: profile.name.clone(),
            profile_name: profile.display_name.clone(),
            store: job.store.path().display().to_string(),
            kind: job.store.kind(),
            origin: data.key.origin.clone(),
            host: data.key.host.clone(),
            partition: data.key.partition.clone(),
            container: data.key.container.clone(),
            matched_by,
            bytes: data.bytes(),
            contents: data
                .contents
                .iter()
                .map(|(kind, amount)| ContentsRow {
                    kind: *kind,
                    amount: *amount,
                })
                .collect(),
        }
    }
}

/// What `--show-values` adds to a cookie.
#[derive(Serialize)]
struct ValuePart<'a> {
    value: Option<&'a str>,
    /// `utf-8`, or `base64` where the value is not text.
    value_encoding: Option<&'static str>,
    value_error: Option<String>,
}

impl<'a> ValuePart<'a> {
    fn of(shown: &'a Result<Shown, ValueError>) -> Self {
        match shown {
            Ok(shown) => Self {
                value: Some(&shown.text),
                value_encoding: Some(if shown.is_base64 { "base64" } else { "utf-8" }),
                value_error: None,
            },
            Err(error) => Self {
                value: None,
                value_encoding: None,
                value_error: Some(error.to_string()),
            },
        }
    }
}

#[derive(Serialize)]
struct StoreRow {
    browser: &'static str,
    profile: String,
    profile_dir: String,
    store: String,
    kind: Kind,
    in_use: bool,
    total: Option<u64>,
    matched: Option<u64>,
    also_sent: Option<u64>,
    elsewhere: Option<u64>,
    /// Storage keys whose data matches, where that was asked for, and their bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_data: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site_data_bytes: Option<u64>,
    older_copy: bool,
    #[serde(flatten)]
    deletion: Option<DeletionPart>,
    status: &'static str,
    error: Option<String>,
    error_code: Option<&'static str>,
}

#[derive(Serialize)]
struct DeletionPart {
    deleted: u64,
    kept: Option<u64>,
    in_use_by: Vec<ProcessRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_use_why: Option<Why>,
}

/// What shows that something is in use, and why it may be although no window is seen.
#[derive(Serialize)]
pub(crate) struct Why {
    evidence: String,
    unseen: Option<&'static str>,
}

impl Why {
    pub(crate) fn of(user: &InUse) -> Self {
        Self {
            evidence: user.evidence.to_string(),
            unseen: user.unseen.as_ref().map(name_of),
        }
    }
}

fn name_of(unseen: &Unseen) -> &'static str {
    match unseen {
        Unseen::BackgroundApps => "background-apps",
        Unseen::StartupBoost => "startup-boost",
        Unseen::BackgroundTask(_) => "background-task",
        Unseen::Headless => "headless",
        Unseen::Remnant => "remnant",
        Unseen::Cookieclean => "cookieclean",
    }
}

/// A process that has a profile open.
#[derive(Serialize)]
pub(crate) struct ProcessRow {
    pid: u32,
    name: String,
    since: Option<Timestamp>,
}

/// Something that is there and cannot be read or used, outside of any store.
#[derive(Serialize)]
pub(crate) struct Problem {
    path: String,
    error: String,
    error_code: &'static str,
}

/// The processes that are named.
pub(crate) fn processes(user: Option<&InUse>) -> Vec<ProcessRow> {
    let row = |process: &Process| ProcessRow {
        pid: process.pid,
        name: process.name.clone(),
        since: process.since,
    };
    user.map(|user| user.by.iter().map(row).collect())
        .unwrap_or_default()
}

impl Problem {
    pub(crate) fn of(error: &Error) -> Self {
        Self {
            path: error.path.display().to_string(),
            error: error.fault.to_string(),
            error_code: error.code(),
        }
    }
}

/// What could not be searched.
pub(crate) fn problems(found: &Found) -> Vec<Problem> {
    found.problems.iter().map(Problem::of).collect()
}

impl StoreRow {
    fn of(job: &Job<'_>, status: &'static str) -> Self {
        Self {
            browser: job.profile.browser.id,
            profile: job.profile.name.clone(),
            profile_dir: job.profile.dir.display().to_string(),
            store: job.store.path().display().to_string(),
            kind: job.store.kind(),
            in_use: false,
            total: None,
            matched: None,
            also_sent: None,
            elsewhere: None,
            site_data: None,
            site_data_bytes: None,
            older_copy: job.store.is_older_copy(),
            deletion: None,
            status,
            error: None,
            error_code: None,
        }
    }

    fn count_site_data(&mut self, sizes: &SiteDataSizes) {
        if !sizes.is_empty() || self.kind.is_site_data() {
            self.site_data = Some(sizes.len() as u64);
            self.site_data_bytes = Some(sizes.values().sum());
        }
    }

    fn count(&mut self, counts: &Counts) {
        self.count_site_data(&counts.site_data);
        self.total = Some(counts.total);
        self.matched = Some(counts.matched);
        self.also_sent = Some(counts.also_sent + counts.bound_sessions);
        self.elsewhere = Some(counts.elsewhere);
    }

    fn failed(&mut self, error: &Error) {
        self.status = "error";
        self.error = Some(error.to_string());
        self.error_code = Some(error.code());
    }
}

/// `list`, written as it goes, so that memory does not grow with what is found.
pub(crate) struct JsonListing {
    out: StdoutLock<'static>,
    stores: Vec<StoreRow>,
    /// Where it was asked for.
    site_data: Option<Vec<SiteDataRow>>,
    problems: Vec<Problem>,
    is_first: bool,
}

impl JsonListing {
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn begin(query: &Query) -> io::Result<Self> {
        let mut out = io::stdout().lock();
        let domains: Vec<_> = query.domains.iter().map(|d| d.as_str()).collect();
        write!(out, "{{\"schema\":{SCHEMA},\"domains\":")?;
        self::write(&mut out, &domains)?;
        write!(out, ",\"cookies\":[")?;
        Ok(Self {
            out,
            stores: Vec::new(),
            site_data: query.site_data.then(Vec::new),
            problems: Vec::new(),
            is_first: true,
        })
    }

    fn cookies(&mut self, job: &Job<'_>, matches: &[Match]) -> io::Result<()> {
        // With room for values, so that none is left behind where it had to grow.
        let has_values = matches.iter().any(|shown| shown.value.is_some());
        let room = if has_values { ROOM } else { 0 };
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        for found in matches {
            if let Item::SiteData(data) = &found.item {
                let row = SiteDataRow::of(job, data, found.reason);
                self.site_data.get_or_insert_default().push(row);
                continue;
            }
            if !std::mem::take(&mut self.is_first) {
                text.push(b',');
            }
            let row = CookieRow::of(job, found);
            self::write(&mut *text, &row)?;
            if text.len() > ROOM / 2 {
                self.out.write_all(&text)?;
                text.clear();
            }
        }
        self.out.write_all(&text)
    }

    fn store(&mut self, job: &Job<'_>, looked: &Looked) {
        let mut row = StoreRow::of(job, "ok");
        row.in_use = looked.in_use.is_some();
        match &looked.outcome {
            Ok(counts) => row.count(counts),
            Err(Unread::InUse { .. }) => row.status = "in-use",
            Err(Unread::Failed(error)) => row.failed(error),
        }
        self.stores.push(row);
    }
}

impl Renderer for JsonListing {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Searched(found) => self.problems = problems(found),
            Event::Matches { job, matches, .. } => self.cookies(job, matches)?,
            Event::Looked { job, looked } => self.store(job, looked),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        write!(self.out, "]")?;
        if let Some(site_data) = &self.site_data {
            write!(self.out, ",\"site_data\":")?;
            self::write(&mut self.out, site_data)?;
        }
        write!(self.out, ",\"stores\":")?;
        self::write(&mut self.out, &self.stores)?;
        write!(self.out, ",\"related\":")?;
        self::write(&mut self.out, &summary.related)?;
        write!(self.out, ",\"problems\":")?;
        self::write(&mut self.out, &self.problems)?;
        writeln!(self.out, "}}")?;
        self.out.flush()
    }
}

/// A deletion, written at its end.
#[derive(Serialize)]
pub(crate) struct JsonDeletion {
    schema: u32,
    domains: Vec<String>,
    deleted: u64,
    /// Storage keys whose data was deleted, where that was asked for, and their bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_data: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site_data_bytes: Option<u64>,
    stores: Vec<StoreRow>,
    undo: Option<UndoRow>,
    /// Other sites of the same service that have cookies.
    related: Vec<String>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct UndoRow {
    id: String,
}

impl JsonDeletion {
    pub(crate) fn begin(query: &Query) -> Self {
        Self {
            schema: SCHEMA,
            domains: query.domain_names(),
            deleted: 0,
            site_data: query.site_data.then_some(0),
            site_data_bytes: query.site_data.then_some(0),
            stores: Vec::new(),
            undo: None,
            related: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn store(&mut self, job: &Job<'_>, cleaned: &Cleaned) {
        let mut row = StoreRow::of(job, "cleaned");
        let mut part = DeletionPart {
            deleted: 0,
            kept: cleaned.counts.as_ref().map(|counts| counts.total),
            in_use_by: Vec::new(),
            in_use_why: None,
        };
        if let Some(counts) = &cleaned.counts {
            row.count(counts);
        }
        match &cleaned.outcome {
            Outcome::Cleaned {
                deleted,
                kept,
                site_data,
                trouble,
            } => {
                row.count_site_data(site_data);
                part.deleted = *deleted;
                part.kept = Some(*kept);
                if let Some(error) = trouble {
                    row.failed(error);
                }
            }
            Outcome::NothingMatched => row.status = "nothing-matched",
            Outcome::InUse(user) => {
                row.status = "in-use";
                row.in_use = true;
                part.in_use_by = processes(Some(user));
                part.in_use_why = Some(Why::of(user));
            }
            Outcome::Failed(error) => row.failed(error),
            Outcome::Interrupted => row.status = "interrupted",
        }
        row.deletion = Some(part);
        self.stores.push(row);
    }
}

impl Renderer for JsonDeletion {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Searched(found) => self.problems = problems(found),
            Event::Cleaned { job, cleaned } => self.store(job, cleaned),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        self.deleted = summary.deleted;
        if self.site_data.is_some() {
            self.site_data = Some(summary.site_data.keys);
            self.site_data_bytes = Some(summary.site_data.bytes);
        }
        self.undo = summary.undo.clone().map(|id| UndoRow { id });
        self.related.clone_from(&summary.related);
        crate::cli::print_json(self)
    }
}

/// What an item is called in the JSON, in every language.
fn name_of_item(item: &Item) -> &str {
    match item {
        Item::Cookie(cookie) => &cookie.name,
        Item::DeviceBoundSession(_) => "(device-bound session)",
        Item::SiteData(_) => "(site data)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_that_fools_a_terminal_is_written() {
        let unsafe_ones: String = (0..=u32::from(char::MAX))
            .filter_map(char::from_u32)
            .filter(|c| is_unsafe(*c))
            .collect();
        for named in "\u{7f}\u{80}\u{9b}\u{9f}\u{200e}\u{200f}\u{61c}\u{202a}\u{202e}\u{2066}\u{2069}\u{2028}\u{2029}\u{200b}\u{feff}\u{e0001}".chars() {
            assert!(unsafe_ones.contains(named), "{named:?}");
        }
        let text = format!("a\u{e9}{unsafe_ones}\"\\\u{1f600}z");
        let mut json = Vec::new();
        write(&mut json, &text).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert!(!json.contains(is_unsafe), "{json}");
        assert!(
            json.contains("a\u{e9}") && json.ends_with("\u{1f600}z\""),
            "{json}"
        );
        assert!(
            json.contains("\\u007f\\u0080") && json.contains("\\udb40\\udc01"),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
