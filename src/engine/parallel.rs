//! Working on stores side by side, and reporting them in their order.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Messages that a job may be ahead of their reporting. It waits then, so that
/// memory stays flat however much it finds.
const AHEAD: usize = 4;

/// More than there are processors, since a deletion mostly waits for the disk; not more,
/// since each needs memory.
fn best_number() -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (4 * processors).clamp(4, 16)
}

/// What comes of a job.
pub(crate) enum Update<M, R> {
    /// Something on the way.
    Partial(M),
    /// The end of it.
    Done(R),
}

/// Works on `jobs`, up to `threads` at once (None: as many as this computer is good for);
/// `tell` hears of every job in the
/// order of the jobs, on the calling thread.
pub(crate) fn in_order<J: Sync, M: Send, R: Send>(
    jobs: &[J],
    threads: Option<usize>,
    work: impl Fn(&J, &mut dyn FnMut(M)) -> R + Sync,
    mut tell: impl FnMut(&J, Update<M, R>),
) {
    // To count the processors takes longer than to look at one store.
    let threads = match jobs.len() {
        ..2 => 1,
        jobs => threads.unwrap_or_else(best_number).min(jobs),
    };
    if threads < 2 {
        for job in jobs {
            let result = work(job, &mut |message| tell(job, Update::Partial(message)));
            tell(job, Update::Done(result));
        }
        return;
    }
    type Line<M, R> = SyncSender<Update<M, R>>;
    let (lines, ears): (Vec<_>, Vec<Receiver<_>>) = jobs
        .iter()
        .map(|_| {
            let (line, ear) = sync_channel(AHEAD);
            (Mutex::new(Some::<Line<M, R>>(line)), ear)
        })
        .unzip();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    // In order, so that the job to be reported next is always at work.
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { return };
                    let line = lines[index]
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .take();
                    let Some(line) = line else { return };
                    // The receiver is gone only when it panicked.
                    let result = work(job, &mut |message| {
                        let _ = line.send(Update::Partial(message));
                    });
                    let _ = line.send(Update::Done(result));
                }
            });
        }
        for (job, ear) in jobs.iter().zip(ears) {
            for event in ear {
                tell(job, event);
            }
        }
    });
}
