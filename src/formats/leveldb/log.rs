//! Logs: records in blocks of 32 KiB, which the manifest is made of too
//! (`db/log_format.h`, `doc/log_format.md`).

use super::coding::{Reader, bad, masked_crc};
use crate::model::error::Fault;

const BLOCK: usize = 32 << 10;
/// Checksum, length and type.
const HEADER: usize = 7;

/// The part of a record that a fragment is.
const FULL: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;

/// Shows every record of a log. `may_be_cut`: an incomplete record at the very end is what
/// a crash leaves, and is passed over, as LevelDB does.
///
/// # Errors
/// When there is anything that LevelDB does not write, or `each` fails.
pub(super) fn records(
    log: &[u8],
    may_be_cut: bool,
    mut each: impl FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut record: Option<Vec<u8>> = None;
    let mut at = 0;
    while at < log.len() {
        let in_block = BLOCK - at % BLOCK;
        if in_block < HEADER {
            let end = log.len().min(at + in_block);
            if log[at..end].iter().any(|byte| *byte != 0) {
                return Err(bad("the end of a block is not empty"));
            }
            at = end;
            continue;
        }
        let Some((kind, data)) = fragment(&log[at..], in_block)? else {
            return cut(may_be_cut);
        };
        at += HEADER + data.len();
        match (kind, &mut record) {
            (FULL, None) => each(data)?,
            (FIRST, None) => record = Some(data.to_vec()),
            (MIDDLE, Some(record)) => record.extend(data),
            (LAST, Some(begun)) => {
                begun.extend(data);
                each(&record.take().unwrap_or_default())?;
            }
            _ => return Err(bad("the parts of a record are not in order")),
        }
    }
    match record {
        Some(_) => cut(may_be_cut),
        None => Ok(()),
    }
}

fn cut(may_be_cut: bool) -> Result<(), Fault> {
    match may_be_cut {
        true => Ok(()),
        false => Err(super::coding::cut_off()),
    }
}

/// The type and the data of the first fragment; None when it is cut off.
fn fragment(log: &[u8], in_block: usize) -> Result<Option<(u8, &[u8])>, Fault> {
    let mut reader = Reader(log);
    if log.len() < HEADER {
        return Ok(None);
    }
    let crc = reader.u32()?;
    let length = usize::from(reader.byte()?) | usize::from(reader.byte()?) << 8;
    let kind = reader.byte()?;
    if length > in_block - HEADER {
        return Err(bad("a record is longer than its block"));
    }
    let Ok(data) = reader.take(length) else {
        return Ok(None);
    };
    if masked_crc(&[&[kind], data]) != crc {
        return Err(bad("the checksum of a record is wrong"));
    }
    Ok(Some((kind, data)))
}

/// Writes a log.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// Bytes that were taken out already.
    before: usize,
}

impl Writer {
    pub(super) fn add(&mut self, mut record: &[u8]) {
        let mut is_first = true;
        loop {
            let in_block = BLOCK - (self.before + self.bytes.len()) % BLOCK;
            if in_block < HEADER {
                self.bytes.resize(self.bytes.len() + in_block, 0);
                continue;
            }
            let (part, rest) = record.split_at(record.len().min(in_block - HEADER));
            let kind = match (is_first, rest.is_empty()) {
                (true, true) => FULL,
                (true, false) => FIRST,
                (false, false) => MIDDLE,
                (false, true) => LAST,
            };
            self.bytes
                .extend(masked_crc(&[&[kind], part]).to_le_bytes());
            self.bytes.extend((part.len() as u16).to_le_bytes());
            self.bytes.push(kind);
            self.bytes.extend(part);
            record = rest;
            is_first = false;
            if record.is_empty() {
                return;
            }
        }
    }

    /// What was written since the last time.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.before += self.bytes.len();
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(log: &[u8], may_be_cut: bool) -> Result<Vec<Vec<u8>>, Fault> {
        let mut all = Vec::new();
        records(log, may_be_cut, |record| {
            all.push(record.to_vec());
            Ok(())
        })?;
        Ok(all)
    }

    fn written(wanted: &[Vec<u8>]) -> Vec<u8> {
        let mut writer = Writer::default();
        let mut log = Vec::new();
        for record in wanted {
            writer.add(record);
            log.extend(writer.take());
        }
        log
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn records_come_back(lengths in proptest::collection::vec(0..80_000_usize, 0..6)) {
            let wanted: Vec<_> = lengths.iter().map(|n| vec![*n as u8; *n]).collect();
            prop_assert_eq!(read(&written(&wanted), false).unwrap(), wanted);
        }

        #[test]
        fn whatever_a_crash_leaves_is_passed_over(
            lengths in proptest::collection::vec(0..40_000_usize, 1..4),
            cut in any::<proptest::sample::Index>(),
        ) {
            let wanted: Vec<_> = lengths.iter().map(|n| vec![*n as u8; *n]).collect();
            let log = written(&wanted);
            let log = &log[..cut.index(log.len())];
            let whole = read(log, true).unwrap();
            prop_assert!(wanted.starts_with(&whole) && whole.len() < wanted.len());
        }

        #[test]
        fn no_changed_byte_goes_unseen(at in any::<proptest::sample::Index>(), by in 1..=255_u8) {
            let wanted = vec![vec![1; 100], vec![2; 40_000]];
            let mut log = written(&wanted);
            let at = at.index(log.len());
            log[at] ^= by;
            // A length that leads beyond the end looks cut off.
            prop_assert!(read(&log, false).is_err());
        }
    }

    #[test]
    fn ends_of_blocks_are_filled() {
        // The header of the second record does not fit.
        for left in 0..HEADER {
            let wanted = vec![vec![7; BLOCK - HEADER - left], b"second".to_vec()];
            let log = written(&wanted);
            assert_eq!(read(&log, false).unwrap(), wanted, "{left}");
        }
    }
}
