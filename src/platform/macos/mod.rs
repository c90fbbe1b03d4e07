//! What only macOS has.

pub(crate) mod desktop;
