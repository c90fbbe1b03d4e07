//! A site's side of Device Bound Session Credentials, on every host there is:
//! <https://w3c.github.io/webappsec-dbsc/>, as Chromium 156 has it.
//!
//! A page asks for a session; the browser makes a key and posts to where the page said;
//! the answer tells it which cookie is bound. Before a request without that cookie, the
//! browser posts to the session's address, signs what it is challenged with, and is
//! given the cookie again.

use serde_json::json;

/// Has Chromium take part, with keys that are kept in the profile: a machine for tests
/// has no TPM.
pub const WITH_DEVICE_BOUND: &str = "--enable-features=DeviceBoundSessions,\
     EnableBoundSessionCredentialsSoftwareKeysForManualTesting";

/// The path of the page that asks for a session.
pub const BIND: &str = "/bind";
/// The path of the address that gives the session's cookie again.
pub const REFRESH: &str = "/bind/refresh";
/// The name of the cookie.
pub const BOUND_COOKIE: &str = "bound";

const START: &str = "/bind/start";
const ID: &str = "the-session";
/// The header with what the browser has signed.
pub(super) const PROOF: &str = "Secure-Session-Response";

/// The whole answer, where the path is one of these.
pub(super) fn answer(host: &str, path: &str, proof: Option<&str>) -> Option<String> {
    match path {
        BIND => {
            let header = format!(
                "Secure-Session-Registration: (ES256 RS256);path=\"{START}\";challenge=\"first\""
            );
            let page = "<!doctype html><link rel=icon href=\"data:,\"><title>/bind</title>";
            Some(whole("200 OK", "text/html", &header, page))
        }
        START | REFRESH if proof.is_some() => {
            let attributes = "Path=/; Secure; HttpOnly; SameSite=Lax";
            let session = json!({
                "session_identifier": ID,
                "refresh_url": REFRESH,
                "scope": {
                    "origin": format!("https://{host}"),
                    "include_site": true,
                    "scope_specification": [],
                },
                "credentials": [{
                    "type": "cookie",
                    "name": BOUND_COOKIE,
                    "attributes": attributes,
                }],
            });
            let header =
                format!("Set-Cookie: {BOUND_COOKIE}=to-{host}; Max-Age=86400; {attributes}");
            let session = session.to_string();
            Some(whole("200 OK", "application/json", &header, &session))
        }
        START | REFRESH => {
            let header = format!("Secure-Session-Challenge: \"again\";id=\"{ID}\"");
            Some(whole("403 Forbidden", "text/plain", &header, ""))
        }
        _ => None,
    }
}

fn whole(status: &str, kind: &str, header: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n{header}\r\n\r\n{body}",
        body.len()
    )
}
