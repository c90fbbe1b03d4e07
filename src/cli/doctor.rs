//! `cookieclean doctor`: what was found, what stands in the way, and what else helps.

use std::io::{self, Write};

use anstyle::Style;
use jiff::Timestamp;
use serde::Serialize;

use super::args::{Doctor, Places};
use super::exit::{Failure, Status};
use super::profiles::{ProfileRow, row};
use super::report::json::{Problem, SCHEMA, problems};
use super::suggestion::Suggestions;
use super::target;
use super::ui::{self, Ui};
use crate::browsers::Found;
use crate::engine::doctor::{EarlierRuns, Fate, Leftover, ProfileState};
use crate::engine::reveal::Reveal;
use crate::engine::{Event, Observer, Summary, Update, in_order, list};
use crate::model::domain::Domain;
use crate::model::error::Error;
use crate::model::query::Query;
use crate::model::services::related;
use crate::model::value::ValueError;
use crate::platform;
use crate::undo::Undo;
use crate::wording::hosts::shown_host;
use crate::wording::names::{in_the_way, is_in_use, title_of};
use crate::wording::text::{safe, wrapped};
use crate::wording::{all_of, faults, say, size};

const TITLE: Style = Style::new().bold();

/// All that was found out.
struct Findings<'a> {
    found: &'a Found,
    /// Of each profile.
    states: Vec<ProfileState>,
    earlier: EarlierRuns,
    /// Where the browsers of Windows are, under WSL.
    windows_home: Option<String>,
    site: Option<Site>,
    suggestions: Suggestions,
}

/// What there is of a domain.
struct Site {
    domain: Domain,
    summary: Summary,
    /// Why values cannot be shown, for each browser once.
    hidden: Vec<(&'static str, ValueError)>,
}

/// Looks whether values could be shown.
#[derive(Default)]
struct Keys(Vec<(&'static str, ValueError)>);

impl Observer for Keys {
    fn event(&mut self, event: &Event<'_>) {
        let Event::Matches { job, matches, .. } = event else {
            return;
        };
        let browser = job.profile.browser.name;
        for found in *matches {
            if let Some(Err(error @ ValueError::NoKey(_))) = &found.value
                && !self
                    .0
                    .iter()
                    .any(|known| known == &(browser, error.clone()))
            {
                self.0.push((browser, error.clone()));
            }
        }
    }
}

pub(super) fn run(doctor: &Doctor, ui: &Ui, undo: &Undo) -> Result<Status, Failure> {
    let places = &doctor.places;
    let domain = match &doctor.domain {
        Some(text) => Some(target::domain(text, places)?),
        None => None,
    };
    let found = target::search(places)?;
    let findings = examine(&found, domain, undo, doctor.fix, places);
    if ui.json {
        super::print_json(&Document::of(&findings))?;
    } else if doctor.report {
        report(&mut ui.out(), &findings)?;
    } else {
        print(ui, &findings)?;
    }
    Ok(findings.status())
}

fn examine<'a>(
    found: &'a Found,
    domain: Option<Domain>,
    undo: &Undo,
    fix: bool,
    places: &Places,
) -> Findings<'a> {
    let now = Timestamp::now();
    // First, so that what is fixed does not stand in the way any more.
    let earlier = EarlierRuns::of(found, undo, now, fix);
    let mut states = Vec::new();
    in_order(
        &found.profiles,
        target::threads(),
        |profile, _: &mut dyn FnMut(())| ProfileState::of(profile),
        |_, update| {
            if let Update::Done(state) = update {
                states.push(state);
            }
        },
    );
    let is_this_system = places.home.is_none() && places.layout.is_none();
    let windows_home = is_this_system.then(platform::windows_home_under_wsl);
    Findings {
        found,
        states,
        earlier,
        windows_home: windows_home
            .flatten()
            .map(|home| home.display().to_string()),
        site: domain.map(|domain| Site::of(domain, found)),
        suggestions: Suggestions::of(None, places),
    }
}

impl Site {
    fn of(domain: Domain, found: &Found) -> Self {
        let mut query = Query::all_of(vec![domain.clone()]);
        query.related = related(&query.domains);
        query.site_data = true;
        query.with_values = true;
        // No keyring opens a dialog for this.
        let reveal = Reveal::new(false, || {});
        let mut keys = Keys::default();
        let summary = list(found, &query, Some(reveal), target::threads(), &mut keys);
        Self {
            domain,
            summary,
            hidden: keys.0,
        }
    }

