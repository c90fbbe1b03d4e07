//! The engine as a library, with an observer that only counts.

mod world;

use std::time::Duration;

use cookieclean::Domain;
use cookieclean::Platform;
use cookieclean::Query;
use cookieclean::Undo;
use cookieclean::{
    Blocker, Cancel, Decision, Event, Observer, Outcome, Request, Scheduler, delete, list,
};
use cookieclean::{Filter, Found, Roots, discover};
use world::holder::{Holder, hold_if_told};
use world::{World, stores};

/// Not a test of its own: [`Holder`] runs it in another process.
#[test]
fn helper_that_holds_a_lock_until_it_is_told() {
    hold_if_told();
}

#[derive(Default)]
struct Counting {
    shown: usize,
    not_shown: u64,
    interrupted: usize,
    /// Cancelled when the first store is done.
    cancels: Option<Cancel>,
    stores: usize,
    open: usize,
    questions: usize,
    waits: usize,
    /// What is to be done about who is in the way.
    decision: Option<Decision>,
}

impl Observer for Counting {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Matches {
                matches, is_open, ..
            } => {
                self.shown += matches.len();
                self.open += usize::from(*is_open);
            }
            Event::Looked { .. } => self.stores += 1,
            Event::Cleaned { cleaned, .. } => {
                self.stores += 1;
                self.not_shown += cleaned.not_shown;
                self.interrupted += usize::from(matches!(cleaned.outcome, Outcome::Interrupted));
                if let Some(cancel) = &self.cancels {
                    cancel.cancel();
                }
            }
            Event::Waiting(_) => self.waits += 1,
            _ => {}
        }
    }

    fn decide(&mut self, blockers: &[Blocker]) -> Vec<Decision> {
        self.questions += 1;
        assert_eq!(blockers.len(), 1);
        self.decision.into_iter().collect()
    }
}

/// Two profiles of Firefox, with four of eight cookies of the site in each.
fn two_profiles() -> (World, Found, Query) {
    let world = World::new();
    for name in ["one", "two"] {
        let place = format!(".mozilla/firefox/{name}/cookies.sqlite");
        stores::firefox(&world.path(&place), 17);
    }
    world.age();
    let layout = match cfg!(windows) {
        true => Platform::Windows,
        false => Platform::Linux,
    };
    let roots = Roots::below(&world.home(), layout).unwrap();
    let found = discover(&roots, &Filter::default()).unwrap();
    let query = Query::all_of(vec![Domain::parse("openai.com").unwrap()]);
    (world, found, query)
}

fn request<'a>(found: &'a Found, query: &'a Query, cancel: &'a Cancel) -> Request<'a> {
    Request {
        found,
        query,
        show: 3,
        look_only: false,
        cancel,
        threads: None,
    }
}

#[test]
fn listing_and_deletion_are_counted_alike() {
    let (world, found, query) = two_profiles();
    let mut listed = Counting::default();
    let summary = list(&found, &query, None, None, &mut listed);
    assert_eq!((summary.matched, summary.matched_profiles), (8, 2));
    assert_eq!((listed.shown, listed.stores), (8, 2));

    let cancel = Cancel::default();
    let undo = Undo::in_folder(&world.state()).begin(Vec::new(), jiff::Timestamp::now());
    let mut deleted = Counting::default();
    let summary = delete(
        &request(&found, &query, &cancel),
        Some(undo),
        &mut Scheduler::new(None, &cancel),
        &mut deleted,
    );
    assert_eq!((summary.deleted, summary.matched_profiles), (8, 2));
    assert_eq!((summary.kept, summary.failed), (8, 0));
    assert!(summary.undo.is_some());
    // Of each store only the first ones are shown.
    assert_eq!((deleted.shown, deleted.stores), (6, 2));
    assert_eq!(deleted.not_shown, 2);
    assert_eq!(deleted.questions, 0);
}

#[test]
fn observer_decides_once_about_blockers() {
    for (decision, waits) in [
        (Decision::Skip, 0),
        (Decision::Wait(Some(Duration::ZERO)), 1),
    ] {
        let (world, found, query) = two_profiles();
        let _held = Holder::of(&world.path(".mozilla/firefox/two/cookies.sqlite"));
        let cancel = Cancel::default();
        let mut observer = Counting {
            decision: Some(decision),
            ..Counting::default()
        };
        let summary = delete(
            &request(&found, &query, &cancel),
            None,
            &mut Scheduler::new(None, &cancel),
            &mut observer,
        );
        assert_eq!((observer.questions, observer.waits), (1, waits));
        assert_eq!((observer.stores, summary.deleted), (2, 4));
        assert_eq!(summary.blocked.len(), 1);
        assert_eq!(summary.blocked[0].cookies, 4);
        assert_eq!(summary.has_waited, waits > 0);
    }
}

/// Waits for the browser of one profile, and skips the others.
struct WaitsForOne {
    folder: &'static str,
    holder: Option<Holder>,
}

