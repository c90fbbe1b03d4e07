//! What shows that a profile is in use.

use std::path::PathBuf;

/// What shows that a profile is in use. Its text is the English of the JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Evidence {
    /// This file is locked.
    #[error("{} is locked", .0.display())]
    Locked(PathBuf),
    /// This link names the process.
    #[error("{} names it", .0.display())]
    Named(PathBuf),
    /// This link of Firefox names the process.
    #[error("{} says so", .0.display())]
    SaysSo(PathBuf),
    /// This link names a process of another computer.
    #[error(
        "{} names the computer \"{host}\"; if no browser runs there, remove that link",
        link.display()
    )]
    OtherComputer {
        /// The link.
        link: PathBuf,
        /// The name of the computer.
        host: String,
    },
    /// The process has the cookie store open.
    #[error("it has the cookie store open")]
    StoreOpen,
    /// This link was there for a moment only, or is being made.
    #[error("{} was just made", .0.display())]
    JustMade(PathBuf),
    /// Windows keeps this file open.
    #[error("{} is kept open by Windows", .0.display())]
    OpenOnWindows(PathBuf),
    /// Our lock at this path is not ours any more.
    #[error("{} was taken over", .0.display())]
    TakenOver(PathBuf),
    /// Our lock file at this path is another one now.
    #[error("{} was replaced", .0.display())]
    Replaced(PathBuf),
    /// A browser waits at our lock, and will not for long.
    #[error("a browser that starts has waited at {} for {seconds} s", lock.display())]
    Waiting {
        /// The lock.
        lock: PathBuf,
        /// Since when, in seconds.
        seconds: u64,
    },
    /// This program works in this folder.
    #[error("{} is being worked on", .0.display())]
    BeingWorkedOn(PathBuf),
    /// That could not be found out, for this reason.
    #[error("{0}")]
    Unclear(String),
}
