//! `Local State`: what a user-data directory says of itself, in JSON.

use std::io;
use std::path::{Path, PathBuf};

use crate::formats::json;
use crate::model::error::{At, Error, Fault};
use crate::platform;

/// The file of a user-data directory.
pub(super) fn file(user_data: &Path) -> PathBuf {
    user_data.join("Local State")
}

/// Shows the profiles that `profile.info_cache` lists: the name of the folder, and the
/// name that the browser shows, if there is one.
///
/// # Errors
/// When the file is there and cannot be read or parsed.
pub(super) fn profiles(
    user_data: &Path,
    mut each: impl FnMut(&str, Option<String>),
) -> Result<(), Error> {
    take(user_data, ["profile", "info_cache"], |list| {
        json::members(list, |folder, info| {
            let name = json::member(info, "name").ok().flatten();
            let name = name.and_then(json::text).filter(|name| !name.is_empty());
            each(&String::from_utf8_lossy(folder), name);
        })
    })
    .map(|_| ())
}

/// `background_mode.enabled`: whether "continue running background apps" was turned on
/// or off; None when it was never changed.
pub(super) fn background_apps(user_data: &Path) -> Option<bool> {
    take(user_data, ["background_mode", "enabled"], |enabled| {
        serde_json::from_str(enabled)
    })
    .ok()?
}

/// `os_crypt.encrypted_key`, which only a browser on Windows writes; None when there is
/// none.
///
/// # Errors
/// When the file is there and cannot be read or parsed, or that is not text.
pub(super) fn encrypted_key(user_data: &Path) -> Result<Option<String>, Error> {
    let key = take(user_data, ["os_crypt", "encrypted_key"], |key| {
        Ok((key != "null").then(|| json::text(key)))
    })?;
    match key.flatten() {
        None => Ok(None),
        Some(Some(key)) => Ok(Some(key)),
        Some(None) => {
            let fault = Fault::Unparsable("os_crypt.encrypted_key is no text".into());
            Err(fault.at(file(user_data)))
        }
    }
}

/// Reads a member of a member, when it is there.
fn take<T>(
    user_data: &Path,
    [outer, inner]: [&str; 2],
    read: impl FnOnce(&str) -> serde_json::Result<T>,
) -> Result<Option<T>, Error> {
    let file = file(user_data);
    let text = match platform::read_file(&file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.at(&file)?,
    };
    let bad = |why: String| Fault::Unparsable(why).at(&file);
    let text = String::from_utf8(text).map_err(|e| bad(e.to_string()))?;
    json::check(&text).map_err(bad)?;
    let found = || -> serde_json::Result<Option<T>> {
        let Some(outer) = json::member(&text, outer)? else {
            return Ok(None);
        };
        json::member(outer, inner)?.map(read).transpose()
    };
    found().map_err(|e| bad(e.to_string()))
}
