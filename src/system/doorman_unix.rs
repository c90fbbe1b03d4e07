//! A socket at which others wait until we are done.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use tempfile::TempDir;

/// Listens on a socket of its own; who calls is kept waiting, and gets an answer when
/// this is [let go](Doorman::let_go).
pub(crate) struct Doorman {
    folder: TempDir,
    socket: PathBuf,
    done: Arc<AtomicBool>,
    waiting: Option<JoinHandle<Vec<UnixStream>>>,
}

impl Doorman {
    /// Makes a private folder with a socket of this name in it.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn new(socket: &str) -> io::Result<Self> {
        // The path of a socket has little room: 104 bytes on macOS.
        let (folder, socket, listener) = Self::bind(&std::env::temp_dir(), socket)
            .or_else(|_| Self::bind(Path::new("/tmp"), socket))?;
        let done = Arc::new(AtomicBool::new(false));
        let is_done = Arc::clone(&done);
        let waiting = thread::Builder::new().spawn(move || {
            let mut callers = Vec::new();
            for caller in listener.incoming() {
                // Whoever it is, also one that comes at the last instant, gets an
                // answer: Chromium kills who hangs up without one.
                callers.extend(caller);
                if is_done.load(Ordering::Acquire) {
                    break;
                }
            }
            // Who called after that.
            let _ = listener.set_nonblocking(true);
            while let Ok((caller, _)) = listener.accept() {
                callers.push(caller);
            }
            callers
        })?;
        Ok(Self {
            folder,
            socket,
            done,
            waiting: Some(waiting),
        })
    }

    fn bind(temp: &Path, name: &str) -> io::Result<(TempDir, PathBuf, UnixListener)> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(super::temp::PREFIX);
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(temp)?;
        let socket = folder.path().join(name);
        let listener = UnixListener::bind(&socket)?;
        Ok((folder, socket, listener))
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Answers everybody who waits, and closes the door.
    pub fn let_go(&mut self, answer: &[u8]) {
        self.done.store(true, Ordering::Release);
        if UnixStream::connect(&self.socket).is_err() {
            // Then the thread cannot be woken, and ends with the program.
            return;
        }
        let Some(Ok(callers)) = self.waiting.take().map(JoinHandle::join) else {
            return;
        };
        // Without the socket a late caller finds nobody, not a door that stays shut.
        let _ = fs::remove_file(&self.socket);
        for mut caller in callers {
            // What was said is read, since closing on unread words breaks the line; and
            // who has given up waiting needs no answer.
            let _ = caller.set_nonblocking(true);
            let _ = caller.read(&mut [0; 4096]);
            let _ = caller.write_all(answer);
        }
    }
}
