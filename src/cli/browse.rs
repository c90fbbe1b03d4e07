//! `cookieclean browse`: the full screen, where there is a terminal.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;

use super::args::Browse;
use super::exit::{Failure, Status};
use super::ui::{Ui, sentence};
use super::{interrupt, target};
use crate::tui::{self, Place, Setting};
use crate::undo::Undo;

/// Whether there is a terminal to show it on, and to type at.
pub(super) fn has_screen() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb
}

/// What somebody means who names no domain: the screen, where there is one.
pub(super) fn instead(command_line: &[OsString]) -> Option<Vec<OsString>> {
    let is_wanted = !command_line.iter().any(|argument| argument == "--no-tui");
    (is_wanted && has_screen()).then(|| {
        let mut command_line = command_line.to_vec();
        command_line.insert(command_line.len().min(1), "browse".into());
        command_line
    })
}

pub(super) fn run(browse: &Browse, ui: &Ui, undo: &Undo) -> Result<Status, Failure> {
    if ui.json || ui.no_tui || !has_screen() {
        return Err(Failure::NoScreen);
    }
    let places = &browse.places;
    // What cannot be searched at all is said where it can be read.
    let found = target::search(places)?;
    let search =
        |only: Option<&Path>| target::search_in(places, only).map_err(|failure| sentence(&failure));
    let cancel = interrupt::note();
    tui::run(Setting {
        place: Place {
            search: &search,
            undo,
            cancel: &cancel,
            threads: target::threads(),
        },
        found,
        text: browse.text.clone().unwrap_or_default(),
        with_colors: anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    })?;
    Ok(Status::Fine)
}
