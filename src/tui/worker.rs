//! The work behind the screen, on a thread of its own: it takes jobs and sends news.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};

use jiff::Timestamp;

use super::IS_CHANGING;
use super::plan::{Plan, Tally, Who};
use crate::browsers::{Found, Job as StoreJob, Profile};
use crate::engine::reveal::Reveal;
use crate::engine::{
    Blocker, Cancel, Decision, Event, Observer, Outcome, PutBackOutcome, Request, Scheduler,
    SiteDataCounts, Summary, Unread, delete, each_store, list, restore,
};
use crate::model::error::Error;
use crate::model::item::{Item, Match};
use crate::model::query::{Pick, Query};
use crate::model::services::related;
use crate::undo::{Entry, Undo};
use crate::wording::hosts::shown_host;
use crate::wording::names::{
    WIDEST_NAME, blocker_title, lifetime, name_of_item, remark_on_container, remark_on_partition,
    remarks, sites_in_words, title_of,
};
use crate::wording::text::{cut, safe};
use crate::wording::{advice, all_of, enumerated, faults, names, say, size};

/// What is to be done.
pub(crate) enum Job {
    /// Reads the sites of all profiles.
    Sites,
    /// Reads what there is of a site.
    Site {
        site: String,
        with_values: bool,
    },
    /// Counts what a plan means.
    Count(Plan),
    Delete(Plan),
    /// Undoes these deletions, the last one first.
    Undo(Vec<String>),
    /// Looks which browsers are open.
    Look,
    /// Lists what can be undone.
    Deletions,
}

/// What came of it.
pub(crate) enum News {
    /// The profiles in which sites are read now.
    Found {
        profiles: usize,
    },
    /// The hosts of a store, with the number of their entries.
    Hosts {
        browser: &'static str,
        is_site_data: bool,
        hosts: HashMap<String, u64>,
    },
    SitesRead,
    Site {
        site: String,
        entries: Vec<Line>,
    },
    Counted(Tally),
    /// Who is open, each as a line.
    Open(Vec<String>),
    /// The newest first.
    Deletions(Vec<DeletionLine>),
    Progress {
        done: usize,
        of: usize,
    },
    Waiting(String),
    Done(Report),
    /// Something that could not be read: a line.
    Trouble(String),
}

/// A line of what there is of a site.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    Profile { title: String, is_open: bool },
    Item(Box<ItemLine>),
}

#[derive(Debug, Clone)]
pub(crate) struct ItemLine {
    pub host: String,
    pub name: String,
    /// Until when it lasts; of site data its size.
    pub until: String,
    pub remarks: String,
    pub value: Option<String>,
    /// What it is deleted by, where it can be deleted alone.
    pub pick: Option<(PathBuf, Pick)>,
}

/// A deletion that can be undone.
#[derive(Debug, Clone)]
pub(crate) struct DeletionLine {
    pub id: String,
    pub deleted: String,
    pub domains: String,
    /// How much it deleted, and what is special about it.
    pub content: String,
}

/// How a deletion or an undo ended, in words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    pub lines: Vec<String>,
    /// What went wrong or was skipped.
    pub troubles: Vec<String>,
    /// What can be undone.
    pub undo: Vec<String>,
}

/// Where the work is done.
pub(crate) struct Place<'a> {
    /// Searches all profiles, or one by its folder; an error is a sentence.
    pub search: &'a (dyn Fn(Option<&Path>) -> Result<Found, String> + Sync),
    pub undo: &'a Undo,
    pub cancel: &'a Cancel,
    pub threads: Option<usize>,
}

/// Says that stores are being changed, as long as it lives.
struct Changing;

impl Changing {
    fn begin() -> Self {
        IS_CHANGING.store(true, Ordering::SeqCst);
        Self
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        IS_CHANGING.store(false, Ordering::SeqCst);
    }
}

