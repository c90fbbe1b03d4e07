//! `v11` of Linux: a password that the Secret Service or KWallet keeps.
//!
//! `components/os_crypt/sync/key_storage_libsecret.cc` and `key_storage_kwallet.cc`. The
//! password is used as it stands there, although it looks like base64. Some values were
//! encrypted with an empty password by mistake.

use super::linux_v10::ITERATIONS;
use super::{Scheme, Sealed, cbc};
use crate::browsers::table::KeyNames;
use crate::model::value::{KeyError, Secret, ValueError};
use crate::platform::keyring::{Keyrings, Question};

pub(super) struct KeyringPassword {
    /// In the order in which they are asked.
    sources: Vec<Source>,
    empty: [cbc::Key; 1],
}

struct Source {
    question: Question,
    /// None: not asked yet.
    keys: Option<Result<Vec<cbc::Key>, KeyError>>,
}

impl KeyringPassword {
    pub(super) fn new(names: &KeyNames) -> Self {
        let of = |(application, wallet): &(&'static str, &'static str)| {
            [
                Question::SecretService { application },
                Question::KWallet { name: wallet },
            ]
        };
        let sources = names.linux.iter().flat_map(of).map(|question| Source {
            question,
            keys: None,
        });
        Self {
            sources: sources.collect(),
            empty: [cbc::Key::derive(b"", ITERATIONS)],
        }
    }
}

impl Source {
    fn keys(&mut self, keyrings: &dyn Keyrings) -> Result<&[cbc::Key], KeyError> {
        let ask = || {
            let secrets = keyrings.ask(&self.question)?;
            let derive = |secret: &Secret| cbc::Key::derive(secret, ITERATIONS);
            Ok(secrets.iter().map(derive).collect())
        };
        let keys = self.keys.get_or_insert_with(ask);
        keys.as_deref().map_err(Clone::clone)
    }
}

impl Scheme for KeyringPassword {
    fn open(&mut self, sealed: &Sealed<'_>, keyrings: &dyn Keyrings) -> Result<Secret, ValueError> {
        let mut reason = KeyError::NoBus.into();
        for source in &mut self.sources {
            let keys = source.keys(keyrings);
            if let Some(value) = keys.as_ref().ok().and_then(|keys| sealed.open_by_cbc(keys)) {
                return Ok(value);
            }
            let is_refused = matches!(keys, Err(KeyError::Dismissed));
            reason = plainer(
                reason,
                keys.map_or_else(ValueError::from, |_| ValueError::Misfit),
            );
            if is_refused {
                // A keyring that refused is not asked again in other words.
                break;
            }
        }
        sealed.open_by_cbc(&self.empty).ok_or(reason)
    }
}

/// Of two reasons the one that is about the keyring in which the key really is.
fn plainer(one: ValueError, other: ValueError) -> ValueError {
    let weight = |reason: &ValueError| match reason {
        ValueError::NoKey(KeyError::NoBus) => 0,
        ValueError::NoKey(KeyError::Elsewhere(_)) => 1,
        ValueError::NoKey(KeyError::NotRunning) => 2,
        ValueError::NoKey(KeyError::NoEntry) => 3,
        ValueError::Misfit => 4,
        _ => 5,
    };
    match weight(&other) > weight(&one) {
        true => other,
        false => one,
    }
}
