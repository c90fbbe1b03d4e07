//! The command line, by clap, and nothing else. What its options do is told in
//! `locales/`, in messages called `help-` and the option's name.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{
    ArgAction, Args as Group, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
    ValueHint,
};

use super::{complete, help};
use crate::browsers::{BROWSERS, Platform};
use crate::wording::{loader, say};

#[derive(Debug, Parser)]
#[command(
    name = "cookieclean",
    version,
    subcommand_negates_reqs = true,
    override_usage = "cookieclean [OPTIONS] <DOMAIN>...\n       cookieclean <COMMAND> [OPTIONS] ..."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub clean: Clean,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(List),
    Sites(Sites),
    Profiles(Profiles),
    Undo(UndoArgs),
    Doctor(Doctor),
    Browse(Browse),
}

/// Delete the cookies of these domains.
#[derive(Debug, Group)]
pub(crate) struct Clean {
    #[command(flatten)]
    pub matching: Matching,
    #[command(flatten)]
    pub places: Places,
    #[arg(short = 'n', long, help_heading = DELETION)]
    pub dry_run: bool,
    #[arg(short = 'i', long, help_heading = DELETION, conflicts_with = "all_users")]
    pub ask: bool,
    #[arg(long, help_heading = DELETION, requires = "site_data", conflicts_with = "ask")]
    pub yes: bool,
    #[arg(long, help_heading = DELETION)]
    pub no_undo: bool,
    #[command(flatten)]
    pub in_the_way: OpenBrowsers,
}

/// What to do about browsers that are open.
#[derive(Debug, Clone, Copy, Group)]
pub(crate) struct OpenBrowsers {
    #[arg(
        long,
        help_heading = OPEN_BROWSERS,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = FOR_EVER
    )]
    pub wait: Option<u64>,
    #[arg(long, help_heading = OPEN_BROWSERS)]
    pub close: bool,
}

/// Headings of the help, by the names of their messages.
const MATCHING: &str = "heading-matching";
const PLACES: &str = "heading-places";
const OPEN_BROWSERS: &str = "heading-open-browsers";
const DELETION: &str = "heading-deletion";
const OUTPUT: &str = "heading-output";

/// What `--wait` without a number means.
const FOR_EVER: &str = "18446744073709551615";
const WAIT: &str = "--wait";
const LANG: &str = "--lang";

#[derive(Debug, Group)]
pub(crate) struct List {
    #[command(flatten)]
    pub matching: Matching,
    #[command(flatten)]
    pub places: Places,
    #[command(flatten)]
    pub values: Values,
}

