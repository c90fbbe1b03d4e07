//! The lock of Chromium on Windows: `lockfile`, open and shared for reading only.

use std::io;

use super::{UserDataLock, leveldb};
use crate::model::error::{At, Error};
use crate::platform::windows::{is_open_exclusively, owner_of_message_window};
use crate::platform::{self, HeldFile, Holder, LockAttempt, ProcessHandle};
use crate::store::claim::{Claim, Held, InUse, QuitRequest, Refused};

/// What is ours in a directory that we have claimed: nothing.
pub(super) const OWN_FILES: [&str; 0] = [];

/// The process that holds the directory.
pub(super) fn holder(lock: &UserDataLock) -> Result<Option<InUse>, Error> {
    Ok(match lockfile_holder(lock)? {
        Some(user) => Some(user),
        None => store_holder(lock),
    })
}

fn lockfile_holder(lock: &UserDataLock) -> Result<Option<InUse>, Error> {
    /// `base/win/message_window.cc`; its title is the directory
    /// (`chrome/browser/win/chrome_process_finder.cc`).
    const CLASS: &str = "Chrome_MessageWindow";
    let lockfile = lock.lockfile();
    let mut holder = platform::lock_holder(&lockfile).at(&lockfile)?;
    // By the window that its own other instances look for: a backup or a virus scanner
    // may have the file open too.
    if let Some(holder) = &mut holder {
        holder.pid = owner_of_message_window(CLASS, &lock.user_data);
    }
    Ok(holder.and_then(|holder| InUse::by_lock(holder, &lockfile)))
}

/// The process that has a store open exclusively, as Chromium does since version 114.
fn store_holder(lock: &UserDataLock) -> Option<InUse> {
    let mut stores = lock.stores().into_iter();
    let kept = stores.find(|store| is_open_exclusively(store))?;
    InUse::by_lock(Holder::unknown(), &kept)
}

/// Takes the directory as a browser would.
pub(super) fn claim(lock: &UserDataLock) -> Result<Claim, Refused> {
    let lockfile = lock.lockfile();
    match HeldFile::take(&lockfile).at(&lockfile)? {
        LockAttempt::Theirs => {
            let user = lockfile_holder(lock)?;
            let user = user.unwrap_or_else(|| InUse::by_passing_lock(&lockfile));
            Err(Refused::InUse(lock.explained(user)))
        }
        LockAttempt::Ours(held) => {
            lock.place.check(&held).at(&lockfile)?;
            match leveldb(&lock.leveldb_files())?.or_else(|| store_holder(lock)) {
                Some(user) => Err(Refused::InUse(lock.explained(user))),
                None => Ok(Claim::new(LockfileHeld { _file: held })),
            }
        }
    }
}

/// Chromium quits at `WM_ENDSESSION`, without a question, whether a browser window
/// gets it (`browser_desktop_window_tree_host_win.cc`) or, in the background, the
/// hidden one of its tray icon (`status_tray_win.cc`). `WM_CLOSE` would leave one in
/// the background running.
///
/// # Errors
/// When it refuses, or none of its windows can be asked.
pub(super) fn ask_to_quit(
    _lock: &UserDataLock,
    process: &ProcessHandle,
) -> io::Result<QuitRequest> {
    // A child would end without the browser, which starts it again.
    let main = super::main_process(process.pid()).filter(|main| super::is_of_family(*main));
    if main != Some(process.pid()) {
        return Ok(QuitRequest::Impossible);
    }
    process.ask_to_end_session()
}

/// While this lives, a browser that starts says that the profile is in use, and ends.
struct LockfileHeld {
    _file: HeldFile,
}

impl Held for LockfileHeld {
    fn still_holds(&self) -> Result<(), InUse> {
        Ok(())
    }
}
