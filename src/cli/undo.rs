//! `cookieclean undo`: putting back, listing and destroying copies.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::args::{Output, Undo as Arguments};
use super::exit::{Failure, Status};
use super::in_the_way::{InTheWay, Party};
use super::report::json::{ProcessRow, SCHEMA, Why, processes};
use super::report::text::{count, plain_table, safe};
use super::{interrupt, report};
use crate::error::Error;
use crate::undo::{Content, Entry, Hindered, PutBack, PutBackOutcome, Taken, Undo};

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

#[derive(Serialize)]
struct Problem {
    path: String,
    error: String,
}

impl Problem {
    fn of(error: &Error) -> Self {
        Self {
            path: error.path.display().to_string(),
            error: error.fault.to_string(),
        }
    }
}

#[derive(Serialize)]
struct UndoDocument {
    schema: u32,
    id: Option<String>,
    restored: u64,
    stores: Vec<StoreRow>,
}

#[derive(Serialize)]
struct StoreRow {
    store: String,
    restored: u64,
    skipped: u64,
    #[serde(skip)]
    homeless: u64,
    status: &'static str,
    in_use_by: Vec<ProcessRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_use_why: Option<Why>,
    error: Option<String>,
}

impl UndoDocument {
    /// One more store.
    fn add(&mut self, back: &PutBack, status: &mut Status, waited: bool, output: &Output) {
        let (row, outcome) = row(back);
        status.and(outcome);
        self.restored += row.restored;
        self.stores.push(row);
        if !output.json {
            tell(back, waited);
        }
    }
}

pub fn run(arguments: &Arguments, output: &Output, undo: &Undo) -> Result<Status, Failure> {
    let mut entries = undo.entries(Timestamp::now())?;
    if arguments.list {
        return list(&entries, output);
    }
    if let Some(id) = &arguments.id {
        entries.retain(|entry| entry.id == *id);
        if entries.is_empty() {
            return Err(Failure::NoSuchDeletion(id.clone()));
        }
    }
    if arguments.forget {
        return forget(&entries, output);
    }
    let taken = take(&entries)?;
    restore(taken, arguments, output)
}

