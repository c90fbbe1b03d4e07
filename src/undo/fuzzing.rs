//! What must hold for any copy for undo; see [`crate::fuzzing`].

use std::fs;
use std::sync::OnceLock;

use jiff::Timestamp;
use tempfile::TempDir;

use super::{Undo, copies, copy};
use crate::browsers::Platform;
use crate::browsers::{Filter, Found, Roots, discover, jobs};
use crate::fuzzing::tools::{Input, folder};
use crate::model::error::Error;
use crate::platform::OwnFolder;
use crate::store::{Kind, RowSink, RowSource, Rows, Value};

const COPY: &str = "0000.jsonl";

/// A copy that is damaged in any way is an error, or gives as many rows as its header
/// says; what is written is read as it was.
pub fn undo_copy(data: &[u8]) {
    let own = OwnFolder::create(&folder().join("copies")).expect("a folder");
    fs::write(own.path_of(COPY), data).expect("a file");
    if let Ok(mut copy) = copy::Reader::open(&own, COPY) {
        let columns = copy.header().columns.len();
        let wanted = copy.header().rows;
        let read = read(&mut copy);
        if let Ok(rows) = read {
            assert_eq!(rows.len() as u64, wanted);
            assert!(rows.iter().all(|row| row.len() == columns));
            // Put together again it is the same.
            check_written(columns, &rows);
        }
    }

    let mut input = Input(data);
    let columns = usize::from(input.byte() % 5) + 1;
    let mut rows = Vec::new();
    while !input.is_empty() && rows.len() < 8 {
        rows.push((0..columns).map(|_| value(&mut input)).collect());
    }
    check_written(columns, &rows);
}

fn read(copy: &mut copy::Reader) -> Result<Vec<Vec<Value>>, Error> {
    let mut rows = Vec::new();
    while let Some(row) = copy.next_row()? {
        rows.push(row);
    }
    Ok(rows)
}

fn value(input: &mut Input<'_>) -> Value {
    let kind = input.byte();
    let length = usize::from(kind >> 3);
    let number = |bytes: &[u8]| {
        let mut number = [0; 8];
        number[..bytes.len()].copy_from_slice(bytes);
        i64::from_le_bytes(number)
    };
    match kind % 5 {
        0 => Value::Null,
        1 => Value::Integer(number(input.take(8))),
        2 => Value::Real(f64::from_bits(number(input.take(8)).unsigned_abs())),
        3 => Value::Text(input.take(length).to_vec()),
        _ => Value::Blob(input.take(length).to_vec()),
    }
}

/// One store, which is never opened.
fn found() -> &'static Found {
    static FOUND: OnceLock<(TempDir, Found)> = OnceLock::new();
    let (_, found) = FOUND.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("Preferences"), "{}").expect("a file");
        let roots = Roots::of_this_user(Platform::of_this_system()).expect("a home");
        let filter = Filter {
            folders: vec![folder.path().to_owned()],
            ..Filter::default()
        };
        let found = discover(&roots, &filter).expect("a profile");
        (folder, found)
    });
    found
}

fn check_written(columns: usize, rows: &[Vec<Value>]) {
    let state = folder().join("state");
    let _ = fs::remove_dir_all(&state);
    let undo = Undo::in_folder(&state);
    let header = Rows {
        kind: Kind::Chromium,
        version: 24,
        columns: (0..columns).map(|i| format!("\"{i}\n")).collect(),
        rows: rows.len() as u64,
        site_data: 0,
    };
    let deletion = undo.begin(vec!["openai.com".into()], Timestamp::UNIX_EPOCH);
    let all = jobs(&found().profiles);
    let mut copy = deletion.copy_of(&all[0]);
    copy.begin(&header).expect("a copy");
    for row in rows {
        copy.row(row).expect("a row");
    }
    copy.finish().expect("an end");
    copy.keep();
    drop(copy);
    let id = deletion.end().id.expect("an id");
    let own = OwnFolder::open(&state.join("undo").join(id));
    let own = own.expect("a folder").expect("it was just made");
    let (files, _) = copies(&own).expect("what is in it");
    let mut copy = copy::Reader::open(&own, &files[0]).expect("it was just written");
    assert_eq!(*copy.header(), header);
    let back = read(&mut copy).expect("it was just written");
    // Debug tells a NaN and -0.0, which are not equal to themselves or are to 0.0.
    assert_eq!(format!("{back:?}"), format!("{rows:?}"));
}
