//! What a person reads.

use std::io::{self, Write};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};

use super::Renderer;
use super::cookie_table::CookieTable;
use super::site_data;
use super::stores::{cleaned_line, looked_line};
use crate::browsers::Profile;
use crate::cli::suggestion::Suggestions;
use crate::cli::ui::{self, Ui};
use crate::engine::{Event, Outcome, Summary, Unread};
use crate::model::domain::site_of;
use crate::model::item::{Item, Match};
use crate::model::query::Query;
use crate::model::services::service_of;
use crate::undo::KEPT;
use crate::wording::hosts::shown_host;
use crate::wording::names::{profiles_of, title_of, undo_command};
use crate::wording::text::safe;
use crate::wording::{all_of, next_sentence, one_of, say};

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
    suggestions: &'a Suggestions,
    /// The folder of the profile that was printed last.
    current: Option<PathBuf>,
    /// Its cookies.
    cookies: CookieTable,
}

impl<'a> Human<'a> {
    /// `full_values`: values are not cut, however long.
    pub(crate) fn new(
        report: Report,
        ui: &'a Ui,
        query: &'a Query,
        suggestions: &'a Suggestions,
        full_values: bool,
    ) -> Self {
        Self {
            report,
            ui,
            out: match report {
                Report::Preview => ui.out_for_question(),
                Report::List | Report::Deletion => ui.out(),
            },
            query,
            suggestions,
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
            true => format!("  {OPEN}{}{OPEN:#}", say!("open")),
            false => String::new(),
        };
        let title = title_of(profile);
        writeln!(self.out, "{TITLE}{title}{TITLE:#}{open}")
    }

    fn domains(&self) -> String {
        let domains = self.query.domains.iter();
        let names: Vec<_> = domains.map(|domain| shown_host(domain.as_str())).collect();
        all_of(&names)
    }

    /// Whether only some of the cookies of the domains are meant.
    fn is_filtered(&self) -> bool {
        !(self.query.is_of_whole_sites() || self.query.exact)
    }

