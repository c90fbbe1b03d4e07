//! Firefox's lock on POSIX: a record lock, and a symbolic link.

use std::fs;
use std::io;

use super::{ParentLock, is_of_family};
use crate::model::error::{At, Error};
use crate::model::evidence::Evidence;
use crate::platform::unix::{close_windows_of, is_kept_from_us, made_by};
use crate::platform::{self, ProcessHandle};
use crate::store::claim::{InUse, QuitRequest};

pub(super) const NAME: &str = ".parentlock";

/// Firefox brings back no more windows that were closed than this
/// (`browser.sessionstore.max_windows_undo`), and forgets the others.
const MOST_WINDOWS: usize = 5;

/// What locks it besides the record lock: on a disk of Windows, a Firefox there; and
/// the link by which older versions locked, and newer ones where the file system has no
/// record locks.
pub(super) fn locked_otherwise(lock: &ParentLock) -> Result<Option<InUse>, Error> {
    let theirs = lock.file.with_file_name("parent.lock");
    if is_kept_from_us(&theirs).at(&theirs)? {
        let evidence = Evidence::OpenOnWindows(theirs);
        return Ok(Some(InUse::shown_by(evidence)));
    }
    Ok(locked_by_link(lock))
}

/// `address:pid` is a lock; `address:+pid` only says who has the other one.
fn locked_by_link(lock: &ParentLock) -> Option<InUse> {
    let link = lock.file.with_file_name("lock");
    let target = fs::read_link(&link).ok()?;
    let (address, pid) = target.to_str()?.rsplit_once(':')?;
    let pid: u32 = pid.parse().ok().filter(|_| !pid.starts_with('+'))?;
    let evidence = Evidence::SaysSo(link.clone());
    if !address.starts_with("127.") {
        return Some(InUse::shown_by(evidence));
    }
    let is_it = pid != std::process::id()
        && platform::is_alive(pid)
        && is_of_family(pid)
        && made_by(pid, &link);
    is_it.then(|| InUse::by([pid], evidence))
}

/// Closes its windows: a Firefox dies of every signal at once, and saves nothing. It takes
/// what closes in a row until it ends for what is open at the end, and opens it again the
/// next time; but a window whose tabs it has not yet noted (it does so every 15 seconds)
/// is lost when it is the last, or when the last closes in the same moment.
///
/// # Errors
/// When its windows cannot be asked, or not without losing some.
pub(super) fn ask_to_quit(process: &ProcessHandle) -> io::Result<QuitRequest> {
    match close_windows_of(process.pid(), MOST_WINDOWS)? {
        true => Ok(QuitRequest::Sent),
        false => Ok(QuitRequest::Impossible),
    }
}
