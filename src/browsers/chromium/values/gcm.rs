//! AES-256 in GCM, as on Windows and with the desktop portal: a nonce of 12 bytes, the
//! ciphertext, a tag of 16 bytes.

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use zeroize::Zeroizing;

use crate::model::value::Secret;

const NONCE: usize = 12;

pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// None where it has not the right length.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        (bytes.len() == key.len()).then(|| key.copy_from_slice(bytes))?;
        Some(Self(key))
    }

    /// None where the tag does not agree: the key is wrong, or the text was changed.
    pub(super) fn decrypt(&self, sealed: &[u8]) -> Option<Secret> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE)?;
        let nonce = Nonce::try_from(nonce).ok()?;
        let plain = Aes256Gcm::new((&*self.0).into()).decrypt(&nonce, ciphertext);
        Some(Zeroizing::new(plain.ok()?))
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> &[u8] {
        &*self.0
    }
}
