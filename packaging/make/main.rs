//! Writes the completions and the man pages again, after a change to the command
//! line: `cargo run --example make-packaging`.

mod files;

use std::fs;
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging");
    for (name, bytes) in files::all()? {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder"))?;
        fs::write(path, bytes)?;
    }
    Ok(())
}
