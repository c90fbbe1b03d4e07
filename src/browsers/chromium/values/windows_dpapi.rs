//! What Chromium wrote on Windows before version 80: a blob of CryptProtectData.

use super::{Scheme, Sealed};
use crate::model::value::{Secret, ValueError};
use crate::platform::keyring::Keyrings;

/// The version of the blob and the id of its provider, the same on every computer.
const HEADER: [u8; 20] = [
    0x01, 0x00, 0x00, 0x00, 0xd0, 0x8c, 0x9d, 0xdf, 0x01, 0x15, 0xd1, 0x11, 0x8c, 0x7a, 0x00, 0xc0,
    0x4f, 0xc2, 0x97, 0xeb,
];

pub(super) fn is_blob(bytes: &[u8]) -> bool {
    bytes.starts_with(&HEADER)
}

pub(super) struct Unprefixed;

impl Scheme for Unprefixed {
    fn open(&mut self, sealed: &Sealed<'_>, keyrings: &dyn Keyrings) -> Result<Secret, ValueError> {
        let plain = keyrings.unprotect(sealed.bytes)?;
        sealed.value_in(&plain).ok_or(ValueError::OtherHost)
    }
}
