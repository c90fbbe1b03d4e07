//! Which cookies are a login, as far as their names tell. No I/O.
//!
//! Nothing but the site knows for certain. The names of well-known services are
//! listed; beyond them a login mostly calls itself a session or a token. What only fends
//! off robots is never one: that is what has to go when a site locks somebody out.

/// A service's hosts (and those below them), and the names of its login cookies; a `*`
/// at the end stands for any text.
///
/// As the services' own pages and cookie notices name them, 2026.
const KNOWN: &[(&[&str], &[&str])] = &[
    (
        &["openai.com", "chatgpt.com"],
        &[
            "__Secure-next-auth.session-token*",
            "__Host-next-auth.csrf-token",
            "oai-client-auth-session",
            "login_session",
            "unified_session_manifest",
            "auth_provider",
            "hydra_redirect",
        ],
    ),
    (&["claude.ai", "anthropic.com"], &["sessionKey*"]),
    (
        &["google.com", "youtube.com"],
        &[
            "SID",
            "HSID",
            "SSID",
            "APISID",
            "SAPISID",
            "LSID",
            "OSID",
            "SIDCC",
            "__Secure-1P*",
            "__Secure-3P*",
            "__Secure-OSID",
            "__Host-1PLSID",
            "__Host-3PLSID",
            "__Host-GAPS",
            "LOGIN_INFO",
            "ACCOUNT_CHOOSER",
        ],
    ),
    (
        &[
            "live.com",
            "microsoftonline.com",
            "microsoft.com",
            "office.com",
            "bing.com",
        ],
        &[
            "ESTSAUTH*",
            "MSPAuth",
            "MSPProf",
            "RPSAuth",
            "RPSSecAuth",
            "WLSSC",
            "SDIDC",
            "JSHP",
            "__Host-MSAAUTH*",
            "OIDCAuthCookie",
            "_U",
        ],
    ),
    (
        &["github.com"],
        &[
            "user_session",
            "__Host-user_session_same_site",
            "logged_in",
            "dotcom_user",
        ],
    ),
    (
        &["facebook.com", "instagram.com", "messenger.com"],
        &["c_user", "xs", "sessionid", "ds_user_id"],
    ),
    (&["x.com", "twitter.com"], &["auth_token", "ct0", "twid"]),
    (&["linkedin.com"], &["li_at", "li_rm"]),
    (
        &["amazon.com"],
        &["at-main", "sess-at-main", "x-main", "session-token"],
    ),
    (&["reddit.com"], &["reddit_session", "token_v2"]),
    (&["discord.com"], &["__dcfduid", "__sdcfduid"]),
    (
        &["apple.com", "icloud.com"],
        &["myacinfo", "X-APPLE-WEBAUTH-*"],
    ),
];

/// Names that common systems give to logins, at whatever host.
const EVERYWHERE: &[&str] = &[
    "wordpress_logged_in_*",
    "wordpress_sec_*",
    "CF_Authorization",
    "CF_AppSession",
    ".ASPXAUTH*",
    ".AspNet.*",
    ".AspNetCore.*",
    "SESS*",
    "SSESS*",
];

/// Words in the names of logins everywhere, in lower case.
const WORDS: &[&str] = &[
    "session", "sess", "auth", "token", "login", "jwt", "sso", "remember", "sid",
];

/// Names that are never a login, whatever words are in them: what a service that fends
/// off robots sets (Cloudflare, Akamai, Imperva, DataDome, PerimeterX, AWS WAF), and
/// what counts visitors. (A token that protects a form belongs to a login.)
const NEVER: &[&str] = &[
    "cf_*",
    "__cf*",
    "_cf*",
    "cf-*",
    "ak_*",
    "_abck",
    "bm_*",
    "visid_incap*",
    "incap_ses*",
    "nlbi_*",
    "datadome",
    "_px*",
    "aws-waf-token",
    "_ga*",
    "_gid",
    "_gcl*",
];

/// Whether a cookie is a login, or looks like one.
pub(crate) fn is_login(host: &str, name: &str) -> bool {
    let host = host.trim_start_matches('.');
    let is_below = |known: &str| {
        host.strip_suffix(known)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let is_any = |patterns: &[&str]| patterns.iter().any(|pattern| is_like(name, pattern));
    if is_any(EVERYWHERE) {
        return true;
    }
    if NEVER.iter().any(|pattern| is_like(name, pattern)) {
        return false;
    }
    let known = KNOWN
        .iter()
        .filter(|(hosts, _)| hosts.iter().any(|host| is_below(host)));
    if known
        .flat_map(|(_, names)| *names)
        .any(|pattern| is_like(name, pattern))
    {
        return true;
    }
    let name = name.to_lowercase();
    // As a word of its own: "basid" is none.
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| WORDS.contains(&word) || word.ends_with("session") || word.ends_with("token"))
        || name.ends_with("sessid")
        || name.ends_with("sessionid")
}

fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::is_login;

    #[test]
    fn logins_are_told_from_what_fends_off_robots() {
        let rows = [
            (".openai.com", "__Secure-next-auth.session-token", true),
            ("chatgpt.com", "__Secure-next-auth.session-token.0", true),
            ("auth.openai.com", "login_session", true),
            ("auth.openai.com", "hydra_redirect", true),
            ("evil.example", "hydra_redirect", false),
            (".openai.com", "cf_clearance", false),
            (".openai.com", "__cf_bm", false),
            (".openai.com", "_cfuvid", false),
            (".openai.com", "oai-did", false),
            ("accounts.google.com", "__Secure-1PSID", true),
            (".google.com", "SID", true),
            (".google.com", "NID", false),
            ("notgoogle.com", "HSID", false),
            ("shop.example", "PHPSESSID", true),
            ("shop.example", "JSESSIONID", true),
            ("shop.example", "connect.sid", true),
            ("shop.example", "ASP.NET_SessionId", true),
            ("shop.example", "remember_token", true),
            ("shop.example", "laravel_session", true),
            ("shop.example", "aws-waf-token", false),
            ("shop.example", "incap_ses_12_34", false),
            ("shop.example", "basid", false),
            ("blog.example", "wordpress_logged_in_0123abcd", true),
            ("tool.example", "CF_Authorization", true),
            ("tool.example", ".AspNetCore.Cookies", true),
            ("shop.example", "theme", false),
            ("shop.example", "author", false),
        ];
        for (host, name, expected) in rows {
            assert_eq!(is_login(host, name), expected, "{name} of {host}");
        }
    }
}
