//! What a person can do about an error.

use std::path::Path;

use crate::model::error::Fault;
use crate::platform::owner::NotAsOwner;
use crate::store::claim::Unseen;

/// Why a program runs without a window, and how to end it.
pub(crate) fn for_unseen(unseen: &Unseen) -> Option<String> {
    Some(match unseen {
        Unseen::BackgroundApps => "It runs in the background, without a window. Quit it by its \
            icon in the notification area, or turn off \"Continue running background apps\" in \
            its settings under System."
            .into(),
        Unseen::StartupBoost => "Startup boost keeps it running without a window. Turn it off in \
            its settings under System and performance."
            .into(),
        Unseen::BackgroundTask(name) => {
            format!("It is a background task of Firefox ({name}) and ends by itself.")
        }
        Unseen::Headless => "It was started without a window (--headless), usually by another \
            program. Close that program."
            .into(),
        Unseen::Remnant => "The browser was closed, but some of its processes still run.".into(),
        Unseen::Cookieclean => return None,
    })
}

/// What a person can do about a fault of this file, as whole sentences. `system`: as in
/// [`std::env::consts::OS`].
pub(crate) fn for_fault(fault: &Fault, file: &Path, system: &str) -> Option<&'static str> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Some(match fault {
        Fault::NotADatabase | Fault::Corrupt(_) if name.contains(".bak") => {
            "It was not changed. It is an older copy that the browser does not use. Delete it if \
             you do not need it."
        }
        // macOS answers EPERM even to the owner of a file that everybody may read.
        Fault::Denied if system == "macos" => {
            "Run this as the user who owns the browser's files. If that is you, macOS blocks your \
             terminal: allow it in System Settings > Privacy & Security > Full Disk Access, then \
             restart the terminal."
        }
        Fault::Denied => {
            "Run this as the user who owns the browser's files, or give yourself access."
        }
        Fault::ReadOnly => {
            "Nothing was changed. Make the file, its folder and the disk writable, then try again."
        }
        Fault::NotADatabase | Fault::Corrupt(_) => {
            "It was not changed. Start the browser once, which repairs or replaces a damaged \
             store, close it, and try again."
        }
        Fault::NoTable(_) | Fault::NoColumn { .. } => {
            "It was not changed. If the browser is newer than cookieclean, update cookieclean. If \
             the file is very old, start the browser once, which converts it."
        }
        Fault::UnknownSchema(_) => {
            "It was not changed. If a browser created it, please report this."
        }
        Fault::Sparse { .. } | Fault::TooLarge(_) => {
            "It was not changed. No browser creates such a file. Delete it if you do not need it."
        }
        Fault::Beside(_) => {
            "The store was not changed. No browser creates such a file. Delete it if you do not \
             need it."
        }
        Fault::NotErased(_) => "Close the program that has that file open, then delete the file.",
        Fault::Locked => {
            "Close the program that has it open (a browser, a backup, another cookieclean), then \
             try again."
        }
        Fault::KeepsChanging => "Close the browser, then try again.",
        Fault::Full => "The store was not changed. Free some space on that disk, then try again.",
        Fault::Outside(_) => {
            "It was skipped. If your cookies really are there, name the profile with --profile-dir."
        }
        Fault::OthersFolder(_) => {
            "It was skipped. Name the profile with --profile-dir: root then works on it with the \
             rights of its owner."
        }
        Fault::Unparsable(_) => {
            "Profiles that only this file lists may be missing. Name a missing one with \
             --profile-dir."
        }
        Fault::BadSession(_) => {
            "It was not changed, and the browser probably cannot read it either. Delete it if you \
             do not need the windows and tabs in it."
        }
        Fault::NoRoom(_) => "Close the browser, or set TMPDIR (TEMP) to a folder with free space.",
        Fault::Unsure(_) => {
            "\"cookieclean list\" shows what is there; \"cookieclean undo\" puts back what is \
             missing."
        }
        Fault::NoBackup(_) => {
            "Free some space or repair that folder, set COOKIECLEAN_STATE_DIR to another folder, \
             or delete without a copy: --no-undo."
        }
        Fault::OtherVersion { .. } => {
            "The copy stays. Sign in again, or destroy it with \"cookieclean undo --forget\"."
        }
        Fault::BadBackup(_) => {
            "The copy stays. \"cookieclean undo --list\" shows its deletion; \"cookieclean undo \
             --forget ID\" destroys it."
        }
        Fault::OtherFormat(_) => "The copy stays. Put it back with a newer cookieclean.",
        Fault::Running(_) => {
            "Wait until it has ended, or stop it with Ctrl-C, then try again. \"cookieclean undo \
             --list\" shows what else can be put back."
        }
        Fault::Anothers(_) => {
            "Run this as that user, or set COOKIECLEAN_STATE_DIR to a folder of your own outside \
             of theirs."
        }
        Fault::OpenToOthers => {
            "Remove that right (chmod go-w), or set COOKIECLEAN_STATE_DIR to a folder that only \
             you can write to."
        }
        Fault::NotVerified(_) => {
            "Please report this: it should not happen. \"cookieclean undo --list\" shows \
             whether something can be put back."
        }
        Fault::Link => {
            "No browser creates a link of that name. See where it leads, then delete it."
        }
        Fault::PathTooLong { .. } => {
            "Nothing was changed. Make the folder reachable by a shorter path (on Linux: mount \
             --bind) and name that with --profile-dir."
        }
        Fault::NoSocket(_) => {
            "Nothing was changed. Some network file systems have no sockets. Run this on the \
             computer that has the disk, or on a copy of the profile that you put back."
        }
        Fault::TakenOver(_) => "Close the browser, then run this again.",
        Fault::Gone
        | Fault::NotAFile
        | Fault::OtherName
        | Fault::NotOverwritten(_)
        | Fault::Io(_)
        | Fault::Sql(_) => return None,
    })
}

/// What a person can do about a folder that root does not work on.
pub(crate) fn for_owner(why: &NotAsOwner) -> Option<&'static str> {
    Some(match why {
        NotAsOwner::Led { .. } => {
            "Nothing was changed. If you mean that folder, name it by its real path, or run this \
             as its owner."
        }
        NotAsOwner::Several(_) => "Run this once for each owner.",
        NotAsOwner::Closed { .. } => {
            "Let everybody pass through that folder (chmod a+x), or mount the disk elsewhere."
        }
        NotAsOwner::State { .. } => {
            "Unset COOKIECLEAN_STATE_DIR, or set it to a folder of that user."
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
    fn macos_denial_names_full_disk_access() {
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
