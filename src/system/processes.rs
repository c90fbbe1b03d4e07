//! What a process is called. Only the processes asked for are looked at: reading
//! the whole process table would take longer than all the rest.

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
    if !super::exists(pid) {
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
