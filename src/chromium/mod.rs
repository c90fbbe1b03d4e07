//! The Chromium family: Chrome, Edge, Brave, Opera and the like.

mod cookies;
mod occupy;
pub(crate) mod profiles;
mod singleton;