/// What is shown of values.
#[derive(Debug, Clone, Copy, Default, Group)]
pub(crate) struct Values {
    #[arg(long, help_heading = OUTPUT)]
    pub show_values: bool,
    #[arg(long, help_heading = OUTPUT, requires = "show_values")]
    pub full: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Sites {
    #[arg(value_hint = ValueHint::Other)]
    pub text: Option<String>,
    #[arg(long, help_heading = MATCHING)]
    pub site_data: bool,
    #[command(flatten)]
    pub places: Places,
}

#[derive(Debug, Group)]
pub(crate) struct Profiles {
    #[command(flatten)]
    pub places: Places,
}

#[derive(Debug, Group)]
pub(crate) struct Doctor {
    #[arg(value_name = "DOMAIN", value_hint = ValueHint::Other, add = complete::sites())]
    pub domain: Option<String>,
    #[arg(long)]
    pub fix: bool,
    #[arg(long, conflicts_with = "json")]
    pub report: bool,
    #[command(flatten)]
    pub places: Places,
}

#[derive(Debug, Group)]
pub(crate) struct Browse {
    #[arg(value_hint = ValueHint::Other)]
    pub text: Option<String>,
    #[command(flatten)]
    pub places: Places,
}

#[derive(Debug, Group)]
pub(crate) struct UndoArgs {
    #[arg(value_hint = ValueHint::Other)]
    pub id: Option<String>,
    #[arg(long, conflicts_with_all = ["id", "forget"])]
    pub list: bool,
    #[arg(long)]
    pub forget: bool,
    #[arg(long, help_heading = PLACES, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "all_users")]
    pub home: Option<PathBuf>,
    #[command(flatten)]
    pub users: Users,
    #[command(flatten)]
    pub in_the_way: OpenBrowsers,
}

/// Which cookies.
#[derive(Debug, Group)]
pub(crate) struct Matching {
    #[arg(value_name = "DOMAIN", required = true, value_hint = ValueHint::Other, add = complete::sites())]
    pub domains: Vec<String>,
    #[arg(long, help_heading = MATCHING)]
    pub exact: bool,
    #[arg(long, help_heading = MATCHING, value_name = "GLOB", value_parser = glob::Pattern::new, value_hint = ValueHint::Other)]
    pub name: Vec<glob::Pattern>,
    #[arg(long, help_heading = MATCHING, value_name = "GLOB", value_parser = glob::Pattern::new, value_hint = ValueHint::Other)]
    pub keep: Vec<glob::Pattern>,
    #[arg(long, help_heading = MATCHING)]
    pub keep_login: bool,
    #[arg(long, help_heading = MATCHING)]
    pub no_partitioned: bool,
    #[arg(long, help_heading = MATCHING, value_name = "NAME", value_hint = ValueHint::Other)]
    pub container: Vec<String>,
    #[arg(long, help_heading = MATCHING)]
    pub related: bool,
    #[arg(long, help_heading = MATCHING)]
    pub site_data: bool,
}

/// Where to look.
#[derive(Debug, Group)]
pub(crate) struct Places {
    #[arg(short, long, help_heading = PLACES, value_name = "ID", value_parser = known_browsers(), hide_possible_values = true)]
    pub browser: Vec<String>,
    #[arg(short, long, help_heading = PLACES, value_name = "NAME", add = complete::profiles())]
    pub profile: Vec<String>,
    #[arg(long, help_heading = PLACES, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "all_users")]
    pub profile_dir: Vec<PathBuf>,
    #[arg(long, help_heading = PLACES, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "all_users")]
    pub home: Option<PathBuf>,
    #[command(flatten)]
    pub users: Users,
    #[arg(long, help_heading = PLACES, value_name = "OS", value_enum)]
    pub layout: Option<LayoutName>,
}

/// Whose home folders.
#[derive(Debug, Group)]
pub(crate) struct Users {
    #[arg(long, help_heading = PLACES)]
    pub all_users: bool,
    #[arg(long, help_heading = PLACES, value_name = "NAME", requires = "all_users", value_hint = ValueHint::Username)]
    pub user: Vec<String>,
}

/// What to print, and how.
#[derive(Debug, Group)]
pub(crate) struct Output {
    #[arg(long, help_heading = OUTPUT, global = true)]
    pub json: bool,
    #[arg(short, long, help_heading = OUTPUT, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    #[arg(short, long, help_heading = OUTPUT, global = true, action = ArgAction::SetTrue)]
    pub verbose: bool,
    #[arg(long, help_heading = OUTPUT, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorWhen,
    #[arg(long, help_heading = OUTPUT, global = true)]
    pub no_tui: bool,
    #[arg(long, help_heading = OUTPUT, global = true, value_name = "LANG", value_parser = known_languages())]
    pub lang: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LayoutName {
    Linux,
    Macos,
    Windows,
}

impl From<LayoutName> for Platform {
    fn from(name: LayoutName) -> Self {
        match name {
            LayoutName::Linux => Self::Linux,
            LayoutName::Macos => Self::MacOs,
            LayoutName::Windows => Self::Windows,
        }
    }
}

impl Args {
    /// Parses a command line, the program's name first.
    ///
    /// # Errors
    /// With what clap has to say: a usage error, the help, the version.
    pub(crate) fn of(command_line: &[OsString]) -> Result<Self, clap::Error> {
        // The texts are only for a person who reads the help, or what is wrong.
        Self::by(Self::command(), command_line).or_else(|error| match error.kind() {
            ErrorKind::DisplayVersion => Err(error),
            _ => Self::by(help::in_words(Self::command(), loader()), command_line),
        })
    }

