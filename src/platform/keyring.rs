//! What may be asked of those who keep the browsers' keys.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::{self, Discriminant};

use crate::model::value::{KeyError, Secret};

/// What a browser's key is called where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// The attribute `application` of the Secret Service.
    SecretService { application: &'static str },
    /// `Chrome`: the entry `Chrome Safe Storage` in the folder `Chrome Keys`.
    KWallet { name: &'static str },
    /// What the desktop portal keeps for this program.
    Portal,
    /// `Chrome`: the account of the service `Chrome Safe Storage`.
    Keychain { name: &'static str },
}

/// The keyrings of a computer.
pub(crate) trait Keyrings {
    /// Every secret that goes by that name; the person may be asked for leave.
    ///
    /// # Errors
    /// When there is none, or it is not given.
    fn ask(&self, question: &Question) -> Result<Vec<Secret>, KeyError>;

    /// What CryptProtectData of Windows has protected for this user.
    ///
    /// # Errors
    /// When that was not here, not for this user, or is damaged.
    fn unprotect(&self, blob: &[u8]) -> Result<Secret, KeyError>;
}

/// Asks nothing twice, whatever the answer was: a question can be a dialog on the
/// person's screen.
pub(crate) struct Once<K> {
    keyrings: K,
    answers: RefCell<HashMap<Question, Result<Vec<Secret>, KeyError>>>,
    /// Keyrings that do not answer at all: another browser's key is not waited for.
    silent: RefCell<HashMap<Discriminant<Question>, KeyError>>,
}

impl<K: Keyrings> Once<K> {
    pub(crate) fn new(keyrings: K) -> Self {
        Self {
            keyrings,
            answers: RefCell::default(),
            silent: RefCell::default(),
        }
    }
}

impl<K: Keyrings> Keyrings for Once<K> {
    fn ask(&self, question: &Question) -> Result<Vec<Secret>, KeyError> {
        if let Some(answer) = self.answers.borrow().get(question) {
            return answer.clone();
        }
        let keyring = mem::discriminant(question);
        if let Some(reason) = self.silent.borrow().get(&keyring) {
            return Err(reason.clone());
        }
        let answer = self.keyrings.ask(question);
        if let Err(reason @ (KeyError::NoBus | KeyError::NotRunning | KeyError::NoAnswer(_))) =
            &answer
        {
            self.silent.borrow_mut().insert(keyring, reason.clone());
        }
        let mut answers = self.answers.borrow_mut();
        answers.insert(question.clone(), answer.clone());
        answer
    }

    fn unprotect(&self, blob: &[u8]) -> Result<Secret, KeyError> {
        self.keyrings.unprotect(blob)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Counts how often it is asked.
    #[derive(Default)]
    struct Counting(Cell<u32>);

    impl Keyrings for &Counting {
        fn ask(&self, question: &Question) -> Result<Vec<Secret>, KeyError> {
            self.0.set(self.0.get() + 1);
            match question {
                Question::Portal => Err(KeyError::Dismissed),
                Question::KWallet { .. } => Err(KeyError::NoAnswer(10)),
                _ => Ok(vec![Secret::new(b"abc".to_vec())]),
            }
        }

        fn unprotect(&self, _: &[u8]) -> Result<Secret, KeyError> {
            Err(KeyError::NotRunning)
        }
    }

    #[test]
    fn nothing_is_asked_twice_whatever_the_answer_was() {
        let counting = Counting::default();
        let once = Once::new(&counting);
        let chrome = Question::SecretService {
            application: "chrome",
        };
        for _ in 0..3 {
            assert!(once.ask(&chrome).is_ok());
            assert_eq!(once.ask(&Question::Portal), Err(KeyError::Dismissed));
        }
        assert_eq!(counting.0.get(), 2);
    }

    #[test]
    fn a_keyring_that_does_not_answer_is_not_waited_for_again() {
        let counting = Counting::default();
        let once = Once::new(&counting);
        for name in ["Chrome", "Chromium", "Brave"] {
            let answer = once.ask(&Question::KWallet { name });
            assert_eq!(answer, Err(KeyError::NoAnswer(10)));
        }
        assert_eq!(counting.0.get(), 1);
    }
}