    /// Of the cookies, those that were set while one site was embedded in another.
    fn embedded(&mut self, summary: &Summary) -> io::Result<()> {
        if summary.embedded > 0 {
            let line = say!(
                "set-embedded",
                n = summary.embedded,
                domains = self.domains()
            );
            writeln!(self.out, "{line}")?;
        }
        if summary.elsewhere > 0 {
            let line = say!(
                "set-elsewhere",
                n = summary.elsewhere,
                domains = self.domains()
            );
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Why more were counted than shown.
    fn repeated(&mut self) -> io::Result<()> {
        match self.cookies.repeated() {
            0 => Ok(()),
            n => writeln!(self.out, "{}", say!("repeated", n = n)),
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
        if summary.also_sent > 0 {
            let line = say!(
                "also-sent",
                n = summary.also_sent,
                domains = domains,
                command = self.deletion(&sites)
            );
            writeln!(self.out, "{line}")?;
        }
        if summary.keeps_bound_session {
            writeln!(
                self.out,
                "{}",
                say!("keeps-bound-session", command = self.deletion(&sites))
            )?;
        }
        for domain in &self.query.domains {
            let Some(service) = service_of(domain) else {
                continue;
            };
            let is_of_service = |site: &&String| service.sites.contains(&site.as_str());
            let others: Vec<_> = summary.related.iter().filter(is_of_service).collect();
            if !others.is_empty() {
                let line = say!(
                    "related-sites",
                    service = service.name,
                    sites = all_of(
                        &others
                            .iter()
                            .map(|site| shown_host(site))
                            .collect::<Vec<_>>()
                    ),
                    command = self.deletion(&format!("{domain} --related"))
                );
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }

    fn deletion(&self, sites: &str) -> String {
        safe(&self.suggestions.deletion(sites)).into_owned()
    }

    fn did_you_mean(&mut self, summary: &Summary) -> io::Result<()> {
        match summary.similar.is_empty() {
            true => Ok(()),
            false => {
                let similar: Vec<_> = summary
                    .similar
                    .iter()
                    .map(|site| shown_host(site))
                    .collect();
                let names = one_of(&similar);
                writeln!(self.out, "{}", say!("did-you-mean", names = names))
            }
        }
    }

    fn end_of_list(&mut self, summary: &Summary) -> io::Result<()> {
        for blocker in &summary.blocked {
            let what = say!("could-not-read", what = profiles_of(blocker));
            ui::blocked(what, &blocker.user, say!("close-and-run-again"));
        }
        if summary.profiles == 0 {
            return Ok(());
        }
        if self.current.is_some() {
            writeln!(self.out)?;
        }
        let domains = self.domains();
        let profiles = say!("count-profiles", n = summary.profiles);
        if summary.matched == 0 {
            let is_partly_read = summary.failed > 0 || !summary.blocked.is_empty();
            let line = match (is_partly_read, self.is_filtered()) {
                (true, false) => say!("list-none-readable", domains = domains),
                (true, true) => say!("list-none-readable-filtered", domains = domains),
                (false, false) => say!("list-none", domains = domains, profiles = profiles),
                (false, true) => {
                    say!("list-none-filtered", domains = domains, profiles = profiles)
                }
            };
            writeln!(self.out, "{line}")?;
            self.did_you_mean(summary)?;
        } else {
            let n = summary.matched;
            let cookies = say!("count-cookies", n = n);
            let within = summary.matched_profiles;
            let mut line = match self.is_filtered() {
                false => say!(
                    "list-matched",
                    cookies = cookies,
                    domains = domains,
                    within = within,
                    profiles = profiles
                ),
                true => say!(
                    "list-matched-filtered",
                    n = n,
                    cookies = cookies,
                    domains = domains,
                    within = within,
                    profiles = profiles
                ),
            };
            if self.report == Report::List {
                line = next_sentence(line, say!("nothing-was-changed"));
            }
            writeln!(self.out, "{line}")?;
            self.embedded(summary)?;
        }
        if self.query.site_data {
            site_data::found(&mut *self.out, summary)?;
        }
        self.repeated()?;
        if self.cookies.was_cut() {
            writeln!(self.out, "{}", say!("values-cut"))?;
        }
        if self.report == Report::Preview && summary.matched_open > 0 {
            let line = say!("preview-open", n = summary.matched_open);
            writeln!(self.out, "{line}")?;
        } else if summary.is_any_open {
            writeln!(self.out, "{}", say!("open-may-have-more"))?;
        }
        self.the_rest(summary)?;
        site_data::hint(&mut *self.out, summary)
    }

    fn end_of_deletion(&mut self, summary: &Summary) -> io::Result<()> {
        if self.current.is_some() {
            writeln!(self.out)?;
        }
        for blocker in &summary.blocked {
            let what = profiles_of(blocker);
            let what = match blocker.cookies {
                0 => say!("skipped", what = what),
                n => {
                    let cookies = say!("count-cookies", n = n);
                    say!("skipped-cookies", what = what, cookies = cookies)
                }
            };
            ui::skipped(what, &blocker.user, summary.has_waited);
        }
        if summary.profiles == 0 {
            return Ok(());
        }
        let domains = self.domains();
        if summary.deleted == 0 && summary.site_data.keys == 0 {
            let profiles = say!("count-profiles", n = summary.profiles);
            let open: usize = summary.blocked.iter().map(|b| b.profiles.len()).sum();
            let is_all_open = open == summary.profiles;
            let is_known = summary.failed == 0 && !summary.is_cancelled && !is_all_open;
            let line = match (is_known, open, self.is_filtered()) {
                (false, ..) => say!("deleted-nothing"),
                (true, 0, false) => {
                    say!(
                        "deleted-nothing-there",
                        domains = domains,
                        profiles = profiles
                    )
                }
                (true, 0, true) => say!(
                    "deleted-nothing-there-filtered",
                    domains = domains,
                    profiles = profiles
                ),
                (true, _, false) => say!("deleted-nothing-closed", domains = domains),
                (true, _, true) => say!("deleted-nothing-closed-filtered", domains = domains),
            };
            writeln!(self.out, "{line}")?;
            self.did_you_mean(summary)?;
            self.the_rest(summary)?;
            site_data::hint(&mut *self.out, summary)?;
            return self.what_else_helps(summary);
        }
        if summary.deleted > 0 {
            let line = say!(
                "deleted",
                cookies = say!("count-cookies", n = summary.deleted),
                domains = domains,
                profiles = say!("count-profiles", n = summary.matched_profiles),
                kept = summary.kept
            );
            writeln!(self.out, "{line}")?;
        }
        self.embedded(summary)?;
        self.repeated()?;
        if self.query.site_data {
            site_data::deleted(&mut *self.out, summary)?;
        }
        self.the_rest(summary)?;
        match &summary.undo {
            Some(id) => {
                let command = safe(&undo_command(id)).into_owned();
                let days = KEPT.as_hours() / 24;
                let line = say!("put-back-within", days = days, command = command);
                writeln!(self.out, "{line}")?;
            }
            None => writeln!(self.out, "{}", say!("no-copy-kept"))?,
        }
        site_data::hint(&mut *self.out, summary)?;
        self.what_else_helps(summary)
    }

    /// Leads on who is still locked out.
    fn what_else_helps(&mut self, summary: &Summary) -> io::Result<()> {
        let is_done = summary.failed == 0 && summary.blocked.is_empty() && !summary.is_cancelled;
        match self.query.domains.first() {
            Some(domain) if is_done && summary.similar.is_empty() => {
                let command = self.suggestions.command(&format!("doctor {domain}"));
                let line = say!("still-locked-out", command = safe(&command).into_owned());
                writeln!(self.out, "{line}")
            }
            _ => Ok(()),
        }
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
                let is_cookie = |found: &Match| !matches!(found.item, Item::SiteData(_));
                match matches.iter().all(is_cookie) {
                    true => self.cookies.write(&mut *self.out, job, matches),
                    false => {
                        let cookies = matches.iter().take_while(|found| is_cookie(found)).count();
                        let (cookies, data) = matches.split_at(cookies);
                        self.cookies.write(&mut *self.out, job, cookies)?;
                        site_data::write(&mut *self.out, data)
                    }
                }
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
                    writeln!(self.out, "  {}", say!("and-more", n = cleaned.not_shown))?;
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
