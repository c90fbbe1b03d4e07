//! Values for the person whose they are: the only place where one is made readable.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::browsers::Profile;
use crate::browsers::chromium::values::Opener;
use crate::browsers::{Browser, Platform};
use crate::model::cookie::Cookie;
use crate::model::item::Item;
use crate::model::value::{Secret, Shown, StoredValue, ValueError};
use crate::platform::OwnKeyrings;
use crate::platform::keyring::{Keyrings, Once};

/// Makes values readable. Keyrings are asked when the first value needs it, and each
/// only once.
pub struct Reveal {
    keyrings: Box<dyn Keyrings>,
    /// By user-data directory.
    openers: HashMap<PathBuf, Opener>,
}

impl Reveal {
    /// `may_ask`: there is a person who can answer a dialog. `waiting` is told when a
    /// keyring takes more than a moment to answer.
    pub fn new(may_ask: bool, waiting: fn()) -> Self {
        Self::with(OwnKeyrings { may_ask, waiting })
    }

    fn with(keyrings: impl Keyrings + 'static) -> Self {
        Self {
            keyrings: Box::new(Once::new(keyrings)),
            openers: HashMap::new(),
        }
    }

    /// The value of an item of this profile, which was looked for with its value.
    ///
    /// # Errors
    /// When it cannot be decrypted, or not with certainty.
    pub fn value(&mut self, profile: &Profile, item: &Item) -> Result<Shown, ValueError> {
        let cookie = item.cookie().ok_or(ValueError::NotACookie)?;
        self.open(
            profile.browser,
            &profile.user_data,
            profile.platform,
            cookie,
        )
    }

    fn open(
        &mut self,
        browser: &'static Browser,
        user_data: &Path,
        platform: Platform,
        cookie: &Cookie,
    ) -> Result<Shown, ValueError> {
        let value = match cookie.value.as_ref().ok_or(ValueError::NotACookie)? {
            StoredValue::Missing => return Err(ValueError::Missing),
            StoredValue::TooLong(bytes) => return Err(ValueError::TooLong(*bytes)),
            StoredValue::Plain(value) => value.clone(),
            StoredValue::Encrypted { blob, version } => {
                let opener = self
                    .openers
                    .entry(user_data.to_owned())
                    .or_insert_with(|| Opener::new(browser, user_data, platform));
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::browsers::by_id;
    use crate::model::cookie::SameSite;
    use crate::model::value::KeyError;
    use crate::platform::keyring::Question;

    /// Notes what it is asked, and knows nothing.
    #[derive(Clone, Default)]
    struct Noting(Rc<RefCell<Vec<Question>>>);

    impl Keyrings for Noting {
        fn ask(&self, question: &Question) -> Result<Vec<Secret>, KeyError> {
            self.0.borrow_mut().push(question.clone());
            Ok(vec![Secret::new(b"of another browser".to_vec())])
        }

        fn unprotect(&self, _: &[u8]) -> Result<Secret, KeyError> {
            Err(KeyError::NotRunning)
        }
    }

    fn cookie(value: StoredValue) -> Cookie {
        Cookie {
            host: ".openai.com".into(),
            name: "id".into(),
            path: "/".into(),
            partition: None,
            container: None,
            expires: None,
            secure: true,
            http_only: true,
            same_site: SameSite::Lax,
            value: Some(value),
        }
    }

    fn encrypted(blob: &[u8]) -> Cookie {
        cookie(StoredValue::Encrypted {
            blob: Secret::new(blob.to_vec()),
            version: 24,
        })
    }

    /// What is asked for these cookies of Chrome, each in two user-data directories.
    fn asked(platform: Platform, cookies: &[Cookie]) -> Vec<Question> {
        let noting = Noting::default();
        let mut reveal = Reveal::with(noting.clone());
        let chrome = by_id("chrome").expect("a browser");
        for user_data in ["one", "another"] {
            for cookie in cookies {
                let _ = reveal.open(chrome, Path::new(user_data), platform, cookie);
            }
        }
        noting.0.take()
    }

    #[test]
    fn a_keyring_is_asked_once_for_a_browser() {
        let application = Question::SecretService {
            application: "chrome",
        };
        let wallet = Question::KWallet { name: "Chrome" };
        let v11 = encrypted(b"v11 and sixteen bytes");
        let v12 = encrypted(b"v12 and some twenty-eight bytes");
        let many = [v11.clone(), v12, v11.clone(), v11.clone()];
        assert_eq!(
            asked(Platform::Linux, &many),
            [application, wallet, Question::Portal]
        );
        let v10 = encrypted(b"v10 and sixteen bytes");
        assert_eq!(
            asked(Platform::MacOs, &[v10.clone(), v10]),
            [Question::Keychain { name: "Chrome" }]
        );
    }

    #[test]
    fn nobody_is_asked_where_no_value_needs_it() {
        let cookies = [
            cookie(StoredValue::Plain(Secret::new(b"abc".to_vec()))),
            cookie(StoredValue::TooLong(20_000)),
            cookie(StoredValue::Missing),
            encrypted(b"plain text"),
            encrypted(b"v10 and sixteen bytes"),
            encrypted(b"v20 and more"),
            encrypted(b"v99 and more"),
        ];
        assert_eq!(asked(Platform::Linux, &cookies), []);
    }
}
