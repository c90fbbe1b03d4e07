//! Ctrl-C, and its like.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::clean::{before_copies, discard_copies};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Stores are being changed: a signal to end is noted. The store at hand is finished,
/// and no further one begun; this thread is woken, if it sleeps.
pub fn note() {
    let main = thread::current();
    // Without a handler a signal ends the program; SQLite's journal and the order
    // of copy and deletion make even that harmless.
    let _ = ctrlc::set_handler(move || {
        INTERRUPTED.store(true, Ordering::SeqCst);
        main.unpark();
    });
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
    INTERRUPTED.load(Ordering::SeqCst)
}
