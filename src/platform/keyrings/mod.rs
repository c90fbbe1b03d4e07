//! The keyrings of the person who runs this.

#[cfg(all(target_os = "linux", feature = "keyrings"))]
mod linux;
#[cfg(all(target_os = "linux", not(feature = "keyrings")))]
#[path = "without.rs"]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

#[cfg(target_os = "linux")]
use linux::{secrets, unprotected};
#[cfg(target_os = "macos")]
use macos::{secrets, unprotected};
#[cfg(windows)]
use windows::{secrets, unprotected};

use crate::model::value::{KeyError, KeyHolder, Secret};
use crate::platform::keyring::{Keyrings, Question};

/// For so long nobody wonders what is going on.
const WITHOUT_A_WORD: Duration = Duration::from_secs(1);
/// Seconds for an answer that needs no person.
const AT_ONCE: u64 = 10;
/// Seconds for one who types a password.
const BY_A_PERSON: u64 = 120;

#[cfg(not(target_os = "macos"))]
const OF_A_MAC: KeyError = KeyError::Elsewhere(KeyHolder::Mac);
#[cfg(not(windows))]
const OF_WINDOWS: KeyError = KeyError::Elsewhere(KeyHolder::Windows);
#[cfg(not(target_os = "linux"))]
const OF_A_DESKTOP: KeyError = KeyError::Elsewhere(KeyHolder::Desktop);

pub(crate) struct OwnKeyrings {
    /// There is somebody who can answer a dialog.
    pub may_ask: bool,
    /// Told when an answer takes so long that it may be a dialog that is waited for.
    pub waiting: fn(),
}

impl Keyrings for OwnKeyrings {
    /// An answer that comes too late is dropped.
    fn ask(&self, question: &Question) -> Result<Vec<Secret>, KeyError> {
        let (question, may_ask) = (question.clone(), self.may_ask);
        let seconds = if may_ask { BY_A_PERSON } else { AT_ONCE };
        let (answer, heard) = mpsc::channel();
        thread::spawn(move || answer.send(secrets(&question, may_ask)));
        let first = heard.recv_timeout(WITHOUT_A_WORD);
        let answer = first.or_else(|_| {
            (self.waiting)();
            heard.recv_timeout(Duration::from_secs(seconds) - WITHOUT_A_WORD)
        });
        answer.unwrap_or(Err(KeyError::NoAnswer(seconds)))
    }

    fn unprotect(&self, blob: &[u8]) -> Result<Secret, KeyError> {
        unprotected(blob)
    }
}

/// Here no keyring is known.
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn secrets(_: &Question, _: bool) -> Result<Vec<Secret>, KeyError> {
    Err(KeyError::NotRunning)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn unprotected(_: &[u8]) -> Result<Secret, KeyError> {
    Err(OF_WINDOWS)
}
