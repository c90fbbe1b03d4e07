//! Stores that are made here, file by file, against a map.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::manifest::tests::with_table;
use super::table::tests::table;
use super::write::Deleted;
use super::*;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;
/// One write: the key, its value or its deletion.
type Write = (Vec<u8>, Option<Vec<u8>>);

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = dunce::canonicalize(folder.path()).unwrap().join("leveldb");
    fs::create_dir(&path).unwrap();
    (folder, path)
}

/// Makes a store: a table of each of the first chunks of writes, a log of each of the
/// last two. Gives what it holds.
fn make(path: &Path, chunks: &[Vec<Write>]) -> Model {
    let mut model = Model::new();
    let mut manifest = Manifest::new(1000, 2000, 0);
    let mut sequence = 1;
    for (index, chunk) in chunks.iter().enumerate() {
        let first = sequence;
        for (key, value) in chunk {
            sequence += 1;
            match value {
                Some(value) => model.insert(key.clone(), value.clone()),
                None => model.remove(key),
            };
        }
        if index + 2 < chunks.len() {
            let mut newest = BTreeMap::new();
            for (number, (key, value)) in (first..).zip(chunk) {
                newest.insert(key.clone(), (number, value.clone()));
            }
            let entries: Vec<_> = newest
                .into_iter()
                .map(|(key, (number, value))| (key, number, value))
                .collect();
            let bytes = table(&entries, index % 2 == 0);
            let number = 10 + index as u64;
            with_table(&mut manifest, number, bytes.len() as u64);
            let [new, old] = table_names(number);
            fs::write(path.join(if index % 3 == 0 { old } else { new }), bytes).unwrap();
            manifest.last_sequence = sequence;
        } else {
            let mut writer = log::Writer::default();
            let mut batch = entry::Batch::new(first);
            for (key, value) in chunk {
                batch.put(key, value.as_deref());
            }
            if let Some(record) = batch.record() {
                writer.add(&record);
            }
            fs::write(path.join(log_name(1000 + index as u64)), writer.take()).unwrap();
        }
    }
    fs::write(path.join("MANIFEST-000007"), manifest.write()).unwrap();
    fs::write(path.join(CURRENT), "MANIFEST-000007\n").unwrap();
    fs::write(path.join(LOCK), "").unwrap();
    model
}

fn open(path: &Path) -> LevelDb {
    LevelDb::open(path).unwrap().expect("a store")
}

fn content(path: &Path) -> Result<Model, Error> {
    let mut model = Model::new();
    let db = open(path);
    let mut keys = 0;
    db.each_value(
        |_| true,
        |key, value| {
            model.insert(key.to_vec(), value.to_vec());
        },
    )?;
    db.each_key(|key, length| {
        keys += 1;
        assert_eq!(model[key].len() as u64, length);
    })?;
    assert_eq!(keys, model.len());
    Ok(model)
}

fn delete(path: &Path, goes: impl FnMut(&[u8]) -> bool) -> Result<Deleted, Error> {
    let locked = open(path).lock()?.expect("nobody has it open");
    locked.delete(goes, || Ok(()))
}

fn is_odd(key: &[u8]) -> bool {
    key.first().is_some_and(|byte| byte % 2 == 1)
}

fn writes() -> impl Strategy<Value = Vec<Vec<Write>>> {
    let value = proptest::option::weighted(0.8, proptest::collection::vec(any::<u8>(), 0..200));
    let key = (0..8_u8, 0..6_u8).prop_map(|(first, second)| vec![first, b'/', second]);
    let chunk = proptest::collection::vec((key, value), 0..20);
    proptest::collection::vec(chunk, 0..7)
}

fn sample() -> Vec<Vec<Write>> {
    (0..5_u8)
        .map(|chunk| {
            let write = |n: u8| {
                let value = (!(n + chunk).is_multiple_of(4)).then(|| vec![chunk * 16 + n; 50]);
                (vec![n + chunk, b'/', n], value)
            };
            (0..12).map(write).collect()
        })
        .collect()
}

fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(path).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_store_holds_what_was_written_last(chunks in writes()) {
        let (_kept, path) = folder();
        let model = make(&path, &chunks);
        prop_assert_eq!(content(&path).unwrap(), model);
    }

    #[test]
    fn only_the_chosen_keys_are_deleted(chunks in writes()) {
        let (_kept, path) = folder();
        let mut model = make(&path, &chunks);
        let before = model.len();
        model.retain(|key, _| !is_odd(key));
        let deleted = delete(&path, is_odd).unwrap();
        prop_assert_eq!(deleted.keys as usize, before - model.len());
        prop_assert!(deleted.trouble.is_none());
        prop_assert_eq!(content(&path).unwrap(), model);
        prop_assert_eq!(delete(&path, is_odd).unwrap().keys, 0);
    }

    #[test]
    fn what_is_put_back_is_there_again(chunks in writes()) {
        let (_kept, path) = folder();
        let model = make(&path, &chunks);
        delete(&path, is_odd).unwrap();
        let back = model.iter().filter(|(key, _)| is_odd(key));
        let back: Vec<_> = back.map(|(key, value)| (&**key, &**value)).collect();
        let locked = open(&path).lock().unwrap().expect("nobody has it open");
        prop_assert_eq!(locked.put(back.iter().copied()).unwrap(), back.len() as u64);
        drop(locked);
        prop_assert_eq!(content(&path).unwrap(), model);
    }
}

#[test]
fn no_byte_of_a_deleted_key_stays() {
    let (_kept, path) = folder();
    let mut chunks = sample();
    for (n, chunk) in (0_u8..).zip(&mut chunks) {
        let secret = format!("SECRET{n}").into_bytes();
        chunk.push((b"\x01SECRET-KEY".to_vec(), Some(secret)));
    }
    make(&path, &chunks);
    // Left over from before, which LevelDB would remove at its next start.
    fs::write(path.join("000003.ldb"), "SECRET").unwrap();
    fs::write(path.join("MANIFEST-000002"), "SECRET").unwrap();
    delete(&path, is_odd).unwrap();
    for (name, bytes) in files(&path) {
        assert!(!bytes.windows(6).any(|part| part == b"SECRET"), "{name}");
    }
    assert!(!path.join("000000.dbtmp").exists());
}

#[test]
fn tables_without_the_keys_are_not_touched() {
    let (_kept, path) = folder();
    let mut chunks = sample();
    chunks[0] = vec![(b"\x00/other".to_vec(), Some(b"value".to_vec()))];
    make(&path, &chunks);
    let before = files(&path);
    delete(&path, is_odd).unwrap();
    let after = files(&path);
    let [_, name] = table_names(10);
    assert_eq!(after[&name], before[&name]);
    assert!(!after.contains_key(&table_names(11)[0]));
}

#[test]
fn every_moment_of_a_deletion_reads_as_before_or_after() {
    let (_kept, path) = folder();
    make(&path, &sample());
    let before = (files(&path), content(&path).unwrap());
    delete(&path, is_odd).unwrap();
    let after = (files(&path), content(&path).unwrap());
    let added = after
        .0
        .iter()
        .filter(|(name, _)| !before.0.contains_key(*name));
    let (logs, manifests): (Vec<_>, Vec<_>) =
        added.partition(|(name, _)| Path::new(name).extension().is_some());
    assert_eq!((logs.len(), manifests.len()), (1, 1));

    let mut moments = vec![(before.0.clone(), &before.1)];
    // The log, the manifest, CURRENT; then the old files go in any order.
    for (name, bytes) in logs.into_iter().chain(manifests) {
        let mut moment = moments.last().unwrap().0.clone();
        moment.insert(name.clone(), bytes.clone());
        moments.push((moment, &before.1));
    }
    let mut moment = moments.last().unwrap().0.clone();
    moment.insert(CURRENT.into(), after.0[CURRENT].clone());
    moments.push((moment.clone(), &after.1));
    for name in before.0.keys().filter(|name| !after.0.contains_key(*name)) {
        let mut one_gone = moment.clone();
        one_gone.remove(name);
        moments.push((one_gone, &after.1));
    }
    moments.push((after.0.clone(), &after.1));
    for (number, (files, wanted)) in moments.iter().enumerate() {
        let (_kept, path) = folder();
        for (name, bytes) in files {
            fs::write(path.join(name), bytes).unwrap();
        }
        assert_eq!(content(&path).unwrap(), **wanted, "moment {number}");
        // The next deletion finishes what a killed one has begun.
        delete(&path, is_odd).unwrap();
        assert_eq!(content(&path).unwrap(), after.1, "moment {number}");
    }
}

