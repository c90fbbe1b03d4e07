//! Cutting pieces out of a text, and putting some in, where it stands: texts are long, and
//! a second one beside it would double the memory.

use std::ops::Range;

use super::tree::Element;
use super::{Fault, Piece, bad, narrow};

/// What is to be cut out so that elements of arrays are gone: ranges of the text, which
/// ascend, and of which none touches the next.
#[derive(Default)]
pub(super) struct Cuts {
    ranges: Vec<Range<u32>>,
    /// The end of the element before, in this array.
    last: Option<usize>,
    has_kept: bool,
}

impl Cuts {
    /// Another array begins.
    pub(super) fn begin(&mut self) {
        self.last = None;
        self.has_kept = false;
    }

    /// An element stays.
    pub(super) fn keep(&mut self, element: &Element<'_>) {
        self.has_kept = true;
        self.last = Some(element.range.end);
    }

    /// An element goes: with the comma before it, or if no other is left before it, with
    /// the one behind it.
    pub(super) fn cut(&mut self, element: &Element<'_>) {
        let Range { start, end } = element.range;
        let range = match self.last.filter(|_| self.has_kept) {
            Some(last) => last..end,
            None => start..element.next.unwrap_or(end),
        };
        let range = narrow(range.start)..narrow(range.end);
        match self.ranges.last_mut() {
            Some(before) if before.end == range.start => before.end = range.end,
            _ => self.ranges.push(range),
        }
        self.last = Some(end);
    }

    /// All of these. What one has within another's goes with it.
    pub(super) fn merged(all: impl IntoIterator<Item = Self>) -> Self {
        let mut ranges: Vec<_> = all.into_iter().flat_map(|cuts| cuts.ranges).collect();
        ranges.sort_by_key(|range| range.start);
        let mut merged = Self::default();
        for range in ranges {
            match merged.ranges.last_mut() {
                Some(before) if before.end >= range.start => {
                    before.end = before.end.max(range.end);
                }
                _ => merged.ranges.push(range),
            }
        }
        merged
    }

    fn iter(&self) -> impl Iterator<Item = Range<usize>> {
        let wide = |range: &Range<u32>| range.start as usize..range.end as usize;
        self.ranges.iter().map(wide)
    }
}

/// What is left of a text of this length.
pub(super) fn around(length: usize, cuts: &Cuts) -> impl Iterator<Item = Range<usize>> {
    let starts = std::iter::once(0).chain(cuts.iter().map(|cut| cut.end));
    let ends = cuts.iter().map(|cut| cut.start).chain([length]);
    starts.zip(ends).map(|(start, end)| start..end)
}

/// The text without what is cut out.
///
/// # Errors
/// Never: what is left of a text is text.
pub(super) fn without(text: String, cuts: &Cuts) -> Result<String, Fault> {
    let mut bytes = text.into_bytes();
    let mut length = 0;
    for piece in around(bytes.len(), cuts) {
        bytes.copy_within(piece.clone(), length);
        length += piece.len();
    }
    bytes.truncate(length);
    as_text(bytes)
}

/// Only these pieces of a text, which ascend; they are moved to where they stand then.
///
/// # Errors
/// Never: pieces of a text are text.
pub(super) fn only(text: String, pieces: &mut [Piece]) -> Result<String, Fault> {
    let mut bytes = text.into_bytes();
    let mut length = 0;
    for Piece { range, .. } in pieces {
        let piece = range.start as usize..range.end as usize;
        *range = narrow(length)..narrow(length + piece.len());
        bytes.copy_within(piece.clone(), length);
        length += piece.len();
    }
    bytes.truncate(length);
    bytes.shrink_to_fit();
    as_text(bytes)
}

/// What is to be put into a text, and where.
pub(super) struct Insertion {
    pub at: usize,
    pub text: String,
}

/// The text with these, which ascend.
///
/// # Errors
/// Never: text within text is text.
pub(super) fn with(text: String, insertions: &[Insertion]) -> Result<String, Fault> {
    let mut bytes = text.into_bytes();
    let more: usize = insertions
        .iter()
        .map(|insertion| insertion.text.len())
        .sum();
    // From the end, so that nothing is moved twice.
    let mut from = bytes.len();
    let mut to = from + more;
    bytes.resize(to, 0);
    for Insertion { at, text } in insertions.iter().rev() {
        bytes.copy_within(*at..from, to - (from - at));
        to -= from - at + text.len();
        from = *at;
        bytes[to..to + text.len()].copy_from_slice(text.as_bytes());
    }
    as_text(bytes)
}

fn as_text(bytes: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|e| bad(&e.to_string()))
}
