//! `cookieclean profiles`: every browser and profile that was found.

use std::io::{self, Write};

use comfy_table::CellAlignment;
use serde::Serialize;

use super::args::Profiles;
use super::exit::{Failure, Status};
use super::report::json::{Problem, ProcessRow, SCHEMA, Why, problems, processes};
use super::report::text::{cut, grouped, plain_table, safe};
use super::report::words::{WIDEST_NAME, by_whom};
use super::target;
use super::ui::{self, Ui};
use crate::browsers::Profile;
use crate::engine::{Unread, Update, in_order, read};
use crate::model::error::Error;
use crate::store::Store;
use crate::store::claim::InUse;

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
    error_code: Option<&'static str>,
    /// For a person only.
    #[serde(skip)]
    user: Option<InUse>,
}

struct State {
    /// An error when that cannot be found out.
    user: Result<Option<InUse>, Error>,
    cookies: Result<u64, Unread>,
}

pub(super) fn run(profiles: &Profiles, ui: &Ui) -> Result<Status, Failure> {
    let found = target::search(&profiles.places)?;
    let mut status = target::report_search(ui, &found, &profiles.places)?;
    let mut rows = Vec::new();
    in_order(
        &found.profiles,
        target::threads(),
        |profile, _: &mut dyn FnMut(())| look(profile),
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
            rows.push(row(profile, state));
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

fn look(profile: &Profile) -> State {
    let stores = profile.stores.iter().map(|store| &**store);
    let counted = stores.filter(|store| is_counted(*store));
    let totals: Result<Vec<u64>, _> = read(profile, counted, |store| store.total());
    State {
        user: profile.guard.in_use(),
        cookies: totals.map(|totals| totals.iter().sum()),
    }
}

/// What stands in a copy, or is not a cookie, would be counted twice or too much.
fn is_counted(store: &dyn Store) -> bool {
    let kind = store.kind();
    kind.holds_cookies() && !kind.is_volatile() && !store.is_older_copy()
}

fn row(profile: &Profile, state: State) -> ProfileRow {
    let (user, unknown) = match state.user {
        Ok(user) => (user, None),
        Err(error) => (None, Some(error)),
    };
    let unread = state.cookies.as_ref().err().map(Unread::error);
    let error = unread.or(unknown.as_ref());
    ProfileRow {
        browser: profile.browser.id,
        browser_name: profile.browser.name,
        profile: profile.name.clone(),
        profile_name: profile.display_name.clone(),
        dir: profile.dir.display().to_string(),
        in_use: user.is_some(),
        in_use_by: processes(user.as_ref()),
        in_use_why: user.as_ref().map(Why::of),
        cookies: state.cookies.as_ref().ok().copied(),
        error: error.map(Error::to_string),
        error_code: error.map(Error::code),
        user,
    }
}

fn print(rows: &[ProfileRow], profiles: &[Profile], ui: &Ui) -> io::Result<()> {
    let mut table = plain_table();
    table.set_header(["browser", "folder", "name", "cookies", ""]);
    for row in rows {
        let remark = match (&row.user, &row.error) {
            (Some(user), _) => format!("open{}", by_whom(user)),
            (None, Some(error)) => error.clone(),
            (None, None) => String::new(),
        };
        table.add_row([
            row.browser.to_owned(),
            cut(&row.profile, WIDEST_NAME),
            cut(&row.profile_name, WIDEST_NAME),
            row.cookies.map_or("?".into(), grouped),
            safe(&remark).into_owned(),
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
