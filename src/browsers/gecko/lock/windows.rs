//! Firefox's lock on Windows: a file that is open and not shared.

use std::io;

use super::ParentLock;
use crate::model::error::Error;
use crate::platform::ProcessHandle;
use crate::store::claim::{InUse, QuitRequest};

pub(super) const NAME: &str = "parent.lock";

/// There is no other lock here.
#[allow(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
pub(super) fn locked_otherwise(_lock: &ParentLock) -> Result<Option<InUse>, Error> {
    Ok(None)
}

/// Firefox asks its parts at `WM_QUERYENDSESSION`, and may refuse
/// (`widget/windows/nsWindow.cpp`).
///
/// # Errors
/// When it refuses, or none of its windows can be asked.
pub(super) fn ask_to_quit(process: &ProcessHandle) -> io::Result<QuitRequest> {
    process.ask_to_end_session()
}
