//! The same facts twice: for a person, and as JSON.

mod advice;
mod cookie_table;
pub mod human;
pub mod json;
pub mod progress;
pub mod text;
pub mod words;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::exit::{Failure, Status};
use crate::claim::InUse;
use crate::clean::{Cleaned, Looked};
use crate::cookie::Cookie;
use crate::discover::{Found, Job, SearchError};
use crate::error::Error;
use crate::system::owner::NotAsOwner;
use text::safe;
use words::since_in_use;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// What a listing is told, store by store, in order.
pub trait Listing {
    fn cookies(&mut self, job: &Job<'_>, cookies: &[Cookie]) -> io::Result<()>;
    fn store(&mut self, job: &Job<'_>, looked: &Looked) -> io::Result<()>;
    fn end(&mut self, found: &Found) -> io::Result<()>;
}

/// What a deletion is told, store by store, in order.
pub trait Cleaning {
    fn cookies(&mut self, job: &Job<'_>, cookies: &[Cookie]) -> io::Result<()>;
    fn store(&mut self, job: &Job<'_>, cleaned: &Cleaned) -> io::Result<()>;
    /// What is told from now on is in use although it was waited for, or its browser
    /// was asked to quit.
    fn was_waited(&mut self, waited: bool);
    /// `undo`: the id under which it can be put back.
    fn end(&mut self, found: &Found, undo: Option<&str>) -> io::Result<()>;
}

/// An error line, with what can be done about it.
pub fn error(error: &Error) {
    let style = ERROR;
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{style}error:{style:#} {}", safe(&error.to_string()));
    if let Some(advice) = advice::for_fault(&error.fault, &error.path, std::env::consts::OS) {
        let _ = writeln!(err, "       {advice}");
    }
}

/// A line that is no error.
pub fn warn(message: &str) {
    let style = WARNING;
    let _ = writeln!(
        anstream::stderr(),
        "{style}note:{style:#} {}",
        safe(message)
    );
}

/// Says that something was skipped because it is in use, and what can be done.
pub fn skipped(what: &str, user: &InUse, waited: bool) {
    let again = match (user.is_cookieclean(), waited) {
        (true, _) => "Run this again.",
        (false, true) => "Close it and run this again.",
        (false, false) => "Close it and run this again, or run this with --wait or --close.",
    };
    warn(&format!("skipped {what}, {}. {again}", since_in_use(user)));
    if let Some(advice) = user.unseen.as_ref().and_then(advice::for_unseen) {
        let _ = writeln!(anstream::stderr(), "      {}", safe(&advice));
    }
}

/// Says why nothing was done, and gives the status for it.
pub fn failure(failure: &Failure) -> Status {
    if let Failure::Output(error) = failure
        && error.kind() == io::ErrorKind::BrokenPipe
    {
        // Whoever read along has seen enough.
        return Status::Fine;
    }
    match failure {
        Failure::File(file) | Failure::Home(file) => error(file),
        Failure::Search(SearchError::Unreadable(file)) => error(file),
        Failure::Owner(NotAsOwner::Unreadable(file)) => error(file),
        _ => {
            let style = ERROR;
            let _ = writeln!(
                anstream::stderr(),
                "{style}error:{style:#} {}",
                safe(&failure.to_string())
            );
        }
    }
    let mut err = anstream::stderr().lock();
    match failure {
        Failure::DidYouMean(_, sites) if !sites.is_empty() => {
            let _ = writeln!(err, "       Sites with cookies here that may be meant:");
            for site in sites {
                let _ = writeln!(err, "         {}", safe(site));
            }
        }
        Failure::NoSuchContainer(_, there_are) => {
            let _ = match there_are.is_empty() {
                true => writeln!(err, "       No profile has containers."),
                false => writeln!(err, "       There are: {}", safe(&there_are.join(", "))),
            };
        }
        Failure::Owner(why) => {
            if let Some(advice) = advice::for_owner(why) {
                let _ = writeln!(err, "       {advice}");
            }
        }
        Failure::Search(SearchError::NoSuchProfile { there_are, .. }) => {
            if there_are.is_empty() {
                let _ = writeln!(err, "       No profile was found at all.");
            } else {
                let _ = writeln!(err, "       There are (browser, folder, name):");
            }
            for (browser, folder, name) in there_are {
                let _ = writeln!(
                    err,
                    "         {browser}  {}  \"{}\"",
                    safe(folder),
                    safe(name)
                );
            }
        }
        _ => {}
    }
    failure.status()
}