/// Does what comes until nothing more can come. `first`: what a search has found already.
pub(crate) fn work(place: &Place<'_>, first: Found, jobs: &Receiver<Job>, news: &Sender<News>) {
    // If nobody listens any more, the program is about to end.
    let send = |what: News| {
        let _ = news.send(what);
    };
    let mut found = Found::default();
    let mut first = Some(first);
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Sites => match first.take().map_or_else(|| (place.search)(None), Ok) {
                Ok(all) => {
                    found = all;
                    sites(place, &found, &send);
                    look(&found, &send);
                }
                Err(why) => {
                    send(News::Trouble(why));
                    send(News::SitesRead);
                }
            },
            Job::Site { site, with_values } => {
                let entries = entries(place, &found, &site, with_values);
                send(News::Site { site, entries });
            }
            Job::Count(plan) => send(News::Counted(count(place, &found, &plan))),
            Job::Delete(plan) => {
                let _changing = Changing::begin();
                let report = delete_all(place, &found, &plan, &send);
                send(News::Done(report));
            }
            Job::Undo(ids) => {
                let _changing = Changing::begin();
                let report = undo_all(place, ids, &send);
                send(News::Done(report));
            }
            Job::Look => look(&found, &send),
            Job::Deletions => send(deletions(place)),
        }
    }
}

fn deletions(place: &Place<'_>) -> News {
    let entries = match place.undo.entries(Timestamp::now()) {
        Ok(entries) => entries,
        Err(error) => return News::Trouble(faults::error(&error)),
    };
    let line = |entry: &Entry| {
        // One that is damaged or has gone cannot be put back from here.
        let content = entry.look().ok().flatten()?;
        let domains: Vec<_> = content.domains.iter().map(|d| shown_host(d)).collect();
        Some(DeletionLine {
            id: entry.id.clone(),
            deleted: names::minute(entry.began(&content)),
            domains: safe(&enumerated(&domains)).into_owned(),
            content: {
                let amount = names::amount_in_words(content.cookies, content.site_data);
                let parts = [amount, names::state_of(&content)];
                parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
            },
        })
    };
    News::Deletions(entries.iter().filter_map(line).collect())
}

fn sites(place: &Place<'_>, found: &Found, send: &dyn Fn(News)) {
    send(News::Found {
        profiles: found.profiles.len(),
    });
    for problem in &found.problems {
        send(News::Trouble(faults::error(problem)));
    }
    each_store(found, true, place.threads, |job, hosts| {
        send(match hosts {
            Ok(hosts) => News::Hosts {
                browser: job.profile.browser.name,
                is_site_data: job.store.kind().is_site_data(),
                hosts,
            },
            Err(unread) => News::Trouble(unread_line(job.profile, &unread)),
        });
    });
    send(News::SitesRead);
}

fn unread_line(profile: &Profile, unread: &Unread) -> String {
    match unread {
        Unread::InUse { user, .. } => {
            let what = say!("could-not-read", what = title_of(profile));
            names::in_the_way(what, user, say!("screen-close-it")).0
        }
        Unread::Failed(error) => faults::error(error),
    }
}

/// Each lock once: profiles of one user-data directory share it.
fn look(found: &Found, send: &dyn Fn(News)) {
    let mut seen = Vec::new();
    let mut open = Vec::new();
    for profile in &found.profiles {
        let guard = std::sync::Arc::as_ptr(&profile.guard);
        if seen.contains(&guard) {
            continue;
        }
        seen.push(guard);
        if let Ok(Some(user)) = profile.guard.in_use_now()
            && !user.is_cookieclean()
        {
            let shared = found
                .profiles
                .iter()
                .filter(|other| std::ptr::eq(std::sync::Arc::as_ptr(&other.guard), guard));
            open.push(match shared.count() {
                1 => title_of(profile),
                _ => profile.browser.name.to_owned(),
            });
        }
    }
    send(News::Open(open));
}

/// Collects what a list finds.
#[derive(Default)]
struct Collector {
    entries: Vec<Line>,
    current: Option<PathBuf>,
    logins: u64,
}

