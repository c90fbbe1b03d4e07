//! The project's own tasks: `cargo xtask`.

#[cfg(target_os = "linux")]
#[path = "../../tests/browser/mod.rs"]
mod browser;
#[cfg(target_os = "linux")]
mod fixtures;
mod packaging;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <TASK>

  fixtures   write fixtures/home and fixtures/home.expected.json again (Linux, with
             Chromium and Firefox)
  packaging  write the completions and the man pages again, after a change to the
             command line";

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("fixtures"), None) => make_fixtures(),
        (Some("packaging"), None) => write_packaging()?,
        _ => {
            eprintln!("{USAGE}");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The root of the repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

#[cfg(target_os = "linux")]
fn make_fixtures() {
    fixtures::make(&root().join("fixtures"));
}

#[cfg(not(target_os = "linux"))]
fn make_fixtures() {
    eprintln!("The fixtures are made on Linux, where the browser driver works.");
    std::process::exit(1);
}

fn write_packaging() -> io::Result<()> {
    for (name, bytes) in packaging::all()? {
        let path = root().join("packaging").join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, bytes)?;
    }
    Ok(())
}
