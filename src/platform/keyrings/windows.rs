//! The Data Protection API of Windows.

use windows_dpapi::{Scope, decrypt_data};

use super::{OF_A_DESKTOP, OF_A_MAC};
use crate::model::value::{KeyError, KeyHolder, Secret};
use crate::platform::keyring::Question;

pub(super) fn secrets(question: &Question, _may_ask: bool) -> Result<Vec<Secret>, KeyError> {
    Err(match question {
        Question::Keychain { .. } => OF_A_MAC,
        _ => OF_A_DESKTOP,
    })
}

pub(super) fn unprotected(blob: &[u8]) -> Result<Secret, KeyError> {
    let plain = decrypt_data(blob, Scope::User, None);
    // What it says besides helps nobody: the blob is another user's, or damaged.
    let plain = plain.map_err(|_| KeyError::Elsewhere(KeyHolder::WindowsUser))?;
    Ok(Secret::new(plain))
}
