//! What a person types and reads. Nothing below this prints.

pub mod args;
mod clean;
mod exit;
mod in_the_way;
mod interrupt;
mod list;
mod owner;
mod profiles;
mod question;
mod report;
mod sites;
mod target;
mod undo;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use jiff::Timestamp;

use args::{Args, ColorWhen, Command, Output};
use exit::{Failure, Status};

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
    match args.output.color {
        ColorWhen::Auto => {}
        ColorWhen::Always => anstream::ColorChoice::Always.write_global(),
        ColorWhen::Never => anstream::ColorChoice::Never.write_global(),
    }
    run(&args)
        .unwrap_or_else(|failure| report::failure(&failure))
        .into()
}

fn run(args: &Args) -> Result<Status, Failure> {
    owner::become_owner(args)?;
    // Copies that are too old are destroyed by whatever runs next. That this does
    // not work is no reason not to do what was asked.
    let undo = crate::undo::Undo::of_this_user();
    if let Ok(undo) = &undo {
        for error in undo.expire(Timestamp::now()) {
            report::warn(&format!(
                "old copies for undo could not be destroyed: {error}"
            ));
        }
    }
    if !matches!(args.command, None | Some(Command::Undo(_))) || args.clean.dry_run {
        interrupt::end_at_once();
    }
    match &args.command {
        None => clean::run(&args.clean, &args.output),
        Some(Command::List(list)) => list::run(list, &args.output),
        Some(Command::Sites(sites)) => sites::run(sites, &args.output),
        Some(Command::Profiles(profiles)) => profiles::run(profiles, &args.output),
        Some(Command::Undo(what)) => undo::run(what, &args.output, &undo?),
    }
}

/// Writes one JSON document, ended by a line feed.
fn print_json(document: &impl serde::Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    report::json::write(&mut out, document)?;
    writeln!(out)?;
    out.flush()
}

impl Output {
    /// Whether a person reads along and wants to.
    fn is_chatty(&self) -> bool {
        !self.json && !self.quiet
    }
}
