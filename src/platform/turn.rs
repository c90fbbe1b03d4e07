//! Which of several runs of this program may take a folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::{HeldFile, LockAttempt, lock_holder};
use crate::model::error::{At, Error};

/// A file of ours, for its owner only: `flock` on the folder, or a lock on a file of the
/// browser, could be taken by everybody who may read it, who would be in the way.
const FILE: &str = ".cookieclean.lock";

/// The folders of this process: a record lock does not keep it from itself everywhere.
static HELD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn held() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps other runs of this program from taking a folder, until this is dropped. Where a
/// browser's own lock on Windows does that, it keeps only this process.
pub(crate) struct Turn {
    folder: PathBuf,
    file: Option<HeldFile>,
}

/// Whose turn it is.
pub(crate) enum TurnOf {
    Us(Turn),
    /// Another thread of this process.
    ThisRun,
    /// The process that has locked this file.
    Another(PathBuf),
}

impl Turn {
    /// # Errors
    /// When the file cannot be made in the folder, or not be locked.
    pub(crate) fn at(folder: &Path) -> Result<TurnOf, Error> {
        if !held().insert(folder.to_owned()) {
            return Ok(TurnOf::ThisRun);
        }
        let mut turn = Self {
            folder: folder.to_owned(),
            file: None,
        };
        if cfg!(unix) {
            let file = folder.join(FILE);
            match HeldFile::take_own(&file).at(&file)? {
                LockAttempt::Ours(held) => turn.file = Some(held),
                LockAttempt::Theirs => return Ok(TurnOf::Another(file)),
            }
        }
        Ok(TurnOf::Us(turn))
    }

    /// Waits for a few seconds where it is another one's.
    ///
    /// # Errors
    /// As [`Turn::at`].
    pub(crate) fn wait_at(folder: &Path) -> Result<Option<Self>, Error> {
        const PAUSE: Duration = Duration::from_millis(20);
        for _ in 0..150 {
            if let TurnOf::Us(turn) = Self::at(folder)? {
                return Ok(Some(turn));
            }
            thread::sleep(PAUSE);
        }
        Ok(None)
    }
}

/// Of our files in a folder, those that a run has left which was killed: nobody has its
/// turn there. `others`: files beside the one for the turn.
pub(crate) fn leftovers_at(folder: &Path, others: &[&str]) -> Vec<PathBuf> {
    let is_there = |file: &PathBuf| file.symlink_metadata().is_ok();
    let turn = folder.join(FILE);
    if is_there(&turn) && !matches!(lock_holder(&turn), Ok(None)) {
        return Vec::new();
    }
    let others = others.iter().map(|name| folder.join(name));
    std::iter::once(turn)
        .chain(others)
        .filter(is_there)
        .collect()
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Before another thread may take it.
        self.file = None;
        held().remove(&self.folder);
    }
}
