//! Finds the cookies, or what tabs have stored, in the text of a session file.
//!
//! Only ranges of the text are told, so that whatever is not cut out stays as it was
//! written. It is gone through here, since values that a browser writes and no Rust type
//! holds (a lone surrogate in a title, a number beyond 64 bits, a deep tree) must not keep
//! it from being cleaned. Nothing is kept of what was passed, so that memory does not grow
//! with what a file holds: a caller that needs it again walks again.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::format::bad;
use super::places::{Prefix, Wanted};
use super::tokens::{Token, Tokens};
use crate::formats::json;
use crate::model::error::Fault;

/// Within how many strings of JSON a session is looked for. A session that was restored
/// after a crash after a crash has two.
const MOST_QUOTED: u32 = 16;
/// How much text of that kind is looked at at once, in bytes.
const LONGEST_QUOTED: usize = 32 << 20;
/// How deep a field lies in what is kept of a page: `formdata`, `id`, the field.
const FIELD: usize = 3;
/// What Firefox shows after a crash and after an update, and keeps the session in.
const CRASH_PAGES: [&str; 2] = ["\"about:sessionrestore\"", "\"about:welcomeback\""];

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// The elements of arrays under the key `cookies`.
    Cookies,
    /// The members of objects under the key `storage`.
    Storage,
}

impl Holds {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Cookies => "cookies",
            Self::Storage => "storage",
        }
    }

    fn bracket(self) -> u8 {
        match self {
            Self::Cookies => b'[',
            Self::Storage => b'{',
        }
    }
}

/// An array or object that holds what is looked for.
pub(super) struct Array<'w> {
    /// Counted from 0 in the order of the text.
    pub number: u32,
    /// Which of the places that are looked for it has.
    pub wanted: Option<usize>,
    /// How many strings of JSON it is nested in.
    pub quoted: u32,
    walk: &'w Walk<'w>,
    /// How many objects and arrays it is nested in.
    depth: usize,
}

/// What there is of an array, in the order of the text.
pub(super) enum Part<'w> {
    Begin,
    Element(Element<'w>),
    /// The position of its closing bracket.
    End(usize),
}

pub(super) struct Element<'w> {
    /// Counted from 0.
    pub index: u32,
    /// As JSON, with the white space around it.
    pub json: &'w str,
    /// Where it stands, as it is written there, with the white space and without the
    /// comma.
    pub range: Range<usize>,
    /// Where the next one begins.
    pub next: Option<usize>,
}

/// Hears of each part of each array.
pub(super) type Tell<'a> = dyn FnMut(&Array<'_>, Part<'_>) -> Result<(), Fault> + 'a;

/// Goes through all the arrays of a text that is JSON.
///
/// # Errors
/// When it holds more sessions within sessions than can be looked at, or `tell` fails.
pub(super) fn walk(
    text: &str,
    holds: Holds,
    wanted: &Wanted,
    tell: &mut Tell<'_>,
) -> Result<(), Fault> {
    let mut walk = Walk {
        text,
        holds,
        wanted,
        tokens: Tokens::new(text, wanted.all()),
        quoted: 0,
        quoted_bytes: 0,
        outer: None,
        crash_pages: OnceCell::new(),
    };
    walk.run(&mut 0, tell)
}

/// A piece of an array that stands within so many strings, as JSON.
pub(super) fn plain(piece: &str, quoted: u32) -> Option<Cow<'_, str>> {
    let mut plain = Cow::Borrowed(piece);
    for _ in 0..quoted {
        plain = Cow::Owned(serde_json::from_str(&format!("\"{plain}\"")).ok()?);
    }
    Some(plain)
}

impl Array<'_> {
    /// Its place, which no other array has but those under a key that is there twice: a
    /// JSON pointer (RFC 6901), in which `~s`, which no pointer has, follows a string whose
    /// text is JSON in turn.
    pub(super) fn place(&self) -> String {
        let mut place = String::new();
        self.walk.place(self.depth, &mut place);
        place
    }
}

/// An array that has not ended.
struct Open {
    number: u32,
    wanted: Option<usize>,
    depth: usize,
    start: usize,
    /// Where the element at hand begins.
    element: usize,
    elements: u32,
}

