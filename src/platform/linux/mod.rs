//! What only Linux has.

pub(crate) mod desktop;
