//! The Chromium family: Chrome, Edge, Brave, Opera and the like.

mod cookies;
mod device_bound;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod local_state;
mod occupy;
pub(crate) mod profiles;
mod singleton;
pub(crate) mod values;
