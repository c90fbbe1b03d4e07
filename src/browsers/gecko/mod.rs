//! The Firefox family: Firefox, LibreWolf, Tor Browser and the like.

pub(crate) mod containers;
pub(crate) mod cookies;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod lock;
mod origin_attributes;
mod profiles;
mod replace;
mod session_files;
mod site_data;

pub(super) use profiles::ProfileLists;
