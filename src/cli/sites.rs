//! `cookieclean sites`: which sites have cookies.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use comfy_table::CellAlignment;
use serde::Serialize;

use super::args::Sites;
use super::exit::{Failure, Status};
use super::report::json::{Problem, SCHEMA, problems};
use super::report::text::{cut, grouped, plain_table};
use super::report::words::WIDEST_HOST;
use super::target;
use super::ui::{self, Ui};
use crate::browsers::{Job, jobs};
use crate::engine::{Update, in_order, read};
use crate::model::domain::site_of;

#[derive(Serialize)]
struct Document {
    schema: u32,
    sites: Vec<SiteRow>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct SiteRow {
    site: String,
    cookies: u64,
    profiles: Vec<ProfileRow>,
    /// What a search looks at, and cookies of each.
    #[serde(skip)]
    hosts: BTreeMap<String, u64>,
}

/// A search text as hosts are stored: in lower case, and an IDN as punycode too.
fn spellings(text: &str) -> Vec<String> {
    let ascii = url::Host::parse(text).map(|host| host.to_string());
    [text.to_lowercase()].into_iter().chain(ascii).collect()
}

#[derive(Serialize, Clone, PartialEq, Eq)]
struct ProfileRow {
    browser: &'static str,
    profile: String,
}

impl ProfileRow {
    fn shown(&self) -> String {
        format!("{}/{}", self.browser, cut(&self.profile, WIDEST_HOST))
    }
}

pub(super) fn run(sites: &Sites, ui: &Ui) -> Result<Status, Failure> {
    let found = target::search(&sites.places)?;
    let mut status = target::report_search(ui, &found, &sites.places)?;
    let mut by_site: BTreeMap<String, SiteRow> = BTreeMap::new();
    in_order(
        &jobs(&found.profiles),
        target::threads(),
        |job, _: &mut dyn FnMut(())| -> Result<Vec<HashMap<_, _>>, _> {
            read(job.profile, [job.store], |store| store.hosts())
        },
        |job, update| match update {
            Update::Done(Ok(hosts)) => {
                for (host, cookies) in hosts.into_iter().flatten() {
                    add(&mut by_site, job, host, cookies);
                }
            }
            Update::Done(Err(unread)) => {
                status.and(Status::from(&unread));
                ui::unread(job.profile, &unread);
            }
            Update::Partial(()) => {}
        },
    );
    let mut rows: Vec<_> = by_site.into_values().collect();
    if let Some(text) = &sites.text {
        let texts = spellings(text);
        let is_meant = |host: &String| texts.iter().any(|text| host.contains(text));
        rows.retain(|row| row.hosts.keys().any(is_meant));
    }
    if ui.json {
        super::print_json(&Document {
            schema: SCHEMA,
            sites: rows,
            problems: problems(&found),
        })?;
    } else if !found.profiles.is_empty() {
        print(&rows, sites.text.as_deref(), ui)?;
    }
    Ok(status)
}

fn add(by_site: &mut BTreeMap<String, SiteRow>, job: &Job<'_>, host: String, cookies: u64) {
    let site = site_of(&host).to_owned();
    let row = by_site.entry(site.clone()).or_insert_with(|| SiteRow {
        site,
        cookies: 0,
        profiles: Vec::new(),
        hosts: BTreeMap::new(),
    });
    row.cookies += cookies;
    *row.hosts.entry(host).or_default() += cookies;
    let profile = ProfileRow {
        browser: job.profile.browser.id,
        profile: job.profile.name.clone(),
    };
    if !row.profiles.contains(&profile) {
        row.profiles.push(profile);
    }
}

fn print(rows: &[SiteRow], text: Option<&str>, ui: &Ui) -> std::io::Result<()> {
    let mut out = ui.out();
    match text {
        _ if !rows.is_empty() => {}
        None => return writeln!(out, "No cookies are stored."),
        Some(text) => {
            let text = cut(text, WIDEST_HOST);
            return writeln!(out, "No site with \"{text}\" in its name has cookies.");
        }
    }
    let mut table = plain_table();
    for row in rows {
        let named: Vec<_> = row.profiles.iter().map(ProfileRow::shown).collect();
        let profiles = match named.as_slice() {
            several @ [_, _, ..] if !ui.verbose => format!("{} profiles", several.len()),
            all => all.join(", "),
        };
        table.add_row([cut(&row.site, WIDEST_HOST), grouped(row.cookies), profiles]);
        for (host, cookies) in row.hosts.iter().filter(|_| ui.verbose) {
            table.add_row([
                format!("  {}", cut(host, WIDEST_HOST)),
                grouped(*cookies),
                String::new(),
            ]);
        }
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())
}
