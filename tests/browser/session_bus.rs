//! A D-Bus session of the tests' own, with real keyrings in it. Nothing of it is seen by
//! the session of whoever runs the tests, nor the other way round.

use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, fdo::DBusProxy};
use zbus::zvariant::{DynamicType, ObjectPath, OwnedObjectPath};

use super::{PATIENCE, available, program_of, wait_for};

const BUS: &[&str] = &["dbus-daemon"];
const GNOME: &[&str] = &["gnome-keyring-daemon"];
const KWALLET: &[&str] = &["kwalletd5"];
const PORTAL: &[&str] = &["xdg-desktop-portal"];
const SECRETS: &str = "org.freedesktop.secrets";
const KWALLETD: &str = "org.kde.kwalletd5";
const WALLET: &str = "kdewallet";
/// Where packages put what no person starts.
const LIBEXEC: [&str; 3] = ["/usr/libexec", "/usr/lib", "/usr/lib/xdg-desktop-portal"];

/// A bus with nothing on it at first; the browsers that use it are to end before it.
pub struct SessionBus {
    folder: tempfile::TempDir,
    address: String,
    /// In the order in which they were started, the bus first.
    daemons: Vec<(&'static str, Child)>,
}

impl SessionBus {
    /// Whether `test` can have one; see [`super::Kind::available`].
    pub fn available(test: &str) -> bool {
        available(test, "dbus-daemon", BUS, "dbus-daemon")
    }

    pub fn gnome_available(test: &str) -> bool {
        Self::available(test) && available(test, "gnome-keyring", GNOME, "gnome-keyring")
    }

    pub fn kwallet_available(test: &str) -> bool {
        Self::available(test) && available(test, "kwalletd5", KWALLET, "libkf5wallet-bin")
    }

    pub fn portal_available(test: &str) -> bool {
        // `available` looks in PATH only.
        let is_there = portal().is_some();
        Self::gnome_available(test)
            && (is_there || available(test, "xdg-desktop-portal", PORTAL, "xdg-desktop-portal"))
    }

    /// Starts a bus that starts no service by itself.
    pub fn start() -> SessionBus {
        let folder = tempfile::Builder::new()
            .prefix("session-bus-")
            .tempdir()
            .expect("a folder for a session");
        for name in ["run", "home", "data", "config", "cache", "services"] {
            let folder = folder.path().join(name);
            DirBuilder::new()
                .mode(0o700)
                .create(folder)
                .expect("a folder of the session");
        }
        let config = format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"
             \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">
             <busconfig><type>session</type><listen>unix:dir={0}</listen>
             <auth>EXTERNAL</auth><servicedir>{0}/services</servicedir>
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            folder.path().display()
        );
        let file = folder.path().join("bus.conf");
        fs::write(&file, config).expect("the configuration of the bus");
        let mut bus = SessionBus {
            folder,
            address: "disabled:".into(),
            daemons: Vec::new(),
        };
        let file = format!("--config-file={}", file.display());
        let program = program_of(BUS).expect("dbus-daemon is not installed");
        let mut command = bus.command(program);
        command.args([&file, "--nofork", "--nopidfile", "--print-address"]);
        let output = bus.spawn("dbus-daemon", command).stdout.take();
        let mut address = String::new();
        BufReader::new(output.expect("its output"))
            .read_line(&mut address)
            .expect("its address");
        bus.address = address.trim().to_owned();
        assert!(!bus.address.is_empty(), "dbus-daemon has ended");
        bus
    }

    /// What a program has in its environment to find the bus.
    pub fn env(&self) -> [(&'static str, &str); 1] {
        [("DBUS_SESSION_BUS_ADDRESS", &self.address)]
    }

    pub fn connection(&self) -> Connection {
        Builder::address(&*self.address)
            .and_then(Builder::build)
            .expect("a connection to the bus")
    }

    /// Starts gnome-keyring with a keyring that is open.
    pub fn start_gnome_keyring(&mut self) {
        let program = program_of(GNOME).expect("gnome-keyring is not installed");
        let mut command = self.command(program);
        command
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped());
        let input = self.spawn("gnome-keyring-daemon", command).stdin.take();
        let mut input = input.expect("its input");
        input.write_all(b"a password").expect("its password");
        drop(input);
        self.wait_for(SECRETS);
        let bus = self.connection();
        wait_for("the keyring to open", PATIENCE, || {
            let call = bus.call_method(
                Some(SECRETS),
                "/org/freedesktop/secrets",
                Some("org.freedesktop.Secret.Service"),
                "ReadAlias",
                &"default",
            );
            let path: OwnedObjectPath = call.ok()?.body().deserialize().ok()?;
            (path.as_str() != "/").then_some(())
        });
    }

