//! What Firefox calls its containers: `containers.json` of a profile.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::system;

/// The built-in containers have no name of their own, only the key of a text.
const BUILT_IN: [(&str, &str); 4] = [
    ("personal", "Personal"),
    ("work", "Work"),
    ("banking", "Banking"),
    ("shopping", "Shopping"),
];

/// The containers of a profile, read when one is first asked for: most profiles
/// have no cookie in any.
pub(crate) struct Containers {
    file: PathBuf,
    names: OnceLock<HashMap<u32, String>>,
}

impl Containers {
    pub fn of(profile: &Path) -> Self {
        Self {
            file: profile.join("containers.json"),
            names: OnceLock::new(),
        }
    }

    /// The name that Firefox shows for a container, None outside of any. One that
    /// is not in the list is called by its number.
    pub fn name(&self, user_context_id: u32) -> Option<String> {
        if user_context_id == 0 {
            return None;
        }
        let name = self.by_id().get(&user_context_id).cloned();
        Some(name.unwrap_or_else(|| format!("Container {user_context_id}")))
    }

    /// The names of all that are listed.
    pub fn names(&self) -> Vec<String> {
        self.by_id().values().cloned().collect()
    }

    fn by_id(&self) -> &HashMap<u32, String> {
        // The list only serves to show a name: without it there are numbers.
        self.names
            .get_or_init(|| read(&self.file).unwrap_or_default())
    }
}

fn read(file: &Path) -> Option<HashMap<u32, String>> {
    let list: Value = serde_json::from_slice(&system::read_file(file).ok()?).ok()?;
    let identities = list["identities"].as_array()?;
    Some(identities.iter().filter_map(identity).collect())
}

fn identity(entry: &Value) -> Option<(u32, String)> {
    let id = u32::try_from(entry["userContextId"].as_u64()?).ok()?;
    if let Some(name) = entry["name"].as_str().filter(|name| !name.is_empty()) {
        return Some((id, name.to_owned()));
    }
    // "user-context-personal", in older versions "userContextPersonal.label".
    let key = entry["l10nId"]
        .as_str()
        .or_else(|| entry["l10nID"].as_str())?
        .to_lowercase();
    let (_, name) = BUILT_IN.iter().find(|(word, _)| key.contains(word))?;
    Some((id, (*name).to_owned()))
}
