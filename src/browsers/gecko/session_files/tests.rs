//! The text of a session file: what is found in it, cut out of it and put back.

use super::*;
use crate::model::domain::Domain;

fn session(text: &str) -> Session {
    Session::of(text.as_bytes().to_vec()).unwrap()
}

/// The containers of a profile that has none.
fn none() -> Containers {
    Containers::of(Path::new("no-such-profile"))
}

fn query() -> Query {
    Query {
        site_data: true,
        ..Query::all_of(vec![Domain::parse("openai.com").unwrap()])
    }
}

/// Of openai.com: its cookies, and what tabs have stored for it.
fn found(session: &Session) -> Vec<(Holds, Found)> {
    let file = Some(Path::new("file"));
    held(&query())
        .map(|holds| {
            let found = session.matching(holds, &query(), &none(), file, &mut |_| {});
            (holds, found.unwrap())
        })
        .collect()
}

/// Cuts openai.com out, and puts it back.
fn cut(text: &str) -> String {
    let whole = session(text);
    let found = found(&whole);
    let gone = found.iter().map(|(_, found)| found.gone.len() as u64).sum();
    let kept: Vec<_> = found
        .iter()
        .map(|(holds, found)| (*holds, found.kept))
        .collect();
    let mut rows = InMemory::of(&whole, &found);
    let mut again = InMemory::of(&whole, &found);
    let cuts = Cuts::merged(found.into_iter().map(|(_, found)| found.cuts));
    let print = Fingerprint::of(around(text.len(), &cuts).map(|piece| &text[piece]));
    let rest = without(text.into(), &cuts).unwrap();
    let rest = Session::of(rest.into_bytes()).unwrap();
    assert!(rest.is_rest_of(&print));
    rest.verify(&query(), &none(), &kept).unwrap();
    let left = rest.count_all().unwrap() + gone;
    assert_eq!(left, whole.count_all().unwrap());
    let cut = rest.text.clone();

    let mut result = Restored::default();
    let back = rest.wanted_back(&mut rows, &mut result).unwrap();
    let restored = result.restored + result.site_data;
    assert_eq!((restored, result.skipped), (gone, 0));
    assert_eq!(with(rest.text, &back).unwrap(), text);
    // A second time everything is there already.
    let mut result = Restored::default();
    whole.wanted_back(&mut again, &mut result).unwrap();
    let restored = result.restored + result.site_data;
    assert_eq!((restored, result.skipped), (0, gone));
    cut
}

/// A copy in memory.
struct InMemory(Rows, Vec<Vec<Value>>);

impl InMemory {
    fn of(session: &Session, found: &[(Holds, Found)]) -> Self {
        let mut sink = Self(
            Rows {
                kind: Kind::Firefox,
                version: 0,
                columns: Vec::new(),
                rows: 0,
                site_data: 0,
            },
            Vec::new(),
        );
        session.copy_out(found, 0, &mut sink).unwrap();
        assert_eq!(sink.0.rows, sink.1.len() as u64);
        sink.1.reverse();
        sink
    }
}

impl RowSink for InMemory {
    fn begin(&mut self, rows: &Rows) -> Result<(), Error> {
        self.0 = rows.clone();
        Ok(())
    }
    fn row(&mut self, values: &[Value]) -> Result<(), Error> {
        self.1.push(values.to_vec());
        Ok(())
    }
    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn keep(&mut self) {}
}

impl RowSource for InMemory {
    fn header(&self) -> &Rows {
        &self.0
    }
    fn next_row(&mut self) -> Result<Option<Vec<Value>>, Error> {
        Ok(self.1.pop())
    }
}

/// The place of every array, and how many elements it has.
fn places(text: &str) -> Vec<(String, usize)> {
    let mut places = Vec::new();
    let mut each = |array: &Array<'_>, part: Part<'_>| {
        match part {
            Part::Begin => places.push((array.place(), 0)),
            Part::Element(_) => places.last_mut().unwrap().1 += 1,
            Part::End(_) => {}
        }
        Ok(())
    };
    walk(text, Holds::Cookies, &Wanted::default(), &mut each).unwrap();
    places
}

