//! What the screen shows, and what a key or a piece of news makes of it. Nothing here
//! draws, reads or deletes.

use std::collections::{BTreeSet, HashMap};

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};

use super::plan::{Plan, Tally, Who};
use super::worker::{DeletionLine, ItemLine, Job, Line, News, Report};
use crate::model::domain::site_of;
use crate::wording::hosts::shown_host;
use crate::wording::say;

/// A site with what is stored of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Site {
    pub name: String,
    pub cookies: u64,
    /// Storage keys.
    pub site_data: u64,
    pub browsers: Vec<&'static str>,
    /// What a search looks at: hosts in both spellings.
    hosts: String,
}

/// Where the person is.
#[derive(Debug, Clone)]
pub(super) enum View {
    Sites,
    Inside,
    Question,
    /// What can be undone.
    Deletions,
    Working,
    Done(Report),
}

pub(super) struct State {
    pub view: View,
    pub help: bool,
    /// What is searched for, and whether keys go there.
    pub search: String,
    pub is_searching: bool,
    all: Vec<Site>,
    /// Their places in it, by name.
    by_name: HashMap<String, usize>,
    /// Their places in the order of their names; empty until it is made again.
    in_order: Vec<usize>,
    /// The places of those that are shown, in order.
    shown: Vec<usize>,
    /// All of them are read.
    pub is_read: bool,
    pub profiles: usize,
    pub marked: BTreeSet<String>,
    pub selected: usize,
    /// The person has gone to the line that is selected; else it is the first, whatever comes.
    has_gone: bool,
    /// The first line that is shown, and how many there is room for.
    pub top: usize,
    pub room: usize,
    /// Of which site the inside is shown; its lines; None until they are read.
    pub inside: String,
    pub entries: Option<Vec<Line>>,
    pub with_values: bool,
    /// Lines of single cookies that are marked.
    pub picked: BTreeSet<usize>,
    pub plan: Plan,
    pub tally: Option<Tally>,
    /// Which of the choices of the question is selected.
    pub choice: usize,
    /// What can be undone; None until it is read.
    pub deletions: Option<Vec<DeletionLine>>,
    pub open: Vec<String>,
    pub progress: (usize, usize),
    pub waiting: Option<String>,
    pub troubles: Vec<String>,
    /// The place in the list of sites, to come back to.
    place: (usize, usize),
    /// Where the lines of the list begin on the screen.
    pub first_row: u16,
    is_dirty: bool,
}

/// Something that can be chosen before a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    KeepLogin,
    SiteData,
    Related,
    /// What is done about this browser.
    Open(Who),
}

impl Choice {
    /// The key that changes it.
    pub(super) fn letter(&self) -> char {
        match self {
            Self::KeepLogin => 'l',
            Self::SiteData => 's',
            Self::Related => 'r',
            Self::Open(_) => 'o',
        }
    }
}

/// What is to be done after a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Nothing,
    Leave,
    /// The store that is being worked on is finished, and no other begun.
    Cancel,
}

impl State {
    pub(super) fn new(search: String) -> Self {
        Self {
            view: View::Sites,
            help: false,
            search,
            is_searching: true,
            all: Vec::new(),
            by_name: HashMap::new(),
            in_order: Vec::new(),
            shown: Vec::new(),
            is_read: false,
            profiles: 0,
            marked: BTreeSet::new(),
            selected: 0,
            has_gone: false,
            top: 0,
            room: 1,
            inside: String::new(),
            entries: None,
            with_values: false,
            picked: BTreeSet::new(),
            plan: Plan::default(),
            tally: None,
            choice: 0,
            deletions: None,
            open: Vec::new(),
            progress: (0, 0),
            waiting: None,
            troubles: Vec::new(),
            place: (0, 0),
            first_row: 0,
            is_dirty: true,
        }
    }

    pub(super) fn is_working(&self) -> bool {
        matches!(self.view, View::Working)
    }

    pub(super) fn site_count(&self) -> usize {
        self.all.len()
    }

