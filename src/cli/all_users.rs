//! `--all-users`: the same command in the home folder of each user.
//!
//! Each is a process of its own, which works with the rights of the folder's owner
//! ([`super::owner`]): what lies in a home folder can hurt that one alone, and everybody can
//! undo for themselves. This process, which keeps root's rights, touches no home folder.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anstyle::Style;
use serde::Serialize;
use serde_json::value::RawValue;

use super::args::{Args, Command as Subcommand, Users};
use super::exit::{Failure, Status};
use super::interrupt;
use super::report::json::SCHEMA;
use super::target::threads;
use super::ui::{self, Ui};
use crate::engine::{Cancel, Update, in_order};
use crate::platform::users::{
    CAN_BECOME_OWNER, HomeLook, LocalUser, TIME_TO_ANSWER, in_own_group, interrupt as ask_to_end,
    is_admin, local_users, look_at_home,
};
use crate::undo::state_folder_for;
use crate::wording::say;
use crate::wording::text::safe;

/// Tells a process that it works in one home folder of several.
const ONE_OF_MANY: &str = "COOKIECLEAN_ONE_OF_MANY";
const STATE_DIR: &str = "COOKIECLEAN_STATE_DIR";
const TITLE: Style = Style::new().bold();

/// Whether what is not in this home folder may be in another.
pub(super) fn is_one_of_many() -> bool {
    std::env::var_os(ONE_OF_MANY).is_some()
}

/// What came of a home folder.
enum Ended {
    Ran(Output),
    /// Nothing was begun there.
    Left(HomeLook),
    NotBegun(io::Error),
    Interrupted,
}

pub(super) fn run(
    args: &Args,
    users: &Users,
    command_line: &[OsString],
    ui: &Ui,
) -> Result<Status, Failure> {
    if matches!(args.command, Some(Subcommand::Browse(_))) {
        return Err(Failure::NoScreen);
    }
    if !is_admin() {
        return Err(Failure::NotAdmin);
    }
    let all = chosen(local_users().map_err(Failure::Users)?, &users.user)?;
    let program = std::env::current_exe().map_err(Failure::Users)?;
    let cancel = interrupt::note();
    let running = Running::default();
    let mut rows = Vec::new();
    let mut status = Status::Fine;
    let mut written = Ok(());
    let is_over = Cancel::default();
    thread::scope(|scope| {
        scope.spawn(|| running.pass_on(&cancel, &is_over));
        in_order(
            &all,
            threads(),
            |user, _: &mut dyn FnMut(())| {
                let mut command = Command::new(&program);
                command.args(in_home(command_line, user));
                work_for(user, command, &running, &cancel)
            },
            |user, update| {
                if let Update::Done(ended) = update {
                    status.and(ended.status());
                    match ui.json {
                        true => rows.push(Row::of(user, ended)),
                        false if written.is_ok() => written = print(user, &ended, ui),
                        false => {}
                    }
                }
            },
        );
        is_over.cancel();
    });
    written?;
    if ui.json {
        super::print_json(&Document {
            schema: SCHEMA,
            users: rows,
        })?;
    }
    Ok(status)
}

/// Those that were named; all, if none were.
fn chosen(all: Vec<LocalUser>, named: &[String]) -> Result<Vec<LocalUser>, Failure> {
    let is_unknown = |name: &&String| !all.iter().any(|user| user.name == **name);
    if let Some(unknown) = named.iter().find(is_unknown) {
        let there_are = all.into_iter().map(|user| user.name).collect();
        return Err(Failure::NoSuchUser(unknown.clone(), there_are));
    }
    let is_meant = |user: &LocalUser| named.is_empty() || named.contains(&user.name);
    Ok(all.into_iter().filter(is_meant).collect())
}

