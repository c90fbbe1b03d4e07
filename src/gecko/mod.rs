//! The Firefox family: Firefox, LibreWolf, Tor Browser and the like.

pub(crate) mod containers;
pub(crate) mod cookies;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod origin_attributes;
mod parent_lock;
pub(crate) mod profiles;
mod session;
