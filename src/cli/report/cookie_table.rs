//! The cookies of a profile as a person reads them: a line for each, aligned.

use std::collections::HashMap;
use std::io::{self, Write};

use comfy_table::{ColumnConstraint, Table, Width};
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::text::{cut, fit, plain_table, safe, terminal_width};
use super::words::{WIDEST_HOST, WIDEST_NAME, lifetime, remarks};
use crate::cookie::Cookie;
use crate::discover::Job;
use crate::reveal::Reveal;
use crate::store::Kind;
use crate::value::StoredValue;

/// In front of what belongs to the line above.
const DEEPER: &str = "      ";
/// Where there is no terminal that has one.
const USUAL_WIDTH: usize = 80;
/// However narrow the terminal is.
const LEAST_OF_A_VALUE: usize = 20;

/// Of a column, left and right together.
const PADDING: u16 = 2;

/// By what a person tells cookies apart: host, name, path, partition, container.
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
pub struct CookieTable {
    widths: [usize; 3],
    /// What was shown of the session files of the current profile: of several that
    /// have the same cookie, one is enough to read; each with the values it was shown with.
    in_session: HashMap<SessionRow, Vec<Option<StoredValue>>>,
    repeated: u64,
    /// What shows values, when they are to be shown.
    reveal: Option<Reveal>,
    /// However long they are.
    is_whole: bool,
    was_cut: bool,
}

impl CookieTable {
    /// With the values, cut unless they are wanted whole.
    pub fn with_values(reveal: Reveal, whole: bool) -> Self {
        Self {
            reveal: Some(reveal),
            is_whole: whole,
            ..Self::default()
        }
    }

    /// Cookies that were not shown, since the same ones were.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Whether a value was cut.
    pub fn was_cut(&self) -> bool {
        self.was_cut
    }

    /// What comes now is another profile's.
    pub fn begin_profile(&mut self) {
        self.widths = [0; 3];
        self.in_session.clear();
    }

    pub fn write(
        &mut self,
        out: &mut dyn Write,
        job: &Job<'_>,
        cookies: &[Cookie],
    ) -> io::Result<()> {
        let now = Timestamp::now();
        let cookies = self.unseen(job, cookies);
        if cookies.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = cookies
            .iter()
            .map(|cookie| {
                let host = format!(" {}", cut(&cookie.host, WIDEST_HOST));
                let name = cut(&cookie.name, WIDEST_NAME);
                ([host, name, lifetime(cookie, now)], remarks(job, cookie))
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
        let is_wide = whole.lines().any(|line| line.width() > terminal_width());
        if is_wide {
            let mut table = plain_table();
            for (columns, _) in &rows {
                table.add_row(columns);
            }
            self.align(&mut table);
            whole = table.trim_fmt();
        }
        for ((line, (_, remark)), cookie) in whole.lines().zip(&rows).zip(cookies) {
            writeln!(out, "{line}")?;
            if is_wide && !remark.is_empty() {
                writeln!(out, "{DEEPER}{remark}")?;
            }
            self.value(out, job, cookie)?;
        }
        Ok(())
    }

    /// Those cookies of a store that were not shown as another's of the same profile.
    fn unseen<'c>(&mut self, job: &Job<'_>, cookies: &'c [Cookie]) -> Vec<&'c Cookie> {
        let is_session = job.store.kind() == Kind::FirefoxSession;
        let all = cookies.len();
        let mut is_new = |cookie: &Cookie| {
            let values = self.in_session.entry(row_of(cookie)).or_default();
            let is_new = !values.contains(&cookie.value);
            if is_new {
                values.push(cookie.value.clone());
            }
            is_new
        };
        let unseen: Vec<_> = cookies
            .iter()
            .filter(|cookie| !is_session || is_new(cookie))
            .collect();
        self.repeated += (all - unseen.len()) as u64;
        unseen
    }

    /// The value of a cookie, below its line.
    fn value(&mut self, out: &mut dyn Write, job: &Job<'_>, cookie: &Cookie) -> io::Result<()> {
        let Some(reveal) = &mut self.reveal else {
            return Ok(());
        };
        let shown = match reveal.value(job.profile, cookie) {
            Ok(shown) => shown,
            Err(error) => {
                let error = error.to_string();
                return writeln!(out, "{DEEPER}value not shown: {}", safe(&error));
            }
        };
        let title = match (shown.is_base64, shown.text.is_empty()) {
            (_, true) => "value: (empty)",
            (false, _) => "value: ",
            (true, _) => "value (no text, so in base64): ",
        };
        let width = match terminal_width() {
            usize::MAX => USUAL_WIDTH,
            width => width,
        };
        let room = width.saturating_sub(DEEPER.len() + title.len());
        let room = match self.is_whole {
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
