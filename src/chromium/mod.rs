//! The Chromium family: Chrome, Edge, Brave, Opera and the like.

mod cookies;
pub(crate) mod profiles;
mod singleton;