impl Observer for WaitsForOne {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Waiting(blockers) = event {
            assert_eq!(blockers.len(), 1);
            assert_eq!(blockers[0].profiles[0].folder, self.folder);
            // It is closed.
            self.holder.take();
        }
    }

    fn decide(&mut self, blockers: &[Blocker]) -> Vec<Decision> {
        let of = |blocker: &Blocker| match blocker.profiles[0].folder == self.folder {
            true => Decision::Wait(None),
            false => Decision::Skip,
        };
        blockers.iter().map(of).collect()
    }
}

#[test]
fn each_blocker_has_a_decision_of_its_own() {
    for folder in ["one", "two"] {
        let (world, found, query) = two_profiles();
        let path = |name: &str| world.path(&format!(".mozilla/firefox/{name}/cookies.sqlite"));
        let other = if folder == "one" { "two" } else { "one" };
        let _other = Holder::of(&path(other));
        let cancel = Cancel::default();
        let mut observer = WaitsForOne {
            folder,
            holder: Some(Holder::of(&path(folder))),
        };
        let summary = delete(
            &request(&found, &query, &cancel),
            None,
            &mut Scheduler::new(None, &cancel),
            &mut observer,
        );
        assert!(observer.holder.is_none());
        assert_eq!((summary.deleted, summary.blocked.len()), (4, 1));
        assert_eq!(summary.blocked[0].profiles[0].folder, other);
    }
}

#[test]
fn cancelled_deletion_reaches_no_store() {
    let (_world, found, query) = two_profiles();
    let cancel = Cancel::default();
    cancel.cancel();
    let summary = delete(
        &request(&found, &query, &cancel),
        None,
        &mut Scheduler::new(None, &cancel),
        &mut Counting::default(),
    );
    assert_eq!((summary.not_reached, summary.deleted), (2, 0));
    assert!(summary.is_cancelled);
}

#[test]
fn observer_is_shown_nothing_where_nothing_is_wanted() {
    let (_world, found, query) = two_profiles();
    let cancel = Cancel::default();
    let mut observer = Counting::default();
    let nothing = Request::new(&found, &query, &cancel);
    let mut scheduler = Scheduler::new(None, &cancel);
    let summary = delete(&nothing, None, &mut scheduler, &mut observer);
    assert_eq!(
        (observer.shown, observer.not_shown, summary.deleted),
        (0, 0, 8)
    );
}

#[test]
fn deletion_cancelled_after_a_store_begins_no_other() {
    let (_world, found, query) = two_profiles();
    let cancel = Cancel::default();
    let mut observer = Counting {
        cancels: Some(cancel.clone()),
        ..Counting::default()
    };
    let one_by_one = Request {
        threads: Some(1),
        ..request(&found, &query, &cancel)
    };
    let mut scheduler = Scheduler::new(None, &cancel);
    let summary = delete(&one_by_one, None, &mut scheduler, &mut observer);
    assert_eq!((summary.deleted, summary.not_reached), (4, 1));
    assert_eq!((observer.stores, observer.interrupted), (2, 1));
}

#[test]
fn look_only_deletes_nothing_and_names_who_has_a_profile_open() {
    for is_open in [false, true] {
        let (world, found, query) = two_profiles();
        let place = world.path(".mozilla/firefox/two/cookies.sqlite");
        let before = stores::dump(&place, "moz_cookies");
        let held = is_open.then(|| Holder::of(&place));
        let cancel = Cancel::default();
        let looking = Request {
            look_only: true,
            ..request(&found, &query, &cancel)
        };
        let mut scheduler = Scheduler::new(Some(Decision::Skip), &cancel);
        let summary = delete(&looking, None, &mut scheduler, &mut Counting::default());
        assert_eq!((summary.deleted, summary.failed), (0, 0));
        assert_eq!(summary.blocked.len(), usize::from(is_open));
        drop(held);
        assert_eq!(stores::dump(&place, "moz_cookies"), before);
    }
}

#[test]
fn open_profile_without_matches_is_not_called_clean() {
    let (world, found, _) = two_profiles();
    let _held = Holder::of(&world.path(".mozilla/firefox/two/cookies.sqlite"));
    let query = Query::all_of(vec![Domain::parse("nowhere.example").unwrap()]);
    let cancel = Cancel::default();
    let mut scheduler = Scheduler::new(Some(Decision::Skip), &cancel);
    let request = request(&found, &query, &cancel);
    let summary = delete(&request, None, &mut scheduler, &mut Counting::default());
    // What it has in its memory cannot be seen.
    assert_eq!(summary.blocked.len(), 1);
    assert_eq!((summary.failed, summary.deleted), (0, 0));
}

#[test]
fn copies_that_cannot_be_kept_fail_the_deletion() {
    let (world, found, query) = two_profiles();
    let before = world.files();
    // A file where the state folder would be.
    std::fs::write(world.state(), "in the way").unwrap();
    let cancel = Cancel::default();
    let undo = Undo::in_folder(&world.state()).begin(Vec::new(), jiff::Timestamp::now());
    let mut scheduler = Scheduler::new(None, &cancel);
    let request = request(&found, &query, &cancel);
    let summary = delete(
        &request,
        Some(undo),
        &mut scheduler,
        &mut Counting::default(),
    );
    assert_eq!((summary.deleted, summary.failed), (0, 2));
    assert!(summary.undo.is_none());
    assert!(world.files() == before);
}
