//! The manifest: which files a LevelDB consists of (`db/version_edit.cc`).

use std::collections::BTreeMap;

use super::coding::{Reader, bad, put_slice, put_varint};
use super::log;
use crate::model::error::Fault;

const COMPARATOR: &[u8] = b"leveldb.BytewiseComparator";
/// LevelDB has seven levels.
const LEVELS: u64 = 7;

/// Tags of an edit.
mod tag {
    pub(super) const COMPARATOR: u64 = 1;
    pub(super) const LOG: u64 = 2;
    pub(super) const NEXT_FILE: u64 = 3;
    pub(super) const LAST_SEQUENCE: u64 = 4;
    pub(super) const COMPACT_POINTER: u64 = 5;
    pub(super) const DELETED_FILE: u64 = 6;
    pub(super) const NEW_FILE: u64 = 7;
    pub(super) const PREVIOUS_LOG: u64 = 9;
}

/// What a manifest says at its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    has_comparator: bool,
    /// Logs from this number on are live.
    pub(super) log: u64,
    /// A log of this number is live too.
    pub(super) previous_log: u64,
    pub(super) next_file: u64,
    pub(super) last_sequence: u64,
    /// By number.
    pub(super) tables: BTreeMap<u64, Table>,
}

/// A table that is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    level: u64,
    /// In bytes.
    pub(super) size: u64,
    smallest: Vec<u8>,
    largest: Vec<u8>,
}

impl Manifest {
    /// One without tables.
    pub(super) fn new(log: u64, next_file: u64, last_sequence: u64) -> Self {
        Self {
            has_comparator: true,
            log,
            next_file,
            last_sequence,
            ..Self::default()
        }
    }

    /// # Errors
    /// When there is anything that LevelDB does not write, or keys are not sorted by
    /// their bytes, as IndexedDB's are not.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let mut manifest = Self::default();
        log::records(bytes, true, |edit| manifest.apply(edit))?;
        match manifest.has_comparator && manifest.next_file > 0 {
            true => Ok(manifest),
            false => Err(bad("the manifest is not complete")),
        }
    }

    fn apply(&mut self, edit: &[u8]) -> Result<(), Fault> {
        let mut edit = Reader(edit);
        let mut removed = Vec::new();
        let mut added = Vec::new();
        while !edit.is_empty() {
            match edit.varint()? {
                tag::COMPARATOR => {
                    let name = edit.slice()?;
                    if name != COMPARATOR {
                        let name = String::from_utf8_lossy(name);
                        return Err(Fault::UnknownSchema(format!("comparator {name}")));
                    }
                    self.has_comparator = true;
                }
                tag::LOG => self.log = edit.varint()?,
                tag::PREVIOUS_LOG => self.previous_log = edit.varint()?,
                tag::NEXT_FILE => self.next_file = edit.varint()?,
                tag::LAST_SEQUENCE => self.last_sequence = edit.varint()?,
                tag::COMPACT_POINTER => {
                    level(&mut edit)?;
                    edit.slice()?;
                }
                tag::DELETED_FILE => removed.push((level(&mut edit)?, edit.varint()?)),
                tag::NEW_FILE => {
                    let level = level(&mut edit)?;
                    let number = edit.varint()?;
                    let table = Table {
                        level,
                        size: edit.varint()?,
                        smallest: edit.slice()?.to_vec(),
                        largest: edit.slice()?.to_vec(),
                    };
                    added.push((number, table));
                }
                _ => return Err(bad("the manifest has an unknown field")),
            }
        }
        // A table that only moves to another level is removed and added in one edit.
        for (level, number) in removed {
            match self.tables.remove(&number) {
                Some(table) if table.level == level => {}
                _ => return Err(bad("the manifest removes a table that is not there")),
            }
        }
        for (number, table) in added {
            if self.tables.insert(number, table).is_some() {
                return Err(bad("the manifest has a table twice"));
            }
        }
        Ok(())
    }

    /// As one edit, which is a whole manifest.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut edit = Vec::new();
        put_varint(&mut edit, tag::COMPARATOR);
        put_slice(&mut edit, COMPARATOR);
        for (tag, number) in [
            (tag::LOG, self.log),
            (tag::PREVIOUS_LOG, self.previous_log),
            (tag::NEXT_FILE, self.next_file),
            (tag::LAST_SEQUENCE, self.last_sequence),
        ] {
            put_varint(&mut edit, tag);
            put_varint(&mut edit, number);
        }
        for (number, table) in &self.tables {
            for number in [tag::NEW_FILE, table.level, *number, table.size] {
                put_varint(&mut edit, number);
            }
            put_slice(&mut edit, &table.smallest);
            put_slice(&mut edit, &table.largest);
        }
        let mut writer = log::Writer::default();
        writer.add(&edit);
        writer.take()
    }

    /// Whether a log is live.
    pub(super) fn has_log(&self, number: u64) -> bool {
        number >= self.log || number == self.previous_log && number > 0
    }
}

