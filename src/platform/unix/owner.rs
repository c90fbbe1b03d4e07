//! Root becomes the owner of a folder, for good.

use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use nix::sys::stat::{Mode, umask};
use nix::unistd::{
    AccessFlags, Gid, Group, Uid, User, access, getegid, geteuid, getgid, getuid, setegid, seteuid,
    setgid, setuid,
};

use super::super::owner::{NotAsOwner, Owner, works_as};
use crate::model::error::{Fault, is_absence};

/// As many as Linux follows.
const MOST_LINKS: u32 = 40;
/// The group of nobody, for a user of whom no group is known.
const NO_GROUP: u32 = 65534;
/// What passwd says of users that have no home folder; nobody but root could make it.
const NO_HOME: &str = "/nonexistent";

/// What names folders of the user who runs a program.
const FOLDERS: [&str; 3] = ["XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"];
/// How the others end that do: `XDG_CONFIG_HOME`, and some programs' own.
const CONFIG: &str = "CONFIG_HOME";
const RUNTIME: &str = "XDG_RUNTIME_DIR";
const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";
const TEMP: &str = "TMPDIR";

/// As root, takes on the rights of the user to whom these folders belong (user, group
/// and supplementary groups), and that user's environment. There is no way back, and
/// no program is started afterwards: the process cannot be looked into by the owner
/// (`PR_SET_DUMPABLE`), who would find the open files of root's terminal in it.
/// Without a named folder it is about the home folder that the environment has, which
/// `sudo -E` leaves as it was.
///
/// To be called before any thread is started and before any file of the owner is
/// touched. Of anybody but root, and of root with folders of its own, nothing is
/// changed but a `HOME` that is not root's: None.
///
/// # Errors
/// When the folders have several owners, when somebody else could exchange what is on
/// the way to them, when the owner cannot get there, and when rights cannot be given up.
pub(crate) fn become_owner_of(
    home: Option<&Path>,
    folders: &[&Path],
) -> Result<Option<&'static Owner>, NotAsOwner> {
    if !is_root() {
        return Ok(None);
    }
    let kept = std::env::var_os("HOME").map(PathBuf::from);
    let mut ways = Vec::new();
    for folder in home.iter().chain(folders) {
        ways.push(Way::to(folder)?);
    }
    let is_named = !ways.is_empty();
    if let Some(home) = kept.as_deref().filter(|_| !is_named) {
        match Way::to(home) {
            // There is nothing to be led to.
            Err(NotAsOwner::Unreadable(e)) if matches!(e.fault, Fault::Gone) => {}
            other => ways.push(other?),
        }
    }
    let Some(first) = ways.first() else {
        return Ok(None);
    };
    if ways.iter().any(|way| way.owner != first.owner) {
        let each = ways.iter();
        let each = each.map(|way| (way.folder.clone(), name_of(way.owner)));
        return Err(NotAsOwner::Several(each.collect()));
    }
    let owner = first.owner;
    let refused = |why: io::Error| NotAsOwner::Refused {
        folder: first.folder.clone(),
        name: name_of(owner),
        why,
    };
    let user = User::from_uid(owner).map_err(|e| refused(e.into()))?;

    let named_home = home.map(|home| std::path::absolute(home).unwrap_or(home.to_owned()));
    let in_passwd = user.as_ref().map(|user| user.dir.clone());
    let homes = match is_named {
        true => vec![in_passwd, named_home.clone(), kept],
        false => vec![kept],
    };
    let mut homes = homes.into_iter().flatten();
    let home = homes.find(|home| belongs_to(home, owner));
    if owner.is_root() {
        let is_roots = std::env::var_os("HOME").is_none_or(|home| belongs_to(home, owner));
        if !is_roots {
            take_environment_of(owner, home.as_deref());
        }
        return Ok(None);
    }

    give_up_root(owner, user.as_ref(), first.group).map_err(refused)?;
    // Nothing that is made for somebody is for others to read.
    umask(Mode::from_bits_truncate(0o077));
    take_environment_of(owner, home.as_deref());
    for way in &ways {
        way.is_open().map_err(|door| NotAsOwner::Closed {
            folder: way.folder.clone(),
            name: name_of(owner),
            door,
        })?;
    }
    Ok(Some(works_as(Owner {
        name: name_of(owner),
        folder: first.folder.clone(),
        undo_home: named_home.or_else(|| home.clone().filter(|_| is_named)),
        home,
    })))
}

/// Whether this process has power over the files of others. Root of a user namespace
/// that has no other user (`unshare --map-root-user`) has not: it is the user who made
/// the namespace.
fn is_root() -> bool {
    static ALONE: OnceLock<bool> = OnceLock::new();
    let is_alone = || {
        let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        // Inside, outside, how many.
        matches!(map.split_whitespace().collect::<Vec<_>>()[..], [_, _, "1"])
    };
    geteuid().is_root() && !*ALONE.get_or_init(is_alone)
}

