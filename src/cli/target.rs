//! From arguments to what is looked for and where.

use std::io;

use super::args::{Matching, Places};
use super::exit::{Failure, Status};
use super::report::words::nothing_found;
use super::ui::{self, Ui};
use crate::browsers::Platform;
use crate::browsers::{Filter, Found, Roots, discover, jobs};
use crate::engine::{Summary, similar_sites, sites_where};
use crate::model::domain::{Domain, DomainError};
use crate::model::query::Query;
use crate::model::services::related;
use crate::platform;

/// What the arguments mean, and where it is.
pub(super) fn target(matching: &Matching, places: &Places) -> Result<(Query, Found), Failure> {
    let query = query(matching, places)?;
    let found = search(places)?;
    containers_are_there(&query, &found)?;
    Ok((query, found))
}

/// Searches the places for profiles.
pub(super) fn search(places: &Places) -> Result<Found, Failure> {
    let layout = places
        .layout
        .map_or_else(Platform::of_this_system, Platform::from);
    let roots = match &places.home {
        Some(home) => Roots::below(home, layout).map_err(Failure::Home)?,
        None => Roots::of_this_user(layout)?,
    };
    let filter = Filter {
        browsers: places.browser.clone(),
        profiles: places.profile.clone(),
        folders: places.profile_dir.clone(),
    };
    Ok(discover(&roots, &filter)?)
}

/// What the arguments mean. A bare word is answered with the sites it stands in.
fn query(matching: &Matching, places: &Places) -> Result<Query, Failure> {
    let mut domains = Vec::new();
    for text in &matching.domains {
        let domain = Domain::parse(text).map_err(|error| match &error {
            DomainError::BareWord(word) => {
                let sites = sites_like(word, places);
                Failure::DidYouMean(error, sites)
            }
            _ => Failure::Domain(error),
        })?;
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    let mut related = related(&domains);
    if matching.related {
        domains.append(&mut related);
    } else if matching.exact {
        related.clear();
    }
    Ok(Query {
        domains,
        exact: matching.exact,
        partitioned: !matching.no_partitioned,
        names: matching.name.clone(),
        keep: matching.keep.clone(),
        keep_login: matching.keep_login,
        containers: matching
            .container
            .iter()
            .map(|name| container(name))
            .collect(),
        related,
        with_values: false,
    })
}

/// `none` is outside of all containers.
fn container(name: &str) -> Option<String> {
    (!name.eq_ignore_ascii_case("none")).then(|| name.to_owned())
}

/// A misspelt container would look like one without cookies.
fn containers_are_there(query: &Query, found: &Found) -> Result<(), Failure> {
    if query.containers.iter().all(Option::is_none) {
        return Ok(());
    }
    let mut there_are: Vec<_> = jobs(&found.profiles)
        .iter()
        .flat_map(|job| job.store.containers())
        .collect();
    there_are.sort();
    there_are.dedup();
    // One that is not listed any more is called by its number.
    let is_there = |name: &String| there_are.contains(name) || name.starts_with("Container ");
    match query
        .containers
        .iter()
        .flatten()
        .find(|name| !is_there(name))
    {
        Some(wanted) => Err(Failure::NoSuchContainer(wanted.clone(), there_are)),
        None => Ok(()),
    }
}

/// The sites of stored hosts that hold a word.
fn sites_like(word: &str, places: &Places) -> Vec<String> {
    let is_like = |site: &str| site.contains(word);
    search(places).map_or_else(
        |_| Vec::new(),
        |found| sites_where(&found, threads(), is_like),
    )
}

/// Reports what could not be searched, which is a failure, since it may hold cookies; and
/// for a person that nothing was found, if so.
///
/// # Errors
/// When it cannot be written.
pub(super) fn report_search(ui: &Ui, found: &Found, places: &Places) -> io::Result<Status> {
    found.problems.iter().for_each(ui::error);
    let status = match found.problems.is_empty() {
        true => Status::Fine,
        false => Status::Failed,
    };
    if !found.profiles.is_empty() || ui.json {
        return Ok(status);
    }
    let is_this_system = places.home.is_none() && places.layout.is_none();
    let windows_home = match is_this_system {
        true => platform::windows_home_under_wsl(),
        false => None,
    };
    nothing_found(&mut ui.out(), found, ui.verbose, windows_home.as_deref())?;
    Ok(status)
}

/// Where nothing matched, looks for the sites that a person may have meant.
pub(super) fn add_similar(ui: &Ui, summary: &mut Summary, query: &Query, found: &Found) {
    let is_nothing = summary.matched == 0 && summary.deleted == 0 && !summary.is_cancelled;
    if is_nothing && ui.is_chatty() {
        summary.similar = similar_sites(found, query, threads());
    }
}

/// How many stores are worked on at once, where that is prescribed: for measuring.
pub(super) fn threads() -> Option<usize> {
    std::env::var("COOKIECLEAN_THREADS").ok()?.parse().ok()
}
