//! Linux inside of Windows, whose browsers are on the other side.

use std::fs;
use std::path::{Path, PathBuf};

/// The home folder of Windows, where this is Linux inside of it, and there is just one.
pub(crate) fn windows_home_under_wsl() -> Option<PathBuf> {
    windows_home(
        Path::new("/proc/sys/kernel/osrelease"),
        Path::new("/mnt/c/Users"),
    )
}

fn windows_home(osrelease: &Path, users: &Path) -> Option<PathBuf> {
    let release = fs::read_to_string(osrelease).ok()?;
    if !release.to_lowercase().contains("microsoft") {
        return None;
    }
    let homes = fs::read_dir(users).ok()?.flatten();
    let is_of_a_person = |home: &PathBuf| {
        !home.ends_with("Default") && !home.is_symlink() && home.join("AppData/Local").is_dir()
    };
    let mut homes = homes.map(|entry| entry.path()).filter(is_of_a_person);
    let home = homes.next()?;
    homes.next().is_none().then_some(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_home_is_found_under_wsl_only() {
        let folder = tempfile::tempdir().unwrap();
        let osrelease = folder.path().join("osrelease");
        let users = folder.path().join("Users");
        for name in ["Default", "alice"] {
            fs::create_dir_all(users.join(name).join("AppData/Local")).unwrap();
        }
        fs::create_dir_all(users.join("Public")).unwrap();
        assert_eq!(windows_home(&osrelease, &users), None);
        fs::write(&osrelease, "6.1.0-18-amd64\n").unwrap();
        assert_eq!(windows_home(&osrelease, &users), None);
        fs::write(&osrelease, "5.15.153.1-microsoft-standard-WSL2\n").unwrap();
        assert_eq!(windows_home(&osrelease, &users), Some(users.join("alice")));
        fs::create_dir_all(users.join("bob/AppData/Local")).unwrap();
        assert_eq!(windows_home(&osrelease, &users), None);
    }
}
