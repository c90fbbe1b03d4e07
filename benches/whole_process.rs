//! How long a person waits: whole processes, from start to exit, on stores of
//! 3,000 to 1,000,000 cookies of which 30 are wanted.
//!
//!     cargo bench                        everything
//!     cargo bench -- list --quick        only titles with "list", small and few
//!     benches/peers/make                 before: the programs to compare with
//!
//! Nothing here fails for being slow. Stores are made below the build folder, so
//! that syncing them costs what it costs on a disk; COOKIECLEAN_BENCH_DIR is
//! another place for them.

mod peers;
mod stores;
mod timing;

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use stores::{DOMAIN, Family, MATCHING};
use timing::{Contender, compare, median};

const OURS: &str = env!("CARGO_BIN_EXE_cookieclean");

struct Bench {
    filter: Option<String>,
    quick: bool,
    dir: PathBuf,
}

fn main() {
    let mut filter = None;
    let mut quick = false;
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--quick" => quick = true,
            // What cargo adds.
            "--bench" => {}
            option if option.starts_with('-') => {
                eprintln!("usage: cargo bench -- [--quick] [WORD]   (not {option})");
                std::process::exit(2);
            }
            word => filter = Some(word.to_owned()),
        }
    }
    let place = env::var_os("COOKIECLEAN_BENCH_DIR")
        .map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
    fs::create_dir_all(&place).expect("a place for the stores");
    let temp = tempfile::tempdir_in(&place).expect("a place for the stores");
    let bench = Bench {
        filter,
        quick,
        dir: temp.path().to_owned(),
    };
    bench.describe_disk();
    bench.start_up();
    for rows in bench.sizes() {
        for family in Family::ALL {
            bench.one_store(family, rows);
        }
    }
    bench.many_profiles();
    bench.session_files();
}

impl Bench {
    fn wants(&self, title: &str) -> bool {
        self.filter.as_ref().is_none_or(|word| title.contains(word))
    }

    fn sizes(&self) -> Vec<usize> {
        match self.quick {
            true => vec![3_000],
            false => vec![3_000, 100_000, 1_000_000],
        }
    }

    fn rounds(&self, rows: usize) -> usize {
        match (self.quick, rows) {
            (true, _) => 3,
            (false, ..10_000) => 21,
            (false, ..1_000_000) => 7,
            (false, _) => 5,
        }
    }

