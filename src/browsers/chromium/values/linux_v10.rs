//! `v10` of Linux: a password that everybody knows, where there is no keyring.
//!
//! `components/os_crypt/async/browser/fallback_linux_key_provider.cc`; some values were
//! encrypted with an empty password by mistake.

use super::{Scheme, Sealed, cbc};
use crate::model::value::{Secret, ValueError};
use crate::platform::keyring::Keyrings;

const PASSWORDS: [&[u8]; 2] = [b"peanuts", b""];
pub(super) const ITERATIONS: u32 = 1;

pub(super) struct FixedPassword {
    keys: [cbc::Key; 2],
}

impl FixedPassword {
    pub(super) fn new() -> Self {
        Self {
            keys: PASSWORDS.map(|password| cbc::Key::derive(password, ITERATIONS)),
        }
    }
}

impl Scheme for FixedPassword {
    fn open(&mut self, sealed: &Sealed<'_>, _: &dyn Keyrings) -> Result<Secret, ValueError> {
        sealed.open_by_cbc(&self.keys).ok_or(ValueError::Misfit)
    }
}
