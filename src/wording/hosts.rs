//! Hosts as browsers show them: an IDN in Unicode where that fools nobody.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, Hyphens, Uts46};
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

/// A stored host as a person reads it. What could pass for another host stays punycode:
/// labels of several scripts, and labels that look like Latin ones without being any.
pub(crate) fn shown_host(host: &str) -> Cow<'_, str> {
    if !host.contains("xn--") {
        return Cow::Borrowed(host);
    }
    let (bare, dot) = match host.strip_prefix('.') {
        Some(bare) => (bare, "."),
        None => (host, ""),
    };
    let (shown, is_valid) = Uts46::new().to_user_interface(
        bare.as_bytes(),
        AsciiDenyList::URL,
        Hyphens::Allow,
        |label, _, _| is_honest(label),
    );
    match is_valid {
        Ok(()) => Cow::Owned(format!("{dot}{shown}")),
        Err(_) => Cow::Borrowed(host),
    }
}

/// Whether a label cannot be taken for another one.
fn is_honest(label: &[char]) -> bool {
    let label: String = label.iter().collect();
    let looks_latin = || skeleton(&label).all(|c| c.is_ascii());
    label.is_ascii() || (label.is_single_script() && !looks_latin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idn_is_shown_in_unicode_where_that_fools_nobody() {
        for (host, shown) in [
            ("openai.com", "openai.com"),
            (".openai.com", ".openai.com"),
            ("xn--bcher-kva.example", "b\u{fc}cher.example"),
            (".xn--bcher-kva.example", ".b\u{fc}cher.example"),
            ("xn--wgv71a119e.jp", "\u{65e5}\u{672c}\u{8a9e}.jp"),
            // Cyrillic letters that look like "apple".
            ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),
            // A Cyrillic "a" among Latin letters.
            ("xn--pple-43d.com", "xn--pple-43d.com"),
            // Not valid.
            ("xn--a.example", "xn--a.example"),
            ("xn--", "xn--"),
        ] {
            assert_eq!(shown_host(host), shown, "{host}");
        }
    }
}
