//! `cookieclean DOMAIN`: the deletion.

use std::io::{self, BufRead, Write};

use jiff::Timestamp;

use super::args::{Clean, Output};
use super::exit::{Failure, Status};
use super::report::human::Human;
use super::report::json::JsonCleaning;
use super::report::progress::Progress;
use super::report::{self, Cleaning};
use super::{interrupt, list, target};
use crate::clean::{Outcome, Plan, clean};
use crate::cookie::Query;
use crate::discover::{Found, jobs};
use crate::parallel::Event;
use crate::undo::{Deletion, Undo};

/// More than a person reads.
const SHOWN: usize = 200;

pub fn run(args: &Clean, output: &Output) -> Result<Status, Failure> {
    if args.dry_run {
        return list::show(&args.matching, &args.places, output);
    }
    interrupt::note();
    let query = target::query(&args.matching, &args.places)?;
    let found = target::search(&args.places)?;
    if args.ask && !may_go_on(&query, &found, output)? {
        if output.json {
            // No store was touched, which is what an empty report says.
            JsonCleaning::begin(&query).end(&found, None)?;
        }
        return Ok(Status::Fine);
    }
    let undo = match args.no_undo {
        true => None,
        false => {
            let domains = query.domains.iter().map(ToString::to_string).collect();
            Some(Undo::of_this_user()?.begin(domains, Timestamp::now()))
        }
    };
    if output.json {
        let mut json = JsonCleaning::begin(&query);
        tell(&found, &query, undo, 0, output, &mut json)
    } else {
        let mut human = Human::new(&query, output.quiet, output.verbose);
        // Whoever was asked has seen them.
        let shown = if output.quiet || args.ask { 0 } else { SHOWN };
        human.is_brief = args.ask;
        tell(&found, &query, undo, shown, output, &mut human)
    }
}

/// Shows what was found and asks. Anything but a yes is a no. Where nothing was found
/// there is nothing to ask: what an open browser may still have is for the report.
fn may_go_on(query: &Query, found: &Found, output: &Output) -> Result<bool, Failure> {
    let mut preview = match output.json {
        // Standard output belongs to the document.
        true => Human::to(Box::new(anstream::stderr()), query, false, output.verbose),
        false => Human::new(query, false, output.verbose),
    };
    preview.is_preview = true;
    list::tell(found, query, output, &mut preview)?;
    let nothing = preview.matched() == 0;
    drop(preview);
    Ok(nothing || ask()?)
}

fn ask() -> Result<bool, Failure> {
    let mut err = anstream::stderr().lock();
    write!(err, "Delete these cookies? [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    let yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !yes {
        writeln!(err, "Nothing was deleted.")?;
    }
    Ok(yes)
}

/// Deletes, and reports as it goes.
fn tell(
    found: &Found,
    query: &Query,
    undo: Option<Deletion>,
    show: usize,
    output: &Output,
    cleaning: &mut dyn Cleaning,
) -> Result<Status, Failure> {
    let jobs = jobs(&found.profiles);
    let mut status = list::problems(found);
    let mut written = Ok(());
    let mut progress = Progress::new(jobs.len(), output.is_chatty());
    let plan = Plan {
        query,
        undo: undo.as_ref(),
        show,
        interrupted: &interrupt::happened,
        threads: target::threads(jobs.len()),
    };
    clean(&jobs, &plan, |job, event| {
        let told = progress.aside(|| match &event {
            Event::Message(cookies) => cleaning.cookies(job, cookies),
            Event::Done(cleaned) => cleaning.store(job, cleaned),
        });
        // The deletion goes on even where nobody reads the report any more.
        if written.is_ok() {
            written = told;
        }
        if let Event::Done(cleaned) = event {
            progress.step();
            status.and(match cleaned.outcome {
                Outcome::Cleaned { trouble: None, .. } | Outcome::NothingMatched => Status::Fine,
                Outcome::Cleaned { .. } | Outcome::Failed(_) => Status::Failed,
                Outcome::InUse(_) => Status::InUse,
                Outcome::Interrupted => Status::Interrupted,
            });
        }
    });
    drop(progress);
    if interrupt::happened() {
        status.and(Status::Interrupted);
        report::warn("interrupted; what had been begun was finished, the rest is as it was");
    }
    let id = undo.and_then(Deletion::end);
    written?;
    cleaning.end(found, id.as_deref())?;
    Ok(status)
}
