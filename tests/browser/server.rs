//! A web server on loopback that stands in for every host there is.
//!
//! It speaks TLS, because openai.com and many others are on the browsers' lists
//! of hosts that may be reached by HTTPS only; plain HTTP on the same port, for
//! the hosts that are not; and the CONNECT method, so that a browser can use it
//! as its proxy and keep the ordinary port 443 in its addresses. (Firefox puts
//! any other port into the partition key.)

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// One request, as it reached the server.
#[derive(Clone, Debug)]
pub struct Request {
    /// Without the port.
    pub host: String,
    /// With the query.
    pub path: String,
    /// `name=value` of each cookie that the browser sent.
    pub cookies: Vec<String>,
}

#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<Request>>>);

impl Log {
    fn push(&self, request: Request) {
        self.0.lock().unwrap().push(request);
    }

    pub(super) fn all(&self) -> Vec<Request> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Whether `host` was asked for something below `path` since the log had
    /// `from` entries.
    pub(super) fn has_since(&self, from: usize, host: &str, path: &str) -> bool {
        let log = self.0.lock().unwrap();
        log[from..]
            .iter()
            .any(|request| request.host == host && request.path.starts_with(path))
    }
}

pub struct Server {
    address: SocketAddr,
    log: Log,
    stop: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start() -> Server {
        let tls = Arc::new(tls_config());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("the address of the server");
        let log = Log::default();
        let stop = Arc::new(AtomicBool::new(false));
        let acceptor = {
            let (log, stop) = (log.clone(), Arc::clone(&stop));
            thread::spawn(move || {
                for connection in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(connection) = connection else { continue };
                    let (log, tls) = (log.clone(), Arc::clone(&tls));
                    // A connection that breaks is the browser's to report.
                    thread::spawn(move || {
                        let _ = serve(connection, tls, &log);
                    });
                }
            })
        };
        Server {
            address,
            log,
            stop,
            acceptor: Some(acceptor),
        }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.log.all()
    }

    /// The cookies that came with the newest request to `host`, sorted; `None`
    /// where the host was never asked for anything.
    pub fn cookies_sent_to(&self, host: &str) -> Option<Vec<String>> {
        let newest = self.log.all().into_iter().rfind(|r| r.host == host)?;
        let mut cookies = newest.cookies;
        cookies.sort();
        Some(cookies)
    }

    pub(super) fn log(&self) -> Log {
        self.log.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The acceptor looks at `stop` when somebody connects.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn tls_config() -> ServerConfig {
    // The browsers are told to accept any certificate, so one name does for all.
    let made =
        rcgen::generate_simple_self_signed(["localhost".to_string()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("the certificate with its key")
}

fn serve(mut connection: TcpStream, tls: Arc<ServerConfig>, log: &Log) -> io::Result<()> {
    // Browsers open connections ahead of need and leave them idle.
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    connection.set_write_timeout(Some(Duration::from_secs(30)))?;
    if !starts_with_tls(&connection)? {
        let head = read_head(&mut connection)?;
        if !head.starts_with("CONNECT ") {
            return answer(&mut connection, &head, log);
        }
        connection.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        if !starts_with_tls(&connection)? {
            let head = read_head(&mut connection)?;
            return answer(&mut connection, &head, log);
        }
    }
    let session = ServerConnection::new(tls).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(session, connection);
    let head = read_head(&mut stream)?;
    answer(&mut stream, &head, log)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn starts_with_tls(connection: &TcpStream) -> io::Result<bool> {
    const HANDSHAKE_RECORD: u8 = 0x16;
    let mut first = [0];
    Ok(connection.peek(&mut first)? == 1 && first[0] == HANDSHAKE_RECORD)
}

/// A request up to its empty line. There are no bodies here.
fn read_head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    // Byte by byte, so that nothing of a TLS handshake after CONNECT is taken.
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 256 * 1024 {
            return Err(io::Error::other("a request without an end"));
        }
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn answer(stream: &mut impl Write, head: &str, log: &Log) -> io::Result<()> {
    let target = head.split(' ').nth(1).unwrap_or("/");
    // A proxy is asked for the whole address.
    let path = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    };
    let header = |name: &'static str| {
        head.lines().skip(1).filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    log.push(Request {
        host: without_port(header("host").next().unwrap_or_default()).to_string(),
        path: path.to_string(),
        cookies: header("cookie")
            .flat_map(|line| line.split(';'))
            .map(|cookie| cookie.trim().to_string())
            .collect(),
    });

    let (route, query) = path.split_once('?').unwrap_or((path, ""));
    let mut headers = String::new();
    let mut body = String::new();
    let mut status = "200 OK";
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match (route, &*key) {
            ("/set", "c") => headers.push_str(&format!("Set-Cookie: {value}\r\n")),
            ("/embed", "src") => {
                let src = value.replace('&', "&amp;").replace('"', "&quot;");
                body.push_str(&format!("<iframe src=\"{src}\"></iframe>"));
            }
            _ => {}
        }
    }
    if route == "/favicon.ico" {
        status = "404 Not Found";
    }
    let body = format!("<!doctype html><meta charset=utf-8><title>{route}</title>{body}");
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n{headers}\r\n{body}",
        body.len()
    )?;
    stream.flush()
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons inside `[::1]` are not ports.
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}
