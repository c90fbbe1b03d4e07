//! As whom the command works: root on somebody else's folder works as its owner.

use std::path::{Path, PathBuf};

use super::args::{Args, Command, Places};
use super::exit::Failure;
use super::ui;
use crate::platform::owner::{self, NotAsOwner};
use crate::wording::say;

/// Gives up root's rights where the arguments, or a `HOME` that was kept, name the
/// folder of another user.
pub(super) fn become_owner(args: &Args) -> Result<(), Failure> {
    let state = std::env::var_os("COOKIECLEAN_STATE_DIR")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from);
    let (home, folders) = match &args.command {
        None => named(&args.clean.places),
        Some(Command::List(list)) => named(&list.places),
        Some(Command::Sites(sites)) => named(&sites.places),
        Some(Command::Profiles(profiles)) => named(&profiles.places),
        Some(Command::Doctor(doctor)) => named(&doctor.places),
        Some(Command::Browse(browse)) => named(&browse.places),
        Some(Command::Undo(undo)) => match &undo.home {
            Some(home) => (Some(home.as_path()), Vec::new()),
            // The copies say where they belong.
            None => (
                None,
                state
                    .as_deref()
                    .filter(|s| s.exists())
                    .into_iter()
                    .collect(),
            ),
        },
    };
    let Some(owner) = owner::become_owner_of(home, &folders)? else {
        return Ok(());
    };
    if args.output.verbose {
        ui::note(&say!(
            "owner-working-as",
            name = owner.name.as_str(),
            folder = owner.folder.display().to_string()
        ));
    }
    let needs_copies = match &args.command {
        None => !args.clean.dry_run && !args.clean.no_undo,
        Some(command) => matches!(command, Command::Undo(_)),
    };
    let name = || owner.name.clone();
    match state {
        _ if !needs_copies => Ok(()),
        Some(state) if owner::may_write_below(&state) => Ok(()),
        Some(state) => Err(NotAsOwner::State {
            state,
            name: name(),
        }
        .into()),
        None if owner.home.is_some() => Ok(()),
        None => Err(NotAsOwner::NoHome { name: name() }.into()),
    }
}

fn named(places: &Places) -> (Option<&Path>, Vec<&Path>) {
    let folders = places.profile_dir.iter().map(PathBuf::as_path);
    (places.home.as_deref(), folders.collect())
}
