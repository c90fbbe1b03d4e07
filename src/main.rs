//! The command `cookieclean`: see the library for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    cookieclean::cli::main(std::env::args_os())
}
