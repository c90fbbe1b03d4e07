//! Entries: a key, its value or its deletion, and when that was written
//! (`db/dbformat.h`, `db/write_batch.cc`).

use super::coding::{Reader, bad, cut_off, put_slice};
use crate::model::error::Fault;

const DELETION: u8 = 0;
const VALUE: u8 = 1;
/// The sequence and the kind, after a key.
const TRAILER: usize = 8;
/// The sequence and the count, in front of a batch.
const BATCH: usize = 12;

/// One entry.
pub(super) struct Entry<'b> {
    pub(super) key: &'b [u8],
    /// Of two entries of one key, the one with the higher sequence counts.
    pub(super) sequence: u64,
    /// None for a deletion.
    pub(super) value: Option<&'b [u8]>,
}

impl<'b> Entry<'b> {
    /// Of the key as it is in a table.
    pub(super) fn of(internal: &'b [u8], value: &'b [u8]) -> Result<Self, Fault> {
        let end = internal.len().checked_sub(TRAILER).ok_or_else(cut_off)?;
        let (key, trailer) = internal.split_at(end);
        let trailer = Reader(trailer).u64()?;
        let value = match (trailer & 0xff) as u8 {
            VALUE => Some(value),
            DELETION if value.is_empty() => None,
            _ => return Err(bad("an entry is of an unknown kind")),
        };
        Ok(Self {
            key,
            sequence: trailer >> 8,
            value,
        })
    }
}

/// The key as it is in a table.
#[cfg(test)]
pub(super) fn internal_key(key: &[u8], sequence: u64, is_value: bool) -> Vec<u8> {
    let kind = if is_value { VALUE } else { DELETION };
    let trailer = sequence << 8 | u64::from(kind);
    [key, &trailer.to_le_bytes()].concat()
}

/// Shows the entries of a batch, which is a record of a log.
///
/// # Errors
/// When there is anything that LevelDB does not write, or `each` fails.
pub(super) fn in_batch(
    batch: &[u8],
    mut each: impl FnMut(Entry<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut reader = Reader(batch);
    let first = reader.u64()?;
    let count = reader.u32()?;
    for index in 0..count {
        let kind = reader.byte()?;
        let key = reader.slice()?;
        let value = match kind {
            VALUE => Some(reader.slice()?),
            DELETION => None,
            _ => return Err(bad("an entry is of an unknown kind")),
        };
        let sequence = first.checked_add(u64::from(index));
        each(Entry {
            key,
            sequence: sequence.ok_or_else(|| bad("a sequence is too high"))?,
            value,
        })?;
    }
    match reader.is_empty() {
        true => Ok(()),
        false => Err(bad("a batch has more than its entries")),
    }
}

/// A batch that is being written.
pub(super) struct Batch {
    bytes: Vec<u8>,
    first: u64,
    count: u32,
}

impl Batch {
    /// `first`: the sequence of the first entry.
    pub(super) fn new(first: u64) -> Self {
        Self {
            bytes: vec![0; BATCH],
            first,
            count: 0,
        }
    }

    /// `value`: None deletes the key.
    pub(super) fn put(&mut self, key: &[u8], value: Option<&[u8]>) {
        self.bytes
            .push(if value.is_some() { VALUE } else { DELETION });
        put_slice(&mut self.bytes, key);
        if let Some(value) = value {
            put_slice(&mut self.bytes, value);
        }
        self.count += 1;
    }

    /// Its size in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The sequence that the next entry would get.
    pub(super) fn next(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    /// The record for a log; None without entries.
    pub(super) fn record(mut self) -> Option<Vec<u8>> {
        self.bytes[..8].copy_from_slice(&self.first.to_le_bytes());
        self.bytes[8..BATCH].copy_from_slice(&self.count.to_le_bytes());
        (self.count > 0).then_some(self.bytes)
    }
}
