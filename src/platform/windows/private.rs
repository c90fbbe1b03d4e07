//! Windows: files and folders that only their owner can get at.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::sync::OnceLock;

use windows::Win32::Foundation::{GENERIC_WRITE, HANDLE, HLOCAL, LocalFree};
use windows::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1,
    SE_FILE_OBJECT,
};
use windows::Win32::Security::{
    DACL_SECURITY_INFORMATION, OBJECT_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION,
    PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES,
    SetKernelObjectSecurity,
};
use windows::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_REPARSE_POINT,
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, READ_CONTROL, WRITE_DAC,
};
use windows::core::{HSTRING, PWSTR};

use super::process::win32;

/// Creates a file that must not be there yet, for its owner only from its first
/// moment on.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let descriptor = Descriptor::of_own(false)?;
    let attributes = descriptor.attributes();
    let name = full_name(path)?;
    // SAFETY: the name and the attributes outlive the call.
    let handle = unsafe {
        CreateFileW(
            &name,
            GENERIC_WRITE.0,
            // As std opens files.
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            Some(&attributes),
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            None,
        )
    };
    let handle = handle.map_err(|e| win32(&e))?;
    // SAFETY: it was opened right now, and nobody else has it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle.0) }.into())
}

/// Creates a folder for its owner only; there must be nothing of that name yet.
pub(crate) fn new_private_folder(path: &Path) -> io::Result<()> {
    let descriptor = Descriptor::of_own(true)?;
    let attributes = descriptor.attributes();
    let name = full_name(path)?;
    // SAFETY: the name and the attributes outlive the call.
    unsafe { CreateDirectoryW(&name, Some(&attributes)) }.map_err(|e| win32(&e))
}

/// Takes a folder from all but its owner, with all that is in it.
///
/// # Errors
/// When it is a link, or another user's.
pub(crate) fn close_folder(path: &Path) -> io::Result<()> {
    let folder = open_to_close(path)?;
    if !is_folder(&folder)? {
        return Err(io::Error::other("it is a link, not a folder"));
    }
    if !close(&folder)? {
        // What was made in it before took after it.
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let closed = match entry.file_type()?.is_dir() {
                true => close_folder(&entry.path()),
                false => open_to_close(&entry.path()).and_then(|file| close(&file).map(drop)),
            };
            match closed {
                // Another run has removed it meanwhile.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
        }
    }
    Ok(())
}

/// By a handle, so that what was looked at is what is changed; of a link, the link.
fn open_to_close(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .access_mode(READ_CONTROL.0 | WRITE_DAC.0)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS.0 | FILE_FLAG_OPEN_REPARSE_POINT.0)
        .open(path)
}

fn is_folder(file: &File) -> io::Result<bool> {
    let metadata = file.metadata()?;
    let is_link = metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT.0 != 0;
    Ok(metadata.is_dir() && !is_link)
}

/// Returns whether it was closed to all others already.
fn close(file: &File) -> io::Result<bool> {
    let ours = Descriptor::of_own(is_folder(file)?)?;
    let (now, wanted) = (Descriptor::of(file)?.text()?, ours.text()?);
    if now == wanted {
        return Ok(true);
    }
    refuse_owner(&now, &wanted)?;
    // `SetSecurityInfo` would do the folder's content as well; but Wine's lets others in
    // again whom the folder above lets in.
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the file is open, and the descriptor outlives the call.
    unsafe { SetKernelObjectSecurity(HANDLE(file.as_raw_handle()), what, ours.0) }
        .map_err(|e| win32(&e))?;
    Ok(false)
}

/// Gives a file the access list of another, unless it has the same from its folder.
pub(super) fn copy_access(from: &File, to: &File) -> io::Result<()> {
    let list = |text: &str| text.split_once("D:").map(|(_, list)| list.to_owned());
    let wanted = Descriptor::of(from)?;
    let Some(text) = list(&wanted.text()?) else {
        // A disk without access lists.
        return Ok(());
    };
    if list(&Descriptor::of(to)?.text()?).as_ref() == Some(&text) {
        return Ok(());
    }
    // What is set on the folder later counts as little as before.
    let what = match text.starts_with('P') {
        true => DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
        false => DACL_SECURITY_INFORMATION,
    };
    // SAFETY: the file is open, and the descriptor outlives the call.
    unsafe { SetKernelObjectSecurity(HANDLE(to.as_raw_handle()), what, wanted.0) }
        .map_err(|e| win32(&e))
}

