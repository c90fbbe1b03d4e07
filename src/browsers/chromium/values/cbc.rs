//! AES-128 in CBC mode with a key from a password, as on Linux and macOS.
//!
//! `components/os_crypt/sync/os_crypt_linux.cc` and `os_crypt_mac.mm`: PBKDF2 with
//! HMAC-SHA1 and this salt, an initialisation vector of spaces, PKCS#7 padding.

use aes::Aes128;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::model::value::Secret;

const SALT: &[u8] = b"saltysalt";
const IV: [u8; 16] = [b' '; 16];

pub(super) struct Key(Zeroizing<[u8; 16]>);

impl Key {
    pub(super) fn derive(password: &[u8], iterations: u32) -> Self {
        let mut key = Zeroizing::new([0; 16]);
        pbkdf2::pbkdf2_hmac::<Sha1>(password, SALT, iterations, &mut *key);
        Self(key)
    }

    /// None where the padding is not right: the key is wrong, or the text is cut off.
    pub(super) fn decrypt(&self, ciphertext: &[u8]) -> Option<Secret> {
        let cipher = Decryptor::<Aes128>::new((&*self.0).into(), &IV.into());
        let plain = cipher.decrypt_padded_vec::<Pkcs7>(ciphertext).ok()?;
        Some(Zeroizing::new(plain))
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> &[u8] {
        &*self.0
    }
}
