//! The rows of one store, as a file: JSON, one value a line.
//!
//! The first line is the [`BackupHeader`], each further one a row: an array with a
//! value for each column. Text and integers are JSON's own; what JSON cannot say
//! exactly is an object: `{"blob": base64}`, `{"text": base64}` for text that is
//! not UTF-8, `{"real": bits}`.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::{Deletion, Record, SCHEMA, destroy_file};
use crate::browsers::Job;
use crate::model::error::{At, Error, Fault};
use crate::platform::{Access, OwnFolder};
use crate::store::site_data::trash::Trash;
use crate::store::site_data::trash_of;
use crate::store::{RowSink, RowSource, Rows, Value};

/// A whole copy, on the disk.
const FINISHED: &str = ".jsonl";
/// A copy that is still being written, or was when the power failed. Nothing has
/// been deleted on the strength of it.
const UNFINISHED: &str = ".part";

/// Whether a file of that name is a whole copy.
pub(super) fn is_finished(name: &str) -> bool {
    name.ends_with(FINISHED)
}

/// Whether it is what a run that was cut off has left of one.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.ends_with(UNFINISHED)
}

/// Which store the rows are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BackupHeader {
    #[serde(flatten)]
    pub record: Record,
    pub store: PathBuf,
    pub profile_dir: PathBuf,
    /// The folder in which it was found: a user-data directory, or the profile.
    pub within: PathBuf,
    pub browser: String,
    pub profile: String,
    #[serde(flatten)]
    pub rows: Rows,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Integer(i64),
    Text(String),
    Other(Other),
    Null,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Other {
    Real(u64),
    Text(String),
    Blob(String),
}

impl From<&Value> for Written {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(i) => Self::Integer(*i),
            Value::Real(r) => Self::Other(Other::Real(r.to_bits())),
            Value::Text(bytes) => match str::from_utf8(bytes) {
                Ok(text) => Self::Text(text.to_owned()),
                Err(_) => Self::Other(Other::Text(BASE64_STANDARD.encode(bytes))),
            },
            Value::Blob(bytes) => Self::Other(Other::Blob(BASE64_STANDARD.encode(bytes))),
        }
    }
}

impl TryFrom<Written> for Value {
    type Error = base64::DecodeError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Ok(match written {
            Written::Null => Self::Null,
            Written::Integer(i) => Self::Integer(i),
            Written::Text(text) => Self::Text(text.into_bytes()),
            Written::Other(Other::Real(bits)) => Self::Real(f64::from_bits(bits)),
            Written::Other(Other::Text(text)) => Self::Text(BASE64_STANDARD.decode(text)?),
            Written::Other(Other::Blob(text)) => Self::Blob(BASE64_STANDARD.decode(text)?),
        })
    }
}

/// Destroys a copy, with what its deletion has in the trash of a profile.
pub(super) fn destroy(folder: &OwnFolder, name: &str) -> Result<(), Error> {
    // First, so that what cannot be removed now is found again by its copy.
    if let Some(trash) = trash_of_copy(folder, name)? {
        trash.destroy()?;
    }
    destroy_file(folder, name)
}

/// What the deletion of a copy has in the trash of a profile. A copy that is damaged, was
/// never finished, or is not one of ours has nothing there that could be found.
///
/// # Errors
/// When that cannot be looked at.
pub(super) fn trash_of_copy(folder: &OwnFolder, name: &str) -> Result<Option<Trash>, Error> {
    if !is_finished(name) && !is_unfinished(name) {
        return Ok(None);
    }
    match Reader::open(folder, name) {
        Ok(copy) => copy.trash(),
        Err(error) => match error.fault {
            Fault::Io(_) => Err(error),
            _ => Ok(None),
        },
    }
}

/// A copy that is being written; unless it is [kept](BackupWriter::keep) it goes again.
pub(crate) struct BackupWriter<'a> {
    deletion: &'a Deletion,
    job: Job<'a>,
    number: u32,
    writing: Option<BufWriter<File>>,
    /// The name of the file that there is.
    there: Option<String>,
}

impl<'a> BackupWriter<'a> {
    pub(super) fn new(deletion: &'a Deletion, job: &Job<'a>, number: u32) -> Self {
        Self {
            deletion,
            job: *job,
            number,
            writing: None,
            there: None,
        }
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), Error> {
        let (Some(name), Some(file)) = (&self.there, &mut self.writing) else {
            return Err(Fault::BadBackup("it was not begun".into()).at(self.job.store.path()));
        };
        let path = self.deletion.folder()?.path_of(name);
        serde_json::to_writer(&mut *file, line)
            .map_err(std::io::Error::from)
            .and_then(|()| file.write_all(b"\n"))
            .at(&path)
    }
}

impl RowSink for BackupWriter<'_> {
    fn begin(&mut self, rows: &Rows) -> Result<(), Error> {
        let name = format!("{:04}{UNFINISHED}", self.number);
        let file = self.deletion.folder()?.new_file(&name)?;
        self.there = Some(name);
        self.writing = Some(BufWriter::new(file));
        let header = BackupHeader {
            record: self.deletion.record.clone(),
            store: self.job.store.path().to_owned(),
            profile_dir: self.job.profile.dir.clone(),
            within: self.job.profile.within.clone(),
            browser: self.job.profile.browser.id.to_owned(),
            profile: self.job.profile.name.clone(),
            rows: rows.clone(),
        };
        self.line(&header)
    }

    fn row(&mut self, values: &[Value]) -> Result<(), Error> {
        let written: Vec<_> = values.iter().map(Written::from).collect();
        self.line(&written)
    }

    fn finish(&mut self) -> Result<(), Error> {
        let (Some(name), Some(mut file)) = (&self.there, self.writing.take()) else {
            return Ok(());
        };
        let folder = self.deletion.folder()?;
        let path = folder.path_of(name);
        file.flush().at(&path)?;
        file.get_ref().sync_all().at(&path)?;
        let finished = format!("{:04}{FINISHED}", self.number);
        folder.rename(name, &finished)?;
        self.there = Some(finished);
        folder.sync()
    }

    fn keep(&mut self) {
        if self.there.take().is_some() {
            self.deletion.note_kept();
        }
    }
}

