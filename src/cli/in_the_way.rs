//! Browsers in the way of what was asked for: waited for, asked to quit, or left alone.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{InTheWay as Arguments, Output};
use super::question::ask;
use super::report::text::safe;
use super::report::words::{by_whom, listed};
use super::{interrupt, report};
use crate::claim::{Asked, Guard, InUse};
use crate::engine::{Limits, until_one_is_free};

/// What a browser that was asked to quit is given, unless the person says otherwise.
const TIME_TO_QUIT: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_millis(120);

/// One that uses something which is to be changed.
pub struct Party {
    /// What it is called for a person.
    pub title: String,
    pub guard: Arc<Guard>,
    pub user: InUse,
}

#[derive(Clone, Copy)]
enum Choice {
    Skip,
    /// Until then; None is for ever.
    Wait(Option<Instant>),
    Close(Option<Instant>),
}

/// What is done about them in one run.
pub struct InTheWay<'a> {
    arguments: Arguments,
    output: &'a Output,
    /// Chosen when it is first needed.
    choice: Option<Choice>,
    /// Processes that were asked to quit, or could not be.
    asked: HashSet<u32>,
    /// Processes that could not be asked.
    hopeless: HashSet<u32>,
    announced: bool,
    tried: bool,
}

impl<'a> InTheWay<'a> {
    pub fn new(arguments: Arguments, output: &'a Output) -> Self {
        Self {
            arguments,
            output,
            choice: None,
            asked: HashSet::new(),
            hopeless: HashSet::new(),
            announced: false,
            tried: false,
        }
    }

    /// Whether anything is done about them at all.
    pub fn is_dealt_with(&self) -> bool {
        match self.choice {
            Some(choice) => !matches!(choice, Choice::Skip),
            None => {
                self.arguments.wait.is_some() || self.arguments.close || self.may_be_asked_about()
            }
        }
    }

    /// Whether the person has waited or had them asked already.
    pub fn was_dealt_with(&self) -> bool {
        matches!(self.choice, Some(Choice::Wait(_) | Choice::Close(_)))
    }

    fn may_be_asked_about(&self) -> bool {
        !self.output.json
            && !self.output.quiet
            && io::stdin().is_terminal()
            && io::stderr().is_terminal()
    }

    /// Does what is to be done about these until one is out of the way, which is given
    /// by its index; None when there is no hope left, or no time.
    ///
    /// # Errors
    /// When the question cannot be asked.
    pub fn next_free(&mut self, parties: &[Party]) -> io::Result<Option<usize>> {
        let choice = match self.choice {
            Some(choice) => choice,
            None => *self.choice.insert(self.choose(parties)?),
        };
        let until = match choice {
            Choice::Skip => return Ok(None),
            Choice::Wait(until) => until,
            Choice::Close(until) => {
                for party in parties {
                    self.ask_to_quit(party);
                }
                until
            }
        };
        // What looked free may have been refused all the same, again and again.
        if self.tried && until.is_some_and(|until| Instant::now() >= until) {
            return Ok(None);
        }
        self.tried = true;
        let hopeful: Vec<_> = (0..parties.len())
            .filter(|index| !self.is_hopeless(&parties[*index]))
            .collect();
        if hopeful.is_empty() {
            return Ok(None);
        }
        let guards: Vec<_> = hopeful
            .iter()
            .map(|index| &*parties[*index].guard)
            .collect();
        let spinner = self.announce(hopeful.iter().map(|index| &parties[*index]));
        let limits = Limits {
            until,
            ended: &interrupt::happened,
        };
        let free = until_one_is_free(&guards, &limits);
        if let Some(spinner) = spinner {
            spinner.finish_and_clear();
        }
        Ok(free.map(|index| hopeful[index]))
    }

    fn choose(&self, parties: &[Party]) -> io::Result<Choice> {
        let wait = |seconds: u64| Instant::now().checked_add(Duration::from_secs(seconds));
        if self.arguments.close {
            let seconds = self.arguments.wait.unwrap_or(TIME_TO_QUIT.as_secs());
            return Ok(Choice::Close(wait(seconds)));
        }
        if let Some(seconds) = self.arguments.wait {
            return Ok(Choice::Wait(wait(seconds)));
        }
        if !self.may_be_asked_about() {
            return Ok(Choice::Skip);
        }
        let mut err = anstream::stderr();
        for party in parties {
            let by = by_whom(&party.user);
            writeln!(err, "{} is open{}.", safe(&party.title), safe(&by))?;
        }
        let it = if parties.len() == 1 { "it" } else { "them" };
        let question =
            format!("[w]ait until you have closed {it}, ask {it} to [q]uit, or [s]kip {it}? [s]");
        let answer = ask(&question, &interrupt::note())?
            .unwrap_or_default()
            .to_lowercase();
        Ok(match answer.chars().next() {
            Some('w') => Choice::Wait(None),
            Some('q') => Choice::Close(wait(TIME_TO_QUIT.as_secs())),
            _ => Choice::Skip,
        })
    }

    /// Whether nobody of them can be asked. Who says how long to wait may mean to close
    /// it by hand.
    fn is_hopeless(&self, party: &Party) -> bool {
        let by = &party.user.by;
        match by.is_empty() {
            true => self.arguments.wait.is_none() && matches!(self.choice, Some(Choice::Close(_))),
            false => by
                .iter()
                .all(|process| self.hopeless.contains(&process.pid)),
        }
    }

    fn ask_to_quit(&mut self, party: &Party) {
        let by = &party.user.by;
        if by.iter().all(|process| self.asked.contains(&process.pid)) {
            return;
        }
        let why = match party.guard.ask_to_quit(&mut self.asked) {
            Ok(Asked::Yes) => return,
            Ok(Asked::CannotBe) => "there is no way to ask it from here".to_owned(),
            Err(error) => error.to_string(),
        };
        self.asked.extend(by.iter().map(|process| process.pid));
        let closing = match self.arguments.wait {
            Some(_) => "waiting for you to close it",
            None => {
                self.hopeless.extend(by.iter().map(|process| process.pid));
                "close it yourself and run this again"
            }
        };
        report::warn(&format!(
            "{}{} could not be asked to quit: {why}; {closing}",
            party.title,
            by_whom(&party.user)
        ));
    }

    /// Says what is waited for: by a spinner on a terminal, once elsewhere.
    fn announce<'p>(&mut self, parties: impl Iterator<Item = &'p Party>) -> Option<ProgressBar> {
        if self.output.quiet {
            return None;
        }
        let names: Vec<_> = parties
            .map(|party| format!("{}{}", party.title, by_whom(&party.user)))
            .collect();
        let message = format!("Waiting for {} to close", listed(&names, "and"));
        let message = safe(&message);
        if io::stderr().is_terminal() {
            let spinner = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                spinner.set_style(style);
            }
            spinner.set_message(message.into_owned());
            spinner.enable_steady_tick(TICK);
            return Some(spinner);
        }
        if !std::mem::replace(&mut self.announced, true) {
            let _ = writeln!(anstream::stderr(), "{message}");
        }
        None
    }
}
