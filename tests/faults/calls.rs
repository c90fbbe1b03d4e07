//! The system calls at which something can go wrong, and what can go wrong at each.

use std::collections::BTreeMap;

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The program is killed as it enters the call.
    Kill,
    /// The call fails, once.
    Once(&'static str),
    /// This call and all later ones of its name fail, as on a disk that stays full.
    FromThenOn(&'static str),
}

impl Fault {
    /// As strace wants it, for the `n`-th call.
    pub fn injection(self, call: &str, n: u32) -> String {
        match self {
            Self::Kill => format!("{call}:signal=KILL:when={n}"),
            Self::Once(error) => format!("{call}:error={error}:when={n}"),
            Self::FromThenOn(error) => format!("{call}:error={error}:when={n}+"),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kill => f.pad("KILL"),
            Self::Once(error) => f.pad(error),
            Self::FromThenOn(error) => f.pad(&format!("{error}+")),
        }
    }
}

/// Calls that cannot fail, that fail without harm, or that the program makes nothing of.
const HARMLESS: &[&str] = &[
    "arch_prctl",
    "brk",
    "close",
    "execve",
    "exit",
    "exit_group",
    "futex",
    "getegid",
    "geteuid",
    "getgid",
    "getpid",
    "getppid",
    "getrandom",
    "gettid",
    "getuid",
    "madvise",
    "mprotect",
    "munmap",
    "poll",
    "prctl",
    "prlimit64",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_getaffinity",
    "sched_yield",
    "set_robust_list",
    "set_tid_address",
    "sigaltstack",
    "uname",
    "clock_nanosleep",
    "restart_syscall",
];

/// The names of the calls in a log of strace, with how often each was made.
pub fn calls_of(log: &str) -> BTreeMap<String, u32> {
    let mut calls: BTreeMap<String, u32> = BTreeMap::new();
    for line in log.lines() {
        let call = line
            .split_whitespace()
            .nth(1)
            .and_then(|rest| rest.split_once('('));
        if let Some((name, _)) = call
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        {
            *calls.entry(name.to_owned()).or_default() += 1;
        }
    }
    calls
}

/// Whether something that goes wrong at this call can matter.
pub fn can_matter(call: &str) -> bool {
    !HARMLESS.contains(&call)
}

/// Calls that change something on the disk, or take or give up a lock.
pub fn changes_something(call: &str) -> bool {
    const CHANGES: &[&str] = &[
        "write",
        "pwrite64",
        "fsync",
        "fdatasync",
        "ftruncate",
        "fallocate",
        "rename",
        "renameat",
        "renameat2",
        "link",
        "linkat",
        "unlink",
        "unlinkat",
        "rmdir",
        "mkdir",
        "mkdirat",
        "symlink",
        "symlinkat",
        "flock",
        "fchmod",
        "chmod",
        "fchmodat",
        "fchown",
        "fchownat",
        "utimensat",
        "bind",
        "listen",
        "copy_file_range",
        "sendfile",
    ];
    CHANGES.contains(&call)
}

/// What can go wrong at a call.
pub fn faults_of(call: &str) -> Vec<Fault> {
    let (once, from_then_on): (&[&str], &[&str]) = match call {
        "open" | "openat" | "openat2" => (&["EMFILE", "EIO", "ENOSPC", "EINTR"], &["EMFILE"]),
        "read" | "pread64" => (&["EIO", "EINTR"], &["EIO"]),
        "write" | "pwrite64" => (&["ENOSPC", "EIO", "EINTR"], &["ENOSPC"]),
        "copy_file_range" | "sendfile" | "fallocate" => (&["ENOSPC", "EIO"], &["ENOSPC"]),
        "fsync" | "fdatasync" => (&["EIO", "ENOSPC", "EINTR"], &["EIO"]),
        "ftruncate" => (&["EIO", "ENOSPC", "EINTR"], &["EIO"]),
        "rename" | "renameat" | "renameat2" | "link" | "linkat" | "symlink" | "symlinkat"
        | "mkdir" | "mkdirat" | "bind" => (&["ENOSPC", "EIO"], &["ENOSPC"]),
        "unlink" | "unlinkat" | "rmdir" => (&["EIO", "EPERM"], &["EIO"]),
        "getdents64" => (&["EIO", "EINTR"], &["EIO"]),
        "fcntl" => (&["ENOLCK", "EMFILE", "EINTR"], &["ENOLCK"]),
        "flock" => (&["ENOLCK", "EINTR"], &[]),
        "socket" | "accept4" | "pipe2" | "epoll_create1" | "eventfd2" => {
            (&["EMFILE", "ENOMEM"], &["EMFILE"])
        }
        "connect" => (&["ECONNREFUSED", "EAGAIN"], &["ECONNREFUSED"]),
        "listen" => (&["EADDRINUSE"], &[]),
        "stat" | "lstat" | "fstat" | "newfstatat" | "statx" | "access" | "faccessat"
        | "faccessat2" => (&["EIO", "ENOMEM", "EACCES"], &["EIO"]),
        "mmap" | "mremap" => (&["ENOMEM"], &["ENOMEM"]),
        "clone" | "clone3" => (&["EAGAIN"], &[]),
        "fchmod" | "chmod" | "fchmodat" | "fchown" | "fchownat" => (&["EPERM", "EIO"], &[]),
        _ => (&["EIO"], &[]),
    };
    let mut faults = vec![Fault::Kill];
    faults.extend(once.iter().copied().map(Fault::Once));
    faults.extend(from_then_on.iter().copied().map(Fault::FromThenOn));
    faults
}
