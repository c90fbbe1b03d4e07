//! The forms in which Firefox writes its session.
//!
//! `xpcom/ioutils/IOUtils.cpp` in Firefox's source: the 8 bytes `mozLz40\0`, the
//! length of the text as 32 bits, little end first, and one LZ4 block. Before version
//! 56 plain text.

use lz4_flex::block;

use crate::error::Fault;

const MAGIC: &[u8; 8] = b"mozLz40\0";
const HEADER: usize = MAGIC.len() + 4;
/// Sessions beyond it are not known to exist; memory is given away for what a file
/// only says of itself.
pub(super) const LARGEST: u64 = 512 << 20;
/// What a byte of LZ4 can stand for, at most.
const RATIO: u64 = 255;

/// How a session is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Compressed,
    Plain,
    /// Nothing at all, as an interrupted write leaves it.
    Empty,
}

/// How long the text is, by the beginning of a file and its length.
pub(super) fn declared(start: &[u8], length: u64) -> u64 {
    match start.first_chunk::<HEADER>() {
        Some([magic @ .., a, b, c, d]) if magic == MAGIC => {
            u32::from_le_bytes([*a, *b, *c, *d]).into()
        }
        _ => length,
    }
}

/// The text of a session.
///
/// # Errors
/// When the bytes are not what they claim to be.
pub(super) fn decode(bytes: Vec<u8>) -> Result<(Form, String), Fault> {
    if bytes.is_empty() {
        return Ok((Form::Empty, String::new()));
    }
    let (form, text) = match bytes.starts_with(MAGIC) {
        true => (Form::Compressed, decompress(&bytes)?),
        false => (Form::Plain, bytes),
    };
    let text = String::from_utf8(text).map_err(|e| bad(&e.utf8_error().to_string()))?;
    Ok((form, text))
}

fn decompress(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let block = bytes
        .get(HEADER..)
        .ok_or_else(|| bad("its end is missing"))?;
    let length = declared(bytes, 0);
    if length > LARGEST || length > RATIO * block.len() as u64 {
        return Err(bad(&format!("{length} bytes are not in it")));
    }
    let mut text = vec![0; usize::try_from(length).map_err(|e| bad(&e.to_string()))?];
    let found = block::decompress_into(block, &mut text).map_err(|e| bad(&e.to_string()))?;
    if found != text.len() {
        return Err(bad(&format!("it has {found} bytes instead of {length}")));
    }
    Ok(text)
}

/// The text in a form.
///
/// # Errors
/// When it is too long for it.
pub(super) fn encode(form: Form, text: String) -> Result<Vec<u8>, Fault> {
    if form != Form::Compressed {
        return Ok(text.into_bytes());
    }
    let length = u32::try_from(text.len()).map_err(|e| bad(&e.to_string()))?;
    let mut bytes = vec![0; HEADER + block::get_maximum_output_size(text.len())];
    bytes[..MAGIC.len()].copy_from_slice(MAGIC);
    bytes[MAGIC.len()..HEADER].copy_from_slice(&length.to_le_bytes());
    let written = block::compress_into(text.as_bytes(), &mut bytes[HEADER..])
        .map_err(|e| bad(&e.to_string()))?;
    bytes.truncate(HEADER + written);
    Ok(bytes)
}

pub(super) fn bad(why: &str) -> Fault {
    Fault::BadSession(why.to_owned())
}
