//! What an undo did: for a person, and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::Renderer;
use super::json::{Problem, ProcessRow, SCHEMA, Why, processes};
use super::stores;
use crate::cli::ui::{self, Ui};
use crate::engine::{Event, Summary};
use crate::engine::{PutBack, PutBackOutcome};
use crate::wording::faults::after_put_back;
use crate::wording::names::{profiles_of, put_back, undo_command};
use crate::wording::say;
use crate::wording::text::safe;

/// For a person.
pub(crate) struct HumanRestore<'a> {
    pub ui: &'a Ui,
    /// Of what was deleted.
    pub domains: Vec<String>,
}

impl Renderer for HumanRestore<'_> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let Event::Restored(back) = event else {
            return Ok(());
        };
        match &back.outcome {
            PutBackOutcome::Restored(done) => {
                for line in after_put_back(back, done) {
                    ui::note(&line);
                }
            }
            PutBackOutcome::Failed(why) => ui::error(why),
            PutBackOutcome::InUse(_) | PutBackOutcome::Interrupted => {}
        }
        if self.ui.verbose {
            let what = stores::restored(&back.outcome);
            let store = back.store.display().to_string();
            writeln!(self.ui.out(), "{}: {what}", safe(&store))?;
        }
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        for blocker in &summary.blocked {
            let what = say!("skipped", what = profiles_of(blocker));
            ui::skipped(what, &blocker.user, summary.has_waited);
        }
        let mut out = self.ui.out();
        let (cookies, site_data) = (summary.restored, summary.restored_site_data);
        let line = put_back(cookies, site_data, &self.domains, summary.matched_profiles);
        writeln!(out, "{line}")?;
        if let Some(id) = &summary.undo {
            let command = safe(&undo_command(id)).into_owned();
            writeln!(out, "{}", say!("undo-replaced", command = command))?;
        }
        if summary.not_reached > 0 {
            writeln!(out, "{}", say!("undo-rest"))?;
        }
        if summary.skipped > 0 {
            let cookies = say!("count-cookies", n = summary.skipped);
            let line = say!("undo-skipped", n = summary.skipped, cookies = cookies);
            writeln!(out, "{line}")?;
        }
        if summary.orphaned > 0 {
            let cookies = say!("count-cookies", n = summary.orphaned);
            let line = say!("undo-orphaned", n = summary.orphaned, cookies = cookies);
            writeln!(out, "{line}")?;
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
    /// The deletion of what the site had stored since, which can be undone in turn.
    replaced: Option<String>,
    stores: Vec<RestoredRow>,
    /// What went wrong outside of the stores.
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct RestoredRow {
    store: String,
    restored: u64,
    site_data: u64,
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
            replaced: None,
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
        self.replaced.clone_from(&summary.undo);
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
            site_data: 0,
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
                row.site_data = done.site_data;
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
