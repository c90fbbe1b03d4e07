//! `v10` of macOS: a password that the Keychain keeps.
//!
//! `components/os_crypt/sync/keychain_password_mac.mm`.

use super::{Scheme, Sealed, cbc};
use crate::browsers::table::KeyNames;
use crate::model::value::{KeyError, Secret, ValueError};
use crate::platform::keyring::{Keyrings, Question};

pub(super) const ITERATIONS: u32 = 1003;

pub(super) struct KeychainPassword {
    name: &'static str,
    /// None: not asked yet.
    keys: Option<Result<Vec<cbc::Key>, KeyError>>,
}

impl KeychainPassword {
    pub(super) fn new(names: &KeyNames) -> Self {
        Self {
            name: names.macos,
            keys: None,
        }
    }
}

impl Scheme for KeychainPassword {
    fn open(&mut self, sealed: &Sealed<'_>, keyrings: &dyn Keyrings) -> Result<Secret, ValueError> {
        let ask = || {
            let secrets = keyrings.ask(&Question::Keychain { name: self.name })?;
            let derive = |secret: &Secret| cbc::Key::derive(secret, ITERATIONS);
            Ok(secrets.iter().map(derive).collect())
        };
        let keys = self.keys.get_or_insert_with(ask);
        let keys = keys.as_deref().map_err(Clone::clone)?;
        sealed.open_by_cbc(keys).ok_or(ValueError::Misfit)
    }
}
