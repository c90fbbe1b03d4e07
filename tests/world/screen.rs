//! The program on a terminal that a test reads.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};

use super::{World, spawn};

/// Nothing that a test waits for takes that long, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub const ENTER: &str = "\r";
pub const ESC: &str = "\u{1b}";
pub const CTRL_C: &str = "\u{3}";

/// The program on a terminal.
pub struct Screen {
    child: Child,
    master: File,
    seen: Arc<Mutex<vt100::Parser>>,
    reader: thread::JoinHandle<()>,
}

impl Screen {
    pub fn open(
        world: &World,
        arguments: &[&str],
        language: &str,
        (columns, rows): (u16, u16),
    ) -> Self {
        let mut command = world.command_at_home(arguments);
        command.env("COOKIECLEAN_LANG", language);
        Self::of(command, (columns, rows))
    }

    pub fn of(mut command: Command, (columns, rows): (u16, u16)) -> Self {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).unwrap();
        let slave = || Stdio::from(pty.slave.try_clone().unwrap());
        command
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .stdin(slave())
            .stdout(slave())
            .stderr(slave());
        let child = spawn(&mut command);
        drop((command, pty.slave));
        let master = File::from(pty.master);
        let seen = Arc::new(Mutex::new(vt100::Parser::new(
            NonZero::new(rows).unwrap(),
            NonZero::new(columns).unwrap(),
            0,
        )));
        let (mut from, to) = (master.try_clone().unwrap(), Arc::clone(&seen));
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Fails when the other end is closed.
            while let Ok(read @ 1..) = from.read(&mut bytes) {
                to.lock().unwrap().process(&bytes[..read]);
            }
        });
        Self {
            child,
            master,
            seen,
            reader,
        }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether any character has a colour of its own.
    pub fn has_colors(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        let (rows, columns) = seen.screen().size();
        (0..rows.get()).any(|row| {
            (0..columns.get()).any(|column| {
                let cell = seen.screen().cell(row, column).unwrap();
                cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default
            })
        })
    }

    pub fn text(&self) -> String {
        self.seen.lock().unwrap().screen().contents()
    }

    /// What it shows when nothing is drawn any more.
    pub fn settled(&self) -> String {
        let mut before = String::new();
        loop {
            let now = self.text();
            if now == before {
                return now;
            }
            before = now;
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// The same with escapes for its styles.
    pub fn styled(&self) -> String {
        self.settled();
        styled(self.seen.lock().unwrap().screen())
    }

    /// Waits until the screen shows this.
    #[track_caller]
    pub fn shows(&self, what: &str) -> &Self {
        let since = Instant::now();
        while !self.text().contains(what) {
            assert!(
                since.elapsed() < PATIENCE,
                "no {what:?} in\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(5));
        }
        self
    }

    /// Waits until it does not show it any more.
    #[track_caller]
    pub fn hides(&self, what: &str) -> &Self {
        let since = Instant::now();
        while self.text().contains(what) {
            assert!(
                since.elapsed() < PATIENCE,
                "still {what:?} in\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(5));
        }
        self
    }

    pub fn types(&self, keys: &str) -> &Self {
        (&self.master).write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Waits for the end, and gives the exit status; the terminal is as it was.
    #[track_caller]
    pub fn ends(mut self) -> Option<i32> {
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < PATIENCE, "it goes on:\n{}", self.text());
            thread::sleep(Duration::from_millis(5));
        };
        while !self.reader.is_finished() {
            assert!(since.elapsed() < PATIENCE, "its terminal stays open");
            thread::sleep(Duration::from_millis(5));
        }
        let seen = self.seen.lock().unwrap();
        let screen = seen.screen();
        assert!(
            !screen.alternate_screen(),
            "the screen is still the other one"
        );
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(!screen.bracketed_paste());
        drop(seen);
        status.code()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The screen as text with escapes for its styles.
fn styled(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let mut text = String::new();
    for row in 0..rows.get() {
        let mut line = String::new();
        let mut style = String::new();
        for column in 0..columns.get() {
            let Some(cell) = screen.cell(row, column) else {
                continue;
            };
            if cell.is_wide_continuation() {
                continue;
            }
            let mut codes = vec!["0".to_owned()];
            for (is_on, code) in [
                (cell.bold(), "1"),
                (cell.dim(), "2"),
                (cell.underline(), "4"),
                (cell.inverse(), "7"),
            ] {
                if is_on {
                    codes.push(code.to_owned());
                }
            }
            if let vt100::Color::Idx(color @ 0..=7) = cell.fgcolor() {
                codes.push((30 + color).to_string());
            }
            let now = codes.join(";");
            if now != style {
                line += &format!("\u{1b}[{now}m");
                style = now;
            }
            match cell.contents() {
                "" => line.push(' '),
                contents => line += contents,
            }
        }
        text += line.trim_end();
        text += "\u{1b}[0m\n";
    }
    let is_empty = |line: &&str| line.replace("\u{1b}[0m", "").trim().is_empty();
    let lines: Vec<_> = text.lines().collect();
    let end = lines
        .iter()
        .rposition(|line| !is_empty(line))
        .map_or(0, |last| last + 1);
    lines[..end].join("\n")
}
