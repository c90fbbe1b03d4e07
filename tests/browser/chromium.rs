//! Chromium, driven over the Chrome DevTools Protocol.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use serde_json::{Value, json};

use super::process::Process;
use super::server::{Exchange, Server};
use super::site_data::{ANSWER, Stored, address, answers};
use super::wire::Wire;
use super::{Cookie, Display, Kind, SessionBus, embed_url, wait_for};

pub struct Chromium {
    process: Process,
    wire: Wire,
    /// The DevTools session of the one tab that is used for everything.
    tab: String,
    pid: u32,
    user_data_dir: PathBuf,
    exchange: Exchange,
}

impl Chromium {
    /// Starts Chromium with `user_data_dir` (created where it is missing) and
    /// the profile `profile` in it, for instance `Default` or `Profile 1`.
    ///
    /// Session cookies are rows in the store like all others, but a start
    /// throws them away unless `extra_args` has `--restore-last-session`.
    pub fn start(
        server: &Server,
        user_data_dir: &Path,
        profile: &str,
        extra_args: &[&str],
    ) -> Chromium {
        Chromium::launch(None, server, &[], user_data_dir, &[profile], extra_args)
    }

    /// Starts it with several profiles open; one of them is used at first.
    ///
    /// Without a window of its own a Chromium does not take what a second start wants
    /// opened, so they have to be those that were open when it last ended.
    pub fn start_with(server: &Server, user_data_dir: &Path, profiles: &[&str]) -> Chromium {
        let file = user_data_dir.join("Local State");
        let mut state: Value = fs::read_to_string(&file)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_else(|| json!({}));
        state["profile"]["last_used"] = json!(profiles[0]);
        state["profile"]["last_active_profiles"] = json!(profiles);
        state["profile"]["show_picker_on_startup"] = json!(false);
        fs::write(&file, state.to_string()).expect("the state of the browser");
        let restore = &["--restore-last-session"];
        Chromium::start_by(server, &[], user_data_dir, profiles, restore)
    }

    /// Starts it by way of another command.
    pub fn start_by(
        server: &Server,
        launcher: &[&str],
        user_data_dir: &Path,
        profiles: &[&str],
        extra_args: &[&str],
    ) -> Chromium {
        Chromium::launch(None, server, launcher, user_data_dir, profiles, extra_args)
    }

    /// The same with windows on a display.
    pub fn start_on(
        display: &Display,
        server: &Server,
        user_data_dir: &Path,
        profile: &str,
        extra_args: &[&str],
    ) -> Chromium {
        Chromium::launch(
            Some(display),
            server,
            &[],
            user_data_dir,
            &[profile],
            extra_args,
        )
    }

    /// Starts it in a session that has a bus, and what else there is on it.
    pub fn start_in(
        bus: &SessionBus,
        server: &Server,
        user_data_dir: &Path,
        extra_args: &[&str],
    ) -> Chromium {
        let profiles = &["Default"];
        Chromium::launch_with(
            &bus.env(),
            None,
            server,
            &[],
            user_data_dir,
            profiles,
            extra_args,
        )
    }

    fn launch(
        display: Option<&Display>,
        server: &Server,
        launcher: &[&str],
        user_data_dir: &Path,
        profiles: &[&str],
        extra_args: &[&str],
    ) -> Chromium {
        Chromium::launch_with(
            &[],
            display,
            server,
            launcher,
            user_data_dir,
            profiles,
            extra_args,
        )
    }

