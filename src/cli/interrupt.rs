//! Ctrl-C, and its like.

use std::process;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::engine::{Cancel, before_copies, discard_copies};

/// Stores are being changed: a signal to end cancels this. The store at hand is finished,
/// and no further one begun; this thread is woken, if it sleeps. A second signal ends the
/// program at once.
pub(super) fn note() -> Cancel {
    let cancel = Cancel::default();
    cancel.wakes_this_thread();
    let noted = cancel.clone();
    // Without a handler a signal ends the program; SQLite's journal and the order
    // of copy and deletion make even that harmless.
    let _ = ctrlc::set_handler(move || {
        if noted.is_cancelled() {
            end();
        }
        noted.cancel();
    });
    cancel
}

/// Stores are only looked at: a signal ends the program, but not before the private
/// copies of them are gone.
pub(super) fn end_at_once() {
    before_copies(|| {
        let _ = ctrlc::set_handler(end);
    });
}

/// Ends the program, whatever its other threads do. Every store is whole then: SQLite's
/// journal takes back what is half done, and a session file is replaced in one step. A lock
/// that is left behind names a process that is gone: browsers, and this program, know it
/// for stale, as that of a browser that crashed.
fn end() {
    at_most_for_a_while(discard_copies);
    at_most_for_a_while(crate::tui::give_back);
    process::exit(130);
}

/// Does this, but lets no disk or terminal that hangs keep the program.
fn at_most_for_a_while(work: fn()) {
    const PATIENCE: Duration = Duration::from_secs(2);
    let (done, is_done) = channel();
    let worker = thread::Builder::new().spawn(move || {
        work();
        let _ = done.send(());
    });
    if worker.is_ok() {
        let _ = is_done.recv_timeout(PATIENCE);
    }
}