    /// Whose home folders it is about, where that is others' than one's own.
    pub(crate) fn users(&self) -> Option<&Users> {
        let users = match &self.command {
            None => &self.clean.places.users,
            Some(Command::List(list)) => &list.places.users,
            Some(Command::Sites(sites)) => &sites.places.users,
            Some(Command::Profiles(profiles)) => &profiles.places.users,
            Some(Command::Doctor(doctor)) => &doctor.places.users,
            Some(Command::Browse(browse)) => &browse.places.users,
            Some(Command::Undo(undo)) => &undo.users,
        };
        users.all_users.then_some(users)
    }

    fn by(mut command: clap::Command, command_line: &[OsString]) -> Result<Self, clap::Error> {
        let command_line = joined(command_line.iter().cloned());
        let matches = command.try_get_matches_from_mut(command_line)?;
        // clap would pass over an option of the deletion in front of another command.
        if let Some((name, _)) = matches.subcommand() {
            let astray = command.get_arguments().find(|argument| {
                !argument.is_global_set()
                    && matches.value_source(argument.get_id().as_str())
                        == Some(ValueSource::CommandLine)
            });
            if let Some(argument) = astray {
                let argument = argument.to_string();
                let message = say!("usage-astray", argument = argument, command = name);
                return Err(command.error(ErrorKind::ArgumentConflict, message));
            }
        }
        Self::from_arg_matches(&matches)
    }
}

/// Whether it is what others call their command for a deletion.
pub(super) fn means_delete(word: &str) -> bool {
    ["delete", "remove", "rm", "clean", "clear", "erase", "purge"].contains(&word)
}

/// The command that a word may be a misspelling of.
pub(super) fn command_like(word: &str) -> Option<String> {
    let commands = Args::command();
    let mut names = commands.get_subcommands().map(clap::Command::get_name);
    let is_like = |name: &&str| strsim::osa_distance(word, name) == 1;
    names.find(is_like).map(str::to_owned)
}

/// The language that a command line asks for, before it is parsed: errors and help are
/// in that language, too.
pub(super) fn language(command_line: &[OsString]) -> Option<String> {
    let mut arguments = command_line
        .iter()
        .map(|argument| argument.to_string_lossy());
    while let Some(argument) = arguments.next().filter(|argument| argument != "--") {
        match argument.strip_prefix(LANG) {
            Some("") => return arguments.next().map(Cow::into_owned),
            Some(rest) if rest.starts_with('=') => return Some(rest[1..].to_owned()),
            _ => {}
        }
    }
    None
}

/// Joins `--wait` with the number behind it, if it is one: for clap an optional value
/// would be whatever comes next, also a domain.
fn joined(command_line: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = command_line.into_iter().peekable();
    let mut joined = Vec::new();
    while let Some(mut argument) = arguments.next() {
        if argument == "--" {
            joined.push(argument);
            break;
        }
        let is_number = |next: &OsString| next.to_str().is_some_and(|n| n.parse::<u64>().is_ok());
        if argument == WAIT
            && let Some(seconds) = arguments.next_if(is_number)
        {
            argument.push("=");
            argument.push(seconds);
        }
        joined.push(argument);
    }
    joined.extend(arguments);
    joined
}

/// A parser that lists them in its error and in completions.
fn known_languages() -> PossibleValuesParser {
    PossibleValuesParser::new(crate::wording::languages())
}

/// As above.
fn known_browsers() -> PossibleValuesParser {
    PossibleValuesParser::new(BROWSERS.iter().map(|browser| browser.id))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_definitions_fit_together() {
        super::Args::command().debug_assert();
    }

    #[test]
    fn the_language_is_known_before_the_rest() {
        let of = |line: &str| {
            let words: Vec<_> = line.split(' ').map(Into::into).collect();
            super::language(&words)
        };
        assert_eq!(of("cookieclean list a.com --lang ja"), Some("ja".into()));
        assert_eq!(of("cookieclean --lang=ja --help"), Some("ja".into()));
        assert_eq!(of("cookieclean a.com"), None);
        assert_eq!(of("cookieclean -- --lang ja"), None);
        assert_eq!(of("cookieclean --lang"), None);
    }

    #[test]
    fn misspelt_command_is_known() {
        for (word, command) in [
            ("lst", Some("list")),
            ("undoo", Some("undo")),
            ("sties", Some("sites")),
            ("openai", None),
            ("list", None),
        ] {
            assert_eq!(super::command_like(word).as_deref(), command, "{word}");
        }
    }
}
