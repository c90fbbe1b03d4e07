//! What an undo did: for a person, and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::Renderer;
use super::json::{Problem, ProcessRow, SCHEMA, Why, processes};
use super::text::{count, grouped, is_or_are, safe};
use super::words::profiles_of;
use crate::cli::ui::{self, Ui};
use crate::engine::{Event, Summary};
use crate::engine::{PutBack, PutBackOutcome};

/// For a person.
pub(crate) struct HumanRestore<'a>(pub &'a Ui);

impl Renderer for HumanRestore<'_> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let Event::Restored(back) = event else {
            return Ok(());
        };
        let store = back.store.display();
        match &back.outcome {
            PutBackOutcome::Restored(done) => {
                if let Some(fault) = &done.trouble {
                    ui::note(&format!("{store}: {fault}; its copy is kept"));
                }
                if let Some(error) = &back.left {
                    ui::note(&format!(
                        "{store} has its cookies back, but their copy is still there: {error}"
                    ));
                }
            }
            PutBackOutcome::Failed(error) => ui::error(error),
            PutBackOutcome::InUse(_) | PutBackOutcome::Interrupted => {}
        }
        if self.0.verbose {
            let what = match &back.outcome {
                PutBackOutcome::Restored(done) => {
                    let not = done.skipped + done.orphaned;
                    format!("{} put back, {} not", grouped(done.restored), grouped(not))
                }
                PutBackOutcome::InUse(_) => "in use, skipped".into(),
                PutBackOutcome::Failed(_) => "not put back".into(),
                PutBackOutcome::Interrupted => "not reached".into(),
            };
            writeln!(self.0.out(), "{}: {what}", safe(&store.to_string()))?;
        }
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        for blocker in &summary.blocked {
            ui::skipped(&profiles_of(blocker), &blocker.user, summary.has_waited);
        }
        let mut out = self.0.out();
        match summary.restored {
            0 => writeln!(out, "Nothing was put back.")?,
            n => writeln!(
                out,
                "Put back {} in {}.",
                count(n, "cookie"),
                count(summary.restored_stores as u64, "store")
            )?,
        }
        if summary.not_reached > 0 {
            writeln!(
                out,
                "The copies of what was not put back are kept: run this again."
            )?;
        }
        if summary.skipped > 0 {
            let n = count(summary.skipped, "cookie");
            let (_, were) = is_or_are(summary.skipped);
            writeln!(
                out,
                "{n} {were} not put back, because the browser has the same cookie already."
            )?;
        }
        if summary.orphaned > 0 {
            let n = count(summary.orphaned, "cookie");
            let (_, were) = is_or_are(summary.orphaned);
            writeln!(
                out,
                "{n} {were} not put back, because the Firefox session of the cookie has ended."
            )?;
        }
        Ok(())
    }
}

/// One document.
#[derive(Serialize)]
pub(crate) struct JsonRestore {
    schema: u32,
    id: Option<String>,
    restored: u64,
    stores: Vec<RestoredRow>,
    /// What went wrong outside of the stores.
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct RestoredRow {
    store: String,
    restored: u64,
    skipped: u64,
    status: &'static str,
    in_use_by: Vec<ProcessRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_use_why: Option<Why>,
    error: Option<String>,
    error_code: Option<&'static str>,
}

impl JsonRestore {
    /// `id`: of the deletion, if there is one to undo.
    pub(crate) fn of(id: Option<String>) -> Self {
        Self {
            schema: SCHEMA,
            id,
            restored: 0,
            stores: Vec::new(),
            problems: Vec::new(),
        }
    }
}

impl Renderer for JsonRestore {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        if let Event::Restored(back) = event {
            self.stores.push(RestoredRow::of(back));
        }
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        self.restored = summary.restored;
        self.problems = summary.problems.iter().map(Problem::of).collect();
        crate::cli::print_json(self)
    }
}

impl RestoredRow {
    fn failed(&mut self, error: String, code: &'static str) {
        self.status = "error";
        self.error = Some(error);
        self.error_code = Some(code);
    }

    fn of(back: &PutBack) -> Self {
        let mut row = Self {
            store: back.store.display().to_string(),
            restored: 0,
            skipped: 0,
            status: "restored",
            in_use_by: Vec::new(),
            in_use_why: None,
            error: None,
            error_code: None,
        };
        match &back.outcome {
            PutBackOutcome::Restored(done) => {
                row.restored = done.restored;
                row.skipped = done.skipped + done.orphaned;
                if let Some(fault) = &done.trouble {
                    row.failed(fault.to_string(), fault.code());
                } else if let Some(error) = &back.left {
                    row.failed(error.to_string(), error.code());
                }
            }
            PutBackOutcome::InUse(blocked) => {
                row.status = "in-use";
                row.in_use_by = processes(Some(&blocked.user));
                row.in_use_why = Some(Why::of(&blocked.user));
            }
            PutBackOutcome::Failed(error) => {
                row.failed(error.to_string(), error.code());
            }
            PutBackOutcome::Interrupted => row.status = "interrupted",
        }
        row
    }
}
