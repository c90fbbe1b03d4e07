//! `cookieclean sites`: which sites have cookies.

use std::collections::BTreeMap;
use std::io::Write;

use comfy_table::CellAlignment;
use serde::Serialize;

use super::args::Sites;
use super::exit::{Failure, Status};
use super::report::json::{Problem, SCHEMA, problems};
use super::report::plain_table;
use super::target;
use super::ui::{self, Ui};
use crate::browsers::Job;
use crate::engine::each_store;
use crate::model::domain::site_of;
use crate::wording::hosts::shown_host;
use crate::wording::names::WIDEST_HOST;
use crate::wording::say;
use crate::wording::text::{cut, grouped};

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
    /// Storage keys with data, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_data: Option<u64>,
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
    each_store(
        &found,
        sites.site_data,
        target::threads(),
        |job, hosts| match hosts {
            Ok(hosts) => {
                for (host, cookies) in hosts {
                    add(&mut by_site, job, host, cookies, sites.site_data);
                }
            }
            Err(unread) => {
                status.and(Status::from(&unread));
                ui::unread(job.profile, &unread);
            }
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

fn add(
    by_site: &mut BTreeMap<String, SiteRow>,
    job: &Job<'_>,
    host: String,
    entries: u64,
    with_site_data: bool,
) {
    let site = site_of(&host).to_owned();
    let row = by_site.entry(site.clone()).or_insert_with(|| SiteRow {
        site,
        cookies: 0,
        site_data: with_site_data.then_some(0),
        profiles: Vec::new(),
        hosts: BTreeMap::new(),
    });
    let cookies = match (job.store.kind().is_site_data(), &mut row.site_data) {
        (true, Some(keys)) => {
            *keys += entries;
            0
        }
        _ => entries,
    };
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
        None => return writeln!(out, "{}", say!("sites-none")),
        Some(text) => {
            let text = cut(text, WIDEST_HOST);
            return writeln!(out, "{}", say!("sites-none-like", text = text));
        }
    }
    let mut rows: Vec<_> = rows
        .iter()
        .map(|row| (shown_host(&row.site), row))
        .collect();
    // An IDN among its neighbours, and not where its punycode would be.
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut table = plain_table();
    for (shown, row) in rows {
        let named: Vec<_> = row.profiles.iter().map(ProfileRow::shown).collect();
        let profiles = match named.as_slice() {
            several @ [_, _, ..] if !ui.verbose => say!("count-profiles", n = several.len()),
            all => all.join(", "),
        };
        let mut cells = vec![cut(&shown, WIDEST_HOST), grouped(row.cookies), profiles];
        if let Some(keys) = row.site_data {
            let keys = match keys {
                0 => String::new(),
                keys => say!("store-site-data", origins = say!("count-origins", n = keys)),
            };
            cells.insert(2, keys);
        }
        table.add_row(cells);
        for (host, cookies) in row.hosts.iter().filter(|_| ui.verbose) {
            table.add_row([
                format!("  {}", cut(&shown_host(host), WIDEST_HOST)),
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
