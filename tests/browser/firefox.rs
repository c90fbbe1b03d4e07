//! Firefox, driven over WebDriver BiDi.

use std::fs;
use std::path::Path;
use std::process::ExitStatus;

use serde_json::{Value, json};

use super::process::Process;
use super::server::{Exchange, Server};
use super::site_data::{ANSWER, Stored, address, answers};
use super::wire::Wire;
use super::{Cookie, Display, Kind, embed_url};

pub struct Firefox {
    process: Process,
    wire: Wire,
    /// The browsing context (tab) that is used for everything outside containers.
    tab: String,
    /// The browser's own window: a script in it has the browser's privileges.
    window: String,
    pid: u32,
    exchange: Exchange,
}

impl Firefox {
    /// Starts Firefox with the profile folder `profile` (created where it is
    /// missing). `extra_prefs` are written to its `user.js`, after our own.
    ///
    /// Session cookies are not in the store but in the session's file, and only
    /// come back with `("browser.startup.page", 3)`, open the previous windows.
    pub fn start(server: &Server, profile: &Path, extra_prefs: &[(&str, Value)]) -> Firefox {
        Firefox::start_by(server, &[], profile, extra_prefs)
    }

    /// The same by way of another command.
    pub fn start_by(
        server: &Server,
        launcher: &[&str],
        profile: &Path,
        extra_prefs: &[(&str, Value)],
    ) -> Firefox {
        let headless = ("MOZ_HEADLESS", "1");
        Firefox::launch(headless, server, launcher, profile, extra_prefs)
    }

    /// The same with windows on a display.
    pub fn start_on(
        display: &Display,
        server: &Server,
        profile: &Path,
        extra_prefs: &[(&str, Value)],
    ) -> Firefox {
        let display = ("DISPLAY", display.name());
        Firefox::launch(display, server, &[], profile, extra_prefs)
    }

    fn launch(
        screen: (&str, &str),
        server: &Server,
        launcher: &[&str],
        profile: &Path,
        extra_prefs: &[(&str, Value)],
    ) -> Firefox {
        fs::create_dir_all(profile).expect("the profile folder");
        let port_file = profile.join("WebDriverBiDiServer.json");
        // One that a killed browser left would name a port of the past.
        let _ = fs::remove_file(&port_file);
        let mut prefs = String::new();
        let own = prefs_for(server.port());
        for (name, value) in own.iter().chain(extra_prefs) {
            prefs.push_str(&format!("user_pref({}, {value});\n", json!(name)));
        }
        fs::write(profile.join("user.js"), prefs).expect("the preferences");

        let args = [
            "--no-remote".to_string(),
            "--remote-debugging-port=0".to_string(),
            "--remote-allow-system-access".to_string(),
            "--profile".to_string(),
            profile.display().to_string(),
        ];
        let env = [screen, ("MOZ_CRASHREPORTER_DISABLE", "1")];
        let mut process = Process::start(Kind::Firefox, launcher, &args, &env);
        let port = process.wait_for("the WebDriverBiDiServer.json file", || {
            let text = fs::read_to_string(&port_file).ok()?;
            let port: Value = serde_json::from_str(&text).ok()?;
            u16::try_from(port["ws_port"].as_u64()?).ok()
        });
        let mut wire = Wire::connect(Kind::Firefox, port, "/session");
        let session = wire.call(
            None,
            "session.new",
            json!({ "capabilities": { "alwaysMatch": {
                "acceptInsecureCerts": true,
                "unhandledPromptBehavior": { "default": "accept" },
            } } }),
        );
        let pid = session["capabilities"]["moz:processID"]
            .as_u64()
            .map_or(process.started_pid(), |pid| pid as u32);
        let window = process.wait_for("its window", || {
            let windows = wire.call(
                None,
                "browsingContext.getTree",
                json!({ "moz:scope": "chrome", "maxDepth": 0 }),
            );
            windows["contexts"][0]["context"].as_str().map(String::from)
        });
        let tab = wire.call(None, "browsingContext.create", json!({ "type": "tab" }));
        let tab = text(&tab["context"]);
        Firefox {
            process,
            wire,
            tab,
            window,
            pid,
            exchange: server.exchange(),
        }
    }

    /// Opens `url` and waits until it and its frames have loaded.
    pub fn visit(&mut self, url: &str) {
        let tab = self.tab.clone();
        self.navigate(&tab, url);
    }

    /// The same in a new window.
    pub fn visit_in_new_window(&mut self, url: &str) {
        let created = self
            .wire
            .call(None, "browsingContext.create", json!({ "type": "window" }));
        self.navigate(&text(&created["context"]), url);
    }

