//! What a person reads.

use std::io::{self, Write};
use std::ptr;

use anstyle::{AnsiColor, Style};

use super::cookie_table::CookieTable;
use super::text::{count, grouped, safe};
use super::words::{
    listed, looked_line, name_of, nothing_found, since_in_use, title_of, undo_command,
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

const TITLE: Style = Style::new().bold();
const OPEN: Style = AnsiColor::Yellow.on_default();

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
    /// Its cookies.
    cookies: CookieTable,
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
    was_waited: bool,
    /// Cookies are not listed once more.
    pub is_brief: bool,
    /// What is listed is about to be deleted.
    pub is_preview: bool,
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
            cookies: CookieTable::default(),
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
            was_waited: false,
            is_brief: false,
            is_preview: false,
            quiet,
            verbose,
        }
    }

    /// Shows values, too; whole ones, however long.
    pub fn show_values(&mut self, reveal: Reveal, whole: bool) {
        self.cookies = CookieTable::with_values(reveal, whole);
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
            self.cookies.begin_profile();
        }
        is_other
    }

    fn title(&mut self, profile: &Profile, remark: &str) -> io::Result<()> {
        let is_first = self.current.is_none();
        if !self.begins(profile) {
            return Ok(());
        }
        if !is_first {
            writeln!(self.out)?;
        }
        let style = TITLE;
        writeln!(self.out, "{style}{}{style:#}{remark}", title_of(profile))
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
        self.cookies.write(&mut *self.out, job, cookies)
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
        let repeated = self.cookies.repeated();
        let (are, same) = match repeated {
            0 => return Ok(()),
            1 => ("is", "a cookie shown above"),
            _ => ("are", "cookies shown above"),
        };
        writeln!(
            self.out,
            "{} of them {are} in a second session file, the same as {same}.",
            grouped(repeated)
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
        if self.cookies.was_cut() {
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
                "To put them back, within 7 days: {}",
                safe(&undo_command(id))
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
