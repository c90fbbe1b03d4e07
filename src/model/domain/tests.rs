//! Which hosts belong to what a person types.

use super::*;

#[test]
fn hosts_belong_by_whole_labels() {
    // What is typed, a stored host, whether its cookies go, and why.
    let rows = [
        (
            "openai.com",
            "openai.com",
            true,
            "a host-only cookie of the host itself",
        ),
        (
            "openai.com",
            ".openai.com",
            true,
            "a domain cookie of the host itself",
        ),
        ("openai.com", "chat.openai.com", true, "a host below"),
        (
            "openai.com",
            ".chat.openai.com",
            true,
            "a domain cookie of a host below",
        ),
        (
            "openai.com",
            "a.b.openai.com",
            true,
            "any number of labels below",
        ),
        (
            "openai.com",
            "notopenai.com",
            false,
            "ends with the letters, not the label",
        ),
        (
            "openai.com",
            ".notopenai.com",
            false,
            "the same with a dot of its own",
        ),
        ("openai.com", "openai.com.evil.net", false, "begins with it"),
        ("openai.com", "openaiXcom", false, "a dot is a dot"),
        ("openai.com", "com", false, "what is above is not below"),
        ("openai.com", "", false, "no host at all"),
        ("openai.com", ".", false, "no host at all, with a dot"),
        (
            "openai.com",
            "..openai.com",
            false,
            "an empty label is no host below",
        ),
        (
            "chat.openai.com",
            "chat.openai.com",
            true,
            "a subdomain alone",
        ),
        (
            "chat.openai.com",
            ".openai.com",
            false,
            "the parent's cookies stay",
        ),
        (
            "chat.openai.com",
            "auth.openai.com",
            false,
            "so do the sister's",
        ),
        (
            "a_b.example.com",
            "a_b.example.com",
            true,
            "an underscore is a letter",
        ),
        (
            "a_b.example.com",
            "axb.example.com",
            false,
            "and no wildcard",
        ),
        ("OpenAI.COM", "openai.com", true, "upper case"),
        ("openai.com", "OpenAI.com", false, "which no browser stores"),
        (
            ".openai.com",
            "openai.com",
            true,
            "a leading dot means the same",
        ),
        ("openai.com.", "openai.com", true, "a trailing dot"),
        (
            "https://chat.openai.com/c/1?q#f",
            "chat.openai.com",
            true,
            "a URL means its host",
        ),
        (
            "https://chat.openai.com/c/1?q#f",
            "openai.com",
            false,
            "not the host above",
        ),
        (
            "openai.com/path",
            "openai.com",
            true,
            "a URL without its scheme",
        ),
        (
            "openai.com:8443",
            "openai.com",
            true,
            "a port: cookies know none",
        ),
        (
            "http://user:pw@openai.com/",
            "openai.com",
            true,
            "a URL with a user",
        ),
        (
            "b\u{fc}cher.example",
            "xn--bcher-kva.example",
            true,
            "an IDN as it is read",
        ),
        (
            "B\u{dc}CHER.example",
            "xn--bcher-kva.example",
            true,
            "in upper case",
        ),
        (
            "bu\u{308}cher.example",
            "xn--bcher-kva.example",
            true,
            "in decomposed letters",
        ),
        (
            "xn--bcher-kva.example",
            "xn--bcher-kva.example",
            true,
            "an IDN as it is stored",
        ),
        (
            "openai\u{3002}com",
            "openai.com",
            true,
            "an ideographic full stop",
        ),
        ("192.0.2.7", "192.0.2.7", true, "an IPv4 address"),
        (
            "192.0.2.7",
            "1.192.0.2.7",
            false,
            "nothing is below an address",
        ),
        (
            "192.0.2.7:8080",
            "192.0.2.7",
            true,
            "an address with a port",
        ),
        ("::1", "[::1]", true, "an IPv6 address"),
        ("[::1]", "[::1]", true, "in brackets"),
        (
            "http://[2001:DB8::1]:80/",
            "[2001:db8::1]",
            true,
            "in a URL, in upper case",
        ),
        ("localhost", "localhost", true, "localhost"),
        ("localhost:3000", "localhost", true, "localhost with a port"),
        (
            "localhost",
            "a.localhost",
            false,
            "nothing is below a single label",
        ),
        (
            "http://nas/",
            "nas",
            true,
            "a single label, when clearly a host",
        ),
        (
            "alice.github.io",
            "alice.github.io",
            true,
            "a site under a private suffix",
        ),
        (
            "alice.github.io",
            "bob.github.io",
            false,
            "and not its neighbour",
        ),
        (
            "example.co.jp",
            "www.example.co.jp",
            true,
            "a suffix of two labels",
        ),
        (
            "host.internal",
            "a.host.internal",
            true,
            "a suffix that no list knows",
        ),
    ];
    for (typed, host, belongs, why) in rows {
        let domain = Domain::parse(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
        assert_eq!(
            domain.owns(host.as_bytes(), false),
            belongs,
            "{typed} and {host}: {why}"
        );
    }
}

#[test]
fn addresses_are_written_as_the_url_standard_does() {
    let domain = Domain::parse("::ffff:1.2.3.4").unwrap();
    assert_eq!(domain.as_str(), "[::ffff:102:304]");
}

#[test]
fn exact_leaves_the_hosts_below() {
    let domain = Domain::parse("openai.com").unwrap();
    assert!(domain.owns(b"openai.com", true));
    assert!(domain.owns(b".openai.com", true));
    assert!(!domain.owns(b"chat.openai.com", true));
}

#[test]
fn cookies_of_hosts_above_are_told_when_they_are_sent_along() {
    let rows = [
        (
            "chat.openai.com",
            ".openai.com",
            true,
            "a domain cookie of the parent",
        ),
        (
            "chat.openai.com",
            "openai.com",
            false,
            "a host-only one is not sent",
        ),
        (
            "chat.openai.com",
            ".chat.openai.com",
            false,
            "its own is no parent's",
        ),
        ("chat.openai.com", ".notopenai.com", false, "a stranger's"),
        (
            "nicechat.openai.com",
            ".chat.openai.com",
            false,
            "by labels, not letters",
        ),
        (
            "openai.com",
            ".com",
            true,
            "no browser stores it, but it would be",
        ),
        ("192.0.2.7", ".2.7", false, "an address has no parent"),
        ("chat.openai.com", ".", false, "no host"),
    ];
    for (typed, host, sent, why) in rows {
        let domain = Domain::parse(typed).unwrap();
        assert_eq!(
            domain.is_sent(host.as_bytes()),
            sent,
            "{typed} and {host}: {why}"
        );
    }
}

#[test]
fn what_names_no_single_site_is_refused() {
    type Check = fn(&DomainError) -> bool;
    let empty: Check = |e| matches!(e, DomainError::Empty);
    let suffix: Check = |e| matches!(e, DomainError::PublicSuffix(_));
    let bare: Check = |e| matches!(e, DomainError::BareWord(_));
    let wildcard: Check = |e| matches!(e, DomainError::Wildcard(_));
    let no_host: Check = |e| matches!(e, DomainError::NotAHost(_));
    let scheme: Check = |e| matches!(e, DomainError::Scheme(_));
    let rows = [
        ("", empty, "nothing"),
        ("   ", empty, "nothing but space"),
        ("com", suffix, "a top-level domain"),
        ("COM.", suffix, "the same, dressed up"),
        ("co.jp", suffix, "a suffix of two labels"),
        (
            "github.io",
            suffix,
            "a private suffix: others live there too",
        ),
        ("https://github.io/", suffix, "in a URL"),
        ("openai", bare, "a bare word"),
        ("*.openai.com", wildcard, "a wildcard"),
        ("*openai*", wildcard, "more of them"),
        ("openai com", no_host, "two words"),
        ("openai\u{1b}[2J.com", no_host, "a terminal escape"),
        ("bob@openai.com", no_host, "a mail address"),
        ("openai..com", no_host, "an empty label"),
        ("..", no_host, "only dots"),
        (".", no_host, "one dot"),
        ("/etc/passwd", no_host, "a path"),
        ("openai.com:port", no_host, "no port"),
        (
            "1020",
            no_host,
            "a number is an address only to the URL standard",
        ),
        ("0x7f.1", no_host, "so is this"),
        ("999.1.1.1", no_host, "an address that is none"),
        ("a%00b.com", no_host, "an encoded NUL"),
        ("%openai.com", no_host, "a wildcard of SQL"),
        ("'; DROP TABLE cookies", no_host, "SQL"),
        ("file:///etc", scheme, "no scheme with cookies"),
        ("chrome://settings/cookies", scheme, "nor this"),
    ];
    for (typed, is_right, why) in rows {
        match Domain::parse(typed) {
            Ok(domain) => panic!("{typed:?} ({why}) was taken as {domain}"),
            Err(error) => assert!(is_right(&error), "{typed:?} ({why}): {error:?}"),
        }
    }
    let long_label = format!("{}.com", "a".repeat(64));
    assert!(Domain::parse(&long_label).is_err());
    assert!(Domain::parse(&format!("{}com", "a.".repeat(125))).is_ok());
    assert!(Domain::parse(&format!("{}com", "a.".repeat(126))).is_err());
}

#[test]
fn a_host_belongs_to_the_site_that_the_suffix_list_gives() {
    let rows = [
        (".chat.openai.com", "openai.com"),
        ("openai.com", "openai.com"),
        ("a.b.alice.github.io", "alice.github.io"),
        ("www.example.co.jp", "example.co.jp"),
        ("co.jp", "co.jp"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("[::1]", "[::1]"),
        // A dot at the end makes another host.
        (".openai.com.", "openai.com."),
        ("a..com", "a..com"),
    ];
    for (host, site) in rows {
        assert_eq!(site_of(host), site, "{host}");
    }
}

#[test]
fn similar_names_differ_by_a_typing_error() {
    for (one, other, similar) in [
        ("openai.con", "openai.com", true),
        ("opneai.com", "openai.com", true),
        ("opena.con", "openai.com", true),
        ("openai.com", "openai.com", false),
        ("openai.com", "example.com", false),
        ("x.co", "x.com", true),
        ("t.co", "x.com", false),
    ] {
        assert_eq!(is_similar(one, other), similar, "{one} {other}");
    }
}

#[test]
fn hosts_have_at_most_253_bytes() {
    let label = "a".repeat(63);
    let host = |last: usize| format!("{label}.{label}.{label}.{}.com", "a".repeat(last));
    assert_eq!(host(57).len(), 253);
    assert!(Domain::parse(&host(57)).is_ok());
    assert!(matches!(
        Domain::parse(&host(58)),
        Err(DomainError::NotAHost(_))
    ));
}

#[test]
fn spaces_and_control_characters_are_refused() {
    for text in [
        "open ai.com",
        "open\tai.com",
        "open\nai.com",
        "open\u{1}ai.com",
        "open\u{3000}ai.com",
        "open\u{a0}ai.com",
    ] {
        let refused = Domain::parse(text);
        assert!(
            matches!(refused, Err(DomainError::NotAHost(_))),
            "{text:?}: {refused:?}"
        );
    }
}

#[test]
fn eight_letters_may_have_two_errors() {
    assert!(is_similar("chat.com", "caht.cmo"));
    assert!(!is_similar("hat.com", "aht.cmo"));
}
