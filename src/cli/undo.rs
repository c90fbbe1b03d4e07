//! `cookieclean undo`: putting back, listing and destroying copies.

use std::io::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::args::Undo as Arguments;
use super::exit::{Failure, Status};
use super::interrupt;
use super::observer::{Terminal, decision};
use super::report::Renderer;
use super::report::json::SCHEMA;
use super::report::restore::{HumanRestore, JsonRestore};
use super::report::text::{count, plain_table, safe};
use super::ui::{self, Ui};
use crate::engine::{self, Scheduler, Summary};
use crate::undo::{Entry, Undo};

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
}

#[derive(Serialize)]
struct ForgetDocument {
    schema: u32,
    forgotten: Vec<String>,
}

pub fn run(arguments: &Arguments, ui: &Ui, undo: &Undo) -> Result<Status, Failure> {
    let mut entries = undo.entries()?;
    if arguments.list {
        list(entries, ui)?;
        return Ok(Status::Fine);
    }
    if let Some(id) = &arguments.id {
        entries.retain(|entry| entry.id == *id);
        if entries.is_empty() {
            return Err(Failure::NoSuchDeletion(id.clone()));
        }
    }
    if arguments.forget {
        let forgotten = match arguments.id {
            None => undo.forget_all()?,
            Some(_) => forget(entries)?,
        };
        tell_forgotten(forgotten, ui)?;
        return Ok(Status::Fine);
    }
    restore(entries.into_iter().next(), arguments, ui)
}

fn list(entries: Vec<Entry>, ui: &Ui) -> Result<(), Failure> {
    if ui.json {
        let row = |entry: Entry| EntryRow {
            id: entry.id,
            created: entry.created,
            domains: entry.domains,
            cookies: entry.cookies,
        };
        super::print_json(&ListDocument {
            schema: SCHEMA,
            undo: entries.into_iter().map(row).collect(),
        })?;
        return Ok(());
    }
    let mut out = ui.out();
    if entries.is_empty() {
        writeln!(out, "There is nothing to undo.")?;
        return Ok(());
    }
    let local = |time: Timestamp| {
        let local = time.to_zoned_datetime(TimeZone::system());
        local.strftime("%Y-%m-%d %H:%M").to_string()
    };
    let mut table = plain_table();
    let columns = ["id", "domains", "cookies", "kept until", "deleted"];
    let shown = if ui.verbose { 5 } else { 4 };
    table.set_header(columns.iter().take(shown));
    for entry in &entries {
        let cells = [
            entry.id.clone(),
            safe(&entry.domains.join(" ")).into_owned(),
            entry.cookies.to_string(),
            local(entry.expires()),
            local(entry.created),
        ];
        table.add_row(cells.iter().take(shown));
    }
    writeln!(out, "{}", table.trim_fmt())?;
    Ok(())
}

fn forget(entries: Vec<Entry>) -> Result<Vec<String>, Failure> {
    let mut forgotten = Vec::new();
    for entry in entries {
        let id = entry.id.clone();
        entry.forget()?;
        forgotten.push(id);
    }
    Ok(forgotten)
}

fn tell_forgotten(forgotten: Vec<String>, ui: &Ui) -> Result<(), Failure> {
    if ui.json {
        super::print_json(&ForgetDocument {
            schema: SCHEMA,
            forgotten,
        })?;
    } else {
        let mut out = ui.out();
        for id in forgotten.iter().filter(|_| ui.verbose) {
            writeln!(out, "{id}")?;
        }
        let n = count(forgotten.len() as u64, "deletion");
        writeln!(out, "The copies of {n} were destroyed.")?;
    }
    Ok(())
}

fn restore(entry: Option<Entry>, arguments: &Arguments, ui: &Ui) -> Result<Status, Failure> {
    let Some(entry) = entry else {
        match ui.json {
            true => JsonRestore::of(None).end(&Summary::default())?,
            false => writeln!(ui.out(), "There is nothing to undo.")?,
        }
        return Ok(Status::Fine);
    };
    let cancel = interrupt::note();
    let mut json = JsonRestore::of(Some(entry.id.clone()));
    let mut human = HumanRestore(ui);
    let renderer: &mut dyn Renderer = match ui.json {
        true => &mut json,
        false => &mut human,
    };
    let mut terminal = Terminal::new(ui, &cancel, renderer);
    let mut scheduler = Scheduler::new(decision(arguments.in_the_way, ui), &cancel);
    let (summary, result) = engine::restore(&entry, &cancel, &mut scheduler, &mut terminal);
    if let Err(error) = result {
        let failure = Failure::File(error);
        // What is back already is told all the same.
        if summary.restored == 0 && summary.failed == 1 && summary.blocked.is_empty() {
            return Err(failure);
        }
        ui::failure(&failure);
    }
    terminal.end(&summary)?;
    Ok(Status::from(&summary))
}