fn list(entries: &[Entry], output: &Output) -> Result<Status, Failure> {
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
    if output.json {
        super::print_json(&ListDocument {
            schema: SCHEMA,
            undo: rows.into_iter().map(|(_, _, row)| row).collect(),
        })?;
        return Ok(status);
    }
    let mut out = anstream::stdout().lock();
    if rows.is_empty() {
        writeln!(out, "There is nothing to undo.")?;
        return Ok(status);
    }
    let mut table = plain_table();
    table.set_header(["id", "domains", "cookies", "kept until"]);
    for (entry, domains, row) in &rows {
        let until = entry.expires().to_zoned_datetime(TimeZone::system());
        let remark = match row {
            row if row.running => "(still running)",
            row if !row.problems.is_empty() => "(damaged)",
            row if row.domains.is_empty() => "(leftovers of a run that was cut off)",
            _ => "",
        };
        table.add_row([
            entry.id.clone(),
            format!("{} {remark}", safe(domains)).trim().to_owned(),
            row.cookies.to_string(),
            until.strftime("%Y-%m-%d %H:%M").to_string(),
        ]);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    out.flush()?;
    drop(out);
    for problem in &problems {
        report::error(problem);
    }
    Ok(status)
}

fn forget(entries: &[Entry], output: &Output) -> Result<Status, Failure> {
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
    if output.json {
        super::print_json(&ForgetDocument {
            schema: SCHEMA,
            forgotten,
            problems: problems.iter().map(Problem::of).collect(),
        })?;
        return Ok(status);
    }
    for problem in &problems {
        report::error(problem);
    }
    if !output.quiet {
        let n = count(forgotten.len() as u64, "deletion");
        writeln!(anstream::stdout(), "The copies of {n} were destroyed.")?;
    }
    Ok(status)
}

/// The first of these that has something to put back. One that cannot be taken is not
/// passed over: what would be put back instead, nobody has asked for.
fn take(entries: &[Entry]) -> Result<Option<(String, Taken)>, Error> {
    for entry in entries {
        let Some(taken) = entry.take()? else {
            continue;
        };
        match taken.stores() {
            Ok(0) => taken.end()?,
            Ok(_) => return Ok(Some((entry.id.clone(), taken))),
            Err(error) => {
                // What was told first counts.
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
    output: &Output,
) -> Result<Status, Failure> {
    let mut document = UndoDocument {
        schema: SCHEMA,
        id: taken.as_ref().map(|(id, _)| id.clone()),
        restored: 0,
        stores: Vec::new(),
    };
    let mut status = Status::Fine;
    let Some((_, taken)) = taken else {
        if output.json {
            super::print_json(&document)?;
        } else if !output.quiet {
            writeln!(anstream::stdout(), "There is nothing to undo.")?;
        }
        return Ok(status);
    };
    interrupt::note();
    let mut in_the_way = InTheWay::new(arguments.in_the_way, output);
    let mut trouble = None;
    loop {
        let mut waiting = Vec::new();
        let mut failed = Vec::new();
        let defer = in_the_way.is_dealt_with();
        let done = taken.restore(&interrupt::happened, |back| match back.outcome {
            PutBackOutcome::InUse(hindered) if defer => waiting.push((back.store, hindered)),
            PutBackOutcome::Failed(_) if defer => failed.push(back),
            _ => document.add(&back, &mut status, false, output),
        });
        let is_one_free = match done {
            Err(error) => {
                trouble = Some(Failure::File(error));
                false
            }
            Ok(()) if waiting.is_empty() || interrupt::happened() => false,
            Ok(()) => in_the_way.next_free(&parties(&waiting))?.is_some(),
        };
        // What is back has no copy any more: the next round has only the rest, and what
        // failed is tried again with it.
        if is_one_free {
            continue;
        }
        for back in failed {
            document.add(&back, &mut status, false, output);
        }
        for (store, hindered) in waiting {
            let outcome = match interrupt::happened() {
                true => PutBackOutcome::Interrupted,
                false => PutBackOutcome::InUse(hindered),
            };
            let back = PutBack {
                store,
                outcome,
                left: None,
            };
            document.add(&back, &mut status, in_the_way.was_dealt_with(), output);
        }
        break;
    }
    if let Err(error) = taken.end() {
        trouble = trouble.or(Some(Failure::File(error)));
    }
    if let Some(trouble) = trouble {
        // What is back already is told all the same.
        if document.stores.is_empty() {
            return Err(trouble);
        }
        status.and(report::failure(&trouble));
    }
    if output.json {
        super::print_json(&document)?;
    } else if !output.quiet {
        let homeless: u64 = document.stores.iter().map(|row| row.homeless).sum();
        let skipped: u64 = document.stores.iter().map(|row| row.skipped).sum();
        let skipped = skipped - homeless;
        let mut out = anstream::stdout().lock();
        let stores = document
            .stores
            .iter()
            .filter(|row| row.restored > 0)
            .count();
        match document.restored {
            0 => writeln!(out, "Nothing was put back.")?,
            n => writeln!(
                out,
                "Put back {} in {}.",
                count(n, "cookie"),
                count(stores as u64, "store")
            )?,
        }
        if skipped > 0 {
            writeln!(
                out,
                "{} that the browser has already, or again, stayed as it has them.",
                count(skipped, "cookie")
            )?;
        }
        if homeless > 0 {
            writeln!(
                out,
                "{} of a session that Firefox has ended since could not be put back: there is\n\
                 no place for such any more.",
                count(homeless, "cookie")
            )?;
        }
    }
    Ok(status)
}

/// Who keeps these stores from being put back: each once.
fn parties(waiting: &[(PathBuf, Hindered)]) -> Vec<Party> {
    let mut parties: Vec<Party> = Vec::new();
    for (_, hindered) in waiting {
        if !parties.iter().any(|party| party.user == hindered.user) {
            parties.push(Party {
                title: hindered.browser.to_owned(),
                guard: Arc::clone(&hindered.guard),
                user: hindered.user.clone(),
            });
        }
    }
    parties
}

fn row(back: &PutBack) -> (StoreRow, Status) {
    let mut row = StoreRow {
        store: back.store.display().to_string(),
        restored: 0,
        skipped: 0,
        homeless: 0,
        status: "restored",
        in_use_by: Vec::new(),
        in_use_why: None,
        error: None,
    };
    let status = match &back.outcome {
        PutBackOutcome::Restored(done) => {
            row.restored = done.restored;
            row.skipped = done.skipped + done.homeless;
            row.homeless = done.homeless;
            row.error = match (&done.trouble, &back.left) {
                (Some(fault), _) => Some(fault.to_string()),
                (None, Some(left)) => Some(left.to_string()),
                (None, None) => None,
            };
            match row.error {
                None => Status::Fine,
                Some(_) => {
                    row.status = "error";
                    Status::Failed
                }
            }
        }
        PutBackOutcome::InUse(Hindered { user, .. }) => {
            row.status = "in-use";
            row.in_use_by = processes(Some(user));
            row.in_use_why = Some(Why::of(user));
            Status::InUse
        }
        PutBackOutcome::Failed(error) => {
            row.status = "error";
            row.error = Some(error.to_string());
            Status::Failed
        }
        PutBackOutcome::Interrupted => {
            row.status = "interrupted";
            Status::Interrupted
        }
    };
    (row, status)
}

fn tell(back: &PutBack, waited: bool) {
    let store = back.store.display();
    match &back.outcome {
        PutBackOutcome::Restored(done) => {
            if let Some(fault) = &done.trouble {
                report::warn(&format!("{store}: {fault}; its copy is kept"));
            }
            if let Some(error) = &back.left {
                report::warn(&format!(
                    "{store} has its cookies back; of their copy, {error}"
                ));
            }
        }
        PutBackOutcome::InUse(Hindered { user, .. }) => {
            report::skipped(&store.to_string(), user, waited);
        }
        PutBackOutcome::Failed(error) => report::error(error),
        PutBackOutcome::Interrupted => {
            report::warn(&format!("interrupted before {store}; its copy is kept"));
        }
    }
}
