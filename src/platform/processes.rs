//! What a process is called. Only the processes asked for are looked at: reading
//! the whole process table would take longer than all the rest.

use std::time::{Duration, SystemTime};

use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

fn look(pid: u32, what: ProcessRefreshKind) -> Option<System> {
    let mut system = System::new().ok()?;
    let pids = [Pid::from_u32(pid)];
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&pids), true, what);
    Some(system)
}

/// The name of a running process; None when there is none with this number.
pub(crate) fn name_of(pid: u32) -> Option<String> {
    let system = look(
        pid,
        ProcessRefreshKind::nothing().with_exe(UpdateKind::Always),
    )?;
    let process = system.process(Pid::from_u32(pid))?;
    // Linux cuts a process's own name after 15 bytes; the program's is whole.
    let name = process
        .exe()
        .and_then(|exe| exe.file_name())
        .unwrap_or_else(|| process.name());
    Some(name.to_string_lossy().into_owned())
}

/// Whether a process of this number runs; one that has ended, and of which only its
/// parent has not asked how, does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    if !super::os::exists(pid) {
        return false;
    }
    let system = look(pid, ProcessRefreshKind::nothing());
    let process = system.as_ref().and_then(|s| s.process(Pid::from_u32(pid)));
    !process.is_some_and(|p| matches!(p.status(), ProcessStatus::Zombie | ProcessStatus::Dead))
}

/// The arguments of a running process, the program first.
pub(crate) fn command_line(pid: u32) -> Vec<String> {
    let system = look(
        pid,
        ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always),
    );
    let process = system.as_ref().and_then(|s| s.process(Pid::from_u32(pid)));
    process
        .map(|process| process.cmd())
        .unwrap_or_default()
        .iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect()
}

/// The user as whom a process runs, as Windows writes it: `S-1-5-21-…`.
#[cfg(windows)]
pub(super) fn user_of(pid: u32) -> Option<String> {
    let system = look(
        pid,
        ProcessRefreshKind::nothing().with_user(UpdateKind::Always),
    )?;
    let user = system.process(Pid::from_u32(pid))?.user_id()?;
    Some(user.to_string())
}

/// Whether a process runs as the user who runs this, or as root: nobody else's can be
/// another run of this program that works on the same files.
#[cfg(unix)]
pub(crate) fn is_trusted(pid: u32) -> bool {
    let system = look(
        pid,
        ProcessRefreshKind::nothing().with_user(UpdateKind::Always),
    );
    let process = system.as_ref().and_then(|s| s.process(Pid::from_u32(pid)));
    let user = process.and_then(|process| process.effective_user_id());
    user.is_some_and(|user| **user == 0 || **user == nix::unistd::geteuid().as_raw())
}

/// No lock that is asked about on Windows can be taken by another user.
#[cfg(windows)]
pub(crate) fn is_trusted(_pid: u32) -> bool {
    true
}

/// When a running process was started, to the second.
pub(crate) fn started(pid: u32) -> Option<SystemTime> {
    let system = look(pid, ProcessRefreshKind::nothing())?;
    let seconds = system.process(Pid::from_u32(pid))?.start_time();
    (seconds > 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// The process that started a running one; None when that has ended, or is not told.
pub(crate) fn parent_of(pid: u32) -> Option<u32> {
    let system = look(pid, ProcessRefreshKind::nothing())?;
    let parent = system.process(Pid::from_u32(pid))?.parent()?;
    Some(parent.as_u32())
}