    /// The same in a new tab of the container of that name.
    pub fn visit_in(&mut self, container: &str, url: &str) {
        let tab = self.open_in(container);
        self.navigate(&tab, url);
    }

    /// Opens a tab of the container of that name.
    fn open_in(&mut self, container: &str) -> String {
        let user_context = self.run(&format!(
            "const {{ ContextualIdentityService: S }} = ChromeUtils.importESModule(
                 'resource://gre/modules/ContextualIdentityService.sys.mjs');
             const {{ UserContextManager: M }} = ChromeUtils.importESModule(
                 'chrome://remote/content/shared/UserContextManager.sys.mjs');
             const identity = S.getPublicIdentities().find(
                 i => S.getUserContextLabel(i.userContextId) === {});
             return identity ? M.getIdByInternalId(identity.userContextId) : null;",
            json!(container)
        ));
        assert!(
            user_context.is_string(),
            "firefox has no container {container}"
        );
        let tab = self.wire.call(
            None,
            "browsingContext.create",
            json!({ "type": "tab", "userContext": user_context }),
        );
        text(&tab["context"])
    }

    /// Makes a container, as the settings page does; returns its userContextId.
    pub fn add_container(&mut self, name: &str) -> u64 {
        self.run(&format!(
            "const {{ ContextualIdentityService: S }} = ChromeUtils.importESModule(
                 'resource://gre/modules/ContextualIdentityService.sys.mjs');
             return S.create({}, 'dollar', 'green').userContextId;",
            json!(name)
        ))
        .as_u64()
        .expect("the number of the new container")
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

    /// The same in a new tab of the container of that name.
    pub fn set_cookies_in(&mut self, container: &str, host: &str, cookies: &[&str]) {
        let path = self.exchange.offer(cookies);
        self.visit_in(container, &format!("https://{host}{path}"));
        self.exchange.assert_taken(host, &path);
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

    /// Has `host`, and frames of other hosts in it, store every kind of site data, in a tab
    /// of the container of that name, if there is one.
    pub fn fill(&mut self, container: Option<&str>, host: &str, frames: &[&str], tag: &str) {
        let url = address("/fill", host, frames, tag);
        let answer = self.answer(container, &url);
        let all = answer.as_array().expect("an answer").iter();
        assert!(all.clone().all(|one| *one == true), "not stored: {answer}");
    }

    /// What `host`, and frames of other hosts in it, have stored, in a new tab.
    pub fn stored(&mut self, container: Option<&str>, host: &str, frames: &[&str]) -> Vec<Stored> {
        let url = address("/read", host, frames, "");
        answers(&self.answer(container, &url))
    }

    fn answer(&mut self, container: Option<&str>, url: &str) -> Value {
        let tab = match container {
            Some(container) => self.open_in(container),
            None => {
                let tab = json!({ "type": "tab" });
                let created = self.wire.call(None, "browsingContext.create", tab);
                text(&created["context"])
            }
        };
        self.navigate(&tab, url);
        let answer = self.wire.call(
            None,
            "script.callFunction",
            json!({
                "functionDeclaration": format!("async () => JSON.stringify(await {ANSWER})"),
                "target": { "context": tab },
                "awaitPromise": true,
            }),
        );
        assert!(answer["type"] == "success", "{answer}");
        serde_json::from_str(&text(&answer["result"]["value"])).expect("an answer")
    }

    /// The cookies that Firefox says it has, in all partitions and containers,
    /// sorted.
    ///
    /// Asked of its cookie service by a privileged script: `storage.getCookies`
    /// has to be told each partition, so it cannot list unknown ones.
    pub fn cookies(&mut self) -> Vec<Cookie> {
        let list = self.run(
            "const { ContextualIdentityService: S } = ChromeUtils.importESModule(
                 'resource://gre/modules/ContextualIdentityService.sys.mjs');
             return Services.cookies.cookies.map(c => ({
                 host: c.host, name: c.name, path: c.path, value: c.value,
                 session: c.isSession,
                 partition: c.originAttributes.partitionKey,
                 container: c.originAttributes.userContextId
                     ? S.getUserContextLabel(c.originAttributes.userContextId) : null,
             }));",
        );
        let list = list.as_array().expect("a list of cookies");
        let mut cookies: Vec<Cookie> = list
            .iter()
            .map(|cookie| Cookie {
                host: text(&cookie["host"]),
                name: text(&cookie["name"]),
                path: text(&cookie["path"]),
                value: text(&cookie["value"]),
                partition: cookie["partition"].as_str().and_then(partition_site),
                container: cookie["container"].as_str().map(String::from),
                session: cookie["session"] == true,
            })
            .collect();
        cookies.sort();
        cookies
    }

    /// The id of the browser process, the one that holds the profile's lock.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// A clean exit: everything is written and all processes end.
    ///
    /// Quits as the menu does. The protocol's own `browser.close` closes the
    /// tabs one by one first, so the session's file would have none of them.
    pub fn close(mut self) {
        self.run(
            "window.setTimeout(() => Services.startup.quit(Ci.nsIAppStartup.eAttemptQuit), 0);",
        );
        self.process.wait_for_end();
    }

    /// Waits until it has ended because somebody else asked for it.
    pub fn wait_for_end(mut self) -> ExitStatus {
        self.process.wait_for_end()
    }

    /// SIGTERM, upon which a Firefox ends at once.
    pub fn terminate(mut self) {
        self.process.terminate(self.pid);
    }

    /// SIGKILL for all of its processes: nothing is written.
    pub fn kill(mut self) {
        self.process.kill();
    }

    fn navigate(&mut self, tab: &str, url: &str) {
        self.wire.call(
            None,
            "browsingContext.navigate",
            json!({ "context": tab, "url": url, "wait": "complete" }),
        );
    }

    /// Runs the body of a function in the browser's own window, with the
    /// browser's privileges, and returns what it returns.
    pub fn run(&mut self, body: &str) -> Value {
        let answer = self.wire.call(
            None,
            "script.callFunction",
            json!({
                "functionDeclaration":
                    format!("async () => JSON.stringify(await (async () => {{ {body} }})())"),
                "target": { "context": self.window },
                "awaitPromise": true,
            }),
        );
        assert!(
            answer["type"] == "success",
            "firefox's script failed: {answer}"
        );
        serde_json::from_str(&text(&answer["result"]["value"])).unwrap_or(Value::Null)
    }
}

