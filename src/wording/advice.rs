//! What a person can do about an error.

use std::path::Path;

use crate::model::error::{Error, Fault};
use crate::platform::owner::NotAsOwner;
use crate::store::claim::Unseen;

use super::say;

/// Why a program runs without a window, and how to end it.
pub(crate) fn for_unseen(unseen: &Unseen) -> Option<String> {
    Some(match unseen {
        Unseen::BackgroundApps => say!("unseen-background-apps"),
        Unseen::StartupBoost => say!("unseen-startup-boost"),
        Unseen::BackgroundTask(name) => say!("unseen-background-task", name = name.as_str()),
        Unseen::Headless => say!("unseen-headless"),
        Unseen::Remnant => say!("unseen-remnant"),
        Unseen::Cookieclean => return None,
    })
}

/// What a person can do about an error on this system, as whole sentences.
pub(crate) fn for_error(error: &Error) -> Option<String> {
    for_fault(&error.fault, &error.path, std::env::consts::OS)
}

/// What a person can do about a fault of this file, as whole sentences. `system`: as in
/// [`std::env::consts::OS`].
fn for_fault(fault: &Fault, file: &Path, system: &str) -> Option<String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Some(match fault {
        Fault::NotADatabase | Fault::Corrupt(_) if name.contains(".bak") => {
            say!("advice-older-copy")
        }
        // macOS answers EPERM even to the owner of a file that everybody may read.
        Fault::Denied if system == "macos" => say!("advice-denied-macos"),
        Fault::Denied => say!("advice-denied"),
        Fault::ReadOnly => say!("advice-read-only"),
        Fault::NotADatabase | Fault::Corrupt(_) => say!("advice-damaged"),
        Fault::NoTable(_) | Fault::NoColumn { .. } => say!("advice-no-table"),
        Fault::UnknownSchema(_) => say!("advice-unknown-schema"),
        Fault::Sparse { .. } | Fault::TooLarge(_) => say!("advice-not-a-browsers-file"),
        Fault::Beside(_) => say!("advice-beside"),
        Fault::NotErased(_) => say!("advice-not-erased"),
        Fault::Locked => say!("advice-locked"),
        Fault::KeepsChanging => say!("advice-keeps-changing"),
        Fault::Full => say!("advice-full"),
        Fault::Outside(_) => say!("advice-outside"),
        Fault::OthersFolder(_) => say!("advice-others-folder"),
        Fault::Unparsable(_) => say!("advice-unparsable"),
        Fault::BadSession(_) => say!("advice-bad-session"),
        Fault::NoRoom(_) => say!("advice-no-room"),
        Fault::Unsure(_) => say!("advice-unsure"),
        Fault::NoBackup(_) => say!("advice-no-backup"),
        Fault::OtherVersion { .. } => say!("advice-other-version"),
        Fault::BadBackup(_) => say!("advice-bad-backup"),
        Fault::OtherFormat(_) => say!("advice-other-format"),
        Fault::Running(_) => say!("advice-running"),
        Fault::Anothers(_) => say!("advice-anothers"),
        Fault::OpenToOthers => say!("advice-open-to-others"),
        Fault::NotVerified(_) => say!("advice-not-verified"),
        Fault::Link => say!("advice-link"),
        Fault::PathTooLong { .. } => say!("advice-path-too-long"),
        Fault::NoSocket(_) => say!("advice-no-socket"),
        Fault::TakenOver(_) => say!("advice-taken-over"),
        Fault::HalfDone { .. } => say!("advice-half-done"),
        Fault::Within(error) => return for_fault(&error.fault, &error.path, system),
        Fault::Gone
        | Fault::NotAFile
        | Fault::OtherName
        | Fault::NotOverwritten(_)
        | Fault::Io(_)
        | Fault::Sql(_) => return None,
    })
}

/// What a person can do about a folder that root does not work on.
pub(crate) fn for_owner(why: &NotAsOwner) -> Option<String> {
    Some(match why {
        NotAsOwner::Led { .. } => say!("owner-led-advice"),
        NotAsOwner::Several(_) => say!("owner-several-advice"),
        NotAsOwner::Closed { .. } => say!("owner-closed-advice"),
        NotAsOwner::State { .. } => say!("owner-state-advice"),
        NotAsOwner::NoHome { .. } => say!("owner-no-home-advice"),
        NotAsOwner::Unreadable(_) | NotAsOwner::Refused { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(fault: &Fault, system: &str) -> String {
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