    /// Takes a piece of news.
    pub(super) fn hear(&mut self, news: News) {
        match news {
            News::Found { profiles } => {
                self.all.clear();
                self.by_name.clear();
                self.in_order.clear();
                self.shown.clear();
                self.troubles.clear();
                self.profiles = profiles;
                self.is_read = false;
                self.is_dirty = true;
            }
            News::Hosts {
                browser,
                is_site_data,
                hosts,
            } => self.add(browser, is_site_data, hosts),
            News::SitesRead => {
                self.is_read = true;
                self.is_dirty = true;
                let there_are = &self.by_name;
                self.marked.retain(|site| there_are.contains_key(site));
            }
            News::Site { site, entries } => {
                if site == self.inside {
                    let picks: Vec<_> =
                        self.picked.iter().map(|line| self.pick_of(*line)).collect();
                    self.entries = Some(entries);
                    let lines = 0..=self.last();
                    let is_picked = |line: &usize| picks.contains(&self.pick_of(*line));
                    self.picked = lines.filter(is_picked).collect();
                    self.selected = self.selected.min(self.last());
                    self.skip_heading(1);
                }
            }
            News::Counted(tally) => {
                self.choice = 0;
                // Else there would be nothing to delete.
                self.plan.site_data |= tally.cookies == 0 && tally.site_data > 0;
                self.tally = Some(tally);
            }
            News::Deletions(deletions) => {
                self.deletions = Some(deletions);
                self.scroll();
            }
            News::Open(open) => self.open = open,
            News::Progress { done, of } => {
                self.progress = (done, of);
                self.waiting = None;
            }
            News::Waiting(who) => self.waiting = Some(who),
            News::Done(report) => {
                self.view = View::Done(report);
                self.marked.clear();
            }
            News::Trouble(line) => self.troubles.push(line),
        }
    }

    fn add(&mut self, browser: &'static str, is_site_data: bool, hosts: HashMap<String, u64>) {
        for (host, entries) in hosts {
            let site = self.site_of(&host);
            match is_site_data {
                true => site.site_data += entries,
                false => site.cookies += entries,
            }
            for spelling in [&*host, &*shown_host(&host)] {
                if !site.hosts.contains(spelling) {
                    site.hosts.push_str(spelling);
                    site.hosts.push('\n');
                }
            }
            if !site.browsers.contains(&browser) {
                site.browsers.push(browser);
            }
        }
        self.is_dirty = true;
    }

    /// The site of a host, which is new where there was none.
    fn site_of(&mut self, host: &str) -> &mut Site {
        let name = site_of(host);
        let place = match self.by_name.get(name) {
            Some(place) => *place,
            None => {
                self.by_name.insert(name.to_owned(), self.all.len());
                self.in_order.clear();
                self.all.push(Site {
                    name: name.to_owned(),
                    ..Site::default()
                });
                self.all.len() - 1
            }
        };
        &mut self.all[place]
    }

    /// Brings the list up to date, where something of it has changed.
    pub(super) fn refresh(&mut self) {
        if !std::mem::take(&mut self.is_dirty) {
            return;
        }
        let selected = self.shown.get(self.selected).copied();
        let selected = selected.filter(|_| self.has_gone);
        let text = self.search.trim().to_lowercase();
        let ascii = url::Host::parse(&text).map(|host| host.to_string());
        let is_meant = |site: &Site| {
            text.is_empty()
                || site.hosts.contains(&text)
                || ascii.as_ref().is_ok_and(|ascii| site.hosts.contains(ascii))
        };
        if self.in_order.is_empty() {
            self.in_order = (0..self.all.len()).collect();
            let all = &self.all;
            self.in_order
                .sort_unstable_by(|a, b| shown_host(&all[*a].name).cmp(&shown_host(&all[*b].name)));
        }
        // Who types a site looks for that one, and not for those that it is a part of.
        let mut ranks = [Vec::new(), Vec::new(), Vec::new()];
        for place in &self.in_order {
            let site = &self.all[*place];
            if is_meant(site) {
                let rank = match site.name.find(&text) {
                    Some(0) => 0,
                    Some(_) => 1,
                    None => 2,
                };
                ranks[rank].push(*place);
            }
        }
        self.shown = ranks.concat();
        if matches!(self.view, View::Sites) {
            let again = selected.and_then(|site| self.shown.iter().position(|s| *s == site));
            self.selected = again.unwrap_or(0);
            self.scroll();
        }
    }

