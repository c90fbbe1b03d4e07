//! What things are called when a person reads of them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::advice::for_unseen;
use super::faults::evidence;
use super::hosts::shown_host;
use super::text::{cut, grouped, safe};
use super::{all_of, enumerated, say, size};
use crate::browsers::{Job, Profile};
use crate::engine::{Blocker, ProfileName};
use crate::model::item::{Item, Match, MatchedBy};
use crate::model::site_data::{Amount, DataKind};
use crate::platform::owner::working_as;
use crate::platform::quoted_for_shell;
use crate::store::claim::InUse;
use crate::undo::Content;

/// Longer ones would push everything else off the screen; JSON has them whole.
pub(crate) const WIDEST_HOST: usize = 60;
pub(crate) const WIDEST_NAME: usize = 50;

/// Names of browsers without those of their channels: `Google Chrome Beta` is a kind of
/// `Google Chrome`.
pub(crate) fn kinds<'a>(names: &[&'a str]) -> Vec<&'a str> {
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

/// What puts a deletion back, or does something else with copies: as their owner, if that
/// is as whom it was deleted. `what`: an identifier, or an option.
pub(crate) fn undo_command(what: &str) -> String {
    match working_as().and_then(|owner| owner.undo_home.as_deref()) {
        Some(home) => format!(
            "cookieclean undo --home {} {what}",
            quoted_for_shell(&home.display().to_string())
        ),
        None => format!("cookieclean undo {what}"),
    }
}

/// `Google Chrome, profile Work (Profile 1)`.
pub(crate) fn title_of(profile: &Profile) -> String {
    let name = name_of(&ProfileName::of(profile));
    say!(
        "title-profile",
        browser = profile.browser.name,
        profile = name
    )
}

/// As [`title_of`]; a browser that has several profiles open goes by its own name.
pub(crate) fn blocker_title(blocker: &Blocker) -> String {
    match blocker.profiles.as_slice() {
        [profile] => say!(
            "title-profile",
            browser = blocker.browser,
            profile = name_of(profile)
        ),
        _ => blocker.browser.to_owned(),
    }
}

/// `Google Chrome, profiles Alice (Default) and Work (Profile 1)`.
pub(crate) fn profiles_of(blocker: &Blocker) -> String {
    match blocker.profiles.as_slice() {
        [] | [_] => blocker_title(blocker),
        several => {
            let names: Vec<_> = several.iter().map(name_of).collect();
            say!(
                "title-profiles",
                browser = blocker.browser,
                profiles = all_of(&names)
            )
        }
    }
}

/// `Work (Profile 1)`.
fn name_of(profile: &ProfileName) -> String {
    let shown = cut(&profile.shown, WIDEST_NAME);
    if profile.shown == profile.folder {
        shown
    } else {
        let folder = safe(&profile.folder).into_owned();
        say!("profile-with-folder", shown = shown, folder = folder)
    }
}

/// `it is open (chrome, process 4242, since 09:14)`.
pub(crate) fn is_in_use(user: &InUse) -> String {
    let by = by_whom(user);
    match user.is_cookieclean() {
        true => say!("in-use-cookieclean", by = by),
        false => say!("in-use-open", by = by),
    }
}

/// That something could not be done because of somebody, and what helps: `help`, unless it
/// is another run of this program; and, if no window of it may be seen, why.
pub(crate) fn in_the_way(what: String, user: &InUse, help: String) -> (String, Option<String>) {
    let help = match user.is_cookieclean() {
        true => say!("run-again"),
        false => help,
    };
    let line = say!("blocked", what = what, user = is_in_use(user), help = help);
    (line, user.unseen.as_ref().and_then(for_unseen))
}

/// `Firefox, profile Work (chrome, process 4242, since 09:14)`.
pub(crate) fn named(blocker: &Blocker) -> String {
    let (who, by) = (blocker_title(blocker), by_whom(&blocker.user));
    say!("in-use-by", who = who, by = by)
}

/// That a blocker could not be asked to quit; `error`: None where there is no way to ask.
pub(crate) fn not_asked(
    blocker: &Blocker,
    error: Option<&std::io::Error>,
    is_waited_for: bool,
) -> String {
    let who = named(blocker);
    let why = error.map_or_else(|| say!("not-asked-no-way"), ToString::to_string);
    match is_waited_for {
        true => say!("not-asked-waiting", who = who, why = why),
        false => say!("not-asked-close", who = who, why = why),
    }
}

/// That the person interrupted, and how many stores were not reached before that.
pub(crate) fn interrupted(not_reached: usize) -> String {
    match not_reached {
        0 => say!("interrupted-all-done"),
        n => say!("interrupted-not-reached", n = n),
    }
}

/// `28 cookies and site data`; None for nothing.
pub(crate) fn amount_in_words(cookies: u64, with_site_data: bool) -> Option<String> {
    let cookies = (cookies > 0).then(|| say!("count-cookies", n = cookies));
    let site_data = with_site_data.then(|| say!("site-data"));
    let what: Vec<_> = cookies.into_iter().chain(site_data).collect();
    (!what.is_empty()).then(|| all_of(&what))
}

/// The sites by their names, as far as that is short.
pub(crate) fn sites_in_words(sites: &[String]) -> String {
    let names: Vec<_> = sites.iter().map(|site| shown_host(site)).collect();
    match names.len() {
        0..=3 => safe(&all_of(&names)).into_owned(),
        n => say!("count-sites", n = n),
    }
}

/// `Put back 28 cookies and site data of openai.com in 5 profiles.` `site_data`: storage
/// keys.
pub(crate) fn put_back(
    cookies: u64,
    site_data: u64,
    domains: &[String],
    profiles: usize,
) -> String {
    let Some(what) = amount_in_words(cookies, site_data > 0) else {
        return say!("undo-put-back-nothing");
    };
    say!(
        "undo-put-back",
        what = what,
        domains = sites_in_words(domains),
        profiles = say!("count-profiles", n = profiles)
    )
}

