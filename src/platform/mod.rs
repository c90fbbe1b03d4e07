//! What differs from one operating system to the next: files, locks, processes and
//! keyrings. No browser is known here.
//!
//! The contract is the list of names below: each system has all of them, with the same
//! signatures, and what they promise is documented where they are defined. What only some
//! systems have is in [`unix`] and [`windows`], for the locks of the families.

pub(crate) mod keyring;
mod keyrings;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg_attr(windows, allow(dead_code, reason = "there is no other user to become"))]
pub(crate) mod owner;
mod plain_file;
mod processes;
mod temp;
mod turn;
#[cfg(unix)]
pub(crate) mod unix;
pub(crate) mod users;
#[cfg(windows)]
pub(crate) mod windows;
mod wsl;

#[cfg(unix)]
use unix as os;
#[cfg(windows)]
use windows as os;

pub(crate) use keyrings::OwnKeyrings;
pub(crate) use os::{
    FileId, Folder, HeldFile, OldContent, OwnFolder, ProcessHandle, canonicalize, create_private,
    file_id, has_lost_its_terminal, is_own, is_within, lock_holder, sync_folder, users_of,
};
pub(crate) use plain_file::{open_plain, stored_bytes};
pub(crate) use processes::{command_line, is_alive, is_trusted, name_of, parent_of, started};
pub(crate) use temp::{TempFolder, before_the_first, private_temp_folder, remove_temp_folders};
pub(crate) use turn::{Turn, TurnOf, leftovers_at};
pub(crate) use wsl::windows_home_under_wsl;

/// Whether a file can be used after its name is removed.
pub(crate) const OPEN_FILES_OUTLIVE_NAMES: bool = cfg!(unix);

/// Whether [`users_of`] names every process that has a file open, where it may be seen.
pub(crate) const OPEN_FILES_ARE_SEEN: bool = cfg!(unix);

/// SQLite's own name for reading and writing this system's files. The usual one of
/// Windows takes no path of more than 1040 bytes.
pub(crate) const VFS: &std::ffi::CStr = if cfg!(windows) {
    c"win32-longpath"
} else {
    c"unix"
};

/// The holder of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    /// None when the process is not one that can be seen from here (another pid
    /// namespace, or a system that does not tell).
    pub pid: Option<u32>,
    /// The lock belongs to an open file, not to a process. No browser takes such a
    /// lock; we do, and any process that may read the file can.
    pub is_of_open_file: bool,
}

impl Holder {
    /// Somebody, of whom no more is known.
    pub(crate) fn unknown() -> Self {
        Self {
            pid: None,
            is_of_open_file: false,
        }
    }
}

/// What something in a folder is; of a link, the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EntryKind {
    File,
    Folder,
    Other,
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access {
    Read,
    Write,
}

/// The outcome of trying to take a lock.
pub(crate) enum LockAttempt {
    Ours(HeldFile),
    Theirs,
}

/// Where a folder with a lock in it really was when it was found. On Windows, where what
/// is open keeps the folders above it in their places, a lock that is taken later shows
/// whether one of them has been replaced by a junction since.
#[derive(Clone)]
pub(crate) struct LockPlace(Option<std::path::PathBuf>);

impl LockPlace {
    pub(crate) fn of(folder: &std::path::Path) -> Self {
        Self(cfg!(windows).then(|| canonicalize(folder).ok()).flatten())
    }

    /// # Errors
    /// When the lock was taken elsewhere.
    pub(crate) fn check(&self, lock: &HeldFile) -> Result<(), crate::model::error::Fault> {
        match (&self.0, lock.real_folder()) {
            (Some(found), Some(now)) if *found != now => {
                Err(crate::model::error::Fault::Outside(now))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a character means itself in every shell.
pub(crate) fn is_plain_in_shell(c: char) -> bool {
    c.is_alphanumeric() || "/._-+:@".contains(c)
}

/// A word of a command as a person has to type it.
pub(crate) fn quoted_for_shell(word: &str) -> String {
    let is_plain = |c: char| is_plain_in_shell(c) || (cfg!(windows) && c == '\\');
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if cfg!(windows) {
        // A backslash before the quotation mark would take its meaning away.
        let end = if word.ends_with('\\') { "\\" } else { "" };
        format!("\"{word}{end}\"")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// What became of asking a program to quit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuitRequest {
    /// It was told to; whether it does is another matter.
    Sent,
    /// There is no way to ask it from here.
    Impossible,
}

/// The path with all links followed, written as people do where that says the same.
///
/// # Errors
/// When there is nothing, or where it leads cannot be told.
pub(crate) fn real_path(path: &std::path::Path) -> std::io::Result<std::path::PathBuf> {
    Ok(dunce::simplified(&canonicalize(path)?).to_owned())
}

/// The content of a file of settings, when it is one: a pipe would block, and what is
/// larger than any of them would fill the memory.
pub(crate) fn read_file(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    const LARGEST: u64 = 64 << 20;
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    if metadata.len() > LARGEST {
        let message = format!("it is {} bytes long, which no such file is", metadata.len());
        return Err(std::io::Error::other(message));
    }
    std::fs::read(path)
}

/// A path that was found has all links followed: one that is in it now came later.
fn now_a_link() -> std::io::Error {
    std::io::Error::other(
        "a link has taken its place, or that of a folder above it, and was not followed",
    )
}