    /// What deletes all that there is of it.
    fn command(&self, suggestions: &Suggestions) -> String {
        let mut command = self.domain.as_str().to_owned();
        if self.summary.site_data.keys > 0 {
            command += " --site-data";
        }
        if !self.summary.related.is_empty() {
            command += " --related";
        }
        suggestions.command(&command)
    }

    fn is_stored(&self) -> bool {
        self.summary.matched > 0
            || self.summary.site_data.keys > 0
            || !self.summary.related.is_empty()
    }
}

impl Findings<'_> {
    fn status(&self) -> Status {
        let is_unread = self.states.iter().any(|state| state.error().is_some());
        let failed = |(_, fate): &(Leftover, Fate)| matches!(fate, Fate::Failed(_));
        let is_fine = self.found.problems.is_empty()
            && self.earlier.problems.is_empty()
            && !is_unread
            && !self.earlier.left.iter().any(failed);
        match is_fine {
            true => Status::Fine,
            false => Status::Failed,
        }
    }

    /// Everything that cannot be read.
    fn errors(&self) -> impl Iterator<Item = &Error> {
        let states = self.states.iter().filter_map(ProfileState::error);
        let all = self.found.problems.iter().chain(states);
        all.chain(&self.earlier.problems)
    }
}

fn print(ui: &Ui, findings: &Findings<'_>) -> io::Result<()> {
    let mut out = ui.out();
    title(&mut out, say!("doctor-found"))?;
    print_browsers(&mut out, findings, ui.verbose)?;
    writeln!(out)?;
    title(&mut out, say!("doctor-in-the-way"))?;
    print_obstacles(&mut out, findings)?;
    writeln!(out)?;
    title(&mut out, say!("doctor-earlier-runs"))?;
    print_earlier_runs(&mut out, findings)?;
    if let Some(site) = &findings.site {
        writeln!(out)?;
        title(&mut out, shown_host(site.domain.as_str()).into_owned())?;
        print_site(&mut out, site, &findings.suggestions)?;
        writeln!(out)?;
        title(&mut out, say!("ladder-title"))?;
        print_ladder(&mut out, ui.width)?;
    }
    out.flush()?;
    drop(out);
    findings.errors().for_each(ui::error);
    Ok(())
}

fn title(out: &mut dyn Write, text: String) -> io::Result<()> {
    writeln!(out, "{TITLE}{text}{TITLE:#}")
}

/// A line for each browser.
fn print_browsers(out: &mut dyn Write, findings: &Findings<'_>, verbose: bool) -> io::Result<()> {
    if findings.states.is_empty() {
        writeln!(out, "  {}", say!("nothing-found"))?;
    }
    for (browser, profiles) in by_browser(findings) {
        let cookies = profiles
            .iter()
            .filter_map(|(_, state)| state.cookies.as_ref().ok());
        let line = say!(
            "doctor-browser",
            browser = browser,
            profiles = say!("count-profiles", n = profiles.len()),
            cookies = say!("count-cookies", n = cookies.sum::<u64>())
        );
        writeln!(out, "  {line}")?;
        for (profile, _) in profiles.iter().filter(|_| verbose) {
            writeln!(out, "    {}", safe(&profile.dir.display().to_string()))?;
        }
    }
    if let Some(home) = &findings.windows_home {
        let home = safe(&platform::quoted_for_shell(home)).into_owned();
        writeln!(out, "  {}", say!("under-wsl", home = home))?;
    }
    Ok(())
}

type Examined<'a> = (&'a crate::browsers::Profile, &'a ProfileState);

