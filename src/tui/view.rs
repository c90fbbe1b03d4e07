//! Draws the screen from its state.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};
use unicode_width::UnicodeWidthStr;

use super::plan::{Plan, Tally};
use super::state::{Choice, State, View};
use super::worker::{DeletionLine, ItemLine, Line as Shown, Report};
use crate::undo::KEPT;
use crate::wording::hosts::shown_host;
use crate::wording::names::{amount_in_words, sites_in_words, undo_command};
use crate::wording::text::{fit, grouped, safe};
use crate::wording::{enumerated, say, size};

/// Colours that are readable on light and dark backgrounds, and none where none are
/// wanted.
#[derive(Clone, Copy)]
pub(crate) struct Theme {
    pub with_colors: bool,
}

impl Theme {
    fn color(self, color: Color) -> Style {
        match self.with_colors {
            true => Style::new().fg(color),
            false => Style::new(),
        }
    }

    fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    fn warning(self) -> Style {
        self.color(Color::Yellow)
    }

    fn marked(self) -> Style {
        self.color(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    fn good(self) -> Style {
        self.color(Color::Green).add_modifier(Modifier::BOLD)
    }
}

/// The room of a mark: ` [x] `.
const MARK: &str = "     ";

/// `columns` wide, filled with spaces.
fn padded(text: &str, columns: usize) -> String {
    let (text, _) = fit(text, columns);
    let room = columns.saturating_sub(text.width());
    format!("{}{}", *text, " ".repeat(room))
}

/// As [`padded`], to the right.
fn right(text: &str, columns: usize) -> String {
    let room = columns.saturating_sub(text.width());
    format!("{}{text}", " ".repeat(room))
}

pub(crate) fn draw(frame: &mut Frame<'_>, state: &mut State, theme: Theme) {
    state.refresh();
    let [top, body, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    draw_top(frame, state, theme, top);
    match &state.view {
        View::Sites => draw_sites(frame, state, theme, body),
        View::Inside => draw_inside(frame, state, theme, body),
        View::Question => draw_question(frame, state, theme, body),
        View::Deletions => draw_deletions(frame, state, theme, body),
        View::Working => draw_working(frame, state, theme, body),
        View::Done(report) => draw_done(frame, report, theme, body),
    }
    let text = padded(&state.keys(), keys.width.into());
    frame.render_widget(Line::styled(text, theme.quiet()), keys);
    if state.help {
        draw_help(frame, theme, body);
    }
}

/// The name of the program, and what is open.
fn draw_top(frame: &mut Frame<'_>, state: &State, theme: Theme, area: Rect) {
    let name = " cookieclean ";
    let status = match (state.is_read, state.open.is_empty()) {
        (false, _) => say!("screen-reading"),
        (true, true) => say!("screen-none-open"),
        (true, false) => say!("screen-open", names = enumerated(&state.open)),
    };
    let room = usize::from(area.width).saturating_sub(name.width() + 1);
    let (status, _) = fit(&status, room);
    let style = match state.is_read && !state.open.is_empty() {
        true => theme.warning(),
        false => theme.quiet(),
    };
    let line = Line::from(vec![
        Span::styled(name, theme.title()),
        Span::styled(right(&status, room), style),
    ]);
    frame.render_widget(line, area);
}

fn draw_sites(frame: &mut Frame<'_>, state: &mut State, theme: Theme, area: Rect) {
    let [search, head, list, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(area);
    draw_search(frame, state, theme, search);

    let width = usize::from(area.width);
    let (cookies, data) = (9, 12);
    // The rest for the site and where it is, more of it for the site.
    let rest = width.saturating_sub(MARK.len() + cookies + data + 4);
    let site = (rest * 3 / 5).max(10);
    let places = rest.saturating_sub(site);
    let row = |mark: &str, name: &str, n: &str, keys: &str, browsers: &str| {
        format!(
            "{mark}{} {} {}  {}",
            padded(name, site),
            right(n, cookies),
            right(keys, data),
            padded(browsers, places)
        )
    };
    let titles = row(
        MARK,
        &say!("screen-site"),
        &say!("screen-cookies"),
        &say!("screen-site-data"),
        &say!("screen-where"),
    );
    frame.render_widget(Line::styled(padded(&titles, width), theme.title()), head);

    state.room = list.height.into();
    state.first_row = list.y;
    state.scroll();
    let shown = state.sites().enumerate().skip(state.top);
    let lines = shown.take(state.room).map(|(number, found)| {
        let is_marked = state.marked.contains(&found.name);
        let mark = if is_marked { " [x] " } else { " [ ] " };
        let data = match found.site_data {
            0 => String::new(),
            n => grouped(n),
        };
        let browsers = enumerated(&found.browsers);
        let name = shown_host(&found.name);
        let text = row(mark, &name, &grouped(found.cookies), &data, &browsers);
        let style = match (number == state.selected && !state.is_searching, is_marked) {
            (true, _) => theme.selected(),
            (false, true) => theme.marked(),
            (false, false) => Style::new(),
        };
        Line::styled(padded(&text, width), style)
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() && state.is_read {
        let text = match (state.profiles, state.search.trim()) {
            (0, _) => say!("nothing-found"),
            (_, "") => say!("sites-none"),
            (_, text) => say!("sites-none-like", text = text),
        };
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), list);
    } else {
        frame.render_widget(Paragraph::new(lines), list);
    }

    let mut counts = say!(
        "screen-count",
        shown = state.sites().len(),
        all = state.site_count(),
        profiles = say!("count-profiles", n = state.profiles)
    );
    if !state.marked.is_empty() {
        counts = say!("screen-marked", counts = counts, n = state.marked.len());
    }
    let line = match state.troubles.last() {
        Some(trouble) => Line::styled(padded(&format!(" {trouble}"), width), theme.warning()),
        None => Line::styled(padded(&format!(" {counts}"), width), theme.quiet()),
    };
    frame.render_widget(line, foot);
}

fn draw_search(frame: &mut Frame<'_>, state: &State, theme: Theme, area: Rect) {
    let label = format!(" {} ", say!("screen-search"));
    let room = usize::from(area.width).saturating_sub(label.width() + 1);
    // The end of a long text is where one types.
    let mut text = &*state.search;
    while text.width() > room {
        text = &text[text.chars().next().map_or(0, char::len_utf8)..];
    }
    let style = match state.is_searching {
        true => Style::new().add_modifier(Modifier::UNDERLINED),
        false => Style::new(),
    };
    let line = Line::from(vec![
        Span::styled(label.clone(), theme.title()),
        Span::styled(padded(text, room), style),
    ]);
    frame.render_widget(line, area);
    if state.is_searching && !state.help {
        let column = label.width() + text.width();
        let column = area
            .x
            .saturating_add(u16::try_from(column).unwrap_or(u16::MAX));
        frame.set_cursor_position(Position::new(column, area.y));
    }
}

fn draw_inside(frame: &mut Frame<'_>, state: &mut State, theme: Theme, area: Rect) {
    let [head, list, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let width = usize::from(area.width);
    let title = format!(" {}", shown_host(&state.inside));
    frame.render_widget(Line::styled(padded(&title, width), theme.title()), head);
    state.first_row = list.y;
    let Some(entries) = &state.entries else {
        frame.render_widget(Line::raw(format!(" {}", say!("screen-reading"))), list);
        return;
    };
    if entries.is_empty() {
        let text = format!(" {}", say!("screen-nothing-here"));
        frame.render_widget(Line::raw(text), list);
        return;
    }
    let columns = Columns::of(entries, width);
    // A value has a line of its own.
    let values = state.with_values;
    let height = usize::from(list.height);
    state.room = match values {
        true => height / 2,
        false => height,
    };
    state.scroll();
    let mut lines = Vec::new();
    let entries = state.entries.iter().flatten().enumerate();
    for (number, entry) in entries.skip(state.top).take(height) {
        match entry {
            Shown::Profile { title, is_open } => {
                let open = match is_open {
                    true => format!("  {}", say!("open")),
                    false => String::new(),
                };
                lines.push(Line::from(vec![
                    Span::styled(format!(" {title}"), theme.title()),
                    Span::styled(open, theme.warning()),
                ]));
            }
            Shown::Item(item) => {
                let is_picked = state.picked.contains(&number);
                let mark = match (is_picked, &item.pick) {
                    (true, _) => "  [x] ",
                    (false, Some(_)) => "  [ ] ",
                    (false, None) => "      ",
                };
                let text = padded(&format!("{mark}{}", columns.line(item)), width);
                let style = match (number == state.selected, is_picked) {
                    (true, _) => theme.selected(),
                    (false, true) => theme.marked(),
                    (false, false) => Style::new(),
                };
                lines.push(Line::styled(text, style));
                if let Some(value) = item.value.as_ref().filter(|_| values) {
                    let text = padded(&format!("        {value}"), width);
                    lines.push(Line::styled(text, theme.quiet()));
                }
            }
        }
    }
    frame.render_widget(Paragraph::new(lines), list);
    // What the columns may have no room for.
    if let Some(item) = state.selected_item() {
        let parts = [&item.host, &item.name, &item.until, &item.remarks];
        let mut parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let not_alone = say!("screen-not-alone");
        if item.pick.is_none() {
            parts.push(&not_alone);
        }
        let text = padded(&format!(" {}", enumerated(&parts)), width);
        frame.render_widget(Line::styled(text, theme.quiet()), foot);
    }
}

/// How wide the columns of items are.
struct Columns {
    host: usize,
    name: usize,
    until: usize,
    remarks: usize,
}

impl Columns {
    fn of(entries: &[Shown], width: usize) -> Self {
        let widest = |of: fn(&ItemLine) -> &str| {
            let items = entries.iter().filter_map(|entry| match entry {
                Shown::Item(item) => Some(of(item).width()),
                Shown::Profile { .. } => None,
            });
            items.max().unwrap_or(0)
        };
        let room = width.saturating_sub(6 + 6);
        let until = widest(|item| &item.until).min(room / 4);
        let host = widest(|item| &item.host).min(room * 3 / 8);
        let remarks = widest(|item| &item.remarks).min(room / 5);
        let name = widest(|item| &item.name).min(room.saturating_sub(until + host + remarks));
        Self {
            host,
            name,
            until,
            remarks: room.saturating_sub(until + host + name),
        }
    }

    fn line(&self, item: &ItemLine) -> String {
        format!(
            "{}  {}  {}  {}",
            padded(&item.host, self.host),
            padded(&item.name, self.name),
            padded(&item.until, self.until),
            padded(&item.remarks, self.remarks)
        )
    }
}

fn draw_question(frame: &mut Frame<'_>, state: &State, theme: Theme, area: Rect) {
    let Some(tally) = &state.tally else {
        frame.render_widget(Line::raw(format!(" {}", say!("screen-counting"))), area);
        return;
    };
    let plan = &state.plan;
    let mut is_open_shown = false;
    let mut lines = vec![
        Line::default(),
        Line::styled(
            say!("screen-question", what = sites_in_words(&plan.sites)),
            theme.title(),
        ),
        Line::default(),
    ];
    let counted = tally.with(plan);
    let (cookies, with_site_data) = counted.goes(plan);
    let profiles = say!("count-profiles", n = counted.profiles);
    lines.push(Line::raw(match amount_in_words(cookies, with_site_data) {
        None => say!("screen-goes-nothing"),
        Some(what) => say!("screen-goes", what = what, profiles = profiles),
    }));
    for (number, choice) in state.choices().iter().enumerate() {
        if matches!(choice, Choice::Open(_)) && !is_open_shown {
            is_open_shown = true;
            lines.push(Line::default());
        }
        let style = match number == state.choice {
            true => theme.selected(),
            false => Style::new(),
        };
        lines.push(Line::from(vec![
            Span::styled(format!("[{}] ", choice.letter()), theme.title()),
            Span::styled(words_of(choice, plan, counted, tally), style),
        ]));
    }
    lines.push(Line::default());
    lines.push(Line::raw(say!("screen-can-be-undone")));
    frame.render_widget(text(lines), area);
}

fn words_of(choice: &Choice, plan: &Plan, counted: &Tally, tally: &Tally) -> String {
    let marked = |is_on: bool, words: String| {
        let mark = if is_on { "[x]" } else { "[ ]" };
        format!("{mark} {words}")
    };
    match choice {
        Choice::KeepLogin => {
            let words = say!("screen-keep-login", n = counted.logins);
            marked(plan.keep_login, words)
        }
        Choice::SiteData => {
            let size = size(counted.site_data_size);
            marked(plan.site_data, say!("screen-with-site-data", size = size))
        }
        Choice::Related => {
            let sites = enumerated(&tally.related);
            marked(
                !plan.related.is_empty(),
                say!("screen-with-related", sites = sites),
            )
        }
        Choice::Open(who) => {
            let mut open = tally.open.iter();
            let named = open.find(|(known, _)| known == who);
            let named = named.map(|(_, line)| line.clone()).unwrap_or_default();
            let what = plan.about(who).words();
            say!("screen-is-open", who = named, what = what)
        }
    }
}

/// Lines that go on in the next line where they have to, with a margin.
fn text(lines: Vec<Line<'_>>) -> Paragraph<'_> {
    Paragraph::new(lines)
        .wrap(Wrap { trim: false })
        .block(Block::new().padding(ratatui::widgets::Padding::horizontal(1)))
}

fn draw_deletions(frame: &mut Frame<'_>, state: &mut State, theme: Theme, area: Rect) {
    let [head, list] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
    let width = usize::from(area.width);
    let title = format!(" {}", say!("screen-deletions"));
    frame.render_widget(Line::styled(padded(&title, width), theme.title()), head);
    state.room = list.height.into();
    state.first_row = list.y;
    state.scroll();
    let Some(deletions) = &state.deletions else {
        frame.render_widget(Line::raw(format!(" {}", say!("screen-reading"))), list);
        return;
    };
    if deletions.is_empty() {
        frame.render_widget(Line::raw(format!(" {}", say!("undo-nothing"))), list);
        return;
    }
    let widest = |of: fn(&DeletionLine) -> &str| {
        let widths = deletions.iter().map(|deletion| of(deletion).width());
        widths.max().unwrap_or(0)
    };
    let deleted = widest(|deletion| &deletion.deleted);
    let domains = widest(|deletion| &deletion.domains).min(width / 2);
    let shown = deletions.iter().enumerate().skip(state.top);
    let lines = shown.take(state.room).map(|(number, deletion)| {
        let text = format!(
            " {}  {}  {}",
            padded(&deletion.deleted, deleted),
            padded(&deletion.domains, domains),
            deletion.content
        );
        let style = match number == state.selected {
            true => theme.selected(),
            false => Style::new(),
        };
        Line::styled(padded(&text, width), style)
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), list);
}

fn draw_working(frame: &mut Frame<'_>, state: &State, theme: Theme, area: Rect) {
    let (done, of) = state.progress;
    let mut lines = vec![
        Line::default(),
        Line::styled(say!("screen-working"), theme.title()),
        Line::default(),
    ];
    if of > 0 {
        let room = usize::from(area.width).saturating_sub(4).min(60);
        let filled = room * done / of.max(1);
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(room - filled));
        lines.push(Line::raw(bar));
        lines.push(Line::raw(say!("screen-progress", done = done, of = of)));
    }
    if let Some(who) = &state.waiting {
        lines.push(Line::styled(who.clone(), theme.warning()));
    }
    frame.render_widget(text(lines), area);
}

fn draw_done(frame: &mut Frame<'_>, report: &Report, theme: Theme, area: Rect) {
    let mut lines = vec![Line::default()];
    for line in &report.lines {
        lines.push(Line::styled(line.clone(), theme.good()));
    }
    if !report.troubles.is_empty() {
        lines.push(Line::default());
    }
    for line in &report.troubles {
        lines.push(Line::styled(line.clone(), theme.warning()));
    }
    if !report.undo.is_empty() {
        lines.push(Line::default());
        let what = match report.undo.as_slice() {
            [id] => id,
            _ => "--list",
        };
        let command = safe(&undo_command(what)).into_owned();
        lines.push(Line::raw(say!("screen-press-u")));
        let days = KEPT.as_hours() / 24;
        lines.push(Line::raw(say!(
            "put-back-within",
            days = days,
            command = command
        )));
    }
    frame.render_widget(text(lines), area);
}

fn draw_help(frame: &mut Frame<'_>, theme: Theme, area: Rect) {
    let lines: Vec<_> = [
        say!("screen-help-type"),
        say!("screen-help-move"),
        say!("screen-help-search"),
        say!("screen-help-enter"),
        say!("screen-help-mark"),
        say!("screen-help-delete"),
        say!("screen-help-choose"),
        say!("screen-help-values"),
        say!("screen-help-undo"),
        say!("screen-help-read"),
        say!("screen-help-mouse"),
        say!("screen-help-leave"),
    ]
    .into_iter()
    .map(Line::raw)
    .collect();
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let [_, middle, _] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(height.min(area.height)),
        Constraint::Fill(1),
    ])
    .areas(area);
    let [_, middle, _] = Layout::horizontal([
        Constraint::Fill(1),
        Constraint::Length(72.min(area.width)),
        Constraint::Fill(1),
    ])
    .areas(middle);
    frame.render_widget(Clear, middle);
    let title = format!(" {} ", say!("screen-help"));
    let block = Block::bordered().title(Span::styled(title, theme.title()));
    frame.render_widget(Paragraph::new(lines).block(block), middle);
}
