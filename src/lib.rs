//! Finds, shows, deletes and puts back one site's cookies in the stores of the
//! browsers on a computer.
//!
//! [`browsers::discover`] finds profiles and their stores, [`engine`] looks and
//! deletes, [`undo`] keeps what was deleted for a while. `cli` is the command.

pub mod browsers;
pub mod cli;
pub mod engine;
mod formats;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod model;
mod platform;
pub mod store;
pub mod undo;
