//! Where output goes, how much of it, and how wide: the same for all commands.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use super::args::{self, ColorWhen, Output};
use super::exit::{Failure, Status};
use crate::browsers::{Profile, SearchError};
use crate::engine::Unread;
use crate::model::domain::DomainError;
use crate::model::error::Error;
use crate::platform::owner::NotAsOwner;
use crate::store::claim::InUse;
use crate::wording::hosts::shown_host;
use crate::wording::names::title_of;
use crate::wording::text::safe;
use crate::wording::{advice, enumerated, faults, names, say};

pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// What the output options and the terminal mean.
pub(super) struct Ui {
    /// Standard output is one JSON document.
    pub json: bool,
    /// Nothing on standard output; on standard error, errors and what was skipped.
    pub quiet: bool,
    pub verbose: bool,
    /// No full screen.
    pub no_tui: bool,
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
            no_tui: output.no_tui,
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
    let advice = advice::for_error(error);
    say_error(&faults::error(error), advice.as_slice());
}

/// An error in words.
pub(super) fn problem(words: &str) {
    say_error(words, &[] as &[&str]);
}

/// Something that is no error.
pub(super) fn note(message: &str) {
    let style = WARNING;
    let _ = writeln!(
        anstream::stderr(),
        "{style}{}{style:#} {}",
        say!("label-note"),
        safe(message)
    );
}

/// That the person interrupted, and how many stores were not reached before that.
pub(super) fn interrupted(not_reached: usize) {
    note(&names::interrupted(not_reached));
}

/// That something was skipped because it is in use, and what can be done.
pub(super) fn skipped(what: String, user: &InUse, has_waited: bool) {
    let help = match has_waited {
        true => say!("close-and-run-again"),
        false => say!("close-or-wait"),
    };
    blocked(what, user, help);
}

/// That something could not be done because of somebody, and what helps.
pub(super) fn blocked(what: String, user: &InUse, help: String) {
    let (line, advice) = names::in_the_way(what, user, help);
    note(&line);
    if let Some(advice) = advice {
        let _ = writeln!(anstream::stderr(), "      {}", safe(&advice));
    }
}

/// Why stores of a profile were not read.
pub(super) fn unread(profile: &Profile, unread: &Unread) {
    match unread {
        Unread::InUse { user, .. } => {
            let what = say!("could-not-read", what = title_of(profile));
            blocked(what, user, say!("close-and-run-again"));
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
        Failure::Owner(why) => lines.extend(advice::for_owner(why)),
        Failure::DidYouMean(why, sites) => {
            if let DomainError::BareWord(word) = why {
                if args::means_delete(word) {
                    lines.push(say!("domain-alone", word = word.as_str()));
                }
                let command = args::command_like(word);
                lines.extend(command.map(|name| say!("command-did-you-mean", command = name)));
            }
            if !sites.is_empty() {
                lines.push(say!("domain-did-you-mean"));
                lines.extend(sites.iter().map(|site| format!("  {}", shown_host(site))));
            }
        }
        Failure::NoSuchUser(_, there_are) if !there_are.is_empty() => {
            lines.push(say!("known-users", names = enumerated(there_are)));
        }
        Failure::NoSuchContainer(_, there_are) if there_are.is_empty() => {
            lines.push(say!("no-containers"));
        }
        Failure::NoSuchContainer(_, there_are) => {
            lines.push(say!("known-containers", names = enumerated(there_are)));
        }
        Failure::Search(SearchError::NoSuchProfile { there_are, .. }) => {
            lines.push(match there_are.is_empty() {
                true => say!("no-profiles"),
                false => say!("known-profiles"),
            });
            let row = |(browser, folder, name): &(&str, String, String)| {
                format!("  {browser}  {folder}  \"{name}\"")
            };
            lines.extend(there_are.iter().map(row));
        }
        _ => {}
    }
    say_error(&sentence(failure), &lines);
    failure.status()
}

pub(super) fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::Domain(why) | Failure::DidYouMean(why, _) => faults::domain(why),
        Failure::NoSuchContainer(name, _) => say!("no-such-container", name = name.as_str()),
        Failure::OnlyCookies(option) => say!("only-cookies", option = (*option).to_owned()),
        Failure::NeedsYes => say!("needs-yes"),
        Failure::NoScreen => say!("no-screen"),
        Failure::Search(why) => faults::search(why),
        Failure::Home(why) | Failure::File(why) => faults::error(why),
        Failure::Users(why) => say!("cannot-list-users", why = why.to_string()),
        Failure::NoSuchUser(name, _) => say!("no-such-user", name = name.as_str()),
        Failure::NotAdmin => say!("not-admin"),
        Failure::NoSuchDeletion(id) => say!("no-such-deletion", id = id.as_str()),
        Failure::Owner(why) => faults::owner(why),
        Failure::Output(why) => say!("cannot-write-report", why = why.to_string()),
    }
}

fn say_error(message: &str, below: &[impl AsRef<str>]) {
    let style = ERROR;
    let mut err = anstream::stderr().lock();
    let label = say!("label-error");
    let _ = writeln!(err, "{style}{label}{style:#} {}", safe(message));
    for line in below {
        let _ = writeln!(err, "       {}", safe(line.as_ref()));
    }
}
