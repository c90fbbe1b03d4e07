//! `cookieclean undo`: putting back, listing and destroying copies.

use std::io::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::args::UndoArgs as Arguments;
use super::exit::{Failure, Status};
use super::interrupt;
use super::observer::{Terminal, decision};
use super::report::Renderer;
use super::report::json::{Problem, SCHEMA};
use super::report::restore::{HumanRestore, JsonRestore};
use super::report::text::{count, plain_table, safe};
use super::target;
use super::ui::{self, Ui};
use crate::engine::{self, Scheduler, Summary};
use crate::model::error::Error;
use crate::undo::{Content, Entry, Taken, Undo};

#[derive(Serialize)]
struct ListDocument {
    schema: u32,
    undo: Vec<EntryRow>,
}

#[derive(Serialize)]
struct EntryRow {
    id: String,
    created: Timestamp,
    domains: Vec<String>,
    cookies: u64,
    /// When its copies will be destroyed.
    expires: Timestamp,
    /// Copies that were not finished when a run was cut off.
    leftovers: usize,
    /// It is still running, or being undone.
    running: bool,
    /// What of it cannot be read.
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct ForgetDocument {
    schema: u32,
    forgotten: Vec<String>,
    /// What could not be destroyed.
    problems: Vec<Problem>,
}

pub(super) fn run(arguments: &Arguments, ui: &Ui, undo: &Undo) -> Result<Status, Failure> {
    let mut entries = undo.entries(Timestamp::now())?;
    if arguments.list {
        return list(&entries, ui);
    }
    if let Some(id) = &arguments.id {
        entries.retain(|entry| entry.id == *id);
        if entries.is_empty() {
            return Err(Failure::NoSuchDeletion(id.clone()));
        }
    }
    if arguments.forget {
        return forget(&entries, ui);
    }
    let taken = take(&entries)?;
    restore(taken, arguments, ui)
}

fn list(entries: &[Entry], ui: &Ui) -> Result<Status, Failure> {
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    for entry in entries {
        let content = match entry.look() {
            // It has gone since its name was read.
            Ok(None) => continue,
            Ok(Some(content)) => content,
            Err(error) => Content {
                problems: vec![error],
                ..Content::default()
            },
        };
        rows.push((
            entry,
            content.domains.join(" "),
            EntryRow {
                id: entry.id.clone(),
                created: content.created.unwrap_or_else(|| entry.created()),
                domains: content.domains,
                cookies: content.cookies,
                expires: entry.expires(),
                leftovers: content.leftovers,
                running: content.is_running,
                problems: content.problems.iter().map(Problem::of).collect(),
            },
        ));
        problems.extend(content.problems);
    }
    let status = match problems.is_empty() {
        true => Status::Fine,
        false => Status::Failed,
    };
    if ui.json {
        super::print_json(&ListDocument {
            schema: SCHEMA,
            undo: rows.into_iter().map(|(_, _, row)| row).collect(),
        })?;
        return Ok(status);
    }
    let mut out = ui.out();
    if rows.is_empty() {
        writeln!(out, "There is nothing to undo.")?;
        return Ok(status);
    }
    let local = |time: Timestamp| {
        let local = time.to_zoned_datetime(TimeZone::system());
        local.strftime("%Y-%m-%d %H:%M").to_string()
    };
    let mut table = plain_table();
    let columns = ["id", "domains", "cookies", "kept until", "deleted"];
    let shown = if ui.verbose { 5 } else { 4 };
    table.set_header(columns.iter().take(shown));
    for (entry, domains, row) in &rows {
        let remark = match row {
            row if row.running => "(still running)",
            row if !row.problems.is_empty() => "(damaged)",
            row if row.domains.is_empty() => "(leftovers of a run that was cut off)",
            _ => "",
        };
        let cells = [
            entry.id.clone(),
            format!("{} {remark}", safe(domains)).trim().to_owned(),
            row.cookies.to_string(),
            local(row.expires),
            local(row.created),
        ];
        table.add_row(cells.iter().take(shown));
    }
    writeln!(out, "{}", table.trim_fmt())?;
    out.flush()?;
    drop(out);
    for problem in &problems {
        ui::error(problem);
    }
    Ok(status)
}

fn forget(entries: &[Entry], ui: &Ui) -> Result<Status, Failure> {
    let mut forgotten = Vec::new();
    let mut problems = Vec::new();
    for entry in entries {
        match entry.forget() {
            Ok(()) => forgotten.push(entry.id.clone()),
            Err(error) => problems.push(error),
        }
    }
    let status = match problems.is_empty() {
        true => Status::Fine,
        false => Status::Failed,
    };
    if ui.json {
        super::print_json(&ForgetDocument {
            schema: SCHEMA,
            forgotten,
            problems: problems.iter().map(Problem::of).collect(),
        })?;
        return Ok(status);
    }
    for problem in &problems {
        ui::error(problem);
    }
    let mut out = ui.out();
    for id in forgotten.iter().filter(|_| ui.verbose) {
        writeln!(out, "{id}")?;
    }
    let n = count(forgotten.len() as u64, "deletion");
    writeln!(out, "The copies of {n} were destroyed.")?;
    Ok(status)
}

/// The first of these that has something to put back. One that cannot be taken is not
/// skipped: nobody has asked to put back another one instead.
fn take(entries: &[Entry]) -> Result<Option<(String, Taken)>, Error> {
    for entry in entries {
        let Some(taken) = entry.take()? else {
            continue;
        };
        match taken.copies() {
            Ok(copies) if copies.is_empty() => taken.end()?,
            Ok(_) => return Ok(Some((entry.id.clone(), taken))),
            Err(error) => {
                // The first error counts.
                let _ = taken.end();
                return Err(error);
            }
        }
    }
    Ok(None)
}

fn restore(
    taken: Option<(String, Taken)>,
    arguments: &Arguments,
    ui: &Ui,
) -> Result<Status, Failure> {
    let Some((id, taken)) = taken else {
        match ui.json {
            true => JsonRestore::of(None).end(&Summary::default())?,
            false => writeln!(ui.out(), "There is nothing to undo.")?,
        }
        return Ok(Status::Fine);
    };
    let cancel = interrupt::note();
    let mut json = JsonRestore::of(Some(id));
    let mut human = HumanRestore(ui);
    let renderer: &mut dyn Renderer = match ui.json {
        true => &mut json,
        false => &mut human,
    };
    let mut terminal = Terminal::new(ui, &cancel, renderer);
    let mut scheduler = Scheduler::new(decision(arguments.in_the_way, ui), &cancel);
    let mut summary = engine::restore(
        taken,
        &cancel,
        target::threads(),
        &mut scheduler,
        &mut terminal,
    );
    // What is back already is reported anyway.
    if summary.stores == 0
        && let Some(error) = summary.problems.pop()
    {
        return Err(error.into());
    }
    terminal.end(&summary)?;
    Ok(Status::from(&summary))
}
