//! `cookieclean sites`: which sites have cookies.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use comfy_table::CellAlignment;
use serde::Serialize;

use super::args::{Output, Sites};
use super::exit::{Failure, Status};
use super::report::json::{Problem, SCHEMA, problems};
use super::report::text::{cut, plain_table};
use super::report::words::nothing_found;
use super::{list, report, target};
use crate::discover::{Found, Job, jobs};
use crate::domain::site_of;
use crate::parallel::{Event, in_order};

/// Longer names would push everything else off the screen.
const WIDEST: usize = 60;

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
    /// What a search looks at.
    #[serde(skip)]
    hosts: BTreeSet<String>,
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

pub fn run(sites: &Sites, output: &Output) -> Result<Status, Failure> {
    let found = target::search(&sites.places)?;
    let mut status = list::problems(&found);
    let jobs = jobs(&found.profiles);
    let mut by_site: BTreeMap<String, SiteRow> = BTreeMap::new();
    in_order(
        &jobs,
        target::threads(jobs.len()),
        |job, _: &mut dyn FnMut(())| job.store.hosts(),
        |job, event| {
            let Event::Done(hosts) = event else { return };
            match hosts {
                Ok(hosts) => {
                    for (host, cookies) in hosts {
                        add(&mut by_site, job, &host, cookies);
                    }
                }
                Err(error) => {
                    let locked = error.fault.is_browsers_doing();
                    let in_use = locked && matches!(job.profile.guard.in_use(), Ok(Some(_)));
                    status.and(if in_use {
                        Status::InUse
                    } else {
                        Status::Failed
                    });
                    report::error(&error);
                }
            }
        },
    );
    let mut rows: Vec<_> = by_site.into_values().collect();
    if let Some(text) = &sites.text {
        let texts = spellings(text);
        rows.retain(|row| {
            row.hosts
                .iter()
                .any(|host| texts.iter().any(|t| host.contains(t)))
        });
    }

    if output.json {
        super::print_json(&Document {
            schema: SCHEMA,
            sites: rows,
            problems: problems(&found),
        })?;
    } else {
        print(&rows, &found)?;
    }
    Ok(status)
}

fn add(by_site: &mut BTreeMap<String, SiteRow>, job: &Job<'_>, host: &str, cookies: u64) {
    let site = site_of(host).to_owned();
    let row = by_site.entry(site.clone()).or_insert_with(|| SiteRow {
        site,
        cookies: 0,
        profiles: Vec::new(),
        hosts: BTreeSet::new(),
    });
    row.hosts.insert(host.to_owned());
    row.cookies += cookies;
    let profile = ProfileRow {
        browser: job.profile.browser.id,
        profile: job.profile.name.clone(),
    };
    if !row.profiles.contains(&profile) {
        row.profiles.push(profile);
    }
}

fn print(rows: &[SiteRow], found: &Found) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    if found.profiles.is_empty() {
        return nothing_found(&mut out, found);
    }
    if rows.is_empty() {
        return writeln!(out, "No such site has cookies.");
    }
    let mut table = plain_table();
    for row in rows {
        let profiles = match row.profiles.as_slice() {
            [one] => format!("{}/{}", one.browser, cut(&one.profile, WIDEST)),
            several => format!("{} profiles", several.len()),
        };
        table.add_row([cut(&row.site, WIDEST), row.cookies.to_string(), profiles]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())
}