/// The profiles of each browser, in the order in which they were found.
fn by_browser<'a>(findings: &'a Findings<'_>) -> Vec<(&'static str, Vec<Examined<'a>>)> {
    let mut browsers: Vec<(&'static str, Vec<Examined<'a>>)> = Vec::new();
    for (profile, state) in findings.found.profiles.iter().zip(&findings.states) {
        let name = profile.browser.name;
        match browsers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, profiles)) => profiles.push((profile, state)),
            None => browsers.push((name, vec![(profile, state)])),
        }
    }
    browsers
}

fn print_obstacles(out: &mut dyn Write, findings: &Findings<'_>) -> io::Result<()> {
    let mut is_any = false;
    for (profile, state) in findings.found.profiles.iter().zip(&findings.states) {
        let Ok(Some(user)) = &state.user else {
            continue;
        };
        is_any = true;
        let (line, advice) = in_the_way(title_of(profile), user, say!("doctor-close"));
        writeln!(out, "  {}", safe(&line))?;
        if let Some(advice) = advice {
            writeln!(out, "    {}", safe(&advice))?;
        }
    }
    let errors = findings.errors().count();
    if errors > 0 {
        writeln!(out, "  {}", say!("doctor-errors-below", n = errors))?;
    } else if !is_any {
        writeln!(out, "  {}", say!("doctor-nothing-in-the-way"))?;
    }
    Ok(())
}

fn print_earlier_runs(out: &mut dyn Write, findings: &Findings<'_>) -> io::Result<()> {
    let earlier = &findings.earlier;
    let line = match earlier.deletions {
        0 => say!("undo-nothing"),
        n if earlier.trash == 0 => say!("doctor-undo-cookies", n = n),
        n => say!("doctor-undo", n = n, size = size(earlier.trash)),
    };
    writeln!(out, "  {line}")?;
    let mut is_any_left = false;
    for (leftover, fate) in &earlier.left {
        let what = match leftover {
            Leftover::Lock(path) => {
                let path = safe(&path.display().to_string()).into_owned();
                say!("doctor-left-lock", path = path)
            }
            Leftover::Trash { path, size: bytes } => {
                let path = safe(&path.display().to_string()).into_owned();
                say!("doctor-left-trash", path = path, size = size(*bytes))
            }
            Leftover::Copies { id } => say!("doctor-left-copies", id = id.as_str()),
        };
        let line = match fate {
            Fate::Stays => {
                is_any_left = true;
                what
            }
            Fate::Removed => say!("doctor-removed", what = what),
            Fate::InUse(user) => {
                let user = is_in_use(user);
                say!("doctor-not-removed", what = what, why = user)
            }
            Fate::Failed(error) => {
                let error = faults::error(error);
                say!("doctor-not-removed", what = what, why = error)
            }
        };
        writeln!(out, "  {}", safe(&line))?;
    }
    match is_any_left {
        true => {
            let command = findings.suggestions.command("doctor --fix");
            let command = safe(&command).into_owned();
            writeln!(out, "  {}", say!("doctor-fix", command = command))
        }
        false => Ok(()),
    }
}

fn print_site(out: &mut dyn Write, site: &Site, suggestions: &Suggestions) -> io::Result<()> {
    let summary = &site.summary;
    let cookies = say!("count-cookies", n = summary.matched);
    let profiles = say!("count-profiles", n = summary.matched_profiles);
    let line = match summary.matched {
        0 => say!("doctor-no-cookies"),
        _ => say!("doctor-cookies", cookies = cookies, profiles = profiles),
    };
    writeln!(out, "  {line}")?;
    if summary.site_data.keys > 0 {
        let line = say!(
            "site-data-found",
            size = size(summary.site_data.bytes),
            origins = say!("count-origins", n = summary.site_data.keys)
        );
        writeln!(out, "  {line}")?;
    }
    if !summary.related.is_empty() {
        let sites = all_of(&summary.related);
        writeln!(out, "  {}", say!("doctor-related", sites = sites))?;
    }
    for (browser, why) in &site.hidden {
        let why = faults::value(why);
        let line = say!("doctor-keyring", browser = (*browser).to_owned(), why = why);
        writeln!(out, "  {}", safe(&line))?;
    }
    match site.is_stored() {
        true => {
            let command = safe(&site.command(suggestions)).into_owned();
            writeln!(out, "  {}", say!("doctor-delete", command = command))
        }
        false => writeln!(out, "  {}", say!("doctor-not-the-cookies")),
    }
}

