//! What Firefox calls its containers: `containers.json` of a profile.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::browsers::search::shortened;
use crate::formats::json;
use crate::platform;

/// The built-in containers have no name of their own, only the key of a text.
const BUILT_IN: [(&str, &str); 4] = [
    ("personal", "Personal"),
    ("work", "Work"),
    ("banking", "Banking"),
    ("shopping", "Shopping"),
];

/// More than anybody has.
const MOST: usize = 10_000;

/// The containers of a profile, read when one is first asked for: most profiles
/// have no cookie in any.
pub(crate) struct Containers {
    file: PathBuf,
    names: OnceLock<HashMap<u32, String>>,
}

impl Containers {
    pub(crate) fn of(profile: &Path) -> Self {
        Self {
            file: profile.join("containers.json"),
            names: OnceLock::new(),
        }
    }

    /// The name that Firefox shows for a container, None outside of any. One that
    /// is not in the list is called by its number.
    pub(crate) fn name(&self, user_context_id: u32) -> Option<String> {
        if user_context_id == 0 {
            return None;
        }
        let name = self.by_id().get(&user_context_id).cloned();
        Some(name.unwrap_or_else(|| format!("Container {user_context_id}")))
    }

    /// The names of all that are listed.
    pub(crate) fn names(&self) -> Vec<String> {
        self.by_id().values().cloned().collect()
    }

    fn by_id(&self) -> &HashMap<u32, String> {
        // The list only serves to show a name: without it there are numbers.
        self.names
            .get_or_init(|| read(&self.file).unwrap_or_default())
    }
}

fn read(file: &Path) -> Option<HashMap<u32, String>> {
    let text = String::from_utf8(platform::read_file(file).ok()?).ok()?;
    json::check(&text).ok()?;
    let mut names = HashMap::new();
    let list = json::member(&text, "identities").ok()??;
    json::elements(list, |entry| {
        names.extend(identity(entry));
        names.len() < MOST
    })
    .ok()?;
    Some(names)
}

fn identity(entry: &str) -> Option<(u32, String)> {
    let (mut id, mut name, mut key, mut old_key) = (None, None, None, None);
    json::members(entry, |member, value| match member {
        b"userContextId" => id = serde_json::from_str(value).ok(),
        b"name" => name = json::text(value),
        b"l10nId" => key = json::text(value),
        b"l10nID" => old_key = json::text(value),
        _ => {}
    })
    .ok()?;
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        return Some((id?, shortened(&name)));
    }
    // "user-context-personal", in older versions "userContextPersonal.label".
    let key = key.or(old_key)?.to_lowercase();
    let (_, name) = BUILT_IN.iter().find(|(word, _)| key.contains(word))?;
    Some((id?, (*name).to_owned()))
}
