//! The engine as a library, with an observer that only counts.

mod world;

use std::time::Duration;

use cookieclean::Domain;
use cookieclean::Platform;
use cookieclean::Query;
use cookieclean::Undo;
use cookieclean::{Blocker, Cancel, Decision, Event, Observer, Request, Scheduler, delete, list};
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
            Event::Looked { .. } | Event::Cleaned { .. } => self.stores += 1,
            Event::Waiting(_) => self.waits += 1,
            _ => {}
        }
    }

    fn decide(&mut self, blockers: &[Blocker]) -> Decision {
        self.questions += 1;
        assert_eq!(blockers.len(), 1);
        self.decision.unwrap_or(Decision::Skip)
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
