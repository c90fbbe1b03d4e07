//! Values for the person whose they are: the only place where one is made readable.

use std::collections::HashMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::chromium::profiles::user_data_of;
use crate::chromium::values::Opener;
use crate::cookie::Cookie;
use crate::discover::Profile;
use crate::keyring::{Keyrings, Once};
use crate::system::OwnKeyrings;
use crate::value::{Secret, StoredValue, ValueError};

/// A value that can be shown.
pub struct Shown {
    pub text: Zeroizing<String>,
    /// It is not text; `text` is its base64.
    pub is_base64: bool,
}

/// Makes values readable. Keyrings are asked when the first value needs it, and each
/// only once.
pub struct Reveal {
    keyrings: Box<dyn Keyrings>,
    /// By user-data directory.
    openers: HashMap<PathBuf, Opener>,
}

impl Reveal {
    /// `may_ask`: there is a person who can answer a dialog.
    pub fn new(may_ask: bool) -> Self {
        Self {
            keyrings: Box::new(Once::new(OwnKeyrings { may_ask })),
            openers: HashMap::new(),
        }
    }

    /// The value of a cookie of this profile, which was looked for with its value.
    ///
    /// # Errors
    /// When it cannot be decrypted, or not with certainty.
    pub fn value(&mut self, profile: &Profile, cookie: &Cookie) -> Result<Shown, ValueError> {
        let value = match cookie.value.as_ref().ok_or(ValueError::None)? {
            StoredValue::TooLong(bytes) => return Err(ValueError::TooLong(*bytes)),
            StoredValue::Plain(value) => value.clone(),
            StoredValue::Encrypted { blob, version } => {
                let user_data = user_data_of(&profile.dir);
                let opener = self
                    .openers
                    .entry(user_data.to_owned())
                    .or_insert_with(|| Opener::new(profile.browser, user_data, profile.layout));
                opener.open(blob, &cookie.host, *version, &*self.keyrings)?
            }
        };
        Ok(shown(value))
    }
}

fn shown(mut value: Secret) -> Shown {
    match String::from_utf8(std::mem::take(&mut *value)) {
        Ok(text) => Shown {
            text: Zeroizing::new(text),
            is_base64: false,
        },
        Err(error) => {
            let bytes = Zeroizing::new(error.into_bytes());
            Shown {
                text: Zeroizing::new(STANDARD.encode(&*bytes)),
                is_base64: true,
            }
        }
    }
}
