//! What may be asked of those who keep the browsers' keys.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::value::{KeyError, Secret};

/// What a browser's key is called where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question {
    /// The attribute `application` of the Secret Service.
    SecretService { application: &'static str },
    /// `Chrome`: the entry `Chrome Safe Storage` in the folder `Chrome Keys`.
    KWallet { name: &'static str },
    /// What the desktop portal keeps for this program.
    Portal,
    /// `Chrome`: the account of the service `Chrome Safe Storage`.
    Keychain { name: &'static str },
}

/// Who keeps keys on a computer.
pub trait Keyrings {
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
pub struct Once<K> {
    keyrings: K,
    answers: RefCell<HashMap<Question, Result<Vec<Secret>, KeyError>>>,
}

impl<K: Keyrings> Once<K> {
    pub fn new(keyrings: K) -> Self {
        Self {
            keyrings,
            answers: RefCell::default(),
        }
    }
}

impl<K: Keyrings> Keyrings for Once<K> {
    fn ask(&self, question: &Question) -> Result<Vec<Secret>, KeyError> {
        let mut answers = self.answers.borrow_mut();
        let answer = answers.entry(question.clone());
        answer
            .or_insert_with(|| self.keyrings.ask(question))
            .clone()
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
}
