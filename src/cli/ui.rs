//! Where output goes, how much of it, and how wide: the same for all commands.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use super::args::{ColorWhen, Output};
use super::exit::{Failure, Status};
use super::report::advice;
use super::report::text::{count, safe};
use super::report::words::{is_in_use, title_of};
use crate::browsers::{Profile, SearchError};
use crate::engine::Unread;
use crate::model::error::Error;
use crate::platform::owner::NotAsOwner;
use crate::store::claim::InUse;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// What the output options and the terminal mean.
pub(super) struct Ui {
    /// Standard output is one JSON document.
    pub json: bool,
    /// Nothing on standard output; on standard error, errors and what was skipped.
    pub quiet: bool,
    pub verbose: bool,
    /// In columns; None where standard output is no terminal.
    pub width: Option<usize>,
}

impl Ui {
    /// Also sets when colours are used, for all streams.
    pub(super) fn new(output: &Output) -> Self {
        match output.color {
            ColorWhen::Auto => {}
            ColorWhen::Always => anstream::ColorChoice::Always.write_global(),
            ColorWhen::Never => anstream::ColorChoice::Never.write_global(),
        }
        Self {
            json: output.json,
            quiet: output.quiet,
            verbose: output.verbose,
            width: terminal_size::terminal_size().map(|(width, _)| width.0.into()),
        }
    }

    /// Whether a person reads along and wants to.
    pub(super) fn is_chatty(&self) -> bool {
        !self.json && !self.quiet
    }

    /// Whether there is somebody to ask.
    pub(super) fn can_ask(&self) -> bool {
        self.is_chatty() && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Where a report for a person goes.
    pub(super) fn out(&self) -> Box<dyn Write> {
        match self.quiet {
            true => Box::new(io::sink()),
            false => Box::new(anstream::stdout().lock()),
        }
    }

    /// Where something goes that a person has to see before they answer.
    pub(super) fn out_for_question(&self) -> Box<dyn Write> {
        match self.json {
            true => Box::new(anstream::stderr()),
            false => Box::new(anstream::stdout().lock()),
        }
    }
}

/// An error, with what can be done about it.
pub(super) fn error(error: &Error) {
    let advice = advice::for_fault(&error.fault, &error.path, std::env::consts::OS);
    say_error(&error.to_string(), advice.as_slice());
}

/// Something that is no error.
pub(super) fn note(message: &str) {
    let style = WARNING;
    let _ = writeln!(
        anstream::stderr(),
        "{style}note:{style:#} {}",
        safe(message)
    );
}

/// That the person interrupted, and how many stores were not reached before that.
pub(super) fn interrupted(not_reached: usize) {
    let rest = match not_reached {
        0 => "every store is either done or unchanged".into(),
        1 => "1 store was not reached and is unchanged".into(),
        n => format!(
            "{} were not reached and are unchanged",
            count(n as u64, "store")
        ),
    };
    note(&format!("interrupted; {rest}"));
}

/// That something was skipped because it is in use, and what can be done.
pub(super) fn skipped(what: &str, user: &InUse, has_waited: bool) {
    let help = match has_waited {
        true => "Close it and run this again.",
        false => "Close it and run this again, or use --wait or --close.",
    };
    blocked(&format!("skipped {what}"), user, help);
}

/// That something could not be done because of somebody, and what helps.
pub(super) fn blocked(what: &str, user: &InUse, help: &str) {
    let help = match user.is_cookieclean() {
        true => "Run this again.",
        false => help,
    };
    note(&format!("{what}: {}. {help}", is_in_use(user)));
    if let Some(advice) = user.unseen.as_ref().and_then(advice::for_unseen) {
        let _ = writeln!(anstream::stderr(), "      {}", safe(&advice));
    }
}

/// Why stores of a profile were not read.
pub(super) fn unread(profile: &Profile, unread: &Unread) {
    match unread {
        Unread::InUse { user, .. } => {
            let what = format!("could not read {}", title_of(profile));
            blocked(&what, user, "Close it and run this again.");
        }
        Unread::Failed(failed) => error(failed),
    }
}

/// Why nothing was done; gives the status for it.
pub(super) fn failure(failure: &Failure) -> Status {
    let mut lines = Vec::new();
    match failure {
        // Who read along has seen enough.
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Status::Fine;
        }
        Failure::File(file)
        | Failure::Home(file)
        | Failure::Search(SearchError::Unreadable(file))
        | Failure::Owner(NotAsOwner::Unreadable(file)) => {
            error(file);
            return failure.status();
        }
        Failure::Owner(why) => lines.extend(advice::for_owner(why).map(str::to_owned)),
        Failure::DidYouMean(_, sites) if !sites.is_empty() => {
            lines.push("Did you mean one of these sites, which have cookies here?".to_owned());
            lines.extend(sites.iter().map(|site| format!("  {site}")));
        }
        Failure::NoSuchContainer(_, there_are) if there_are.is_empty() => {
            lines.push("No profile has containers.".into());
        }
        Failure::NoSuchContainer(_, there_are) => {
            lines.push(format!("Known containers: {}", there_are.join(", ")));
        }
        Failure::Search(SearchError::NoSuchProfile { there_are, .. }) => {
            lines.push(match there_are.is_empty() {
                true => "No profile was found.".into(),
                false => "Profiles (browser, folder, name):".into(),
            });
            let row = |(browser, folder, name): &(&str, String, String)| {
                format!("  {browser}  {folder}  \"{name}\"")
            };
            lines.extend(there_are.iter().map(row));
        }
        _ => {}
    }
    say_error(&failure.to_string(), &lines);
    failure.status()
}

fn say_error(message: &str, below: &[impl AsRef<str>]) {
    let style = ERROR;
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{style}error:{style:#} {}", safe(message));
    for line in below {
        let _ = writeln!(err, "       {}", safe(line.as_ref()));
    }
}