impl Observer for Collector {
    fn event(&mut self, event: &Event<'_>) {
        let Event::Matches {
            job,
            is_open,
            matches,
        } = event
        else {
            return;
        };
        let dir = &job.profile.dir;
        if self.current.as_ref() != Some(dir) && !matches.is_empty() {
            self.current = Some(dir.clone());
            self.entries.push(Line::Profile {
                title: title_of(job.profile),
                is_open: *is_open,
            });
        }
        for found in *matches {
            let is_login = found.item.cookie().is_some_and(|cookie| cookie.is_login());
            self.logins += u64::from(is_login);
            self.entries.push(Line::Item(Box::new(line_of(job, found))));
        }
    }
}

fn line_of(job: &StoreJob<'_>, found: &Match) -> ItemLine {
    let value = found.value.as_ref().map(|value| match value {
        Ok(shown) => safe(&shown.text).into_owned(),
        Err(error) => say!("value-not-shown", why = faults::value(error)),
    });
    match &found.item {
        Item::SiteData(data) => {
            let partition = remark_on_partition(data.key.partition.as_deref(), found.reason);
            let container = remark_on_container(data.key.container.as_deref());
            let kinds = names::kinds_of_data(&data.contents);
            let remarks: Vec<_> = [Some(kinds), partition, container]
                .into_iter()
                .flatten()
                .collect();
            ItemLine {
                host: shown_host(&data.key.host).into_owned(),
                name: say!("site-data"),
                until: size(data.bytes()),
                remarks: enumerated(&remarks),
                value: None,
                pick: None,
            }
        }
        item => ItemLine {
            host: cut(&shown_host(item.host()), names::WIDEST_HOST),
            name: cut(&name_of_item(item), WIDEST_NAME),
            until: lifetime(item, Timestamp::now()),
            remarks: remarks(job, found),
            value,
            pick: item
                .cookie()
                .map(|cookie| (job.profile.dir.clone(), Pick::of(cookie))),
        },
    }
}

fn entries(place: &Place<'_>, found: &Found, site: &str, with_values: bool) -> Vec<Line> {
    let Some(mut query) = Plan::of_site(site).query() else {
        return Vec::new();
    };
    query.site_data = true;
    query.with_values = with_values;
    let reveal = with_values.then(|| Reveal::new(true, || {}));
    let mut collector = Collector::default();
    list(found, &query, reveal, place.threads, &mut collector);
    collector.entries
}

fn count(place: &Place<'_>, found: &Found, plan: &Plan) -> Tally {
    let Some(query) = plan.query() else {
        return Tally::default();
    };
    if !plan.picks.is_empty() {
        return Tally {
            cookies: plan.picks.len() as u64,
            profiles: plan.by_profile().len(),
            open: open_of(found, |profile| {
                plan.picks.iter().any(|(dir, _)| *dir == profile.dir)
            }),
            ..Tally::default()
        };
    }
    let mut tally = count_of(place, found, query);
    if !tally.related.is_empty() {
        let with_related = Plan {
            related: tally.related.clone(),
            ..plan.clone()
        };
        let all = with_related
            .query()
            .map(|query| count_of(place, found, query));
        tally.with_related = all.map(Box::new);
    }
    tally.open = open_of(found, |_| true);
    tally
}

/// Everything of the sites of a query.
fn count_of(place: &Place<'_>, found: &Found, query: Query) -> Tally {
    let mut collector = Collector::default();
    let everything = Query {
        site_data: true,
        keep_login: false,
        related: related(&query.domains),
        ..query
    };
    let summary = list(found, &everything, None, place.threads, &mut collector);
    Tally {
        cookies: summary.matched,
        profiles: summary.matched_profiles,
        logins: collector.logins,
        site_data: summary.site_data.keys,
        site_data_size: summary.site_data.bytes,
        related: summary.related,
        ..Tally::default()
    }
}

/// The open browsers that have one of these profiles, each once, as a line.
fn open_of(found: &Found, is_meant: impl Fn(&Profile) -> bool) -> Vec<(Who, String)> {
    let mut open = Vec::new();
    for profile in found.profiles.iter().filter(|profile| is_meant(profile)) {
        if let Ok(Some(user)) = profile.guard.in_use_now() {
            let line = say!(
                "in-use-by",
                who = profile.browser.name,
                by = names::by_whom(&user)
            );
            let who = Who::of(profile.browser.name, &user);
            if !open.iter().any(|(known, _)| *known == who) {
                open.push((who, line));
            }
        }
    }
    open
}