    fn launch_with(
        env: &[(&str, &str)],
        display: Option<&Display>,
        server: &Server,
        launcher: &[&str],
        user_data_dir: &Path,
        profiles: &[&str],
        extra_args: &[&str],
    ) -> Chromium {
        fs::create_dir_all(user_data_dir).expect("the user-data directory");
        let port_file = user_data_dir.join("DevToolsActivePort");
        // One that a killed browser left would name a port of the past.
        let _ = fs::remove_file(&port_file);

        let mut args: Vec<String> = [
            // Root has no other way, and neither have containers.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--no-default-browser-check",
            "--no-proxy-server",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-extensions",
            "--password-store=basic",
            "--remote-debugging-port=0",
        ]
        .map(String::from)
        .to_vec();
        let mut env = env.to_vec();
        match display {
            Some(display) => env.push(("DISPLAY", display.name())),
            None => args.push("--headless".to_string()),
        }
        args.push(format!(
            "--host-resolver-rules=MAP * 127.0.0.1:{}",
            server.port()
        ));
        // Unlike `--ignore-certificate-errors`, it leaves no error behind on account of
        // which Chromium would not hear of device-bound sessions.
        args.push(format!(
            "--ignore-certificate-errors-spki-list={}",
            server.public_key_hash()
        ));
        args.push(format!("--user-data-dir={}", user_data_dir.display()));
        args.extend(extra_args.iter().map(|arg| arg.to_string()));
        if let [profile] = profiles {
            args.push(format!("--profile-directory={profile}"));
        }

        let mut process = Process::start(Kind::Chromium, launcher, &args, &env);
        let (port, path) = process.wait_for("the DevToolsActivePort file", || {
            let text = fs::read_to_string(&port_file).ok()?;
            let (port, path) = text.split_once('\n')?;
            let port: u16 = port.parse().ok()?;
            path.starts_with('/')
                .then(|| (port, path.trim().to_string()))
        });
        let mut wire = Wire::connect(Kind::Chromium, port, &path);

        let processes = wire.call(None, "SystemInfo.getProcessInfo", json!({}));
        let pid = processes["processInfo"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|process| process["type"] == "browser")
            .and_then(|process| process["id"].as_u64())
            .map_or(process.started_pid(), |pid| pid as u32);

        let target = wire.call(None, "Target.createTarget", json!({ "url": "about:blank" }));
        let tab = attach(&mut wire, &target["targetId"]);
        Chromium {
            process,
            wire,
            tab,
            pid,
            user_data_dir: user_data_dir.to_path_buf(),
            exchange: server.exchange(),
        }
    }

    /// Opens `url` and waits until it and its frames have loaded.
    pub fn visit(&mut self, url: &str) {
        self.wire.forget_events();
        let tab = self.tab.clone();
        let answer = self
            .wire
            .call(Some(&tab), "Page.navigate", json!({ "url": url }));
        if let Some(error) = answer["errorText"].as_str() {
            panic!("chromium cannot open {url}: {error}");
        }
        let loader = answer["loaderId"].clone();
        self.wire
            .wait_for_event(&format!("{url} to load"), |event| {
                event["method"] == "Page.lifecycleEvent"
                    && event["params"]["name"] == "load"
                    && event["params"]["loaderId"] == loader
            });
    }

    /// Opens `url` in a tab beside the others, in which further visits take place.
    pub fn visit_in_new_tab(&mut self, url: &str) {
        let blank = json!({ "url": "about:blank" });
        let target = self.wire.call(None, "Target.createTarget", blank);
        self.tab = attach(&mut self.wire, &target["targetId"]);
        self.visit(url);
    }

    /// The addresses of the pages that are open, sorted.
    pub fn pages(&mut self) -> Vec<String> {
        let targets = self.wire.call(None, "Target.getTargets", json!({}));
        let targets = targets["targetInfos"].as_array().expect("a list");
        let mut pages: Vec<String> = targets
            .iter()
            .filter(|target| target["type"] == "page")
            .map(|target| text(&target["url"]))
            .filter(|url| url.starts_with("https:"))
            .collect();
        pages.sort();
        pages
    }

    /// Has `host` set a cookie in answer to a real visit; `cookie` is what
    /// stands in the `Set-Cookie` header.
    pub fn set_cookie(&mut self, host: &str, cookie: &str) {
        self.set_cookies(host, &[cookie]);
    }

    /// The same for several cookies in one answer.
    pub fn set_cookies(&mut self, host: &str, cookies: &[&str]) {
        let path = self.exchange.offer(cookies);
        self.visit(&format!("https://{host}{path}"));
        self.exchange.assert_taken(host, &path);
    }

    /// Has `host`, and frames of other hosts in it, store every kind of site data.
    pub fn fill(&mut self, host: &str, frames: &[&str], tag: &str) {
        self.visit(&address("/fill", host, frames, tag));
        let answer = self.evaluate(ANSWER);
        let all = answer.as_array().expect("an answer").iter();
        assert!(all.clone().all(|one| *one == true), "not stored: {answer}");
    }

    /// What `host`, and frames of other hosts in it, have stored.
    pub fn stored(&mut self, host: &str, frames: &[&str]) -> Vec<Stored> {
        self.visit(&address("/read", host, frames, ""));
        answers(&self.evaluate(ANSWER))
    }

