//! The programs that `benches/peers/make` installs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::stores::Family;

pub const NAMES: [&str; 5] = [
    "rookie",
    "gallery-dl",
    "yt-dlp",
    "browser_cookie3",
    "pycookiecheat",
];

/// Lists `domain` in the store with this peer and prints how many it got; none
/// where the peer is not installed.
pub fn list_command(peer: &str, family: Family, store: &Path, domain: &str) -> Option<Command> {
    let mut command = if peer == "rookie" {
        Command::new(existing(folder()?.join("rookie"))?)
    } else {
        let venv = folder()?.join("venv");
        let module = peer.replace('-', "_");
        // Asked of the file system: starting Python to find out takes longer
        // than some of the runs.
        let installed = venv
            .join("lib")
            .read_dir()
            .ok()?
            .flatten()
            .any(|python| python.path().join("site-packages").join(&module).exists());
        if !installed {
            return None;
        }
        let mut command = Command::new(existing(venv.join("bin").join("python"))?);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/list_cookies.py");
        command.arg(script).arg(peer);
        command
    };
    command.arg(family.name()).arg(store).arg(domain);
    // No peer gets to ask a keyring: the values are under the fixed key, and a
    // D-Bus call would be timed on some desktops only.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    Some(command)
}

fn folder() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("COOKIECLEAN_PEERS") {
        return Some(folder.into());
    }
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join("cookieclean-peers"))
}

fn existing(path: PathBuf) -> Option<PathBuf> {
    path.exists().then_some(path)
}