/// `chrome, process 4242, since 09:14`; what shows it, when no process can be named.
pub(crate) fn by_whom(user: &InUse) -> String {
    if user.by.is_empty() {
        return evidence(&user.evidence);
    }
    let now = Timestamp::now();
    let named = user.by.iter().map(|process| {
        let (name, pid) = (process.name.as_str(), process.pid.to_string());
        match process.since {
            None => say!("in-use-process", name = name, pid = pid),
            Some(since) => {
                let time = since_when(since, now);
                say!("in-use-process-since", name = name, pid = pid, time = time)
            }
        }
    });
    let named: Vec<_> = named.collect();
    named.join("; ")
}

/// `2026-11-25 09:14`, in local time.
pub(crate) fn minute(time: Timestamp) -> String {
    let local = time.to_zoned_datetime(TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

/// How much the copies of a deletion hold: `28 + site data (118 KB)`.
pub(crate) fn amount_of(content: &Content) -> String {
    match content.site_data {
        false => grouped(content.cookies),
        true => say!(
            "undo-with-site-data",
            n = content.cookies,
            size = size(content.trash)
        ),
    }
}

/// What is special about the copies of a deletion.
pub(crate) fn state_of(content: &Content) -> Option<String> {
    match content {
        content if content.is_running => Some(say!("undo-running")),
        content if !content.problems.is_empty() => Some(say!("undo-damaged")),
        content if content.is_cut_off => Some(say!("undo-cut-off")),
        content if content.domains.is_empty() => Some(say!("undo-leftovers")),
        _ => None,
    }
}

/// `09:14`; with the day, where that is not today.
fn since_when(since: Timestamp, now: Timestamp) -> String {
    let local = |time: Timestamp| time.to_zoned_datetime(TimeZone::system());
    let (since, now) = (local(since), local(now));
    let format = match since.date() == now.date() {
        true => "%H:%M",
        false => "%Y-%m-%d %H:%M",
    };
    since.strftime(format).to_string()
}

/// What an item is called: a cookie by its name.
pub(crate) fn name_of_item(item: &Item) -> String {
    match item {
        Item::Cookie(cookie) => cookie.name.clone(),
        Item::DeviceBoundSession(_) => say!("item-bound-session"),
        Item::SiteData(_) => say!("item-site-data"),
    }
}

/// Until when an item lasts, in local time; to the minute when that is soon.
pub(crate) fn lifetime(item: &Item, now: Timestamp) -> String {
    let Some(expires) = item.cookie().and_then(|cookie| cookie.expires) else {
        return say!("lifetime-session");
    };
    if expires <= now {
        return say!("lifetime-expired");
    }
    let soon = now.duration_until(expires) < SignedDuration::from_hours(48);
    let format = if soon { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
    let local = expires.to_zoned_datetime(TimeZone::system());
    say!("lifetime-until", time = local.strftime(format).to_string())
}

/// What there is to say of an item besides its columns.
pub(crate) fn remarks(job: &Job<'_>, found: &Match) -> String {
    let mut remarks = Vec::new();
    if job.store.is_older_copy() {
        remarks.push(say!("remark-older-copy"));
    }
    let Item::Cookie(cookie) = &found.item else {
        return enumerated(&remarks);
    };
    if cookie.is_login() {
        remarks.push(say!("remark-login"));
    }
    remarks.extend(remark_on_partition(
        cookie.partition.as_deref(),
        found.reason,
    ));
    remarks.extend(remark_on_container(cookie.container.as_deref()));
    if !matches!(&*cookie.path, "" | "/") {
        remarks.push(say!("remark-path", path = cut(&cookie.path, WIDEST_HOST)));
    }
    if job.store.kind().is_volatile() {
        remarks.push(say!("remark-session-files"));
    }
    enumerated(&remarks)
}

/// Under which site something is, which it may have been asked for by.
pub(crate) fn remark_on_partition(site: Option<&str>, reason: MatchedBy) -> Option<String> {
    let site = safe(site?).into_owned();
    Some(match reason {
        MatchedBy::Partition => say!("remark-embedded", site = site),
        MatchedBy::Host => say!("remark-only-under", site = site),
    })
}

/// In which container of Firefox something is.
pub(crate) fn remark_on_container(name: Option<&str>) -> Option<String> {
    let name = safe(name?).into_owned();
    Some(say!("remark-container", name = name))
}

/// `local storage (22 keys), IndexedDB, 2 service workers`.
pub(crate) fn kinds_of_data(contents: &BTreeMap<DataKind, Amount>) -> String {
    let keys = |n: u64| say!("count-keys", n = n);
    let named = contents.iter().filter_map(|(kind, amount)| {
        Some(match (kind, amount.entries) {
            (DataKind::LocalStorage, 0) => say!("kind-local-storage"),
            (DataKind::LocalStorage, n) => say!("kind-local-storage-keys", keys = keys(n)),
            (DataKind::SessionStorage, n) => say!("kind-session-storage", keys = keys(n)),
            (DataKind::IndexedDb, _) => say!("kind-indexeddb"),
            (DataKind::Cache, _) => say!("kind-cache"),
            (DataKind::ServiceWorker, n) => say!("count-service-workers", n = n),
            (DataKind::Files, _) => say!("kind-files"),
            (DataKind::Registration, _) => return None,
        })
    });
    let named: Vec<_> = named.collect();
    match named.is_empty() {
        true => say!("kind-nothing"),
        false => enumerated(&named),
    }
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
}
