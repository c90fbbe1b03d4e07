//! The Keychain of macOS.

use security_framework::base::Error;
use security_framework::os::macos::keychain::SecKeychain;
use security_framework::passwords::{PasswordOptions, generic_password};

use super::{OF_A_DESKTOP, OF_WINDOWS};
use crate::model::value::{KeyError, Secret};
use crate::platform::keyring::Question;

/// `SecBase.h`: errSecItemNotFound, errSecUserCanceled, errSecAuthFailed,
/// errSecInteractionNotAllowed.
const NOT_FOUND: i32 = -25300;
const CANCELED: [i32; 2] = [-128, -25293];
const NOBODY_TO_ASK: i32 = -25308;

pub(super) fn secrets(question: &Question, may_ask: bool) -> Result<Vec<Secret>, KeyError> {
    let Question::Keychain { name } = question else {
        return Err(OF_A_DESKTOP);
    };
    // The Keychain asks by itself, as it thinks fit, unless it is told not to.
    let _unasked = match may_ask {
        true => None,
        false => SecKeychain::disable_user_interaction().ok(),
    };
    let service = format!("{name} Safe Storage");
    let password = generic_password(PasswordOptions::new_generic_password(&service, name));
    Ok(vec![Secret::new(password.map_err(|error| failed(&error))?)])
}

pub(super) fn unprotected(_: &[u8]) -> Result<Secret, KeyError> {
    Err(OF_WINDOWS)
}

fn failed(error: &Error) -> KeyError {
    match error.code() {
        NOT_FOUND => KeyError::NoEntry,
        code if CANCELED.contains(&code) => KeyError::Dismissed,
        NOBODY_TO_ASK => KeyError::Locked,
        _ => KeyError::Failed(error.to_string()),
    }
}