fn level(edit: &mut Reader<'_>) -> Result<u64, Fault> {
    match edit.varint()? {
        level @ 0..LEVELS => Ok(level),
        _ => Err(bad("the manifest has an unknown level")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Adds a table to a manifest.
    pub(crate) fn with_table(manifest: &mut Manifest, number: u64, size: u64) {
        let table = Table {
            level: 0,
            size,
            smallest: vec![0; 9],
            largest: vec![255; 9],
        };
        manifest.tables.insert(number, table);
    }

    fn sample() -> Manifest {
        let mut manifest = Manifest::new(12, 20, 345);
        for number in [5, 9, 300] {
            let table = Table {
                level: number % 3,
                size: number * 1000,
                smallest: vec![1; 9],
                largest: vec![2; 40],
            };
            manifest.tables.insert(number, table);
        }
        manifest
    }

    #[test]
    fn a_manifest_comes_back() {
        assert_eq!(Manifest::read(&sample().write()).unwrap(), sample());
    }

    #[test]
    fn edits_add_up() {
        let mut writer = log::Writer::default();
        let mut bytes = sample().write();
        let mut edit = Vec::new();
        // Table 9 moves from level 0 to level 1.
        for number in [tag::DELETED_FILE, 0, 9, tag::NEW_FILE, 1, 9, 77] {
            put_varint(&mut edit, number);
        }
        put_slice(&mut edit, b"a");
        put_slice(&mut edit, b"b");
        put_varint(&mut edit, tag::LAST_SEQUENCE);
        put_varint(&mut edit, 400);
        // Behind what is there already.
        writer.add(&sample_edit());
        writer.take();
        writer.add(&edit);
        bytes.extend(writer.take());
        let manifest = Manifest::read(&bytes).unwrap();
        assert_eq!(manifest.last_sequence, 400);
        assert_eq!(
            (manifest.tables[&9].level, manifest.tables[&9].size),
            (1, 77)
        );
        assert_eq!(manifest.tables.len(), 3);
    }

    fn sample_edit() -> Vec<u8> {
        let mut edit = Vec::new();
        log::records(&sample().write(), false, |record| {
            edit = record.to_vec();
            Ok(())
        })
        .unwrap();
        edit
    }

    #[test]
    fn other_comparators_are_refused() {
        let mut edit = Vec::new();
        put_varint(&mut edit, tag::COMPARATOR);
        put_slice(&mut edit, b"idb_cmp1");
        let mut writer = log::Writer::default();
        writer.add(&edit);
        let refused = Manifest::read(&writer.take());
        assert!(matches!(refused, Err(Fault::UnknownSchema(_))));
    }

    #[test]
    fn incomplete_and_unknown_edits_are_refused() {
        let edit = sample_edit();
        for end in 1..edit.len() {
            let mut manifest = Manifest::default();
            let _ = manifest.apply(&edit[..end]);
        }
        assert!(Manifest::read(&[]).is_err());
        for edit in [&[8, 1][..], &[6, 0, 1], &[7, 9, 1, 1, 0, 0]] {
            assert!(Manifest::default().apply(edit).is_err(), "{edit:?}");
        }
    }
}
