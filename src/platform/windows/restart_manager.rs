//! Windows: the Restart Manager, which knows who uses a file.
//!
//! <https://learn.microsoft.com/windows/win32/rstmgr/about-restart-manager>. Under Wine it
//! is a stub that knows of nobody, so what is here was read and not tried.

use std::io;
use std::path::PathBuf;

use windows::Win32::Foundation::{ERROR_MORE_DATA, ERROR_SUCCESS, WIN32_ERROR};
use windows::Win32::System::RestartManager::{
    CCH_RM_SESSION_KEY, RM_PROCESS_INFO, RmEndSession, RmGetList, RmRegisterResources,
    RmStartSession,
};
use windows::core::{HSTRING, PCWSTR, PWSTR};

use super::process::win32;

/// The processes that have one of these files open, other than this one. Empty where the
/// system does not tell. Not quick: it looks at every open file of the computer.
pub(crate) fn users_of(files: &[PathBuf]) -> Vec<u32> {
    let files: Vec<HSTRING> = files.iter().map(|file| file.as_os_str().into()).collect();
    let users = Session::on(&files).and_then(|session| session.users());
    users
        .unwrap_or_default()
        .iter()
        .map(|user| user.Process.dwProcessId)
        .filter(|pid| *pid != std::process::id())
        .collect()
}

/// A session of the Restart Manager, of which each user can have 64.
struct Session(u32);

impl Session {
    fn on(files: &[HSTRING]) -> io::Result<Self> {
        let mut number = 0;
        let mut key = [0; CCH_RM_SESSION_KEY as usize + 1];
        // SAFETY: both outlive the call, and the key has the room it asks for.
        done(unsafe { RmStartSession(&mut number, None, PWSTR(key.as_mut_ptr())) })?;
        let session = Self(number);
        let files: Vec<PCWSTR> = files.iter().map(|file| PCWSTR(file.as_ptr())).collect();
        // SAFETY: the names end in a zero, and outlive the call with the lists.
        done(unsafe { RmRegisterResources(session.0, Some(&files), None, None) })?;
        Ok(session)
    }

    /// The processes that use the files of the session.
    fn users(&self) -> io::Result<Vec<RM_PROCESS_INFO>> {
        let mut users = vec![RM_PROCESS_INFO::default(); 8];
        let mut because = 0;
        // As the documentation has it: more may have come between two calls.
        for _ in 0..4 {
            let mut needed = 0;
            let mut count = u32::try_from(users.len()).unwrap_or(u32::MAX);
            let list = Some(users.as_mut_ptr());
            // SAFETY: the list has room for as many as `count` says.
            match unsafe { RmGetList(self.0, &mut needed, &mut count, list, &mut because) } {
                ERROR_MORE_DATA => {
                    users.resize(needed as usize + 8, RM_PROCESS_INFO::default());
                }
                other => {
                    done(other)?;
                    users.truncate(count as usize);
                    return Ok(users);
                }
            }
        }
        done(ERROR_MORE_DATA)?;
        Ok(Vec::new())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the session is open, and nobody else has its number.
        let _ = unsafe { RmEndSession(self.0) };
    }
}

fn done(code: WIN32_ERROR) -> io::Result<()> {
    match code {
        ERROR_SUCCESS => Ok(()),
        _ => Err(win32(&code.to_hresult().into())),
    }
}
