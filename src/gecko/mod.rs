//! The Firefox family: Firefox, LibreWolf, Tor Browser and the like.

mod containers;
mod cookies;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod origin_attributes;
mod parent_lock;
pub(crate) mod profiles;
mod session;
