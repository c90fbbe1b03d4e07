//! A progress bar, for when it is worth one.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::wording::say;

/// With less than this left, a bar would only flicker.
const WORTH_IT: Duration = Duration::from_secs(1);

/// Counts stores, and shows how many are done when there is more than a second of
/// work left. Nothing is shown where standard error is no terminal.
pub(crate) struct Progress {
    started: Instant,
    total: usize,
    done: usize,
    bar: Option<ProgressBar>,
    wanted: bool,
}

impl Progress {
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            started: Instant::now(),
            total: 0,
            done: 0,
            bar: None,
            wanted,
        }
    }

    /// So many stores are done, of so many.
    pub(crate) fn set(&mut self, done: usize, total: usize) {
        (self.done, self.total) = (done, total);
        if done == total {
            // What comes next is another pass.
            self.clear();
            self.started = Instant::now();
        } else if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        } else if self.wanted && self.left() > WORTH_IT {
            let target = ProgressDrawTarget::stderr();
            let bar = ProgressBar::with_draw_target(Some(total as u64), target);
            let template = format!("{{wide_bar}} {}", say!("progress-stores"));
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style);
            }
            bar.set_position(done as u64);
            self.bar = Some(bar);
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn left(&self) -> Duration {
        let each = self.started.elapsed().as_secs_f64() / self.done as f64;
        Duration::from_secs_f64(each * (self.total - self.done) as f64)
    }

    /// Prints something without the bar getting in the way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
