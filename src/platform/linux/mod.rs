//! What only Linux has.

pub(crate) mod desktop;
pub(super) mod users;
