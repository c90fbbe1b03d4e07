//! What packages bring along beside the program, made in memory from the definition
//! of its command line. `cargo xtask packaging` writes it; a test compares it with what is
//! stored.

mod completions;
mod man;

use std::io;

use clap::Command;

const NAME: &str = "cookieclean";
const WAIT: &str = "wait";

/// Every file: its path below `packaging/`, and its bytes.
///
/// # Errors
/// None to be expected, since nothing is written but memory.
pub fn all() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = completions::scripts()?;
    files.extend(man::pages()?);
    Ok(files)
}

/// Changes `--wait` wherever there is one.
fn with_wait(command: Command, change: fn(clap::Arg) -> clap::Arg) -> Command {
    let has_wait = command
        .get_arguments()
        .any(|argument| argument.get_id() == WAIT);
    let command = if has_wait {
        command.mut_arg(WAIT, change)
    } else {
        command
    };
    command.mut_subcommands(|sub| with_wait(sub, change))
}