/// What else helps, the likeliest and least costly first: its name in the JSON, and the
/// words.
fn ladder(system: &str) -> Vec<(&'static str, String)> {
    let mut ladder = vec![
        ("message-1020", say!("ladder-1020")),
        ("message-1015", say!("ladder-1015")),
        ("message-verify", say!("ladder-verify")),
        ("message-login", say!("ladder-login")),
        ("browser", say!("ladder-browser")),
        ("vpn", say!("ladder-vpn")),
        ("security-suite", say!("ladder-security-suite")),
        ("tor", say!("ladder-tor")),
        ("network", say!("ladder-network")),
        ("wait", say!("ladder-wait")),
        ("dns", say!("ladder-dns")),
    ];
    ladder.extend(match system {
        "windows" => vec![
            ("flush-dns", say!("ladder-flush-windows")),
            ("reset-network", say!("ladder-reset-windows")),
        ],
        "macos" => vec![
            ("flush-dns", say!("ladder-flush-macos")),
            ("reset-network", say!("ladder-reset-macos")),
        ],
        _ => vec![
            ("flush-dns", say!("ladder-flush-linux")),
            ("reset-network", say!("ladder-reset-linux")),
        ],
    });
    ladder
}

fn print_ladder(out: &mut dyn Write, width: Option<usize>) -> io::Result<()> {
    let width = width.unwrap_or(usize::MAX);
    let ladder = ladder(std::env::consts::OS);
    let is_message = |(code, _): &&(&str, String)| code.starts_with("message-");
    for (_, text) in ladder.iter().filter(is_message) {
        writeln!(out, "{}", wrapped(text, width, "  ", "    "))?;
    }
    writeln!(out)?;
    let steps = ladder.iter().filter(|step| !is_message(step));
    for (number, (_, text)) in steps.enumerate() {
        let number = format!("  {}. ", number + 1);
        writeln!(out, "{}", wrapped(text, width, &number, "     "))?;
    }
    writeln!(out)?;
    writeln!(out, "{}", say!("ladder-end"))
}

/// For support, in English: no host, no name of a cookie, profile or user, no value and no
/// path is in it.
fn report(out: &mut dyn Write, findings: &Findings<'_>) -> io::Result<()> {
    writeln!(out, "cookieclean {}", env!("CARGO_PKG_VERSION"))?;
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    writeln!(out, "system: {system} {machine}")?;
    writeln!(out, "wsl: {}", findings.windows_home.is_some())?;
    for (profile, state) in findings.found.profiles.iter().zip(&findings.states) {
        let cookies = match &state.cookies {
            Ok(cookies) => cookies.to_string(),
            Err(unread) => unread.error().code().to_owned(),
        };
        let user = match &state.user {
            Ok(None) => "no".to_owned(),
            Ok(Some(user)) if user.is_cookieclean() => "by cookieclean".to_owned(),
            Ok(Some(user)) => format!("yes, processes {}", user.by.len()),
            Err(error) => error.code().to_owned(),
        };
        writeln!(
            out,
            "profile of {}: stores {}, cookies {cookies}, open: {user}",
            profile.browser.id,
            profile.stores.len()
        )?;
    }
    for error in findings.errors() {
        writeln!(out, "error: {}", error.code())?;
    }
    let earlier = &findings.earlier;
    for (leftover, fate) in &earlier.left {
        writeln!(out, "leftover: {}, {}", kind_of(leftover), fate_of(fate))?;
    }
    writeln!(
        out,
        "undo: deletions {}, bytes of site data {}",
        earlier.deletions, earlier.trash
    )?;
    if let Some(site) = &findings.site {
        let summary = &site.summary;
        writeln!(
            out,
            "site: cookies {}, profiles {}, partitioned {}, origins with site data {} ({} bytes), \
             related sites {}, unread {}, browsers without a key {}",
            summary.matched,
            summary.matched_profiles,
            summary.elsewhere,
            summary.site_data.keys,
            summary.site_data.bytes,
            summary.related.len(),
            summary.failed,
            site.hidden.len()
        )?;
    }
    Ok(())
}