/// Passes on how far the work is, and collects what went wrong.
struct Watcher<'a> {
    send: &'a dyn Fn(News),
    /// What the person wants done about open browsers.
    plan: &'a Plan,
    troubles: Vec<String>,
}

impl Watcher<'_> {
    fn error(&mut self, error: &Error) {
        self.troubles.push(faults::error(error));
        self.troubles.extend(advice::for_error(error));
    }

    /// What the summary says went wrong, beside single stores.
    fn end(&mut self, summary: &Summary) {
        for blocker in &summary.blocked {
            let what = say!("skipped", what = names::profiles_of(blocker));
            let (line, advice) = names::in_the_way(what, &blocker.user, say!("screen-close-it"));
            self.troubles.push(line);
            self.troubles.extend(advice);
        }
        for problem in &summary.problems {
            self.error(problem);
        }
        if summary.is_cancelled {
            self.troubles.push(names::interrupted(summary.not_reached));
        }
    }
}

impl Observer for Watcher<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Progress { done, of } => (self.send)(News::Progress {
                done: *done,
                of: *of,
            }),
            Event::Waiting(blockers) => {
                let names: Vec<_> = blockers.iter().map(|b| blocker_title(b)).collect();
                (self.send)(News::Waiting(say!("waiting-for", names = all_of(&names))));
            }
            Event::Cleaned { cleaned, .. } => match &cleaned.outcome {
                Outcome::Failed(error)
                | Outcome::Cleaned {
                    trouble: Some(error),
                    ..
                } => self.error(error),
                _ => {}
            },
            Event::Restored(back) => match &back.outcome {
                PutBackOutcome::Failed(error) => self.error(error),
                PutBackOutcome::Restored(done) => {
                    self.troubles.extend(faults::after_put_back(back, done));
                }
                PutBackOutcome::InUse(_) | PutBackOutcome::Interrupted => {}
            },
            Event::NotAsked {
                blocker,
                error,
                is_waited_for,
            } => self
                .troubles
                .push(names::not_asked(blocker, error.as_ref(), *is_waited_for)),
            _ => {}
        }
    }

    fn decide(&mut self, blockers: &[Blocker]) -> Vec<Decision> {
        let of = |blocker: &Blocker| Who::of(blocker.browser, &blocker.user);
        let decisions = blockers.iter().map(|b| self.plan.about(&of(b)).decision());
        decisions.collect()
    }
}

/// Deletes what a plan means: whole sites in one deletion; single cookies in one for each
/// profile that they are in.
fn delete_all(place: &Place<'_>, found: &Found, plan: &Plan, send: &dyn Fn(News)) -> Report {
    let mut watcher = Watcher {
        send,
        plan,
        troubles: Vec::new(),
    };
    let mut total = Total::default();
    if plan.picks.is_empty() {
        if let Some(query) = plan.query() {
            total.add(run(place, found, &query, &mut watcher));
        }
    } else {
        for (dir, picks) in plan.by_profile() {
            match (place.search)(Some(&dir)) {
                Ok(only) => {
                    let part = Plan {
                        picks,
                        ..plan.clone()
                    };
                    if let Some(query) = part.query() {
                        total.add(run(place, &only, &query, &mut watcher));
                    }
                }
                Err(why) => watcher.troubles.push(why),
            }
        }
    }
    let what = sites_in_words(&[&*plan.sites, &plan.related].concat());
    let mut lines = Vec::new();
    let cookies = say!("count-cookies", n = total.deleted);
    let profiles = say!("count-profiles", n = total.profiles);
    if total.deleted == 0 && total.site_data.keys == 0 {
        lines.push(say!("deleted-nothing"));
    } else {
        lines.push(say!(
            "screen-deleted",
            cookies = cookies,
            profiles = profiles
        ));
        if total.site_data.keys > 0 {
            lines.push(say!(
                "site-data-deleted",
                origins = say!("count-origins", n = total.site_data.keys),
                size = size(total.site_data.bytes)
            ));
        }
        if plan.picks.is_empty() && total.is_clean && !plan.keep_login {
            lines.push(left(place, found, plan, what));
        }
    }
    Report {
        lines,
        troubles: watcher.troubles,
        undo: total.undo,
    }
}

