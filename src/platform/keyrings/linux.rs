//! The keyrings of a Linux desktop: Secret Service, KWallet, and the desktop portal.

use std::collections::HashMap;
use std::io::Read;
use std::os::unix::net::UnixStream;

use ashpd::desktop::secret::RetrieveOptions;
use secret_service::EncryptionType;
use secret_service::blocking::{Item, SecretService};
use zbus::blocking::Connection;
use zbus::blocking::fdo::DBusProxy;

use super::{OF_A_MAC, OF_WINDOWS};
use crate::model::value::{KeyError, Secret};
use crate::platform::keyring::Question;

/// What KWallet shows to the person who is to allow it.
const OUR_NAME: &str = "cookieclean";

pub(super) fn secrets(question: &Question, may_ask: bool) -> Result<Vec<Secret>, KeyError> {
    match question {
        Question::SecretService { application } => secret_service(application, may_ask),
        Question::KWallet { name } => kwallet(name, may_ask),
        Question::Portal => portal(),
        Question::Keychain { .. } => Err(OF_A_MAC),
    }
}

pub(super) fn unprotected(_: &[u8]) -> Result<Secret, KeyError> {
    Err(OF_WINDOWS)
}

fn session_bus() -> Result<Connection, KeyError> {
    Connection::session().map_err(|_| KeyError::NoBus)
}

fn secret_service(application: &str, may_ask: bool) -> Result<Vec<Secret>, KeyError> {
    let service =
        SecretService::connect_with_existing(EncryptionType::Dh, session_bus()?).map_err(failed)?;
    // By this attribute alone, as Chromium does (`key_storage_libsecret.cc`): the name of
    // the schema changed, and a key of somebody else opens nothing.
    let attributes = HashMap::from([("application", application)]);
    let found = service.search_items(attributes).map_err(failed)?;
    let mut reason = KeyError::NoEntry;
    let mut secrets = Vec::new();
    for item in &found.unlocked {
        match secret_of(item) {
            Ok(secret) => secrets.push(secret),
            Err(other) => reason = other,
        }
    }
    if !secrets.is_empty() {
        return Ok(secrets);
    }
    for item in &found.locked {
        if !may_ask {
            return Err(KeyError::Locked);
        }
        item.unlock().map_err(failed)?;
        secrets.push(secret_of(item)?);
    }
    match secrets.is_empty() {
        true => Err(reason),
        false => Ok(secrets),
    }
}

fn secret_of(item: &Item<'_>) -> Result<Secret, KeyError> {
    item.get_secret().map(Secret::new).map_err(failed)
}

fn failed(error: secret_service::Error) -> KeyError {
    use secret_service::Error;
    match error {
        Error::Unavailable => KeyError::NotRunning,
        Error::Locked => KeyError::Locked,
        Error::Prompt => KeyError::Dismissed,
        Error::NoResult => KeyError::NoEntry,
        Error::Zbus(error) => of_bus(error),
        Error::ZbusFdo(error) => of_bus(zbus::Error::FDO(Box::new(error))),
        other => KeyError::Failed(other.to_string()),
    }
}

/// Nothing in these errors comes from a secret.
fn of_bus(error: zbus::Error) -> KeyError {
    // The last is what one says that was started, found itself disabled, and ended.
    const NOT_STARTED: &str = "org.freedesktop.DBus.Error.Spawn.";
    const NOBODY: [&str; 4] = [
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.UnknownInterface",
        "org.freedesktop.DBus.Error.NoReply",
    ];
    match &error {
        zbus::Error::MethodError(name, _, _)
            if NOBODY.contains(&name.as_str()) || name.starts_with(NOT_STARTED) =>
        {
            KeyError::NotRunning
        }
        zbus::Error::MethodError(name, _, _)
            if name.as_str() == "org.freedesktop.Secret.Error.IsLocked" =>
        {
            KeyError::Locked
        }
        zbus::Error::FDO(fdo) => match &**fdo {
            zbus::fdo::Error::ServiceUnknown(_)
            | zbus::fdo::Error::NameHasNoOwner(_)
            | zbus::fdo::Error::UnknownInterface(_)
            | zbus::fdo::Error::NoReply(_) => KeyError::NotRunning,
            other => KeyError::Failed(other.to_string()),
        },
        zbus::Error::Address(_) | zbus::Error::InputOutput(_) | zbus::Error::Connection(..) => {
            KeyError::NoBus
        }
        other => KeyError::Failed(other.to_string()),
    }
}

