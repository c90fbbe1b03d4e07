//! A cookie's value: as its store has it, and what keeps it from being shown. No I/O.

use std::fmt;

use zeroize::Zeroizing;

/// Bytes that are wiped from memory when they are done with.
pub type Secret = Zeroizing<Vec<u8>>;

/// Longer than any browser lets a value be (4 KiB), also when it is encrypted; a longer
/// one is not read.
pub const LONGEST: u64 = 16 << 10;

/// A value as its store has it.
#[derive(Clone, PartialEq, Eq)]
pub enum StoredValue {
    /// As the site set it.
    Plain(Secret),
    /// As a Chromium encrypts it; the store's schema version says what stands in front
    /// of the value.
    Encrypted { blob: Secret, version: i64 },
    /// So many bytes.
    TooLong(u64),
}

/// A credential has no place in a log.
impl fmt::Debug for StoredValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Encrypted { .. } => "Encrypted",
            Self::TooLong(_) => "TooLong",
        })
    }
}

/// Why a value is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("a device-bound session has no value")]
    None,
    #[error("it is {0} bytes long, which no browser lets a value be")]
    TooLong(u64),
    #[error("app-bound: only the browser can read it")]
    AppBound,
    #[error("it is encrypted in a way that is not known here ({0})")]
    Unknown(String),
    #[error("the key at hand does not open it: it was encrypted with another one, or is damaged")]
    Misfit,
    #[error(
        "the desktop portal has another secret for every application, and the one that this          was encrypted with is not given to others"
    )]
    OfAnotherApplication,
    #[error("it was encrypted for another host")]
    OtherHost,
    #[error("{0}")]
    NoKey(#[from] KeyError),
}

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error(
        "the keyring cannot be reached: there is no D-Bus session here (run this on the desktop \
         of the browser's user, without sudo)"
    )]
    NoBus,
    #[error("no keyring is running here")]
    NotRunning,
    #[error("the keyring is locked; unlock it and look again")]
    Locked,
    #[error("the keyring's question was dismissed, or could not be shown here")]
    Dismissed,
    #[error("the keyring did not answer within {0} seconds")]
    NoAnswer(u64),
    #[error("the keyring has no key of this browser")]
    NoEntry,
    #[error("only {0} can open its key")]
    Elsewhere(&'static str),
    #[error("\"Local State\" of the browser has no key that can be read: {0}")]
    LocalState(String),
    #[error("the keyring failed: {0}")]
    Failed(String),
}
