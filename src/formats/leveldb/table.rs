//! Tables: sorted blocks of keys and values (`table/format.h`, `doc/table_format.md`).

use super::coding::{Reader, bad, cut_off, masked_crc};
use super::entry::Entry;
use crate::model::error::Fault;

/// Two block handles, filled up, and the magic.
const FOOTER: usize = 48;
const MAGIC: u64 = 0xdb47_7524_8b80_fb57;
const PLAIN: u8 = 0;
const SNAPPY: u8 = 1;
/// More than any block: LevelDB cuts them at 4 KiB, and never within a value.
const LARGEST_BLOCK: usize = 256 << 20;

/// Shows every entry of a table.
///
/// # Errors
/// When there is anything that LevelDB does not write, or `each` fails.
pub(super) fn entries(
    table: &[u8],
    mut each: impl FnMut(Entry<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let footer = table.len().checked_sub(FOOTER).ok_or_else(cut_off)?;
    let mut reader = Reader(&table[footer..]);
    // The blocks about the table, such as a filter, are not needed.
    handle(&mut reader)?;
    let index = handle(&mut reader)?;
    if Reader(&table[table.len() - 8..]).u64()? != MAGIC {
        return Err(bad("it is not a table"));
    }
    in_block(&block(table, index)?, |_, value| {
        let data = handle(&mut Reader(value))?;
        in_block(&block(table, data)?, |key, value| {
            each(Entry::of(key, value)?)
        })
    })
}

/// Where a block is: its offset and its length in bytes.
type Handle = (usize, usize);

fn handle(reader: &mut Reader<'_>) -> Result<Handle, Fault> {
    Ok((reader.length()?, reader.length()?))
}

/// A block, decompressed.
fn block(table: &[u8], (offset, length): Handle) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader(table.get(offset..).ok_or_else(cut_off)?);
    let data = reader.take(length)?;
    let kind = reader.byte()?;
    if masked_crc(&[data, &[kind]]) != reader.u32()? {
        return Err(bad("the checksum of a block is wrong"));
    }
    match kind {
        PLAIN => Ok(data.to_vec()),
        SNAPPY => {
            let length = snap::raw::decompress_len(data).map_err(|e| bad(&e.to_string()))?;
            // Snappy makes at most 64 bytes of 3.
            if length > LARGEST_BLOCK || length > data.len().saturating_mul(22) + 64 {
                return Err(bad("a block is too large"));
            }
            let decompressed = snap::raw::Decoder::new().decompress_vec(data);
            decompressed.map_err(|e| bad(&e.to_string()))
        }
        other => Err(Fault::UnknownSchema(format!("compression {other}"))),
    }
}

