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
/// openai.com means that host, every host below it, and the cookies that other
/// hosts set while embedded in it. A browser that is open is skipped and named.
/// What was deleted can be put back with "cookieclean undo" for 7 days.
#[derive(Debug, Parser)]
#[command(
    name = "cookieclean",
    version,
    subcommand_negates_reqs = true,
    override_usage = "cookieclean [OPTIONS] <DOMAIN>...\n       cookieclean <COMMAND> [OPTIONS] ...",
    after_help = "Exit status: 0 all is as asked; 1 some store could not be read, cleaned or \
        verified; 2 usage; 3 skipped because a browser is open; 130 interrupted."
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
    /// Show what would be deleted; changes nothing, works while browsers run
    List(List),
    /// Show the sites that have cookies, with counts
    Sites(Sites),
    /// Show every browser and profile, its cookie count, and whether it is in use
    Profiles(Profiles),
    /// Put back what a deletion removed
    Undo(UndoArgs),
}

/// Delete the cookies of these domains.
#[derive(Debug, Group)]
pub struct Clean {
    #[command(flatten)]
    pub matching: Matching,
    #[command(flatten)]
    pub places: Places,
    /// Only show what would be deleted, as "list" does
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Show what was found and ask before deleting it
    #[arg(short = 'i', long)]
    pub ask: bool,
    /// Keep no copy of what is deleted
    #[arg(long)]
    pub no_undo: bool,
    #[command(flatten)]
    pub in_the_way: OpenBrowsers,
}

/// What to do about browsers that are open.
#[derive(Debug, Clone, Copy, Group)]
pub struct OpenBrowsers {
    /// Wait until browsers in the way are closed, for so many seconds or as long as it takes
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = FOR_EVER
    )]
    pub wait: Option<u64>,
    /// Ask browsers in the way to quit, as a person would, and wait for that
    /// (30 seconds, or what --wait says); none is ever killed
    #[arg(long)]
    pub close: bool,
}

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
    /// Decrypt and show the values, which are live credentials; your keyring may ask you
    #[arg(long)]
    pub show_values: bool,
    /// Show values whole, however long
    #[arg(long, requires = "show_values")]
    pub full: bool,
}

#[derive(Debug, Group)]
pub struct Sites {
    /// Only sites with this text in their name
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
    /// Which deletion; the newest when left out
    #[arg(value_hint = ValueHint::Other)]
    pub id: Option<String>,
    /// Show the deletions that can be undone
    #[arg(long, conflicts_with_all = ["id", "forget"])]
    pub list: bool,
    /// Destroy the copies now, of one deletion or of all
    #[arg(long)]
    pub forget: bool,
    /// As root: with the rights and the copies of the owner of this home folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    #[command(flatten)]
    pub in_the_way: OpenBrowsers,
}

/// Which cookies.
#[derive(Debug, Group)]
pub struct Matching {
    /// The site: a host such as openai.com, or an address pasted from the browser
    #[arg(value_name = "DOMAIN", required = true, value_hint = ValueHint::Other)]
    pub domains: Vec<String>,
    /// Only this host, not its subdomains
    #[arg(long)]
    pub exact: bool,
    /// Only cookies with such a name (repeatable; * and ? stand for any text)
    #[arg(long, value_name = "GLOB", value_parser = glob::Pattern::new, value_hint = ValueHint::Other)]
    pub name: Vec<glob::Pattern>,
    /// All but cookies with such a name (repeatable)
    #[arg(long, value_name = "GLOB", value_parser = glob::Pattern::new, value_hint = ValueHint::Other)]
    pub keep: Vec<glob::Pattern>,
    /// Stay signed in: leave what is a login, or looks like one
    #[arg(long)]
    pub keep_login: bool,
    /// Leave cookies that other hosts set while embedded in this site
    #[arg(long)]
    pub no_partitioned: bool,
    /// Only cookies in this container of Firefox (repeatable; "none": outside of all)
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    pub container: Vec<String>,
    /// Also the other sites of the same service: chatgpt.com with openai.com
    #[arg(long)]
    pub related: bool,
}

/// Where to look.
#[derive(Debug, Group)]
pub struct Places {
    /// Only this browser (repeatable): chrome, edge, firefox, ...
    #[arg(short, long, value_name = "ID", value_parser = known_browsers(), hide_possible_values = true)]
    pub browser: Vec<String>,
    /// Only this profile (repeatable): its folder name, the name that the browser shows, or its path
    #[arg(short, long, value_name = "NAME")]
    pub profile: Vec<String>,
    /// A profile folder or a whole user-data folder, anywhere (repeatable; replaces the search);
    /// as root, with the rights of its owner
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub profile_dir: Vec<PathBuf>,
    /// Look in this home folder instead of yours; as root, with the rights of its owner
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    /// Where below the home folder to look (default: as on this system)
    #[arg(long, value_name = "OS", value_enum)]
    pub layout: Option<LayoutName>,
}

/// What to print, and how.
#[derive(Debug, Group)]
pub struct Output {
    /// One JSON document on standard output, and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// Only errors, and what was skipped
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also what was looked at and left alone
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
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
                let message = format!("'{argument}' must stand behind '{name}'");
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