    /// Has it delete a site by itself, as the page "All sites" of its settings does.
    pub fn clear_by_itself(&mut self, site: &str) {
        self.visit("chrome://settings/content/all");
        let answer = self.evaluate(&format!(
            "(async () => {{
                 const cr = await import('chrome://resources/js/cr.js');
                 const listed = new Promise(done =>
                     cr.addWebUiListener('onStorageListFetched', done));
                 await cr.sendWithPromise('getAllSites');
                 await listed;
                 chrome.send('clearSiteGroupDataAndCookies', ['etld:{site}']);
                 await new Promise(done => setTimeout(done, 3000));
                 return true;
             }})()"
        ));
        assert_eq!(answer, json!(true));
    }

    fn evaluate(&mut self, expression: &str) -> Value {
        let tab = self.tab.clone();
        let answer = self.wire.call(
            Some(&tab),
            "Runtime.evaluate",
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true }),
        );
        assert!(answer["exceptionDetails"].is_null(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// Has all further visits take place in the other profile that is open.
    pub fn use_other_profile(&mut self) {
        let targets = self.wire.call(None, "Target.getTargets", json!({}));
        let targets = targets["targetInfos"].as_array().expect("a list");
        // Not any but the default one: either of them can have come to be that.
        let tab = self.tab.clone();
        let this = self
            .wire
            .call(Some(&tab), "Target.getTargetInfo", json!({}));
        let profile = &this["targetInfo"]["browserContextId"];
        assert!(profile.is_string(), "{this:#}");
        let other = targets
            .iter()
            .find(|target| target["type"] == "page" && target["browserContextId"] != *profile);
        let other = other.unwrap_or_else(|| panic!("no page of another profile: {targets:#?}"));
        self.tab = attach(&mut self.wire, &other["targetId"]);
    }

    /// Has `embedded_host` set a cookie while a page of `top_host` embeds it.
    pub fn embed(&mut self, top_host: &str, embedded_host: &str, cookie: &str) {
        let path = self.exchange.offer(&[cookie]);
        self.visit(&embed_url(
            top_host,
            &format!("https://{embedded_host}{path}"),
        ));
        self.exchange.assert_taken(embedded_host, &path);
    }

    /// The cookies that Chromium says it has, in all partitions, sorted.
    pub fn cookies(&mut self) -> Vec<Cookie> {
        let answer = self.wire.call(None, "Storage.getCookies", json!({}));
        let cookies = answer["cookies"].as_array().expect("a list of cookies");
        let mut cookies: Vec<Cookie> = cookies
            .iter()
            .map(|cookie| Cookie {
                host: text(&cookie["domain"]),
                name: text(&cookie["name"]),
                path: text(&cookie["path"]),
                value: text(&cookie["value"]),
                partition: cookie["partitionKey"]["topLevelSite"]
                    .as_str()
                    .map(String::from),
                container: None,
                session: cookie["session"] == true,
            })
            .collect();
        cookies.sort();
        cookies
    }

    /// The id of the browser process, the one in `SingletonLock`.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// A clean exit: cookies are written, all processes end, locks go.
    pub fn close(mut self) {
        self.wire.call_last("Browser.close");
        self.process.wait_for_end();
        let lock = self.user_data_dir.join("SingletonLock");
        wait_for("chromium's SingletonLock to go", super::PATIENCE, || {
            lock.symlink_metadata().is_err().then_some(())
        });
    }

    /// Waits until it has ended because somebody else asked for it.
    pub fn wait_for_end(mut self) -> ExitStatus {
        self.process.wait_for_end()
    }

    /// SIGTERM, as at the end of a session: what was not written may be lost, and
    /// locks stay.
    pub fn terminate(mut self) {
        self.process.terminate(self.pid);
    }

    /// SIGKILL for all of its processes: nothing is written, locks stay.
    pub fn kill(mut self) {
        self.process.kill();
    }
}

/// Begins a session with a tab, and gives its id.
fn attach(wire: &mut Wire, target: &Value) -> String {
    let attached = wire.call(
        None,
        "Target.attachToTarget",
        json!({ "targetId": target, "flatten": true }),
    );
    let tab = text(&attached["sessionId"]);
    wire.call(Some(&tab), "Page.enable", json!({}));
    wire.call(
        Some(&tab),
        "Page.setLifecycleEventsEnabled",
        json!({ "enabled": true }),
    );
    tab
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}
