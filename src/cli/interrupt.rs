//! Ctrl-C while stores are being changed: the store at hand is finished, and no
//! further one begun.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on a signal to end is noted, not obeyed at once.
pub fn note() {
    // Without a handler a signal ends the program; SQLite's journal and the order
    // of copy and deletion make even that harmless.
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
}

pub fn happened() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
