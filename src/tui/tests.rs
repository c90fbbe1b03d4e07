use std::collections::HashMap;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent};

use super::plan::{Open, Plan, Tally, Who};
use super::state::{Next, State, View};
use super::view::{Theme, draw};
use super::worker::{DeletionLine, ItemLine, Job, Line, News, Report};
use crate::model::query::Pick;

fn hosts(names: &[&str]) -> News {
    let hosts = names.iter().map(|name| ((*name).to_owned(), 1));
    News::Hosts {
        browser: "Firefox",
        is_site_data: false,
        hosts: hosts.collect::<HashMap<_, _>>(),
    }
}

fn read(names: &[&str]) -> State {
    let mut state = State::new(String::new());
    for news in [News::Found { profiles: 1 }, hosts(names), News::SitesRead] {
        state.hear(news);
    }
    state.refresh();
    state
}

fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Presses keys, and gives the jobs that come of them.
fn press(state: &mut State, keys: &[KeyCode]) -> Vec<Job> {
    let mut jobs = Vec::new();
    for code in keys {
        state.press(key(*code), &mut |job| jobs.push(job));
        state.refresh();
    }
    jobs
}

fn names(state: &State) -> Vec<&str> {
    state.sites().map(|site| &*site.name).collect()
}

fn drawn(state: &mut State, columns: u16, rows: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let theme = Theme { with_colors: true };
    terminal.draw(|frame| draw(frame, state, theme)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn site_that_begins_with_the_text_comes_first() {
    let mut state = read(&[
        "a.com",
        "notopenai.com",
        "openai.com",
        "cdn.openai.com.evil.net",
    ]);
    assert_eq!(
        names(&state),
        ["a.com", "evil.net", "notopenai.com", "openai.com"]
    );
    press(
        &mut state,
        &"openai".chars().map(KeyCode::Char).collect::<Vec<_>>(),
    );
    assert_eq!(names(&state), ["openai.com", "notopenai.com", "evil.net"]);
    press(&mut state, &[KeyCode::Esc]);
    assert_eq!(names(&state).len(), 4);
}

#[test]
fn idn_is_searched_for_in_either_spelling() {
    for text in ["b\u{fc}ch", "xn--bch", "B\u{dc}CHER.example"] {
        let mut state = read(&["a.com", "xn--bcher-kva.example"]);
        press(
            &mut state,
            &text.chars().map(KeyCode::Char).collect::<Vec<_>>(),
        );
        assert_eq!(names(&state), ["xn--bcher-kva.example"], "{text}");
    }
}

fn one_cookie() -> Tally {
    Tally {
        cookies: 1,
        ..Tally::default()
    }
}

#[test]
fn first_site_is_selected_until_the_person_moves() {
    let mut state = read(&["b.com"]);
    press(&mut state, &[KeyCode::Enter]);
    state.hear(hosts(&["a.com"]));
    state.refresh();
    assert_eq!(names(&state)[state.selected], "a.com");
}

#[test]
fn deletion_of_nothing_is_not_begun() {
    let mut state = read(&["a.com"]);
    press(&mut state, &[KeyCode::Enter, KeyCode::Char('d')]);
    state.hear(News::Counted(Tally {
        cookies: 1,
        logins: 1,
        ..Tally::default()
    }));
    let enter = [KeyCode::Char('l'), KeyCode::Enter];
    assert!(press(&mut state, &enter).is_empty());
    assert!(drawn(&mut state, 80, 10).contains("Nothing will be deleted."));
    assert_eq!(press(&mut state, &enter).len(), 1);
}

#[test]
fn related_sites_are_counted_where_they_go_too() {
    let mut state = read(&["a.com"]);
    press(&mut state, &[KeyCode::Enter, KeyCode::Char('d')]);
    let all = Tally {
        cookies: 3,
        ..Tally::default()
    };
    state.hear(News::Counted(Tally {
        related: vec!["b.com".into()],
        with_related: Some(Box::new(all)),
        ..one_cookie()
    }));
    assert!(drawn(&mut state, 80, 12).contains("Will be deleted: 1 cookie "));
    press(&mut state, &[KeyCode::Char('r')]);
    assert!(drawn(&mut state, 80, 12).contains("Will be deleted: 3 cookies "));
}

#[test]
fn selection_stays_on_its_site_while_more_are_read() {
    let mut state = read(&["b.com", "d.com"]);
    press(&mut state, &[KeyCode::Enter, KeyCode::Down]);
    assert_eq!(state.selected, 1);
    state.hear(hosts(&["a.com", "c.com", "e.com"]));
    state.refresh();
    assert_eq!(names(&state)[state.selected], "d.com");
}

#[test]
fn entries_of_several_stores_add_up() {
    let mut state = read(&["a.com", "www.a.com"]);
    state.hear(News::Hosts {
        browser: "Chromium",
        is_site_data: true,
        hosts: HashMap::from([("a.com".to_owned(), 3)]),
    });
    state.refresh();
    let site = state.sites().next().unwrap().clone();
    assert_eq!((site.cookies, site.site_data), (2, 3));
    assert_eq!(site.browsers, ["Firefox", "Chromium"]);
    // Read again, they do not count twice.
    for news in [
        News::Found { profiles: 1 },
        hosts(&["a.com"]),
        News::SitesRead,
    ] {
        state.hear(news);
    }
    state.refresh();
    assert_eq!(state.sites().next().unwrap().cookies, 1);
}

#[test]
fn nothing_is_deleted_before_the_question_is_answered() {
    let mut state = read(&["a.com"]);
    let jobs = press(&mut state, &[KeyCode::Enter, KeyCode::Char('d')]);
    assert!(matches!(jobs.as_slice(), [Job::Count(plan)] if plan.sites == ["a.com"]));
    // Before it is known what would go, a yes does nothing.
    assert!(press(&mut state, &[KeyCode::Enter, KeyCode::Char('y')]).is_empty());
    state.hear(News::Counted(one_cookie()));
    let jobs = press(&mut state, &[KeyCode::Esc, KeyCode::Enter, KeyCode::Esc]);
    assert!(!jobs.iter().any(|job| matches!(job, Job::Delete(_))));
    press(&mut state, &[KeyCode::Char('d')]);
    state.hear(News::Counted(one_cookie()));
    let jobs = press(&mut state, &[KeyCode::Enter]);
    assert!(matches!(jobs.as_slice(), [Job::Delete(plan)] if plan.sites == ["a.com"]));
    assert!(state.is_working());
}

#[test]
fn choices_are_offered_where_there_is_something_to_choose() {
    let (firefox, chrome) = (Who::by_name("Firefox"), Who::by_name("Chrome"));
    let mut state = read(&["a.com"]);
    press(&mut state, &[KeyCode::Enter, KeyCode::Char('d')]);
    state.hear(News::Counted(Tally::default()));
    press(
        &mut state,
        &"slro".chars().map(KeyCode::Char).collect::<Vec<_>>(),
    );
    let plan = &state.plan;
    assert!(!plan.site_data && !plan.keep_login && plan.related.is_empty() && plan.open.is_empty());
    state.hear(News::Counted(Tally {
        logins: 1,
        site_data: 1,
        related: vec!["b.com".into()],
        cookies: 1,
        open: vec![
            (firefox.clone(), "Firefox".into()),
            (chrome.clone(), "Chrome".into()),
        ],
        ..Tally::default()
    }));
    press(
        &mut state,
        &"sro".chars().map(KeyCode::Char).collect::<Vec<_>>(),
    );
    let plan = &state.plan;
    assert!(plan.site_data);
    assert_eq!(plan.related, ["b.com"]);
    assert_eq!(plan.about(&firefox), Open::Wait);
    assert_eq!(plan.about(&chrome), Open::Wait);
    // Site data goes as a whole, logins in it too.
    press(&mut state, &[KeyCode::Char('l')]);
    assert!(state.plan.keep_login && !state.plan.site_data);
    press(&mut state, &[KeyCode::Char('s')]);
    assert!(!state.plan.keep_login && state.plan.site_data);
    // The last one, by itself.
    let jobs = press(
        &mut state,
        &[KeyCode::Up; 9]
            .into_iter()
            .chain([KeyCode::Down; 9])
            .chain([KeyCode::Char(' '), KeyCode::Enter])
            .collect::<Vec<_>>(),
    );
    let [Job::Delete(plan)] = jobs.as_slice() else {
        panic!("no deletion");
    };
    assert_eq!(plan.about(&firefox), Open::Wait);
    assert_eq!(plan.about(&chrome), Open::AskToQuit);
}

#[test]
fn site_with_nothing_but_site_data_offers_that() {
    for (cookies, site_data, is_on) in [(0, 1, true), (1, 1, false), (0, 0, false)] {
        let mut state = read(&["a.com"]);
        press(&mut state, &[KeyCode::Enter, KeyCode::Char('d')]);
        state.hear(News::Counted(Tally {
            cookies,
            site_data,
            ..Tally::default()
        }));
        assert_eq!(state.plan.site_data, is_on, "{cookies} {site_data}");
    }
}

#[test]
fn earlier_deletions_are_undone_from_the_list() {
    let mut state = read(&["a.com"]);
    let jobs = press(&mut state, &[KeyCode::Enter, KeyCode::Char('u')]);
    assert!(matches!(jobs.as_slice(), [Job::Deletions]));
    // Before they are read, there is nothing to choose.
    assert!(press(&mut state, &[KeyCode::Enter]).is_empty());
    let line = |id: &str| DeletionLine {
        id: id.into(),
        deleted: "2026-11-27 09:14".into(),
        domains: "a.com".into(),
        content: "28".into(),
    };
    state.hear(News::Deletions(vec![line("2"), line("1")]));
    assert!(drawn(&mut state, 60, 10).contains("2026-11-27 09:14  a.com  28"));
    let jobs = press(&mut state, &[KeyCode::Down, KeyCode::Enter]);
    assert!(matches!(jobs.as_slice(), [Job::Undo(ids)] if *ids == ["1"]));
    assert!(state.is_working());
}

#[test]
fn only_what_names_itself_is_queried() {
    // A name from a store that would be read as another host.
    for site in [
        "x@openai.com",
        "openai.com/a",
        "openai.com:80",
        "a b",
        "",
        "*",
        "co.uk",
    ] {
        assert!(Plan::of_site(site).query().is_none(), "{site}");
    }
    for site in [
        "openai.com",
        "localhost",
        "127.0.0.1",
        "xn--bcher-kva.example",
    ] {
        assert!(Plan::of_site(site).query().is_some(), "{site}");
    }
}

#[test]
fn escape_and_control_c_leave_from_the_list() {
    let mut state = read(&["a.com"]);
    press(&mut state, &[KeyCode::Char('a'), KeyCode::Enter]);
    // Back to the search, which is then cleared.
    press(&mut state, &[KeyCode::Esc]);
    assert!(state.is_searching && state.search == "a");
    press(&mut state, &[KeyCode::Esc]);
    assert!(state.search.is_empty());
    let mut no_job = |_| unreachable!("nothing is to be done");
    assert_eq!(state.press(key(KeyCode::Esc), &mut no_job), Next::Leave);
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(state.press(control_c, &mut no_job), Next::Leave);
    state.view = View::Working;
    assert_eq!(state.press(control_c, &mut no_job), Next::Cancel);
}

#[test]
fn undo_is_offered_where_there_is_something_to_undo() {
    let mut state = read(&["a.com"]);
    state.hear(News::Done(Report::default()));
    assert!(press(&mut state, &[KeyCode::Char('u')]).is_empty());
    state.hear(News::Done(Report {
        undo: vec!["1".into(), "2".into()],
        ..Report::default()
    }));
    let jobs = press(&mut state, &[KeyCode::Char('u')]);
    assert!(matches!(jobs.as_slice(), [Job::Undo(ids)] if ids.len() == 2));
}

fn item(name: &str) -> Line {
    Line::Item(Box::new(ItemLine {
        host: "openai.com".into(),
        name: name.into(),
        until: "session".into(),
        remarks: String::new(),
        value: None,
        pick: None,
    }))
}

#[test]
fn headings_are_passed_over() {
    let mut state = read(&["openai.com"]);
    let jobs = press(&mut state, &[KeyCode::Enter, KeyCode::Enter]);
    assert!(
        matches!(jobs.as_slice(), [Job::Site { site, with_values: false }] if site == "openai.com")
    );
    let heading = || Line::Profile {
        title: "Firefox".into(),
        is_open: false,
    };
    state.hear(News::Site {
        site: "openai.com".into(),
        entries: vec![heading(), item("a"), heading(), item("b")],
    });
    let name = |state: &State| state.selected_item().map(|item| item.name.clone());
    assert_eq!(name(&state).as_deref(), Some("a"));
    press(&mut state, &[KeyCode::Down]);
    assert_eq!(name(&state).as_deref(), Some("b"));
    press(&mut state, &[KeyCode::Up]);
    assert_eq!(name(&state).as_deref(), Some("a"));
    // What comes late, of a site that was left, changes nothing.
    press(&mut state, &[KeyCode::Esc]);
    state.hear(News::Site {
        site: "other.com".into(),
        entries: Vec::new(),
    });
    assert!(state.entries.is_some());
}

#[test]
fn marks_stay_when_values_are_shown() {
    let mut state = read(&["a.com"]);
    press(&mut state, &[KeyCode::Enter, KeyCode::Enter]);
    let line = |name: &str| {
        let Line::Item(mut line) = item(name) else {
            unreachable!();
        };
        let pick = Pick {
            host: "a.com".into(),
            name: name.into(),
            path: "/".into(),
            partition: None,
            container: None,
        };
        line.pick = Some(("/profile".into(), pick));
        Line::Item(line)
    };
    let entries = |names: &[&str]| News::Site {
        site: "a.com".into(),
        entries: names.iter().map(|name| line(name)).collect(),
    };
    state.hear(entries(&["a", "b", "c"]));
    press(&mut state, &[KeyCode::Down, KeyCode::Char(' ')]);
    // Meanwhile the first one has gone.
    press(&mut state, &[KeyCode::Char('v')]);
    state.hear(entries(&["b", "c"]));
    let jobs = press(&mut state, &[KeyCode::Char('d')]);
    let [Job::Count(plan)] = jobs.as_slice() else {
        panic!("no question");
    };
    assert_eq!(plan.picks.len(), 1);
    assert_eq!(plan.picks[0].1.name, "b");
}

#[test]
fn any_size_is_drawn() {
    let many: Vec<String> = (0..500).map(|i| format!("site{i}.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (columns, rows) in [(1, 1), (2, 3), (10, 4), (80, 24), (200, 60), (300, 2)] {
        let mut state = read(&many);
        drawn(&mut state, columns, rows);
        state.help = true;
        drawn(&mut state, columns, rows);
        state.help = false;
        press(&mut state, &[KeyCode::Enter, KeyCode::End]);
        drawn(&mut state, columns, rows);
        for view in [
            View::Inside,
            View::Question,
            View::Working,
            View::Done(Report::default()),
        ] {
            state.view = view;
            drawn(&mut state, columns, rows);
            state.entries = Some(vec![item("a"), item("\u{6f22}\u{5b57}")]);
            state.tally = Some(Tally::default());
            drawn(&mut state, columns, rows);
        }
    }
}

#[test]
fn the_selected_line_is_always_on_the_screen() {
    let many: Vec<String> = (0..500).map(|i| format!("site{i:03}.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut state = read(&many);
    drawn(&mut state, 80, 24);
    press(&mut state, &[KeyCode::Enter]);
    for code in [
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::Up,
        KeyCode::PageDown,
        KeyCode::Down,
    ] {
        press(&mut state, &[code]);
        let name = names(&state)[state.selected].to_owned();
        assert!(drawn(&mut state, 80, 24).contains(&name), "{code:?} {name}");
    }
}

#[test]
fn wide_characters_keep_the_columns() {
    let mut state = read(&["xn--wgv71a119e.jp", "a.com"]);
    let screen = drawn(&mut state, 80, 10);
    let line = |of: &str| {
        screen
            .lines()
            .find(|line| line.contains(of))
            .unwrap()
            .to_owned()
    };
    let column = |line: &str| {
        let before = line.split("Firefox").next().unwrap();
        unicode_width::UnicodeWidthStr::width(before)
    };
    // TestBackend shows what a wide character covers as a hidden space.
    assert!(line("a.com").contains("Firefox"));
    let (wide, narrow) = (line("Firefox"), line("a.com"));
    assert!(column(&wide).abs_diff(column(&narrow)) <= 3, "{screen}");
}

#[test]
fn a_click_selects_and_a_second_one_looks_inside() {
    let mut state = read(&["a.com", "b.com", "c.com"]);
    drawn(&mut state, 80, 24);
    let click = MouseEvent {
        kind: ratatui::crossterm::event::MouseEventKind::Down(MouseButton::Left),
        column: 5,
        row: state.first_row + 1,
        modifiers: KeyModifiers::NONE,
    };
    let mut jobs = Vec::new();
    state.click(click, &mut |job| jobs.push(job));
    assert_eq!((state.selected, jobs.len()), (1, 0));
    state.click(click, &mut |job| jobs.push(job));
    assert!(matches!(jobs.as_slice(), [Job::Site { site, .. }] if site == "b.com"));
    // Below the last line there is nothing.
    let mut state = read(&["a.com"]);
    drawn(&mut state, 80, 24);
    let below = MouseEvent {
        row: state.first_row + 9,
        ..click
    };
    state.click(below, &mut |_| unreachable!("nothing is to be done"));
    assert_eq!(state.selected, 0);
}

#[test]
fn fifty_thousand_sites_are_searched_and_drawn() {
    let many: Vec<String> = (0..50_000).map(|i| format!("www.site{i}.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut state = read(&many);
    press(
        &mut state,
        &"site4999".chars().map(KeyCode::Char).collect::<Vec<_>>(),
    );
    assert_eq!(names(&state).len(), 11);
    assert!(drawn(&mut state, 80, 24).contains("11 of 50,000 sites"));
}
