//! Drives a real Chromium and a real Firefox, so that tests meet the cookie
//! stores that browsers write and hear from the browsers what is left.
//!
//! ```no_run
//! let server = Server::start();
//! let mut browser = Chromium::start(&server, dir, "Default", &[]);
//! browser.set_cookie("openai.com", "a=1; Domain=openai.com; Max-Age=86400");
//! browser.embed("openai.com", "widget.example", "b=2; Secure; SameSite=None; Partitioned");
//! browser.close();
//! ```
//!
//! Everything here panics, with what was waited for, where something goes
//! wrong: it serves tests only. Every wait has an end.

// Each test program that includes this module uses a part of it.
#![allow(dead_code, unused_imports)]

mod chromium;
mod device_bound;
mod display;
mod firefox;
mod process;
mod server;
mod session_bus;
mod site_data;
mod wire;

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use chromium::Chromium;
pub use device_bound::{BIND, BOUND_COOKIE, REFRESH, WITH_DEVICE_BOUND};
pub use display::Display;
pub use firefox::Firefox;
pub use server::{Request, Server};
pub use session_bus::SessionBus;
pub use site_data::Stored;

/// For whatever a browser does on request. Generous: a cold start on a busy
/// machine with two cores has been seen to take 15 seconds, and more than 60 where ten
/// others want the same two.
const PATIENCE: Duration = Duration::from_secs(240);

/// A cookie as the browser itself describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cookie {
    /// As stored: with a leading dot where it is a domain cookie.
    pub host: String,
    pub name: String,
    pub path: String,
    pub value: String,
    /// The site it is partitioned under, `https://openai.com`, in both browsers.
    pub partition: Option<String>,
    /// The name of the Firefox container that it is in.
    pub container: Option<String>,
    /// It has no expiry, so it ends with the browser's session.
    pub session: bool,
}

/// The browsers that this module can drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Chromium,
    Firefox,
}

impl Kind {
    fn programs(self) -> &'static [&'static str] {
        match self {
            Kind::Chromium => &["chromium", "chromium-browser", "google-chrome"],
            Kind::Firefox => &["firefox-esr", "firefox"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Chromium => "chromium",
            Kind::Firefox => "firefox",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Kind::Chromium => "chromium",
            Kind::Firefox => "firefox-esr",
        }
    }

    fn program(self) -> Option<PathBuf> {
        program_of(self.programs())
    }

    /// What the program calls itself, such as `Mozilla Firefox 140.0esr`.
    pub fn version(self) -> Option<String> {
        let output = std::process::Command::new(self.program()?)
            .arg("--version")
            .output()
            .ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
    }

    /// Whether `test` can run with this browser. Where it is missing the test
    /// is to return at once; that is said on standard error, and is a failure
    /// under `CI=true`, where a skipped test would go unnoticed for good.
    pub fn available(self, test: &str) -> bool {
        available(test, self.name(), self.programs(), self.package())
    }
}

/// The first of these programs that is installed.
fn program_of(programs: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    programs
        .iter()
        .flat_map(|program| folders.iter().map(move |folder| folder.join(program)))
        .find(|candidate| candidate.is_file())
}

fn available(test: &str, name: &str, programs: &[&str], package: &str) -> bool {
    if program_of(programs).is_some() {
        return true;
    }
    let message = format!("{test}: {name} is not installed (apt-get install {package})");
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "cannot run {message}"
    );
    // Not `eprintln!`, whose words the test harness keeps to itself when a
    // test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {message}");
    false
}

/// The address at which the server sets `cookies`, each one as it would stand
/// in a `Set-Cookie` header, each time that somebody asks. The browsers' own
/// `set_cookie` sets them once.
pub fn set_url(host: &str, cookies: &[&str]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for cookie in cookies {
        query.append_pair("c", cookie);
    }
    format!("https://{host}/set?{}", query.finish())
}

/// The address of a page on `host` with `inner` in an iframe.
pub fn embed_url(host: &str, inner: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("src", inner)
        .finish();
    format!("https://{host}/embed?{query}")
}

/// Asks `poll` until it has an answer, and gives up with `what` in the message.
pub fn wait_for<T>(what: &str, limit: Duration, mut poll: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = poll() {
            return answer;
        }
        assert!(
            start.elapsed() < limit,
            "gave up after {} s of waiting for {what}",
            limit.as_secs()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
