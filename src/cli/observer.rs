//! The engine's observer at a terminal or in a pipe: passes events to a renderer, shows
//! progress, and asks the person what to do about browsers that are open.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::OpenBrowsers;
use super::question::ask;
use super::report::Renderer;
use super::report::progress::Progress;
use super::ui::{self, Ui};
use crate::engine::{Blocker, Cancel, Decision, Event, Observer, Summary, TIME_TO_QUIT};
use crate::wording::names::{blocker_title, by_whom, named, not_asked};
use crate::wording::text::safe;
use crate::wording::{all_of, say};

const TICK: Duration = Duration::from_millis(120);

/// What the options say about blockers; None: ask the person.
pub(super) fn decision(arguments: OpenBrowsers, ui: &Ui) -> Option<Decision> {
    let at_most = arguments.wait.map(Duration::from_secs);
    if arguments.close {
        Some(Decision::AskToQuit {
            at_most: Some(at_most.unwrap_or(TIME_TO_QUIT)),
            // Who says how long to wait may mean to close it by hand.
            or_wait: at_most.is_some(),
        })
    } else if at_most.is_some() {
        Some(Decision::Wait(at_most))
    } else if ui.can_ask() {
        None
    } else {
        Some(Decision::Skip)
    }
}

pub(super) struct Terminal<'a> {
    ui: &'a Ui,
    cancel: &'a Cancel,
    renderer: &'a mut dyn Renderer,
    progress: Progress,
    spinner: Option<ProgressBar>,
    /// What the person wants done about open browsers.
    answer: Option<Decision>,
    /// Whether it was said, once, who is waited for.
    is_announced: bool,
    /// The first error in writing. The work goes on even where nobody reads the report.
    written: io::Result<()>,
}

impl<'a> Terminal<'a> {
    pub(super) fn new(ui: &'a Ui, cancel: &'a Cancel, renderer: &'a mut dyn Renderer) -> Self {
        Self {
            ui,
            cancel,
            renderer,
            progress: Progress::new(ui.is_chatty()),
            spinner: None,
            answer: None,
            is_announced: false,
            written: Ok(()),
        }
    }

    /// Ends the report.
    ///
    /// # Errors
    /// The first one there was in writing it.
    pub(super) fn end(self, summary: &Summary) -> io::Result<()> {
        drop(self.progress);
        if summary.is_cancelled {
            ui::interrupted(summary.not_reached);
        }
        self.written?;
        self.renderer.end(summary)?;
        summary.problems.iter().for_each(ui::error);
        Ok(())
    }

    /// By a spinner on a terminal, once elsewhere.
    fn announce(&mut self, blockers: &[&Blocker]) {
        if self.ui.quiet {
            return;
        }
        let names: Vec<_> = blockers.iter().map(|blocker| named(blocker)).collect();
        let message = say!("waiting-for", names = all_of(&names));
        let message = safe(&message);
        if io::stderr().is_terminal() {
            let spinner = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                spinner.set_style(style);
            }
            spinner.set_message(message.into_owned());
            spinner.enable_steady_tick(TICK);
            self.spinner = Some(spinner);
        } else if !std::mem::replace(&mut self.is_announced, true) {
            let _ = writeln!(anstream::stderr(), "{message}");
        }
    }

    fn question(&self, blockers: &[Blocker]) -> io::Result<Decision> {
        let mut err = anstream::stderr();
        for blocker in blockers {
            let (who, by) = (blocker_title(blocker), by_whom(&blocker.user));
            writeln!(err, "{}", safe(&say!("question-open", who = who, by = by)))?;
        }
        let question = say!("question-what-to-do", n = blockers.len());
        let answer = ask(&question, self.cancel)?.unwrap_or_default();
        Ok(match answer.to_lowercase().chars().next() {
            Some('w') => Decision::Wait(None),
            Some('q') => Decision::AskToQuit {
                at_most: Some(TIME_TO_QUIT),
                or_wait: false,
            },
            _ => Decision::Skip,
        })
    }
}

impl Observer for Terminal<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Progress { done, of } => self.progress.set(*done, *of),
            Event::Waiting(blockers) => self.announce(blockers),
            Event::WaitingEnded => {
                if let Some(spinner) = self.spinner.take() {
                    spinner.finish_and_clear();
                }
                self.progress = Progress::new(self.ui.is_chatty());
            }
            Event::NotAsked {
                blocker,
                error,
                is_waited_for,
            } => {
                ui::note(&not_asked(blocker, error.as_ref(), *is_waited_for));
            }
            Event::Searched(_)
            | Event::Matches { .. }
            | Event::Looked { .. }
            | Event::Cleaned { .. }
            | Event::Restored(_) => {
                if self.written.is_ok() {
                    let renderer = &mut self.renderer;
                    self.written = self.progress.aside(|| renderer.event(event));
                }
            }
        }
    }

    fn decide(&mut self, blockers: &[Blocker]) -> Vec<Decision> {
        let decision = match self.answer {
            Some(answer) => answer,
            None => self.question(blockers).unwrap_or_else(|error| {
                self.written = Err(error);
                Decision::Skip
            }),
        };
        self.answer = Some(decision);
        vec![decision; blockers.len()]
    }
}
