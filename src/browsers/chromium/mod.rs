//! The Chromium family: Chrome, Edge, Brave, Opera and the like.

pub(crate) mod cookies;
mod device_bound;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod local_state;
mod lock;
mod profiles;
mod site_data;
pub(crate) mod values;

pub(super) use profiles::UserDataDirectories;