/// The arguments for one home folder: the same, but about that one.
fn in_home(command_line: &[OsString], user: &LocalUser) -> Vec<OsString> {
    const ALL: &str = "--all-users";
    const USER: &str = "--user";
    let mut arguments = Vec::new();
    let mut rest = command_line.iter().skip(1);
    let home = [OsString::from("--home"), user.home.clone().into()];
    let mut home = Some(home);
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        if text == "--" {
            // What is behind it is no option any more.
            arguments.extend(home.take().into_iter().flatten());
            arguments.push(argument.clone());
            arguments.extend(rest.by_ref().cloned());
        } else if text == USER {
            rest.next();
        } else if text != ALL && !text.starts_with("--user=") {
            arguments.push(argument.clone());
        }
    }
    arguments.extend(home.into_iter().flatten());
    arguments
}

fn work_for(user: &LocalUser, mut command: Command, running: &Running, cancel: &Cancel) -> Ended {
    if cancel.is_cancelled() {
        return Ended::Interrupted;
    }
    match look_at_home(&user.home, user.id, TIME_TO_ANSWER) {
        HomeLook::Fine => {}
        other => return Ended::Left(other),
    }
    // Everybody keeps their own copies, where they look for them; where that cannot be, they
    // are apart, so that an undo of all puts back those of each.
    match (CAN_BECOME_OWNER, state_folder_for(&user.name)) {
        (true, _) => command.env_remove(STATE_DIR),
        (false, Ok(folder)) => command.env(STATE_DIR, folder),
        (false, Err(error)) => return Ended::NotBegun(io::Error::other(error.to_string())),
    };
    let child = in_own_group(&mut command)
        .env("HOME", &user.home)
        .env(ONE_OF_MANY, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = match child {
        Ok(child) => child,
        Err(why) => return Ended::NotBegun(why),
    };
    let process = child.id();
    running.begun(process);
    let output = child.wait_with_output();
    running.ended(process);
    output.map_or_else(Ended::NotBegun, Ended::Ran)
}

/// The processes at work.
#[derive(Default)]
struct Running(Mutex<BTreeSet<u32>>);

impl Running {
    fn begun(&self, process: u32) {
        self.all().insert(process);
    }

    fn ended(&self, process: u32) {
        self.all().remove(&process);
    }

    fn all(&self) -> std::sync::MutexGuard<'_, BTreeSet<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes an interruption on, once to each.
    fn pass_on(&self, cancel: &Cancel, is_over: &Cancel) {
        const PAUSE: Duration = Duration::from_millis(50);
        let mut told = BTreeSet::new();
        while !is_over.is_cancelled() {
            thread::sleep(PAUSE);
            if cancel.is_cancelled() {
                let all = self.all();
                all.difference(&told).copied().for_each(ask_to_end);
                told.extend(all.iter());
            }
        }
    }
}

impl Ended {
    fn status(&self) -> Status {
        match self {
            Self::Ran(output) => Status::of_process(output.status),
            // Accounts without a home folder are not rare, and nothing is there to clean.
            Self::Left(HomeLook::NotThere) => Status::Fine,
            Self::Left(_) | Self::NotBegun(_) => Status::Failed,
            Self::Interrupted => Status::Interrupted,
        }
    }

    /// Why nothing was begun, or what was begun did not end by itself.
    fn error_code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Ran(output) if output.status.code().is_none() => "home-cut-off",
            Self::Ran(_) | Self::Left(HomeLook::Fine) => return None,
            Self::Left(HomeLook::NotThere) => "home-not-there",
            Self::Left(HomeLook::NotAFolder) => "home-not-a-folder",
            Self::Left(HomeLook::Anothers(_)) => "home-of-another",
            Self::Left(HomeLook::NoAnswer) => "home-no-answer",
            Self::NotBegun(_) => "home-not-begun",
            Self::Interrupted => "interrupted",
        })
    }

    /// The same in words.
    fn why(&self) -> Option<String> {
        Some(match self {
            Self::Ran(output) if output.status.code().is_none() => say!("home-cut-off"),
            Self::Ran(_) | Self::Left(HomeLook::Fine) => return None,
            Self::Left(HomeLook::NotThere) => say!("home-not-there"),
            Self::Left(HomeLook::NotAFolder) => say!("home-not-a-folder"),
            Self::Left(HomeLook::Anothers(owner)) => {
                say!("home-of-another", owner = owner.to_string())
            }
            Self::Left(HomeLook::NoAnswer) => {
                say!("home-no-answer", seconds = TIME_TO_ANSWER.as_secs())
            }
            Self::NotBegun(why) => say!("home-not-begun", why = why.to_string()),
            Self::Interrupted => say!("interrupted-all-done"),
        })
    }
}

