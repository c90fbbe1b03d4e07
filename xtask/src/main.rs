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
  site-data  write only the site data in fixtures/home again
  packaging  write the completions and the man pages again, after a change to the
             command line
  pictures   draw docs/pictures again, after a change to what is shown (Linux)";

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("fixtures"), None) => make_fixtures(fixtures::make),
        (Some("site-data"), None) => make_fixtures(fixtures::add_site_data),
        (Some("packaging"), None) => write_packaging()?,
        (Some("pictures"), None) => write_pictures()?,
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
fn make_fixtures(make: impl FnOnce(&Path)) {
    make(&root().join("fixtures"));
}

#[cfg(not(target_os = "linux"))]
mod fixtures {
    pub(crate) fn make(_: &std::path::Path) {}
    pub(crate) use make as add_site_data;
}

#[cfg(not(target_os = "linux"))]
fn make_fixtures(_: impl FnOnce(&Path)) {
    eprintln!("The fixtures are made on Linux, where the browser driver works.");
    std::process::exit(1);
}

/// By the test that compares them, which says what it draws on.
fn write_pictures() -> io::Result<()> {
    let status = std::process::Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--test", "pictures"])
        .env("COOKIECLEAN_DRAW", "1")
        .current_dir(root())
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other("the pictures were not drawn")),
    }
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
