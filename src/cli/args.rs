//! The command line, by clap, and nothing else.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{
    ArgAction, Args as Group, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
    ValueHint,
};

use crate::browsers::{BROWSERS, Platform};

/// Removes one site's cookies from every browser on this computer, and nothing else.
///
/// openai.com means that host, every host below it, and cookies that other hosts
/// set while embedded in it. Browsers that are open are skipped and named. For
/// 7 days, "cookieclean undo" puts back what was deleted.
#[derive(Debug, Parser)]
#[command(
    name = "cookieclean",
    version,
    subcommand_negates_reqs = true,
    override_usage = "cookieclean [OPTIONS] <DOMAIN>...\n       cookieclean <COMMAND> [OPTIONS] ...",
    after_help = "Exit status: 0 success, also when nothing matched; 1 a store could not be \
        read, cleaned or verified; 2 wrong usage; 3 a browser was open and its profiles were \
        skipped; 130 interrupted."
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub clean: Clean,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what would be deleted. Changes nothing, and works while browsers run
    List(List),
    /// List the sites that have cookies, with counts
    Sites(Sites),
    /// List browsers and profiles, with cookie counts and whether they are open
    Profiles(Profiles),
    /// Put back what a deletion removed, or manage the copies
    Undo(UndoArgs),
}

/// Delete the cookies of these domains.
#[derive(Debug, Group)]
pub struct Clean {
    #[command(flatten)]
    pub matching: Matching,
    #[command(flatten)]
    pub places: Places,
    /// Show what would be deleted and delete nothing, as "list" does
    #[arg(short = 'n', long, help_heading = DELETION)]
    pub dry_run: bool,
    /// Show what was found and ask before deleting
    #[arg(short = 'i', long, help_heading = DELETION)]
    pub ask: bool,
    /// Keep no copy: the deletion cannot be undone
    #[arg(long, help_heading = DELETION)]
    pub no_undo: bool,
    #[command(flatten)]
    pub in_the_way: OpenBrowsers,
}

/// What to do about browsers that are open.
#[derive(Debug, Clone, Copy, Group)]
pub struct OpenBrowsers {
    /// Wait for open browsers to close, at most SECONDS (default: no limit)
    #[arg(
        long,
        help_heading = OPEN_BROWSERS,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = FOR_EVER
    )]
    pub wait: Option<u64>,
    /// Ask open browsers to quit, as a person would, and wait (30 seconds, or as --wait
    /// says). Never kills one
    #[arg(long, help_heading = OPEN_BROWSERS)]
    pub close: bool,
}

/// Headings of the help.
const MATCHING: &str = "What to match";
const PLACES: &str = "Where to look";
const OPEN_BROWSERS: &str = "Open browsers";
const DELETION: &str = "Deletion";
const OUTPUT: &str = "Output";

/// What `--wait` without a number means.
const FOR_EVER: &str = "18446744073709551615";
const WAIT: &str = "--wait";

#[derive(Debug, Group)]
pub struct List {
    #[command(flatten)]
    pub matching: Matching,
    #[command(flatten)]
    pub places: Places,
    #[command(flatten)]
    pub values: Values,
}

/// What is shown of values.
#[derive(Debug, Clone, Copy, Default, Group)]
pub struct Values {
    /// Decrypt and show values. They are live credentials. Your keyring may ask for permission
    #[arg(long, help_heading = OUTPUT)]
    pub show_values: bool,
    /// Do not cut long values
    #[arg(long, help_heading = OUTPUT, requires = "show_values")]
    pub full: bool,
}

#[derive(Debug, Group)]
pub struct Sites {
    /// List only sites whose name contains TEXT
    #[arg(value_hint = ValueHint::Other)]
    pub text: Option<String>,
    #[command(flatten)]
    pub places: Places,
}

#[derive(Debug, Group)]
pub struct Profiles {
    #[command(flatten)]
    pub places: Places,
}