    /// The line that is selected inside a site.
    pub(super) fn selected_item(&self) -> Option<&ItemLine> {
        match self.entries.as_ref()?.get(self.selected)? {
            Line::Item(item) => Some(item),
            Line::Profile { .. } => None,
        }
    }

    /// The number of lines of the list that is shown, less one.
    fn last(&self) -> usize {
        let lines = match self.view {
            View::Sites => self.shown.len(),
            View::Deletions => self.deletions.as_ref().map_or(0, Vec::len),
            _ => self.entries.as_ref().map_or(0, Vec::len),
        };
        lines.saturating_sub(1)
    }

    /// Keeps the selected line on the screen.
    pub(super) fn scroll(&mut self) {
        self.selected = self.selected.min(self.last());
        let room = self.room.max(1);
        if self.selected < self.top {
            self.top = self.selected;
        } else if self.selected >= self.top + room {
            self.top = self.selected + 1 - room;
        }
        // The heading of a profile comes along with its first line.
        if matches!(self.view, View::Inside) && self.selected == 1 {
            self.top = 0;
        }
    }

    fn go(&mut self, by: isize) {
        self.has_gone = true;
        self.selected = self.selected.saturating_add_signed(by).min(self.last());
        self.skip_heading(by.signum());
        self.scroll();
    }

    /// A heading cannot be selected.
    fn skip_heading(&mut self, direction: isize) {
        let is_heading = |state: &Self| {
            matches!(state.view, View::Inside)
                && state
                    .entries
                    .as_ref()
                    .and_then(|entries| entries.get(state.selected))
                    .is_some_and(|entry| matches!(entry, Line::Profile { .. }))
        };
        if is_heading(self) {
            let next = match direction < 0 && self.selected > 0 {
                true => self.selected - 1,
                false => self.selected + 1,
            };
            self.selected = next.min(self.last());
        }
    }

    fn selected_site(&self) -> Option<&str> {
        let place = self.shown.get(self.selected)?;
        Some(&self.all[*place].name)
    }

    /// Those that are shown, in order.
    pub(super) fn sites(&self) -> impl ExactSizeIterator<Item = &Site> {
        self.shown.iter().map(|place| &self.all[*place])
    }

    /// Takes a key; what there is to do goes to `work`.
    pub(super) fn press(&mut self, key: KeyEvent, work: &mut dyn FnMut(Job)) -> Next {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        if is_control && matches!(key.code, KeyCode::Char('c')) {
            return match self.view {
                View::Working => Next::Cancel,
                _ => Next::Leave,
            };
        }
        if self.help {
            self.help = false;
            return Next::Nothing;
        }
        match self.view {
            View::Sites => self.press_in_sites(key, work),
            View::Inside => self.press_inside(key, work),
            View::Question => self.press_at_question(key, work),
            View::Deletions => self.press_in_deletions(key, work),
            View::Working => match key.code {
                KeyCode::Esc => Next::Cancel,
                _ => Next::Nothing,
            },
            View::Done(_) => self.press_at_end(key, work),
        }
    }

    /// Keys that move, in every list. Whether it was one.
    fn moves(&mut self, code: KeyCode) -> bool {
        let page = self.room.max(1) as isize;
        match code {
            KeyCode::Up => self.go(-1),
            KeyCode::Down => self.go(1),
            KeyCode::PageUp => self.go(-page),
            KeyCode::PageDown => self.go(page),
            KeyCode::Home => self.go(isize::MIN),
            KeyCode::End => self.go(isize::MAX),
            _ => return false,
        }
        true
    }

