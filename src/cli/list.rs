//! `cookieclean list`: what would be deleted.

use std::io::{self, IsTerminal};

use super::args::{List, Matching, Places, Values};
use super::exit::{Failure, Status};
use super::observer::Terminal;
use super::report::Renderer;
use super::report::human::{Human, Report};
use super::report::json::JsonListing;
use super::suggestion::Suggestions;
use super::target;
use super::ui::{self, Ui};
use crate::engine::reveal::Reveal;
use crate::engine::{Cancel, list};
use crate::wording::say;

pub(super) fn run(list: &List, ui: &Ui) -> Result<Status, Failure> {
    show(&list.matching, &list.places, list.values, ui)
}

/// Lists what the arguments mean.
pub(super) fn show(
    matching: &Matching,
    places: &Places,
    values: Values,
    ui: &Ui,
) -> Result<Status, Failure> {
    let (mut query, found) = target::target(matching, places)?;
    target::report_search(ui, &found, places)?;
    query.with_values = values.show_values && (ui.json || !ui.quiet);
    let reveal = query.with_values.then(reveal);
    let suggestions = Suggestions::of(Some(matching), places);
    let mut json;
    let mut human;
    let renderer: &mut dyn Renderer = if ui.json {
        json = JsonListing::begin(&query)?;
        &mut json
    } else {
        human = Human::new(Report::List, ui, &query, &suggestions, values.full);
        &mut human
    };
    let cancel = Cancel::default();
    let mut terminal = Terminal::new(ui, &cancel, renderer);
    let mut summary = list(&found, &query, reveal, target::threads(), &mut terminal);
    target::add_similar(ui, &mut summary, &query, &found);
    target::add_site_data(ui, &mut summary, &query, &found);
    terminal.end(&summary)?;
    Ok(Status::from(&summary))
}

fn reveal() -> Reveal {
    if !io::stdout().is_terminal() {
        ui::note(&say!("values-are-credentials"));
    }
    // Without a terminal there is nobody in front of it to answer a dialog.
    Reveal::new(io::stderr().is_terminal(), || {
        ui::note(&say!("waiting-for-keyring"));
    })
}
