//! Completion scripts.
//!
//! For clap_complete a program takes either commands or arguments of its own: in zsh,
//! fish and PowerShell its scripts offer nothing any more behind a domain. Here the
//! domain comes first as a rule, so that is mended in the scripts, and fails loudly
//! where another version of clap_complete has other ones.

use clap::{Arg, ArgAction, Command, CommandFactory};
use clap_complete::{Generator, Shell, generate};

use cookieclean::cli::args::Args;

use super::{NAME, with_wait};

/// Stands for the domain where a script wants a command.
const ANY_DOMAIN: &str = "DOMAIN";
const REST: &str = "'*::domains";
const OTHER_SCRIPTS: &str = "clap_complete writes other scripts now: look at how these complete \
    what is behind a domain, and mend them anew; looked for";

pub fn scripts() -> Vec<(String, Vec<u8>)> {
    [
        (Shell::Bash, script(Shell::Bash, program())),
        (Shell::Zsh, zsh()),
        (Shell::Fish, fish()),
        (Shell::PowerShell, powershell()),
    ]
    .into_iter()
    .map(|(shell, script)| {
        let file = format!("completions/{}", shell.file_name(NAME));
        (file, script.into_bytes())
    })
    .collect()
}

fn zsh() -> String {
    let program = program();
    let options = program
        .get_arguments()
        .filter(|argument| !argument.is_positional());
    // Without a domain of its own, which zsh would want in front of a command; it is
    // one more command instead, with everything that the program takes.
    let all = Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(options)
        .subcommands(program.get_subcommands())
        .subcommand(Command::new(ANY_DOMAIN).args(program.get_arguments()));
    let script = script(Shell::Zsh, all);
    let script = replaced(&script, &format!("({ANY_DOMAIN})\n"), "(*)\n");
    let script = replaced(&script, &format!("'{ANY_DOMAIN}:' \\\n"), "");
    // With two colons zsh offers no options behind a second domain.
    assert!(script.contains(REST), "{OTHER_SCRIPTS}: {REST:?}");
    script.replace(REST, "'*:domains")
}

fn fish() -> String {
    let script = replaced(
        &script(Shell::Fish, program()),
        "if set -q argv[1]\n",
        &format!("if contains -- \"$argv[1]\" {}\n", commands().join(" ")),
    );
    // Files where an option takes one, and nowhere else.
    format!("{script}complete -c {NAME} -f\n")
}

fn powershell() -> String {
    let commands: Vec<_> = commands().iter().map(|name| format!("'{name}'")).collect();
    replaced(
        &script(Shell::PowerShell, program()),
        "$element.Value.StartsWith('-') -or\n",
        &format!("$element.Value -notin @({}) -or\n", commands.join(", ")),
    )
}

/// The command line as a shell can understand it.
fn program() -> Command {
    with_wait(Args::command(), |wait| {
        // A shell cannot see whether what comes next is a number or a domain, and would
        // offer files. "=60" can still be typed.
        let mut flag = Arg::new(super::WAIT)
            .long(super::WAIT)
            .action(ArgAction::SetTrue);
        if let Some(help) = wait.get_help() {
            flag = flag.help(help.clone());
        }
        flag
    })
    .disable_help_subcommand(true)
}

fn commands() -> Vec<String> {
    program()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect()
}

fn script(shell: Shell, mut program: Command) -> String {
    let mut script = Vec::new();
    generate(shell, &mut program, NAME, &mut script);
    String::from_utf8(script).expect("the definition is UTF-8, and so is what is made of it")
}

fn replaced(script: &str, what: &str, by: &str) -> String {
    assert_eq!(script.matches(what).count(), 1, "{OTHER_SCRIPTS}: {what:?}");
    script.replace(what, by)
}
