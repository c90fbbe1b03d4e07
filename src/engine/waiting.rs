//! Waiting until a profile is not in use any more.

use std::collections::HashSet;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::cancel::Cancel;
use crate::platform::ProcessHandle;
use crate::store::claim::Guard;

/// Interval of checks where no process can be waited for.
const POLL: Duration = Duration::from_millis(200);
/// Interval of the check that runs anyway: a process can release a lock and live on.
const RARELY: Duration = Duration::from_secs(5);
/// A browser's children and its lock files may outlive it by so much.
const LINGERING: Duration = Duration::from_secs(3);
const LINGERING_POLL: Duration = Duration::from_millis(10);

/// Returns when one of these is free, with its index; None when it is cancelled, or the
/// time is over (`until`; None: it never is).
///
/// One that cannot be looked at counts as free: a claim reports why.
pub(super) fn until_one_is_free(
    guards: &[&Guard],
    until: Option<Instant>,
    cancel: &Cancel,
) -> Option<usize> {
    let left = || until.map(|until| until.saturating_duration_since(Instant::now()));
    let mut watched = HashSet::new();
    let mut shortly = None;
    loop {
        let mut rest = RARELY;
        let mut some_ended = false;
        for (index, guard) in guards.iter().enumerate() {
            let Ok(Some(user)) = guard.in_use_now() else {
                return Some(index);
            };
            if user.by.is_empty() {
                rest = rest.min(POLL);
            }
            for process in &user.by {
                match ProcessHandle::open(process.pid) {
                    Err(_) => some_ended = true,
                    Ok(handle) => {
                        let is_new = watched.insert(process.pid);
                        if is_new && !wake_at_the_end_of(handle, thread::current()) {
                            watched.remove(&process.pid);
                            rest = rest.min(POLL);
                        }
                    }
                }
            }
        }
        if cancel.is_cancelled() || left().is_some_and(|left| left.is_zero()) {
            return None;
        }
        // What has ended leaves its lock in a moment.
        if some_ended {
            let since = *shortly.get_or_insert_with(Instant::now);
            rest = match since.elapsed() < LINGERING {
                true => LINGERING_POLL,
                false => POLL,
            };
        }
        thread::park_timeout(left().map_or(rest, |left| left.min(rest)));
    }
}

/// Whether a thread could be started to watch the process.
fn wake_at_the_end_of(process: ProcessHandle, sleeper: Thread) -> bool {
    let watch = move || {
        process.wait();
        sleeper.unpark();
    };
    thread::Builder::new().spawn(watch).is_ok()
}
