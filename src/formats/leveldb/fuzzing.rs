//! What must hold for any bytes in the files of a LevelDB. Checksums are put right, or no
//! input would get past them.

use super::coding::{masked_crc, put_varint};
use super::entry::{Batch, in_batch};
use super::manifest::Manifest;
use super::{log, table};

/// Nothing panics; what is read of a batch and of a manifest is written as it was.
pub fn leveldb(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else {
        return;
    };
    match kind % 6 {
        0 => drop(table::entries(data, |_| Ok(()))),
        1 => drop(log::records(data, true, |_| Ok(()))),
        2 => drop(Manifest::read(data)),
        3 => batch(data),
        4 => manifest(data),
        _ => {
            let mut entries = 0;
            let read = table::entries(&table_of(data), |entry| {
                entries += 1;
                assert!(entry.key.len() <= data.len() * data.len());
                Ok(())
            });
            assert!(read.is_err() || entries <= data.len());
        }
    }
}

fn record_of(data: &[u8]) -> Vec<u8> {
    let mut writer = log::Writer::default();
    writer.add(data);
    writer.take()
}

fn batch(data: &[u8]) {
    let mut read = Vec::new();
    let mut first = None;
    let whole = log::records(&record_of(data), false, |record| {
        in_batch(record, |entry| {
            first.get_or_insert(entry.sequence);
            read.push((entry.key.to_vec(), entry.value.map(<[u8]>::to_vec)));
            Ok(())
        })
    });
    if whole.is_err() || read.is_empty() {
        return;
    }
    let mut batch = Batch::new(first.unwrap_or_default());
    for (key, value) in &read {
        batch.put(key, value.as_deref());
    }
    let mut again = Vec::new();
    let written = batch.record().expect("it has entries");
    in_batch(&written, |entry| {
        again.push((entry.key.to_vec(), entry.value.map(<[u8]>::to_vec)));
        Ok(())
    })
    .expect("we wrote it");
    assert_eq!(again, read);
}

fn manifest(data: &[u8]) {
    if let Ok(manifest) = Manifest::read(&record_of(data)) {
        let again = Manifest::read(&manifest.write()).expect("we wrote it");
        assert_eq!(again, manifest);
    }
}

/// A table with this block, whose checksum is right.
fn table_of(block: &[u8]) -> Vec<u8> {
    let mut table = Vec::new();
    let mut put = |block: &[u8]| {
        let mut handle = Vec::new();
        put_varint(&mut handle, table.len() as u64);
        put_varint(&mut handle, block.len() as u64);
        table.extend(block);
        table.push(0);
        table.extend(masked_crc(&[block, &[0]]).to_le_bytes());
        handle
    };
    let data = put(block);
    let mut index = Vec::new();
    for number in [0, 8, data.len() as u64] {
        put_varint(&mut index, number);
    }
    index.extend([255; 8]);
    index.extend(data);
    // One restart, at 0.
    index.extend([0, 0, 0, 0, 1, 0, 0, 0]);
    let index = put(&index);
    let mut footer = vec![0, 0];
    footer.extend(index);
    footer.resize(40, 0);
    table.extend(footer);
    table.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
    table
}
