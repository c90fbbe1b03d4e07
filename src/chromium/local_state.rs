//! `Local State`: what a user-data directory says of itself, in JSON.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Fault};
use crate::system;

/// The file of a user-data directory.
pub(super) fn file(user_data: &Path) -> PathBuf {
    user_data.join("Local State")
}

/// `profile.info_cache`, which lists the profiles by their folder names; null when
/// there is none.
///
/// # Errors
/// When the file is there and cannot be read or parsed.
pub(super) fn profiles(user_data: &Path) -> Result<Value, Error> {
    take(user_data, "/profile/info_cache")
}

/// `background_mode.enabled`: whether "continue running background apps" was turned on
/// or off; None where nobody chose.
pub(super) fn background_apps(user_data: &Path) -> Option<bool> {
    take(user_data, "/background_mode/enabled").ok()?.as_bool()
}

/// `os_crypt.encrypted_key`, which only a browser on Windows writes; None when there is
/// none.
///
/// # Errors
/// When the file is there and cannot be read or parsed, or that is no text.
pub(super) fn encrypted_key(user_data: &Path) -> Result<Option<String>, Error> {
    match take(user_data, "/os_crypt/encrypted_key")? {
        Value::Null => Ok(None),
        Value::String(key) => Ok(Some(key)),
        _ => {
            let fault = Fault::Unparsable("os_crypt.encrypted_key is no text".into());
            Err(fault.at(file(user_data)))
        }
    }
}

fn take(user_data: &Path, what: &str) -> Result<Value, Error> {
    let file = file(user_data);
    let text = match system::read_file(&file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Value::Null),
        other => other.map_err(|e| Fault::from(e).at(&file))?,
    };
    let mut state: Value =
        serde_json::from_slice(&text).map_err(|e| Fault::Unparsable(e.to_string()).at(&file))?;
    Ok(state.pointer_mut(what).map(Value::take).unwrap_or_default())
}