fn give_up_root(owner: Uid, user: Option<&User>, folders_group: Gid) -> io::Result<()> {
    let group = match user {
        Some(user) => user.gid,
        // On a disk of another computer: its number may be that of a group here, in
        // which the owner is not.
        None => match Group::from_gid(folders_group)? {
            None => folders_group,
            Some(_) => Gid::from_raw(NO_GROUP),
        },
    };
    take_groups(user, group)?;
    setgid(group)?;
    setuid(owner)?;
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_dumpable(false)?;

    let is_changed = [getuid(), geteuid()] == [owner; 2] && [getgid(), getegid()] == [group; 2];
    // Capabilities can be kept by inherited secure bits.
    let is_for_good = setuid(Uid::from_raw(0)).is_err()
        && seteuid(Uid::from_raw(0)).is_err()
        && (group.as_raw() == 0 || setegid(Gid::from_raw(0)).is_err());
    match is_changed && is_for_good {
        true => Ok(()),
        false => Err(io::Error::other("they could be taken back")),
    }
}

#[cfg(not(target_vendor = "apple"))]
fn take_groups(user: Option<&User>, group: Gid) -> io::Result<()> {
    match user {
        Some(user) => nix::unistd::initgroups(&CString::new(&*user.name)?, group)?,
        None => nix::unistd::setgroups(&[group])?,
    }
    Ok(())
}