    /// Locks the keyring, as a person would. Nobody can be asked to open it.
    pub fn lock_gnome_keyring(&self) {
        let keyring = "/org/freedesktop/secrets/collection/login";
        let keyring = ObjectPath::try_from(keyring).expect("a path");
        self.call(
            SECRETS,
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service",
            "Lock",
            &(vec![keyring],),
        );
    }

    /// Starts KWallet, with a wallet that is open, and asks no questions.
    pub fn start_kwallet(&mut self) {
        let config = "[Wallet]\nEnabled=true\nFirst Use=false\nUse One Wallet=true\n\
            Default Wallet=kdewallet\nPrompt on Open=false\nLaunch Manager=false\n\
            Close When Idle=false\nLeave Open=true\n[org.freedesktop.secrets]\n\
            apiEnabled=false\n";
        fs::write(self.folder.path().join("config/kwalletrc"), config).expect("its settings");
        let program = program_of(KWALLET).expect("kwalletd5 is not installed");
        let mut command = self.command(program);
        command.env("QT_QPA_PLATFORM", "offscreen");
        self.spawn("kwalletd5", command);
        self.wait_for(KWALLETD);
        // As the login does: a wallet that is not there is made.
        let hash: Vec<u8> = (0..56).collect();
        self.kwallet("pamOpen", &(WALLET, hash, 0));
        let open = self.kwallet("isOpen", &(WALLET,));
        assert!(open.body().deserialize::<bool>().expect("an answer"));
    }

    /// Closes the wallet, as a person would.
    pub fn close_kwallet(&self) {
        self.kwallet("close", &(WALLET, true));
    }

    /// Starts the desktop portal, with gnome-keyring behind it.
    pub fn start_portal(&mut self) {
        let portals = self.folder.path().join("portals");
        fs::create_dir(&portals).expect("a folder");
        // Without somebody who chooses files Chromium takes a portal for none.
        let interfaces = "org.freedesktop.impl.portal.Secret;\
            org.freedesktop.impl.portal.FileChooser;";
        let portal_file =
            format!("[portal]\nDBusName={SECRETS}\nInterfaces={interfaces}\nUseIn=gnome\n");
        fs::write(portals.join("gnome-keyring.portal"), portal_file).expect("a file");
        let program = portal().expect("xdg-desktop-portal is not installed");
        let mut command = self.command(program);
        command
            .env("XDG_CURRENT_DESKTOP", "GNOME")
            .env("XDG_DESKTOP_PORTAL_DIR", &portals);
        self.spawn("xdg-desktop-portal", command);
        self.wait_for("org.freedesktop.portal.Desktop");
    }

    /// Ends a program that was started here.
    pub fn end(&mut self, name: &str) {
        for (_, child) in self.daemons.iter_mut().filter(|(other, _)| *other == name) {
            let _ = child.kill();
            let _ = child.wait();
        }
        self.daemons.retain(|(other, _)| *other != name);
    }

    fn kwallet(
        &self,
        method: &str,
        arguments: &(impl serde::Serialize + DynamicType),
    ) -> zbus::Message {
        let path = "/modules/kwalletd5";
        self.call(KWALLETD, path, "org.kde.KWallet", method, arguments)
    }

    fn call(
        &self,
        service: &str,
        path: &str,
        interface: &str,
        method: &str,
        arguments: &(impl serde::Serialize + DynamicType),
    ) -> zbus::Message {
        self.connection()
            .call_method(Some(service), path, Some(interface), method, arguments)
            .unwrap_or_else(|error| panic!("{interface}.{method}: {error}"))
    }

    fn wait_for(&self, service: &str) {
        let bus = self.connection();
        let bus = DBusProxy::new(&bus).expect("the bus");
        wait_for(service, PATIENCE, || {
            let name = service.try_into().expect("a name");
            bus.name_has_owner(name).expect("an answer").then_some(())
        });
    }

    fn command(&self, program: PathBuf) -> Command {
        let folder = |name| self.folder.path().join(name);
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .env("HOME", folder("home"))
            .env("XDG_RUNTIME_DIR", folder("run"))
            .env("XDG_DATA_HOME", folder("data"))
            .env("XDG_CONFIG_HOME", folder("config"))
            .env("XDG_CACHE_HOME", folder("cache"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            // Never the machine's own.
            .env("DBUS_SYSTEM_BUS_ADDRESS", "disabled:")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    fn spawn(&mut self, name: &'static str, mut command: Command) -> &mut Child {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // As the browsers are: Drop ends it.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        self.daemons.push((name, child));
        &mut self.daemons.last_mut().expect("it was just added").1
    }
}

fn portal() -> Option<PathBuf> {
    let folders = LIBEXEC.iter().map(PathBuf::from);
    let mut programs = folders.map(|folder| folder.join(PORTAL[0]));
    programs.find(|program| program.is_file())
}

impl Drop for SessionBus {
    fn drop(&mut self) {
        // The bus last, so that none of them ends in the middle of a question.
        while let Some((_, mut child)) = self.daemons.pop() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
