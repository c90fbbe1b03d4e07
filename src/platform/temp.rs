//! Folders for private copies, which must not outlive the program.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

pub(super) const PREFIX: &str = "cookieclean-";
/// How often it is tried to remove a folder at the end, and how long apart.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(5);
/// No copy is looked at for that long.
const FORGOTTEN: Duration = Duration::from_secs(3600);

static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static BEFORE_THE_FIRST: OnceLock<fn()> = OnceLock::new();

/// Has something done before the first folder is made: to be ready for a signal costs
/// a thread, and most runs need no folder.
pub(crate) fn before_the_first(prepare: fn()) {
    let _ = BEFORE_THE_FIRST.set(prepare);
}

/// A folder that goes when this is dropped, or by [`remove_temp_folders`].
pub(crate) struct TempFolder(Option<TempDir>);

impl TempFolder {
    pub(crate) fn path(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), TempDir::path)
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let mut folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = self.0.take() {
            folders.retain(|path| path != folder.path());
            // What cannot be removed now will not be removable later either.
            let _ = folder.close();
        }
    }
}

/// A folder in the temporary folder that only its owner can look into.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn private_temp_folder() -> io::Result<TempFolder> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Some(prepare) = BEFORE_THE_FIRST.get() {
            prepare();
        }
        remove_forgotten();
    });
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let mut folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = builder.tempdir()?;
    // It is empty yet. A disk that keeps no access lists was chosen by the person.
    #[cfg(windows)]
    let _ = super::windows::private::close_folder(folder.path());
    folders.push(folder.path().to_owned());
    Ok(TempFolder(Some(folder)))
}

/// Removes all of them, for a program that ends now.
pub(crate) fn remove_temp_folders() {
    // Kept locked: no further one is made.
    let folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
    for folder in folders.iter() {
        // Another thread may put a file into it meanwhile, but only so many.
        let is_gone = || fs::remove_dir_all(folder).is_ok() || !folder.exists();
        for _ in 0..TRIES {
            if is_gone() {
                break;
            }
            thread::sleep(PAUSE);
        }
    }
    std::mem::forget(folders);
}

/// Removes what a run that was killed has left. Of another user's nothing can be.
fn remove_forgotten() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry
            .file_name()
            .to_str()
            .is_some_and(|n| n.starts_with(PREFIX));
        let is_old = || {
            let modified = entry.metadata().ok()?.modified().ok()?;
            SystemTime::now().duration_since(modified).ok()
        };
        if is_ours
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
            && super::is_own(&entry.path())
            && is_old().is_some_and(|age| age > FORGOTTEN)
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