/// Looks again, and says what is left.
fn left(place: &Place<'_>, found: &Found, plan: &Plan, what: String) -> String {
    let Some(query) = plan.query() else {
        return String::new();
    };
    let mut collector = Collector::default();
    let summary = list(found, &query, None, place.threads, &mut collector);
    let profiles = say!("count-profiles", n = found.profiles.len());
    match summary.matched == 0 && summary.site_data.keys == 0 && summary.failed == 0 {
        true if query.site_data => say!("screen-nothing-left", what = what, profiles = profiles),
        true => say!("screen-no-cookie-left", what = what, profiles = profiles),
        false => say!(
            "screen-something-left",
            what = what,
            cookies = say!("count-cookies", n = summary.matched)
        ),
    }
}

#[derive(Default)]
struct Total {
    deleted: u64,
    profiles: usize,
    site_data: SiteDataCounts,
    undo: Vec<String>,
    is_clean: bool,
}

impl Total {
    fn add(&mut self, summary: Summary) {
        self.deleted += summary.deleted;
        self.profiles += summary.matched_profiles;
        self.site_data.keys += summary.site_data.keys;
        self.site_data.bytes += summary.site_data.bytes;
        self.is_clean = summary.failed == 0 && summary.blocked.is_empty() && !summary.is_cancelled;
        self.undo.extend(summary.undo);
    }
}

fn run(place: &Place<'_>, found: &Found, query: &Query, watcher: &mut Watcher<'_>) -> Summary {
    let mut scheduler = Scheduler::new(None, place.cancel);
    let request = Request {
        threads: place.threads,
        ..Request::new(found, query, place.cancel)
    };
    let copies = place.undo.begin(query.domain_names(), Timestamp::now());
    let summary = delete(&request, Some(copies), &mut scheduler, watcher);
    watcher.end(&summary);
    summary
}

fn undo_all(place: &Place<'_>, mut ids: Vec<String>, send: &dyn Fn(News)) -> Report {
    let skips_all = Plan::default();
    let mut watcher = Watcher {
        send,
        plan: &skips_all,
        troubles: Vec::new(),
    };
    let (mut restored, mut site_data, mut profiles) = (0, 0, 0);
    let mut sites = BTreeSet::new();
    let mut again = Vec::new();
    while let Some(id) = ids.pop() {
        match undo_one(place, &id, &mut watcher) {
            Ok((domains, summary)) => {
                sites.extend(domains);
                restored += summary.restored;
                site_data += summary.restored_site_data;
                profiles += summary.matched_profiles;
                let is_whole =
                    summary.failed == 0 && summary.blocked.is_empty() && summary.not_reached == 0;
                if !is_whole {
                    again.push(id);
                }
            }
            Err(error) => {
                watcher.error(&error);
                again.push(id);
            }
        }
    }
    let sites: Vec<_> = sites.into_iter().collect();
    Report {
        lines: vec![names::put_back(restored, site_data, &sites, profiles)],
        troubles: watcher.troubles,
        undo: again,
    }
}

/// Gives the domains of the deletion, too; none where it has gone.
fn undo_one(
    place: &Place<'_>,
    id: &str,
    watcher: &mut Watcher<'_>,
) -> Result<(Vec<String>, Summary), Error> {
    let now = Timestamp::now();
    let entries = place.undo.entries(now)?;
    let entry = entries.into_iter().find(|entry| entry.id == id);
    let taken = match entry {
        Some(entry) => entry.take()?,
        None => None,
    };
    let Some(taken) = taken else {
        return Ok(Default::default());
    };
    let domains = taken.domains()?;
    let mut scheduler = Scheduler::new(None, place.cancel);
    let summary = restore(
        taken,
        place.undo.begin(domains.clone(), now),
        place.cancel,
        place.threads,
        &mut scheduler,
        watcher,
    );
    watcher.end(&summary);
    Ok((domains, summary))
}