#[test]
fn a_deletion_that_may_not_commit_changes_nothing() {
    let (_kept, path) = folder();
    make(&path, &sample());
    let before = files(&path);
    let locked = open(&path).lock().unwrap().expect("nobody has it open");
    let refused = locked.delete(is_odd, || Err(Fault::Locked));
    assert!(refused.is_err());
    drop(locked);
    assert_eq!(files(&path), before);
}

#[test]
fn damage_anywhere_leaves_the_store_alone() {
    let (_kept, path) = folder();
    make(&path, &sample());
    let whole = files(&path);
    for name in whole.keys().filter(|name| *name != LOCK) {
        for at in [0, whole[name].len() / 2, whole[name].len() - 1] {
            let mut changed = whole[name].clone();
            changed[at] ^= 0x21;
            fs::write(path.join(name), &changed).unwrap();
            let before = files(&path);
            match delete(&path, is_odd) {
                // A byte that fills a footer up.
                Ok(_) if name.ends_with("db") || name.ends_with("sst") => {
                    fs::remove_dir_all(&path).unwrap();
                    fs::create_dir(&path).unwrap();
                    make(&path, &sample());
                }
                deleted => {
                    let error = deleted.expect_err(name).to_string();
                    assert!(error.contains(name.as_str()), "{name}: {error}");
                    assert_eq!(files(&path), before, "{name}");
                }
            }
            fs::write(path.join(name), &whole[name]).unwrap();
        }
    }
}

#[test]
fn a_missing_file_leaves_the_store_alone() {
    let (_kept, path) = folder();
    make(&path, &sample());
    for name in [table_names(11)[0].clone(), "MANIFEST-000007".into()] {
        let bytes = fs::read(path.join(&name)).unwrap();
        fs::remove_file(path.join(&name)).unwrap();
        let before = files(&path);
        assert!(delete(&path, is_odd).is_err(), "{name}");
        assert_eq!(files(&path), before);
        fs::write(path.join(&name), bytes).unwrap();
    }
    assert!(LevelDb::open(&path.join("gone")).unwrap().is_none());
}

#[test]
fn a_record_that_a_crash_cut_off_is_passed_over() {
    let (_kept, path) = folder();
    let chunks = sample();
    make(&path, &chunks);
    let log = path.join(log_name(1004));
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() - 1]).unwrap();
    let (_kept, shorter) = folder();
    let model = make(&shorter, &[&chunks[..4], &[Vec::new()]].concat());
    // The same writes in tables or in logs.
    assert_eq!(content(&path).unwrap(), model);
    // In a log that is not the last it is damage.
    fs::write(path.join(log_name(1005)), "").unwrap();
    assert!(content(&path).is_err());
}

#[test]
fn only_one_process_has_the_lock() {
    let (_kept, path) = folder();
    make(&path, &sample());
    let first = open(&path).lock().unwrap();
    assert!(first.is_some());
    assert!(path.join(LOCK).exists());
    drop(first);
    assert!(path.join(LOCK).exists());
}

/// Not a test of its own: `tests/leveldb/compare` runs it on stores that Chromium wrote.
/// Does what the environment says, and prints the live entries in hexadecimal.
#[test]
fn helper_that_prints_a_store() {
    let Some(path) = std::env::var_os("PRINT_THIS_LEVELDB") else {
        return;
    };
    let path = Path::new(&path);
    let part = std::env::var("DELETE_KEYS_WITH").unwrap_or_default();
    let has_it = |key: &[u8]| key.windows(part.len().max(1)).any(|w| w == part.as_bytes());
    if !part.is_empty() {
        let deleted = delete(path, has_it).unwrap();
        assert!(deleted.trouble.is_none(), "{:?}", deleted.trouble);
    }
    if let Some(copy) = std::env::var_os("PUT_BACK_FROM") {
        let model = content(Path::new(&copy)).unwrap();
        let locked = open(path).lock().unwrap().expect("nobody has it open");
        let entries = model.iter().map(|(key, value)| (&**key, &**value));
        locked.put(entries).unwrap();
    }
    for (key, value) in content(path).unwrap() {
        println!("entry {} {}", hex::encode(key), hex::encode(value));
    }
}
