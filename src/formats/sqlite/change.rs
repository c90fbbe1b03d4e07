//! Deleting rows of several tables, or putting some in, in one transaction, with every other
//! row of the database as it was.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::schema::check_plain;
use super::{Fingerprint, Fingerprinter, Writer, quick_check};
use crate::model::error::Fault;

/// A change.
pub(crate) struct Plan<'a> {
    /// Whether a row of the table of this name is one of those that the change is about.
    pub(crate) is_meant: &'a dyn Fn(&str, &Row<'_>) -> rusqlite::Result<bool>,
    /// Makes the change.
    pub(crate) apply: &'a Apply<'a>,
    /// Asked right before the change counts.
    pub(crate) may_commit: &'a dyn Fn() -> Result<(), Fault>,
}

/// Makes a change of a database.
pub(crate) type Apply<'a> = dyn Fn(&Connection) -> Result<Applied, Fault> + 'a;

/// What a change did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Applied {
    /// Rows that it deleted or put in.
    pub(crate) changed: u64,
    /// How many of the rows that are meant are there now.
    pub(crate) meant: u64,
}

/// What a database holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Seen {
    meant: u64,
    others: Fingerprint,
}

/// Changes the database at `path`, and verifies the result before it counts and after. Gives
/// what went wrong after it counted.
///
/// # Errors
/// When anything went wrong before that; the database is then as it was.
pub(crate) fn change(path: &Path, plan: &Plan<'_>) -> Result<Option<Fault>, Fault> {
    let mut writer = Writer::open(path)?;
    let fingerprinter = Fingerprinter::default();
    let transaction = writer.begin()?;
    check_plain(&transaction)?;
    let before = look(&transaction, &fingerprinter, plan)?;
    let Applied { changed, meant } = (plan.apply)(&transaction)?;
    if changed == 0 {
        return Ok(None);
    }
    let wanted = Seen {
        meant,
        others: before.others,
    };
    look(&transaction, &fingerprinter, plan)?.check(wanted)?;
    // Nothing else was changed since it was opened.
    if transaction.total_changes() != changed {
        return Err(Fault::NotVerified("other rows were changed, too".into()));
    }
    quick_check(&transaction)?;
    (plan.may_commit)()?;
    transaction.commit()?;
    let looked = look_again(&mut writer, &fingerprinter, plan, wanted);
    Ok(looked.and(writer.close()).err())
}

fn look_again(
    writer: &mut Writer,
    fingerprinter: &Fingerprinter,
    plan: &Plan<'_>,
    wanted: Seen,
) -> Result<(), Fault> {
    let transaction = writer.begin()?;
    // What the file holds, not what is remembered of it.
    transaction.execute_batch("PRAGMA shrink_memory")?;
    look(&transaction, fingerprinter, plan)?.check(wanted)
}

impl Seen {
    fn check(self, wanted: Self) -> Result<(), Fault> {
        self.others.check(wanted.others)?;
        match self.meant == wanted.meant {
            true => Ok(()),
            false => Err(Fault::NotVerified(format!(
                "{} rows of the site were found instead of {}",
                self.meant, wanted.meant
            ))),
        }
    }
}

/// Goes through every row of every table.
fn look(db: &Connection, fingerprinter: &Fingerprinter, plan: &Plan<'_>) -> Result<Seen, Fault> {
    let tables: Vec<String> = db
        .prepare(
            "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut seen = Seen::default();
    let mut buffer = Vec::new();
    for table in tables {
        // In the order of the table itself: an index could lack a row.
        let quoted = table.replace('"', "\"\"");
        let mut select = db.prepare(&format!("SELECT * FROM \"{quoted}\" NOT INDEXED"))?;
        let width = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            if (plan.is_meant)(&table, row)? {
                seen.meant += 1;
                continue;
            }
            let values: Vec<ValueRef<'_>> = (0..width)
                .map(|column| row.get_ref(column))
                .collect::<Result<_, _>>()?;
            let hash = fingerprinter.row(&mut buffer, values.into_iter());
            fingerprinter.add(&mut seen.others, hash);
        }
    }
    Ok(seen)
}
