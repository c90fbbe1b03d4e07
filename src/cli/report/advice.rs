//! What a person can do about an error.

use crate::error::Fault;

/// A sentence, where there is something to be done.
pub fn for_fault(fault: &Fault) -> Option<&'static str> {
    Some(match fault {
        Fault::Denied if std::env::consts::OS == "macos" => {
            "Run this as the user whose browser it is, and give your terminal Full Disk Access \
             in System Settings > Privacy & Security."
        }
        Fault::Denied => "Run this as the user whose browser it is, or make the file accessible.",
        Fault::ReadOnly => "Make the file, its folder and the disk writable; nothing was changed.",
        Fault::NotADatabase | Fault::Corrupt(_) => {
            "It was left untouched. Start the browser once, which repairs or replaces a damaged \
             store, close it, and try again."
        }
        Fault::NoTable(_) | Fault::NoColumn { .. } => {
            "It was left untouched. If the browser is newer than this program, look for a newer \
             cookieclean; if it is very old, start the browser once, which converts it."
        }
        Fault::Locked => {
            "Close the program that has it open (a browser, a backup, another cookieclean) and \
             try again."
        }
        Fault::Restless => "Close the browser and try again.",
        Fault::Full => "Free some space on that disk and try again; the store is as it was.",
        Fault::Outside(_) => {
            "It was left alone. If that is where your cookies really are, name the profile \
             itself with --profile-dir."
        }
        Fault::Unparsable(_) => {
            "What it lists may be missing here; folders were searched all the same. \
             --profile-dir takes a profile that was not found."
        }
        Fault::NoRoom(_) => "Close the browser, or set TMPDIR (TEMP) to a folder with room in it.",
        Fault::Unsure(_) => {
            "Look at what is there with \"cookieclean list\"; \"cookieclean undo\" puts back what is \
             missing."
        }
        Fault::NoCopy(_) => {
            "Free the space or mend the folder, set COOKIECLEAN_STATE_DIR to another one, or \
             delete without a copy: --no-undo."
        }
        Fault::OtherVersion { .. } => {
            "The copy is kept; sign in again, or destroy it with \"cookieclean undo --forget\"."
        }
        Fault::BadCopy(_) => "\"cookieclean undo --forget\" destroys it.",
        Fault::NotVerified(_) => {
            "Please report this: it should not happen. \"cookieclean undo --list\" shows \
             whether something can be put back."
        }
        Fault::Gone | Fault::NotAFile | Fault::Io(_) | Fault::Sql(_) => return None,
    })
}
