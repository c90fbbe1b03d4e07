//! What Firefox keeps for a site beside its cookies: a folder for each origin below
//! `storage`, and records in `serviceworker.txt`. What tabs hold is in the session files.

pub(crate) mod origin_folder;
mod registrations;
pub(crate) mod service_workers;

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::containers::Containers;
use super::origin_attributes::OriginAttributes;
use crate::model::error::{At, Error, Fault};
use crate::model::site_data::{DataKind, StorageKey};
use crate::platform::{EntryKind, Folder};
use crate::store::Kind;
use crate::store::site_data::{Contents, Inside, Layout, Movable, Purpose};
use origin_folder::OriginFolder;
use registrations::Registrations;

const STORAGE: &str = "storage";
/// Where folders of origins are, by how long they are kept.
const REPOSITORIES: [&str; 4] = ["default", "permanent", "temporary", "private"];
const KINDS: &[(&str, DataKind)] = &[
    ("ls", DataKind::LocalStorage),
    ("idb", DataKind::IndexedDb),
    ("cache", DataKind::Cache),
    ("fs", DataKind::Files),
];

/// How Firefox lays out site data.
pub(super) struct OriginFolders {
    containers: Arc<Containers>,
}

impl OriginFolders {
    pub(super) fn new(containers: Containers) -> Self {
        Self {
            containers: Arc::new(containers),
        }
    }
}

impl Layout for OriginFolders {
    const KIND: Kind = Kind::FirefoxSiteData;

    fn open(&self, profile: &Path, _purpose: Purpose) -> Result<Contents, Error> {
        let mut contents = Contents::default();
        for repository in REPOSITORIES {
            let path = profile.join(STORAGE).join(repository);
            let entries = match Folder::open(&path).and_then(|folder| folder.entries()) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                other => other.at(&path)?,
            };
            for (name, kind) in entries {
                let Some(name) = name.to_str() else { continue };
                let Some(folder) = OriginFolder::parse(name) else {
                    continue;
                };
                if kind != EntryKind::Folder {
                    return Err(Fault::Link.at(path.join(name)));
                }
                contents.movables.push(Movable {
                    owner: key_of(
                        folder.origin,
                        folder.host,
                        folder.attributes,
                        &self.containers,
                    ),
                    path: format!("{STORAGE}/{repository}/{name}"),
                    inside: Inside::Folders(KINDS),
                });
            }
        }
        let registrations = Registrations::open(profile, Arc::clone(&self.containers))?;
        contents.databases.push(Box::new(registrations));
        Ok(contents)
    }
}

/// Whose something is.
pub(super) fn key_of(
    origin: String,
    host: String,
    attributes: OriginAttributes,
    containers: &Containers,
) -> StorageKey {
    StorageKey {
        origin,
        host,
        partition: attributes.partition,
        partition_host: attributes.partition_host,
        container: containers.name(attributes.user_context_id),
    }
}
