//! From arguments to what is looked for and where.

use std::io::{self, Write};
use std::path::Path;

use super::args::{Matching, Places};
use super::exit::{Failure, Status};
use super::ui::{self, Ui};
use crate::browsers::Platform;
use crate::browsers::{Filter, Found, Roots, discover, jobs};
use crate::engine::site_data;
use crate::engine::{Summary, similar_sites, sites_where};
use crate::model::domain::{Domain, DomainError};
use crate::model::query::Query;
use crate::model::services::related;
use crate::platform;
use crate::wording::names::kinds;
use crate::wording::text::safe;
use crate::wording::{all_of, say};

/// What the arguments mean, and where it is.
pub(super) fn target(matching: &Matching, places: &Places) -> Result<(Query, Found), Failure> {
    let query = query(matching, places)?;
    let found = search(places)?;
    containers_are_there(&query, &found)?;
    Ok((query, found))
}

/// Searches the places for profiles.
pub(super) fn search(places: &Places) -> Result<Found, Failure> {
    search_in(places, None)
}

/// As [`search`]; `only`: looks just in this profile folder.
pub(super) fn search_in(places: &Places, only: Option<&Path>) -> Result<Found, Failure> {
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
        folders: match only {
            Some(folder) => vec![folder.to_owned()],
            None => places.profile_dir.clone(),
        },
    };
    Ok(discover(&roots, &filter)?)
}

/// What the arguments mean.
fn query(matching: &Matching, places: &Places) -> Result<Query, Failure> {
    if matching.site_data {
        let narrow = [
            ("--name", !matching.name.is_empty()),
            ("--keep", !matching.keep.is_empty()),
            ("--keep-login", matching.keep_login),
        ];
        if let Some((option, _)) = narrow.iter().find(|(_, is_given)| *is_given) {
            return Err(Failure::OnlyCookies(option));
        }
    }
    let mut domains = Vec::new();
    for text in &matching.domains {
        let domain = domain(text, places)?;
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
        site_data: matching.site_data,
        containers: matching
            .container
            .iter()
            .map(|name| container(name))
            .collect(),
        related,
        with_values: false,
        picked: Vec::new(),
    })
}

/// A domain. A bare word is answered with the sites it stands in.
pub(super) fn domain(text: &str, places: &Places) -> Result<Domain, Failure> {
    Domain::parse(text).map_err(|error| match &error {
        DomainError::BareWord(word) => {
            let sites = sites_like(word, places);
            Failure::DidYouMean(error, sites)
        }
        _ => Failure::Domain(error),
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

/// That no profile was found at all, and what was looked for. `windows_home`: where the
/// browsers of Windows are, under WSL.
fn nothing_found(
    out: &mut dyn Write,
    found: &Found,
    verbose: bool,
    windows_home: Option<&Path>,
) -> io::Result<()> {
    writeln!(out, "{}", say!("nothing-found"))?;
    let names = kinds(&found.looked_for);
    if verbose || names.is_empty() {
        writeln!(out, "{}", say!("looked-in"))?;
        for folder in &found.looked_in {
            writeln!(out, "  {}", safe(&folder.display().to_string()))?;
        }
    } else {
        writeln!(out, "{}", say!("looked-for", names = all_of(&names)))?;
    }
    if let Some(home) = windows_home {
        let home = safe(&platform::quoted_for_shell(&home.display().to_string())).into_owned();
        writeln!(out, "{}", say!("under-wsl", home = home))?;
    }
    writeln!(out, "{}", say!("name-the-folder"))
}

/// Where nothing matched, looks for the sites that a person may have meant.
pub(super) fn add_similar(ui: &Ui, summary: &mut Summary, query: &Query, found: &Found) {
    let is_nothing = summary.matched == 0
        && summary.deleted == 0
        && summary.also_sent == 0
        && summary.site_data.keys == 0
        && !summary.is_cancelled;
    if is_nothing && ui.is_chatty() {
        summary.similar = similar_sites(found, query, threads());
    }
}

/// Looks how much site data there is, where it was not asked for: a login may be there.
pub(super) fn add_site_data(ui: &Ui, summary: &mut Summary, query: &Query, found: &Found) {
    if !query.site_data && query.is_of_whole_sites() && ui.is_chatty() && !summary.is_cancelled {
        summary.other_site_data = site_data(found, query, threads());
    }
}

/// How many stores are worked on at once, where that is prescribed: for measuring.
pub(super) fn threads() -> Option<usize> {
    std::env::var("COOKIECLEAN_THREADS").ok()?.parse().ok()
}