const O: &str = r#"{"host":".openai.com","name":"a","value":"1"}"#;
const P: &str = r#"{"host":"chat.openai.com","value":"2","name":"b"}"#;
const X: &str = r#"{"host":"notopenai.com","name":"x","value":"3"}"#;
const Y: &str = r#"{ "host" : "example.com", "name" : "y" }"#;

#[test]
fn cuts_take_one_comma_at_every_position() {
    let rows: [(&[&str], &[&str]); 10] = [
        (&[O, X, Y], &[X, Y]),
        (&[X, O, Y], &[X, Y]),
        (&[X, Y, O], &[X, Y]),
        (&[O], &[]),
        (&[O, P], &[]),
        (&[O, P, X], &[X]),
        (&[O, X, P], &[X]),
        (&[X, O, P], &[X]),
        (&[X, O, Y, P], &[X, Y]),
        (&[X, Y], &[X, Y]),
    ];
    for (before, after) in rows {
        let text =
            |cookies: &[&str]| format!(r#"{{"a":1,"cookies":[{}],"z":[]}}"#, cookies.join(","));
        assert_eq!(cut(&text(before)), text(after));
    }
}

#[test]
fn white_space_stays_with_what_it_surrounds() {
    let text = format!("{{ \"cookies\" : [\n  {O} ,\n  {X},\t{P}\n] }}\n");
    assert_eq!(cut(&text), format!("{{ \"cookies\" : [\n  {X}] }}\n"));
    let text = format!("{{\"cookies\":[ \r\n{O}\n , {P} ]}}");
    assert_eq!(cut(&text), "{\"cookies\":[]}");
    assert_eq!(cut("{\"cookies\":[ \n ]}"), "{\"cookies\":[ \n ]}");
}

#[test]
fn cookies_are_found_wherever_they_stand_and_nothing_else_is() {
    let inner = format!(r#"{{"windows":[],"cookies":[{X},{O},{P}]}}"#);
    let string = serde_json::to_string(&inner).unwrap();
    let text = format!(
        r#"{{"cookies":[{O}],"lastSessionState":{{"cookies":[{X},{O}]}},
            "windows":[{{"cookies":[{O},{X}],"tabs":[
              {{"formdata":{{"url":"about:sessionrestore","id":{{"sessionData":{{"cookies":[{P}]}}}}}}}},
              {{"formdata":{{"url":"about:sessionrestore","id":{{"sessionData":{string}}}}}}},
              {{"formdata":{{"id":{{"other":{string}}}}},"cookies":"{{","title":"\"cookies\":[{{"}}]}}],
            "a/b~c":{{"cookies":[1,"x",null,{{"host":5,"name":"n"}},{{"name":"n"}}]}}}}"#
    );
    let expected = [
        ("/cookies", 1),
        ("/lastSessionState/cookies", 2),
        ("/windows/0/cookies", 2),
        ("/windows/0/tabs/0/formdata/id/sessionData/cookies", 1),
        ("/windows/0/tabs/1/formdata/id/sessionData~s/cookies", 3),
        ("/a~1b~0c/cookies", 5),
    ];
    assert_eq!(
        places(&text),
        expected.map(|(place, n)| (place.to_owned(), n))
    );
    let rest = cut(&text);
    let string = serde_json::to_string(&format!(r#"{{"windows":[],"cookies":[{X}]}}"#)).unwrap();
    assert!(
        rest.contains(&format!(r#""sessionData":{string}"#)),
        "{rest}"
    );
    assert!(
        rest.contains(r#"{"cookies":[],"lastSessionState""#),
        "{rest}"
    );
    assert_eq!(session(&rest).count(Holds::Cookies).unwrap(), 3);
}

#[test]
fn a_string_of_json_is_cut_as_it_is_escaped() {
    // Escapes that no encoder of today would choose, of every length.
    let inner = r#"{\"t\":\"\u00e9\ud83d\ude00\/ \\\" \u0022,\"cookies\":[\u007b\"host\":\"\u006fpenai.com\",\"name\":\"\\u00e9\"},{\"host\":\"b\u00fccher.example\",\"name\":\"n\"}\n]}"#;
    let text = format!(
        r#"{{"formdata":{{"url":"about:sessionrestore","id":{{"sessionData":"{inner}"}}}}}}"#
    );
    let rest = cut(&text);
    assert!(
        !rest.contains("openai") && !rest.contains("penai.com"),
        "{rest}"
    );
    assert!(
        rest.contains(r#"\"cookies\":[{\"host\":\"b\u00fccher.example\",\"name\":\"n\"}\n]"#),
        "{rest}"
    );
    assert!(
        rest.contains(r#"\u00e9\ud83d\ude00\/ \\\" \u0022"#),
        "{rest}"
    );
}

#[test]
fn strings_within_strings_are_looked_into() {
    let mut text = format!(r#"{{"cookies":[{O},{X}]}}"#);
    let mut rest = format!(r#"{{"cookies":[{X}]}}"#);
    for _ in 0..4 {
        for text in [&mut text, &mut rest] {
            let string = serde_json::to_string(&*text).unwrap();
            *text = format!(
                r#"{{"tabs":[{{"formdata":{{"url":"about:sessionrestore","id":{{"sessionData":{string}}}}}}}]}}"#
            );
        }
    }
    assert_eq!(cut(&text), rest);
}

#[test]
fn a_field_of_a_page_that_only_looks_like_a_session_stays() {
    for field in [
        r#""{\"cookies\":[""#,
        r#""hello""#,
        r#""""#,
        r#""\ud800""#,
        "5",
        "null",
    ] {
        let text = format!(
            r#"{{"formdata":{{"url":"about:sessionrestore","id":{{"sessionData":{field}}}}},"cookies":[{O}]}}"#
        );
        assert_eq!(cut(&text), text.replace(O, ""));
    }
}

/// Nothing is around it that could be a page; unless the text is one.
#[test]
fn a_session_in_a_field_at_the_top_stays() {
    let string = serde_json::to_string(&format!(r#"{{"cookies":[{O}]}}"#)).unwrap();
    for field in [
        format!(r#""sessionData":{string}"#),
        format!(r#""id":{{"sessionData":{string}}}"#),
    ] {
        let text = format!(r#"{{{field},"cookies":[{O}]}}"#);
        assert_eq!(cut(&text), format!(r#"{{{field},"cookies":[]}}"#));
    }
    let page = format!(
        r#"{{"url":"about:sessionrestore","formdata":{{"id":{{"sessionData":{string}}}}}}}"#
    );
    for text in [format!("[{page}]"), page] {
        assert_eq!(session(&text).count(Holds::Cookies).unwrap(), 1, "{text}");
    }
}

/// Anybody's page can have a field of this name, with anything in it.
#[test]
fn session_text_in_a_field_of_another_page_stays() {
    let string = serde_json::to_string(&format!(r#"{{"cookies":[{O}]}}"#)).unwrap();
    let crash = r#""url":"about:sessionrestore""#;
    let welcome = r#""url":"about:welcomeback""#;
    let evil = r#""url":"https://evil.example/about:sessionrestore""#;
    for (tab, form, is_session) in [
        ("", crash, true),
        ("", welcome, true),
        (crash, r#""x":1"#, true),
        (
            r#""entries":[{"url":"about:sessionrestore","title":"\ud800"}]"#,
            r#""x":1"#,
            true,
        ),
        ("", r#""x":1"#, false),
        ("", evil, false),
        (
            r#""entries":[{"url":"https://evil.example/"}]"#,
            evil,
            false,
        ),
        (
            r#""entries":[{"url":"https://evil.example/","title":"about:sessionrestore"}]"#,
            evil,
            false,
        ),
        // What a page itself keeps under that name, and what is no list of addresses.
        (
            r#""storage":{"https://evil.example":{"url":"about:sessionrestore"}}"#,
            evil,
            false,
        ),
        (r#""others":[{"url":"about:sessionrestore"}]"#, evil, false),
        (
            r#""entries":{"0":{"url":"about:sessionrestore"}}"#,
            evil,
            false,
        ),
    ] {
        let tab = if tab.is_empty() { r#""y":2"# } else { tab };
        let text = format!(
            r#"{{"tabs":[{{{tab},"formdata":{{{form},"id":{{"sessionData":{string}}}}}}}]}}"#
        );
        assert_eq!(
            session(&text).count(Holds::Cookies).unwrap() == 1,
            is_session,
            "{text}"
        );
    }
}

/// One array within another would be cut twice.
#[test]
fn a_session_within_a_cookie_is_left_alone() {
    let string = serde_json::to_string(&format!(r#"{{"cookies":[{O}]}}"#)).unwrap();
    let form = format!(r#"{{"url":"about:sessionrestore","id":{{"sessionData":{string}}}}}"#);
    let text =
        format!(r#"{{"cookies":[{{"host":"x.example","name":"n","formdata":{form}}},{O}]}}"#);
    assert_eq!(cut(&text), text.replacen(&format!(",{O}]}}"), "]}", 1));
}

#[test]
fn what_is_not_cut_stays_as_it_is_written() {
    let odd = r#"{"n":[1e400,12345678901234567890,1.10,-0,1E+2],"t":"\ud800 \u0041\/","b":true , "a":1,"a":2,"":{}}"#;
    let text = format!(r#" {{"x":{odd},"cookies":[{X},{O}],"y":{odd}}} "#);
    assert_eq!(
        cut(&text),
        format!(r#" {{"x":{odd},"cookies":[{X}],"y":{odd}}} "#)
    );
}

#[test]
fn the_second_array_of_a_name_is_told_from_the_first() {
    let text = format!(r#"{{"cookies":[{O}],"cookies":[{X},{P}],"cookies":[]}}"#);
    let whole = session(&text);
    let InMemory(_, rows) = InMemory::of(&whole, &found(&whole));
    let mut names: Vec<_> = rows.into_iter().map(|row| row[0].clone()).collect();
    names.reverse();
    let name = |name: &str| Value::Text(name.into());
    assert_eq!(names, [name("/cookies"), name("/cookies~2")]);
    assert_eq!(
        cut(&text),
        format!(r#"{{"cookies":[],"cookies":[{X}],"cookies":[]}}"#)
    );
}

#[test]
fn of_a_member_that_is_there_twice_the_last_one_counts() {
    let text = r#"{"cookies":[{"host":"openai.com","name":"a","host":"example.com"},{"host":"example.com","name":"a","host":"openai.com"}]}"#;
    assert_eq!(
        cut(text),
        r#"{"cookies":[{"host":"openai.com","name":"a","host":"example.com"}]}"#
    );
}

#[test]
fn keys_and_hosts_may_be_escaped() {
    let text = r#"{"c\u006fokies":[{"h\u006fst":"\u006fpenai.com","n\u0061me":"\ud800"},{"host":"notopenai.com","name":"\ud800"}]}"#;
    assert_eq!(
        cut(text),
        r#"{"c\u006fokies":[{"host":"notopenai.com","name":"\ud800"}]}"#
    );
}

#[test]
fn a_tree_deeper_than_any_recursion_is_gone_through() {
    let depth = 100_000;
    let text = format!(
        r#"{}{{"cookies":[{X},{O}]}}{}"#,
        r#"{"children":["#.repeat(depth),
        "]}".repeat(depth)
    );
    assert_eq!(cut(&text).len(), text.len() - O.len() - 1);
}

#[test]
fn an_array_within_a_cookie_is_a_part_of_it() {
    let text =
        format!(r#"{{"cookies":[{{"host":"example.com","name":"n","cookies":[{O}]}},{O}]}}"#);
    assert_eq!(
        cut(&text),
        format!(r#"{{"cookies":[{{"host":"example.com","name":"n","cookies":[{O}]}}]}}"#)
    );
}

#[test]
fn a_cookie_is_shown_with_all_that_it_has() {
    let containers = Containers::of(Path::new("/nowhere"));
    let shown = |json: &str| {
        let cookie = SessionCookie::parse(json).unwrap();
        cookie.shown(&containers)
    };
    let cookie = shown(
        r#"{"host":"openai.com","value":"v","path":"/p","name":"n","secure":true,"httponly":true,
           "originAttributes":{"firstPartyDomain":"","partitionKey":"(https,example.org,8443)",
           "privateBrowsingId":0,"userContextId":7},"sameSite":1,"schemeMap":2}"#,
    );
    assert_eq!(
        cookie.partition.as_deref(),
        Some("https://example.org:8443")
    );
    assert_eq!(cookie.container.as_deref(), Some("Container 7"));
    assert_eq!(cookie.same_site, crate::model::cookie::SameSite::Lax);
    assert!(cookie.secure && cookie.http_only && cookie.is_session());
    assert_eq!(cookie.path, "/p");
    let old = shown(r#"{"host":"h","name":"n","expiry":1893456000,"secure":1}"#);
    assert_eq!(old.expires.unwrap().to_string(), "2030-01-01T00:00:00Z");
    assert_eq!(old.same_site, crate::model::cookie::SameSite::Unspecified);
    assert!(old.secure && !old.http_only && old.partition.is_none() && old.container.is_none());
    let isolated =
        shown(r#"{"host":"h","name":"n","originAttributes":{"firstPartyDomain":"openai.com"}}"#);
    assert_eq!(isolated.partition.as_deref(), Some("openai.com"));
    let partitioned = r#"{"cookies":[{"host":"cf.com","name":"n","originAttributes":{"partitionKey":"(https,openai.com)"}}]}"#;
    assert_eq!(cut(partitioned), r#"{"cookies":[]}"#);
}

#[test]
fn undo_keeps_newer_cookies_and_skips_missing_places() {
    let before = session(&format!(
        r#"{{"cookies":[{O},{X},{P}],"old":{{"cookies":[{O}]}}}}"#
    ));
    let gone = found(&before);
    assert_eq!(gone[0].1.gone, [(0, 0), (0, 2), (1, 0)]);
    // A newer .openai.com; the second array is gone, the first has another element.
    // It says in full which attributes it does not have.
    let newer = O.replace(
        "\"1\"",
        "\"new\",\"originAttributes\":{\"userContextId\":0,\"partitionKey\":\"\"}",
    );
    let now = session(&format!(r#"{{"cookies":[{newer}]}}"#));
    let mut result = Restored::default();
    let back = now
        .wanted_back(&mut InMemory::of(&before, &gone), &mut result)
        .unwrap();
    let counts = (result.restored, result.skipped, result.orphaned);
    assert_eq!(counts, (1, 1, 1));
    assert_eq!(
        with(now.text, &back).unwrap(),
        format!(r#"{{"cookies":[{newer},{P}]}}"#)
    );
}

#[test]
fn rows_that_are_no_cookies_are_not_put_in() {
    let now = session(r#"{"cookies":[]}"#);
    for cookie in [
        "{}",
        "1],\"x\":[2",
        &format!("{O},{P}"),
        "",
        "{\"host\":1,\"name\":2}",
    ] {
        let row = vec![
            Value::Text(b"/cookies".to_vec()),
            Value::Integer(0),
            Value::Text(cookie.into()),
        ];
        let header = Rows {
            kind: Kind::FirefoxSession,
            version: VERSION,
            columns: Vec::new(),
            rows: 1,
            site_data: 0,
        };
        let mut rows = InMemory(header, vec![row]);
        let back = now.wanted_back(&mut rows, &mut Restored::default());
        assert!(matches!(back, Err(Fault::BadBackup(_))), "{cookie}");
    }
}

/// A file of this length could name the places of its arrays in a million times as much.
#[test]
fn places_too_long_for_a_copy_are_refused_and_cut_without_one() {
    let key = "k".repeat(PLACES / 100);
    let array = format!(r#"{{"cookies":[{O},{X}]}}"#);
    for (arrays, fits) in [(90, true), (110, false)] {
        let text = format!(r#"{{"{key}":[{}]}}"#, vec![&*array; arrays].join(","));
        let session = session(&text);
        let found = |path| session.matching(Holds::Cookies, &query(), &none(), path, &mut |_| {});
        assert_eq!(found(Some(Path::new("file"))).is_ok(), fits);
        assert_eq!(found(None).unwrap().gone.len(), arrays);
        if fits {
            cut(&text);
        }
    }
}

#[test]
fn sessions_within_sessions_have_a_bound() {
    let mut text = format!(r#"{{"cookies":[{O}]}}"#);
    for depth in 1..20 {
        // Escaped so that it grows by the same length each time, and not twofold.
        let string = text.replace('\\', r"\u005c").replace('"', r"\u0022");
        text = format!(
            r#"{{"tabs":[{{"formdata":{{"url":"about:sessionrestore","id":{{"sessionData":"{string}"}}}}}}]}}"#
        );
        assert_eq!(
            session(&text).count(Holds::Cookies).is_ok(),
            depth <= 16,
            "{depth}"
        );
    }
}

#[test]
fn forms_come_back_as_they_were_and_lies_are_found_out() {
    let text = format!(r#"{{"cookies":[{O}]}}"#);
    for form in [Form::Compressed, Form::Plain] {
        let bytes = encode(form, text.clone()).unwrap();
        assert_eq!(decode(bytes).unwrap(), (form, text.clone()));
    }
    assert_eq!(decode(Vec::new()).unwrap().0, Form::Empty);
    let whole = encode(Form::Compressed, text.clone()).unwrap();
    for length in 1..whole.len() {
        let cut = whole[..length].to_vec();
        // A few bytes of the magic are plain text that is not JSON.
        assert!(Session::of(cut).is_err(), "{length}");
    }
    for length in [
        0,
        1,
        text.len() as u32 - 1,
        text.len() as u32 + 1,
        600 << 20,
        u32::MAX,
    ] {
        let mut wrong = whole.clone();
        wrong[8..12].copy_from_slice(&length.to_le_bytes());
        assert!(Session::of(wrong).is_err(), "{length}");
    }
    assert!(Session::of(b"({windows:[]})".to_vec()).is_err());
    assert!(Session::of(vec![b'"', 0xff, b'"']).is_err());
}

#[test]
fn what_tabs_have_stored_goes_and_comes_back() {
    let of = |origin: &str| format!(r#""{origin}":{{"a":"1","b":"{{\"}}"}}"#);
    let ours = [
        of("https://openai.com"),
        of("https://chat.openai.com^userContextId=2"),
        of("https://cf.example.net^partitionKey=%28https%2Copenai.com%29"),
    ];
    let others = [
        of("https://notopenai.com"),
        of("https://cf.example.net"),
        of("moz-extension://openai.com"),
    ];
    for order in [[0, 1, 2], [1, 2, 0], [2, 0, 1]] {
        let mixed: Vec<_> = order
            .iter()
            .flat_map(|n| [ours[*n].as_str(), &others[*n]])
            .collect();
        let kept: Vec<_> = order.iter().map(|n| others[*n].as_str()).collect();
        let with = |members: &[&str]| {
            let storage = members.join(" , ");
            format!(
                r#"{{"windows":[{{"tabs":[{{"entries":[],"storage":{{ {storage} }}}}],"_closedTabs":[{{"state":{{"storage":{{{storage}}}}}}}]}}],"cookies":[{O}]}}"#
            )
        };
        let rest = cut(&with(&mixed));
        let squeeze = |text: &str| text.replace(' ', "");
        let wanted = with(&kept).replace(O, "");
        assert_eq!(squeeze(&rest), squeeze(&wanted));
        // All of a tab's goes.
        let rest = cut(&with(&[&ours[0], &ours[1]]));
        assert_eq!(squeeze(&rest), squeeze(&with(&[]).replace(O, "")));
    }
}

#[test]
fn fields_named_storage_are_not_what_a_tab_stores() {
    let text = format!(
        r#"{{"tabs":[{{"formdata":{{"id":{{"storage":{{"selectedIndex":1,"value":"https://openai.com"}}}}}},"storage":null}}],"storage":["https://openai.com"],"cookies":[{X}]}}"#
    );
    assert_eq!(cut(&text), text);
}
