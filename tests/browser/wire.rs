//! Calls and events over a WebSocket. The Chrome DevTools Protocol and WebDriver
//! BiDi share the shape: `{id, method, params}` is answered with the same id.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Error, Message, WebSocket};

use super::{Kind, PATIENCE};

pub(super) struct Wire {
    kind: Kind,
    socket: WebSocket<TcpStream>,
    next_id: u64,
    events: VecDeque<Value>,
}

impl Wire {
    pub(super) fn connect(kind: Kind, port: u16, path: &str) -> Wire {
        let name = kind.name();
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .unwrap_or_else(|error| panic!("cannot connect to {name} on port {port}: {error}"));
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("a time-out");
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream)
            .unwrap_or_else(|error| panic!("{name} does not speak WebSocket: {error}"));
        socket
            .get_ref()
            .set_read_timeout(Some(Duration::from_millis(200)))
            .expect("a time-out");
        Wire {
            kind,
            socket,
            next_id: 0,
            events: VecDeque::new(),
        }
    }

    /// Calls `method` and returns its result. `session` is the DevTools
    /// protocol's way to name a tab.
    pub(super) fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        let name = self.kind.name();
        let url = params["url"].as_str().unwrap_or_default().to_string();
        let id = self
            .send(session, method, params)
            .unwrap_or_else(|error| panic!("cannot send {method} {url} to {name}: {error}"));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self.read(deadline, &format!("the answer to {method} {url}"));
            if message["id"] != id {
                self.events.push_back(message);
                continue;
            }
            assert!(
                message["error"].is_null(),
                "{name} refused {method} {url}: {message}"
            );
            return message["result"].clone();
        }
    }

    /// Calls a method after which the browser may hang up instead of answering.
    pub(super) fn call_last(&mut self, method: &str) {
        let _ = self.send(None, method, json!({}));
    }

    pub(super) fn forget_events(&mut self) {
        self.events.clear();
    }

    /// Waits for the event that `wanted` accepts, among those that came since
    /// [`forget_events`](Self::forget_events) and those to come.
    pub(super) fn wait_for_event(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = match self.events.pop_front() {
                Some(event) => event,
                None => self.read(deadline, what),
            };
            if wanted(&event) {
                return;
            }
        }
    }

    fn send(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<u64, Error> {
        self.next_id += 1;
        let mut message = json!({ "id": self.next_id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.socket.send(Message::text(message.to_string()))?;
        Ok(self.next_id)
    }

    fn read(&mut self, deadline: Instant, what: &str) -> Value {
        let name = self.kind.name();
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    return serde_json::from_str(text.as_str()).expect("JSON from the browser");
                }
                Ok(_) => {}
                Err(Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => panic!("{name} hung up before {what}: {error}"),
            }
            assert!(
                Instant::now() < deadline,
                "gave up after {} s of waiting for {what} from {name}",
                PATIENCE.as_secs()
            );
        }
    }
}
