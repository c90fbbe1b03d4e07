//! Values as Chromium encrypts them, opened for their owner: a file for each scheme.
//!
//! `components/os_crypt/` in Chromium's source. A scheme is told by the three bytes in
//! front (`v10`); what those mean depends on the system that wrote them. Since version
//! 24 of the store SHA-256 of the host precedes the value
//! (`net/extras/sqlite/sqlite_persistent_cookie_store.cc`).

mod cbc;
mod gcm;
mod linux_v10;
mod linux_v11;
mod linux_v12;
mod macos_v10;
#[cfg(test)]
mod tests;
mod windows_dpapi;
mod windows_v10;

use std::path::Path;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::browsers::table::{Browser, Platform};
use crate::model::value::{Secret, ValueError};
use crate::platform::keyring::Keyrings;

/// The first version whose values have the hash of their host in front.
const HASHED_SINCE: i64 = 24;

/// A way in which values are encrypted.
trait Scheme {
    /// Opens a value.
    ///
    /// # Errors
    /// When there is no key, or none that fits: a wrong value is never given.
    fn open(&mut self, sealed: &Sealed<'_>, keyrings: &dyn Keyrings) -> Result<Secret, ValueError>;
}

/// An encrypted value without the name of its scheme.
struct Sealed<'a> {
    bytes: &'a [u8],
    /// As stored, with its leading dot.
    host: &'a str,
    /// Of the store's schema.
    version: i64,
}

impl Sealed<'_> {
    /// The value in what was decrypted; None where that is of another host, or was
    /// decrypted with a wrong key.
    fn value_in(&self, plain: &[u8]) -> Option<Secret> {
        let value = match self.without_hash(plain) {
            Some(value) => value,
            None if self.version >= HASHED_SINCE => return None,
            None => plain,
        };
        Some(Zeroizing::new(value.to_vec()))
    }

    /// What stands behind the hash of the host; no value begins so by chance.
    fn without_hash<'p>(&self, plain: &'p [u8]) -> Option<&'p [u8]> {
        plain.strip_prefix(Sha256::digest(self.host).as_slice())
    }

    /// Tries keys of a cipher that does not tell whether they fit.
    fn open_by_cbc(&self, keys: &[cbc::Key]) -> Option<Secret> {
        keys.iter().find_map(|key| {
            let plain = key.decrypt(self.bytes)?;
            // A wrong key can give valid padding by chance.
            let is_certain = self.without_hash(&plain).is_some() || str::from_utf8(&plain).is_ok();
            is_certain.then(|| self.value_in(&plain)).flatten()
        })
    }

    /// Tries keys of a cipher that does.
    fn open_by_gcm(&self, keys: &[gcm::Key]) -> Result<Secret, ValueError> {
        let plain = keys.iter().find_map(|key| key.decrypt(self.bytes));
        let plain = plain.ok_or(ValueError::Misfit)?;
        self.value_in(&plain).ok_or(ValueError::OtherHost)
    }
}

/// Opens the values of one user-data directory.
pub(crate) struct Opener {
    platform: Platform,
    linux_v10: linux_v10::FixedPassword,
    linux_v11: linux_v11::KeyringPassword,
    linux_v12: linux_v12::PortalSecret,
    macos_v10: macos_v10::KeychainPassword,
    windows_v10: windows_v10::UserKey,
    windows_dpapi: windows_dpapi::Unprefixed,
}

impl Opener {
    /// `platform`: of the system that the browser runs on.
    pub(crate) fn new(browser: &Browser, user_data: &Path, platform: Platform) -> Self {
        Self {
            platform,
            linux_v10: linux_v10::FixedPassword::new(),
            linux_v11: linux_v11::KeyringPassword::new(browser.keys),
            linux_v12: linux_v12::PortalSecret::default(),
            macos_v10: macos_v10::KeychainPassword::new(browser.keys),
            windows_v10: windows_v10::UserKey::new(user_data),
            windows_dpapi: windows_dpapi::Unprefixed,
        }
    }

    /// Opens the value of a cookie of `host`, in a store of that schema version.
    ///
    /// # Errors
    /// When it cannot be opened, or not with certainty.
    pub(crate) fn open(
        &mut self,
        blob: &[u8],
        host: &str,
        version: i64,
        keyrings: &dyn Keyrings,
    ) -> Result<Secret, ValueError> {
        let (prefix, bytes) = prefix_of(blob);
        let sealed = Sealed {
            bytes,
            host,
            version,
        };
        let scheme: &mut dyn Scheme = match (self.platform, prefix) {
            // Windows tells what is none of its blobs.
            (Platform::Windows, None) => &mut self.windows_dpapi,
            (_, None) if windows_dpapi::is_blob(blob) => &mut self.windows_dpapi,
            // Without a keyring the browser kept it as it is.
            (_, None) => return plain(&sealed),
            (Platform::Windows, Some("v10")) => &mut self.windows_v10,
            (_, Some("v20")) => return Err(ValueError::AppBound),
            (Platform::Linux, Some("v10")) => &mut self.linux_v10,
            (Platform::Linux, Some("v11")) => &mut self.linux_v11,
            (Platform::Linux, Some("v12")) => &mut self.linux_v12,
            // One published vector has a `v11` of macOS; it is the same.
            (Platform::MacOs, Some("v10" | "v11")) => &mut self.macos_v10,
            (_, Some(other)) => return Err(ValueError::Unknown(other.to_owned())),
        };
        match scheme.open(&sealed, keyrings) {
            // The profile may have been copied here from Windows.
            Err(ValueError::Misfit) if prefix == Some("v10") && self.windows_v10.has_key() => {
                self.windows_v10.open(&sealed, keyrings)
            }
            opened => opened,
        }
    }
}

/// `v10` and what follows it; None without such a prefix.
fn prefix_of(blob: &[u8]) -> (Option<&str>, &[u8]) {
    match blob.split_at_checked(3) {
        Some((prefix @ [b'v', b'0'..=b'9', b'0'..=b'9'], rest)) => {
            (str::from_utf8(prefix).ok(), rest)
        }
        _ => (None, blob),
    }
}

/// What was never encrypted. Since there are hashes it has one in front, or is text that
/// was written before.
fn plain(sealed: &Sealed<'_>) -> Result<Secret, ValueError> {
    let value = sealed.value_in(sealed.bytes);
    let is_text = || str::from_utf8(sealed.bytes).is_ok();
    let text = || is_text().then(|| Zeroizing::new(sealed.bytes.to_vec()));
    value.or_else(text).ok_or(ValueError::OtherHost)
}
