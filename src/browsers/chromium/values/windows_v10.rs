//! `v10` of Windows: a key in `Local State`, which Windows itself keeps for its user.
//!
//! `components/os_crypt/sync/os_crypt_win.cc`: `os_crypt.encrypted_key` is base64 of
//! `DPAPI` and a blob of CryptProtectData.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Scheme, Sealed, gcm};
use crate::browsers::chromium::local_state;
use crate::model::value::{KeyError, Secret, ValueError};
use crate::platform::keyring::Keyrings;

const PREFIX: &[u8] = b"DPAPI";

pub(super) struct UserKey {
    user_data: PathBuf,
    /// None: not looked yet.
    has_key: Option<bool>,
    /// None: not looked for yet.
    keys: Option<Result<[gcm::Key; 1], KeyError>>,
}

impl UserKey {
    pub(super) fn new(user_data: &Path) -> Self {
        Self {
            user_data: user_data.to_owned(),
            has_key: None,
            keys: None,
        }
    }

    /// Whether there is one, readable or not.
    pub(super) fn has_key(&mut self) -> bool {
        let look = || local_state::encrypted_key(&self.user_data).is_ok_and(|key| key.is_some());
        *self.has_key.get_or_insert_with(look)
    }
}

impl Scheme for UserKey {
    fn open(&mut self, sealed: &Sealed<'_>, keyrings: &dyn Keyrings) -> Result<Secret, ValueError> {
        let find = || Ok([key(&self.user_data, keyrings)?]);
        let keys = self.keys.get_or_insert_with(find);
        sealed.open_by_gcm(keys.as_ref().map_err(Clone::clone)?)
    }
}

fn key(user_data: &Path, keyrings: &dyn Keyrings) -> Result<gcm::Key, KeyError> {
    let unreadable = |why: &str| KeyError::LocalState(why.to_owned());
    let stored = local_state::encrypted_key(user_data)
        .map_err(|error| KeyError::LocalState(error.fault.to_string()))?
        .ok_or_else(|| unreadable("it has no os_crypt.encrypted_key"))?;
    let stored = STANDARD
        .decode(stored)
        .map_err(|_| unreadable("os_crypt.encrypted_key is no base64"))?;
    let blob = stored
        .strip_prefix(PREFIX)
        .ok_or_else(|| unreadable("os_crypt.encrypted_key does not begin with DPAPI"))?;
    let key = keyrings.unprotect(blob)?;
    gcm::Key::of(&key).ok_or_else(|| unreadable("os_crypt.encrypted_key is of a wrong length"))
}
