//! What a person reads.

use std::io::{self, Write};
use std::ptr;

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::text::{count, grouped, plain_table, safe};
use super::{Cleaning, Listing, warn};
use crate::browsers::Family;
use crate::claim::InUse;
use crate::clean::{Cleaned, Looked, Outcome, Unread};
use crate::cookie::{Cookie, MatchedBy, Query};
use crate::discover::{Found, Job, Profile};
use crate::domain::{Domain, site_of};

const TITLE: Style = Style::new().bold();
const OPEN: Style = AnsiColor::Yellow.on_default();

/// The listing and the deletion as they are told to a person.
pub struct Human<'a> {
    out: Box<dyn Write>,
    query: &'a Query,
    /// The profile that was printed last.
    current: Option<*const Profile>,
    matched: u64,
    kept: u64,
    also_sent: u64,
    matched_profiles: u64,
    /// Profiles that are in use, and what shows it.
    skipped: Vec<(String, InUse)>,
    told: Vec<Cookie>,
    interrupted: bool,
    failed: bool,
    quiet: bool,
    verbose: bool,
}

impl<'a> Human<'a> {
    /// Tells it on standard output.
    pub fn new(query: &'a Query, quiet: bool, verbose: bool) -> Self {
        Self::to(Box::new(anstream::stdout().lock()), query, quiet, verbose)
    }

    /// Tells it there.
    pub fn to(out: Box<dyn Write>, query: &'a Query, quiet: bool, verbose: bool) -> Self {
        Self {
            out,
            query,
            current: None,
            matched: 0,
            kept: 0,
            also_sent: 0,
            matched_profiles: 0,
            skipped: Vec::new(),
            told: Vec::new(),
            interrupted: false,
            failed: false,
            quiet,
            verbose,
        }
    }

    /// How many cookies were told of.
    pub fn matched(&self) -> u64 {
        self.matched
    }

    fn title(&mut self, profile: &Profile, remark: &str) -> io::Result<()> {
        if self.current.is_some_and(|p| ptr::eq(p, profile)) {
            return Ok(());
        }
        if self.current.is_some() {
            writeln!(self.out)?;
        }
        self.current = Some(ptr::from_ref(profile));
        let style = TITLE;
        writeln!(self.out, "{style}{}{style:#}{remark}", title_of(profile))
    }

    fn table(&mut self, profile: &Profile, cookies: &[Cookie]) -> io::Result<()> {
        if self.quiet || cookies.is_empty() {
            return Ok(());
        }
        if self.current.is_none_or(|p| !ptr::eq(p, profile)) {
            self.matched_profiles += 1;
        }
        let remark = match profile.guard.in_use() {
            Ok(Some(_)) => format!("  {OPEN}open{OPEN:#}"),
            _ => String::new(),
        };
        self.title(profile, &remark)?;
        let now = Timestamp::now();
        let mut table = plain_table();
        for cookie in cookies {
            table.add_row([
                format!(" {}", safe(&cookie.host)),
                safe(&cookie.name).into_owned(),
                lifetime(cookie, now),
                remarks(cookie),
            ]);
        }
        writeln!(self.out, "{}", table.trim_fmt())
    }

    fn domains(&self) -> String {
        let names: Vec<_> = self.query.domains.iter().map(Domain::as_str).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
            None => String::new(),
        }
    }

    fn skip(&mut self, profile: &Profile, user: &InUse) {
        let title = title_of(profile);
        if !self.skipped.iter().any(|(known, _)| *known == title) {
            self.skipped.push((title, user.clone()));
        }
    }

    /// Cookies of hosts above a subdomain, which stay although they are sent to it.
    fn tell_also_sent(&mut self) -> io::Result<()> {
        if self.also_sent == 0 || self.quiet {
            return Ok(());
        }
        let sites: Vec<_> = self
            .query
            .domains
            .iter()
            .map(|domain| site_of(domain.as_str()))
            .collect();
        writeln!(
            self.out,
            "{} of hosts above are sent to {} too, and stay; \"cookieclean {}\" takes them along.",
            count(self.also_sent, "cookie"),
            self.domains(),
            sites.join(" ")
        )
    }

    /// Where was looked, when nothing was found at all.
    fn tell_nothing_found(&mut self, found: &Found) -> io::Result<()> {
        writeln!(self.out, "No browser profile was found. Looked in:")?;
        for folder in &found.looked_in {
            writeln!(self.out, "  {}", safe(&folder.display().to_string()))?;
        }
        writeln!(
            self.out,
            "If a browser keeps its profiles elsewhere, name the folder with --profile-dir."
        )
    }
}

