//! Finds, shows, deletes and puts back one site's cookies in the stores of the
//! browsers on a computer.
//!
//! [`discover::discover`] finds profiles and their stores, [`engine`] looks and
//! deletes, [`undo`] keeps what was deleted for a while. `cli` is the command.

pub mod browsers;
mod chromium;
pub mod claim;
pub mod cli;
pub mod cookie;
pub mod discover;
pub mod domain;
pub mod engine;
pub mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod gecko;
mod json;
pub mod keyring;
pub mod login;
pub mod reveal;
pub mod services;
mod sqlite;
pub mod store;
mod system;
pub mod undo;
pub mod value;
