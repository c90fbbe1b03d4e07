//! What must hold for any file of Firefox; see [`crate::fuzzing`].

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::de::IgnoredAny;
use serde_json::Value;
use url::form_urlencoded::{self, Serializer};

use super::containers::Containers;
use super::cookies::MozCookies;
use super::origin_attributes::OriginAttributes;
use super::profiles;
use super::session_files::SessionFile;
use crate::fuzzing::tools::{InMemory, Input, claim, folder, is_of_the_site, query};
use crate::store::table::TableStore;
use crate::store::{NoCopy, Store};

pub(crate) fn cookies(path: PathBuf) -> Box<dyn Store> {
    let containers = Containers::of(&folder().join("no-profile"));
    Box::new(TableStore::<MozCookies>::new(path, containers))
}

/// The host of the site of a partition, found in a way of its own.
pub(crate) fn partition_host(suffix: &str) -> Option<String> {
    let (mut isolated, mut partition) = (None, None);
    for pair in suffix.strip_prefix('^').unwrap_or(suffix).split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value);
        match &*decoded(key) {
            "partitionKey" => partition = Some(value),
            "firstPartyDomain" => isolated = isolated.or(Some(value)),
            _ => {}
        }
    }
    site_in(partition.as_deref(), isolated.as_deref())
}

