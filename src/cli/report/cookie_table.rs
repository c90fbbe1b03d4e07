//! The cookies of a profile as a person reads them: a line for each, aligned.

use std::collections::HashMap;
use std::io::{self, Write};

use comfy_table::{ColumnConstraint, Table, Width};
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::plain_table;
use crate::browsers::Job;
use crate::model::cookie::Cookie;
use crate::model::item::Match;
use crate::model::value::{Shown, StoredValue, ValueError};
use crate::wording::hosts::shown_host;
use crate::wording::names::{WIDEST_HOST, WIDEST_NAME, lifetime, name_of_item, remarks};
use crate::wording::text::{cut, fit, safe};
use crate::wording::{faults, say};

/// In front of what belongs to the line above.
pub(super) const DEEPER: &str = "      ";
/// Where there is no terminal that has one.
const USUAL_WIDTH: usize = 80;
/// However narrow the terminal is.
const LEAST_OF_A_VALUE: usize = 20;

/// Of a column, left and right together.
const PADDING: u16 = 2;

/// What a person can tell cookies apart by: host, name, path, partition, container.
type SessionRow = (String, String, String, Option<String>, Option<String>);

fn row_of(cookie: &Cookie) -> SessionRow {
    (
        cookie.host.clone(),
        cookie.name.clone(),
        cookie.path.clone(),
        cookie.partition.clone(),
        cookie.container.clone(),
    )
}

/// The tables of a profile's stores, which share the widths of their columns.
#[derive(Default)]
pub(super) struct CookieTable {
    widths: [usize; 3],
    /// What was shown of the session files of the current profile: of several that
    /// have the same cookie, one is enough to read; each with the values it was shown with.
    in_session: HashMap<SessionRow, Vec<Option<StoredValue>>>,
    repeated: u64,
    /// Of the terminal, in columns, where there is one.
    width: Option<usize>,
    /// Whether values are shown whole, however long.
    full_values: bool,
    was_cut: bool,
}

impl CookieTable {
    pub(super) fn new(width: Option<usize>, full_values: bool) -> Self {
        Self {
            width,
            full_values,
            ..Self::default()
        }
    }

    /// Cookies that were not shown, since the same ones were.
    pub(super) fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Whether a value was cut.
    pub(super) fn was_cut(&self) -> bool {
        self.was_cut
    }

    /// What comes now is another profile's.
    pub(super) fn begin_profile(&mut self) {
        self.widths = [0; 3];
        self.in_session.clear();
    }

    pub(super) fn write(
        &mut self,
        out: &mut dyn Write,
        job: &Job<'_>,
        matches: &[Match],
    ) -> io::Result<()> {
        let now = Timestamp::now();
        let matches = self.unseen(job, matches);
        if matches.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = matches
            .iter()
            .map(|found| {
                let host = format!(" {}", cut(&shown_host(found.item.host()), WIDEST_HOST));
                let name = cut(&name_of_item(&found.item), WIDEST_NAME);
                let columns = [host, name, lifetime(&found.item, now)];
                (columns, remarks(job, found))
            })
            .collect();
        for (columns, _) in &rows {
            for (widest, column) in self.widths.iter_mut().zip(columns) {
                *widest = column.width().max(*widest);
            }
        }
        let mut table = plain_table();
        for (columns, remark) in &rows {
            table.add_row(columns.iter().chain([remark]));
        }
        self.align(&mut table);
        let mut whole = table.trim_fmt();
        // What is too wide for the terminal gets a line of its own.
        let is_wide = self
            .width
            .is_some_and(|width| whole.lines().any(|line| line.width() > width));
        if is_wide {
            let mut table = plain_table();
            for (columns, _) in &rows {
                table.add_row(columns);
            }
            self.align(&mut table);
            whole = table.trim_fmt();
        }
        for ((line, (_, remark)), shown) in whole.lines().zip(&rows).zip(matches) {
            writeln!(out, "{line}")?;
            if is_wide && !remark.is_empty() {
                writeln!(out, "{DEEPER}{remark}")?;
            }
            if let Some(value) = &shown.value {
                self.value(out, value)?;
            }
        }
        Ok(())
    }

    /// Those cookies of a store that were not shown as another's of the same profile.
    fn unseen<'m>(&mut self, job: &Job<'_>, matches: &'m [Match]) -> Vec<&'m Match> {
        let is_session = job.store.kind().is_volatile();
        let all = matches.len();
        let mut is_new = |cookie: &Cookie| {
            let values = self.in_session.entry(row_of(cookie)).or_default();
            let is_new = !values.contains(&cookie.value);
            if is_new {
                values.push(cookie.value.clone());
            }
            is_new
        };
        let unseen: Vec<_> = matches
            .iter()
            .filter(|found| !is_session || found.item.cookie().is_none_or(&mut is_new))
            .collect();
        self.repeated += (all - unseen.len()) as u64;
        unseen
    }

    /// The value of a cookie, below its line.
    fn value(&mut self, out: &mut dyn Write, value: &Result<Shown, ValueError>) -> io::Result<()> {
        let shown = match value {
            Ok(shown) => shown,
            Err(error) => {
                let line = say!("value-not-shown", why = faults::value(error));
                return writeln!(out, "{DEEPER}{}", safe(&line));
            }
        };
        let title = match (shown.is_base64, shown.text.is_empty()) {
            (_, true) => say!("value-empty"),
            (false, _) => format!("{} ", say!("value-text")),
            (true, _) => format!("{} ", say!("value-base64")),
        };
        let width = self.width.unwrap_or(USUAL_WIDTH);
        let room = width.saturating_sub(DEEPER.len() + title.width());
        let room = match self.full_values {
            true => usize::MAX,
            false => room.max(LEAST_OF_A_VALUE),
        };
        let (text, is_all) = fit(&shown.text, room);
        self.was_cut |= !is_all;
        writeln!(out, "{DEEPER}{title}{}", *text)
    }

    /// Makes the columns at least as wide as those of the profile's stores before.
    fn align(&self, table: &mut Table) {
        for (index, widest) in self.widths.iter().enumerate() {
            if let Some(column) = table.column_mut(index) {
                let widest = u16::try_from(*widest).unwrap_or(u16::MAX);
                let width = widest.saturating_add(PADDING);
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
            }
        }
    }
}