impl Listing for Human<'_> {
    fn cookies(&mut self, job: &Job<'_>, cookies: &[Cookie]) -> io::Result<()> {
        self.table(job.profile, cookies)
    }

    fn store(&mut self, job: &Job<'_>, looked: &Looked) -> io::Result<()> {
        if let Ok(counts) = &looked.outcome {
            self.matched += counts.matched;
            self.also_sent += counts.also_sent;
        }
        match (&looked.outcome, &looked.in_use) {
            (Err(Unread::Failed(error)), _) => {
                self.failed = true;
                super::error(error);
            }
            (Err(Unread::InUse), user) => {
                let user = user.clone().unwrap_or_else(|| InUse {
                    by: Vec::new(),
                    evidence: "its store is locked".into(),
                });
                self.skip(job.profile, &user);
            }
            (Ok(_), _) => {}
        }
        if self.verbose {
            writeln!(self.out, "{}", looked_line(job, looked))?;
        }
        Ok(())
    }

    fn end(&mut self, found: &Found) -> io::Result<()> {
        for (title, user) in &self.skipped {
            warn(&format!(
                "{title} could not be read, since it is open{}. Close it and look again.",
                by_whom(user)
            ));
        }
        if self.quiet {
            return Ok(());
        }
        if found.profiles.is_empty() {
            return self.tell_nothing_found(found);
        }
        if self.current.is_some() {
            writeln!(self.out)?;
        }
        let domains = self.domains();
        if self.matched == 0 {
            let read = match self.failed || !self.skipped.is_empty() {
                true => "what could be read".into(),
                false => count(found.profiles.len() as u64, "profile"),
            };
            writeln!(self.out, "No cookies of {domains} in {read}.")?;
        } else {
            writeln!(
                self.out,
                "{} of {domains} in {} of {}. Nothing was changed.",
                count(self.matched, "cookie"),
                grouped(self.matched_profiles),
                count(found.profiles.len() as u64, "profile"),
            )?;
        }
        self.tell_also_sent()
    }
}

