//! The exit status, and the failures that end a run before it begins.

use std::io;
use std::process::ExitCode;

use crate::browsers::SearchError;
use crate::engine::{Summary, Unread};
use crate::model::domain::DomainError;
use crate::model::error::{Error, Fault, is_absence};
use crate::platform::owner::NotAsOwner;

/// How a run ended. Of several outcomes the gravest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Success, also when nothing matched.
    Fine,
    /// Something was skipped because a browser is open.
    InUse,
    /// Some store could not be read, cleaned or verified.
    Failed,
    Usage,
    Interrupted,
}

impl Status {
    /// Both happened.
    pub fn and(&mut self, other: Self) {
        *self = (*self).max(other);
    }
}

impl From<&Summary> for Status {
    fn from(summary: &Summary) -> Self {
        if summary.is_cancelled {
            Self::Interrupted
        } else if summary.failed > 0 {
            Self::Failed
        } else if !summary.blocked.is_empty() {
            Self::InUse
        } else {
            Self::Fine
        }
    }
}

impl From<&Unread> for Status {
    fn from(unread: &Unread) -> Self {
        match unread {
            Unread::InUse { .. } => Self::InUse,
            Unread::Failed(_) => Self::Failed,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Fine => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::InUse => 3,
            // 128 + SIGINT, as shells have it.
            Status::Interrupted => 130,
        })
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Domain(DomainError),
    /// A bare word, and the sites that contain it.
    #[error("{0}")]
    DidYouMean(DomainError, Vec<String>),
    /// And the containers there are.
    #[error("there is no container \"{0}\"")]
    NoSuchContainer(String, Vec<String>),
    #[error("{0}")]
    Search(#[from] SearchError),
    /// A home folder that is none.
    #[error("{0}")]
    Home(Error),
    #[error(
        "there is no deletion \"{0}\" to undo; \"cookieclean undo --list\" shows those there are"
    )]
    NoSuchDeletion(String),
    #[error("{0}")]
    Owner(#[from] NotAsOwner),
    #[error("{0}")]
    File(#[from] Error),
    #[error("cannot write the report: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    pub(super) fn status(&self) -> Status {
        match self {
            Self::File(_)
            | Self::Output(_)
            | Self::Owner(
                NotAsOwner::Refused { .. } | NotAsOwner::State { .. } | NotAsOwner::NoHome { .. },
            ) => Status::Failed,
            Self::Home(error)
            | Self::Search(SearchError::Unreadable(error))
            | Self::Owner(NotAsOwner::Unreadable(error))
                if !is_missing(error) =>
            {
                Status::Failed
            }
            _ => Status::Usage,
        }
    }
}

/// Whether a folder that was named is not there, or is not a folder: a matter of what was
/// typed.
fn is_missing(error: &Error) -> bool {
    match &error.fault {
        Fault::Io(error) => is_absence(error),
        fault => matches!(fault, Fault::Gone),
    }
}