impl Status {
    /// Of another run of this program.
    fn of_process(status: ExitStatus) -> Self {
        match status.code() {
            Some(0) => Self::Fine,
            Some(2) => Self::Usage,
            Some(3) => Self::InUse,
            Some(130) => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}

/// What a person reads of a home folder: what the run in it said, under its name.
fn print(user: &LocalUser, ended: &Ended, ui: &Ui) -> io::Result<()> {
    let (said, complaints) = match ended {
        Ended::Ran(output) => (&*output.stdout, &*output.stderr),
        _ => (&[][..], &[][..]),
    };
    let why = ended.why();
    let is_silent = said.is_empty() && complaints.is_empty();
    if is_silent && (why.is_none() || ui.quiet && ended.status() == Status::Fine) {
        return Ok(());
    }
    let home = user.home.display().to_string();
    let title = say!("in-use-by", who = user.name.as_str(), by = home);
    let title = safe(&title);
    // Where the complaints go, too, if there is nothing else to read.
    match ui.quiet {
        true => writeln!(anstream::stderr(), "{TITLE}{title}{TITLE:#}")?,
        false => writeln!(ui.out(), "{TITLE}{title}{TITLE:#}")?,
    }
    let mut out = ui.out();
    out.write_all(said)?;
    match (&why, ended.status()) {
        (Some(words), Status::Fine) => writeln!(out, "{words}")?,
        (Some(words), _) => ui::problem(words),
        (None, _) => {}
    }
    out.flush()?;
    anstream::stderr().write_all(complaints)?;
    if !ui.quiet {
        writeln!(out)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Document {
    schema: u32,
    users: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    user: String,
    home: String,
    /// As the run in this home folder ended; of none, what this run makes of it.
    exit_code: i32,
    /// The document that the command prints for one home folder.
    result: Option<Box<RawValue>>,
    /// Why nothing was begun there, or what was begun was cut off.
    error_code: Option<&'static str>,
    /// What that run said to a person.
    messages: Option<String>,
}

impl Row {
    fn of(user: &LocalUser, ended: Ended) -> Self {
        let error_code = ended.error_code();
        let exit_code = ended.status().code();
        let (mut result, mut messages) = (None, None);
        if let Ended::Ran(output) = ended {
            let text = String::from_utf8(output.stdout).ok();
            result = text.and_then(|text| RawValue::from_string(text.trim_end().to_owned()).ok());
            let said = String::from_utf8_lossy(&output.stderr)
                .trim_end()
                .to_owned();
            messages = Some(said).filter(|said| !said.is_empty());
        }
        Self {
            user: user.name.clone(),
            home: user.home.display().to_string(),
            exit_code: exit_code.into(),
            result,
            error_code,
            messages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_home_is_named_instead_of_all_users() {
        let kim = LocalUser {
            name: "kim".into(),
            id: None,
            home: "/home/kim".into(),
        };
        for (line, expected) in [
            (
                "cookieclean openai.com --all-users --json",
                "openai.com --json --home /home/kim",
            ),
            (
                "cookieclean list --user kim --user=lee a.com --all-users",
                "list a.com --home /home/kim",
            ),
            (
                "cookieclean --all-users -- a.com --user x",
                "--home /home/kim -- a.com --user x",
            ),
            (
                "cookieclean undo 20261127-091400 --all-users",
                "undo 20261127-091400 --home /home/kim",
            ),
        ] {
            let words: Vec<_> = line.split(' ').map(OsString::from).collect();
            let arguments = in_home(&words, &kim).join(" ".as_ref());
            assert_eq!(arguments, expected, "{line}");
        }
    }
}
