//! By the list of profiles in the registry.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use windows_registry::{LOCAL_MACHINE, USERS};

use crate::platform::users::{HomeLook, LocalUser};

const PROFILES: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";
/// How the identifiers of accounts begin: local ones and those of a domain, and those of
/// Microsoft Entra. The others are the system's.
const PEOPLE: [&str; 2] = ["S-1-5-21-", "S-1-12-1-"];
/// Of a service, whose settings only administrators and the system may see.
const LOCAL_SERVICE: &str = "S-1-5-19";

pub(in crate::platform) fn all() -> io::Result<Vec<LocalUser>> {
    let list = LOCAL_MACHINE.open(PROFILES).map_err(io::Error::other)?;
    let identifiers = list.keys().map_err(io::Error::other)?;
    let people = identifiers.filter(|sid| PEOPLE.iter().any(|start| sid.starts_with(start)));
    let user = |sid: String| {
        let home = list.open(&sid).ok()?.get_string("ProfileImagePath").ok()?;
        let home = expanded(&home);
        let home = Path::new(&home);
        Some(LocalUser {
            name: home.file_name()?.to_string_lossy().into_owned(),
            id: None,
            home: home.to_owned(),
        })
    };
    Ok(people.filter_map(user).collect())
}

/// Whether this process may work in the home folders of others.
pub(crate) fn is_admin() -> bool {
    USERS.open(LOCAL_SERVICE).is_ok()
}

pub(crate) fn look_at_home(home: &Path, _: Option<u32>, _: Duration) -> HomeLook {
    match home.metadata() {
        Ok(metadata) if metadata.is_dir() => HomeLook::Fine,
        Ok(_) => HomeLook::NotAFolder,
        Err(_) => HomeLook::NotThere,
    }
}

/// A Ctrl-C reaches all processes of the console.
pub(crate) fn in_own_group(command: &mut Command) -> &mut Command {
    command
}

/// As above.
pub(crate) fn interrupt(_: u32) {}

/// With `%NAME%` replaced by that variable.
fn expanded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    while let Some(name) = parts.next() {
        expanded += &std::env::var(name).unwrap_or_default();
        expanded += parts.next().unwrap_or_default();
    }
    expanded
}

#[cfg(test)]
mod tests {
    #[test]
    fn variables_are_replaced() {
        let drive = std::env::var("SystemDrive").unwrap();
        let home = super::expanded(r"%SystemDrive%\Users\kim");
        assert_eq!(home, format!(r"{drive}\Users\kim"));
        assert_eq!(super::expanded(r"C:\Users\kim"), r"C:\Users\kim");
    }
}
