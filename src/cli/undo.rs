//! `cookieclean undo`: putting back, listing and destroying copies.

use std::io::Write;

use jiff::Timestamp;
use serde::Serialize;

use super::args::UndoArgs as Arguments;
use super::exit::{Failure, Status};
use super::interrupt;
use super::observer::{Terminal, decision};
use super::report::Renderer;
use super::report::json::{Problem, SCHEMA};
use super::report::plain_table;
use super::report::restore::{HumanRestore, JsonRestore};
use super::target;
use super::ui::{self, Ui};
use crate::browsers::{Filter, Platform, Roots, discover};
use crate::engine::{self, Scheduler, Summary};
use crate::model::error::Error;
use crate::store::site_data::trash::Trash;
use crate::undo::{Content, Entry, Taken, Undo};
use crate::wording::hosts::shown_host;
use crate::wording::names::{amount_of, minute, state_of, undo_command};
use crate::wording::text::safe;
use crate::wording::{say, size};

#[derive(Serialize)]
struct ListDocument {
    schema: u32,
    undo: Vec<EntryRow>,
    /// What is in the trash of a profile, and belongs to none of them.
    orphaned: Vec<OrphanRow>,
}

#[derive(Serialize)]
struct OrphanRow {
    path: String,
    bytes: u64,
}

impl OrphanRow {
    fn of(trash: &Trash) -> Self {
        Self {
            path: trash.path().display().to_string(),
            bytes: trash.size().map_or(0, |size| size.bytes),
        }
    }
}

#[derive(Serialize)]
struct EntryRow {
    id: String,
    created: Timestamp,
    domains: Vec<String>,
    cookies: u64,
    /// Whether it has site data, and what that takes up in the trash of the profiles, in
    /// bytes.
    site_data: bool,
    trash: u64,
    /// The deletion of site data was cut off.
    cut_off: bool,
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
        return list(&entries, undo, ui);
    }
    if let Some(id) = &arguments.id {
        entries.retain(|entry| entry.id == *id);
        if entries.is_empty() {
            return Err(Failure::NoSuchDeletion(id.clone()));
        }
    }
    if arguments.forget {
        let (orphaned, mut problems) = match arguments.id {
            None => orphaned_trash(undo),
            Some(_) => (Vec::new(), Vec::new()),
        };
        if let Some(error) = problems.pop() {
            return Err(error.into());
        }
        return forget(&entries, orphaned, ui);
    }
    let taken = take(&entries)?;
    restore(taken, arguments, ui, undo)
}

/// What is in the trash of this user's profiles without a copy.
fn orphaned_trash(undo: &Undo) -> (Vec<Trash>, Vec<Error>) {
    let roots = Roots::of_this_user(Platform::of_this_system());
    let found = roots.map(|roots| discover(&roots, &Filter::default()).unwrap_or_default());
    match found.and_then(|found| undo.orphaned_trash(&found)) {
        Ok(orphaned) => (orphaned, Vec::new()),
        Err(error) => (Vec::new(), vec![error]),
    }
}

fn list(entries: &[Entry], undo: &Undo, ui: &Ui) -> Result<Status, Failure> {
    let mut contents = Vec::new();
    let (orphaned, problems) = orphaned_trash(undo);
    let orphaned: Vec<_> = orphaned.iter().map(OrphanRow::of).collect();
    for entry in entries {
        match entry.look() {
            // It has gone since its name was read.
            Ok(None) => {}
            Ok(Some(content)) => contents.push((entry, content)),
            Err(error) => {
                let content = Content {
                    problems: vec![error],
                    ..Content::default()
                };
                contents.push((entry, content));
            }
        }
    }
    let damaged = contents.iter().flat_map(|(_, content)| &content.problems);
    let problems: Vec<_> = problems.iter().chain(damaged).collect();
    let status = match problems.is_empty() {
        true => Status::Fine,
        false => Status::Failed,
    };
    if ui.json {
        let rows = contents.iter();
        super::print_json(&ListDocument {
            schema: SCHEMA,
            undo: rows
                .map(|(entry, content)| EntryRow::of(entry, content))
                .collect(),
            orphaned,
        })?;
        return Ok(status);
    }
    let mut out = ui.out();
    for OrphanRow { path, bytes } in &orphaned {
        let path = safe(path).into_owned();
        let line = say!(
            "undo-orphaned-trash",
            path = path,
            size = size(*bytes),
            command = safe(&undo_command("--forget")).into_owned()
        );
        writeln!(out, "{line}")?;
    }
    if contents.is_empty() {
        writeln!(out, "{}", say!("undo-nothing"))?;
        return Ok(status);
    }
    let mut table = plain_table();
    let columns = [
        say!("undo-id"),
        say!("undo-domains"),
        say!("undo-cookies"),
        say!("undo-kept-until"),
        say!("undo-deleted"),
    ];
    let shown = if ui.verbose { 5 } else { 4 };
    table.set_header(columns.iter().take(shown));
    for (entry, content) in &contents {
        let domains: Vec<_> = content.domains.iter().map(|d| shown_host(d)).collect();
        let state = state_of(content).unwrap_or_default();
        let cells = [
            entry.id.clone(),
            format!("{} {state}", safe(&domains.join(" ")))
                .trim()
                .to_owned(),
            amount_of(content),
            minute(entry.expires()),
            minute(entry.began(content)),
        ];
        table.add_row(cells.iter().take(shown));
    }
    writeln!(out, "{}", table.trim_fmt())?;
    out.flush()?;
    drop(out);
    for problem in problems {
        ui::error(problem);
    }
    Ok(status)
}

impl EntryRow {
    fn of(entry: &Entry, content: &Content) -> Self {
        Self {
            id: entry.id.clone(),
            created: entry.began(content),
            domains: content.domains.clone(),
            cookies: content.cookies,
            site_data: content.site_data,
            trash: content.trash,
            cut_off: content.is_cut_off,
            expires: entry.expires(),
            leftovers: content.leftovers,
            running: content.is_running,
            problems: content.problems.iter().map(Problem::of).collect(),
        }
    }
}

fn forget(entries: &[Entry], orphaned: Vec<Trash>, ui: &Ui) -> Result<Status, Failure> {
    let mut forgotten = Vec::new();
    let mut problems = Vec::new();
    for trash in orphaned {
        problems.extend(trash.destroy().err());
    }
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
    let line = match forgotten.len() {
        0 => say!("undo-none-to-destroy"),
        n => say!("undo-destroyed", deletions = say!("count-deletions", n = n)),
    };
    writeln!(out, "{line}")?;
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
    undo: &Undo,
) -> Result<Status, Failure> {
    let Some((id, taken)) = taken else {
        match ui.json {
            true => JsonRestore::of(None).end(&Summary::default())?,
            false => writeln!(ui.out(), "{}", say!("undo-nothing"))?,
        }
        return Ok(Status::Fine);
    };
    let domains = match taken.domains() {
        Ok(domains) => domains,
        Err(error) => {
            // The first error counts.
            let _ = taken.end();
            return Err(error.into());
        }
    };
    let cancel = interrupt::note();
    let mut json = JsonRestore::of(Some(id));
    let mut human = HumanRestore {
        ui,
        domains: domains.clone(),
    };
    let renderer: &mut dyn Renderer = match ui.json {
        true => &mut json,
        false => &mut human,
    };
    let mut terminal = Terminal::new(ui, &cancel, renderer);
    let mut scheduler = Scheduler::new(decision(arguments.in_the_way, ui), &cancel);
    let mut summary = engine::restore(
        taken,
        undo.begin(domains, Timestamp::now()),
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
