//! A man page for the program, and one for each of its commands, in each language.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use cookieclean::cli::{command, languages, text};

use super::{NAME, with_wait};

pub fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut pages = Vec::new();
    for language in languages() {
        pages.extend(pages_in(&language)?);
    }
    Ok(pages)
}

fn pages_in(language: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    // "help" is for the terminal: it shows what is in these pages.
    let mut program = with_wait(command(language), |wait| {
        // The program joins "--wait 60" before clap sees it.
        wait.require_equals(false)
    })
    .disable_help_subcommand(true);
    program.build();
    let others: Vec<_> = program.get_subcommands().map(page_name).collect();

    let version = program.get_version().unwrap_or_default();

    let mut pages = vec![page(&program, language, version, &others)?];
    for command in program.get_subcommands() {
        pages.push(page(command, language, version, &[NAME.to_owned()])?);
    }
    Ok(pages)
}

fn page_name(command: &Command) -> String {
    let name = command.get_display_name().unwrap_or(command.get_name());
    name.to_owned()
}

fn page(
    command: &Command,
    language: &str,
    version: &str,
    see_also: &[String],
) -> io::Result<(String, Vec<u8>)> {
    let word = |name: &str| text(language, name);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let man = Man::new(command.clone().override_usage(usage))
        .source(format!("{NAME} {version}"))
        // Empty, in roff's own words: the same definition gives the same page on any day.
        .date("\"\"")
        .manual(word("man-manual"));

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
        exit_status(command, word).to_writer(&mut text)?;
        environment(word).to_writer(&mut text)?;
    }
    section_of_links(see_also, word).to_writer(&mut text)?;
    let folder = match language {
        "en" => "man".to_owned(),
        other => format!("man/{other}"),
    };
    let text = in_own_words(String::from_utf8_lossy(&text).into_owned(), word);
    Ok((
        format!("{folder}/{}", man.get_filename()),
        text.into_bytes(),
    ))
}

/// A page with the words that clap brings along put into its language.
fn in_own_words(page: String, word: impl Fn(&str) -> String) -> String {
    [
        (".SH NAME\n", "man-name"),
        (".SH SYNOPSIS\n", "man-synopsis"),
        (".SH DESCRIPTION\n", "man-description"),
        (".SH OPTIONS\n", "man-options"),
        (".SH SUBCOMMANDS\n", "man-subcommands"),
    ]
    .iter()
    .fold(page, |page, (english, name)| {
        page.replace(english, &format!(".SH {}\n", word(name)))
    })
    .replace(
        "Print help (see a summary with \\*(Aq\\-h\\*(Aq)",
        &word("clap-help"),
    )
    .replace("Print help", &word("clap-help"))
    .replace("Print version", &word("clap-version"))
}

/// What stands below the options in `--help`, as man pages have it: a line for each code.
fn exit_status(command: &Command, word: impl Fn(&str) -> String) -> Roff {
    let mut roff = Roff::new();
    let Some(help) = command.get_after_help().map(ToString::to_string) else {
        return roff;
    };
    let (_, codes) = help.split_once(": ").expect("it is about the exit status");
    roff.control("SH", [&*word("man-exit-status")]);
    for line in codes.trim_end_matches(['.', '\u{3002}']).split("; ") {
        let (code, meaning) = line.split_once(' ').expect("a code and its meaning");
        roff.control("TP", []);
        roff.text([bold(code)]).text([roman(meaning)]);
    }
    roff
}

fn environment(word: impl Fn(&str) -> String) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [&*word("man-environment")]);
    for (name, meaning) in [
        ("COOKIECLEAN_LANG", word("man-variable-lang")),
        ("COOKIECLEAN_STATE_DIR", word("man-variable-state-dir")),
        ("NO_COLOR", word("man-variable-no-color")),
    ] {
        roff.control("TP", []);
        roff.text([bold(name)]).text([roman(meaning)]);
    }
    roff
}

fn section_of_links(pages: &[String], word: impl Fn(&str) -> String) -> Roff {
    let mut links = Vec::new();
    for page in pages {
        if !links.is_empty() {
            links.push(roman(", "));
        }
        links.extend([bold(page), roman("(1)")]);
    }
    let mut roff = Roff::new();
    roff.control("SH", [&*word("man-see-also")]).text(links);
    roff
}
