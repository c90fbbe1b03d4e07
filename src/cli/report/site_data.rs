//! Site data: what a person reads of it.

use std::io::{self, Write};

use super::cookie_table::DEEPER;
use super::plain_table;
use crate::engine::Summary;
use crate::model::item::{Item, Match, MatchedBy};
use crate::model::site_data::SiteData;
use crate::wording::names::{WIDEST_HOST, kinds_of_data, remark_on_container, remark_on_partition};
use crate::wording::text::cut;
use crate::wording::{enumerated, say, size};

/// A line for each storage key.
pub(super) fn write(out: &mut dyn Write, matches: &[Match]) -> io::Result<()> {
    let mut table = plain_table();
    let mut remarks = Vec::new();
    for found in matches {
        if let Item::SiteData(data) = &found.item {
            table.add_row([
                format!(" {}", cut(&data.key.origin, WIDEST_HOST)),
                size(data.bytes()),
                kinds_of_data(&data.contents),
            ]);
            remarks.push(remarks_of(data, found.reason));
        }
    }
    for (line, remark) in table.trim_fmt().lines().zip(&remarks) {
        writeln!(out, "{line}")?;
        if !remark.is_empty() {
            writeln!(out, "{DEEPER}{remark}")?;
        }
    }
    Ok(())
}

fn remarks_of(data: &SiteData, reason: MatchedBy) -> String {
    let partition = remark_on_partition(data.key.partition.as_deref(), reason);
    let container = remark_on_container(data.key.container.as_deref());
    let remarks: Vec<_> = partition.into_iter().chain(container).collect();
    enumerated(&remarks)
}

/// What a list found.
pub(super) fn found(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let line = match summary.site_data.keys {
        0 => say!("site-data-none"),
        keys => say!(
            "site-data-found",
            size = size(summary.site_data.bytes),
            origins = say!("count-origins", n = keys)
        ),
    };
    writeln!(out, "{line}")
}

/// What a deletion deleted, and what it left.
pub(super) fn deleted(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    if summary.site_data.keys > 0 {
        let line = say!(
            "site-data-deleted",
            origins = say!("count-origins", n = summary.site_data.keys),
            size = size(summary.site_data.bytes)
        );
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{}", say!("site-data-left"))
}

/// That there is more than cookies.
pub(super) fn hint(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    match summary.other_site_data.keys {
        0 => Ok(()),
        _ => {
            let size = size(summary.other_site_data.bytes);
            writeln!(out, "{}", say!("site-data-hint", size = size))
        }
    }
}
