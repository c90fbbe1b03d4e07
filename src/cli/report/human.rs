//! What a person reads.

use std::io::{self, Write};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};

use super::Renderer;
use super::cookie_table::CookieTable;
use super::text::{count, grouped, is_or_are, safe};
use super::words::{cleaned_line, listed, looked_line, profiles_of, title_of, undo_command};
use crate::browsers::Profile;
use crate::cli::ui::{self, Ui};
use crate::engine::{Event, Outcome, Summary, Unread};
use crate::model::domain::{Domain, site_of};
use crate::model::query::Query;
use crate::model::services::service_of;
use crate::undo::KEPT;

const TITLE: Style = Style::new().bold();
const OPEN: Style = AnsiColor::Yellow.on_default();

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    List,
    /// Of what is about to be deleted.
    Preview,
    Deletion,
}

/// A listing or a deletion, as a person reads it.
pub(crate) struct Human<'a> {
    report: Report,
    ui: &'a Ui,
    out: Box<dyn Write>,
    query: &'a Query,
    /// The folder of the profile that was printed last.
    current: Option<PathBuf>,
    /// Its cookies.
    cookies: CookieTable,
}

impl<'a> Human<'a> {
    /// `full_values`: values are not cut, however long.
    pub(crate) fn new(report: Report, ui: &'a Ui, query: &'a Query, full_values: bool) -> Self {
        Self {
            report,
            ui,
            out: match report {
                Report::Preview => ui.out_for_question(),
                Report::List | Report::Deletion => ui.out(),
            },
            query,
            current: None,
            cookies: CookieTable::new(ui.width, full_values),
        }
    }

    /// The heading of a profile, unless it is there already.
    fn title(&mut self, profile: &Profile, is_open: bool) -> io::Result<()> {
        if self.current.as_ref() == Some(&profile.dir) {
            return Ok(());
        }
        let is_first = self.current.replace(profile.dir.clone()).is_none();
        self.cookies.begin_profile();
        if !is_first {
            writeln!(self.out)?;
        }
        let open = match is_open {
            true => format!("  {OPEN}open{OPEN:#}"),
            false => String::new(),
        };
        let title = title_of(profile);
        writeln!(self.out, "{TITLE}{title}{TITLE:#}{open}")
    }

    fn domains(&self) -> String {
        let names: Vec<_> = self.query.domains.iter().map(Domain::as_str).collect();
        listed(&names, "and")
    }

