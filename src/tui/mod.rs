//! The full-screen view: the sites of all browsers, what is stored of them, and their
//! deletion through the engine.
//!
//! One thread draws what [`state`] says and takes keys; [`worker`] does the work on
//! another and sends news of it.

mod plan;
mod state;
mod view;
mod worker;

use std::io;
use std::mem;
use std::panic;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
    Event, KeyEventKind,
};
use ratatui::crossterm::execute;

use crate::browsers::Found;
use crate::engine::{Cancel, discard_copies};
use crate::platform;
use state::{Next, State};
use view::Theme;
pub(crate) use worker::Place;
use worker::{Job, News};

/// How long a key may have to wait for news to be drawn, and the reverse.
const TICK: Duration = Duration::from_millis(50);
/// The same while something is read or deleted.
const SHORT_TICK: Duration = Duration::from_millis(5);
/// How often it is looked which browsers are open.
const LOOK: Duration = Duration::from_secs(2);

/// Whether the terminal is ours: for a second signal, which ends the program wherever it is.
/// Held by who draws and by who gives the terminal back, so that nothing is drawn after that,
/// and the program does not end halfway through it.
static IS_OPEN: Mutex<bool> = Mutex::new(false);

fn is_open() -> MutexGuard<'static, bool> {
    IS_OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether stores are being changed, which is finished first.
static IS_CHANGING: AtomicBool = AtomicBool::new(false);

/// Ends the program when its terminal is gone: what waits for keys does not notice, and
/// would wait for ever.
fn leave_with_the_terminal(cancel: &Cancel) {
    const PAUSE: Duration = Duration::from_millis(250);
    let cancel = cancel.clone();
    // None is needed where none can be had.
    let _ = thread::Builder::new().spawn(move || {
        while *is_open() {
            thread::sleep(PAUSE);
            if platform::has_lost_its_terminal() {
                cancel.cancel();
                while IS_CHANGING.load(Ordering::SeqCst) {
                    thread::sleep(PAUSE);
                }
                discard_copies();
                process::exit(130);
            }
        }
    });
}

/// Gives the terminal back, if it was taken.
pub(crate) fn give_back() {
    let mut is_open = is_open();
    if mem::take(&mut *is_open) {
        let _ = execute!(io::stdout(), DisableBracketedPaste, DisableMouseCapture);
        ratatui::restore();
        // The terminal's own drop does that, to which a second signal does not come.
        let _ = execute!(io::stdout(), Show);
    }
}

/// What the screen works with.
pub(crate) struct Setting<'a> {
    pub place: Place<'a>,
    /// What a search has found already.
    pub found: Found,
    /// What is searched for at first.
    pub text: String,
    pub with_colors: bool,
}

/// Shows the screen until the person leaves it. The terminal is as before then, also
/// after a panic.
///
/// # Errors
/// When the terminal cannot be read or written.
pub(crate) fn run(setting: Setting<'_>) -> io::Result<()> {
    let (place, found) = (setting.place, setting.found);
    let (jobs, to_do) = channel();
    let (tell, news) = channel();
    thread::scope(|scope| {
        let place = &place;
        scope.spawn(move || worker::work(place, found, &to_do, &tell));
        let mut open = is_open();
        let mut terminal = ratatui::try_init()?;
        *open = true;
        let_go_of_the_mouse_at_a_panic();
        let _ = execute!(io::stdout(), EnableMouseCapture, EnableBracketedPaste);
        drop(open);
        leave_with_the_terminal(place.cancel);
        let theme = Theme {
            with_colors: setting.with_colors,
        };
        let result = show(
            &mut terminal,
            State::new(setting.text),
            theme,
            place.cancel,
            jobs,
            &news,
        );
        give_back();
        result
    })
}

/// What [`ratatui::try_init`] has not thought of.
fn let_go_of_the_mouse_at_a_panic() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let _ = execute!(io::stdout(), DisableBracketedPaste, DisableMouseCapture);
        before(info);
    }));
}

fn show(
    terminal: &mut DefaultTerminal,
    mut state: State,
    theme: Theme,
    cancel: &Cancel,
    jobs: Sender<Job>,
    news: &Receiver<News>,
) -> io::Result<()> {
    let mut work = |job| {
        // It ends only after this.
        let _ = jobs.send(job);
    };
    work(Job::Sites);
    let mut looked = Instant::now();
    let mut is_changed = true;
    let mut is_leaving = false;
    // By the person, who reads first what came of it; nothing more is begun after that.
    let mut is_stopped = false;
    loop {
        loop {
            match news.try_recv() {
                Ok(what) => state.hear(what),
                Err(TryRecvError::Empty) => break,
                // The worker panicked, which is said where this ends.
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
            is_changed = true;
        }
        // By a signal.
        if cancel.is_cancelled() && !is_stopped {
            is_leaving = true;
        }
        // What is being deleted is finished first.
        if is_leaving && !state.is_working() {
            return Ok(());
        }
        if state.is_read && !state.is_working() && looked.elapsed() >= LOOK {
            looked = Instant::now();
            work(Job::Look);
        }
        if is_changed {
            let is_open = is_open();
            if !*is_open {
                // The program is being ended.
                return Ok(());
            }
            terminal.draw(|frame| view::draw(frame, &mut state, theme))?;
            is_changed = false;
        }
        let is_idle = state.is_read && !state.is_working();
        if !event::poll(if is_idle { TICK } else { SHORT_TICK })? {
            continue;
        }
        is_changed = true;
        match event::read()? {
            Event::Key(_) if is_stopped && !state.is_working() => is_leaving = true,
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                match state.press(key, &mut work) {
                    Next::Nothing => {}
                    Next::Leave => is_leaving = true,
                    Next::Cancel => {
                        is_stopped = true;
                        cancel.cancel();
                    }
                }
            }
            Event::Mouse(mouse) => state.click(mouse, &mut work),
            Event::Paste(text) => state.paste(&text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
