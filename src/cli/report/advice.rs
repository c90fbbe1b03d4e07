//! What a person can do about an error.

use std::path::Path;

use crate::model::error::Fault;
use crate::platform::owner::NotAsOwner;
use crate::store::claim::Unseen;

/// Why something runs of which there may be no window to be seen, and how to end it.
pub fn for_unseen(unseen: &Unseen) -> Option<String> {
    Some(match unseen {
        Unseen::BackgroundApps => "Without a window it runs on for its background apps: quit it \
            by its icon in the notification area, or turn off \"Continue running background \
            apps\" in its settings under System."
            .into(),
        Unseen::StartupBoost => "Startup boost keeps it ready without a window: turn that off in \
            its settings under System and performance."
            .into(),
        Unseen::BackgroundTask(name) => {
            format!("It is a background task of Firefox ({name}), which ends by itself.")
        }
        Unseen::Headless => "It was started without a window (--headless), by another program \
            as a rule: end that one."
            .into(),
        Unseen::Remnant => "It has ended, but some of its processes have not yet.".into(),
        Unseen::Cookieclean => return None,
    })
}

/// A sentence, where there is something to be done on this system, which is called as
/// in [`std::env::consts::OS`].
pub fn for_fault(fault: &Fault, file: &Path, system: &str) -> Option<&'static str> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Some(match fault {
        Fault::NotADatabase | Fault::Corrupt(_) if name.contains(".bak") => {
            "It was left untouched. It is an older copy, which the browser does not use: remove \
             it, if you do not need it."
        }
        // It answers so (EPERM) even to the owner of a file that anybody may read.
        Fault::Denied if system == "macos" => {
            "Run this as the user whose browser it is. If that is you, macOS keeps your terminal \
             from it: allow it in System Settings > Privacy & Security > Full Disk Access, and \
             start the terminal again."
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
        Fault::UnknownSchema(_) => {
            "It was left untouched. If a browser has made it, please report this."
        }
        Fault::Sparse { .. } | Fault::TooLarge(_) => {
            "It was left untouched; no browser makes such a file. Remove it, if you do not need it."
        }
        Fault::Beside(_) => {
            "The store was left untouched. Remove that file, if you do not need it; no browser \
             makes such a one."
        }
        Fault::NotErased(_) => "Close the program that has that file open, and remove the file.",
        Fault::Locked => {
            "Close the program that has it open (a browser, a backup, another cookieclean) and \
             try again."
        }
        Fault::KeepsChanging => "Close the browser and try again.",
        Fault::Full => "Free some space on that disk and try again; the store is as it was.",
        Fault::Outside(_) => {
            "It was left alone. If that is where your cookies really are, name the profile \
             itself with --profile-dir."
        }
        Fault::OthersFolder(_) => {
            "It was left alone. Name the profile itself with --profile-dir: root then works on it \
             with the rights of its owner."
        }
        Fault::Unparsable(_) => {
            "What it lists may be missing here; folders were searched all the same. \
             --profile-dir takes a profile that was not found."
        }
        Fault::BadSession(_) => {
            "It was left untouched; the browser can hardly read it either. Remove it, if you do \
             not need the windows and tabs in it."
        }
        Fault::NoRoom(_) => "Close the browser, or set TMPDIR (TEMP) to a folder with room in it.",
        Fault::Unsure(_) => {
            "Look at what is there with \"cookieclean list\"; \"cookieclean undo\" puts back what is \
             missing."
        }
        Fault::NoBackup(_) => {
            "Free the space or mend the folder, set COOKIECLEAN_STATE_DIR to another one, or \
             delete without a copy: --no-undo."
        }
        Fault::OtherVersion { .. } => {
            "The copy is kept; sign in again, or destroy it with \"cookieclean undo --forget\"."
        }
        Fault::BadBackup(_) => {
            "It is kept. \"cookieclean undo --list\" shows its deletion, and \"cookieclean undo \
             --forget ID\" destroys it."
        }
        Fault::OtherFormat(_) => "It is kept. Put it back with a newer cookieclean.",
        Fault::Running(_) => {
            "Wait until it has ended, or end it with Ctrl-C, and try again. \"cookieclean undo \
             --list\" shows what else can be put back."
        }
        Fault::Anothers(_) => {
            "Run this as that user, or set COOKIECLEAN_STATE_DIR to a folder of your own, outside \
             of theirs."
        }
        Fault::OpenToOthers => {
            "Take that right from them (chmod go-w), or set COOKIECLEAN_STATE_DIR to a folder \
             that is only yours."
        }
        Fault::NotVerified(_) => {
            "Please report this: it should not happen. \"cookieclean undo --list\" shows \
             whether something can be put back."
        }
        Fault::Link => "No browser makes a link of that name: see where it leads, and remove it.",
        Fault::PathTooLong { .. } => {
            "Nothing was changed. Make the folder reachable by a shorter path (on Linux: mount \
             --bind), and name that with --profile-dir."
        }
        Fault::NoSocket(_) => {
            "Nothing was changed. Some network file systems have no sockets: run this where the \
             browser runs, or on a copy of the profile that is put back."
        }
        Fault::TakenOver(_) => "Close the browser, and run this again.",
        Fault::Gone
        | Fault::NotAFile
        | Fault::OtherName
        | Fault::NotOverwritten(_)
        | Fault::Io(_)
        | Fault::Sql(_) => return None,
    })
}

/// A sentence, where there is something to be done.
pub fn for_owner(why: &NotAsOwner) -> Option<&'static str> {
    Some(match why {
        NotAsOwner::Led { .. } => {
            "Nothing was touched. If that is where you want to go, name the folder by its real \
             path, or run this as its owner."
        }
        NotAsOwner::Several(_) => "Run this once for each owner.",
        NotAsOwner::Closed { .. } => {
            "Make that folder passable for all (chmod a+x), or mount the disk elsewhere."
        }
        NotAsOwner::State { .. } => {
            "Set COOKIECLEAN_STATE_DIR to a folder of that user, or not at all."
        }
        NotAsOwner::NoHome { .. } => {
            "Name the home folder with --home, set COOKIECLEAN_STATE_DIR to a folder of that \
             user, or delete without a copy: --no-undo."
        }
        NotAsOwner::Unreadable(_) | NotAsOwner::Refused { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(fault: &Fault, system: &str) -> &'static str {
        for_fault(fault, Path::new("Cookies"), system).unwrap()
    }

    #[test]
    #[cfg(unix)]
    fn on_macos_somebody_who_is_kept_out_of_their_own_files_hears_of_full_disk_access() {
        const EPERM: i32 = 1;
        const EACCES: i32 = 13;
        for code in [EPERM, EACCES] {
            let fault = Fault::from(std::io::Error::from_raw_os_error(code));
            assert!(matches!(fault, Fault::Denied));
            assert!(advice(&fault, "macos").contains("Full Disk Access"));
        }
    }

    #[test]
    fn elsewhere_nobody_is_sent_to_a_setting_that_is_not_there() {
        for system in ["linux", "windows", "freebsd"] {
            assert!(!advice(&Fault::Denied, system).contains("Full Disk Access"));
        }
    }
}