impl Drop for BackupWriter<'_> {
    fn drop(&mut self) {
        // What is in its buffer is not to be written once more.
        if let Some(file) = self.writing.take() {
            drop(file.into_parts());
        }
        let Some(name) = self.there.take() else {
            return;
        };
        // Nothing was deleted. What stays could still be undone, to no effect.
        let gone = self
            .deletion
            .folder()
            .and_then(|folder| destroy_file(folder, &name));
        if let Err(error) = gone {
            self.deletion.note_trouble(error);
        }
    }
}

/// A copy that is read.
pub(crate) struct Reader {
    path: PathBuf,
    header: BackupHeader,
    lines: BufReader<File>,
    left: u64,
}

impl Reader {
    pub(super) fn open(folder: &OwnFolder, name: &str) -> Result<Self, Error> {
        /// What every version has in its header.
        #[derive(Deserialize)]
        struct Format {
            schema: u32,
        }
        let path = folder.path_of(name);
        let mut lines = BufReader::new(folder.file(name, Access::Read)?);
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line).at(&path)?;
        let bad = |e: serde_json::Error| Fault::BadBackup(e.to_string()).at(&path);
        let Format { schema } = serde_json::from_slice(&line).map_err(bad)?;
        if schema != SCHEMA {
            return Err(Fault::OtherFormat(schema).at(path));
        }
        let header: BackupHeader = serde_json::from_slice(&line).map_err(bad)?;
        Ok(Self {
            path,
            left: header.rows.rows,
            header,
            lines,
        })
    }

    pub(crate) fn header_of_copy(&self) -> &BackupHeader {
        &self.header
    }

    /// What its deletion has in the trash of a profile.
    ///
    /// # Errors
    /// When that cannot be looked at.
    pub(super) fn trash(mut self) -> Result<Option<Trash>, Error> {
        if !self.header.rows.kind.is_site_data() {
            return Ok(None);
        }
        match trash_of(&mut self) {
            Ok(Some(name)) => Trash::open(&self.header.profile_dir, &name),
            Err(error) if matches!(error.fault, Fault::Io(_)) => Err(error),
            _ => Ok(None),
        }
    }

    /// Reads it to its end, and gives its header.
    pub(super) fn check(mut self) -> (BackupHeader, Result<(), Error>) {
        let read = loop {
            match self.next_row() {
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        (self.header, read)
    }
}

impl RowSource for Reader {
    fn header(&self) -> &Rows {
        &self.header.rows
    }

    fn next_row(&mut self) -> Result<Option<Vec<Value>>, Error> {
        let bad = |why: &str| Fault::BadBackup(why.to_owned()).at(&self.path);
        let mut line = Vec::new();
        self.lines.read_until(b'\n', &mut line).at(&self.path)?;
        if line.is_empty() {
            return match self.left {
                0 => Ok(None),
                _ => Err(bad("its end is missing")),
            };
        }
        let written: Vec<Written> =
            serde_json::from_slice(&line).map_err(|e| bad(&e.to_string()))?;
        if written.len() != self.header.rows.columns.len() || self.left == 0 {
            return Err(bad("a row does not fit the header"));
        }
        self.left -= 1;
        written
            .into_iter()
            .map(Value::try_from)
            .collect::<Result<_, _>>()
            .map(Some)
            .map_err(|e| bad(&e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use crate::store::Kind;

    #[test]
    fn every_value_comes_back_as_it_was() {
        let values = [
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Integer(i64::MAX),
            Value::Real(0.1 + 0.2),
            Value::Real(f64::INFINITY),
            Value::Text(b"".to_vec()),
            Value::Text("caf\u{e9} \u{0}\n\"".into()),
            Value::Text(vec![0xff, 0xfe]),
            Value::Blob(vec![]),
            Value::Blob((0..=255).collect()),
        ];
        for value in values {
            let json = serde_json::to_string(&Written::from(&value)).unwrap();
            let back: Written = serde_json::from_str(&json).unwrap();
            assert_eq!(Value::try_from(back).unwrap(), value, "{json}");
        }
    }

    /// It would be destroyed without what it leads to.
    #[cfg(unix)]
    #[test]
    fn a_copy_that_cannot_be_read_is_not_one_without_trash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0000.jsonl");
        let record = Record {
            schema: SCHEMA,
            created: jiff::Timestamp::UNIX_EPOCH,
            domains: Vec::new(),
        };
        let rows = Rows {
            kind: Kind::FirefoxSiteData,
            version: 0,
            columns: Vec::new(),
            rows: 1,
            site_data: 1,
        };
        let reader = Reader {
            header: BackupHeader {
                record,
                store: PathBuf::new(),
                profile_dir: PathBuf::new(),
                within: PathBuf::new(),
                browser: String::new(),
                profile: String::new(),
                rows,
            },
            // Only to be written.
            lines: BufReader::new(File::create(&path).unwrap()),
            path,
            left: 1,
        };
        let error = reader.trash().map(drop).unwrap_err();
        assert!(matches!(error.fault, Fault::Io(_)), "{error:?}");
    }
}