impl Cleaning for Human<'_> {
    fn cookies(&mut self, _: &Job<'_>, cookies: &[Cookie]) -> io::Result<()> {
        self.told.extend_from_slice(cookies);
        Ok(())
    }

    fn store(&mut self, job: &Job<'_>, cleaned: &Cleaned) -> io::Result<()> {
        let told = std::mem::take(&mut self.told);
        if let Some(counts) = &cleaned.counts {
            self.also_sent += counts.also_sent;
        }
        match &cleaned.outcome {
            Outcome::Cleaned {
                deleted,
                kept,
                trouble,
            } => {
                self.table(job.profile, &told)?;
                self.matched += deleted;
                self.kept += kept;
                let more = deleted.saturating_sub(told.len() as u64);
                if more > 0 && !self.quiet {
                    writeln!(self.out, "  and {} more", grouped(more))?;
                }
                if let Some(error) = trouble {
                    super::error(error);
                }
            }
            Outcome::NothingMatched => self.kept += cleaned.counts.map_or(0, |c| c.total),
            Outcome::InUse(user) => self.skip(job.profile, user),
            Outcome::Failed(error) => {
                self.failed = true;
                super::error(error);
            }
            Outcome::Interrupted => self.interrupted = true,
        }
        Ok(())
    }

    fn end(&mut self, found: &Found, undo: Option<&str>) -> io::Result<()> {
        if self.current.is_some() {
            writeln!(self.out)?;
        }
        for (title, user) in &self.skipped {
            warn(&format!(
                "skipped {title}, since it is open{}. Close it and run this again.",
                by_whom(user)
            ));
        }
        if self.interrupted {
            warn("interrupted; the stores that were not begun are as they were");
        }
        if self.quiet {
            return Ok(());
        }
        if found.profiles.is_empty() {
            return self.tell_nothing_found(found);
        }
        let domains = self.domains();
        if self.matched == 0 {
            match (self.failed || self.interrupted, self.skipped.is_empty()) {
                (true, _) => writeln!(self.out, "Nothing was deleted.")?,
                (false, false) => writeln!(
                    self.out,
                    "Nothing was deleted: no cookies of {domains} in the profiles that are closed."
                )?,
                (false, true) => writeln!(
                    self.out,
                    "Nothing was deleted: no cookies of {domains} in {}.",
                    count(found.profiles.len() as u64, "profile")
                )?,
            }
            return self.tell_also_sent();
        }
        writeln!(
            self.out,
            "Deleted {} of {domains} from {}; {} kept.",
            count(self.matched, "cookie"),
            count(self.matched_profiles, "profile"),
            match self.kept {
                1 => "1 other was".into(),
                n => format!("{} others were", grouped(n)),
            },
        )?;
        self.tell_also_sent()?;
        match undo {
            Some(id) => writeln!(
                self.out,
                "To put them back, within 7 days: cookieclean undo {id}"
            )?,
            None => writeln!(self.out, "No copy was kept.")?,
        }
        writeln!(
            self.out,
            "Only cookies were deleted: localStorage, IndexedDB and the cache of {domains} are \
             still there."
        )?;
        let has_session_files = |profile: &Profile| profile.browser.family == Family::Gecko;
        if found.profiles.iter().any(has_session_files) {
            writeln!(
                self.out,
                "Firefox may bring session cookies back when it restores a session: its session \
                 files are not cleaned yet."
            )?;
        }
        Ok(())
    }
}

/// `Google Chrome, profile Work (Profile 1)`.
pub fn title_of(profile: &Profile) -> String {
    let shown = safe(&profile.display_name);
    let name = profile.browser.name;
    if profile.display_name == profile.name {
        format!("{name}, profile {shown}")
    } else {
        format!("{name}, profile {shown} ({})", safe(&profile.name))
    }
}

/// ` (chrome, process 4242)`; what shows it, when no process can be named.
pub fn by_whom(user: &InUse) -> String {
    if user.by.is_empty() {
        return format!(" ({})", user.evidence);
    }
    let named: Vec<_> = user
        .by
        .iter()
        .map(|process| format!("{}, process {}", process.name, process.pid))
        .collect();
    format!(" ({})", named.join("; "))
}

/// Until when a cookie lasts, in local time; to the minute when that is soon.
fn lifetime(cookie: &Cookie, now: Timestamp) -> String {
    let Some(expires) = cookie.expires else {
        return "session".into();
    };
    if expires <= now {
        return "expired".into();
    }
    let soon = now.duration_until(expires) < SignedDuration::from_hours(48);
    let format = if soon { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
    let local = expires.to_zoned_datetime(TimeZone::system());
    format!("until {}", local.strftime(format))
}

fn remarks(cookie: &Cookie) -> String {
    let mut remarks = Vec::new();
    if let Some(site) = &cookie.partition {
        remarks.push(match cookie.matched_by {
            MatchedBy::Partition => format!("embedded in {}", safe(site)),
            MatchedBy::Host => format!("only under {}", safe(site)),
        });
    }
    if let Some(container) = &cookie.container {
        remarks.push(format!("container {}", safe(container)));
    }
    if cookie.path != "/" {
        remarks.push(format!("path {}", safe(&cookie.path)));
    }
    remarks.join(", ")
}

fn looked_line(job: &Job<'_>, looked: &Looked) -> String {
    let path = job.store.path().display().to_string();
    let what = match &looked.outcome {
        Ok(counts) => format!(
            "{} of {} match",
            grouped(counts.matched),
            grouped(counts.total)
        ),
        Err(Unread::InUse) => "in use".into(),
        Err(Unread::Failed(_)) => "not read".into(),
    };
    format!("  ({}: {what})", safe(&path))
}