    /// What selects only some of the cookies of the domains, as the end of a sentence.
    fn filters(&self) -> &'static str {
        match self.query.is_of_whole_sites() || self.query.exact {
            true => "",
            false => " match these filters",
        }
    }

    /// Of the cookies, those that the site set while embedded in another.
    fn elsewhere(&mut self, n: u64) -> io::Result<()> {
        let (now, before) = is_or_are(n);
        let verb = if self.report == Report::Deletion {
            before
        } else {
            now
        };
        match n {
            0 => Ok(()),
            1 => writeln!(self.out, "1 of them {verb} partitioned under another site."),
            n => {
                let n = grouped(n);
                writeln!(
                    self.out,
                    "{n} of them {verb} partitioned under other sites."
                )
            }
        }
    }

    /// Why more were counted than shown.
    fn repeated(&mut self) -> io::Result<()> {
        let n = self.cookies.repeated();
        let (is, _) = is_or_are(n);
        match n {
            0 => Ok(()),
            1 => writeln!(
                self.out,
                "1 of them {is} in a second session file, the same as a cookie shown above."
            ),
            n => writeln!(
                self.out,
                "{} of them {is} in a second session file, the same as cookies shown above.",
                grouped(n)
            ),
        }
    }

    /// What else there is, and how it would be taken along.
    fn the_rest(&mut self, summary: &Summary) -> io::Result<()> {
        let domains = self.domains();
        let sites = self
            .query
            .domains
            .iter()
            .map(|domain| site_of(domain.as_str()));
        let mut sites: Vec<_> = sites.collect();
        sites.dedup();
        let sites = sites.join(" ");
        match summary.also_sent {
            0 => {}
            1 => writeln!(
                self.out,
                "1 cookie of a parent domain is sent to {domains} too, and stays. To delete it: \
                 cookieclean {sites}"
            )?,
            n => writeln!(
                self.out,
                "{} of parent domains are sent to {domains} too, and stay. To delete them: \
                 cookieclean {sites}",
                count(n, "cookie")
            )?,
        }
        if summary.keeps_bound_session {
            writeln!(
                self.out,
                "A device-bound session of the whole site stays, and may bring cookies back. To \
                 delete it: cookieclean {sites}"
            )?;
        }
        for domain in &self.query.domains {
            let Some(service) = service_of(domain) else {
                continue;
            };
            let is_of_service = |site: &&String| service.sites.contains(&site.as_str());
            let others: Vec<_> = summary.related.iter().filter(is_of_service).collect();
            if !others.is_empty() {
                writeln!(
                    self.out,
                    "{} also has cookies at {}. To delete them: cookieclean {domain} --related",
                    service.name,
                    listed(&others, "and"),
                )?;
            }
        }
        Ok(())
    }

    fn did_you_mean(&mut self, summary: &Summary) -> io::Result<()> {
        match summary.similar.is_empty() {
            true => Ok(()),
            false => writeln!(self.out, "Did you mean {}?", listed(&summary.similar, "or")),
        }
    }

    fn end_of_list(&mut self, summary: &Summary) -> io::Result<()> {
        for blocker in &summary.blocked {
            let what = format!("could not read {}", profiles_of(blocker));
            ui::blocked(&what, &blocker.user, "Close it and run this again.");
        }
        if summary.profiles == 0 {
            return Ok(());
        }
        if self.current.is_some() {
            writeln!(self.out)?;
        }
        let domains = self.domains();
        let filters = self.filters();
        let profiles = count(summary.profiles as u64, "profile");
        if summary.matched == 0 {
            let place = match summary.failed > 0 || !summary.blocked.is_empty() {
                true => "what could be read",
                false => &profiles,
            };
            writeln!(self.out, "No cookies of {domains} in {place}{filters}.")?;
            self.did_you_mean(summary)?;
        } else {
            let matched = count(summary.matched, "cookie");
            let matched_profiles = grouped(summary.matched_profiles as u64);
            let filters = match (summary.matched, filters) {
                (1, " match these filters") => " matches these filters",
                (_, filters) => filters,
            };
            let unchanged = match self.report {
                Report::List => " Nothing was changed.",
                Report::Preview | Report::Deletion => "",
            };
            writeln!(
                self.out,
                "{matched} of {domains} in {matched_profiles} of {profiles}{filters}.{unchanged}"
            )?;
            self.elsewhere(summary.elsewhere)?;
        }
        self.repeated()?;
        if self.cookies.was_cut() {
            writeln!(self.out, "Long values were cut; --full shows them whole.")?;
        }
        if self.report == Report::Preview && summary.matched_open > 0 {
            let (is, _) = is_or_are(summary.matched_open);
            let n = grouped(summary.matched_open);
            writeln!(
                self.out,
                "{n} of them {is} in profiles that are open, and would be skipped."
            )?;
        } else if summary.is_any_open {
            writeln!(
                self.out,
                "An open browser may have cookies that it has not written yet."
            )?;
        }
        self.the_rest(summary)
    }

    fn end_of_deletion(&mut self, summary: &Summary) -> io::Result<()> {
        if self.current.is_some() {
            writeln!(self.out)?;
        }
        for blocker in &summary.blocked {
            let cookies = match blocker.cookies {
                0 => String::new(),
                n => format!(" ({} to delete)", count(n, "cookie")),
            };
            let what = format!("{}{cookies}", profiles_of(blocker));
            ui::skipped(&what, &blocker.user, summary.has_waited);
        }
        if summary.profiles == 0 {
            return Ok(());
        }
        let domains = self.domains();
        let profiles = count(summary.profiles as u64, "profile");
        if summary.deleted == 0 {
            let filters = self.filters();
            let open: usize = summary.blocked.iter().map(|b| b.profiles.len()).sum();
            let is_all_open = open == summary.profiles;
            let is_known = summary.failed == 0 && !summary.is_cancelled && !is_all_open;
            match (is_known, open) {
                (false, _) => writeln!(self.out, "Nothing was deleted.")?,
                (true, 0) => writeln!(
                    self.out,
                    "Nothing was deleted: no cookies of {domains} in {profiles}{filters}."
                )?,
                (true, _) => writeln!(
                    self.out,
                    "Nothing was deleted: no cookies of {domains} in the closed profiles{filters}."
                )?,
            }
            self.did_you_mean(summary)?;
            return self.the_rest(summary);
        }
        writeln!(
            self.out,
            "Deleted {} of {domains} from {}; {} kept.",
            count(summary.deleted, "cookie"),
            count(summary.matched_profiles as u64, "profile"),
            match summary.kept {
                1 => "1 other was".into(),
                n => format!("{} others were", grouped(n)),
            },
        )?;
        self.elsewhere(summary.elsewhere)?;
        self.repeated()?;
        self.the_rest(summary)?;
        let days = KEPT.as_hours() / 24;
        match &summary.undo {
            Some(id) => writeln!(
                self.out,
                "To put them back within {days} days: {}",
                safe(&undo_command(id))
            )?,
            None => writeln!(self.out, "No copy was kept.")?,
        }
        writeln!(
            self.out,
            "Only cookies were deleted: localStorage, IndexedDB and the cache of {domains} are \
             still there."
        )
    }
}

impl Renderer for Human<'_> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Matches {
                job,
                is_open,
                matches,
            } => {
                if matches.is_empty() {
                    return Ok(());
                }
                self.title(job.profile, *is_open)?;
                self.cookies.write(&mut *self.out, job, matches)
            }
            Event::Looked { job, looked } => {
                if let Err(Unread::Failed(error)) = &looked.outcome {
                    ui::error(error);
                }
                if self.ui.verbose {
                    self.title(job.profile, looked.in_use.is_some())?;
                    writeln!(self.out, "{}", looked_line(job, looked))?;
                }
                Ok(())
            }
            Event::Cleaned { job, cleaned } => {
                if cleaned.not_shown > 0 {
                    writeln!(self.out, "  and {} more", grouped(cleaned.not_shown))?;
                }
                match &cleaned.outcome {
                    Outcome::Cleaned {
                        trouble: Some(error),
                        ..
                    }
                    | Outcome::Failed(error) => ui::error(error),
                    _ => {}
                }
                if self.ui.verbose {
                    let is_open = matches!(cleaned.outcome, Outcome::InUse(_));
                    self.title(job.profile, is_open)?;
                    writeln!(self.out, "{}", safe(&cleaned_line(job, cleaned)))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        match self.report {
            Report::List | Report::Preview => self.end_of_list(summary),
            Report::Deletion => self.end_of_deletion(summary),
        }
    }
}