#[derive(Debug, Group)]
pub struct UndoArgs {
    /// The deletion to undo (default: the newest)
    #[arg(value_hint = ValueHint::Other)]
    pub id: Option<String>,
    /// List the deletions that can be undone
    #[arg(long, conflicts_with_all = ["id", "forget"])]
    pub list: bool,
    /// Destroy copies now: of deletion ID, or of all
    #[arg(long)]
    pub forget: bool,
    /// As root: work with the rights and the copies of the owner of this home folder
    #[arg(long, help_heading = PLACES, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    #[command(flatten)]
    pub in_the_way: OpenBrowsers,
}

/// Which cookies.
#[derive(Debug, Group)]
pub struct Matching {
    /// A site: a host such as openai.com, or an address copied from the browser
    #[arg(value_name = "DOMAIN", required = true, value_hint = ValueHint::Other)]
    pub domains: Vec<String>,
    /// Match only this host, not its subdomains
    #[arg(long, help_heading = MATCHING)]
    pub exact: bool,
    /// Match only cookies with this name (repeatable; * is any text, ? is one character)
    #[arg(long, help_heading = MATCHING, value_name = "GLOB", value_parser = glob::Pattern::new, value_hint = ValueHint::Other)]
    pub name: Vec<glob::Pattern>,
    /// Leave cookies with this name (repeatable)
    #[arg(long, help_heading = MATCHING, value_name = "GLOB", value_parser = glob::Pattern::new, value_hint = ValueHint::Other)]
    pub keep: Vec<glob::Pattern>,
    /// Stay signed in: leave cookies that are a login, or look like one
    #[arg(long, help_heading = MATCHING)]
    pub keep_login: bool,
    /// Leave cookies that other hosts set while embedded in this site
    #[arg(long, help_heading = MATCHING)]
    pub no_partitioned: bool,
    /// Match only cookies in this Firefox container (repeatable; "none": outside of containers)
    #[arg(long, help_heading = MATCHING, value_name = "NAME", value_hint = ValueHint::Other)]
    pub container: Vec<String>,
    /// Include the other sites of the same service: chatgpt.com with openai.com
    #[arg(long, help_heading = MATCHING)]
    pub related: bool,
}

/// Where to look.
#[derive(Debug, Group)]
pub struct Places {
    /// Look only in this browser (repeatable): chrome, edge, firefox, ...
    #[arg(short, long, help_heading = PLACES, value_name = "ID", value_parser = known_browsers(), hide_possible_values = true)]
    pub browser: Vec<String>,
    /// Look only in this profile (repeatable): its folder name, shown name, or path
    #[arg(short, long, help_heading = PLACES, value_name = "NAME")]
    pub profile: Vec<String>,
    /// Look in this profile or user-data folder instead of searching (repeatable). As root:
    /// with the rights of its owner
    #[arg(long, help_heading = PLACES, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub profile_dir: Vec<PathBuf>,
    /// Look in this home folder instead of yours. As root: with the rights of its owner
    #[arg(long, help_heading = PLACES, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    /// The system whose folders to look in, for a mounted disk (default: this system)
    #[arg(long, help_heading = PLACES, value_name = "OS", value_enum)]
    pub layout: Option<LayoutName>,
}

/// What to print, and how.
#[derive(Debug, Group)]
pub struct Output {
    /// Print one JSON document on standard output, and nothing else there
    #[arg(long, help_heading = OUTPUT, global = true)]
    pub json: bool,
    /// Print only errors and what was skipped
    #[arg(short, long, help_heading = OUTPUT, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also print what was looked at and left alone
    #[arg(short, long, help_heading = OUTPUT, global = true, action = ArgAction::SetTrue)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, help_heading = OUTPUT, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorWhen,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LayoutName {
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
    pub fn of(command_line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(joined(command_line))?;
        // clap would pass over an option of the deletion in front of another command.
        if let Some((name, _)) = matches.subcommand() {
            let astray = command.get_arguments().find(|argument| {
                !argument.is_global_set()
                    && matches.value_source(argument.get_id().as_str())
                        == Some(ValueSource::CommandLine)
            });
            if let Some(argument) = astray {
                let message = format!("'{argument}' goes after '{name}'");
                return Err(command.error(ErrorKind::ArgumentConflict, message));
            }
        }
        Self::from_arg_matches(&matches)
    }
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
}
