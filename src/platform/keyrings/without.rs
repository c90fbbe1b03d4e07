//! A build for Linux without a D-Bus client.

use super::{OF_A_MAC, OF_WINDOWS};
use crate::model::value::{KeyError, Secret};
use crate::platform::keyring::Question;

pub(super) fn secrets(question: &Question, _may_ask: bool) -> Result<Vec<Secret>, KeyError> {
    match question {
        Question::Keychain { .. } => Err(OF_A_MAC),
        _ => Err(KeyError::NotBuiltIn),
    }
}

pub(super) fn unprotected(_: &[u8]) -> Result<Secret, KeyError> {
    Err(OF_WINDOWS)
}
