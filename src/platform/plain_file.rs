//! Files in folders that somebody else fills: opened only where they are what they
//! should be.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Opens an existing regular file that is not a link. It never waits: a pipe that nobody
/// writes to would block the open for ever.
///
/// # Errors
/// When it is something else, or cannot be opened.
pub(crate) fn open_plain(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // The flags leave devices, which the open alone can set in motion.
    if !path.symlink_metadata()?.is_file() {
        return Err(not_plain());
    }
    without_side_effects(options);
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(not_plain()),
    }
}

fn not_plain() -> io::Error {
    io::Error::other("it is not a regular file")
}

#[cfg(unix)]
fn without_side_effects(options: &mut OpenOptions) {
    use nix::libc::{O_NOCTTY, O_NOFOLLOW, O_NONBLOCK};
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

/// On Windows a link is seen by its attributes, before.
#[cfg(windows)]
fn without_side_effects(_options: &mut OpenOptions) {}

/// How many bytes of a file take up room on the disk: fewer than its length where it
/// has holes.
#[cfg(unix)]
pub(crate) fn stored_bytes(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    metadata.blocks().saturating_mul(512)
}

/// Windows does not tell it with the rest; its files have holes only on demand.
#[cfg(windows)]
pub(crate) fn stored_bytes(metadata: &Metadata) -> u64 {
    metadata.len()
}
