//! What things are called when a person reads of them.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::text::{cut, grouped, safe};
use crate::claim::InUse;
use crate::clean::{Looked, Unread};
use crate::cookie::{Cookie, MatchedBy};
use crate::discover::{Found, Job, Profile};
use crate::store::Kind;
use crate::system::owner::working_as;

/// Longer ones would push everything else off the screen; JSON has them whole.
pub const WIDEST_HOST: usize = 60;
pub const WIDEST_NAME: usize = 50;

/// Where was looked, when no profile was found at all.
pub fn nothing_found(out: &mut dyn Write, found: &Found) -> io::Result<()> {
    writeln!(out, "No browser profile was found. Looked in:")?;
    for folder in &found.looked_in {
        writeln!(out, "  {}", safe(&folder.display().to_string()))?;
    }
    writeln!(
        out,
        "If a browser keeps its profiles elsewhere, name the folder with --profile-dir."
    )
}

/// What puts a deletion back: as its owner, if that is as whom it was deleted.
pub fn undo_command(id: &str) -> String {
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
pub fn title_of(profile: &Profile) -> String {
    format!("{}, profile {}", profile.browser.name, name_of(profile))
}

/// `Work (Profile 1)`.
pub fn name_of(profile: &Profile) -> String {
    let shown = cut(&profile.display_name, WIDEST_NAME);
    if profile.display_name == profile.name {
        shown
    } else {
        format!("{shown} ({})", safe(&profile.name))
    }
}

/// `one, two and three`.
pub fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// `since it is open (chrome, process 4242, since 09:14)`.
pub fn since_in_use(user: &InUse) -> String {
    let by = by_whom(user);
    match user.is_cookieclean() {
        true => format!("since another cookieclean is at work there{by}"),
        false => format!("since it is open{by}"),
    }
}

/// ` (chrome, process 4242, since 09:14)`; what shows it, when no process can be named.
pub fn by_whom(user: &InUse) -> String {
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

/// Until when a cookie lasts, in local time; to the minute when that is soon.
pub fn lifetime(cookie: &Cookie, now: Timestamp) -> String {
    let Some(expires) = cookie.expires else {
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

/// What there is to say of a cookie besides its columns.
pub fn remarks(job: &Job<'_>, cookie: &Cookie) -> String {
    let mut remarks = Vec::new();
    if job.store.is_older_copy() {
        remarks.push("in an older copy".to_owned());
    }
    if cookie.is_login() {
        remarks.push("login".to_owned());
    }
    if let Some(site) = &cookie.partition {
        remarks.push(match cookie.matched_by {
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
    if job.store.kind() == Kind::FirefoxSession {
        remarks.push("in session files".into());
    }
    remarks.join(", ")
}

pub fn looked_line(job: &Job<'_>, looked: &Looked) -> String {
    let path = job.store.path().display().to_string();
    let what = match &looked.outcome {
        Ok(counts) => format!(
            "{} of {} match",
            grouped(counts.matched),
            grouped(counts.total)
        ),
        Err(Unread::InUse) => "in use".into(),
        Err(Unread::Failed(_)) => "not read".into(),
    };
    format!("  ({}: {what})", safe(&path))
}
