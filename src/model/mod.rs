//! The vocabulary: what a person asks for, and what browsers keep. No I/O.

pub(crate) mod cookie;
pub(crate) mod domain;
pub(crate) mod error;
pub(crate) mod evidence;
pub(crate) mod item;
pub(crate) mod login;
pub(crate) mod query;
pub(crate) mod services;
pub(crate) mod site_data;
pub(crate) mod value;