    fn press_in_sites(&mut self, key: KeyEvent, work: &mut dyn FnMut(Job)) -> Next {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        if self.is_searching {
            match key.code {
                KeyCode::Char(c) if !is_control => {
                    self.search.push(c);
                    self.search_changed();
                    return Next::Nothing;
                }
                KeyCode::Backspace => {
                    self.search.pop();
                    self.search_changed();
                    return Next::Nothing;
                }
                KeyCode::Esc if self.search.is_empty() => return Next::Leave,
                KeyCode::Esc => {
                    self.search.clear();
                    self.search_changed();
                    return Next::Nothing;
                }
                KeyCode::Enter | KeyCode::Down | KeyCode::Tab => {
                    self.is_searching = false;
                    return Next::Nothing;
                }
                _ => {}
            }
        }
        if key.code == KeyCode::Up && self.selected == 0 {
            self.is_searching = true;
            return Next::Nothing;
        }
        if self.moves(key.code) {
            self.is_searching = false;
            return Next::Nothing;
        }
        match key.code {
            KeyCode::Char('q') => return Next::Leave,
            KeyCode::Char('?') => self.help = true,
            KeyCode::Char('/') | KeyCode::Tab | KeyCode::Esc => self.is_searching = true,
            KeyCode::Char('u') => {
                self.place = (self.selected, self.top);
                self.view = View::Deletions;
                self.deletions = None;
                (self.selected, self.top) = (0, 0);
                work(Job::Deletions);
            }
            KeyCode::Backspace => {
                self.is_searching = true;
                self.search.pop();
                self.search_changed();
            }
            KeyCode::Char('r') => work(Job::Sites),
            KeyCode::Char(' ') => {
                if let Some(site) = self.selected_site().map(str::to_owned) {
                    if !self.marked.remove(&site) {
                        self.marked.insert(site);
                    }
                    self.go(1);
                }
            }
            KeyCode::Enter | KeyCode::Right => {
                if let Some(site) = self.selected_site().map(str::to_owned) {
                    self.look_inside(site, work);
                }
            }
            KeyCode::Char('d') | KeyCode::Delete => {
                let sites = match self.marked.is_empty() {
                    false => self.marked.iter().cloned().collect(),
                    true => self
                        .selected_site()
                        .map(str::to_owned)
                        .into_iter()
                        .collect(),
                };
                self.ask(
                    Plan {
                        sites,
                        ..Plan::default()
                    },
                    work,
                );
            }
            _ => {}
        }
        Next::Nothing
    }

    /// A pasted address is searched for by its host.
    pub(super) fn paste(&mut self, text: &str) {
        if matches!(self.view, View::Sites) {
            self.is_searching = true;
            self.search.extend(text.chars().filter(|c| !c.is_control()));
            self.search_changed();
        }
    }

    fn search_changed(&mut self) {
        self.is_dirty = true;
        self.has_gone = false;
        self.selected = 0;
        self.top = 0;
    }

    fn look_inside(&mut self, site: String, work: &mut dyn FnMut(Job)) {
        self.place = (self.selected, self.top);
        self.view = View::Inside;
        self.entries = None;
        self.with_values = false;
        self.picked.clear();
        (self.selected, self.top) = (0, 0);
        self.inside.clone_from(&site);
        work(Job::Site {
            site,
            with_values: false,
        });
    }

    /// Keys of every list that one comes to from the sites. None where it is another key.
    fn press_beside_sites(&mut self, code: KeyCode) -> Option<Next> {
        if self.moves(code) {
            return Some(Next::Nothing);
        }
        match code {
            KeyCode::Char('q') => return Some(Next::Leave),
            KeyCode::Char('?') => self.help = true,
            KeyCode::Esc | KeyCode::Left | KeyCode::Backspace => self.back_to_sites(),
            _ => return None,
        }
        Some(Next::Nothing)
    }

