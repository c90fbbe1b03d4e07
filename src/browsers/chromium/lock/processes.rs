//! The processes of one Chromium: the browser, and its children.

use crate::platform;

/// Whether it is a process that belongs to another one: those have a `--type`.
#[cfg_attr(windows, allow(dead_code, reason = "there the lock names the browser"))]
pub(super) fn is_child(pid: u32) -> bool {
    let arguments = platform::command_line(pid);
    arguments
        .iter()
        .any(|argument| argument.starts_with("--type="))
}

/// The browser that a process belongs to; the process itself, if it has no `--type`. None
/// for a child whose browser has ended.
pub(super) fn main_process(pid: u32) -> Option<u32> {
    /// Browser, zygote, child.
    const DEEPEST: usize = 4;
    let name = platform::name_of(pid)?;
    let mut main = pid;
    for _ in 0..DEEPEST {
        if !is_child(main) {
            return Some(main);
        }
        main = platform::parent_of(main)?;
        // The parent of an orphan is another program.
        if platform::name_of(main)? != name {
            return None;
        }
    }
    None
}
