//! What a person reads.

use std::collections::HashSet;
use std::io::{self, Write};
use std::ptr;

use anstyle::{AnsiColor, Style};
use comfy_table::{ColumnConstraint, Table, Width};
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

use super::text::{count, cut, grouped, plain_table, safe, terminal_width};
use super::words::{
    WIDEST_HOST, WIDEST_NAME, lifetime, listed, looked_line, name_of, nothing_found, remarks,
    since_in_use, title_of,
};
use super::{Cleaning, Listing, warn};
use crate::claim::InUse;
use crate::clean::{Cleaned, Looked, Outcome, Unread};
use crate::cookie::{Cookie, Query};
use crate::discover::{Found, Job, Profile};
use crate::domain::{Domain, site_of};
use crate::reveal::Reveal;
use crate::services::service_of;
use crate::store::{Counts, Kind};

/// In front of what belongs to the line above.
const DEEPER: &str = "      ";
/// Where there is no terminal that has one.
const USUAL_WIDTH: usize = 80;
/// However narrow the terminal is.
const LEAST_OF_A_VALUE: usize = 20;

/// Of a column, left and right together.
const PADDING: u16 = 2;

const TITLE: Style = Style::new().bold();
const OPEN: Style = AnsiColor::Yellow.on_default();

/// By what a person tells cookies apart: host, name, path, partition, container.
type SessionRow = (String, String, String, Option<String>, Option<String>);

fn row_of(cookie: &Cookie) -> SessionRow {
    (
        cookie.host.clone(),
        cookie.name.clone(),
        cookie.path.clone(),
        cookie.partition.clone(),
        cookie.container.clone(),
    )
}

/// Profiles of one browser that are in use by the same.
struct Skipped {
    browser: &'static str,
    profiles: Vec<String>,
    user: InUse,
    /// Of the site's cookies, as far as they could be seen.
    cookies: u64,
}

impl Skipped {
    fn title(&self) -> String {
        let noun = if self.profiles.len() == 1 {
            "profile"
        } else {
            "profiles"
        };
        format!("{}, {noun} {}", self.browser, listed(&self.profiles))
    }
}

