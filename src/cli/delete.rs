//! `cookieclean DOMAIN`: the deletion.

use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;

use super::args::{Clean, Values};
use super::exit::{Failure, Status};
use super::observer::{Terminal, decision};
use super::question::ask;
use super::report::Renderer;
use super::report::human::{Human, Report};
use super::report::json::JsonDeletion;
use super::suggestion::Suggestions;
use super::ui::Ui;
use super::{interrupt, list, target};
use crate::browsers::Found;
use crate::engine::{self, Cancel, Request, Scheduler, clear_the_way, delete};
use crate::model::query::Query;
use crate::undo::Undo;
use crate::wording::say;

/// Deleted cookies listed per store in a report; the rest is counted.
const SHOWN: usize = 200;

pub(super) fn run(args: &Clean, ui: &Ui) -> Result<Status, Failure> {
    if args.dry_run {
        return list::show(&args.matching, &args.places, Values::default(), ui);
    }
    let is_asking = args.ask || args.matching.site_data && !args.yes;
    if is_asking && !args.ask && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::NeedsYes);
    }
    let cancel = interrupt::note();
    let (query, found) = target::target(&args.matching, &args.places)?;
    target::report_search(ui, &found, &args.places)?;
    let suggestions = Suggestions::of(Some(&args.matching), &args.places);
    let mut json;
    let mut human;
    let renderer: &mut dyn Renderer = if ui.json {
        json = JsonDeletion::begin(&query);
        &mut json
    } else {
        human = Human::new(Report::Deletion, ui, &query, &suggestions, false);
        &mut human
    };
    let mut terminal = Terminal::new(ui, &cancel, renderer);
    let mut scheduler = Scheduler::new(decision(args.in_the_way, ui), &cancel);
    let mut look_only = false;
    if is_asking {
        // What a browser writes as it ends has to be among what is asked about.
        clear_the_way(&found, &mut scheduler, &mut terminal);
        match may_go_on(&query, &found, &suggestions, ui, &cancel)? {
            Answer::Yes => {}
            Answer::NotAsked => look_only = true,
            answer => {
                if ui.json {
                    // No store was touched, which is what an empty report says.
                    terminal.end(&engine::Summary::of(&found))?;
                }
                return Ok(match answer {
                    Answer::Interrupted => Status::Interrupted,
                    _ => Status::Fine,
                });
            }
        }
    }
    let undo = match args.no_undo {
        true => None,
        false => Some(Undo::of_this_user()?.begin(query.domain_names(), Timestamp::now())),
    };
    let request = Request {
        found: &found,
        query: &query,
        // A person who was asked has seen them.
        show: match ui.is_chatty() && !is_asking {
            true => SHOWN,
            false => 0,
        },
        look_only,
        cancel: &cancel,
        threads: target::threads(),
    };
    let mut summary = delete(&request, undo, &mut scheduler, &mut terminal);
    target::add_similar(ui, &mut summary, &query, &found);
    target::add_site_data(ui, &mut summary, &query, &found);
    terminal.end(&summary)?;
    Ok(Status::from(&summary))
}

/// What came of the question.
enum Answer {
    Yes,
    No,
    /// There was nothing to ask about: what an open browser may still have is for the
    /// report.
    NotAsked,
    Interrupted,
}

/// Shows what was found and asks. Anything but a yes is a no.
fn may_go_on(
    query: &Query,
    found: &Found,
    suggestions: &Suggestions,
    ui: &Ui,
    cancel: &Cancel,
) -> Result<Answer, Failure> {
    let mut preview = Human::new(Report::Preview, ui, query, suggestions, false);
    let mut terminal = Terminal::new(ui, cancel, &mut preview);
    let summary = engine::list(found, query, None, target::threads(), &mut terminal);
    terminal.end(&summary)?;
    drop(preview);
    if cancel.is_cancelled() {
        return Ok(Answer::Interrupted);
    }
    if summary.matched == 0 && summary.site_data.keys == 0 {
        return Ok(Answer::NotAsked);
    }
    let question = match query.site_data && summary.site_data.keys > 0 {
        true => say!("question-delete-site-data"),
        false => say!("question-delete"),
    };
    let answer = ask(&question, cancel)?;
    match answer.as_deref().map(str::to_lowercase).as_deref() {
        Some("y" | "yes") => return Ok(Answer::Yes),
        _ => writeln!(anstream::stderr(), "{}", say!("deleted-nothing"))?,
    }
    Ok(answer.map_or(Answer::Interrupted, |_| Answer::No))
}
