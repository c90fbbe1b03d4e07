//! JSON that others wrote, read where it stands: no tree of it is built, so that memory
//! does not grow with what is in it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Deeper than any program writes it: what writes JSON is recursive.
pub(crate) const DEEPEST: usize = 1 << 19;

/// Makes sure that a text is JSON.
///
/// # Errors
/// When it is not, or is deeper than [`DEEPEST`].
pub(crate) fn check(text: &str) -> Result<(), String> {
    // serde_json would note every bracket that is open.
    if is_too_deep(text.as_bytes()) {
        return Err(format!("it is nested more than {DEEPEST} deep"));
    }
    serde_json::from_str::<IgnoredAny>(text).map_err(|e| e.to_string())?;
    Ok(())
}

fn is_too_deep(text: &[u8]) -> bool {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(text, at);
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
        at += 1;
    }
    false
}

/// Behind the closing quote of a literal.
pub(crate) fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// Shows every member of an object, each value as it is written. What is not an object has
/// none.
///
/// # Errors
/// When the text is not JSON.
pub(crate) fn members<'t>(
    json: &'t str,
    each: impl FnMut(&[u8], &'t str),
) -> serde_json::Result<()> {
    struct Object<F>(F);
    impl<'t, F: FnMut(&[u8], &'t str)> Visitor<'t> for Object<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some((Bytes(key), value)) = map.next_entry::<_, &'t RawValue>()? {
                (self.0)(&key, value.get());
            }
            Ok(())
        }
    }
    if !json.trim_ascii_start().starts_with('{') {
        return serde_json::from_str::<IgnoredAny>(json).map(drop);
    }
    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_map(Object(each))?;
    json.end()
}

/// A member of an object as it is written. Of one that is there twice the last one
/// counts, as in a browser.
///
/// # Errors
/// When the text is not JSON.
pub(crate) fn member<'t>(json: &'t str, wanted: &str) -> serde_json::Result<Option<&'t str>> {
    let mut found = None;
    members(json, |key, value| {
        if key == wanted.as_bytes() {
            found = Some(value);
        }
    })?;
    Ok(found)
}

/// Shows the elements of an array, each as it is written, until it returns false. What
/// is not an array has none.
///
/// # Errors
/// When the text up to there is not JSON.
pub(crate) fn elements<'t>(
    json: &'t str,
    each: impl FnMut(&'t str) -> bool,
) -> serde_json::Result<()> {
    struct Array<F>(F);
    impl<'t, F: FnMut(&'t str) -> bool> Visitor<'t> for Array<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'t>>(mut self, mut seq: A) -> Result<(), A::Error> {
            let mut goes_on = true;
            while let Some(value) = seq.next_element::<&'t RawValue>()? {
                goes_on = goes_on && (self.0)(value.get());
            }
            Ok(())
        }
    }
    if !json.trim_ascii_start().starts_with('[') {
        return serde_json::from_str::<IgnoredAny>(json).map(drop);
    }
    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_seq(Array(each))?;
    json.end()
}

/// What a string says; None for what is not a string. A lone surrogate is replaced.
pub(crate) fn text(json: &str) -> Option<String> {
    let text = String::from_utf8(bytes(json)?);
    Some(text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// What a string says, which is not UTF-8 where it has half of a surrogate pair in it.
pub(crate) fn bytes(json: &str) -> Option<Vec<u8>> {
    let Bytes(bytes) = serde_json::from_str(json).ok()?;
    Some(bytes.into_owned())
}

/// A string.
struct Bytes<'t>(Cow<'t, [u8]>);

impl<'t> Deserialize<'t> for Bytes<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct AString;
        impl<'t> Visitor<'t> for AString {
            type Value = Bytes<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'t [u8]) -> Result<Bytes<'t>, E> {
                Ok(Bytes(Cow::Borrowed(bytes)))
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes<'t>, E> {
                Ok(Bytes(Cow::Owned(bytes.to_vec())))
            }
        }
        deserializer.deserialize_bytes(AString)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_members_counts() {
        let json = r#" {"a":1,"b":{"a":2},"\u0061":[3] } "#;
        assert_eq!(member(json, "a").unwrap(), Some("[3]"));
        assert_eq!(member(json, "c").unwrap(), None);
        for json in ["5", "null", "[{\"a\":1}]", "\"a\""] {
            assert_eq!(member(json, "a").unwrap(), None, "{json}");
        }
        for json in ["{", "{\"a\":1}x", "", "[1", "{\"a\":1,}"] {
            assert!(member(json, "a").is_err(), "{json}");
        }
    }

    #[test]
    fn elements_are_shown_as_they_are_written() {
        let mut found = Vec::new();
        elements(r#"[ 1 ,{"a":[2]}, "x"]"#, |json| {
            found.push(json);
            found.len() < 2
        })
        .unwrap();
        assert_eq!(found, ["1", r#"{"a":[2]}"#]);
        assert!(elements("[1,", |_| true).is_err());
        assert!(elements("{}", |_| unreachable!()).is_ok());
    }

    #[test]
    fn depth_has_a_bound_and_brackets_in_strings_do_not_count() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(check(&deep(DEEPEST)).is_ok());
        assert!(check(&deep(DEEPEST + 1)).unwrap_err().contains("nested"));
        let text = format!("\"\\\"{}\"", "[".repeat(DEEPEST + 1));
        assert!(check(&text).is_ok());
        assert!(check("[").is_err());
    }

    #[test]
    fn half_a_pair_is_replaced() {
        assert_eq!(text(r#""\ud800x""#).unwrap(), "\u{fffd}\u{fffd}\u{fffd}x");
        assert_eq!(bytes("\"\\u00e9\"").unwrap(), "\u{e9}".as_bytes());
        assert_eq!(text("5"), None);
    }
}
