//! Windows on the desktop's X server, which asks them what a click on their cross asks.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectError, ReplyError};
use x11rb::protocol::Event;
use x11rb::protocol::res::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask,
    GetPropertyReply, MapState, Window,
};
use x11rb::reexports::x11rb_protocol::parse_display::parse_display;
use x11rb::rust_connection::RustConnection;

/// For the X server: one that is stopped takes a call and never answers.
const SERVERS_PATIENCE: Duration = Duration::from_secs(2);

/// For a window: one that stays longer has a question for the person in front of it.
const WINDOWS_PATIENCE: Duration = Duration::from_secs(3);

/// Between two windows: a browser has to write down what was in the first.
const PAUSE: Duration = Duration::from_millis(500);

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        WM_PROTOCOLS,
        WM_DELETE_WINDOW,
        _NET_CLIENT_LIST,
    }
}

/// Asks every window of exactly this process to close, as its cross does: the window
/// may have a question first, and the process ends with its last one. One after the other,
/// half a second apart, from the newest on, and no further than to one that stays.
///
/// True when at least one was asked. False where there is no display of this computer
/// or the process has no window on it: it runs without any, or under Wayland, where
/// none can be asked from outside.
///
/// # Errors
/// When the X server turns us away or does not answer in two seconds, and when the
/// process has more than `at_most` windows; then none was asked.
pub(crate) fn close_windows_of(pid: u32, at_most: usize) -> io::Result<bool> {
    let (send, receive) = mpsc::channel();
    // Its calls cannot be told to give up. A thread that is left behind only looks.
    thread::Builder::new().spawn(move || {
        let _ = send.send(find(pid));
    })?;
    let found = match receive.recv_timeout(SERVERS_PATIENCE) {
        Ok(found) => found?,
        Err(_) => {
            let message = "the X server does not answer";
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
    };
    let Some((connection, atoms, windows)) = found else {
        return Ok(false);
    };
    if windows.len() > at_most {
        return Err(io::Error::other(format!(
            "it has {} windows, and would open only {at_most} of them again",
            windows.len()
        )));
    }
    for (asked, &window) in windows.iter().enumerate() {
        if asked > 0 {
            thread::sleep(PAUSE);
        }
        if let Err(e) = ask(&connection, &atoms, window) {
            // The server ends with its last client, and the browser with its windows.
            return if asked > 0 { Ok(true) } else { Err(e) };
        }
        if !is_gone(&connection, window) {
            break;
        }
    }
    Ok(!windows.is_empty())
}

/// The windows of the process, the newest first, and the way to them.
fn find(pid: u32) -> io::Result<Option<(RustConnection, Atoms, Vec<Window>)>> {
    // The numbers of another computer's processes say nothing here: its display came
    // along with `ssh -X`.
    match parse_display(None) {
        Ok(display) if display.host.is_empty() || display.protocol.as_deref() == Some("unix") => {}
        _ => return Ok(None),
    }
    let (connection, screen) = match RustConnection::connect(None) {
        Ok(connected) => connected,
        // A display of a session that has ended.
        Err(ConnectError::IoError(_)) => return Ok(None),
        Err(e) => return Err(io::Error::other(e)),
    };
    let windows = windows_of(&connection, screen, pid).map_err(io::Error::other)?;
    Ok(windows.map(|(atoms, windows)| (connection, atoms, windows)))
}

fn windows_of(
    connection: &RustConnection,
    screen: usize,
    pid: u32,
) -> Result<Option<(Atoms, Vec<Window>)>, ReplyError> {
    let clients = clients_of(connection, pid)?;
    if clients.is_empty() {
        return Ok(None);
    }
    let atoms = Atoms::new(connection)?.reply()?;
    let root = connection.setup().roots[screen].root;
    // A client numbers what it makes within a range of its own, and upwards.
    let client_bits = !connection.setup().resource_id_mask;
    let mut windows = Vec::new();
    for window in top_windows(connection, &atoms, root)? {
        if clients.contains(&(window & client_bits)) && takes_the_ask(connection, &atoms, window)? {
            windows.push(window);
        }
    }
    windows.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Some((atoms, windows)))
}

