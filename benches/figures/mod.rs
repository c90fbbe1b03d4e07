//! What all comparisons say together: beside the goals, as a file, and as plots.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use plotters::prelude::*;

use crate::timing::Compared;
use crate::{EMPTY, OURS};

/// What stands between these in benches/README.md is written by a whole run.
const BEGIN: &str = "<!-- Written by `cargo bench`: begin -->\n";
const END: &str = "<!-- Written by `cargo bench`: end -->\n";

const MIB: f64 = 1024.0 * 1024.0;

pub fn threads_name(threads: &str) -> String {
    match threads {
        "1" => "1 thread".to_owned(),
        more => format!("{more} threads"),
    }
}

pub fn profiles_title(profiles: usize) -> String {
    format!("{} profiles of 300 cookies", crate::thousands(profiles))
}

/// Prints the goals and what was measured, and writes all into benches/README.md and beside
/// it, if everything was measured.
pub fn tell(found: &[Compared], disk: &str, is_whole: bool) {
    let goals = goals(found);
    println!("\n## Goals\n\n{goals}");
    if !is_whole {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    let file = folder.join("README.md");
    let old = fs::read_to_string(&file).expect("benches/README.md");
    let (before, rest) = old.split_once(BEGIN).expect("where the figures begin");
    let (_, after) = rest.split_once(END).expect("where the figures end");
    let mut figures = format!(
        "Of one run, on a machine with {} processors, where {disk}. Whole processes, all \
         start-up in it.\n\n{goals}\n\
         ![Time over rows](rows.svg) ![Time over profiles](profiles.svg) \
         ![Time over threads](threads.svg)\n",
        std::thread::available_parallelism().map_or(1, usize::from)
    );
    for compared in found {
        let _ = write!(figures, "\n### {}\n\n{}", compared.title, compared.text);
    }
    fs::write(&file, format!("{before}{BEGIN}{figures}{END}{after}")).expect("benches/README.md");
    let plots = plots(found);
    for (name, plot) in &plots {
        plot.draw(&folder.join(name)).expect("a plot");
    }
    println!("written: benches/README.md and {} plots", plots.len());
}

/// A ratio that is to be reached.
struct Goal {
    what: &'static str,
    title: String,
    ours: &'static str,
    other: &'static str,
    at_most: f64,
}

fn goal(
    what: &'static str,
    title: impl Into<String>,
    (ours, other): (&'static str, &'static str),
    at_most: f64,
) -> Goal {
    Goal {
        what,
        title: title.into(),
        ours,
        other,
        at_most,
    }
}

const LIST: (&str, &str) = ("cookieclean list", "rookie");
const DELETE: (&str, &str) = ("cookieclean", "sqlite3 shell, DELETE only");
const NO_UNDO: (&str, &str) = ("cookieclean --no-undo", "sqlite3 shell, DELETE only");
const UNDO: (&str, &str) = ("undo", "delete");

fn goals(found: &[Compared]) -> String {
    let list = |rows, family| format!("list 30 of {rows} cookies, {family}");
    let delete = |rows, family| format!("delete 30 of {rows} cookies, {family}");
    let moving = |rows| format!("list 30 of {rows} cookies while they change");
    let mut text = String::from("| | measured | goal |\n|---|---|---|\n");
    let all = [
        goal(
            "list, 3,000, Chromium, to rookie",
            list("3,000", "chromium"),
            LIST,
            1.0,
        ),
        goal(
            "list, 3,000, Firefox, to rookie",
            list("3,000", "firefox"),
            LIST,
            1.0,
        ),
        goal(
            "list, 100,000, Chromium, to rookie",
            list("100,000", "chromium"),
            LIST,
            1.0,
        ),
        goal(
            "list, 100,000, Firefox, to rookie",
            list("100,000", "firefox"),
            LIST,
            1.0,
        ),
        goal(
            "list, 3,000, while it is written, to the same at rest",
            moving("3,000"),
            ("written just now", "at rest"),
            1.3,
        ),
        goal(
            "list, 100,000, while it is written, to the same at rest",
            moving("100,000"),
            ("written just now", "at rest"),
            1.3,
        ),
        goal(
            "delete, 3,000, Chromium, to the shell",
            delete("3,000", "chromium"),
            DELETE,
            1.5,
        ),
        goal(
            "the same without a copy for undo",
            delete("3,000", "chromium"),
            NO_UNDO,
            1.2,
        ),
        goal(
            "delete, 3,000, Firefox, to the shell",
            delete("3,000", "firefox"),
            DELETE,
            1.5,
        ),
        goal(
            "the same without a copy for undo",
            delete("3,000", "firefox"),
            NO_UNDO,
            1.2,
        ),
        goal(
            "delete, 100,000, Chromium, to the shell",
            delete("100,000", "chromium"),
            DELETE,
            1.6,
        ),
        goal(
            "delete, 100,000, Firefox, to the shell",
            delete("100,000", "firefox"),
            DELETE,
            1.6,
        ),
        goal(
            "undo in 200 profiles, to the deletion",
            profiles_title(200),
            UNDO,
            1.2,
        ),
        goal(
            "undo in 2,000 profiles, to the deletion",
            profiles_title(2_000),
            UNDO,
            1.2,
        ),
        goal(
            "list with 1,000 copies for undo, to none",
            "list with copies for undo",
            ("1,000", "none"),
            1.0,
        ),
        goal(
            "start-up, to an empty program",
            "start-up: --version",
            ("cookieclean --version", EMPTY),
            1.3,
        ),
    ];
    for goal in all {
        let compared = found.iter().find(|compared| compared.title == goal.title);
        let ratio = compared.and_then(|compared| compared.ratio(goal.ours, goal.other));
        if let Some(ratio) = ratio {
            let _ = writeln!(text, "| {} | ×{ratio:.2} | ×{} |", goal.what, goal.at_most);
        }
    }
    let median_of = |title: &str, name| {
        let compared = found.iter().find(|compared| compared.title == title);
        compared.and_then(|compared| compared.median_of(name))
    };
    for command in ["list", "delete", "undo"] {
        let of = |profiles| median_of(&profiles_title(profiles), command);
        if let (Some(few), Some(many)) = (of(200), of(2_000)) {
            let ratio = many / few;
            let _ = writeln!(
                text,
                "| {command} in 2,000 profiles, to 200 | ×{ratio:.1} | ×8 |"
            );
        }
    }
    let processes = |name| median_of("list beside other processes", name);
    if let (Some(few), Some(many)) = (processes("few"), processes("500")) {
        let more = (many - few) * 1000.0;
        let _ = writeln!(
            text,
            "| list beside 500 processes, more | {more:.1} ms | 1 ms |"
        );
    }
    if let Ok(program) = fs::metadata(OURS) {
        let size = program.len() as f64 / MIB;
        let _ = writeln!(text, "| the program | {size:.1} MiB | 7 MB |");
    }
    text
}

/// A plot of seconds over something, both on a logarithmic scale.
struct Plot {
    title: &'static str,
    over: &'static str,
    /// A name, and its points.
    lines: Vec<(&'static str, Vec<(f64, f64)>)>,
}

fn plots(found: &[Compared]) -> [(&'static str, Plot); 3] {
    let point = |x: f64, title: &str, name: &str| {
        let compared = found.iter().find(|compared| compared.title == title)?;
        Some((x, compared.median_of(name)?))
    };
    let rows = |what: &str, name: &str| {
        [3_000, 100_000, 1_000_000]
            .into_iter()
            .filter_map(|rows| {
                let title = format!("{what} 30 of {} cookies, chromium", crate::thousands(rows));
                point(rows as f64, &title, name)
            })
            .collect()
    };
    let profiles = |name: &str| {
        [20, 200, 2_000]
            .into_iter()
            .filter_map(|profiles| point(profiles as f64, &profiles_title(profiles), name))
            .collect()
    };
    let threads = |what: &str| {
        let title = format!("{what} in 200 profiles of 3,000 cookies");
        crate::THREADS
            .into_iter()
            .filter_map(|threads| point(threads.parse().ok()?, &title, &threads_name(threads)))
            .collect()
    };
    [
        (
            "rows.svg",
            Plot {
                title: "One Chromium store",
                over: "cookies",
                lines: vec![
                    ("list", rows("list", "cookieclean list")),
                    ("list, rookie", rows("list", "rookie")),
                    ("delete", rows("delete", "cookieclean")),
                    ("delete, sqlite3 shell", rows("delete", DELETE.1)),
                ],
            },
        ),
        (
            "profiles.svg",
            Plot {
                title: "300 cookies in each profile",
                over: "profiles",
                lines: vec![
                    ("list", profiles("list")),
                    ("delete", profiles("delete")),
                    ("undo", profiles("undo")),
                ],
            },
        ),
        (
            "threads.svg",
            Plot {
                title: "200 profiles of 3,000 cookies",
                over: "threads",
                lines: vec![("list", threads("list")), ("delete", threads("delete"))],
            },
        ),
    ]
}

impl Plot {
    fn draw(&self, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
        const COLORS: [RGBColor; 4] = [
            RGBColor(0, 114, 178),
            RGBColor(230, 159, 0),
            RGBColor(0, 158, 115),
            RGBColor(204, 121, 167),
        ];
        let points = || self.lines.iter().flat_map(|(_, points)| points.iter());
        let range = |of: fn(&(f64, f64)) -> f64| {
            let all = points().map(of);
            let (least, most) = all.fold((f64::MAX, f64::MIN), |(least, most), x| {
                (least.min(x), most.max(x))
            });
            least..most
        };
        if points().next().is_none() {
            return Ok(());
        }
        let (over, seconds) = (range(|point| point.0), range(|point| point.1));
        let area = SVGBackend::new(file, (640, 400)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(
                (over.start * 0.9..over.end * 1.1).log_scale(),
                // With room for the names of the lines.
                (seconds.start * 0.7..seconds.end * 8.0).log_scale(),
            )?;
        chart
            .configure_mesh()
            .max_light_lines(1)
            .x_label_formatter(&|x| crate::thousands(x.round() as usize))
            .y_label_formatter(&|y| ((y * 1e4).round() / 1e4).to_string())
            .x_desc(self.over)
            .y_desc("seconds")
            .draw()?;
        for ((name, points), color) in self.lines.iter().zip(COLORS) {
            let line = LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3);
            chart.draw_series(line)?.label(*name).legend(move |(x, y)| {
                PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2))
            });
        }
        chart
            .configure_series_labels()
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .position(SeriesLabelPosition::UpperLeft)
            .draw()?;
        area.present()?;
        Ok(())
    }
}