/// Shows the keys and values of a block.
fn in_block(
    block: &[u8],
    mut each: impl FnMut(&[u8], &[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let count_at = block.len().checked_sub(4).ok_or_else(cut_off)?;
    let restarts = Reader(&block[count_at..]).u32()? as usize;
    let end = restarts
        .checked_mul(4)
        .and_then(|bytes| count_at.checked_sub(bytes))
        .ok_or_else(cut_off)?;
    let mut reader = Reader(&block[..end]);
    let mut key = Vec::new();
    while !reader.is_empty() {
        let (shared, unshared, length) = (reader.length()?, reader.length()?, reader.length()?);
        if shared > key.len() {
            return Err(bad("a key shares more than there is"));
        }
        key.truncate(shared);
        key.extend(reader.take(unshared)?);
        each(&key, reader.take(length)?)?;
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::coding::put_varint;
    use super::super::entry::internal_key;
    use super::*;

    /// A key, its sequence, and its value or deletion.
    pub(crate) type Row = (Vec<u8>, u64, Option<Vec<u8>>);

    /// A table of these entries, which are in the order of their keys.
    pub(crate) fn table(entries: &[Row], snappy: bool) -> Vec<u8> {
        let mut table = Vec::new();
        let mut index = Vec::new();
        for chunk in entries.chunks(5) {
            let mut data = Vec::new();
            let mut last = Vec::new();
            for (key, sequence, value) in chunk {
                let key = internal_key(key, *sequence, value.is_some());
                let shared = last.iter().zip(&key).take_while(|(a, b)| a == b).count();
                let value = value.as_deref().unwrap_or_default();
                for number in [shared, key.len() - shared, value.len()] {
                    put_varint(&mut data, number as u64);
                }
                data.extend(&key[shared..]);
                data.extend(value);
                last = key;
            }
            let handle = put_block(&mut table, data, snappy);
            index.push((last, handle));
        }
        let meta = put_block(&mut table, Vec::new(), false);
        let mut data = Vec::new();
        for (key, (offset, length)) in index {
            let mut value = Vec::new();
            put_varint(&mut value, offset);
            put_varint(&mut value, length);
            for number in [0, key.len(), value.len()] {
                put_varint(&mut data, number as u64);
            }
            data.extend(key);
            data.extend(value);
        }
        let index = put_block(&mut table, data, snappy);
        let mut footer = Vec::new();
        for number in [meta.0, meta.1, index.0, index.1] {
            put_varint(&mut footer, number);
        }
        footer.resize(FOOTER - 8, 0);
        table.extend(footer);
        table.extend(MAGIC.to_le_bytes());
        table
    }

    fn put_block(table: &mut Vec<u8>, mut block: Vec<u8>, snappy: bool) -> (u64, u64) {
        // One restart, at 0.
        block.extend([0; 4]);
        block.extend(1_u32.to_le_bytes());
        let kind = if snappy { SNAPPY } else { PLAIN };
        if snappy {
            block = snap::raw::Encoder::new().compress_vec(&block).unwrap();
        }
        let handle = (table.len() as u64, block.len() as u64);
        let crc = masked_crc(&[&block, &[kind]]);
        table.extend(block);
        table.push(kind);
        table.extend(crc.to_le_bytes());
        handle
    }

    fn sample() -> Vec<Row> {
        (0..23_u8)
            .map(|n| {
                let value = (n % 5 != 0).then(|| vec![n; usize::from(n) * 9]);
                (format!("key/{n:03}").into_bytes(), u64::from(n) + 7, value)
            })
            .collect()
    }

    fn read(table: &[u8]) -> Result<Vec<Row>, Fault> {
        let mut all = Vec::new();
        entries(table, |entry| {
            let value = entry.value.map(<[u8]>::to_vec);
            all.push((entry.key.to_vec(), entry.sequence, value));
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn entries_come_back() {
        for snappy in [false, true] {
            assert_eq!(read(&table(&sample(), snappy)).unwrap(), sample());
        }
        assert!(read(&table(&[], false)).unwrap().is_empty());
    }

    #[test]
    fn no_changed_or_missing_byte_goes_unseen() {
        let whole = table(&sample(), true);
        for at in 0..whole.len() {
            assert!(read(&whole[..at]).is_err(), "cut at {at}");
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            // What fills the footer up, and the blocks about the table, are not read.
            if let Ok(all) = read(&changed) {
                assert_eq!(all, sample(), "changed at {at}");
            }
        }
    }

    #[test]
    fn unknown_compression_is_refused() {
        let mut table = Vec::new();
        let (offset, length) = put_block(&mut table, b"data".to_vec(), false);
        let (offset, length) = (offset as usize, length as usize);
        let kind = 2;
        let crc = masked_crc(&[&table[..length], &[kind]]).to_le_bytes();
        table[length] = kind;
        table[length + 1..].copy_from_slice(&crc);
        let refused = block(&table, (offset, length));
        assert!(matches!(refused, Err(Fault::UnknownSchema(_))));
    }

    #[test]
    fn blocks_that_claim_gigabytes_are_refused() {
        let mut data = Vec::new();
        put_varint(&mut data, 1 << 31);
        data.extend([0; 10]);
        let crc = masked_crc(&[&data, &[SNAPPY]]);
        let length = data.len();
        data.push(SNAPPY);
        data.extend(crc.to_le_bytes());
        assert!(block(&data, (0, length)).is_err());
    }
}