fn kind_of(leftover: &Leftover) -> &'static str {
    match leftover {
        Leftover::Lock(_) => "lock",
        Leftover::Trash { .. } => "trash",
        Leftover::Copies { .. } => "copies",
    }
}

fn fate_of(fate: &Fate) -> &'static str {
    match fate {
        Fate::Stays => "there",
        Fate::Removed => "removed",
        Fate::InUse(_) => "in-use",
        Fate::Failed(_) => "error",
    }
}

#[derive(Serialize)]
struct Document {
    schema: u32,
    version: &'static str,
    system: &'static str,
    profiles: Vec<ProfileRow>,
    /// What could not be read, beside profiles.
    problems: Vec<Problem>,
    leftovers: Vec<LeftoverRow>,
    undo: UndoRow,
    /// The home folder of Windows, under WSL.
    windows_home: Option<String>,
    site: Option<SiteRow>,
    /// What else helps, by name.
    ladder: Vec<&'static str>,
}

#[derive(Serialize)]
struct LeftoverRow {
    kind: &'static str,
    path: Option<String>,
    id: Option<String>,
    status: &'static str,
    error: Option<String>,
    error_code: Option<&'static str>,
}

#[derive(Serialize)]
struct UndoRow {
    deletions: usize,
    /// Site data in the trash of profiles, in bytes.
    trash: u64,
}

#[derive(Serialize)]
struct SiteRow {
    domain: String,
    cookies: u64,
    profiles: usize,
    partitioned: u64,
    site_data: u64,
    /// In bytes.
    size: u64,
    related: Vec<String>,
    also_sent: u64,
    /// Browsers whose values cannot be shown.
    keyring: Vec<KeyringRow>,
}

#[derive(Serialize)]
struct KeyringRow {
    browser_name: &'static str,
    error: String,
}

impl Document {
    fn of(findings: &Findings<'_>) -> Self {
        let profiles = findings.found.profiles.iter().zip(&findings.states);
        let earlier = &findings.earlier;
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            system: std::env::consts::OS,
            profiles: profiles
                .map(|(profile, state)| row(profile, state))
                .collect(),
            problems: problems(findings.found)
                .into_iter()
                .chain(earlier.problems.iter().map(Problem::of))
                .collect(),
            leftovers: earlier.left.iter().map(LeftoverRow::of).collect(),
            undo: UndoRow {
                deletions: earlier.deletions,
                trash: earlier.trash,
            },
            windows_home: findings.windows_home.clone(),
            site: findings.site.as_ref().map(SiteRow::of),
            ladder: match &findings.site {
                None => Vec::new(),
                Some(_) => {
                    let ladder = ladder(std::env::consts::OS).into_iter();
                    ladder.map(|(name, _)| name).collect()
                }
            },
        }
    }
}

impl LeftoverRow {
    fn of((leftover, fate): &(Leftover, Fate)) -> Self {
        let (path, id) = match leftover {
            Leftover::Lock(path) | Leftover::Trash { path, .. } => {
                (Some(path.display().to_string()), None)
            }
            Leftover::Copies { id } => (None, Some(id.clone())),
        };
        let error = match fate {
            Fate::Failed(error) => Some(error),
            _ => None,
        };
        Self {
            kind: kind_of(leftover),
            path,
            id,
            status: fate_of(fate),
            error: error.map(Error::to_string),
            error_code: error.map(Error::code),
        }
    }
}

impl SiteRow {
    fn of(site: &Site) -> Self {
        let summary = &site.summary;
        Self {
            domain: site.domain.as_str().to_owned(),
            cookies: summary.matched,
            profiles: summary.matched_profiles,
            partitioned: summary.elsewhere,
            site_data: summary.site_data.keys,
            size: summary.site_data.bytes,
            related: summary.related.clone(),
            also_sent: summary.also_sent,
            keyring: site
                .hidden
                .iter()
                .map(|(browser_name, error)| KeyringRow {
                    browser_name,
                    error: error.to_string(),
                })
                .collect(),
        }
    }
}
