//! `v12` of Linux: a secret that the desktop portal keeps for each application.
//!
//! `components/os_crypt/async/browser/secret_portal_key_provider.cc`. Chromium 156 has no
//! zero byte behind the constants; by its source there may be others that do.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Scheme, Sealed, gcm};
use crate::model::value::{KeyError, Secret, ValueError};
use crate::platform::keyring::{Keyrings, Question};

const SALT: &[u8] = b"fdo_portal_secret_salt";
const INFOS: [&[u8]; 2] = [b"HKDF-SHA-256 AES-256-GCM", b"HKDF-SHA-256 AES-256-GCM\0"];

#[derive(Default)]
pub(super) struct PortalSecret {
    /// None: not asked yet.
    keys: Option<Result<Vec<gcm::Key>, KeyError>>,
}

impl Scheme for PortalSecret {
    fn open(&mut self, sealed: &Sealed<'_>, keyrings: &dyn Keyrings) -> Result<Secret, ValueError> {
        let ask = || Ok(derive(&keyrings.ask(&Question::Portal)?));
        let keys = self.keys.get_or_insert_with(ask);
        let opened = sealed.open_by_gcm(keys.as_deref().map_err(Clone::clone)?);
        opened.map_err(|error| match error {
            // Where the portal knows who asks.
            ValueError::Misfit => ValueError::OfAnotherApplication,
            other => other,
        })
    }
}

pub(super) fn derive(secrets: &[Secret]) -> Vec<gcm::Key> {
    let keys = |secret: &Secret| {
        let hkdf = Hkdf::<Sha256>::new(Some(SALT), secret);
        INFOS.map(|info| {
            let mut key = Zeroizing::new([0; 32]);
            hkdf.expand(info, &mut *key).ok()?;
            gcm::Key::of(&*key)
        })
    };
    secrets.iter().flat_map(keys).flatten().collect()
}
