//! `cookieclean list`: what would be deleted.

use super::args::{List, Matching, Output, Places};
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

pub fn run(list: &List, output: &Output) -> Result<Status, Failure> {
    show(&list.matching, &list.places, output)
}

/// Lists what the arguments mean.
pub fn show(matching: &Matching, places: &Places, output: &Output) -> Result<Status, Failure> {
    let (query, found) = target::target(matching, places)?;
    if output.json {
        tell(&found, &query, output, &mut JsonListing::begin(&query)?)
    } else {
        let mut human = Human::new(&query, output.quiet, output.verbose);
        tell(&found, &query, output, &mut human)
    }
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
