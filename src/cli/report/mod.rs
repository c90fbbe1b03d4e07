//! The same facts twice: for a person, and as JSON. A renderer is a function of events
//! and their summary, and looks at nothing else.

pub mod advice;
mod cookie_table;
pub mod human;
pub mod json;
pub mod progress;
pub mod restore;
pub mod text;
pub mod words;

use std::io;

use crate::engine::{Event, Summary};

/// Writes a report.
pub trait Renderer {
    /// # Errors
    /// When it cannot be written.
    fn event(&mut self, event: &Event<'_>) -> io::Result<()>;
    /// # Errors
    /// When it cannot be written.
    fn end(&mut self, summary: &Summary) -> io::Result<()>;
}