/// `(https,openai.com)` or `(https,openai.com,8443,f)` as the site that it is.
fn partition_site(key: &str) -> Option<String> {
    let inner = key.strip_prefix('(')?.strip_suffix(')')?;
    let mut parts = inner.split(',');
    let (scheme, host) = (parts.next()?, parts.next()?);
    let port = parts.next().filter(|part| part.parse::<u16>().is_ok());
    Some(match port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

fn prefs_for(port: u16) -> Vec<(&'static str, Value)> {
    let no = || json!(false);
    let yes = || json!(true);
    vec![
        // The server is the proxy: all hosts are there, on their ordinary ports.
        ("network.proxy.type", json!(1)),
        ("network.proxy.http", json!("127.0.0.1")),
        ("network.proxy.http_port", json!(port)),
        ("network.proxy.ssl", json!("127.0.0.1")),
        ("network.proxy.ssl_port", json!(port)),
        ("network.proxy.no_proxies_on", json!("")),
        ("network.proxy.allow_hijacking_localhost", yes()),
        // The protocol's own defaults switch off saving the session.
        ("remote.prefs.recommended", no()),
        ("privacy.userContext.enabled", yes()),
        ("privacy.userContext.ui.enabled", yes()),
        // A profile that was killed before must still start normally.
        ("toolkit.startup.max_resumed_crashes", json!(-1)),
        // No pages and questions of a first run.
        ("browser.aboutwelcome.enabled", no()),
        ("browser.preonboarding.enabled", no()),
        ("termsofuse.bypassNotification", yes()),
        ("browser.startup.homepage", json!("about:blank")),
        ("browser.startup.homepage_override.mstone", json!("ignore")),
        ("browser.newtabpage.enabled", no()),
        ("browser.shell.checkDefaultBrowser", no()),
        ("browser.warnOnQuit", no()),
        ("browser.tabs.warnOnClose", no()),
        ("datareporting.policy.dataSubmissionEnabled", no()),
        ("datareporting.policy.firstRunURL", json!("")),
        // Nothing in the background that could ask the server for pages.
        ("datareporting.healthreport.uploadEnabled", no()),
        ("datareporting.usage.uploadEnabled", no()),
        ("dom.push.connection.enabled", no()),
        ("app.normandy.enabled", no()),
        ("app.update.enabled", no()),
        ("browser.safebrowsing.malware.enabled", no()),
        ("browser.safebrowsing.phishing.enabled", no()),
        ("browser.safebrowsing.downloads.enabled", no()),
        ("browser.region.network.url", json!("")),
        ("browser.topsites.contile.enabled", no()),
        ("extensions.getAddons.cache.enabled", no()),
        ("extensions.systemAddon.update.enabled", no()),
        ("extensions.update.enabled", no()),
        ("media.gmp-manager.updateEnabled", no()),
        ("network.captive-portal-service.enabled", no()),
        ("network.connectivity-service.enabled", no()),
        (
            "services.settings.server",
            json!("data:,#remote-settings-dummy/v1"),
        ),
        ("toolkit.telemetry.server", json!("")),
    ]
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}
