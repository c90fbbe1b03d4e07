//! A cookie's value: as its store has it, and what keeps it from being shown. No I/O.

use std::fmt;

use zeroize::Zeroizing;

/// Bytes that are wiped from memory when they are done with.
pub(crate) type Secret = Zeroizing<Vec<u8>>;

/// Longer than any browser lets a value be (4 KiB), also when it is encrypted; a longer
/// one is not read.
pub(crate) const LONGEST: u64 = 16 << 10;

/// A value as its store has it.
#[derive(Clone, PartialEq, Eq)]
pub enum StoredValue {
    /// As the site set it.
    Plain(Secret),
    /// As a Chromium encrypts it; the store's schema version says what precedes
    /// of the value.
    Encrypted {
        /// As stored.
        blob: Secret,
        /// Of the schema.
        version: i64,
    },
    /// So many bytes.
    TooLong(u64),
    /// There is no value where one should be.
    Missing,
}

/// A value as a person can read it.
pub struct Shown {
    /// The value, or its base64.
    pub text: Zeroizing<String>,
    /// The value is not text, so `text` is its base64.
    pub is_base64: bool,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}

/// A credential has no place in a log.
impl fmt::Debug for StoredValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Encrypted { .. } => "Encrypted",
            Self::TooLong(_) => "TooLong",
            Self::Missing => "Missing",
        })
    }
}

/// Why a value is not shown. Nothing here comes from a value or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// What is listed is a device-bound session.
    #[error("a device-bound session has no value")]
    NotACookie,
    /// The cookie has no value.
    #[error("the store has no value of this cookie")]
    Missing,
    /// Its length in bytes; 16 KiB is the limit.
    #[error("it is {0} bytes long, which no browser lets a value be")]
    TooLong(u64),
    /// `v20` of Windows, which is not to be got round.
    #[error("app-bound: only the browser can read it")]
    AppBound,
    /// The name of the scheme.
    #[error("it is encrypted in a way that is not known here ({0})")]
    Unknown(String),
    /// The key does not fit the value.
    #[error("the key at hand does not open it: it was encrypted with another one, or is damaged")]
    Misfit,
    /// As [`ValueError::Misfit`], where that is to be expected.
    #[error(
        "the desktop portal has another secret for every application, and the one that this was \
         encrypted with is not given to others"
    )]
    OfAnotherApplication,
    /// The key fits, and the hash in front of the value is another host's.
    #[error("it was encrypted for another host")]
    OtherHost,
    /// There is no key.
    #[error("{0}")]
    NoKey(#[from] KeyError),
}

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no D-Bus session.
    #[error(
        "the keyring cannot be reached: there is no D-Bus session here (run this on the desktop \
         of the browser's user, without sudo)"
    )]
    NoBus,
    /// No keyring runs.
    #[error("no keyring is running here")]
    NotRunning,
    /// The keyring is locked.
    #[error("the keyring is locked; unlock it and look again")]
    Locked,
    /// By the person, or since there is no screen for it.
    #[error("the keyring's question was dismissed, or could not be shown here")]
    Dismissed,
    /// Within so many seconds.
    #[error("the keyring did not answer within {0} seconds")]
    NoAnswer(u64),
    /// The keyring does not know the browser.
    #[error("the keyring has no key of this browser")]
    NoEntry,
    /// Who could.
    #[error("only {0} can open its key")]
    Elsewhere(KeyHolder),
    /// What is wrong with it.
    #[error("\"Local State\" of the browser has no key that can be read: {0}")]
    LocalState(String),
    /// The program was built without the feature `keyrings`.
    #[error("this cookieclean was built without access to keyrings")]
    NotBuiltIn,
    /// Another error, in the words of the keyring.
    #[error("the keyring failed: {0}")]
    Failed(String),
}

/// Who can open a key that was made elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyHolder {
    /// macOS.
    #[error("the Keychain of its Mac")]
    Mac,
    /// Windows, as another system sees it.
    #[error("its own user on its own Windows")]
    Windows,
    /// The keyring of a Linux desktop.
    #[error("the keyring of its own Linux desktop")]
    Desktop,
    /// Another user of this Windows.
    #[error("the Windows user who made it")]
    WindowsUser,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Every reason, each once.
    pub(crate) fn reasons() -> Vec<ValueError> {
        let holders = [
            KeyHolder::Mac,
            KeyHolder::Windows,
            KeyHolder::Desktop,
            KeyHolder::WindowsUser,
        ];
        let keys = [
            KeyError::NoBus,
            KeyError::NotRunning,
            KeyError::Locked,
            KeyError::Dismissed,
            KeyError::NoAnswer(10),
            KeyError::NoEntry,
            KeyError::NotBuiltIn,
            KeyError::LocalState("it is no text".into()),
            KeyError::Failed("it said no".into()),
        ];
        let values = [
            ValueError::NotACookie,
            ValueError::Missing,
            ValueError::TooLong(20),
            ValueError::AppBound,
            ValueError::Unknown("v99".into()),
            ValueError::Misfit,
            ValueError::OfAnotherApplication,
            ValueError::OtherHost,
        ];
        let keys = keys
            .into_iter()
            .chain(holders.into_iter().map(KeyError::Elsewhere));
        let all = values.into_iter().chain(keys.map(ValueError::NoKey));
        all.collect()
    }

    #[test]
    fn debug_output_has_no_values() {
        let secret = || Secret::new(b"secret".to_vec());
        let (blob, version) = (secret(), 24);
        for value in [
            StoredValue::Plain(secret()),
            StoredValue::Encrypted { blob, version },
        ] {
            let text = format!("{value:?} {value:#?}");
            assert!(!text.contains("115"), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn reasons_are_sentences_in_one_line() {
        let texts: Vec<_> = reasons().iter().map(ToString::to_string).collect();
        for (number, text) in texts.iter().enumerate() {
            assert!(!text.contains("  ") && !text.contains('\n'), "{text}");
            assert!(!texts[..number].contains(text), "twice: {text}");
        }
    }
}
