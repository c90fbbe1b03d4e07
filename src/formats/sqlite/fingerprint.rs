//! Seeing whether rows that are to stay have changed.

use std::hash::{BuildHasher, RandomState};

use rusqlite::types::ValueRef;

use crate::model::error::Fault;

/// The rows that are to stay: their number, and a hash over all that they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub rows: u64,
    hash: u64,
}

impl Fingerprint {
    /// Whether it is what it was before.
    pub(crate) fn check(self, before: Self) -> Result<(), Fault> {
        if self.rows != before.rows {
            return Err(Fault::NotVerified(format!(
                "{} rows were found instead of {}",
                self.rows, before.rows
            )));
        }
        match self == before {
            true => Ok(()),
            false => Err(Fault::NotVerified("another row has changed".into())),
        }
    }
}

/// Shows whether rows have changed: by SipHash of every byte, with a key that this run gets
/// from the system. One change in 2^64 goes unseen, and the secret key keeps anybody from
/// preparing that one.
#[derive(Clone, Default)]
pub(crate) struct Fingerprinter(RandomState);

impl Fingerprinter {
    /// The hash of one row: its rowid and its values.
    pub(crate) fn row<'a>(
        &self,
        buffer: &mut Vec<u8>,
        values: impl Iterator<Item = ValueRef<'a>>,
    ) -> u64 {
        buffer.clear();
        for value in values {
            match value {
                ValueRef::Null => buffer.push(0),
                ValueRef::Integer(number) => {
                    buffer.push(1);
                    buffer.extend(number.to_ne_bytes());
                }
                ValueRef::Real(number) => {
                    buffer.push(2);
                    buffer.extend(number.to_bits().to_ne_bytes());
                }
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    buffer.push(if matches!(value, ValueRef::Text(_)) {
                        3
                    } else {
                        4
                    });
                    buffer.extend(bytes.len().to_ne_bytes());
                    buffer.extend(bytes);
                }
            }
        }
        self.0.hash_one(buffer.as_slice())
    }

    /// Rows come in the order of the table.
    pub(crate) fn add(&self, fingerprint: &mut Fingerprint, row: u64) {
        fingerprint.rows += 1;
        fingerprint.hash = self.0.hash_one((fingerprint.hash, row));
    }
}
