//! What stands in the way of a deletion, and what is left of runs that were cut off.

use std::path::PathBuf;

use jiff::Timestamp;

use super::list::read;
use super::outcome::Unread;
use crate::browsers::{Found, Profile};
use crate::model::error::Error;
use crate::store::Store;
use crate::store::claim::{InUse, Refused};
use crate::undo::{Content, Undo};

/// Who uses a profile, and how many cookies it has.
pub(crate) struct ProfileState {
    /// An error when that cannot be found out.
    pub user: Result<Option<InUse>, Error>,
    pub cookies: Result<u64, Unread>,
}

impl ProfileState {
    pub(crate) fn of(profile: &Profile) -> Self {
        let stores = profile.stores.iter().map(|store| &**store);
        let counted = stores.filter(|store| is_counted(*store));
        let totals: Result<Vec<u64>, _> = read(profile, counted, |store| store.total());
        Self {
            user: profile.guard.in_use(),
            cookies: totals.map(|totals| totals.iter().sum()),
        }
    }

    /// What could not be read or found out.
    pub(crate) fn error(&self) -> Option<&Error> {
        let unread = self.cookies.as_ref().err().map(Unread::error);
        unread.or(self.user.as_ref().err())
    }
}

/// What is in an older copy, or is not a cookie, would be counted twice or too much.
fn is_counted(store: &dyn Store) -> bool {
    let kind = store.kind();
    kind.holds_cookies() && !kind.is_volatile() && !store.is_older_copy()
}

/// Something that a run which was killed has left.
pub(crate) enum Leftover {
    /// A lock in a profile, which the next deletion there takes away.
    Lock(PathBuf),
    /// Site data in the trash of a profile, of which there is no copy for undo.
    Trash {
        path: PathBuf,
        /// In bytes.
        size: u64,
    },
    /// Copies for undo that were not finished: nothing was deleted on the strength of them.
    Copies {
        /// Of the deletion.
        id: String,
    },
}

/// What became of a leftover.
pub(crate) enum Fate {
    /// It was not asked to go.
    Stays,
    Removed,
    /// The profile is in use.
    InUse(InUse),
    Failed(Error),
}

/// What earlier runs have left, for an undo or by mistake.
#[derive(Default)]
pub(crate) struct EarlierRuns {
    pub left: Vec<(Leftover, Fate)>,
    /// Deletions that can be undone.
    pub deletions: usize,
    /// Their site data in the trash of profiles, in bytes.
    pub trash: u64,
    /// What cannot be read.
    pub problems: Vec<Error>,
}

impl EarlierRuns {
    /// Looks at everything once; `remove`: takes leftovers away.
    pub(crate) fn of(found: &Found, undo: &Undo, now: Timestamp, remove: bool) -> Self {
        let mut earlier = Self::default();
        earlier.locks(found, remove);
        // The trash first: it is known by the copies that lead to it.
        let trash = earlier.trash(found, undo, remove);
        let copies = earlier.copies(undo, now, remove);
        earlier
            .problems
            .extend(trash.err().into_iter().chain(copies.err()));
        earlier
    }

    fn add(&mut self, leftover: Leftover, remove: bool, removal: impl FnOnce() -> Fate) {
        let fate = match remove {
            true => removal(),
            false => Fate::Stays,
        };
        self.left.push((leftover, fate));
    }

    fn locks(&mut self, found: &Found, remove: bool) {
        let mut seen = Vec::new();
        for profile in &found.profiles {
            for path in profile.guard.leftovers() {
                if !seen.contains(&path) {
                    seen.push(path.clone());
                    self.add(Leftover::Lock(path), remove, || clear(profile));
                }
            }
        }
    }

    fn trash(&mut self, found: &Found, undo: &Undo, remove: bool) -> Result<(), Error> {
        for trash in undo.orphaned_trash(found)? {
            let leftover = Leftover::Trash {
                path: trash.path(),
                size: trash.size()?.bytes,
            };
            self.add(leftover, remove, || Fate::of(trash.destroy()));
        }
        Ok(())
    }

    fn copies(&mut self, undo: &Undo, now: Timestamp, remove: bool) -> Result<(), Error> {
        for entry in undo.entries(now)? {
            match entry.look() {
                Ok(None) => {}
                Ok(Some(content)) if is_leftover(&content) => {
                    let id = entry.id.clone();
                    self.add(Leftover::Copies { id }, remove, || Fate::of(entry.forget()));
                }
                Ok(Some(content)) => {
                    self.deletions += usize::from(!content.domains.is_empty());
                    self.trash += content.trash;
                    self.problems.extend(content.problems);
                }
                Err(error) => self.problems.push(error),
            }
        }
        Ok(())
    }
}

impl Fate {
    fn of(removed: Result<(), Error>) -> Self {
        removed.map_or_else(Self::Failed, |()| Self::Removed)
    }
}

/// Whether nothing of a deletion can be put back, and nobody is at it. What cannot be
/// read is not: a person decides about that.
fn is_leftover(content: &Content) -> bool {
    content.leftovers > 0
        && content.domains.is_empty()
        && content.problems.is_empty()
        && !content.is_running
}

/// A claim takes over what is left of an earlier one, and takes it along when it ends.
fn clear(profile: &Profile) -> Fate {
    let claim = profile.guard.claim(&|| false).map(drop);
    match claim {
        // Our own lock file is gone then, even if a browser has the profile.
        _ if profile.guard.leftovers().is_empty() => Fate::Removed,
        Ok(()) => Fate::Stays,
        Err(Refused::InUse(user)) => Fate::InUse(user),
        Err(Refused::Failed(error)) => Fate::Failed(error),
    }
}