/// The host in `(https,openai.com)`, or in what has no scheme.
fn site_in(partition: Option<&str>, isolated: Option<&str>) -> Option<String> {
    let in_brackets = |key: &str| {
        let inside = key.strip_prefix('(')?.strip_suffix(')')?;
        inside.split(',').nth(1).map(String::from)
    };
    match (partition, isolated) {
        (Some(key), _) => in_brackets(key),
        (None, Some(domain)) if domain.starts_with('(') => in_brackets(domain),
        (None, domain) => domain.map(String::from),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let digits = behind
            .get(..2)
            .and_then(|digits| str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|d| d.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        (bytes, rest) = match (byte, code) {
            (b'%', Some(code)) => ([bytes, vec![code]].concat(), &behind[2..]),
            (b'+', _) => ([bytes, vec![b' ']].concat(), behind),
            (byte, _) => ([bytes, vec![*byte]].concat(), behind),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text of the column, which is a partition's only where it names it.
pub fn origin_attributes(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let parsed = OriginAttributes::parse(text);
    if let Some(host) = &parsed.partition_host {
        let partition = parsed.partition.as_deref().unwrap_or_default();
        assert!(partition.contains(&**host), "{parsed:?}");
        assert!(decoded(text).contains(&**host), "{parsed:?}");
    }
    assert_eq!(parsed.partition_host, partition_host(text));

    // The same as an object, where no key is there twice.
    let pairs = form_urlencoded::parse(text.strip_prefix('^').unwrap_or(text).as_bytes());
    let pairs: Vec<(String, String)> = pairs.into_owned().collect();
    let object: BTreeMap<_, _> = pairs.iter().cloned().collect();
    if object.len() == pairs.len() {
        assert_eq!(OriginAttributes::of_pairs(&object), parsed);
    }

    // As Firefox writes a partition of any host.
    let host: String = text.chars().filter(|c| *c != ',').collect();
    let key = format!("(https,{host})");
    let suffix = Serializer::new("^userContextId=7&".to_owned())
        .append_pair("partitionKey", &key)
        .finish();
    let written = OriginAttributes::parse(&suffix);
    assert_eq!(written.partition_host.as_deref(), Some(&*host));
    assert_eq!(written.user_context_id, 7);
}

/// Only names that are listed are shown, and never an empty one.
pub fn containers(data: &[u8]) {
    let profile = folder();
    fs::write(profile.join("containers.json"), data).expect("a file");
    let containers = Containers::of(&profile);
    let names = containers.names();
    assert!(names.iter().all(|name| !name.is_empty()));
    assert_eq!(containers.name(0), None);
    // It refuses half of a surrogate pair, which is shown as U+FFFD here.
    let Ok(list) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let identities = list["identities"].as_array().cloned().unwrap_or_default();
    assert!(names.len() <= identities.len());
    let mut by_id = BTreeMap::new();
    for identity in &identities {
        let id = identity["userContextId"].as_u64();
        let Some(id) = id.and_then(|id| u32::try_from(id).ok()) else {
            continue;
        };
        let name = identity["name"].as_str().filter(|name| !name.is_empty());
        if let Some(name) = name {
            by_id.insert(id, name.to_owned());
        } else if identity["l10nId"].is_string() || identity["l10nID"].is_string() {
            by_id.remove(&id);
        }
    }
    for (id, name) in by_id.into_iter().filter(|(id, _)| *id != 0) {
        assert_eq!(containers.name(id), Some(name));
    }
    for id in [1, 4_000_000_000] {
        assert!(containers.name(id).is_some_and(|name| !name.is_empty()));
    }
}

/// Every path is one that the file names, and what Firefox writes is read as it is meant.
pub fn profiles_ini(data: &[u8]) {
    let file = folder().join("profiles.ini");
    fs::write(&file, data).expect("a file");
    if let Ok(listed) = profiles::listed(&file) {
        let text = String::from_utf8_lossy(data);
        for (name, path) in &listed {
            assert!(text.contains(&**path), "{path}");
            assert!(text.contains(&**name), "{name}");
        }
        assert!(listed.len() <= text.matches("Profile").count());
    }

    let mut input = Input(data);
    let mut wanted = Vec::new();
    let mut written = String::from("[Install4F96D1932A9F858E]\nDefault=x\nLocked=1\n\n");
    while !input.is_empty() && wanted.len() < 4 {
        let mut text = || -> String {
            let line = String::from_utf8_lossy(input.line()).into_owned();
            let text: String = line.chars().filter(|c| !c.is_control()).collect();
            format!("a{}z", text.trim())
        };
        let (name, path) = (text(), text());
        let number = wanted.len();
        written += &format!("[Profile{number}]\nName={name}\nIsRelative=1\nPath={path}\n\n");
        wanted.push((name, path));
    }
    fs::write(&file, &written).expect("a file");
    let listed = profiles::listed(&file);
    assert_eq!(listed.ok(), Some(wanted), "{written}");
}

/// What is deleted is what a model says, the rest is JSON, and undo gives the same text
/// again; what fails leaves the file as it is.
pub fn session(data: &[u8]) {
    let profile = folder().join("profile");
    fs::create_dir_all(&profile).expect("a folder");
    let path = profile.join("sessionstore.jsonlz4");
    fs::write(&path, data).expect("a file");
    let store = SessionFile::new(path.clone(), Containers::of(&profile));
    let mut query = query();
    query.with_values = true;
    let mut shown = 0;
    let found = store.find(&query, &mut |cookies| shown += cookies.len() as u64);
    let (hosts, total) = (store.hosts(), store.total());
    let before = text_of(data);

    query.with_values = false;
    let mut copy = InMemory::new();
    let mut told = 0;
    let deleted = store.delete(&claim(), &query, Some(&mut copy), &mut |_| told += 1);
    let written = fs::read(&path).expect("it is there");
    let deleted = match deleted {
        Ok(deleted) if deleted.deleted > 0 => deleted,
        nothing => {
            assert!(
                written == data,
                "nothing was deleted, and the file has changed"
            );
            if let (Ok(_), Some(before)) = (nothing, before) {
                check_model(&before, &before);
            }
            return;
        }
    };
    assert!(deleted.trouble.is_none(), "{:?}", deleted.trouble);
    let counts = found.expect("it was cleaned");
    let total = total.expect("it was cleaned");
    assert_eq!(
        (counts.matched, shown, told),
        (deleted.deleted, deleted.deleted, deleted.deleted)
    );
    assert_eq!(
        (counts.total, total),
        (deleted.deleted + deleted.kept, counts.total)
    );
    assert_eq!(hosts.expect("it was cleaned").values().sum::<u64>(), total);
    let now = store.find(&query, &mut |_| {}).expect("it is a session");
    assert_eq!((now.matched, now.total), (0, deleted.kept));
    let before = before.expect("it was cleaned");
    let after = text_of(&written).expect("it is a session");
    serde_json::from_str::<IgnoredAny>(&after).expect("it is JSON");
    check_model(&before, &after);

    let restored = store
        .restore(&claim(), &mut copy, &mut NoCopy)
        .expect("undo");
    assert_eq!((restored.restored, restored.skipped), (deleted.deleted, 0));
    assert_eq!((restored.orphaned, restored.trouble.is_none()), (0, true));
    let back = text_of(&fs::read(&path).expect("it is there"));
    assert_eq!(back.as_ref(), Some(&before));
}

/// The text of a session, read in a way of its own.
fn text_of(file: &[u8]) -> Option<String> {
    let text = match file.strip_prefix(b"mozLz40\0") {
        None => file.to_vec(),
        Some([a, b, c, 0, block @ ..]) => {
            let length = u32::from_le_bytes([*a, *b, *c, 0]);
            lz4_flex::block::decompress(block, length as usize).ok()?
        }
        Some(_) => return None,
    };
    String::from_utf8(text).ok()
}

/// The same deletion in the value of the JSON, where serde_json can tell it and no crash
/// page has a session in a string.
fn check_model(before: &str, after: &str) {
    let parse = |text| serde_json::from_str::<Value>(text).ok();
    let (Some(mut model), Some(after)) = (parse(before), parse(after)) else {
        return;
    };
    if !before.contains("sessionData") && !before.contains('\\') {
        delete_from(&mut model);
        assert_eq!(model, after);
    }
}

/// Takes what is of the site out of every array that is called `cookies`.
fn delete_from(json: &mut Value) {
    match json {
        Value::Array(elements) => elements.iter_mut().for_each(delete_from),
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_array_mut() {
                    Some(cookies) if key == "cookies" => cookies.retain(|c| !is_meant(c)),
                    _ => delete_from(value),
                }
            }
        }
        _ => {}
    }
}

fn is_meant(cookie: &Value) -> bool {
    let (Some(host), Some(_)) = (cookie["host"].as_str(), cookie["name"].as_str()) else {
        return false;
    };
    // A browser writes strings; anything else is taken as it is written.
    let attribute = |key: &str| match &cookie["originAttributes"][key] {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) if matches!(&**text, "" | "0" | "false" | "null") => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()).filter(|text| text != "0"),
    };
    let partition = attribute("partitionKey");
    let isolated = attribute("firstPartyDomain");
    is_of_the_site(
        host,
        site_in(partition.as_deref(), isolated.as_deref()).as_deref(),
    )
}

/// The folders of origins, and the records of service workers: what is not taken out stays
/// byte for byte.
pub(crate) fn storage_names(data: &[u8]) {
    use super::site_data::origin_folder::OriginFolder;
    use super::site_data::service_workers::{registrations, without};
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Some(folder) = OriginFolder::parse(text) {
        assert!(folder.origin.ends_with(|c: char| c != '+'), "{text}");
        assert!(folder.origin.contains(&folder.host), "{text}");
    }
    let Ok(all) = registrations(text) else {
        return;
    };
    let rest = text.len() - all.iter().map(|one| one.text.len()).sum::<usize>();
    assert_eq!(without(text, |_| false).expect("the same"), text);
    assert_eq!(without(text, |_| true).expect("nothing"), text[..rest]);
    for one in &all {
        assert!(one.text.ends_with('\n'));
        assert_eq!(one.host.is_empty(), one.origin.is_empty(), "{text}");
    }
}
