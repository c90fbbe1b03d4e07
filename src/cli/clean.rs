//! `cookieclean DOMAIN`: the deletion.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;

use super::args::{Clean, Output, Values};
use super::exit::{Failure, Status};
use super::in_the_way::{InTheWay, Party};
use super::question::ask;
use super::report::human::Human;
use super::report::json::JsonCleaning;
use super::report::progress::Progress;
use super::report::words::title_of;
use super::report::{self, Cleaning};
use super::{interrupt, list, target};
use crate::claim::{Guard, InUse};
use crate::clean::{Cleaned, Outcome, Plan, clean};
use crate::cookie::{Cookie, Query};
use crate::discover::{Found, Job, Profile, jobs};
use crate::parallel::Event;
use crate::undo::{Deletion, Undo};

/// More than a person reads.
const SHOWN: usize = 200;

pub fn run(args: &Clean, output: &Output) -> Result<Status, Failure> {
    if args.dry_run {
        return list::show(&args.matching, &args.places, Values::default(), output);
    }
    interrupt::note();
    let (query, found) = target::target(&args.matching, &args.places)?;
    let mut in_the_way = InTheWay::new(args.in_the_way, output);
    let mut look_only = false;
    if args.ask {
        // What a browser writes as it ends has to be among what is asked about.
        clear_the_way(&found, &mut in_the_way)?;
        match may_go_on(&query, &found, output)? {
            Asked::Yes => {}
            Asked::AboutNothing => look_only = true,
            answer => {
                if output.json {
                    // No store was touched, which is what an empty report says.
                    JsonCleaning::begin(&query).end(&found, None)?;
                }
                return Ok(match answer {
                    Asked::Interrupted => Status::Interrupted,
                    _ => Status::Fine,
                });
            }
        }
    }
    let undo = match args.no_undo {
        true => None,
        false => {
            let domains = query.domains.iter().map(ToString::to_string).collect();
            Some(Undo::of_this_user()?.begin(domains, Timestamp::now()))
        }
    };
    let run = Run {
        found: &found,
        query: &query,
        undo: undo.as_ref(),
        // Whoever was asked has seen them.
        show: match output.quiet || args.ask || output.json {
            true => 0,
            false => SHOWN,
        },
        look_only,
        output,
    };
    let mut human;
    let mut json;
    let cleaning: &mut dyn Cleaning = if output.json {
        json = JsonCleaning::begin(&query);
        &mut json
    } else {
        human = Human::new(&query, output.quiet, output.verbose);
        human.is_brief = args.ask;
        &mut human
    };
    let told = run.tell(in_the_way, cleaning);
    let (id, troubles) = match undo.map(Deletion::end) {
        Some(ended) => (ended.id, ended.troubles),
        None => (None, Vec::new()),
    };
    let ended = told.and_then(|status| {
        cleaning.end(&found, id.as_deref())?;
        Ok(status)
    });
    for trouble in &troubles {
        report::error(trouble);
    }
    let mut status = ended?;
    if !troubles.is_empty() {
        status.and(Status::Failed);
    }
    Ok(status)
}

/// Has everything dealt with that is in the way now, and nothing after that.
fn clear_the_way(found: &Found, in_the_way: &mut InTheWay<'_>) -> io::Result<()> {
    loop {
        let mut parties = Parties::default();
        for profile in &found.profiles {
            if let Ok(Some(user)) = profile.guard.in_use() {
                parties.add(profile, &user);
            }
        }
        let is_hopeful = !parties.0.is_empty()
            && in_the_way.is_dealt_with()
            && !interrupt::happened()
            && in_the_way.next_free(&parties.0)?.is_some();
        if !is_hopeful {
            in_the_way.is_over();
            return Ok(());
        }
    }
}

/// What came of the question.
enum Asked {
    Yes,
    No,
    /// There was nothing to ask: what an open browser may still have is for the report.
    AboutNothing,
    Interrupted,
}

/// Shows what was found and asks. Anything but a yes is a no.
fn may_go_on(query: &Query, found: &Found, output: &Output) -> Result<Asked, Failure> {
    let mut preview = match output.json {
        // Standard output belongs to the document.
        true => Human::to(Box::new(anstream::stderr()), query, false, output.verbose),
        false => Human::new(query, false, output.verbose),
    };
    preview.is_preview = true;
    list::tell(found, query, output, &mut preview)?;
    let nothing = preview.matched() == 0;
    drop(preview);
    if interrupt::happened() {
        return Ok(Asked::Interrupted);
    }
    if nothing {
        return Ok(Asked::AboutNothing);
    }
    let answer = ask("Delete these cookies? [y/N]")?;
    let answer = answer.map(|answer| answer.to_lowercase());
    match answer.as_deref() {
        Some("y" | "yes") => return Ok(Asked::Yes),
        _ => writeln!(anstream::stderr(), "Nothing was deleted.")?,
    }
    Ok(answer.map_or(Asked::Interrupted, |_| Asked::No))
}