/// `src/api/KWallet/org.kde.KWallet.xml` of KDE. While the person is asked,
/// [`KWallet::open`] does not answer; the others do. What is not there is read as "".
#[zbus::proxy(interface = "org.kde.KWallet", gen_async = false, gen_blocking = true)]
trait KWallet {
    #[zbus(name = "isEnabled")]
    fn is_enabled(&self) -> zbus::Result<bool>;
    #[zbus(name = "networkWallet")]
    fn network_wallet(&self) -> zbus::Result<String>;
    #[zbus(name = "isOpen")]
    fn is_open(&self, wallet: &str) -> zbus::Result<bool>;
    /// Answers without the wallet being open.
    #[zbus(name = "keyDoesNotExist")]
    fn key_does_not_exist(&self, wallet: &str, folder: &str, key: &str) -> zbus::Result<bool>;
    /// A negative number: it was not allowed.
    #[zbus(name = "open")]
    fn open(&self, wallet: &str, window: i64, application: &str) -> zbus::Result<i32>;
    #[zbus(name = "readPassword")]
    fn read_password(
        &self,
        handle: i32,
        folder: &str,
        key: &str,
        application: &str,
    ) -> zbus::Result<String>;
    #[zbus(name = "close")]
    fn close(&self, handle: i32, force: bool, application: &str) -> zbus::Result<i32>;
}

/// Of KDE 6, and of KDE 5.
const DAEMONS: [(&str, &str); 2] = [
    ("org.kde.kwalletd6", "/modules/kwalletd6"),
    ("org.kde.kwalletd5", "/modules/kwalletd5"),
];

fn kwallet(name: &str, may_ask: bool) -> Result<Vec<Secret>, KeyError> {
    let bus = session_bus()?;
    let names = DBusProxy::new(&bus).map_err(of_bus)?;
    let is_running = |service: &str| match service.try_into() {
        Ok(name) => names.name_has_owner(name).unwrap_or(false),
        Err(_) => false,
    };
    let mut reason = KeyError::NotRunning;
    for (service, path) in DAEMONS {
        // Elsewhere a question would start one that nobody uses.
        if !is_kde() && !is_running(service) {
            continue;
        }
        match wallet_password(&bus, service, path, name, may_ask) {
            // The newer one goes by both names.
            Ok(secret) => return Ok(vec![secret]),
            Err(KeyError::Dismissed) => return Err(KeyError::Dismissed),
            Err(KeyError::NotRunning) => {}
            Err(other) => reason = other,
        }
    }
    Err(reason)
}

/// `XDG_CURRENT_DESKTOP`: names with colons between them.
fn is_kde() -> bool {
    let desktop = std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default();
    desktop
        .split(':')
        .any(|name| name.eq_ignore_ascii_case("KDE"))
}

fn wallet_password(
    bus: &Connection,
    service: &str,
    path: &str,
    name: &str,
    may_ask: bool,
) -> Result<Secret, KeyError> {
    let (folder, key) = (format!("{name} Keys"), format!("{name} Safe Storage"));
    let daemon = KWalletProxy::new(bus, service, path).map_err(of_bus)?;
    if !daemon.is_enabled().map_err(of_bus)? {
        return Err(KeyError::NotRunning);
    }
    let wallet = daemon.network_wallet().map_err(of_bus)?;
    let is_missing = daemon.key_does_not_exist(&wallet, &folder, &key);
    if is_missing.map_err(of_bus)? {
        return Err(KeyError::NoEntry);
    }
    if !may_ask && !daemon.is_open(&wallet).map_err(of_bus)? {
        return Err(KeyError::Locked);
    }
    let handle = daemon.open(&wallet, 0, OUR_NAME).map_err(of_bus)?;
    if handle < 0 {
        return Err(KeyError::Dismissed);
    }
    let password = daemon.read_password(handle, &folder, &key, OUR_NAME);
    // Others who have it open keep it so.
    let _ = daemon.close(handle, false, OUR_NAME);
    let password = Secret::new(password.map_err(of_bus)?.into_bytes());
    match password.is_empty() {
        true => Err(KeyError::NoEntry),
        false => Ok(password),
    }
}

fn portal() -> Result<Vec<Secret>, KeyError> {
    match zbus::block_on(portal_secret()) {
        Ok(secret) if secret.is_empty() => Err(KeyError::NoEntry),
        Ok(secret) => Ok(vec![secret]),
        Err(ashpd::Error::Response(ashpd::desktop::ResponseError::Cancelled)) => {
            Err(KeyError::Dismissed)
        }
        // gnome-keyring ends it so when it is locked and nobody can be asked.
        Err(ashpd::Error::Response(ashpd::desktop::ResponseError::Other)) => Err(KeyError::Locked),
        Err(ashpd::Error::Zbus(error) | ashpd::Error::Portal(ashpd::PortalError::ZBus(error))) => {
            Err(of_bus(error))
        }
        Err(ashpd::Error::PortalNotFound(_)) => Err(KeyError::NotRunning),
        Err(other) => Err(KeyError::Failed(other.to_string())),
    }
}

/// Not ashpd's own `retrieve`, which waits for the end of a secret that was refused.
async fn portal_secret() -> Result<Secret, ashpd::Error> {
    let portal = ashpd::desktop::secret::Secret::new().await?;
    let (mut ours, theirs) = UnixStream::pair()?;
    let request = portal.retrieve(&theirs, RetrieveOptions::default()).await?;
    drop(theirs);
    request.response()?;
    let mut secret = Secret::default();
    ours.read_to_end(&mut secret)?;
    Ok(secret)
}
