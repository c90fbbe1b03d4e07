//! What a person types and reads. Nothing below this prints.

pub mod args;
mod delete;
mod exit;
mod interrupt;
mod list;
mod observer;
mod owner;
mod profiles;
mod question;
mod report;
mod sites;
mod target;
mod ui;
mod undo;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use jiff::Timestamp;

use args::{Args, Command};
use exit::{Failure, Status};
use ui::Ui;

/// Parses a command line, the program's name first, does what it says, and gives the
/// exit status. To be called before the process has a second thread: root may take on
/// another user's rights and environment.
pub fn main(command_line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::of(command_line) {
        Ok(args) => args,
        Err(error) => {
            // Help and version go to standard output, and are no failure.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Status::Fine.into(),
                _ => Status::Usage.into(),
            };
        }
    };
    let ui = Ui::new(&args.output);
    run(&args, &ui)
        .unwrap_or_else(|failure| ui::failure(&failure))
        .into()
}

fn run(args: &Args, ui: &Ui) -> Result<Status, Failure> {
    owner::become_owner(args)?;
    // Copies that are too old are destroyed by whatever runs next. That this does
    // not work is no reason not to do what was asked.
    let undo = crate::undo::Undo::of_this_user();
    if let Ok(undo) = &undo {
        for error in undo.expire(Timestamp::now()) {
            ui::note(&format!(
                "old copies for undo could not be destroyed: {error}"
            ));
        }
    }
    if !matches!(args.command, None | Some(Command::Undo(_))) || args.clean.dry_run {
        interrupt::end_at_once();
    }
    match &args.command {
        None => delete::run(&args.clean, ui),
        Some(Command::List(list)) => list::run(list, ui),
        Some(Command::Sites(sites)) => sites::run(sites, ui),
        Some(Command::Profiles(profiles)) => profiles::run(profiles, ui),
        Some(Command::Undo(what)) => undo::run(what, ui, &undo?),
    }
}

/// Writes one JSON document, ended by a line feed.
fn print_json(document: &impl serde::Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    report::json::write(&mut out, document)?;
    writeln!(out)?;
    out.flush()
}
