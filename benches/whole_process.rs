//! How long a person waits: whole processes, from start to exit, on stores of
//! 3,000 to 1,000,000 cookies of which 30 are wanted.
//!
//!     cargo bench                        everything, and writes benches/README.md anew
//!     cargo bench -- list --quick        only titles with "list", small and few
//!     benches/peers/make                 before: the programs to compare with
//!
//! Nothing here fails for being slow. Stores are made below the build folder, so
//! that syncing them costs what it costs on a disk; COOKIECLEAN_BENCH_DIR is
//! another place for them.

mod figures;
mod peers;
mod stores;
mod timing;

use std::cell::RefCell;
use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Instant, SystemTime};

use stores::{DOMAIN, Family, MATCHING};
use timing::{Compared, Contender, compare, median};

const OURS: &str = env!("CARGO_BIN_EXE_cookieclean");
const STATE_DIR: &str = "COOKIECLEAN_STATE_DIR";
const THREADS: [&str; 3] = ["1", "2", "4"];
const EMPTY: &str = "an empty Rust program";

struct Bench {
    filter: Option<String>,
    quick: bool,
    dir: PathBuf,
    found: RefCell<Vec<Compared>>,
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
        found: RefCell::default(),
    };
    let disk = bench.describe_disk();
    bench.start_up();
    for rows in bench.sizes() {
        for family in Family::ALL {
            bench.one_store(family, rows);
        }
    }
    for rows in bench.sizes().into_iter().take(2) {
        bench.being_written(rows);
    }
    bench.copies_for_undo();
    bench.processes();
    bench.threads();
    for profiles in bench.profiles() {
        bench.many_profiles(profiles);
    }
    bench.session_files();
    let is_whole = !bench.quick && bench.filter.is_none();
    figures::tell(&bench.found.into_inner(), &disk, is_whole);
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

    fn profiles(&self) -> Vec<usize> {
        match self.quick {
            true => vec![20],
            false => vec![20, 200, 2_000],
        }
    }

    fn compare(&self, title: &str, contenders: &[Contender<'_>], rounds: usize, absent: &[String]) {
        let found = compare(title, contenders, rounds, absent);
        self.found.borrow_mut().push(found);
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
    fn describe_disk(&self) -> String {
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
        let disk = format!("syncing 4 KiB takes {:.2} ms (median of 50)", median(times));
        println!("stores in {}, where {disk}", self.dir.display());
        #[cfg(target_os = "linux")]
        if nix::sys::statfs::statfs(&self.dir)
            .is_ok_and(|fs| fs.filesystem_type() == nix::sys::statfs::TMPFS_MAGIC)
        {
            println!("WARNING: that is memory, not a disk: deleting looks faster than it is");
        }
        disk
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
        let empty = self.dir.join("empty");
        let source = empty.with_extension("rs");
        fs::write(&source, "fn main() {}").expect("temp folder");
        let mut absent = Vec::new();
        let built = Command::new("rustc")
            .arg("-O")
            .arg(&source)
            .arg("-o")
            .arg(&empty)
            .status();
        match built.is_ok_and(|status| status.success()) {
            true => contenders.push(contender(EMPTY, no_count, move || Command::new(&empty))),
            false => absent.push(EMPTY.to_owned()),
        }
        self.compare(title, &contenders, self.rounds(0), &absent);
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
        self.compare(title, &contenders, self.rounds(rows), &absent);
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
        self.compare(title, &contenders, self.rounds(rows), &absent);
        let _ = fs::remove_dir_all(&work);
    }

    /// Of a browser that is open: whoever reads it has to see that nothing moves meanwhile.
    fn being_written(&self, rows: usize) {
        let title = format!(
            "list {MATCHING} of {} cookies while they change",
            thousands(rows)
        );
        if !self.wants(&title) {
            return;
        }
        let (still, moving) = (self.dir.join("still"), self.dir.join("moving"));
        stores::make(Family::Chromium, &still, rows).expect("a store can be made");
        stores::copy(&still, &moving);
        let store = Family::Chromium.store_in(&moving);
        let contenders = [
            contender("at rest", count_listed, || {
                self.cookieclean(&still, &["list"])
            }),
            Contender {
                name: "written just now".into(),
                prepare: Box::new(|| {
                    let file = File::options().write(true).open(&store);
                    file.and_then(|file| file.set_modified(SystemTime::now()))
                        .expect("temp folder");
                }),
                command: Box::new(|| self.cookieclean(&moving, &["list"])),
                count: count_listed,
            },
        ];
        self.compare(&title, &contenders, self.rounds(rows), &[]);
        fs::remove_dir_all(&still).expect("temp folder");
        fs::remove_dir_all(&moving).expect("temp folder");
    }

    /// What earlier deletions have left costs the next command nothing.
    fn copies_for_undo(&self) {
        let title = "list with copies for undo";
        if !self.wants(title) {
            return;
        }
        let copies = if self.quick { 20 } else { 1_000 };
        let (made, work) = (self.dir.join("small"), self.dir.join("work"));
        stores::make(Family::Chromium, &made, MATCHING).expect("a store can be made");
        let full = self.dir.join("full");
        for _ in 0..copies {
            let _ = fs::remove_dir_all(&work);
            stores::copy(&made, &work);
            let mut command = self.cookieclean(&work, &[]);
            command.env(STATE_DIR, &full).stdout(Stdio::null());
            let status = command.status().expect("it runs");
            assert!(status.success(), "{status}");
        }
        let contenders = [
            contender("none", count_listed, || self.cookieclean(&made, &["list"])),
            contender(&thousands(copies), count_listed, || {
                let mut command = self.cookieclean(&made, &["list"]);
                command.env(STATE_DIR, &full);
                command
            }),
        ];
        self.compare(title, &contenders, self.rounds(0), &[]);
        fs::remove_dir_all(&made).expect("temp folder");
        fs::remove_dir_all(&full).expect("temp folder");
    }

    /// Who has a store open, is asked of the processes only where nothing cheaper tells.
    fn processes(&self) {
        let title = "list beside other processes";
        if !self.wants(title) || Command::new("sleep").arg("0").status().is_err() {
            return;
        }
        let others = if self.quick { 20 } else { 500 };
        let made = self.dir.join("one");
        stores::make(Family::Chromium, &made, 3_000).expect("a store can be made");
        let running = RefCell::new(Vec::<Child>::new());
        let end_all = || {
            for mut child in running.borrow_mut().drain(..) {
                let _ = child.kill();
                let _ = child.wait();
            }
        };
        let contenders = [
            Contender {
                name: "few".into(),
                prepare: Box::new(end_all),
                command: Box::new(|| self.cookieclean(&made, &["list"])),
                count: count_listed,
            },
            Contender {
                name: thousands(others),
                prepare: Box::new(|| {
                    end_all();
                    let sleeper = || Command::new("sleep").arg("600").spawn();
                    let all = (0..others).map(|_| sleeper().expect("a process"));
                    running.borrow_mut().extend(all);
                }),
                command: Box::new(|| self.cookieclean(&made, &["list"])),
                count: count_listed,
            },
        ];
        self.compare(title, &contenders, self.rounds(100_000), &[]);
        end_all();
        fs::remove_dir_all(&made).expect("temp folder");
    }

    /// One profile after the other, and side by side. One thread is the yardstick: starting
    /// one process per profile would compare start-up, not the work.
    fn threads(&self) {
        let profiles = if self.quick { 20 } else { 200 };
        let list = format!("list in {profiles} profiles of 3,000 cookies");
        let delete = format!("delete in {profiles} profiles of 3,000 cookies");
        if !self.wants(&list) && !self.wants(&delete) {
            return;
        }
        let (template, made) = (self.dir.join("template"), self.dir.join("many"));
        let work = self.dir.join("work");
        stores::make(Family::Chromium, &template, 3_000).expect("a store can be made");
        stores::make_many_profiles(&made, &template, profiles);
        let with = |threads: &str, mut command: Command| {
            command.env("COOKIECLEAN_THREADS", threads);
            command
        };
        for (title, words) in [(&list, &["list"][..]), (&delete, &[])] {
            if !self.wants(title) {
                continue;
            }
            let is_list = title == &list;
            let contenders = THREADS.map(|threads| Contender {
                name: figures::threads_name(threads),
                prepare: Box::new(|| {
                    if !is_list {
                        self.fresh(&made, &work);
                    }
                }),
                command: Box::new(|| {
                    let dir = if is_list { &made } else { &work };
                    with(threads, self.cookieclean(dir, words))
                }),
                count: if is_list { count_listed } else { count_deleted },
            });
            self.compare(title, &contenders, if self.quick { 3 } else { 5 }, &[]);
        }
        let _ = fs::remove_dir_all(&work);
        fs::remove_dir_all(&made).expect("temp folder");
    }

    /// All three commands in that many profiles.
    fn many_profiles(&self, profiles: usize) {
        let title = figures::profiles_title(profiles);
        if !self.wants(&title) {
            return;
        }
        let (template, made) = (self.dir.join("template"), self.dir.join("many"));
        let work = self.dir.join("work");
        let _ = fs::remove_dir_all(&template);
        stores::make(Family::Chromium, &template, 300).expect("a store can be made");
        stores::make_many_profiles(&made, &template, profiles);
        let contenders = [
            contender("list", count_listed, || self.cookieclean(&made, &["list"])),
            Contender {
                name: "delete".into(),
                prepare: Box::new(|| self.fresh(&made, &work)),
                command: Box::new(|| self.cookieclean(&work, &[])),
                count: count_deleted,
            },
            Contender {
                name: "undo".into(),
                prepare: Box::new(|| {
                    self.fresh(&made, &work);
                    let mut command = self.cookieclean(&work, &[]);
                    let status = command.stdout(Stdio::null()).status().expect("it runs");
                    assert!(status.success(), "{status}");
                }),
                command: Box::new(|| {
                    let mut command = Command::new(OURS);
                    command
                        .args(["undo", "--json"])
                        .env(STATE_DIR, self.dir.join("state"));
                    command
                }),
                count: count_restored,
            },
        ];
        self.compare(&title, &contenders, 3, &[]);
        let _ = fs::remove_dir_all(&work);
        fs::remove_dir_all(&made).expect("temp folder");
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
                self.compare(&list, &[ours], rounds, &[]);
            }
            if self.wants(&delete) {
                let work = self.dir.join("work");
                let ours = Contender {
                    name: "cookieclean".into(),
                    prepare: Box::new(|| self.fresh(&made, &work)),
                    command: Box::new(|| self.cookieclean(&work, &[])),
                    count: count_deleted,
                };
                self.compare(&delete, &[ours], rounds, &[]);
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
            .env(STATE_DIR, self.dir.join("state"));
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

fn count_restored(output: &str) -> Option<u64> {
    let document: serde_json::Value = serde_json::from_str(output).ok()?;
    document["restored"].as_u64()
}

fn thousands(number: usize) -> String {
    match number {
        1_000_000.. => format!("{},{:03},000", number / 1_000_000, number / 1_000 % 1_000),
        1_000.. => format!("{},{:03}", number / 1_000, number % 1_000),
        _ => number.to_string(),
    }
}
