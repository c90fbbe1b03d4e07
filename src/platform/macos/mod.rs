//! What only macOS has.

pub(crate) mod desktop;
pub(super) mod users;
