//! As whom this process works.
//!
//! Root on POSIX that is sent into somebody else's folder becomes that somebody, for
//! good, before it touches anything there: what the owner may not touch, root does not
//! touch either.
//!
//! On Windows a process cannot become another user without that user's password, and
//! nothing here is done: an administrator's run has the rights of the administrator,
//! and keeps its copies for undo in the administrator's own folder. What confines it is
//! the search alone, which follows no link, junction or listed path out of a named
//! folder. Backup privileges, which would open every file, are never turned on.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::model::error::Error;

#[cfg(unix)]
pub(crate) use super::unix::owner::{become_owner_of, is_safe_for_us, may_write_below};

/// The user whose rights this process has, since [`become_owner_of`].
#[derive(Debug)]
pub(crate) struct Owner {
    /// `kim`, or `user 4321` for one that this computer does not know.
    pub name: String,
    /// The folder whose owner it is.
    pub folder: PathBuf,
    /// The home folder, if one is known that belongs to the owner.
    pub home: Option<PathBuf>,
    /// What `undo --home` has to be given to come to the same copies.
    pub undo_home: Option<PathBuf>,
}

static OWNER: OnceLock<Owner> = OnceLock::new();

/// The user as whom this process works, if that is not who started it.
pub(crate) fn working_as() -> Option<&'static Owner> {
    OWNER.get()
}

#[cfg(unix)]
pub(super) fn works_as(owner: Owner) -> &'static Owner {
    OWNER.get_or_init(|| owner)
}

/// Why root does not work on a folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAsOwner {
    #[error("{0}")]
    Unreadable(Error),
    /// A link or a folder on the way to the second.
    #[error(
        "{}: it belongs to {whose}, not to the owner of {}, and could lead root elsewhere",
        way.display(), folder.display()
    )]
    Led {
        way: PathBuf,
        whose: String,
        folder: PathBuf,
    },
    #[error("these folders belong to different users: {}", listed(.0))]
    Several(Vec<(PathBuf, String)>),
    #[error(
        "{}: its owner {name} may not pass through {}",
        folder.display(), door.display()
    )]
    Closed {
        folder: PathBuf,
        name: String,
        door: PathBuf,
    },
    #[error("{}: cannot take on the rights of its owner {name}: {why}", folder.display())]
    Refused {
        folder: PathBuf,
        name: String,
        why: std::io::Error,
    },
    /// `COOKIECLEAN_STATE_DIR`.
    #[error(
        "{}: {name}, the owner of the profiles, cannot keep copies for undo there",
        state.display()
    )]
    State { state: PathBuf, name: String },
    #[error("there is nowhere to keep copies for undo: {name} has no home folder here")]
    NoHome { name: String },
}

fn listed(folders: &[(PathBuf, String)]) -> String {
    let each = folders.iter();
    let each = each.map(|(folder, whose)| format!("{} to {whose}", folder.display()));
    each.collect::<Vec<_>>().join(", ")
}

/// See above.
#[cfg(windows)]
pub(crate) fn become_owner_of(
    _home: Option<&std::path::Path>,
    _folders: &[&std::path::Path],
) -> Result<Option<&'static Owner>, NotAsOwner> {
    Ok(None)
}

/// A process has one user here, whose rights it has wherever it is led; access lists are
/// not looked at.
#[cfg(windows)]
pub(crate) fn is_safe_for_us(_real: &std::path::Path) -> Result<(), PathBuf> {
    Ok(())
}

#[cfg(windows)]
pub(crate) fn may_write_below(_folder: &std::path::Path) -> bool {
    true
}
