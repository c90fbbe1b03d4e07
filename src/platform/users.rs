//! The people who have a home folder on this computer, by the system's own list.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::linux::users as os;
#[cfg(target_os = "macos")]
use super::macos::users as os;
#[cfg(windows)]
use super::windows::users as os;

#[cfg(unix)]
pub(crate) use super::unix::users::{in_own_group, interrupt, is_admin, look_at_home};
#[cfg(windows)]
pub(crate) use super::windows::users::{in_own_group, interrupt, is_admin, look_at_home};

/// How long a home folder may take to answer: one on a network disk whose server is gone
/// never does.
pub(crate) const TIME_TO_ANSWER: Duration = Duration::from_secs(10);

/// Whether a process can become the owner of a home folder.
pub(crate) const CAN_BECOME_OWNER: bool = cfg!(unix);

/// Somebody who can log in, and no account of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalUser {
    pub name: String,
    /// On POSIX, the number.
    pub id: Option<u32>,
    pub home: PathBuf,
}

/// What there is where a home folder should be.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(
    windows,
    allow(
        dead_code,
        reason = "owners and disks that hang are told apart on POSIX"
    )
)]
pub(crate) enum HomeLook {
    /// A folder that belongs to its user.
    Fine,
    NotThere,
    NotAFolder,
    /// It belongs to another user, by number.
    Anothers(u32),
    NoAnswer,
}

/// The users of this computer, by name; each home folder once.
///
/// # Errors
/// When the system's list cannot be read.
pub(crate) fn local_users() -> io::Result<Vec<LocalUser>> {
    let mut users = os::all()?;
    users.retain(|user| is_a_home(&user.home));
    users.sort_by(|one, other| one.name.cmp(&other.name));
    let mut homes = HashSet::new();
    users.retain(|user| homes.insert(user.home.clone()));
    Ok(users)
}

/// What accounts without a home folder have instead is none.
fn is_a_home(path: &Path) -> bool {
    const NONE: [&str; 5] = ["", "/", "/nonexistent", "/dev/null", "/var/empty"];
    path.is_absolute() && !NONE.iter().any(|none| path == Path::new(none))
}
