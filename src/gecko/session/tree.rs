//! Where cookies stand in the text of a session file.
//!
//! Only ranges of the text are told, so that whatever is not cut out stays as it was
//! written. serde_json makes sure that the text is JSON; it is gone through here,
//! since values that a browser writes and no Rust type holds (a lone surrogate in a
//! title, a number beyond 64 bits, a deep tree) must not keep it from being cleaned.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// An array under the key `cookies`.
#[derive(Debug)]
pub(super) struct CookieArray {
    /// Its JSON pointer (RFC 6901). `~s`, which no pointer has, follows a string
    /// whose text is JSON in turn; `~2` tells the second array of the same pointer.
    pub place: String,
    /// What is between its brackets.
    pub inside: Range<usize>,
    /// Its elements, with the white space around them and without the commas.
    pub elements: Vec<Range<usize>>,
    /// Within how many strings of JSON it stands.
    quoted: u32,
}

/// Every such array, in the order of the text.
///
/// # Errors
/// When the text is not JSON.
pub(super) fn cookie_arrays(text: &str) -> serde_json::Result<Vec<CookieArray>> {
    let mut arrays = scan(text)?;
    let mut seen: HashMap<String, u32> = HashMap::new();
    for array in &mut arrays {
        let times = seen.entry(array.place.clone()).or_default();
        *times += 1;
        if *times > 1 {
            array.place = format!("{}~{times}", array.place);
        }
    }
    Ok(arrays)
}

impl CookieArray {
    /// A piece of the array, as JSON.
    pub fn plain<'t>(&self, piece: &'t str) -> Option<Cow<'t, str>> {
        let mut plain = Cow::Borrowed(piece);
        for _ in 0..self.quoted {
            plain = Cow::Owned(serde_json::from_str(&format!("\"{plain}\"")).ok()?);
        }
        Some(plain)
    }

    /// What is to be cut out of the text so that these elements (ascending) are gone.
    pub fn cuts(&self, gone: &[usize]) -> Vec<Range<usize>> {
        let mut is_first = true;
        let mut gone = gone.iter().peekable();
        let mut cuts = Vec::new();
        for (i, element) in self.elements.iter().enumerate() {
            if gone.next_if_eq(&&i).is_none() {
                is_first = false;
                continue;
            }
            cuts.push(match (is_first, self.elements.get(i + 1)) {
                // With the comma before it.
                (false, _) => self.elements[i - 1].end..element.end,
                (true, Some(next)) => element.start..next.start,
                (true, None) => element.clone(),
            });
        }
        cuts
    }
}

/// The text without these ranges, which ascend.
pub(super) fn without(text: &str, cuts: &[Range<usize>]) -> String {
    let gone: usize = cuts.iter().map(ExactSizeIterator::len).sum();
    let mut rest = String::with_capacity(text.len() - gone);
    for piece in around(text.len(), cuts) {
        rest.push_str(&text[piece]);
    }
    rest
}

/// What is left of a text of this length without these ranges, which ascend.
pub(super) fn around(length: usize, cuts: &[Range<usize>]) -> impl Iterator<Item = Range<usize>> {
    let starts = std::iter::once(0).chain(cuts.iter().map(|cut| cut.end));
    let ends = cuts.iter().map(|cut| cut.start).chain([length]);
    starts.zip(ends).map(|(start, end)| start..end)
}

/// How deep a field lies in what is kept of a page: `formdata`, `id`, the field.
const FIELD: usize = 3;
/// What Firefox shows after a crash and after an update, and keeps the session in.
const CRASH_PAGES: [&str; 2] = ["about:sessionrestore", "about:welcomeback"];

/// What tells of which page it is.
#[derive(Deserialize)]
struct Page<'t> {
    #[serde(borrow)]
    url: Option<&'t RawValue>,
    #[serde(borrow)]
    entries: Option<Vec<Page<'t>>>,
    #[serde(borrow)]
    formdata: Option<Box<Page<'t>>>,
}

impl Page<'_> {
    fn is_crash_page(&self) -> bool {
        let url = self.url.map(|url| url.get());
        url.is_some_and(|url| CRASH_PAGES.iter().any(|page| url == format!("\"{page}\"")))
            || self
                .formdata
                .as_ref()
                .is_some_and(|form| form.is_crash_page())
            || self.entries.iter().flatten().any(Page::is_crash_page)
    }
}

/// An object or array that is not closed yet.
#[derive(Default)]
struct Frame {
    /// Where it begins.
    start: usize,
    /// The key of the member at hand, with its quotes; None in an array.
    key: Option<Range<usize>>,
    awaits_key: bool,
    /// The number of the element at hand.
    index: usize,
    cookies: Option<CookieArray>,
}

struct Scan<'t> {
    text: &'t str,
    open: Vec<Frame>,
    found: Vec<CookieArray>,
}

fn scan(text: &str) -> serde_json::Result<Vec<CookieArray>> {
    serde_json::from_str::<IgnoredAny>(text)?;
    let mut scan = Scan {
        text,
        open: Vec::new(),
        found: Vec::new(),
    };
    scan.run();
    Ok(scan.found)
}