/// What the resources of the process's connections start with, as the server knows it
/// from the sockets (X-Resource 1.2, in every server since 2012). What a window says of
/// itself in `_NET_WM_PID` is in a sandbox the number within it.
fn clients_of(connection: &RustConnection, pid: u32) -> Result<Vec<u32>, ReplyError> {
    if connection
        .extension_information(res::X11_EXTENSION_NAME)?
        .is_none()
    {
        return Ok(Vec::new());
    }
    let every_client = res::ClientIdSpec {
        client: 0,
        mask: res::ClientIdMask::LOCAL_CLIENT_PID,
    };
    let ids = connection.res_query_client_ids(&[every_client])?.reply()?;
    let its = ids.ids.into_iter().filter(|id| id.value == [pid]);
    Ok(its.map(|id| id.spec.client).collect())
}

/// The windows that the window manager keeps (EWMH, `_NET_CLIENT_LIST`): also those
/// that are minimised or on another workspace, wherever in the tree it has put them.
/// Where there is none, those that can be seen.
fn top_windows(
    connection: &RustConnection,
    atoms: &Atoms,
    root: Window,
) -> Result<Vec<Window>, ReplyError> {
    let list = property(connection, root, atoms._NET_CLIENT_LIST, AtomEnum::WINDOW)?;
    if let Some(managed) = list.as_ref().and_then(GetPropertyReply::value32) {
        return Ok(managed.collect());
    }
    let mut visible = Vec::new();
    for window in connection.query_tree(root)?.reply()?.children {
        let attributes = connection.get_window_attributes(window)?.reply();
        // Menus and tooltips override the redirect.
        if let Some(attributes) = unless_gone(attributes)?
            && attributes.map_state == MapState::VIEWABLE
            && !attributes.override_redirect
        {
            visible.push(window);
        }
    }
    Ok(visible)
}

/// Whether a window takes part in `WM_DELETE_WINDOW` (ICCCM 4.2.8.1): the others would
/// have to be destroyed. And that it is of this computer (ICCCM 4.1.2.9), since a
/// container's processes have numbers of their own.
fn takes_the_ask(
    connection: &RustConnection,
    atoms: &Atoms,
    window: Window,
) -> Result<bool, ReplyError> {
    let protocols = property(connection, window, atoms.WM_PROTOCOLS, AtomEnum::ATOM)?;
    let machine = AtomEnum::WM_CLIENT_MACHINE.into();
    let machine = property(connection, window, machine, AtomEnum::STRING)?;
    let takes = protocols
        .as_ref()
        .and_then(GetPropertyReply::value32)
        .is_some_and(|mut protocols| protocols.any(|atom| atom == atoms.WM_DELETE_WINDOW));
    Ok(takes
        && machine.is_some_and(|name| name.value == crate::platform::unix::host_name().as_bytes()))
}

fn property(
    connection: &RustConnection,
    window: Window,
    name: Atom,
    kind: AtomEnum,
) -> Result<Option<GetPropertyReply>, ReplyError> {
    let most = 0x1000; // four-byte units
    let reply = connection.get_property(false, window, name, kind, 0, most)?;
    unless_gone(reply.reply())
}

/// A window can go while it is looked at; what the server says then is an answer.
fn unless_gone<T>(reply: Result<T, ReplyError>) -> Result<Option<T>, ReplyError> {
    match reply {
        Ok(reply) => Ok(Some(reply)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(e) => Err(e),
    }
}

/// ICCCM 4.2.8: the message of a window manager, without the event mask that would
/// send it to others.
fn ask(connection: &RustConnection, atoms: &Atoms, window: Window) -> io::Result<()> {
    let data = [atoms.WM_DELETE_WINDOW, x11rb::CURRENT_TIME, 0, 0, 0];
    let message = ClientMessageEvent::new(32, window, atoms.WM_PROTOCOLS, data);
    let watched = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    connection
        .change_window_attributes(window, &watched)
        .and_then(|_| connection.send_event(false, window, EventMask::NO_EVENT, message))
        .and_then(|_| connection.flush())
        .map_err(io::Error::other)
}

/// Whether a window that was asked disappears in time.
fn is_gone(connection: &RustConnection, window: Window) -> bool {
    let began = Instant::now();
    while began.elapsed() < WINDOWS_PATIENCE {
        match connection.poll_for_event() {
            Ok(Some(Event::UnmapNotify(event))) if event.window == window => return true,
            Ok(Some(Event::DestroyNotify(event))) if event.window == window => return true,
            // It went before it could be asked.
            Ok(Some(Event::Error(error))) if error.bad_value == window => return true,
            Ok(Some(_)) => {}
            Ok(None) => thread::sleep(Duration::from_millis(10)),
            Err(_) => return true,
        }
    }
    false
}