/// Refuses what is not a folder, a link, or another user's.
pub(super) fn refuse_others(folder: &File) -> io::Result<()> {
    if !is_folder(folder)? {
        return Err(io::Error::other("it is a link, not a folder"));
    }
    let ours = Descriptor::of_own(true)?;
    refuse_owner(&Descriptor::of(folder)?.text()?, &ours.text()?)
}

fn refuse_owner(descriptor: &str, ours: &str) -> io::Result<()> {
    match owner(descriptor) {
        // What an elevated process makes may belong to the administrators, who can read
        // everything as it is.
        "BA" => Ok(()),
        owner if owner == self::owner(ours) => Ok(()),
        "" => Err(io::Error::other("its disk keeps nothing from other users")),
        _ => Err(io::Error::other("it belongs to another user")),
    }
}

/// `S-1-5-21-…` of `O:S-1-5-21-…D:…`.
fn owner(descriptor: &str) -> &str {
    let (owner, _) = descriptor.split_once("D:").unwrap_or((descriptor, ""));
    owner.strip_prefix("O:").unwrap_or(owner)
}

/// A name that may be of any length: only std's own calls see to that themselves.
fn full_name(path: &Path) -> io::Result<HSTRING> {
    let path = std::path::absolute(path)?;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::AlreadyExists.into());
    };
    Ok(super::canonicalize(folder)?.join(name).as_os_str().into())
}

/// The owner of something, and its access list.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    const WHAT: OBJECT_SECURITY_INFORMATION =
        OBJECT_SECURITY_INFORMATION(OWNER_SECURITY_INFORMATION.0 | DACL_SECURITY_INFORMATION.0);

    /// All rights for the user who runs this and none for anybody else
    /// (<https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format>):
    /// `P`, whatever the folder above allows is not taken over; `OICI`, what is made in a
    /// folder takes after it.
    fn of_own(is_folder: bool) -> io::Result<Self> {
        static USER: OnceLock<Option<String>> = OnceLock::new();
        let user = USER
            .get_or_init(|| super::super::processes::user_of(std::process::id()))
            .as_ref()
            .ok_or_else(|| io::Error::other("the system does not tell who runs this"))?;
        let inherited = if is_folder { "OICI" } else { "" };
        // Of an elevated process the administrators would own it.
        let text = HSTRING::from(format!("O:{user}D:P(A;{inherited};FA;;;{user})"));
        let mut descriptor = PSECURITY_DESCRIPTOR::default();
        // SAFETY: the text ends in a zero, and both outlive the call.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                &text,
                SDDL_REVISION_1,
                &mut descriptor,
                None,
            )
        };
        made.map_err(|e| win32(&e))?;
        Ok(Self(descriptor))
    }

    /// That of a file or folder.
    fn of(file: &File) -> io::Result<Self> {
        let mut descriptor = PSECURITY_DESCRIPTOR::default();
        // SAFETY: the file is open, and the descriptor outlives the call.
        let told = unsafe {
            GetSecurityInfo(
                HANDLE(file.as_raw_handle()),
                SE_FILE_OBJECT,
                Self::WHAT,
                None,
                None,
                None,
                None,
                Some(&mut descriptor),
            )
        };
        told.ok().map_err(|e| win32(&e))?;
        Ok(Self(descriptor))
    }

    /// As Windows writes it.
    fn text(&self) -> io::Result<String> {
        let mut text = PWSTR::null();
        // SAFETY: the descriptor is whole, and what is written to outlives the call; the
        // text ends in a zero, was allocated for us, and is freed once.
        unsafe {
            ConvertSecurityDescriptorToStringSecurityDescriptorW(
                self.0,
                SDDL_REVISION_1,
                Self::WHAT,
                &mut text,
                None,
            )
            .map_err(|e| win32(&e))?;
            let written = text.to_string();
            LocalFree(Some(HLOCAL(text.0.cast())));
            written.map_err(io::Error::other)
        }
    }

    /// For what is made with it; they must not outlive it.
    fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.0.0,
            bInheritHandle: false.into(),
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the system allocated it for us, and nobody else frees it.
        unsafe { LocalFree(Some(HLOCAL(self.0.0))) };
    }
}
