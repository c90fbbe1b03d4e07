//! What a person types and reads. Nothing below this prints.

mod all_users;
mod args;
mod browse;
mod complete;
mod delete;
mod doctor;
mod exit;
mod help;
mod interrupt;
mod list;
mod observer;
mod owner;
mod profiles;
mod question;
mod report;
mod sites;
mod suggestion;
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

use crate::wording::{self, faults, say};

/// The languages there are, by their codes.
pub fn languages() -> Vec<String> {
    wording::languages()
}

/// The definition of the command line with its texts in a language: for man pages and
/// completions.
pub fn command(language: &str) -> clap::Command {
    help::in_words(
        <Args as clap::CommandFactory>::command(),
        &wording::load(language),
    )
}

/// A text that takes nothing, in a language: for man pages.
pub fn text(language: &str, name: &str) -> String {
    wording::load(language).get(name)
}

/// Parses a command line, the program's name first, does what it says, and gives the
/// exit status. To be called before the process has a second thread: root may take on
/// another user's rights and environment.
pub fn main(command_line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command_line: Vec<_> = command_line.into_iter().collect();
    choose_language(&command_line);
    if let Some(status) = complete::answer(&command_line) {
        return status.into();
    }
    let args = match parsed(&command_line) {
        Ok(args) => args,
        Err(error) => {
            // Help and version go to standard output, and are no failure.
            help::print(&error);
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Status::Fine.into(),
                _ => Status::Usage.into(),
            };
        }
    };
    let ui = Ui::new(&args.output);
    let result = match args.users() {
        Some(users) => all_users::run(&args, users, &command_line, &ui),
        None => run(&args, &ui),
    };
    result
        .unwrap_or_else(|failure| {
            let status = ui::failure(&failure);
            match all_users::is_one_of_many() && failure.is_about_this_home() {
                true => Status::Fine,
                false => status,
            }
        })
        .into()
}

/// Without a domain, the screen is meant.
fn parsed(command_line: &[OsString]) -> Result<Args, clap::Error> {
    Args::of(command_line).or_else(|error| {
        let browse = match error.kind() {
            ErrorKind::MissingRequiredArgument => browse::instead(command_line),
            _ => None,
        };
        browse
            .and_then(|browse| Args::of(&browse).ok())
            .ok_or(error)
    })
}

/// By the option, else the environment, else the system's settings.
fn choose_language(command_line: &[OsString]) {
    let option = args::language(command_line);
    let variable = std::env::var("COOKIECLEAN_LANG").ok();
    let variable = variable.filter(|language| !language.is_empty());
    match option.or(variable) {
        Some(language) => wording::choose([language]),
        None => wording::choose(sys_locale::get_locales()),
    }
}

fn run(args: &Args, ui: &Ui) -> Result<Status, Failure> {
    owner::become_owner(args)?;
    // Copies that are too old are destroyed by whatever runs next. That this does
    // not work is no reason not to do what was asked.
    let undo = crate::undo::Undo::of_this_user();
    if let Ok(undo) = &undo {
        for error in undo.expire(Timestamp::now()) {
            ui::note(&say!("undo-not-expired", error = faults::error(&error)));
        }
    }
    let changes = match &args.command {
        None => !args.clean.dry_run,
        Some(Command::Undo(_) | Command::Browse(_)) => true,
        Some(Command::Doctor(doctor)) => doctor.fix,
        Some(_) => false,
    };
    if !changes {
        interrupt::end_at_once();
    }
    match &args.command {
        None => delete::run(&args.clean, ui),
        Some(Command::List(list)) => list::run(list, ui),
        Some(Command::Sites(sites)) => sites::run(sites, ui),
        Some(Command::Profiles(profiles)) => profiles::run(profiles, ui),
        Some(Command::Undo(what)) => undo::run(what, ui, &undo?),
        Some(Command::Doctor(doctor)) => doctor::run(doctor, ui, &undo?),
        Some(Command::Browse(browse)) => browse::run(browse, ui, &undo?),
    }
}

/// Writes one JSON document, ended by a line feed.
fn print_json(document: &impl serde::Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    report::json::write(&mut out, document)?;
    writeln!(out)?;
    out.flush()
}