impl Scan<'_> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => {
                    let end = end_of_string(bytes, at);
                    self.string(at..end);
                    at = end;
                    continue;
                }
                b'{' => self.open.push(Frame {
                    start: at,
                    awaits_key: true,
                    ..Frame::default()
                }),
                b'[' => {
                    let cookies = self.begins_cookies(at + 1);
                    self.open.push(Frame {
                        start: at,
                        cookies,
                        ..Frame::default()
                    });
                }
                b',' => {
                    if let Some(frame) = self.open.last_mut() {
                        frame.index += 1;
                        frame.awaits_key = frame.key.is_some();
                        if let Some(array) = &mut frame.cookies {
                            array.end_element(at);
                        }
                    }
                }
                b'}' => drop(self.open.pop()),
                b']' => {
                    let frame = self.open.pop().unwrap_or_default();
                    if let Some(mut array) = frame.cookies {
                        let last = array.inside.start..at;
                        let is_empty = frame.index == 0 && self.text[last].trim().is_empty();
                        if !is_empty {
                            array.end_element(at);
                        }
                        array.inside.end = at;
                        self.found.push(array);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn string(&mut self, literal: Range<usize>) {
        if let Some(frame) = self.open.last_mut()
            && std::mem::take(&mut frame.awaits_key)
        {
            frame.key = Some(literal);
            return;
        }
        // The crash page of older versions keeps the session in a field of its form. Any
        // other page can have a field of that name, with anything in it.
        let depth = self.open.len();
        let is_field = ["formdata", "id", "sessionData"]
            .into_iter()
            .rev()
            .enumerate()
            .all(|(up, key)| depth > up && self.is_key(&self.open[depth - 1 - up], key));
        if is_field
            && self.open.iter().all(|frame| frame.cookies.is_none())
            && self.is_of_crash_page(&self.open[depth - FIELD])
        {
            let arrays = self.quoted(literal).unwrap_or_default();
            self.found.extend(arrays);
        }
    }

    /// Whether what is kept of a page, in this frame, is of a crash page: by the address
    /// of the form, or of the entry or the tab that it belongs to.
    fn is_of_crash_page(&self, page: &Frame) -> bool {
        let end = end_of_value(self.text.as_bytes(), page.start);
        serde_json::from_str::<Page<'_>>(&self.text[page.start..end])
            .is_ok_and(|page| page.is_crash_page())
    }

    /// The arrays in a string, if its text is JSON.
    fn quoted(&self, literal: Range<usize>) -> Option<Vec<CookieArray>> {
        let text: String = serde_json::from_str(&self.text[literal.clone()]).ok()?;
        let mut arrays = scan(&text).ok()?;
        let place = self.place();
        let mut offsets = Vec::new();
        for array in &mut arrays {
            array.quoted += 1;
            array.place = format!("{place}~s{}", array.place);
            offsets.push(&mut array.inside.start);
            for element in &mut array.elements {
                offsets.extend([&mut element.start, &mut element.end]);
            }
            offsets.push(&mut array.inside.end);
        }
        let (mut raw, mut plain) = (literal.start + 1, 0);
        for offset in offsets {
            while plain < *offset {
                let (written, meant) = unit(self.text.as_bytes(), raw);
                raw += written;
                plain += meant;
            }
            *offset = raw;
        }
        Some(arrays)
    }

    fn begins_cookies(&self, start: usize) -> Option<CookieArray> {
        let frame = self.open.last()?;
        // One within another would be cut twice.
        let is_it = self.is_key(frame, "cookies") && self.open.iter().all(|f| f.cookies.is_none());
        is_it.then(|| CookieArray {
            place: self.place(),
            inside: start..start,
            elements: Vec::new(),
            quoted: 0,
        })
    }

    fn is_key(&self, frame: &Frame, key: &str) -> bool {
        frame
            .key
            .clone()
            .is_some_and(|literal| unquoted(&self.text[literal]) == key)
    }

    /// The pointer to the value at hand.
    fn place(&self) -> String {
        let step = |frame: &Frame| match frame.key.clone() {
            None => format!("/{}", frame.index),
            Some(key) => {
                let key = unquoted(&self.text[key]);
                format!("/{}", key.replace('~', "~0").replace('/', "~1"))
            }
        };
        self.open.iter().map(step).collect()
    }
}

impl CookieArray {
    /// An element ends here; the next one begins behind the comma.
    fn end_element(&mut self, at: usize) {
        let start = self
            .elements
            .last()
            .map_or(self.inside.start, |e| e.end + 1);
        self.elements.push(start..at);
    }
}

/// What a string literal says. One that is not Unicode stays as it is written.
fn unquoted(literal: &str) -> Cow<'_, str> {
    let content = &literal[1..literal.len() - 1];
    if !content.contains('\\') {
        return content.into();
    }
    serde_json::from_str(literal).map_or(content.into(), Cow::Owned)
}

/// Behind the closing bracket of an object or array of a text that is JSON.
fn end_of_value(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

/// Behind the closing quote of a literal.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
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
