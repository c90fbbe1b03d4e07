//! The forms in which Firefox writes its session.
//!
//! `xpcom/ioutils/IOUtils.cpp` in Firefox's source: the 8 bytes `mozLz40\0`, the
//! length of the text as 32 bits, little end first, and one LZ4 block. Before version
//! 56 plain text.

use std::slice;

use lz4_flex::block;

use crate::model::error::Fault;

const MAGIC: &[u8; 8] = b"mozLz40\0";
const HEADER: usize = MAGIC.len() + 4;
/// Sessions beyond it are not known to exist; memory is given away for what a file
/// only says of itself.
pub(super) const LARGEST: u64 = 512 << 20;

/// How much of a session a byte of its file stands for, at most: Firefox's own are a
/// third to a tenth of their text, and LZ4 could make them a 255th.
const DENSEST: u64 = 32;
/// Up to here that does not matter, in bytes of text.
const SMALL: u64 = 48 << 20;

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
    // Before any memory is given away.
    if length > LARGEST || text_length(block) != Some(length) {
        return Err(bad(&format!("{length} bytes are not in it")));
    }
    if length > SMALL.max(DENSEST * block.len() as u64) {
        return Err(bad(&format!(
            "it is {length} bytes long in only {}, as no browser writes it",
            bytes.len()
        )));
    }
    let mut text = vec![0; usize::try_from(length).map_err(|e| bad(&e.to_string()))?];
    let found = block::decompress_into(block, &mut text).map_err(|e| bad(&e.to_string()))?;
    if found != text.len() {
        return Err(bad(&format!("it has {found} bytes instead of {length}")));
    }
    Ok(text)
}

/// How much text an LZ4 block stands for; None where it breaks off. Sequences of a token
/// (the lengths, 15 of which are continued in bytes up to one that is not 255), literals,
/// two bytes of an offset, and a match; the last has literals only
/// (`doc/lz4_Block_format.md` in LZ4's source).
fn text_length(block: &[u8]) -> Option<u64> {
    const SHORTEST_MATCH: u64 = 4;
    let mut rest = block.iter();
    let mut length = 0_u64;
    loop {
        let token = *rest.next()?;
        let literals = number(token >> 4, &mut rest)?;
        length += literals;
        if let Some(last) = usize::try_from(literals).ok()?.checked_sub(1) {
            rest.nth(last)?;
        }
        if rest.as_slice().is_empty() {
            return Some(length);
        }
        rest.nth(1)?;
        length += number(token & 15, &mut rest)? + SHORTEST_MATCH;
    }
}

fn number(start: u8, rest: &mut slice::Iter<'_, u8>) -> Option<u64> {
    let mut number = start.into();
    if start == 15 {
        loop {
            let more = *rest.next()?;
            number += u64::from(more);
            if more < 255 {
                break;
            }
        }
    }
    Some(number)
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
