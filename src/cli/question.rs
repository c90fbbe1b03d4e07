//! A question to the person at the terminal.

use std::io::{self, Write};
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;

use crate::engine::Cancel;

/// Asks on standard error, and gives the line that was typed, without its end; empty
/// when there is no more to read, None when it was cancelled.
///
/// # Errors
/// When the question cannot be written, or the answer not be read.
pub(super) fn ask(question: &str, cancel: &Cancel) -> io::Result<Option<String>> {
    let mut err = anstream::stderr();
    write!(err, "{question} ")?;
    err.flush()?;
    cancel.wakes_this_thread();
    let (send, answer) = channel();
    let asker = thread::current();
    // A thread of its own, since a signal does not end the reading of a line.
    thread::Builder::new().spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        let _ = send.send(read.map(|_| line.trim().to_owned()));
        asker.unpark();
    })?;
    loop {
        match answer.try_recv() {
            Ok(answer) => return answer.map(Some),
            Err(TryRecvError::Disconnected) => return Ok(None),
            Err(TryRecvError::Empty) if cancel.is_cancelled() => {
                writeln!(err)?;
                return Ok(None);
            }
            Err(TryRecvError::Empty) => thread::park(),
        }
    }
}
