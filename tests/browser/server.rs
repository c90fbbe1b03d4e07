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

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::PublicKeyData;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest, Sha256};

use super::{device_bound, site_data};

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

/// What the server and the browser drivers share.
#[derive(Clone, Default)]
pub(super) struct Exchange(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    log: Vec<Request>,
    offers: Vec<Vec<String>>,
}

impl Exchange {
    /// Has the server set `cookies` in answer to the first request, from any
    /// host, for the path that this returns. Only the first, and not by what
    /// the address says: a browser that opens its old tabs again must not get
    /// the cookies again, nor should its history hold their values.
    pub(super) fn offer(&self, cookies: &[&str]) -> String {
        let mut state = self.0.lock().unwrap();
        // Of one segment, so that a cookie without a path gets the path `/`.
        state
            .offers
            .push(cookies.iter().map(|cookie| cookie.to_string()).collect());
        format!("/set-{}", state.offers.len() - 1)
    }

    /// Panics unless the offer at `path` was fetched from `host`.
    pub(super) fn assert_taken(&self, host: &str, path: &str) {
        let state = self.0.lock().unwrap();
        assert!(
            state.log.iter().any(|r| r.host == host && r.path == path),
            "the browser did not ask {host} for {path}"
        );
    }

    fn take(&self, path: &str) -> Vec<String> {
        let number = path.strip_prefix("/set-").and_then(|n| n.parse().ok());
        let mut state = self.0.lock().unwrap();
        number
            .and_then(|number: usize| state.offers.get_mut(number))
            .map(std::mem::take)
            .unwrap_or_default()
    }

    fn push(&self, request: Request) {
        self.0.lock().unwrap().log.push(request);
    }

    fn requests(&self) -> Vec<Request> {
        self.0.lock().unwrap().log.clone()
    }
}

pub struct Server {
    address: SocketAddr,
    public_key_hash: String,
    exchange: Exchange,
    stop: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start() -> Server {
        let (tls, public_key_hash) = tls_config();
        let tls = Arc::new(tls);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("the address of the server");
        let exchange = Exchange::default();
        let stop = Arc::new(AtomicBool::new(false));
        let acceptor = {
            let (exchange, stop) = (exchange.clone(), Arc::clone(&stop));
            thread::spawn(move || {
                for connection in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(connection) = connection else { continue };
                    let (exchange, tls) = (exchange.clone(), Arc::clone(&tls));
                    // A connection that breaks is the browser's to report.
                    thread::spawn(move || {
                        let _ = serve(connection, tls, &exchange);
                    });
                }
            })
        };
        Server {
            address,
            public_key_hash,
            exchange,
            stop,
            acceptor: Some(acceptor),
        }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// SHA-256 of the public key of its certificate, in base64.
    pub(super) fn public_key_hash(&self) -> &str {
        &self.public_key_hash
    }

    /// Every request so far, in the order of arrival; also those that browsers
    /// make on their own account, to their makers' hosts.
    pub fn requests(&self) -> Vec<Request> {
        self.exchange.requests()
    }

    /// The cookies that came with the newest request to `host`, sorted; `None`
    /// where the host was never asked for anything.
    pub fn cookies_sent_to(&self, host: &str) -> Option<Vec<String>> {
        let newest = self
            .exchange
            .requests()
            .into_iter()
            .rfind(|r| r.host == host)?;
        let mut cookies = newest.cookies;
        cookies.sort();
        Some(cookies)
    }

    pub(super) fn exchange(&self) -> Exchange {
        self.exchange.clone()
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

/// With the hash of the certificate's public key.
fn tls_config() -> (ServerConfig, String) {
    // The browsers are told to accept it for any host, so one name does for all.
    let made =
        rcgen::generate_simple_self_signed(["localhost".to_string()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let hash = Sha256::digest(made.signing_key.subject_public_key_info());
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the protocol versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("the certificate with its key");
    (config, BASE64.encode(hash))
}

fn serve(mut connection: TcpStream, tls: Arc<ServerConfig>, exchange: &Exchange) -> io::Result<()> {
    // Browsers open connections ahead of need and leave them idle.
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    connection.set_write_timeout(Some(Duration::from_secs(30)))?;
    if !starts_with_tls(&connection)? {
        let head = read_head(&mut connection)?;
        if !head.starts_with("CONNECT ") {
            return answer(&mut connection, &head, exchange);
        }
        connection.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        if !starts_with_tls(&connection)? {
            let head = read_head(&mut connection)?;
            return answer(&mut connection, &head, exchange);
        }
    }
    let session = ServerConnection::new(tls).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(session, connection);
    let head = read_head(&mut stream)?;
    answer(&mut stream, &head, exchange)?;
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

fn answer(stream: &mut impl Write, head: &str, exchange: &Exchange) -> io::Result<()> {
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
    let host = without_port(header("host").next().unwrap_or_default());
    exchange.push(Request {
        host: host.to_string(),
        path: path.to_string(),
        cookies: header("cookie")
            .flat_map(|line| line.split(';'))
            .map(|cookie| cookie.trim().to_string())
            .collect(),
    });

    let (route, query) = path.split_once('?').unwrap_or((path, ""));
    let proof = header(device_bound::PROOF).next();
    if let Some(answer) = device_bound::answer(host, route, proof) {
        stream.write_all(answer.as_bytes())?;
        return stream.flush();
    }
    if let Some((kind, body)) = site_data::page(route) {
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\n\
             Content-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        return stream.flush();
    }
    let mut headers = String::new();
    for cookie in exchange.take(path) {
        headers.push_str(&format!("Set-Cookie: {cookie}\r\n"));
    }
    let mut body = String::new();
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
    // With an icon of its own, the page is the only thing that a visit asks for.
    let body = format!(
        "<!doctype html><meta charset=utf-8><link rel=icon href=\"data:,\">\
         <title>{route}</title>{body}"
    );
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
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
