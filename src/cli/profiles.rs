//! `cookieclean profiles`: every browser and profile that was found.

use std::io::{self, Write};

use comfy_table::CellAlignment;
use serde::Serialize;

use super::args::Profiles;
use super::exit::{Failure, Status};
use super::report::json::{Problem, ProcessRow, SCHEMA, Why, problems, processes};
use super::report::plain_table;
use super::target;
use super::ui::{self, Ui};
use crate::browsers::Profile;
use crate::engine::doctor::ProfileState;
use crate::engine::{Update, in_order};
use crate::model::error::Error;
use crate::wording::names::{WIDEST_NAME, by_whom};
use crate::wording::text::{cut, grouped, safe};
use crate::wording::{faults, say};

#[derive(Serialize)]
struct Document {
    schema: u32,
    profiles: Vec<ProfileRow>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
pub(super) struct ProfileRow {
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
    error_code: Option<&'static str>,
    /// For a person only.
    #[serde(skip)]
    remark: String,
}

pub(super) fn run(profiles: &Profiles, ui: &Ui) -> Result<Status, Failure> {
    let found = target::search(&profiles.places)?;
    let mut status = target::report_search(ui, &found, &profiles.places)?;
    let mut rows = Vec::new();
    in_order(
        &found.profiles,
        target::threads(),
        |profile, _: &mut dyn FnMut(())| ProfileState::of(profile),
        |profile, update| {
            let Update::Done(state) = update else { return };
            if let Err(unread) = &state.cookies {
                status.and(Status::from(unread));
            }
            if state.user.is_err() {
                status.and(Status::Failed);
            }
            if ui.quiet
                && let Err(unread) = &state.cookies
            {
                ui::unread(profile, unread);
            }
            rows.push(row(profile, &state));
        },
    );
    if ui.json {
        super::print_json(&Document {
            schema: SCHEMA,
            profiles: rows,
            problems: problems(&found),
        })?;
    } else if !rows.is_empty() {
        print(&rows, &found.profiles, ui)?;
    }
    Ok(status)
}

pub(super) fn row(profile: &Profile, state: &ProfileState) -> ProfileRow {
    let user = state.user.as_ref().ok().and_then(Option::as_ref);
    let error = state.error();
    ProfileRow {
        browser: profile.browser.id,
        browser_name: profile.browser.name,
        profile: profile.name.clone(),
        profile_name: profile.display_name.clone(),
        dir: profile.dir.display().to_string(),
        in_use: user.is_some(),
        in_use_by: processes(user),
        in_use_why: user.map(Why::of),
        cookies: state.cookies.as_ref().ok().copied(),
        error: error.map(Error::to_string),
        error_code: error.map(Error::code),
        remark: match (user, error) {
            (Some(user), _) => say!("profile-open", by = by_whom(user)),
            (None, Some(error)) => faults::error(error),
            (None, None) => String::new(),
        },
    }
}

fn print(rows: &[ProfileRow], profiles: &[Profile], ui: &Ui) -> io::Result<()> {
    let mut table = plain_table();
    table.set_header([
        say!("profiles-browser"),
        say!("profiles-folder"),
        say!("profiles-name"),
        say!("profiles-cookies"),
        String::new(),
    ]);
    for row in rows {
        table.add_row([
            row.browser.to_owned(),
            cut(&row.profile, WIDEST_NAME),
            cut(&row.profile_name, WIDEST_NAME),
            row.cookies.map_or("?".into(), grouped),
            safe(&row.remark).into_owned(),
        ]);
    }
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut out = ui.out();
    let table = table.trim_fmt();
    let mut lines = table.lines();
    writeln!(out, "{}", lines.next().unwrap_or_default())?;
    for (line, profile) in lines.zip(profiles) {
        writeln!(out, "{line}")?;
        for store in profile.stores.iter().filter(|_| ui.verbose) {
            let path = store.path().display().to_string();
            writeln!(out, "   {}", safe(&path))?;
        }
    }
    Ok(())
}
