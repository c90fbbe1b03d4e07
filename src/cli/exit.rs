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
pub(crate) enum Status {
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
    pub(crate) fn and(&mut self, other: Self) {
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

impl Status {
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::InUse => 3,
            // 128 + SIGINT, as shells have it.
            Self::Interrupted => 130,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        status.code().into()
    }
}

/// Why nothing was done.
#[derive(Debug)]
pub(super) enum Failure {
    Domain(DomainError),
    /// A bare word, and the sites that contain it.
    DidYouMean(DomainError, Vec<String>),
    /// And the containers there are.
    NoSuchContainer(String, Vec<String>),
    /// Options that select single cookies, with site data, which goes as a whole.
    OnlyCookies(&'static str),
    NeedsYes,
    /// The full screen takes a terminal.
    NoScreen,
    Search(SearchError),
    /// A home folder that is none.
    Home(Error),
    NoSuchDeletion(String),
    /// The system's list of users.
    Users(io::Error),
    /// A user, and those there are.
    NoSuchUser(String, Vec<String>),
    /// Only root, or an administrator, may look at the home folders of all.
    NotAdmin,
    Owner(NotAsOwner),
    File(Error),
    Output(io::Error),
}

impl Failure {
    /// Whether what was named may be there for other users.
    pub(super) fn is_about_this_home(&self) -> bool {
        matches!(
            self,
            Self::NoSuchDeletion(_)
                | Self::NoSuchContainer(..)
                | Self::Search(SearchError::NoSuchProfile { .. })
        )
    }

    pub(super) fn status(&self) -> Status {
        match self {
            Self::File(_)
            | Self::Users(_)
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

macro_rules! from {
    ($($error:ty => $variant:ident),+) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })+
    };
}
from!(SearchError => Search, NotAsOwner => Owner, Error => File, io::Error => Output);
