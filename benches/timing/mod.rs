//! Times whole processes against each other and says it in a table.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

/// One side of a comparison.
pub struct Contender<'a> {
    pub name: String,
    /// Untimed, before each run: a fresh store, say.
    pub prepare: Box<dyn Fn() + 'a>,
    pub command: Box<dyn Fn() -> Command + 'a>,
    /// From what it printed, how many cookies it found or deleted: a fast wrong
    /// answer must show.
    pub count: fn(&str) -> Option<u64>,
}

struct Measured {
    times: Vec<Duration>,
    count: Option<u64>,
    peak_kib: Option<u64>,
    failure: Option<String>,
}

/// What a comparison found.
pub struct Compared {
    pub title: String,
    /// The table, in Markdown, with a line for each contender that failed or is not here.
    pub text: String,
    /// The times of each contender, in seconds, in the order of the rounds.
    times: Vec<(String, Vec<f64>)>,
}

impl Compared {
    /// The median of a contender, in seconds.
    pub fn median_of(&self, name: &str) -> Option<f64> {
        let times = self.times_of(name)?;
        Some(median(times.to_vec()))
    }

    /// How many times as long as `other` this contender took: the median of the rounds.
    pub fn ratio(&self, name: &str, other: &str) -> Option<f64> {
        let pairs = self.times_of(name)?.iter().zip(self.times_of(other)?);
        Some(median(pairs.map(|(a, b)| a / b).collect()))
    }

    fn times_of(&self, name: &str) -> Option<&[f64]> {
        let (_, times) = self.times.iter().find(|(other, _)| other == name)?;
        (!times.is_empty()).then_some(times)
    }
}

/// Runs all contenders in turn, `rounds` times, and prints one line for each;
/// the first is the one that the others are compared with.
///
/// In turn, because a machine's speed drifts: the ratio of two runs next to each
/// other says more than that of two medians.
pub fn compare(
    title: &str,
    contenders: &[Contender<'_>],
    rounds: usize,
    absent: &[String],
) -> Compared {
    println!("\n## {title}\n");
    let mut measured: Vec<Measured> = contenders.iter().map(first_run).collect();
    for _ in 0..rounds {
        for (contender, result) in contenders.iter().zip(&mut measured) {
            if result.failure.is_none() {
                (contender.prepare)();
                match timed(&mut (contender.command)()) {
                    Ok(time) => result.times.push(time),
                    Err(error) => result.failure = Some(error.to_string()),
                }
            }
        }
    }
    let mut text = format!("{}\n", table(contenders, &measured, rounds));
    for (contender, result) in contenders.iter().zip(&measured) {
        if let Some(failure) = &result.failure {
            let _ = writeln!(text, "{}: failed: {failure}", contender.name);
        }
    }
    for name in absent {
        let _ = writeln!(text, "{name}: not installed");
    }
    print!("{text}");
    let seconds = |result: &Measured| result.times.iter().map(Duration::as_secs_f64).collect();
    Compared {
        title: title.to_owned(),
        text,
        times: contenders
            .iter()
            .zip(&measured)
            .map(|(contender, result)| (contender.name.clone(), seconds(result)))
            .collect(),
    }
}

fn table(contenders: &[Contender<'_>], measured: &[Measured], rounds: usize) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header([
        "whole process",
        &format!("median of {rounds}, ms"),
        "fastest",
        "slowest",
        "× the first",
        "peak MiB",
        "cookies",
    ]);
    let first = &measured[0].times;
    for (contender, result) in contenders.iter().zip(measured) {
        if result.failure.is_some() {
            continue;
        }
        let mut sorted = result.times.clone();
        sorted.sort();
        let ratios = first
            .iter()
            .zip(&result.times)
            .map(|(a, b)| b.as_secs_f64() / a.as_secs_f64());
        table.add_row([
            contender.name.clone(),
            milliseconds(sorted[sorted.len() / 2]),
            milliseconds(sorted[0]),
            milliseconds(sorted[sorted.len() - 1]),
            format!("{:.2}", median(ratios.collect())),
            result
                .peak_kib
                .map_or("?".into(), |kib| format!("{:.1}", kib as f64 / 1024.0)),
            result.count.map_or("?".into(), |count| count.to_string()),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Warms the caches, and tells what the timed runs do not: the answer, and the
/// memory it took.
fn first_run(contender: &Contender<'_>) -> Measured {
    let mut measured = Measured {
        times: Vec::new(),
        count: None,
        peak_kib: None,
        failure: None,
    };
    (contender.prepare)();
    match (contender.command)().stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {
            measured.count = (contender.count)(&String::from_utf8_lossy(&output.stdout));
            (contender.prepare)();
            measured.peak_kib = peak_kib(&(contender.command)());
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let last = said.lines().rfind(|line| !line.trim().is_empty());
            measured.failure = Some(format!("{}: {}", output.status, last.unwrap_or_default()));
        }
        Err(error) => measured.failure = Some(error.to_string()),
    }
    measured
}

fn timed(command: &mut Command) -> io::Result<Duration> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status()?;
    let time = began.elapsed();
    match status.success() {
        true => Ok(time),
        false => Err(io::Error::other(format!("{status} in a later run"))),
    }
}

/// The largest resident size of one run.
///
/// Not by this process's own `wait`: a child counts the pages that it shares
/// with its parent until it becomes another program, and this parent is large.
fn peak_kib(command: &Command) -> Option<u64> {
    let time = Path::new("/usr/bin/time");
    if !time.exists() {
        return None;
    }
    let mut wrapped = Command::new(time);
    wrapped
        .args(["--quiet", "-f", "peak %M"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    let output = wrapped.stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().rev().find_map(|l| l.strip_prefix("peak "))?;
    line.trim().parse().ok()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
