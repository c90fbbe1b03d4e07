//! What went wrong, as sentences. The English ones are what the errors' own texts say,
//! which JSON has in every language.

use crate::browsers::SearchError;
use crate::engine::PutBack;
use crate::model::domain::DomainError;
use crate::model::error::{Error, Fault};
use crate::model::evidence::Evidence;
use crate::model::value::{KeyError, KeyHolder, ValueError};
use crate::platform::owner::NotAsOwner;
use crate::store::Restored;

use super::{enumerated, say};

/// With the name of the file.
pub(crate) fn error(error: &Error) -> String {
    say!(
        "fault-at",
        path = error.path.display().to_string(),
        fault = fault(&error.fault)
    )
}

/// What went wrong although the rows of a store are back.
pub(crate) fn after_put_back(back: &PutBack, done: &Restored) -> Vec<String> {
    let store = || back.store.display().to_string();
    let kept = done
        .trouble
        .as_ref()
        .map(|why| say!("undo-copy-kept", store = store(), fault = fault(why)));
    let left = back
        .left
        .as_ref()
        .map(|why| say!("undo-copy-left", store = store(), error = error(why)));
    kept.into_iter().chain(left).collect()
}

/// Without it.
pub(crate) fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Denied => say!("fault-denied"),
        Fault::ReadOnly => say!("fault-read-only"),
        Fault::Gone => say!("fault-gone"),
        Fault::NotAFile => say!("fault-not-a-file"),
        Fault::Link => say!("fault-link"),
        Fault::PathTooLong { length, room } => {
            say!("fault-path-too-long", length = length, room = room)
        }
        Fault::NoSocket(why) => say!("fault-no-socket", why = why.to_string()),
        Fault::TakenOver(why) => say!("fault-taken-over", why = evidence(why)),
        Fault::NotADatabase => say!("fault-not-a-database"),
        Fault::Corrupt(why) => say!("fault-corrupt", why = why.as_str()),
        Fault::NoTable(table) => say!("fault-no-table", table = (*table).to_owned()),
        Fault::NoColumn { table, column } => {
            say!(
                "fault-no-column",
                table = (*table).to_owned(),
                column = (*column).to_owned()
            )
        }
        Fault::UnknownSchema(why) => say!("fault-unknown-schema", why = why.as_str()),
        Fault::Sparse { length, stored } => {
            say!("fault-sparse", length = length, stored = stored)
        }
        Fault::TooLarge(bytes) => say!("fault-too-large", bytes = bytes),
        Fault::Beside(why) => say!("fault-beside", why = error(why)),
        Fault::Locked => say!("fault-locked"),
        Fault::KeepsChanging => say!("fault-keeps-changing"),
        Fault::Full => say!("fault-full"),
        Fault::Outside(path) => say!("fault-outside", path = path.display().to_string()),
        Fault::OthersFolder(path) => {
            say!("fault-others-folder", path = path.display().to_string())
        }
        Fault::Unparsable(why) => say!("fault-unparsable", why = why.as_str()),
        Fault::BadSession(why) => say!("fault-bad-session", why = why.as_str()),
        Fault::NoRoom(why) => say!("fault-no-room", why = error(why)),
        Fault::NoBackup(why) => say!("fault-no-backup", why = error(why)),
        Fault::BadBackup(why) => say!("fault-bad-backup", why = why.as_str()),
        Fault::OtherFormat(format) => say!("fault-other-format", format = format),
        Fault::Running(id) => say!("fault-running", id = id.as_str()),
        Fault::Anothers(name) => say!("fault-anothers", name = name.as_str()),
        Fault::OpenToOthers => say!("fault-open-to-others"),
        Fault::OtherName => say!("fault-other-name"),
        Fault::NotOverwritten(why) => say!("fault-not-overwritten", why = self::fault(why)),
        Fault::OtherVersion { was, is } => say!("fault-other-version", was = was, is = is),
        Fault::Unsure(why) => say!("fault-unsure", why = self::fault(why)),
        Fault::NotErased(why) => say!("fault-not-erased", why = error(why)),
        Fault::NotVerified(why) => say!("fault-not-verified", why = why.as_str()),
        Fault::HalfDone { first, second } => {
            say!(
                "fault-half-done",
                first = error(first),
                second = error(second)
            )
        }
        Fault::Within(why) => error(why),
        // In the words of the system, and of SQLite.
        Fault::Io(error) => error.to_string(),
        Fault::Sql(error) => error.to_string(),
    }
}

