//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file below these folders of the repository, sorted.
pub fn below(folders: &[&str]) -> Vec<PathBuf> {
    fn add(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => add(&path, files),
                false => files.push(path),
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in folders {
        add(&root.join(folder), &mut files);
    }
    files.sort();
    files
}
