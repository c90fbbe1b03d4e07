//! Looking: what a deletion would delete. Works while browsers run.

use std::collections::HashMap;

use super::event::{Event, Observer};
use super::outcome::{Looked, Unread};
use super::parallel::{Update, in_order};
use super::summary::{SiteDataCounts, Summary};
use crate::browsers::{Found, Job, Profile, jobs_with};
use crate::engine::reveal::Reveal;
use crate::model::domain::{is_similar, site_of};
use crate::model::error::Error;
use crate::model::item::{Item, Match};
use crate::model::query::Query;
use crate::store::Store;

/// Reads something of the stores of a profile.
///
/// # Errors
/// When one cannot be read.
pub(super) fn read<'p, T, R: FromIterator<T>>(
    profile: &Profile,
    stores: impl IntoIterator<Item = &'p dyn Store>,
    read: impl Fn(&dyn Store) -> Result<T, Error>,
) -> Result<R, Unread> {
    let all: Result<R, Error> = stores.into_iter().map(read).collect();
    all.map_err(|error| Unread::of(error, profile.guard.in_use().unwrap_or_default()))
}

/// Cookies of a store, on their way to the observer.
struct Batch {
    is_open: bool,
    matches: Vec<Match>,
}

/// Looks at every store; the observer hears of each in order, first of its cookies, in
/// batches. `reveal` shows their values.
pub fn list(
    found: &Found,
    query: &Query,
    mut reveal: Option<Reveal>,
    threads: Option<usize>,
    observer: &mut dyn Observer,
) -> Summary {
    let mut summary = Summary::of(found);
    observer.event(&Event::Searched(found));
    let jobs = jobs_with(&found.profiles, query.site_data);
    let mut done = 0;
    in_order(
        &jobs,
        threads,
        |job, send| look_at(job, query, send),
        |&job, update| match update {
            Update::Partial(batch) => {
                let mut matches = batch.matches;
                if let Some(reveal) = &mut reveal {
                    for found in &mut matches {
                        found.value = Some(reveal.value(job.profile, &found.item));
                    }
                }
                observer.event(&Event::Matches {
                    job,
                    is_open: batch.is_open,
                    matches: &matches,
                });
            }
            Update::Done(looked) => {
                summary.looked(&job, &looked, query);
                observer.event(&Event::Looked {
                    job,
                    looked: &looked,
                });
                done += 1;
                observer.event(&Event::Progress {
                    done,
                    of: jobs.len(),
                });
            }
        },
    );
    summary
}

fn look_at(job: &Job<'_>, query: &Query, send: &mut dyn FnMut(Batch)) -> Looked {
    let in_use = job.profile.guard.in_use();
    let is_open = matches!(in_use, Ok(Some(_)));
    let found = job.store.find(query, &mut |matches| {
        send(Batch {
            is_open,
            matches: sorted(matches),
        });
    });
    match in_use {
        Ok(in_use) => Looked {
            outcome: found.map_err(|error| Unread::of(error, in_use.clone())),
            in_use,
        },
        // What was found is shown anyway: looking needs no lock.
        Err(error) => Looked {
            outcome: Err(Unread::Failed(error)),
            in_use: None,
        },
    }
}

/// How much site data the domains have. It only serves a hint, so what cannot be read is
/// passed over.
pub(crate) fn site_data(found: &Found, query: &Query, threads: Option<usize>) -> SiteDataCounts {
    let query = Query {
        site_data: true,
        ..query.clone()
    };
    let mut all = SiteDataCounts::default();
    let jobs: Vec<_> = found
        .profiles
        .iter()
        .map(|profile| &*profile.site_data)
        .collect();
    in_order(
        &jobs,
        threads,
        |store, _: &mut dyn FnMut(())| store.find(&query, &mut |_| {}),
        |_, update| {
            if let Update::Done(Ok(counts)) = update {
                all.keys += counts.site_data.len() as u64;
                all.bytes += counts.site_data.values().sum::<u64>();
            }
        },
    );
    all
}

/// By host without its leading dot, then by name.
pub(super) fn sorted(mut matches: Vec<Match>) -> Vec<Match> {
    fn key(item: &Item) -> (&str, &str, &str) {
        let host = item.host().trim_start_matches('.');
        match item {
            Item::Cookie(cookie) => (host, &cookie.name, &cookie.path),
            Item::DeviceBoundSession(_) => (host, "", ""),
            Item::SiteData(data) => (
                host,
                &data.key.origin,
                data.key.partition.as_deref().unwrap_or_default(),
            ),
        }
    }
    matches.sort_by(|a, b| key(&a.item).cmp(&key(&b.item)));
    matches
}

/// The stored sites that a domain may be a misspelling of, or a host of. It only serves a
/// better message, so what cannot be read is passed over.
pub(crate) fn similar_sites(found: &Found, query: &Query, threads: Option<usize>) -> Vec<String> {
    sites_where(found, threads, |site| {
        query.domains.iter().any(|domain| {
            let of_domain = site_of(domain.as_str());
            is_similar(of_domain, site) || of_domain == site && domain.as_str() != site
        })
    })
}

/// Shows how many entries each stored host has, store after store.
pub(crate) fn each_store(
    found: &Found,
    with_site_data: bool,
    threads: Option<usize>,
    mut show: impl FnMut(&Job<'_>, Result<HashMap<String, u64>, Unread>),
) {
    in_order(
        &jobs_with(&found.profiles, with_site_data),
        threads,
        |job, _: &mut dyn FnMut(())| -> Result<Vec<_>, _> {
            read(job.profile, [job.store], |store| store.hosts())
        },
        |job, update| {
            if let Update::Done(hosts) = update {
                show(
                    job,
                    hosts.map(|hosts| hosts.into_iter().flatten().collect()),
                );
            }
        },
    );
}

/// The sites with cookies that are `wanted`, sorted; what cannot be read is skipped
/// over.
pub(crate) fn sites_where(
    found: &Found,
    threads: Option<usize>,
    wanted: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut sites = Vec::new();
    each_store(found, false, threads, |_, hosts| {
        if let Ok(hosts) = hosts {
            let all = hosts.keys().map(|host| site_of(host));
            sites.extend(all.filter(|site| wanted(site)).map(str::to_owned));
        }
    });
    sites.sort();
    sites.dedup();
    sites
}