/// What shows that a profile is in use.
pub(crate) fn evidence(evidence: &Evidence) -> String {
    let shown = |path: &std::path::Path| path.display().to_string();
    match evidence {
        Evidence::Locked(path) => say!("evidence-locked", path = shown(path)),
        Evidence::Named(path) => say!("evidence-named", path = shown(path)),
        Evidence::SaysSo(path) => say!("evidence-says-so", path = shown(path)),
        Evidence::OtherComputer { link, host } => {
            say!(
                "evidence-other-computer",
                path = shown(link),
                host = host.as_str()
            )
        }
        Evidence::StoreOpen => say!("evidence-store-open"),
        Evidence::JustMade(path) => say!("evidence-just-made", path = shown(path)),
        Evidence::OpenOnWindows(path) => say!("evidence-open-on-windows", path = shown(path)),
        Evidence::TakenOver(path) => say!("evidence-taken-over", path = shown(path)),
        Evidence::Replaced(path) => say!("evidence-replaced", path = shown(path)),
        Evidence::Waiting { lock, seconds } => {
            say!("evidence-waiting", path = shown(lock), seconds = seconds)
        }
        Evidence::BeingWorkedOn(path) => say!("evidence-being-worked-on", path = shown(path)),
        Evidence::Unclear(why) => why.clone(),
    }
}

/// Why a value is not shown.
pub(crate) fn value(error: &ValueError) -> String {
    match error {
        ValueError::NotACookie => say!("value-not-a-cookie"),
        ValueError::Missing => say!("value-missing"),
        ValueError::TooLong(bytes) => say!("value-too-long", bytes = bytes),
        ValueError::AppBound => say!("value-app-bound"),
        ValueError::Unknown(scheme) => say!("value-unknown", scheme = scheme.as_str()),
        ValueError::Misfit => say!("value-misfit"),
        ValueError::OfAnotherApplication => say!("value-of-another-application"),
        ValueError::OtherHost => say!("value-other-host"),
        ValueError::NoKey(error) => key(error),
    }
}

fn key(error: &KeyError) -> String {
    match error {
        KeyError::NoBus => say!("key-no-bus"),
        KeyError::NotRunning => say!("key-not-running"),
        KeyError::Locked => say!("key-locked"),
        KeyError::Dismissed => say!("key-dismissed"),
        KeyError::NoAnswer(seconds) => say!("key-no-answer", seconds = seconds),
        KeyError::NotBuiltIn => say!("key-not-built-in"),
        KeyError::NoEntry => say!("key-no-entry"),
        KeyError::Elsewhere(KeyHolder::Mac) => say!("key-elsewhere-mac"),
        KeyError::Elsewhere(KeyHolder::Windows) => say!("key-elsewhere-windows"),
        KeyError::Elsewhere(KeyHolder::Desktop) => say!("key-elsewhere-desktop"),
        KeyError::Elsewhere(KeyHolder::WindowsUser) => say!("key-elsewhere-windows-user"),
        KeyError::LocalState(why) => say!("key-local-state", why = why.as_str()),
        KeyError::Failed(why) => say!("key-failed", why = why.as_str()),
    }
}

/// Why a text is not taken as a domain.
pub(crate) fn domain(error: &DomainError) -> String {
    match error {
        DomainError::Empty => say!("domain-empty"),
        DomainError::Wildcard(text) => say!("domain-wildcard", text = text.as_str()),
        DomainError::PublicSuffix(text) => say!("domain-public-suffix", text = text.as_str()),
        DomainError::BareWord(text) => say!("domain-bare-word", text = text.as_str()),
        DomainError::NotAHost(text) => say!("domain-not-a-host", text = text.as_str()),
        DomainError::Scheme(text) => say!("domain-scheme", text = text.as_str()),
    }
}

/// Why a search cannot be done.
pub(crate) fn search(why: &SearchError) -> String {
    match why {
        SearchError::NoSuchProfile { wanted, .. } => {
            say!("no-such-profile", name = wanted.as_str())
        }
        SearchError::NotAProfile(path) => {
            say!("not-a-profile", path = path.display().to_string())
        }
        SearchError::Unreadable(why) => error(why),
    }
}

/// Why root does not work on a folder.
pub(crate) fn owner(why: &NotAsOwner) -> String {
    let shown = |path: &std::path::Path| path.display().to_string();
    match why {
        NotAsOwner::Unreadable(why) => error(why),
        NotAsOwner::Led { way, whose, folder } => say!(
            "owner-led",
            way = shown(way),
            whose = whose.as_str(),
            folder = shown(folder)
        ),
        NotAsOwner::Several(folders) => {
            let each = folders.iter().map(|(folder, name)| {
                say!(
                    "owner-several-each",
                    folder = shown(folder),
                    name = name.as_str()
                )
            });
            let each: Vec<_> = each.collect();
            say!("owner-several", folders = enumerated(&each))
        }
        NotAsOwner::Closed { folder, name, door } => say!(
            "owner-closed",
            folder = shown(folder),
            name = name.as_str(),
            door = shown(door)
        ),
        NotAsOwner::Refused { folder, name, why } => say!(
            "owner-refused",
            folder = shown(folder),
            name = name.as_str(),
            why = why.to_string()
        ),
        NotAsOwner::State { state, name } => {
            say!("owner-state", state = shown(state), name = name.as_str())
        }
        NotAsOwner::NoHome { name } => say!("owner-no-home", name = name.as_str()),
    }
}
