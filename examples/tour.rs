//! The main job on a copy of the sample home folder, command by command, on any
//! system and without any browser: `cargo run --example tour`.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let temp = tempfile::tempdir()?;
    let home = temp.path().join("home");
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/home"),
        &home,
    )?;
    let mut last = ExitCode::SUCCESS;
    for (arguments, in_sample) in [
        (&["profiles"][..], true),
        (&["list", "openai.com"], true),
        (&["openai.com"], true),
        (&["list", "openai.com"], true),
        (&["undo"], false),
        (&["list", "example.com", "--site-data"], true),
        (&["example.com", "--site-data", "--yes"], true),
        (&["undo"], false),
    ] {
        println!("\n$ cookieclean {}", arguments.join(" "));
        let mut all: Vec<_> = ["cookieclean"]
            .iter()
            .chain(arguments)
            .map(Into::into)
            .collect();
        if in_sample {
            all.extend(["--layout", "linux", "--home"].map(Into::into));
            all.push(home.clone().into_os_string());
        }
        last = cookieclean::cli::main(all);
    }
    Ok(last)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
