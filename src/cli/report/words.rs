//! What things are called when a person reads of them.

use std::io::{self, Write};
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::text::{cut, grouped, safe};
use crate::browsers::{Found, Job, Profile};
use crate::engine::{Blocker, Cleaned, Looked, Outcome, ProfileName, Unread};
use crate::model::item::{Item, Match, MatchedBy};
use crate::platform::owner::working_as;
use crate::store::claim::InUse;

/// Longer ones would push everything else off the screen; JSON has them whole.
pub(crate) const WIDEST_HOST: usize = 60;
pub(crate) const WIDEST_NAME: usize = 50;

/// That no profile was found at all, and what was looked for. `windows_home`: where the
/// browsers of Windows are, under WSL.
pub(crate) fn nothing_found(
    out: &mut dyn Write,
    found: &Found,
    verbose: bool,
    windows_home: Option<&Path>,
) -> io::Result<()> {
    writeln!(out, "No browser profile was found.")?;
    let names = kinds(&found.looked_for);
    if verbose || names.is_empty() {
        writeln!(out, "Looked in:")?;
        for folder in &found.looked_in {
            writeln!(out, "  {}", safe(&folder.display().to_string()))?;
        }
    } else {
        let names = listed(&names, "and");
        writeln!(out, "Looked for {names}; --verbose shows where.")?;
    }
    if let Some(home) = windows_home {
        let home = home.display().to_string();
        writeln!(
            out,
            "This is WSL. For the browsers of Windows, add: --layout windows --home {}",
            safe(&quoted(&home))
        )?;
    }
    writeln!(
        out,
        "If a browser keeps its profiles elsewhere, name the folder with --profile-dir."
    )
}

/// Names of browsers without those of their channels: `Google Chrome Beta` is a kind of
/// `Google Chrome`.
fn kinds<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let is_channel = |name: &&&str| {
        let of = |other: &&str| {
            name.strip_prefix(other)
                .is_some_and(|rest| rest.starts_with(' '))
        };
        names.iter().any(of)
    };
    names
        .iter()
        .filter(|name| !is_channel(name))
        .copied()
        .collect()
}

/// What puts a deletion back: as its owner, if that is as whom it was deleted.
pub(crate) fn undo_command(id: &str) -> String {
    match working_as().and_then(|owner| owner.undo_home.as_deref()) {
        Some(home) => format!(
            "cookieclean undo --home {} {id}",
            quoted(&home.display().to_string())
        ),
        None => format!("cookieclean undo {id}"),
    }
}

