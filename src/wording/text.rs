//! Text from files that we did not write, made safe for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

/// Escapes what could move the cursor, hide text or turn it around: control
/// characters, and the invisible ones of Unicode's bidirectional algorithm and
/// their like. A cookie may be called anything.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            let _ = write!(escaped, "{}", c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// Whether a character is one of those that [`safe`] escapes.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Text made [`safe`], and no longer than so many characters.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}\u{2026}", safe(&text[..end])),
        None => safe(text).into_owned(),
    }
}

/// Text made [`safe`], and no wider than so many columns; whether all of it is there.
pub(crate) fn fit(text: &str, columns: usize) -> (Zeroizing<String>, bool) {
    let mut fitting = Zeroizing::new(String::with_capacity(text.len().min(columns) * 4));
    let mut used = 0;
    // How much leaves room for the sign that something was cut.
    let mut short = 0;
    for (place, c) in text.char_indices() {
        let piece = safe(&text[place..place + c.len_utf8()]);
        used += piece.width();
        if used > columns {
            fitting.truncate(short);
            fitting.push('\u{2026}');
            return (fitting, false);
        }
        fitting.push_str(&piece);
        if used < columns {
            short = fitting.len();
        }
    }
    (fitting, true)
}

/// A text over several lines, where it has to be: each no wider than so many columns, and
/// with these in front.
pub(crate) fn wrapped(text: &str, columns: usize, first: &str, next: &str) -> String {
    let options = textwrap::Options::new(columns)
        .initial_indent(first)
        .subsequent_indent(next)
        .break_words(false);
    textwrap::fill(text, options)
}

/// A number with a comma at every thousand.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_fool_a_terminal_is_escaped() {
        let rows = [
            ("cf_clearance", "cf_clearance"),
            ("b\u{fc}cher \u{6f22}", "b\u{fc}cher \u{6f22}"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{200b}b", "a\\u{200b}b"),
        ];
        for (raw, shown) in rows {
            assert_eq!(safe(raw), shown);
        }
    }

    #[test]
    fn what_is_cut_is_as_wide_as_it_may_be() {
        let rows = [
            ("abcdef", 6, "abcdef"),
            ("abcdef", 5, "abcd\u{2026}"),
            ("\u{6f22}\u{6f22}\u{6f22}", 6, "\u{6f22}\u{6f22}\u{6f22}"),
            ("\u{6f22}\u{6f22}\u{6f22}", 5, "\u{6f22}\u{6f22}\u{2026}"),
            ("\u{6f22}\u{6f22}\u{6f22}", 4, "\u{6f22}\u{2026}"),
            ("a\u{1b}b", 8, "a\\u{1b}b"),
            ("a\u{1b}bc", 7, "a\u{2026}"),
            ("", 0, ""),
        ];
        for (text, columns, shown) in rows {
            let (fitting, is_whole) = fit(text, columns);
            assert_eq!(*fitting, shown, "{columns}");
            assert!(fitting.width() <= columns.max(1));
            assert_eq!(is_whole, !shown.ends_with('\u{2026}'));
        }
    }

    #[test]
    fn numbers_are_grouped() {
        let rows = [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ];
        for (n, text) in rows {
            assert_eq!(grouped(n), text);
        }
    }
}