struct Walk<'t> {
    text: &'t str,
    holds: Holds,
    wanted: &'t Wanted,
    tokens: Tokens<'t>,
    quoted: u32,
    /// The bytes of these strings.
    quoted_bytes: usize,
    /// The text in one of whose strings this one stands.
    outer: Option<&'t Walk<'t>>,
    /// Where what is kept of such a page begins, ascending.
    crash_pages: OnceCell<Vec<u32>>,
}

impl Walk<'_> {
    /// Adds the arrays that it meets to their number in all the texts.
    fn run(&mut self, arrays: &mut u32, tell: &mut Tell<'_>) -> Result<(), Fault> {
        let mut open: Option<Open> = None;
        while let Some(token) = self.tokens.next() {
            match (&mut open, token) {
                // One within another would be cut twice.
                (None, Token::Open(at)) => {
                    let depth = self.tokens.open.len() - 1;
                    self.tokens.set_prefix(self.wanted);
                    if self.text.as_bytes()[at] == self.holds.bracket()
                        && depth > 0
                        && self.tokens.is_at(depth - 1, self.holds.key())
                    {
                        let array = open.insert(Open {
                            number: *arrays,
                            wanted: self.wanted.exactly(self.tokens.open[depth].prefix),
                            depth,
                            start: at + 1,
                            element: at + 1,
                            elements: 0,
                        });
                        *arrays += 1;
                        tell(&self.array(array), Part::Begin)?;
                    }
                }
                (None, Token::Text(literal)) => self.look_into(literal, arrays, tell)?,
                (Some(array), Token::Comma(at)) if self.tokens.open.len() == array.depth + 1 => {
                    self.element(array, at, Some(at + 1), tell)?;
                }
                (Some(array), Token::Close(at)) if self.tokens.open.len() == array.depth => {
                    let is_empty =
                        array.elements == 0 && self.text[array.start..at].trim().is_empty();
                    if !is_empty {
                        self.element(array, at, None, tell)?;
                    }
                    tell(&self.array(array), Part::End(at))?;
                    open = None;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn array(&self, open: &Open) -> Array<'_> {
        Array {
            number: open.number,
            wanted: open.wanted,
            quoted: self.quoted,
            walk: self,
            depth: open.depth,
        }
    }

    /// An element ends here.
    fn element(
        &self,
        array: &mut Open,
        end: usize,
        next: Option<usize>,
        tell: &mut Tell<'_>,
    ) -> Result<(), Fault> {
        let range = array.element..end;
        let element = Element {
            index: array.elements,
            json: &self.text[range.clone()],
            range,
            next,
        };
        array.elements += 1;
        array.element = next.unwrap_or(end);
        tell(&self.array(array), Part::Element(element))
    }

    /// The crash page of older versions keeps the session in a field of its form. Any other
    /// page can have a field of that name, with anything in it.
    fn look_into(
        &self,
        literal: Range<usize>,
        arrays: &mut u32,
        tell: &mut Tell<'_>,
    ) -> Result<(), Fault> {
        let depth = self.tokens.open.len();
        let is_field = ["formdata", "id", "sessionData"]
            .into_iter()
            .rev()
            .enumerate()
            .all(|(up, key)| depth > up && self.tokens.is_at(depth - 1 - up, key));
        if !is_field || !self.is_of_crash_page(self.tokens.open[depth - FIELD].start) {
            return Ok(());
        }
        if self.quoted == MOST_QUOTED || self.quoted_bytes + literal.len() > LONGEST_QUOTED {
            return Err(bad(&format!(
                "it has sessions within sessions, more than {MOST_QUOTED} deep or {LONGEST_QUOTED} bytes"
            )));
        }
        self.quoted(literal, arrays, tell)
    }

    /// The arrays in a string, if its text is JSON.
    fn quoted(
        &self,
        literal: Range<usize>,
        arrays: &mut u32,
        tell: &mut Tell<'_>,
    ) -> Result<(), Fault> {
        let Ok(text) = serde_json::from_str::<String>(&self.text[literal.clone()]) else {
            return Ok(());
        };
        if json::check(&text).is_err() {
            return Ok(());
        }
        let prefix = self.tokens.open.last().map_or(self.wanted.all(), |frame| {
            let here = self.tokens.step(frame, frame.prefix, self.wanted);
            self.wanted.step(here, "~s")
        });
        let mut inner = Walk {
            text: &text,
            holds: self.holds,
            wanted: self.wanted,
            tokens: Tokens::new(&text, prefix),
            quoted: self.quoted + 1,
            quoted_bytes: self.quoted_bytes + literal.len(),
            outer: Some(self),
            crash_pages: OnceCell::new(),
        };
        let mut escaped = Escaped {
            bytes: self.text.as_bytes(),
            raw: literal.start + 1,
            plain: 0,
        };
        inner.run(arrays, &mut |array, part| {
            tell(
                array,
                match part {
                    Part::Begin => Part::Begin,
                    Part::Element(element) => Part::Element(Element {
                        range: escaped.raw(element.range.start)..escaped.raw(element.range.end),
                        next: element.next.map(|next| escaped.raw(next)),
                        ..element
                    }),
                    Part::End(at) => Part::End(escaped.raw(at)),
                },
            )
        })
    }

    /// Whether what is kept of a page and begins here is of a crash page: by the address of
    /// the form, or of the entry or the tab that it belongs to.
    fn is_of_crash_page(&self, start: u32) -> bool {
        let pages = self.crash_pages.get_or_init(|| crash_pages(self.text));
        pages.binary_search(&start).is_ok()
    }

    /// Adds the pointer to the value at hand in the first so many of what is open.
    fn place(&self, depth: usize, place: &mut String) {
        if let Some(outer) = self.outer {
            outer.place(outer.tokens.open.len(), place);
            place.push_str("~s");
        }
        for frame in &self.tokens.open[..depth] {
            place.push_str(&self.tokens.step_of(frame));
        }
    }
}

/// Where the objects begin that tell of a crash page: that has its address itself, in its
/// form, or in one of its entries.
fn crash_pages(text: &str) -> Vec<u32> {
    let mut pages = Vec::new();
    let mut tokens = Tokens::new(text, Prefix::default());
    while let Some(token) = tokens.next() {
        let Token::Text(literal) = token else {
            continue;
        };
        let depth = tokens.open.len();
        if !CRASH_PAGES.contains(&&text[literal]) || depth == 0 || !tokens.is_at(depth - 1, "url") {
            continue;
        }
        pages.push(tokens.open[depth - 1].start);
        if depth > 1 && tokens.is_at(depth - 2, "formdata") {
            pages.push(tokens.open[depth - 2].start);
        } else if depth > 2
            && tokens.open[depth - 2].is_array()
            && tokens.is_at(depth - 3, "entries")
        {
            pages.push(tokens.open[depth - 3].start);
        }
    }
    pages.sort_unstable();
    pages.dedup();
    pages
}

/// A string literal whose text is gone through.
struct Escaped<'t> {
    bytes: &'t [u8],
    /// How far it was gone through as it is written, and in what it says.
    raw: usize,
    plain: usize,
}

impl Escaped<'_> {
    /// Where what stands there in the text is written. To be asked in ascending order.
    fn raw(&mut self, plain: usize) -> usize {
        while self.plain < plain {
            let (written, meant) = unit(self.bytes, self.raw);
            self.raw += written;
            self.plain += meant;
        }
        self.raw
    }
}

/// How many bytes of a literal stand for how many of what it says.
fn unit(bytes: &[u8], at: usize) -> (usize, usize) {
    if bytes[at] != b'\\' {
        return (1, 1);
    }
    if bytes[at + 1] != b'u' {
        return (2, 1);
    }
    let digits = str::from_utf8(&bytes[at + 2..at + 6]).unwrap_or_default();
    match u32::from_str_radix(digits, 16).unwrap_or_default() {
        // The first half of a pair.
        0xd800..0xdc00 => (12, 4),
        code => (6, char::from_u32(code).map_or(1, char::len_utf8)),
    }
}