/// A deletion.
struct Run<'a> {
    found: &'a Found,
    query: &'a Query,
    undo: Option<&'a Deletion>,
    /// How many of a store's deleted cookies are told of.
    show: usize,
    look_only: bool,
    output: &'a Output,
}

/// A store whose browser is open, and what was found in it.
type Deferred<'a> = (Job<'a>, Cleaned);

impl<'a> Run<'a> {
    /// Deletes, and reports as it goes: what is free first, then whatever gets out of
    /// the way.
    fn tell(
        &self,
        mut in_the_way: InTheWay<'_>,
        cleaning: &mut dyn Cleaning,
    ) -> Result<Status, Failure> {
        let mut status = list::problems(self.found);
        let mut written = Ok(());
        let mut deferred: Vec<Deferred<'a>> = Vec::new();
        let mut now = jobs(&self.found.profiles);
        let mut trouble = Ok(());
        while !now.is_empty() {
            let defer = in_the_way.is_dealt_with();
            self.pass(&now, |job, event| {
                let told = match event {
                    Event::Message(cookies) => cleaning.cookies(job, &cookies),
                    Event::Done(cleaned) if defer && is_in_use(&cleaned) => {
                        deferred.push((*job, cleaned));
                        Ok(())
                    }
                    Event::Done(cleaned) => {
                        status.and(status_of(&cleaned.outcome));
                        cleaning.store(job, &cleaned)
                    }
                };
                // The deletion goes on even where nobody reads the report any more.
                if written.is_ok() {
                    written = told;
                }
            });
            let free = match next_free(&deferred, &mut in_the_way) {
                Ok(free) => free,
                Err(error) => {
                    trouble = Err(error);
                    None
                }
            };
            now = match free {
                None => Vec::new(),
                Some(guard) => deferred
                    .extract_if(.., |(job, _)| Arc::as_ptr(&job.profile.guard) == guard)
                    .map(|(job, _)| job)
                    .collect(),
            };
        }
        cleaning.was_waited(in_the_way.was_dealt_with());
        for (job, cleaned) in &deferred {
            status.and(status_of(&cleaned.outcome));
            if written.is_ok() {
                written = cleaning.store(job, cleaned);
            }
        }
        if interrupt::happened() {
            status.and(Status::Interrupted);
            report::warn("interrupted; what had been begun was finished, the rest is as it was");
        }
        written?;
        trouble?;
        Ok(status)
    }

    /// Deletes in these stores.
    fn pass(&self, jobs: &[Job<'a>], mut tell: impl FnMut(&Job<'a>, Event<Vec<Cookie>, Cleaned>)) {
        let mut progress = Progress::new(jobs.len(), self.output.is_chatty());
        let plan = Plan {
            query: self.query,
            undo: self.undo,
            show: self.show,
            look_only: self.look_only,
            interrupted: &interrupt::happened,
            threads: target::threads(jobs.len()),
        };
        clean(jobs, &plan, |job, event| {
            let is_done = matches!(event, Event::Done(_));
            progress.aside(|| tell(job, event));
            if is_done {
                progress.step();
            }
        });
    }
}

fn is_in_use(cleaned: &Cleaned) -> bool {
    matches!(cleaned.outcome, Outcome::InUse(_))
}

fn status_of(outcome: &Outcome) -> Status {
    match outcome {
        Outcome::Cleaned { trouble: None, .. } | Outcome::NothingMatched => Status::Fine,
        Outcome::Cleaned { .. } | Outcome::Failed(_) => Status::Failed,
        Outcome::InUse(_) => Status::InUse,
        Outcome::Interrupted => Status::Interrupted,
    }
}

/// The guard that is free next of those that these stores wait for.
fn next_free(
    deferred: &[Deferred<'_>],
    in_the_way: &mut InTheWay<'_>,
) -> io::Result<Option<*const Guard>> {
    let mut parties = Parties::default();
    for (job, cleaned) in deferred {
        if let Outcome::InUse(user) = &cleaned.outcome {
            parties.add(job.profile, user);
        }
    }
    let Parties(parties) = parties;
    if parties.is_empty() || interrupt::happened() {
        return Ok(None);
    }
    let free = in_the_way.next_free(&parties)?;
    Ok(free.map(|index| Arc::as_ptr(&parties[index].guard)))
}

/// Those in the way, each once.
#[derive(Default)]
struct Parties(Vec<Party>);

impl Parties {
    fn add(&mut self, profile: &Profile, user: &InUse) {
        let guard = &profile.guard;
        let known = self
            .0
            .iter_mut()
            .find(|party| Arc::ptr_eq(&party.guard, guard));
        match known {
            // One browser has them all open.
            Some(party) if party.title != title_of(profile) => {
                party.title = profile.browser.name.to_owned();
            }
            Some(_) => {}
            None => self.0.push(Party {
                title: title_of(profile),
                guard: Arc::clone(guard),
                user: user.clone(),
            }),
        }
    }
}