    /// A deletion waits for the disk more than for the processor: its figures
    /// mean nothing without this one.
    fn describe_disk(&self) {
        let path = self.dir.join("sync");
        let mut file = File::create(&path).expect("temp folder");
        let times = (0..50)
            .map(|_| {
                file.write_all(&[0x5a; 4096]).expect("temp folder");
                let began = Instant::now();
                file.sync_all().expect("temp folder");
                began.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        println!(
            "stores in {}, where syncing 4 KiB takes {:.2} ms (median of 50)",
            self.dir.display(),
            median(times)
        );
        #[cfg(target_os = "linux")]
        if nix::sys::statfs::statfs(&self.dir)
            .is_ok_and(|fs| fs.filesystem_type() == nix::sys::statfs::TMPFS_MAGIC)
        {
            println!("WARNING: that is memory, not a disk: deleting looks faster than it is");
        }
    }

    fn start_up(&self) {
        let title = "start-up: --version";
        if !self.wants(title) {
            return;
        }
        let mut contenders = vec![contender("cookieclean --version", no_count, || {
            let mut command = Command::new(OURS);
            command.arg("--version");
            command
        })];
        // What starting any process at all costs here.
        if Path::new("/bin/true").exists() {
            contenders.push(contender("/bin/true", no_count, || {
                Command::new("/bin/true")
            }));
        }
        compare(title, &contenders, self.rounds(0).max(10), &[]);
    }

    fn one_store(&self, family: Family, rows: usize) {
        let name = family.name();
        let list = format!("list {MATCHING} of {} cookies, {name}", thousands(rows));
        let delete = format!("delete {MATCHING} of {} cookies, {name}", thousands(rows));
        if !self.wants(&list) && !self.wants(&delete) {
            return;
        }
        let made = self.dir.join(format!("{name}-{rows}"));
        stores::make(family, &made, rows).expect("a store can be made");
        if self.wants(&list) {
            self.list_one(&list, family, &made, rows);
        }
        if self.wants(&delete) {
            self.delete_one(&delete, family, &made, rows);
        }
        fs::remove_dir_all(&made).expect("temp folder");
    }

    fn list_one(&self, title: &str, family: Family, dir: &Path, rows: usize) {
        let store = family.store_in(dir);
        let mut contenders = vec![contender("cookieclean list", count_listed, || {
            self.cookieclean(dir, &["list"])
        })];
        let mut absent = Vec::new();
        for peer in peers::NAMES {
            // Minutes of waiting that say what 100,000 rows already said.
            if rows >= 1_000_000 && peer != "rookie" {
                continue;
            }
            if peers::list_command(peer, family, &store, DOMAIN).is_none() {
                absent.push(peer.to_owned());
                continue;
            }
            let store = store.clone();
            contenders.push(contender(peer, count_printed, move || {
                peers::list_command(peer, family, &store, DOMAIN).expect("it was there before")
            }));
        }
        compare(title, &contenders, self.rounds(rows), &absent);
    }

    fn delete_one(&self, title: &str, family: Family, made: &Path, rows: usize) {
        let work = self.dir.join("work");
        let fresh = || self.fresh(made, &work);
        let mut contenders = vec![
            Contender {
                name: "cookieclean".into(),
                prepare: Box::new(fresh),
                command: Box::new(|| self.cookieclean(&work, &[])),
                count: count_deleted,
            },
            Contender {
                name: "cookieclean --no-undo".into(),
                prepare: Box::new(fresh),
                command: Box::new(|| self.cookieclean(&work, &["--no-undo"])),
                count: count_deleted,
            },
        ];
        let mut absent = Vec::new();
        let store = family.store_in(&work);
        if Command::new("sqlite3").arg("-version").output().is_ok() {
            contenders.push(Contender {
                name: "sqlite3 shell, DELETE only".into(),
                prepare: Box::new(fresh),
                command: Box::new(move || sqlite3_delete(family, &store)),
                count: count_printed,
            });
        } else {
            absent.push("sqlite3".to_owned());
        }
        compare(title, &contenders, self.rounds(rows), &absent);
        let _ = fs::remove_dir_all(&work);
    }

    fn many_profiles(&self) {
        let profiles = if self.quick { 20 } else { 200 };
        let list = format!("list in {profiles} profiles of 3,000 cookies");
        let delete = format!("delete in {profiles} profiles of 3,000 cookies");
        if !self.wants(&list) && !self.wants(&delete) {
            return;
        }
        let template = self.dir.join("template");
        let made = self.dir.join("many");
        stores::make(Family::Chromium, &template, 3_000).expect("a store can be made");
        stores::make_many_profiles(&made, &template, profiles);
        let rounds = if self.quick { 3 } else { 5 };
        // One thread is the yardstick: starting one process per profile would
        // compare start-up, not the work.
        let one_thread = |mut command: Command| {
            command.env("COOKIECLEAN_THREADS", "1");
            command
        };
        if self.wants(&list) {
            let contenders = [
                contender("cookieclean list", count_listed, || {
                    self.cookieclean(&made, &["list"])
                }),
                contender("cookieclean list, one thread", count_listed, || {
                    one_thread(self.cookieclean(&made, &["list"]))
                }),
            ];
            compare(&list, &contenders, rounds, &[]);
        }
        if self.wants(&delete) {
            let work = self.dir.join("work");
            let fresh = || self.fresh(&made, &work);
            let contenders = [
                Contender {
                    name: "cookieclean".into(),
                    prepare: Box::new(fresh),
                    command: Box::new(|| self.cookieclean(&work, &[])),
                    count: count_deleted,
                },
                Contender {
                    name: "cookieclean, one thread".into(),
                    prepare: Box::new(fresh),
                    command: Box::new(|| one_thread(self.cookieclean(&work, &[]))),
                    count: count_deleted,
                },
                Contender {
                    name: "cookieclean --no-undo".into(),
                    prepare: Box::new(fresh),
                    command: Box::new(|| self.cookieclean(&work, &["--no-undo"])),
                    count: count_deleted,
                },
            ];
            compare(&delete, &contenders, rounds, &[]);
        }
    }

    /// What Firefox writes every 15 seconds, for somebody who never closes a tab.
    fn session_files(&self) {
        let sizes = match self.quick {
            true => [(10, 1 << 20), (100, 1 << 20)],
            false => [(10, 50_000_000), (1_000, 16_000_000)],
        };
        for (windows, bytes) in sizes {
            let what = format!(
                "session file of {} MB with {} windows",
                bytes / 1_000_000,
                thousands(windows)
            );
            let (list, delete) = (format!("list in a {what}"), format!("delete in a {what}"));
            if !self.wants(&list) && !self.wants(&delete) {
                continue;
            }
            let made = self.dir.join("session");
            stores::make_session(&made, windows, bytes).expect("a session can be made");
            let rounds = self.rounds(100_000);
            if self.wants(&list) {
                let ours = contender("cookieclean list", count_listed, || {
                    self.cookieclean(&made, &["list"])
                });
                compare(&list, &[ours], rounds, &[]);
            }
            if self.wants(&delete) {
                let work = self.dir.join("work");
                let ours = Contender {
                    name: "cookieclean".into(),
                    prepare: Box::new(|| self.fresh(&made, &work)),
                    command: Box::new(|| self.cookieclean(&work, &[])),
                    count: count_deleted,
                };
                compare(&delete, &[ours], rounds, &[]);
            }
            fs::remove_dir_all(&made).expect("temp folder");
        }
    }

    /// Ours, on one folder; `words` come first, as a subcommand must.
    fn cookieclean(&self, dir: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(OURS);
        command
            .args(words)
            .args([DOMAIN, "--json", "--profile-dir"])
            .arg(dir)
            // Never the person's own copies, and none left by an earlier run.
            .env("COOKIECLEAN_STATE_DIR", self.dir.join("state"));
        command
    }

    fn fresh(&self, made: &Path, work: &Path) {
        let _ = fs::remove_dir_all(work);
        let _ = fs::remove_dir_all(self.dir.join("state"));
        stores::copy(made, work);
    }
}

fn contender<'a>(
    name: &str,
    count: fn(&str) -> Option<u64>,
    command: impl Fn() -> Command + 'a,
) -> Contender<'a> {
    Contender {
        name: name.to_owned(),
        prepare: Box::new(|| {}),
        command: Box::new(command),
        count,
    }
}

