//! Completion scripts: they ask the program, which knows the profiles and sites there are.

use std::io;

use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};

use super::NAME;

/// As in `src/cli/complete.rs`.
const VARIABLE: &str = "COOKIECLEAN_COMPLETE";

pub fn scripts() -> io::Result<Vec<(String, Vec<u8>)>> {
    let shells: [(&dyn EnvCompleter, &str); 4] = [
        (&Bash, "cookieclean.bash"),
        (&Zsh, "_cookieclean"),
        (&Fish, "cookieclean.fish"),
        (&Powershell, "_cookieclean.ps1"),
    ];
    let script = |(shell, file): (&dyn EnvCompleter, &str)| {
        let mut script = Vec::new();
        shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut script)?;
        Ok((format!("completions/{file}"), script))
    };
    shells.into_iter().map(script).collect()
}
