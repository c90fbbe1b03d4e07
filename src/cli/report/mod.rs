//! The same facts twice: for a person, and as JSON. A renderer is a function of events
//! and their summary, and looks at nothing else.

mod cookie_table;
pub(super) mod human;
pub(super) mod json;
pub(super) mod progress;
pub(super) mod restore;
pub(super) mod site_data;
mod stores;

use std::io;

use comfy_table::{Table, presets};

use crate::engine::{Event, Summary};

/// Writes a report.
pub(super) trait Renderer {
    /// # Errors
    /// When it cannot be written.
    fn event(&mut self, event: &Event<'_>) -> io::Result<()>;
    /// # Errors
    /// When it cannot be written.
    fn end(&mut self, summary: &Summary) -> io::Result<()>;
}

/// Columns without lines between them.
pub(super) fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}
