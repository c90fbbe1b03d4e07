//! Ctrl-C, and its like.

use std::process;
use std::sync::LazyLock;

use crate::engine::{Cancel, before_copies, discard_copies};

static INTERRUPTED: LazyLock<Cancel> = LazyLock::new(Cancel::default);

/// Stores are being changed: a signal to end cancels this. The store at hand is finished,
/// and no further one begun; this thread is woken, if it sleeps.
pub fn note() -> Cancel {
    let cancel = INTERRUPTED.clone();
    cancel.wakes_this_thread();
    let noted = cancel.clone();
    // Without a handler a signal ends the program; SQLite's journal and the order
    // of copy and deletion make even that harmless.
    let _ = ctrlc::set_handler(move || noted.cancel());
    cancel
}

/// Stores are only looked at: a signal ends the program, but not before the private
/// copies of them are gone.
pub fn end_at_once() {
    before_copies(|| {
        let _ = ctrlc::set_handler(|| {
            discard_copies();
            process::exit(130);
        });
    });
}

pub fn happened() -> bool {
    INTERRUPTED.is_cancelled()
}