/// The listing and the deletion as they are told to a person.
pub struct Human<'a> {
    out: Box<dyn Write>,
    query: &'a Query,
    /// The profile that was printed last.
    current: Option<*const Profile>,
    /// Of its columns.
    widths: [usize; 3],
    /// The profile that was counted last.
    last_matched: Option<*const Profile>,
    matched: u64,
    kept: u64,
    also_sent: u64,
    elsewhere: u64,
    related: u32,
    /// Sites of which a device-bound session stays.
    still_bound: bool,
    matched_profiles: u64,
    /// Of those that matched, the ones in profiles that are in use.
    open: u64,
    is_any_open: bool,
    /// Profiles that are in use, and what shows it.
    skipped: Vec<Skipped>,
    told: Vec<Cookie>,
    interrupted: bool,
    failed: bool,
    /// What was shown of the session files of the current profile: of several that
    /// have the same cookie, one is enough to read.
    in_session: HashSet<SessionRow>,
    /// Cookies that were counted and not shown for that.
    repeated: u64,
    was_waited: bool,
    /// Cookies are not listed once more.
    pub is_brief: bool,
    /// What is listed is about to be deleted.
    pub is_preview: bool,
    /// What shows values, when they are to be shown.
    pub reveal: Option<Reveal>,
    /// However long they are.
    pub is_full: bool,
    /// A value was cut.
    was_cut: bool,
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
            widths: [0; 3],
            last_matched: None,
            matched: 0,
            kept: 0,
            also_sent: 0,
            elsewhere: 0,
            related: 0,
            still_bound: false,
            matched_profiles: 0,
            open: 0,
            is_any_open: false,
            skipped: Vec::new(),
            told: Vec::new(),
            interrupted: false,
            failed: false,
            in_session: HashSet::new(),
            repeated: 0,
            was_waited: false,
            is_brief: false,
            is_preview: false,
            reveal: None,
            is_full: false,
            was_cut: false,
            quiet,
            verbose,
        }
    }

    /// How many cookies were told of.
    pub fn matched(&self) -> u64 {
        self.matched
    }

    /// Whether this is another profile than the last one.
    fn begins(&mut self, profile: &Profile) -> bool {
        let last = self.current.replace(ptr::from_ref(profile));
        let is_other = last.is_none_or(|last| !ptr::eq(last, profile));
        if is_other {
            self.in_session.clear();
        }
        is_other
    }

    fn title(&mut self, profile: &Profile, remark: &str) -> io::Result<()> {
        let is_first = self.current.is_none();
        if !self.begins(profile) {
            return Ok(());
        }
        self.widths = [0; 3];
        if !is_first {
            writeln!(self.out)?;
        }
        let style = TITLE;
        writeln!(self.out, "{style}{}{style:#}{remark}", title_of(profile))
    }

    /// Those cookies of a store that were not shown as another's of the same profile.
    fn unseen<'c>(&mut self, job: &Job<'_>, cookies: &'c [Cookie]) -> Vec<&'c Cookie> {
        let is_session = job.store.kind() == Kind::FirefoxSession;
        let all = cookies.len();
        let unseen: Vec<_> = cookies
            .iter()
            .filter(|cookie| !is_session || self.in_session.insert(row_of(cookie)))
            .collect();
        self.repeated += (all - unseen.len()) as u64;
        unseen
    }

    fn table(&mut self, job: &Job<'_>, cookies: &[Cookie]) -> io::Result<()> {
        let profile = job.profile;
        if self.quiet || cookies.is_empty() {
            return Ok(());
        }
        let remark = match profile.guard.in_use() {
            Ok(Some(_)) => format!("  {OPEN}open{OPEN:#}"),
            _ => String::new(),
        };
        self.title(profile, &remark)?;
        let now = Timestamp::now();
        let cookies = self.unseen(job, cookies);
        if cookies.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = cookies
            .iter()
            .map(|cookie| {
                let host = format!(" {}", cut(&cookie.host, WIDEST_HOST));
                let name = cut(&cookie.name, WIDEST_NAME);
                ([host, name, lifetime(cookie, now)], remarks(job, cookie))
            })
            .collect();
        for (columns, _) in &rows {
            for (widest, column) in self.widths.iter_mut().zip(columns) {
                *widest = column.width().max(*widest);
            }
        }
        let mut table = plain_table();
        for (columns, remark) in &rows {
            table.add_row(columns.iter().chain([remark]));
        }
        self.align(&mut table);
        let mut whole = table.trim_fmt();
        // What is too wide for the terminal gets a line of its own.
        let is_wide = whole.lines().any(|line| line.width() > terminal_width());
        if is_wide {
            let mut table = plain_table();
            for (columns, _) in &rows {
                table.add_row(columns);
            }
            self.align(&mut table);
            whole = table.trim_fmt();
        }
        for ((line, (_, remark)), cookie) in whole.lines().zip(&rows).zip(cookies) {
            writeln!(self.out, "{line}")?;
            if is_wide && !remark.is_empty() {
                writeln!(self.out, "{DEEPER}{remark}")?;
            }
            self.value(profile, cookie)?;
        }
        Ok(())
    }

    /// The value of a cookie, below its line.
    fn value(&mut self, profile: &Profile, cookie: &Cookie) -> io::Result<()> {
        let Some(reveal) = &mut self.reveal else {
            return Ok(());
        };
        let shown = match reveal.value(profile, cookie) {
            Ok(shown) => shown,
            Err(error) => {
                let error = error.to_string();
                return writeln!(self.out, "{DEEPER}value not shown: {}", safe(&error));
            }
        };
        let title = match (shown.is_base64, shown.text.is_empty()) {
            (_, true) => "value: (empty)",
            (false, _) => "value: ",
            (true, _) => "value (no text, so in base64): ",
        };
        let width = match terminal_width() {
            usize::MAX => USUAL_WIDTH,
            width => width,
        };
        let room = width.saturating_sub(DEEPER.len() + title.len() + 1);
        let room = if self.is_full {
            usize::MAX
        } else {
            room.max(LEAST_OF_A_VALUE)
        };
        self.was_cut |= shown.text.chars().nth(room).is_some();
        let text = Zeroizing::new(cut(&shown.text, room));
        writeln!(self.out, "{DEEPER}{title}{}", *text)
    }

    /// Makes the columns at least as wide as those of the profile's stores before.
    fn align(&self, table: &mut Table) {
        for (index, widest) in self.widths.iter().enumerate() {
            if let Some(column) = table.column_mut(index) {
                let widest = u16::try_from(*widest).unwrap_or(u16::MAX);
                let width = widest.saturating_add(PADDING);
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
            }
        }
    }

    fn domains(&self) -> String {
        let names: Vec<_> = self.query.domains.iter().map(Domain::as_str).collect();
        listed(&names)
    }

    /// The domains, and that not all of their cookies are meant.
    fn what(&self) -> String {
        match self.query.is_of_whole_sites() || self.query.exact {
            true => self.domains(),
            false => format!("{} as narrowed down", self.domains()),
        }
    }

    fn skip(&mut self, profile: &Profile, user: &InUse, cookies: u64) {
        let browser = profile.browser.name;
        let name = name_of(profile);
        let same = |s: &&mut Skipped| s.browser == browser && s.user == *user;
        match self.skipped.iter_mut().find(same) {
            Some(skipped) => {
                skipped.cookies += cookies;
                if !skipped.profiles.contains(&name) {
                    skipped.profiles.push(name);
                }
            }
            None => self.skipped.push(Skipped {
                browser,
                profiles: vec![name],
                user: user.clone(),
                cookies,
            }),
        }
    }

    /// Why more were counted than shown.
    fn tell_repeated(&mut self) -> io::Result<()> {
        let (are, same) = match self.repeated {
            0 => return Ok(()),
            1 => ("is", "a cookie shown above"),
            _ => ("are", "cookies shown above"),
        };
        writeln!(
            self.out,
            "{} of them {are} in a second session file, the same as {same}.",
            grouped(self.repeated)
        )
    }

    /// Takes note of what else a store has to do with what was asked for.
    fn note(&mut self, job: &Job<'_>, counts: &Counts) {
        self.elsewhere += counts.elsewhere;
        self.related |= counts.related;
        match job.store.kind() {
            Kind::DeviceBound => self.still_bound |= counts.also_sent > 0,
            _ => self.also_sent += counts.also_sent,
        }
    }

    /// Tells what else there is, and how it would be taken along.
    fn tell_the_rest(&mut self) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        let domains = self.domains();
        let mut sites: Vec<_> = self
            .query
            .domains
            .iter()
            .map(|domain| site_of(domain.as_str()))
            .collect();
        sites.dedup();
        let sites = sites.join(" ");
        if self.also_sent > 0 {
            writeln!(
                self.out,
                "{} to {domains} too, and {};\n\"cookieclean {sites}\" takes {} along.",
                match self.also_sent {
                    1 => "1 cookie of a host above is sent".to_owned(),
                    n => format!("{} of hosts above are sent", count(n, "cookie")),
                },
                if self.also_sent == 1 { "stays" } else { "stay" },
                if self.also_sent == 1 { "it" } else { "them" },
            )?;
        }
        if self.still_bound {
            writeln!(
                self.out,
                "A device-bound session of the whole site stays, and may bring cookies back;\n\
                 \"cookieclean {sites}\" takes it along."
            )?;
        }
        let related = self.query.related_of(self.related);
        for domain in &self.query.domains {
            let Some(service) = service_of(domain) else {
                continue;
            };
            let others: Vec<_> = related
                .iter()
                .filter(|site| service.sites.contains(&site.as_str()))
                .collect();
            if !others.is_empty() {
                writeln!(
                    self.out,
                    "{} has cookies at {} too: \"cookieclean {domain} --related\" takes them along.",
                    service.name,
                    listed(&others),
                )?;
            }
        }
        Ok(())
    }

    /// Of what matched, what the site set while embedded in another.
    fn tell_elsewhere(&mut self, what: &str) -> io::Result<()> {
        match self.elsewhere {
            0 => Ok(()),
            1 => writeln!(
                self.out,
                "1 of them lies partitioned under another site{}.",
                what.replace("were", "was")
            ),
            n => writeln!(
                self.out,
                "{} of them lie partitioned under other sites{what}.",
                grouped(n)
            ),
        }
    }
}

