//! `cookieclean profiles`: every browser and profile that was found.

use std::io::Write;

use comfy_table::CellAlignment;
use serde::Serialize;

use super::args::{Output, Profiles};
use super::exit::{Failure, Status};
use super::report::json::{Problem, ProcessRow, SCHEMA, Why, problems, processes};
use super::report::text::{cut, plain_table, safe};
use super::report::words::{by_whom, nothing_found};
use super::{list, target};
use crate::claim::InUse;
use crate::discover::{Found, Profile};
use crate::error::Error;
use crate::parallel::{Event, in_order};
use crate::store::{Kind, Store};

#[derive(Serialize)]
struct Document {
    schema: u32,
    profiles: Vec<ProfileRow>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct ProfileRow {
    browser: &'static str,
    browser_name: &'static str,
    profile: String,
    profile_name: String,
    dir: String,
    in_use: bool,
    in_use_by: Vec<ProcessRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_use_why: Option<Why>,
    cookies: Option<u64>,
    error: Option<String>,
    /// For a person only.
    #[serde(skip)]
    user: Option<InUse>,
}

struct Looked {
    /// An error when that cannot be told.
    user: Result<Option<InUse>, Error>,
    cookies: Result<u64, Error>,
}

pub fn run(profiles: &Profiles, output: &Output) -> Result<Status, Failure> {
    let found = target::search(&profiles.places)?;
    let mut status = list::problems(&found);
    let mut rows = Vec::new();
    in_order(
        &found.profiles,
        target::threads(found.profiles.len()),
        |profile, _: &mut dyn FnMut(())| look(profile),
        |profile, event| {
            let Event::Done(looked) = event else { return };
            status.and(match (&looked.cookies, &looked.user) {
                (Ok(_), Ok(_)) => Status::Fine,
                (Err(error), Ok(Some(_))) if error.fault.is_browsers_doing() => Status::InUse,
                _ => Status::Failed,
            });
            rows.push(row(profile, looked));
        },
    );
    if output.json {
        super::print_json(&Document {
            schema: SCHEMA,
            profiles: rows,
            problems: problems(&found),
        })?;
    } else {
        print(&rows, &found)?;
    }
    Ok(status)
}

fn look(profile: &Profile) -> Looked {
    Looked {
        user: profile.guard.in_use(),
        cookies: profile
            .stores
            .iter()
            .filter(|store| is_counted(&***store))
            .map(|store| store.total())
            .sum(),
    }
}

/// What stands in a copy, or is no cookie, would be counted twice or too much.
fn is_counted(store: &dyn Store) -> bool {
    matches!(store.kind(), Kind::Chromium | Kind::Firefox) && !store.is_older_copy()
}

fn row(profile: &Profile, looked: Looked) -> ProfileRow {
    let cookies = looked.cookies.as_ref().ok().copied();
    let (user, unseen) = match looked.user {
        Ok(user) => (user, None),
        Err(error) => (None, Some(error)),
    };
    let error = looked.cookies.err().or(unseen);
    ProfileRow {
        browser: profile.browser.id,
        browser_name: profile.browser.name,
        profile: profile.name.clone(),
        profile_name: profile.display_name.clone(),
        dir: profile.dir.display().to_string(),
        in_use: user.is_some(),
        in_use_by: processes(user.as_ref()),
        in_use_why: user.as_ref().map(Why::of),
        cookies,
        error: error.map(|error| error.to_string()),
        user,
    }
}

fn print(rows: &[ProfileRow], found: &Found) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    if rows.is_empty() {
        return nothing_found(&mut out, found);
    }
    let mut table = plain_table();
    table.set_header(["browser", "folder", "name", "cookies", ""]);
    for row in rows {
        let state = match (&row.user, &row.error) {
            (Some(user), _) => format!("open{}", by_whom(user)),
            (None, Some(error)) => error.clone(),
            (None, None) => String::new(),
        };
        table.add_row([
            row.browser.to_owned(),
            cut(&row.profile, 50),
            cut(&row.profile_name, 50),
            row.cookies.map_or("?".into(), |n| n.to_string()),
            safe(&state).into_owned(),
        ]);
    }
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())
}
