//! `cookieclean list`: what would be deleted.

use std::io::{self, IsTerminal};

use super::args::{List, Matching, Output, Places, Values};
use super::exit::{Failure, Status};
use super::report::human::Human;
use super::report::json::JsonListing;
use super::report::progress::Progress;
use super::report::{self, Listing};
use super::target;
use crate::clean::{Unread, look};
use crate::cookie::Query;
use crate::discover::{Found, jobs};
use crate::parallel::Event;
use crate::reveal::Reveal;

pub fn run(list: &List, output: &Output) -> Result<Status, Failure> {
    show(&list.matching, &list.places, list.values, output)
}

/// Lists what the arguments mean.
pub fn show(
    matching: &Matching,
    places: &Places,
    values: Values,
    output: &Output,
) -> Result<Status, Failure> {
    let (mut query, found) = target::target(matching, places)?;
    query.with_values = values.show_values && (output.json || !output.quiet);
    // Who has no terminal has nobody in front of it to answer a dialog.
    let reveal = || Reveal::new(io::stderr().is_terminal(), waiting_for_a_keyring);
    let reveal = query.with_values.then(reveal);
    if reveal.is_some() && !io::stdout().is_terminal() {
        report::warn(
            "these values are live credentials: whoever has them can act as you at the site.",
        );
    }
    if output.json {
        let mut json = JsonListing::begin(&query, reveal)?;
        tell(&found, &query, output, &mut json)
    } else {
        let mut human = Human::new(&query, output.quiet, output.verbose);
        if let Some(reveal) = reveal {
            human.show_values(reveal, values.full);
        }
        tell(&found, &query, output, &mut human)
    }
}

fn waiting_for_a_keyring() {
    report::warn("waiting for the keyring, which may be asking on your screen.");
}

/// Looks, and reports as it goes.
pub fn tell(
    found: &Found,
    query: &Query,
    output: &Output,
    listing: &mut dyn Listing,
) -> Result<Status, Failure> {
    let jobs = jobs(&found.profiles);
    let mut status = problems(found);
    let mut written = Ok(());
    let mut progress = Progress::new(jobs.len(), output.is_chatty());
    look(&jobs, query, target::threads(jobs.len()), |job, event| {
        let told = progress.aside(|| match &event {
            Event::Message(cookies) => listing.cookies(job, cookies),
            Event::Done(looked) => listing.store(job, looked),
        });
        if written.is_ok() {
            written = told;
        }
        if let Event::Done(looked) = event {
            progress.step();
            match looked.outcome {
                Ok(_) => {}
                Err(Unread::InUse) => status.and(Status::InUse),
                Err(Unread::Failed(_)) => status.and(Status::Failed),
            }
        }
    });
    drop(progress);
    written?;
    listing.end(found)?;
    Ok(status)
}

/// Says what could not be searched; that is a failure, since it may hold cookies.
pub fn problems(found: &Found) -> Status {
    for problem in &found.problems {
        report::error(problem);
    }
    if found.problems.is_empty() {
        Status::Fine
    } else {
        Status::Failed
    }
}