/// The least that leaves no trace of the values: no check whether a browser is
/// open, no copy, no verifying. Its default `synchronous` is FULL.
fn sqlite3_delete(family: Family, store: &Path) -> Command {
    let sql = match family {
        Family::Chromium => {
            "DELETE FROM cookies
             WHERE host_key IN ('openai.com', '.openai.com')
                OR substr(host_key, -11) = '.openai.com'
                OR top_frame_site_key = 'https://openai.com';
             SELECT changes();"
        }
        Family::Firefox => {
            "DELETE FROM moz_cookies
             WHERE host IN ('openai.com', '.openai.com')
                OR substr(host, -11) = '.openai.com'
                OR originAttributes LIKE '%partitionKey=%28https%2Copenai.com%29%';
             SELECT changes();
             PRAGMA wal_checkpoint(TRUNCATE);"
        }
    };
    let mut command = Command::new("sqlite3");
    // Not the person's own ~/.sqliterc.
    command.args(["-batch", "-init", ""]).arg(store);
    command.arg(format!("PRAGMA secure_delete=ON; {sql}"));
    command
}

fn no_count(_: &str) -> Option<u64> {
    None
}

/// The peers print one number; the shell prints what pragmas answer as well.
fn count_printed(output: &str) -> Option<u64> {
    let mut numbers = output.lines().filter_map(|line| line.trim().parse().ok());
    let first = numbers.next();
    numbers.next().or(first)
}

fn count_listed(output: &str) -> Option<u64> {
    let document: serde_json::Value = serde_json::from_str(output).ok()?;
    document["cookies"]
        .as_array()
        .map(|cookies| cookies.len() as u64)
}

fn count_deleted(output: &str) -> Option<u64> {
    let document: serde_json::Value = serde_json::from_str(output).ok()?;
    document["deleted"].as_u64()
}

fn thousands(number: usize) -> String {
    match number {
        1_000_000.. => format!("{},{:03},000", number / 1_000_000, number / 1_000 % 1_000),
        1_000.. => format!("{},{:03}", number / 1_000, number % 1_000),
        _ => number.to_string(),
    }
}
