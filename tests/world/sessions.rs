//! Firefox's session files.

use std::fs;
use std::path::Path;

/// A session file as Firefox writes it today.
pub fn compressed(text: &str) -> Vec<u8> {
    let mut file = b"mozLz40\0".to_vec();
    // It begins with the length, as 32 bits, little end first.
    file.extend(lz4_flex::block::compress_prepend_size(text.as_bytes()));
    file
}

/// The text of a session file, however it is written.
pub fn text(path: &Path) -> String {
    let bytes = fs::read(path).unwrap();
    let text = match bytes.strip_prefix(b"mozLz40\0") {
        Some(block) => lz4_flex::block::decompress_size_prepended(block).unwrap(),
        None => bytes,
    };
    String::from_utf8(text).unwrap()
}