/// nix leaves these out on macOS, where the system looks up further groups by itself,
/// for the user whom `initgroups` names.
#[cfg(target_vendor = "apple")]
fn take_groups(user: Option<&User>, group: Gid) -> io::Result<()> {
    use nix::libc;
    let done = match user {
        Some(user) => {
            let name = CString::new(&*user.name)?;
            // SAFETY: it reads the name, which lives until after the call.
            unsafe { libc::initgroups(name.as_ptr(), group.as_raw() as libc::c_int) }
        }
        None => {
            let groups = [group.as_raw()];
            // SAFETY: it reads as many groups as the array has.
            unsafe { libc::setgroups(1, groups.as_ptr()) }
        }
    };
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// What of the environment names something of another user goes; the owner's own stays,
/// which is what `sudo -E` passes on.
fn take_environment_of(owner: Uid, home: Option<&Path>) {
    set("HOME", Some(home.unwrap_or(Path::new(NO_HOME)).as_os_str()));
    let all = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let config = all.filter(|name| name.ends_with(CONFIG));
    for name in config.chain(FOLDERS.map(str::to_owned)) {
        // The owner of the folder above would create one that is not there yet.
        let is_owners = |folder: &OsStr| {
            let existing = existing_part(Path::new(folder));
            existing.is_some_and(|folder| belongs_to(folder, owner))
        };
        unset_unless(&name, is_owners);
    }
    unset_unless(RUNTIME, |folder| belongs_to(folder, owner));
    unset_unless(BUS, |address| {
        let path = address.to_str().and_then(|a| a.strip_prefix("unix:path="));
        let path = path.and_then(|path| path.split([',', ';']).next());
        address == "disabled:" || path.is_some_and(|path| belongs_to(path, owner))
    });
    // Whose folder it is could exchange what is in it.
    unset_unless(TEMP, |folder| {
        (belongs_to(folder, owner) || belongs_to(folder, Uid::from_raw(0)))
            && may_write_to(Path::new(folder))
    });
}

fn unset_unless(name: &str, keep: impl FnOnce(&OsStr) -> bool) {
    if std::env::var_os(name).is_some_and(|value| !keep(&value)) {
        set(name, None);
    }
}

fn set(name: &str, value: Option<&OsStr>) {
    // SAFETY: only `become_owner_of` gets here, at the start, when this process has one
    // thread.
    unsafe {
        match value {
            Some(value) => std::env::set_var(name, value),
            None => std::env::remove_var(name),
        }
    }
}

/// The way to a folder, step by step.
struct Way {
    /// As it was named.
    folder: PathBuf,
    owner: Uid,
    group: Gid,
    /// Every folder and every link on the way, the folder itself last.
    steps: Vec<(PathBuf, Uid)>,
}

impl Way {
    /// The owner counts of the real folder. Whoever owns something on the way could
    /// exchange it between our look and our work, so that has to be the same owner, or
    /// root. Who lets everybody write to a folder trusts everybody with it, and with no
    /// more than the owner's rights: on disks without owners of their own (NTFS, FAT,
    /// the drives of Windows in its Linux subsystem) every folder is so.
    fn to(folder: &Path) -> Result<Self, NotAsOwner> {
        let unreadable = |e: io::Error| NotAsOwner::Unreadable(Fault::from(e).at(folder));
        let steps = steps(folder).map_err(unreadable)?;
        let real = match steps.last() {
            Some((real, _)) => real.metadata().map_err(unreadable)?,
            None => return Err(unreadable(io::ErrorKind::NotFound.into())),
        };
        let way = Self {
            folder: folder.to_owned(),
            owner: Uid::from_raw(real.uid()),
            group: Gid::from_raw(real.gid()),
            steps,
        };
        match stranger(&way.steps, way.owner) {
            None => Ok(way),
            Some((step, whose)) => Err(NotAsOwner::Led {
                way: step.clone(),
                whose: name_of(*whose),
                folder: folder.to_owned(),
            }),
        }
    }

    /// Whether it can be gone, now, by this process.
    ///
    /// # Errors
    /// With the folder that bars it.
    fn is_open(&self) -> Result<(), PathBuf> {
        let barred = self.steps.iter().find(|(step, _)| {
            let looked = step.symlink_metadata();
            looked.is_err_and(|e| e.kind() == io::ErrorKind::PermissionDenied)
        });
        match barred {
            None => Ok(()),
            Some((step, _)) => Err(step.parent().unwrap_or(step).to_owned()),
        }
    }
}

/// Something on the way that belongs to neither root nor the owner.
fn stranger(steps: &[(PathBuf, Uid)], owner: Uid) -> Option<&(PathBuf, Uid)> {
    steps
        .iter()
        .find(|(_, whose)| !whose.is_root() && *whose != owner)
}

/// Every folder and link on the way to a path, with its owner. What a link leads to
/// follows it; the last one is the real path.
fn steps(path: &Path) -> io::Result<Vec<(PathBuf, Uid)>> {
    let mut at = PathBuf::from("/");
    let mut steps = Vec::new();
    let mut note = |at: &Path| -> io::Result<fs::Metadata> {
        let metadata = at.symlink_metadata()?;
        steps.push((at.to_owned(), Uid::from_raw(metadata.uid())));
        Ok(metadata)
    };
    note(&at)?;
    let mut ahead: Vec<OsString> = reversed(&std::path::absolute(path)?);
    let mut links = 0;
    while let Some(part) = ahead.pop() {
        if part == ".." {
            at.pop();
            note(&at)?;
            continue;
        }
        let next = at.join(&part);
        if !note(&next)?.is_symlink() {
            at = next;
            continue;
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(nix::errno::Errno::ELOOP.into());
        }
        let target = fs::read_link(&next)?;
        if target.is_absolute() {
            at = PathBuf::from("/");
        }
        ahead.extend(reversed(&target));
        // So that the real path is the last one, whatever the link led to.
        note(&at)?;
    }
    Ok(steps)
}

/// The parts of a path that lead somewhere, the last one first.
fn reversed(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev();
    let parts = parts.filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    parts.map(|part| part.as_os_str().to_owned()).collect()
}

/// Whether this process can work on a real path without being led elsewhere by another
/// user: of root that is so only where all folders on the way are root's. Anybody else
/// has no more rights than their own to be misled with.
///
/// # Errors
/// With the folder that belongs to somebody else, or of which that cannot be told.
pub(crate) fn is_safe_for_us(real: &Path) -> Result<(), PathBuf> {
    if !is_root() {
        return Ok(());
    }
    let others = real
        .ancestors()
        .find(|folder| !belongs_to(folder, Uid::from_raw(0)));
    match others {
        None => Ok(()),
        Some(folder) => Err(folder.to_owned()),
    }
}

/// Whether this process may make files and folders in this folder, or below what there
/// is of it.
pub(crate) fn may_write_below(folder: &Path) -> bool {
    existing_part(folder).is_some_and(may_write_to)
}

fn may_write_to(folder: &Path) -> bool {
    // Real and effective user are the same since the rights were given up.
    folder.is_dir() && access(folder, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
}

fn existing_part(path: &Path) -> Option<&Path> {
    path.ancestors().find(|path| match path.symlink_metadata() {
        Ok(_) => true,
        Err(e) => !is_absence(&e),
    })
}

fn belongs_to(path: impl AsRef<Path>, owner: Uid) -> bool {
    let metadata = path.as_ref().metadata();
    metadata.is_ok_and(|metadata| metadata.uid() == owner.as_raw())
}

fn name_of(user: Uid) -> String {
    match User::from_uid(user) {
        Ok(Some(user)) => user.name,
        _ => format!("user {user}"),
    }
}
