//! From arguments to what is looked for and where.

use super::args::{Matching, Places};
use super::exit::Failure;
use crate::browsers::Layout;
use crate::clean;
use crate::cookie::Query;
use crate::discover::{Filter, Found, Roots, discover, jobs};
use crate::domain::{Domain, DomainError, site_of};
use crate::services::related;

/// What the arguments mean, and where it is.
pub fn target(matching: &Matching, places: &Places) -> Result<(Query, Found), Failure> {
    let query = query(matching, places)?;
    let found = search(places)?;
    containers_are_there(&query, &found)?;
    Ok((query, found))
}

/// Searches the places for profiles.
pub fn search(places: &Places) -> Result<Found, Failure> {
    let layout = places
        .layout
        .map_or_else(Layout::of_this_system, Layout::from);
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

/// The sites of stored hosts that hold a word. It only serves a better error
/// message, so what cannot be read is passed over.
fn sites_like(word: &str, places: &Places) -> Vec<String> {
    let Ok(found) = search(places) else {
        return Vec::new();
    };
    let mut sites: Vec<_> = jobs(&found.profiles)
        .iter()
        .filter_map(|job| job.store.hosts().ok())
        .flat_map(|hosts| hosts.into_keys())
        .map(|host| site_of(&host).to_owned())
        .filter(|site| site.contains(word))
        .collect();
    sites.sort();
    sites.dedup();
    sites
}

/// How many of so many stores are worked on at once; `COOKIECLEAN_THREADS` is for
/// measuring.
pub fn threads(stores: usize) -> usize {
    // To count the processors takes longer than to look at one store.
    if stores < 2 {
        return 1;
    }
    std::env::var("COOKIECLEAN_THREADS")
        .ok()
        .and_then(|threads| threads.parse().ok())
        .unwrap_or_else(clean::threads)
}
