//! What a shell offers while a command line is typed: commands and options by clap, and the
//! profiles and sites of this computer.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::OnceLock;

use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::exit::Status;
use super::target::threads;
use crate::browsers::{Filter, Found, Platform, Roots, discover};
use crate::engine::sites_where;
use crate::platform::is_plain_in_shell;
use crate::wording::hosts::shown_host;
use crate::wording::language;
use crate::wording::names::title_of;
use crate::wording::text::is_unsafe;

/// Set by the scripts in `packaging/completions` to the name of the shell.
const VARIABLE: &str = "COOKIECLEAN_COMPLETE";

/// Whether a candidate is put into the command line as it is.
static IS_BASH: OnceLock<bool> = OnceLock::new();

/// Answers a shell; None where it is not a shell that asks.
pub(super) fn answer(command_line: &[OsString]) -> Option<Status> {
    let shell = std::env::var_os(VARIABLE)?;
    let _ = IS_BASH.set(shell == "bash");
    let here = std::env::current_dir().ok();
    let answered = CompleteEnv::with_factory(|| super::command(&language()))
        .var(VARIABLE)
        .try_complete(command_line, here.as_deref());
    match answered {
        Ok(true) => Some(Status::Fine),
        Ok(false) => None,
        Err(error) => {
            super::help::print(&error);
            Some(Status::Usage)
        }
    }
}

/// The names and folders of profiles.
pub(super) fn profiles() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let mut titles = BTreeMap::new();
        for profile in found().profiles {
            let title = title_of(&profile);
            for name in [profile.name, profile.display_name] {
                titles.entry(name).or_insert_with(|| title.clone());
            }
        }
        let candidates = titles.iter();
        candidates
            .filter_map(|(name, title)| candidate(name, typed, title))
            .collect()
    })
}

/// The sites that begin with what was typed.
pub(super) fn sites() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let Some(text) = typed.to_str().filter(|text| !text.is_empty()) else {
            return Vec::new();
        };
        let sites = sites_where(&found(), threads(), |site| site.starts_with(text));
        let named = sites.iter().map(|site| (site, shown_host(site)));
        let candidates = named.filter_map(|(site, shown)| candidate(site, typed, &shown));
        candidates.collect()
    })
}

/// Nothing is said of what cannot be searched.
fn found() -> Found {
    let roots = Roots::of_this_user(Platform::of_this_system());
    let found = roots.map(|roots| discover(&roots, &Filter::default()).unwrap_or_default());
    found.unwrap_or_default()
}

/// A word that goes on with what was typed. `about` is shown beside it.
fn candidate(word: &str, typed: &OsStr, about: &str) -> Option<CompletionCandidate> {
    // It would be more than one line, or could move the cursor.
    if word.contains(is_unsafe) {
        return None;
    }
    let word = match IS_BASH.get() {
        Some(true) => escaped(word),
        _ => word.to_owned(),
    };
    let goes_on = word.starts_with(typed.to_str()?);
    goes_on.then(|| CompletionCandidate::new(word).help(Some(about.to_owned().into())))
}

fn escaped(word: &str) -> String {
    let mut escaped = String::new();
    for c in word.chars() {
        if !is_plain_in_shell(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