/// For a shell.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@".contains(c);
    match path.chars().all(is_plain) {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

/// `Google Chrome, profile Work (Profile 1)`.
pub(crate) fn title_of(profile: &Profile) -> String {
    let name = name_of(&ProfileName::of(profile));
    format!("{}, profile {name}", profile.browser.name)
}

/// As [`title_of`]; a browser that has several profiles open goes by its own name.
pub(crate) fn blocker_title(blocker: &Blocker) -> String {
    match blocker.profiles.as_slice() {
        [profile] => format!("{}, profile {}", blocker.browser, name_of(profile)),
        _ => blocker.browser.to_owned(),
    }
}

/// `Google Chrome, profiles Alice (Default) and Work (Profile 1)`.
pub(crate) fn profiles_of(blocker: &Blocker) -> String {
    match blocker.profiles.as_slice() {
        [] | [_] => blocker_title(blocker),
        several => {
            let names: Vec<_> = several.iter().map(name_of).collect();
            format!("{}, profiles {}", blocker.browser, listed(&names, "and"))
        }
    }
}

/// `Work (Profile 1)`.
fn name_of(profile: &ProfileName) -> String {
    let shown = cut(&profile.shown, WIDEST_NAME);
    if profile.shown == profile.folder {
        shown
    } else {
        format!("{shown} ({})", safe(&profile.folder))
    }
}

/// `one, two and three`; `word`: and, or.
pub(crate) fn listed(names: &[impl AsRef<str>], word: &str) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// `it is open (chrome, process 4242, since 09:14)`.
pub(crate) fn is_in_use(user: &InUse) -> String {
    let by = by_whom(user);
    match user.is_cookieclean() {
        true => format!("another cookieclean is working on it{by}"),
        false => format!("it is open{by}"),
    }
}

/// ` (chrome, process 4242, since 09:14)`; what shows it, when no process can be named.
pub(crate) fn by_whom(user: &InUse) -> String {
    if user.by.is_empty() {
        return format!(" ({})", user.evidence);
    }
    let now = Timestamp::now();
    let named: Vec<_> = user
        .by
        .iter()
        .map(|process| {
            let since = process.since.map(|since| since_when(since, now));
            let since = since.unwrap_or_default();
            format!("{}, process {}{since}", process.name, process.pid)
        })
        .collect();
    format!(" ({})", named.join("; "))
}

/// `, since 09:14`; with the day, where that is not today.
fn since_when(since: Timestamp, now: Timestamp) -> String {
    let local = |time: Timestamp| time.to_zoned_datetime(TimeZone::system());
    let (since, now) = (local(since), local(now));
    let format = match since.date() == now.date() {
        true => ", since %H:%M",
        false => ", since %Y-%m-%d %H:%M",
    };
    since.strftime(format).to_string()
}

/// What an item is called: a cookie by its name.
pub(crate) fn name_of_item(item: &Item) -> &str {
    match item {
        Item::Cookie(cookie) => &cookie.name,
        Item::DeviceBoundSession(_) => "(device-bound session)",
    }
}

/// Until when an item lasts, in local time; to the minute when that is soon.
pub(crate) fn lifetime(item: &Item, now: Timestamp) -> String {
    let Some(expires) = item.cookie().and_then(|cookie| cookie.expires) else {
        return "session".into();
    };
    if expires <= now {
        return "expired".into();
    }
    let soon = now.duration_until(expires) < SignedDuration::from_hours(48);
    let format = if soon { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
    let local = expires.to_zoned_datetime(TimeZone::system());
    format!("until {}", local.strftime(format))
}

/// What there is to say of an item besides its columns.
pub(crate) fn remarks(job: &Job<'_>, found: &Match) -> String {
    let mut remarks = Vec::new();
    if job.store.is_older_copy() {
        remarks.push("in an older copy".to_owned());
    }
    let Item::Cookie(cookie) = &found.item else {
        return remarks.join(", ");
    };
    if cookie.is_login() {
        remarks.push("login".to_owned());
    }
    if let Some(site) = &cookie.partition {
        remarks.push(match found.reason {
            MatchedBy::Partition => format!("embedded in {}", safe(site)),
            MatchedBy::Host => format!("only under {}", safe(site)),
        });
    }
    if let Some(container) = &cookie.container {
        remarks.push(format!("container {}", safe(container)));
    }
    if !matches!(&*cookie.path, "" | "/") {
        remarks.push(format!("path {}", cut(&cookie.path, WIDEST_HOST)));
    }
    if job.store.kind().is_volatile() {
        remarks.push("in session files".into());
    }
    remarks.join(", ")
}

/// What a look at a store found.
pub(crate) fn looked_line(job: &Job<'_>, looked: &Looked) -> String {
    store_line(
        job,
        &match &looked.outcome {
            Ok(counts) => format!(
                "{} of {} match",
                grouped(counts.matched),
                grouped(counts.total)
            ),
            Err(Unread::InUse { .. }) => "in use".into(),
            Err(Unread::Failed(_)) => "not read".into(),
        },
    )
}

/// What a deletion did with a store.
pub(crate) fn cleaned_line(job: &Job<'_>, cleaned: &Cleaned) -> String {
    store_line(
        job,
        &match &cleaned.outcome {
            Outcome::Cleaned { deleted, kept, .. } => {
                format!("{} deleted, {} kept", grouped(*deleted), grouped(*kept))
            }
            Outcome::NothingMatched => {
                let kept = cleaned.counts.as_ref().map_or(0, |counts| counts.total);
                format!("nothing to delete, {} kept", grouped(kept))
            }
            Outcome::InUse(_) => "in use, skipped".into(),
            Outcome::Failed(_) => "not cleaned".into(),
            Outcome::Interrupted => "not reached".into(),
        },
    )
}

fn store_line(job: &Job<'_>, what: &str) -> String {
    let path = job.store.path().display().to_string();
    format!("  ({}: {what})", safe(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_not_named_beside_their_browser() {
        let names = ["Chrome", "Chrome Beta", "Chromium", "Firefox"];
        assert_eq!(kinds(&names), ["Chrome", "Chromium", "Firefox"]);
        assert_eq!(kinds(&["Chrome Beta"]), ["Chrome Beta"]);
    }

    #[test]
    fn lists_end_with_the_word() {
        assert_eq!(listed(&["one"], "or"), "one");
        assert_eq!(
            listed(&["one", "two", "three"], "and"),
            "one, two and three"
        );
    }
}
