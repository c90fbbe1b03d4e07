//! Commands that a report suggests. They repeat the options that say where to look and
//! what to match, so that one that is pasted works on the same profiles.

use std::path::Path;

use clap::ValueEnum;

use super::args::{Matching, Places};
use crate::platform::quoted_for_shell;

/// How this run was called, as far as a suggestion repeats it: each option with a space in
/// front.
#[derive(Debug, Default)]
pub(crate) struct Suggestions {
    matching: String,
    places: String,
}

impl Suggestions {
    pub(super) fn of(matching: Option<&Matching>, places: &Places) -> Self {
        Self {
            matching: matching.map(matching_options).unwrap_or_default(),
            places: place_options(places),
        }
    }

    /// A command in the same places: `doctor openai.com`.
    pub(crate) fn command(&self, words: &str) -> String {
        format!("cookieclean {words}{}", self.places)
    }

    /// A deletion of these sites with the same filters.
    pub(crate) fn deletion(&self, sites: &str) -> String {
        self.command(&format!("{sites}{}", self.matching))
    }
}

fn option(options: &mut String, name: &str, value: &str) {
    *options += &format!(" {name} {}", quoted_for_shell(value));
}

fn path_option(options: &mut String, name: &str, path: &Path) {
    option(options, name, &path.display().to_string());
}

/// Not those that say which of the site's hosts are meant: a suggestion is about others.
fn matching_options(matching: &Matching) -> String {
    let mut options = String::new();
    for pattern in &matching.name {
        option(&mut options, "--name", pattern.as_str());
    }
    for pattern in &matching.keep {
        option(&mut options, "--keep", pattern.as_str());
    }
    for container in &matching.container {
        option(&mut options, "--container", container);
    }
    let flags = [
        ("--keep-login", matching.keep_login),
        ("--no-partitioned", matching.no_partitioned),
        ("--site-data", matching.site_data),
    ];
    for (flag, _) in flags.iter().filter(|(_, is_given)| *is_given) {
        options += &format!(" {flag}");
    }
    options
}

fn place_options(places: &Places) -> String {
    let mut options = String::new();
    for browser in &places.browser {
        option(&mut options, "--browser", browser);
    }
    for profile in &places.profile {
        option(&mut options, "--profile", profile);
    }
    for folder in &places.profile_dir {
        path_option(&mut options, "--profile-dir", folder);
    }
    if let Some(home) = &places.home {
        path_option(&mut options, "--home", home);
    }
    if let Some(layout) = places.layout.and_then(|layout| layout.to_possible_value()) {
        option(&mut options, "--layout", layout.get_name());
    }
    options
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Args, LayoutName};

    /// What is suggested means what was meant when it is parsed again.
    #[test]
    fn suggestion_is_read_as_the_same_places_and_filters() {
        let line = [
            "cookieclean",
            "a.openai.com",
            "--exact",
            "--name",
            "s*",
            "--keep-login",
            "--container=Work",
            "-b",
            "edge",
            "--profile",
            "Profile-1",
            "--profile-dir",
            "/x/y",
            "--home",
            "/mnt/h",
            "--layout",
            "windows",
        ];
        let first = Args::try_parse_from(line).unwrap().clean;
        let suggestions = Suggestions::of(Some(&first.matching), &first.places);
        let deletion = suggestions.deletion("openai.com").replace(['\'', '"'], "");
        let again = Args::try_parse_from(deletion.split(' ')).unwrap().clean;
        assert_eq!(again.matching.domains, ["openai.com"]);
        assert!(!again.matching.exact);
        assert_eq!(
            matching_options(&again.matching),
            matching_options(&first.matching)
        );
        assert_eq!(place_options(&again.places), place_options(&first.places));
        assert!(matches!(again.places.layout, Some(LayoutName::Windows)));
        assert_eq!(
            suggestions.command("doctor"),
            format!("cookieclean doctor{}", place_options(&first.places))
        );
    }
}
