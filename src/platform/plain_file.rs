//! Files in folders that somebody else fills: opened only where they are what they
//! should be.

use std::fs::{File, Metadata, OpenOptions};
use std::path::Path;

use crate::model::error::Fault;

/// Opens an existing regular file as `options` say. Nothing else is opened: a link leads
/// to another file, a pipe blocks, and a device may act when it is opened.
///
/// # Errors
/// [`Fault::Link`] and [`Fault::NotAFile`] when it is something else; or it cannot be opened.
pub(crate) fn open_plain(path: &Path, options: &mut OpenOptions) -> Result<File, Fault> {
    let check = |metadata: Metadata| match metadata.file_type() {
        kind if kind.is_symlink() => Err(Fault::Link),
        kind if kind.is_file() => Ok(()),
        _ => Err(Fault::NotAFile),
    };
    check(path.symlink_metadata()?)?;
    without_side_effects(options);
    let file = options.open(path)?;
    // It may have been replaced since.
    check(file.metadata()?)?;
    Ok(file)
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
