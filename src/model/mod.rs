//! The vocabulary: what a person asks for, and what browsers keep. No I/O.

pub mod cookie;
pub mod domain;
pub mod error;
pub mod item;
pub mod login;
pub mod query;
pub mod services;
pub mod value;
