//! Going through a text that is JSON, with what is open at each point.

use std::borrow::Cow;
use std::ops::Range;

use super::places::{Prefix, Wanted};
use crate::formats::json::end_of_string;

/// A token. Numbers, booleans and null are skipped.
pub(super) enum Token {
    /// An object or array begins here; it is the last of what is open.
    Open(usize),
    /// The last of what was open ended here.
    Close(usize),
    /// Between two members or elements of the last of what is open.
    Comma(usize),
    /// A string that is not a key.
    Text(Range<usize>),
}

/// An object or array that is not closed yet. There can be many of them: texts are shorter
/// than 4 GB.
pub(super) struct Frame {
    /// Where it begins.
    pub start: u32,
    /// Where the key of the member at hand begins; 0 in an array, and before the first.
    key: u32,
    /// The number of the element at hand.
    index: u32,
    /// What its place has in common with those that are looked for.
    pub prefix: Prefix,
    awaits_key: bool,
}

impl Frame {
    pub(super) fn is_array(&self) -> bool {
        self.key == 0
    }
}

pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    pub open: Vec<Frame>,
    /// The prefix of the whole.
    prefix: Prefix,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str, prefix: Prefix) -> Self {
        Self {
            text,
            at: 0,
            open: Vec::new(),
            prefix,
        }
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            let at = self.at;
            self.at += 1;
            match byte {
                b'"' => {
                    self.at = end_of_string(bytes, at);
                    match self.open.last_mut() {
                        Some(frame) if frame.awaits_key => {
                            frame.awaits_key = false;
                            frame.key = offset(at);
                        }
                        _ => return Some(Token::Text(at..self.at)),
                    }
                }
                b'{' | b'[' => {
                    self.open.push(Frame {
                        start: offset(at),
                        key: 0,
                        index: 0,
                        prefix: Prefix::default(),
                        awaits_key: *byte == b'{',
                    });
                    return Some(Token::Open(at));
                }
                b'}' | b']' => {
                    self.open.pop();
                    return Some(Token::Close(at));
                }
                b',' => {
                    if let Some(frame) = self.open.last_mut() {
                        frame.index += 1;
                        frame.awaits_key = !frame.is_array();
                    }
                    return Some(Token::Comma(at));
                }
                _ => {}
            }
        }
        None
    }

    /// Whether the member at hand of what is open at this depth has this key. Of a longer
    /// one no more is looked at: it can be asked about again and again.
    pub(super) fn is_at(&self, depth: usize, key: &str) -> bool {
        /// The longest way to write a character of a key.
        const ESCAPE: usize = "\\u0000".len();
        let start = self.open[depth].key as usize;
        let rest = &self.text.as_bytes()[start..];
        let longest = &rest[..rest.len().min(ESCAPE * key.len() + 2)];
        let literal = self.text.get(start..start + end_of_string(longest, 0));
        start > 0
            && literal.is_some_and(|literal| literal.ends_with('"') && unquoted(literal) == key)
    }

    fn key(&self, frame: &Frame) -> Option<&'t str> {
        let start = frame.key as usize;
        (start > 0).then(|| &self.text[start..end_of_string(self.text.as_bytes(), start)])
    }

    /// Finds out what the place of the last of what is open has in common with those that
    /// are looked for.
    pub(super) fn set_prefix(&mut self, wanted: &Wanted) {
        let prefix = match self.open.len().checked_sub(2).map(|n| &self.open[n]) {
            None => self.prefix,
            Some(frame) => self.step(frame, frame.prefix, wanted),
        };
        if let Some(frame) = self.open.last_mut() {
            frame.prefix = prefix;
        }
    }

    pub(super) fn step(&self, frame: &Frame, prefix: Prefix, wanted: &Wanted) -> Prefix {
        match prefix.is_nothing() {
            true => prefix,
            false => wanted.step(prefix, &self.step_of(frame)),
        }
    }

    /// The step of a pointer to the member or element at hand.
    pub(super) fn step_of(&self, frame: &Frame) -> String {
        match self.key(frame) {
            None => format!("/{}", frame.index),
            Some(key) => format!("/{}", unquoted(key).replace('~', "~0").replace('/', "~1")),
        }
    }
}

/// Texts are no longer than that.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What a string literal says. One that is not Unicode stays as it is written.
fn unquoted(literal: &str) -> Cow<'_, str> {
    let content = &literal[1..literal.len() - 1];
    if !content.contains('\\') {
        return content.into();
    }
    serde_json::from_str(literal).map_or(content.into(), Cow::Owned)
}
