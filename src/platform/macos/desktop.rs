//! Programs on the desktop, asked to quit as their menu does.

use std::io;

use objc2_app_kit::NSRunningApplication;

/// Asks the program with exactly this process to quit, as the Dock does: it may have a
/// question first, and Firefox and Chromium open their windows again where they would
/// have after ⌘Q.
///
/// True when it was asked; false when it is not a program with windows, or the system did
/// not pass the request on
/// (<https://developer.apple.com/documentation/appkit/nsrunningapplication/terminate()>).
///
/// # Errors
/// None on this system.
pub(crate) fn close_windows_of(pid: u32, _at_most: usize) -> io::Result<bool> {
    let Ok(pid) = i32::try_from(pid) else {
        return Ok(false);
    };
    let program = NSRunningApplication::runningApplicationWithProcessIdentifier(pid);
    Ok(program.is_some_and(|program| program.terminate()))
}
