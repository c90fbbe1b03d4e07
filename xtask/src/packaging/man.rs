//! A man page for the program, and one for each of its commands.

use std::io;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use cookieclean::cli::args::Args;

use super::{NAME, with_wait};

pub fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    // "help" is for the terminal: it shows what is in these pages.
    let mut program = with_wait(Args::command(), |wait| {
        // The program joins "--wait 60" before clap sees it.
        wait.require_equals(false)
    })
    .disable_help_subcommand(true);
    program.build();
    let others: Vec<_> = program.get_subcommands().map(page_name).collect();

    let version = program.get_version().unwrap_or_default();

    let mut pages = vec![page(&program, version, &others)?];
    for command in program.get_subcommands() {
        pages.push(page(command, version, &[NAME.to_owned()])?);
    }
    Ok(pages)
}

fn page_name(command: &Command) -> String {
    let name = command.get_display_name().unwrap_or(command.get_name());
    name.to_owned()
}

fn page(command: &Command, version: &str, see_also: &[String]) -> io::Result<(String, Vec<u8>)> {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let man = Man::new(command.clone().override_usage(usage))
        .source(format!("{NAME} {version}"))
        // Empty, in roff's own words: the same definition gives the same page on any day.
        .date("\"\"")
        .manual("User Commands");

    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    if command.get_name() == NAME {
        exit_status(command).to_writer(&mut text)?;
        environment().to_writer(&mut text)?;
    }
    section_of_links(see_also).to_writer(&mut text)?;
    Ok((format!("man/{}", man.get_filename()), text))
}

/// What stands below the options in `--help`, as man pages have it: a line for each code.
fn exit_status(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let Some(help) = command.get_after_help().map(ToString::to_string) else {
        return roff;
    };
    let codes = help
        .strip_prefix("Exit status: ")
        .expect("it is about the exit status");
    roff.control("SH", ["EXIT STATUS"]);
    for line in codes.trim_end_matches('.').split("; ") {
        let (code, meaning) = line.split_once(' ').expect("a code and its meaning");
        roff.control("TP", []);
        roff.text([bold(code)]).text([roman(meaning)]);
    }
    roff
}

fn environment() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in [
        (
            "COOKIECLEAN_STATE_DIR",
            "The folder for copies of what was deleted, for undo. By default \
             cookieclean/undo in the state folder: $XDG_STATE_HOME or ~/.local/state on \
             Linux, ~/Library/Application Support on macOS, %LOCALAPPDATA% on Windows",
        ),
        ("NO_COLOR", "If set, no colours"),
    ] {
        roff.control("TP", []);
        roff.text([bold(name)]).text([roman(meaning)]);
    }
    roff
}

fn section_of_links(pages: &[String]) -> Roff {
    let mut links = Vec::new();
    for page in pages {
        if !links.is_empty() {
            links.push(roman(", "));
        }
        links.extend([bold(page), roman("(1)")]);
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]).text(links);
    roff
}