    fn press_inside(&mut self, key: KeyEvent, work: &mut dyn FnMut(Job)) -> Next {
        if let Some(next) = self.press_beside_sites(key.code) {
            return next;
        }
        match key.code {
            KeyCode::Char(' ') if self.pick_of(self.selected).is_some() => {
                let line = self.selected;
                if !self.picked.remove(&line) {
                    self.picked.insert(line);
                }
                self.go(1);
            }
            KeyCode::Char('v') => {
                self.with_values = !self.with_values;
                work(Job::Site {
                    site: self.inside.clone(),
                    with_values: self.with_values,
                });
            }
            KeyCode::Char('d') | KeyCode::Delete => {
                let picks = self.picked.iter().filter_map(|line| self.pick_of(*line));
                let plan = Plan {
                    sites: vec![self.inside.clone()],
                    picks: picks.collect(),
                    ..Plan::default()
                };
                self.ask(plan, work);
            }
            _ => {}
        }
        Next::Nothing
    }

    fn pick_of(&self, line: usize) -> Option<(std::path::PathBuf, crate::model::query::Pick)> {
        match self.entries.as_ref()?.get(line)? {
            Line::Item(item) => item.pick.clone(),
            Line::Profile { .. } => None,
        }
    }

    fn back_to_sites(&mut self) {
        self.view = View::Sites;
        (self.selected, self.top) = self.place;
        self.scroll();
    }

    fn ask(&mut self, plan: Plan, work: &mut dyn FnMut(Job)) {
        if plan.sites.is_empty() {
            return;
        }
        if matches!(self.view, View::Sites) {
            self.place = (self.selected, self.top);
        }
        self.tally = None;
        self.view = View::Question;
        self.plan = plan;
        work(Job::Count(self.plan.clone()));
    }