impl Listing for Human<'_> {
    fn cookies(&mut self, job: &Job<'_>, cookies: &[Cookie]) -> io::Result<()> {
        self.table(job, cookies)
    }

    fn store(&mut self, job: &Job<'_>, looked: &Looked) -> io::Result<()> {
        if let Ok(counts) = &looked.outcome {
            self.matched += counts.matched;
            self.note(job, counts);
            if counts.matched > 0 && self.last_matched != Some(ptr::from_ref(job.profile)) {
                self.last_matched = Some(ptr::from_ref(job.profile));
                self.matched_profiles += 1;
            }
        }
        self.is_any_open |= looked.in_use.is_some();
        match (&looked.outcome, &looked.in_use) {
            (Err(Unread::Failed(error)), _) => {
                self.failed = true;
                super::error(error);
            }
            (Err(Unread::InUse), user) => {
                let locked = || InUse::shown_by("its store is locked".into());
                let user = user.clone().unwrap_or_else(locked);
                self.skip(job.profile, &user, 0);
            }
            (Ok(counts), Some(_)) => self.open += counts.matched,
            (Ok(_), None) => {}
        }
        if self.verbose {
            self.title(job.profile, "")?;
            writeln!(self.out, "{}", looked_line(job, looked))?;
        }
        Ok(())
    }

    fn end(&mut self, found: &Found) -> io::Result<()> {
        for skipped in &self.skipped {
            warn(&format!(
                "{} could not be read, {}. Close it and look again.",
                skipped.title(),
                since_in_use(&skipped.user)
            ));
        }
        if self.quiet {
            return Ok(());
        }
        if found.profiles.is_empty() {
            return nothing_found(&mut self.out, found);
        }
        if self.current.is_some() {
            writeln!(self.out)?;
        }
        if self.matched == 0 {
            let read = match self.failed || !self.skipped.is_empty() {
                true => "what could be read".into(),
                false => count(found.profiles.len() as u64, "profile"),
            };
            writeln!(self.out, "No cookies of {} in {read}.", self.what())?;
        } else {
            writeln!(
                self.out,
                "{} of {} in {} of {}.{}",
                count(self.matched, "cookie"),
                self.what(),
                grouped(self.matched_profiles),
                count(found.profiles.len() as u64, "profile"),
                if self.is_preview {
                    ""
                } else {
                    " Nothing was changed."
                }
            )?;
        }
        if self.matched > 0 {
            self.tell_elsewhere("")?;
        }
        self.tell_repeated()?;
        if self.was_cut {
            writeln!(self.out, "Long values were cut; --full shows them whole.")?;
        }
        if self.is_preview && self.open > 0 {
            writeln!(
                self.out,
                "{} of them are in profiles that are open, and would be skipped.",
                grouped(self.open)
            )?;
        } else if self.is_any_open {
            writeln!(
                self.out,
                "An open browser may have cookies that it has not written yet."
            )?;
        }
        self.tell_the_rest()
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
            self.note(job, counts);
        }
        match &cleaned.outcome {
            Outcome::Cleaned {
                deleted,
                kept,
                trouble,
            } => {
                if self.last_matched != Some(ptr::from_ref(job.profile)) {
                    self.last_matched = Some(ptr::from_ref(job.profile));
                    self.matched_profiles += 1;
                }
                if !self.is_brief {
                    self.table(job, &told)?;
                }
                self.matched += deleted;
                self.kept += kept;
                let more = deleted.saturating_sub(told.len() as u64);
                if more > 0 && !self.quiet && !self.is_brief {
                    writeln!(self.out, "  and {} more", grouped(more))?;
                }
                if let Some(error) = trouble {
                    super::error(error);
                }
            }
            Outcome::NothingMatched => self.kept += cleaned.counts.map_or(0, |c| c.total),
            Outcome::InUse(user) => {
                self.skip(job.profile, user, cleaned.counts.map_or(0, |c| c.matched));
            }
            Outcome::Failed(error) => {
                self.failed = true;
                super::error(error);
            }
            Outcome::Interrupted => self.interrupted = true,
        }
        Ok(())
    }

    fn was_waited(&mut self, waited: bool) {
        self.was_waited = waited;
    }

    fn end(&mut self, found: &Found, undo: Option<&str>) -> io::Result<()> {
        if self.current.is_some() {
            writeln!(self.out)?;
        }
        for skipped in &self.skipped {
            let with = match skipped.cookies {
                0 => String::new(),
                n => format!(" with {} to delete", count(n, "cookie")),
            };
            let what = format!("{}{with}", skipped.title());
            super::skipped(&what, &skipped.user, self.was_waited);
        }
        if self.quiet {
            return Ok(());
        }
        if found.profiles.is_empty() {
            return nothing_found(&mut self.out, found);
        }
        let domains = self.domains();
        if self.matched == 0 {
            let what = self.what();
            let open: usize = self
                .skipped
                .iter()
                .map(|skipped| skipped.profiles.len())
                .sum();
            let all_open = open == found.profiles.len();
            match (
                self.failed || self.interrupted || all_open,
                self.skipped.is_empty(),
            ) {
                (true, _) => writeln!(self.out, "Nothing was deleted.")?,
                (false, false) => writeln!(
                    self.out,
                    "Nothing was deleted: no cookies of {what} in the profiles that are closed."
                )?,
                (false, true) => writeln!(
                    self.out,
                    "Nothing was deleted: no cookies of {what} in {}.",
                    count(found.profiles.len() as u64, "profile")
                )?,
            }
            return self.tell_the_rest();
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
        self.tell_elsewhere(", and were deleted too")?;
        self.tell_repeated()?;
        self.tell_the_rest()?;
        match undo {
            Some(id) => writeln!(
                self.out,
                "To put them back, within 7 days: cookieclean undo {id}"
            )?,
            None => writeln!(self.out, "No copy was kept.")?,
        }
        writeln!(
            self.out,
            "Only cookies were deleted: localStorage, IndexedDB and the cache of\n{domains} are \
             still there."
        )?;
        Ok(())
    }
}
