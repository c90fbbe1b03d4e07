//! From facts to sentences, in the language of the person. `locales/` has a file for each
//! language; English is the one that the others are compared with when the program is
//! compiled and tested.

pub(crate) mod advice;
pub(crate) mod faults;
pub(crate) mod hosts;
pub(crate) mod names;
pub(crate) mod text;

use std::sync::OnceLock;

use fluent_bundle::FluentValue;
use i18n_embed::fluent::FluentLanguageLoader;
use i18n_embed::unic_langid::LanguageIdentifier;
use i18n_embed::{I18nAssets, LanguageLoader};

use text::grouped;

/// The files of all languages, in the program itself.
#[derive(rust_embed::RustEmbed)]
#[folder = "locales/"]
struct Locales;

const FALLBACK: &str = "en";

static CHOSEN: OnceLock<String> = OnceLock::new();
static LOADER: OnceLock<FluentLanguageLoader> = OnceLock::new();

/// A sentence by its name in `locales/`, with its arguments. The compiler checks that it
/// exists, and which arguments it takes.
macro_rules! say {
    ($($arguments:tt)+) => {
        i18n_embed_fl::fl!($crate::wording::loader(), $($arguments)+)
    };
}
pub(crate) use say;

/// The languages there are, by their codes: `en`, `ja`.
pub(crate) fn languages() -> Vec<String> {
    let mut languages: Vec<_> = Locales
        .filenames_iter()
        .filter_map(|file| file.split('/').next().map(str::to_owned))
        .collect();
    languages.sort();
    languages.dedup();
    languages
}

/// Sets the language, once, before anything is said: the first of these that there is,
/// in the forms `ja`, `ja-JP` and `ja_JP.UTF-8`; else English.
pub(crate) fn choose(wanted: impl IntoIterator<Item = String>) {
    let there_are = languages();
    let chosen = wanted.into_iter().find_map(|wanted| {
        let code = wanted.split(['-', '_', '.']).next()?.to_lowercase();
        there_are.contains(&code).then_some(code)
    });
    let _ = CHOSEN.set(chosen.unwrap_or_else(|| FALLBACK.to_owned()));
}

/// The code of the language that is spoken.
pub(crate) fn language() -> String {
    loader().current_language().language.to_string()
}

/// Read when something is first said, which JSON never does.
pub(crate) fn loader() -> &'static FluentLanguageLoader {
    LOADER.get_or_init(|| load(CHOSEN.get().map_or(FALLBACK, String::as_str)))
}

pub(crate) fn load(language: &str) -> FluentLanguageLoader {
    let id = |code: &str| -> LanguageIdentifier { code.parse().unwrap_or_default() };
    let loader = FluentLanguageLoader::new(env!("CARGO_PKG_NAME"), id(FALLBACK));
    // What is compiled in is there.
    let _ = loader.load_languages(&Locales, &[id(language)]);
    // The marks around a name from elsewhere would be escaped, and nothing here is
    // written from right to left.
    loader.set_use_isolating(false);
    loader.with_bundles_mut(|bundle| {
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(n) if n.value >= 0.0 => Some(grouped(n.value as u64)),
            _ => None,
        }));
    });
    loader
}

/// `one, two and three`.
pub(crate) fn all_of(names: &[impl AsRef<str>]) -> String {
    listed(names, |first, last| {
        say!("list-and", first = first, last = last)
    })
}

/// `one, two or three`.
pub(crate) fn one_of(names: &[impl AsRef<str>]) -> String {
    listed(names, |first, last| {
        say!("list-or", first = first, last = last)
    })
}

/// `one, two, three`.
pub(crate) fn enumerated(names: &[impl AsRef<str>]) -> String {
    let mut names = names.iter().map(|name| name.as_ref().to_owned());
    let first = names.next().unwrap_or_default();
    names.fold(first, |first, rest| {
        say!("list-comma", first = first, rest = rest)
    })
}

fn listed(names: &[impl AsRef<str>], join: impl Fn(String, String) -> String) -> String {
    match names.split_last() {
        Some((last, [])) => last.as_ref().to_owned(),
        Some((last, rest)) => join(enumerated(rest), last.as_ref().to_owned()),
        None => String::new(),
    }
}

/// A sentence behind another one. What is written without spaces has none between them.
pub(crate) fn next_sentence(first: String, next: String) -> String {
    say!("next-sentence", first = first, next = next)
}

/// `512 bytes`, `205 KB`, `1.3 GB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return say!("count-bytes", n = bytes);
    }
    let mut size = bytes as f64 / 1000.0;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    match size < 9.95 {
        true => format!("{size:.1} {}", UNITS[unit]),
        false => format!("{size:.0} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests;