    /// What there is to choose before a deletion.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let Some(tally) = &self.tally else {
            return Vec::new();
        };
        let is_of_sites = self.plan.picks.is_empty();
        let mut choices = Vec::new();
        if is_of_sites && tally.logins > 0 {
            choices.push(Choice::KeepLogin);
        }
        if is_of_sites && tally.site_data > 0 {
            choices.push(Choice::SiteData);
        }
        if is_of_sites && !tally.related.is_empty() {
            choices.push(Choice::Related);
        }
        let open = tally.open.iter().map(|(who, _)| Choice::Open(who.clone()));
        choices.extend(open);
        choices
    }

    fn change(&mut self, choice: &Choice) {
        let plan = &mut self.plan;
        match choice {
            Choice::KeepLogin => {
                plan.keep_login = !plan.keep_login;
                plan.site_data &= !plan.keep_login;
            }
            Choice::SiteData => {
                plan.site_data = !plan.site_data;
                plan.keep_login &= !plan.site_data;
            }
            Choice::Related => {
                let sites = self.tally.iter().flat_map(|tally| tally.related.clone());
                plan.related = sites.filter(|_| plan.related.is_empty()).collect();
            }
            Choice::Open(who) => {
                let next = plan.about(who).next();
                plan.open.insert(who.clone(), next);
            }
        }
    }

    fn press_at_question(&mut self, key: KeyEvent, work: &mut dyn FnMut(Job)) -> Next {
        if self.tally.is_none() {
            if matches!(key.code, KeyCode::Esc | KeyCode::Char('n')) {
                self.back_to_sites();
            }
            return Next::Nothing;
        }
        let choices = self.choices();
        let last = choices.len().saturating_sub(1);
        match key.code {
            KeyCode::Char('?') => self.help = true,
            KeyCode::Esc | KeyCode::Char('n' | 'q') => self.back_to_sites(),
            KeyCode::Up | KeyCode::BackTab => self.choice = self.choice.saturating_sub(1),
            KeyCode::Down => self.choice = (self.choice + 1).min(last),
            KeyCode::Tab => self.choice = (self.choice + 1) % choices.len().max(1),
            KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right => {
                if let Some(choice) = choices.get(self.choice) {
                    self.change(choice);
                }
            }
            KeyCode::Enter | KeyCode::Char('y' | 'd') if self.deletes_nothing() => {}
            KeyCode::Enter | KeyCode::Char('y' | 'd') => {
                self.begin(Job::Delete(self.plan.clone()), work);
            }
            KeyCode::Char(letter) => {
                // The browsers share a letter.
                for choice in choices.iter().filter(|choice| choice.letter() == letter) {
                    self.change(choice);
                }
            }
            _ => {}
        }
        Next::Nothing
    }

    /// Whether nothing is left of what is marked, as the choices are.
    pub(super) fn deletes_nothing(&self) -> bool {
        let tally = self.tally.as_ref().map(|tally| tally.with(&self.plan));
        tally.is_some_and(|tally| tally.goes(&self.plan) == (0, false))
    }

    fn press_in_deletions(&mut self, key: KeyEvent, work: &mut dyn FnMut(Job)) -> Next {
        if let Some(next) = self.press_beside_sites(key.code) {
            return next;
        }
        match key.code {
            KeyCode::Enter | KeyCode::Char('u') => {
                let deletions = self.deletions.as_ref();
                if let Some(deletion) = deletions.and_then(|all| all.get(self.selected)) {
                    let ids = vec![deletion.id.clone()];
                    self.begin(Job::Undo(ids), work);
                }
            }
            _ => {}
        }
        Next::Nothing
    }

    /// Changes stores, which is shown meanwhile.
    fn begin(&mut self, job: Job, work: &mut dyn FnMut(Job)) {
        self.view = View::Working;
        self.progress = (0, 0);
        self.waiting = None;
        work(job);
    }

    fn press_at_end(&mut self, key: KeyEvent, work: &mut dyn FnMut(Job)) -> Next {
        let View::Done(report) = &self.view else {
            return Next::Nothing;
        };
        match key.code {
            KeyCode::Char('q') => return Next::Leave,
            KeyCode::Char('?') => self.help = true,
            KeyCode::Char('u') if !report.undo.is_empty() => {
                let ids = report.undo.clone();
                self.begin(Job::Undo(ids), work);
            }
            KeyCode::Enter | KeyCode::Esc | KeyCode::Char(' ') => {
                self.back_to_sites();
                work(Job::Sites);
            }
            _ => {}
        }
        Next::Nothing
    }

    /// Takes what the mouse did: the wheel moves, a click selects, a second one on the
    /// same line looks inside.
    pub(super) fn click(&mut self, mouse: MouseEvent, work: &mut dyn FnMut(Job)) {
        if self.help || !matches!(self.view, View::Sites | View::Inside | View::Deletions) {
            return;
        }
        match mouse.kind {
            MouseEventKind::ScrollDown => self.go(3),
            MouseEventKind::ScrollUp => self.go(-3),
            MouseEventKind::Down(_) if mouse.row >= self.first_row => {
                let line = self.top + usize::from(mouse.row - self.first_row);
                if line > self.last() || usize::from(mouse.row - self.first_row) >= self.room {
                    return;
                }
                let again = line == self.selected && !self.is_searching;
                self.is_searching = false;
                self.has_gone = true;
                self.selected = line;
                self.skip_heading(1);
                if again
                    && matches!(self.view, View::Sites)
                    && let Some(site) = self.selected_site().map(str::to_owned)
                {
                    self.look_inside(site, work);
                }
            }
            _ => {}
        }
    }

    /// What the keys do here, for the last line.
    pub(super) fn keys(&self) -> String {
        match &self.view {
            View::Sites if self.is_searching => say!("screen-keys-search"),
            View::Sites => say!("screen-keys-sites"),
            View::Inside => say!("screen-keys-inside"),
            View::Question if self.deletes_nothing() => say!("screen-keys-nothing"),
            View::Question if self.choices().is_empty() => say!("screen-keys-question"),
            View::Question => say!("screen-keys-choices"),
            View::Deletions if self.deletions.as_ref().is_none_or(Vec::is_empty) => {
                say!("screen-keys-none")
            }
            View::Deletions => say!("screen-keys-deletions"),
            View::Working => say!("screen-keys-working"),
            View::Done(report) if report.undo.is_empty() => say!("screen-keys-done"),
            View::Done(_) => say!("screen-keys-done-undo"),
        }
    }
}
