//! What must hold for any session file; see [`crate::fuzzing`].

use serde_json::Value as Json;

use super::tree::without;
use super::*;
use crate::fuzzing::{InMemory, query};

/// What is cut out is what the site has, the rest stays byte for byte, and undo gives
/// the same text again.
pub fn session(data: &[u8]) {
    let Ok(session) = Session::of(data.to_vec()) else {
        return;
    };
    if session.form != Form::Empty {
        for form in [Form::Compressed, Form::Plain] {
            let written = encode(form, session.text.clone()).expect("it is short");
            let is_plain = form == Form::Plain;
            if is_plain && written.starts_with(b"mozLz40\0") {
                continue;
            }
            let read = decode(written).expect("it was just written");
            assert!(read == (form, session.text.clone()), "{form:?}");
        }
    }

    let containers = Containers::of(&crate::fuzzing::folder().join("no-profile"));
    let (query, mut gone) = (query(), Vec::new());
    for (spot, cookie) in session.cookies() {
        match whose(&query, &cookie, &containers) {
            Whose::Meant(_) => gone.push(spot),
            _ => drop(session.value(spot)),
        }
    }
    let cuts = session.cuts(&gone);
    let rest = without(&session.text, &cuts);
    check_model(&session.text, &rest);
    let rest = Session::of(rest.into_bytes()).expect("the rest is a session");
    assert!(rest.is_rest_of(&session, &cuts));
    let kept = session.cookies().count() - gone.len();
    rest.verify(&query, &containers, kept as u64)
        .expect("it is verified");

    let mut copy = InMemory::new();
    session.copy_out(&gone, &mut copy).expect("it is in memory");
    let mut result = Restored::default();
    let back = rest.wanted_back(&mut copy, &mut result).expect("a copy");
    assert_eq!(result.restored, gone.len() as u64);
    assert_eq!((result.skipped, result.homeless), (0, 0));
    assert_eq!(rest.with(back), session.text);
}

/// The same deletion in the value of the JSON, where serde_json can tell it and no crash
/// page has a session in a string.
fn check_model(before: &str, after: &str) {
    let (Ok(mut model), Ok(after)) = (serde_json::from_str::<Json>(before), json(after)) else {
        return;
    };
    if before.contains("sessionData") || before.contains('\\') {
        return;
    }
    delete(&mut model);
    assert_eq!(model, after);
}

fn json(text: &str) -> serde_json::Result<Json> {
    serde_json::from_str(text)
}

/// Takes what is of the site out of every array that is called `cookies`.
fn delete(json: &mut Json) {
    match json {
        Json::Array(elements) => elements.iter_mut().for_each(delete),
        Json::Object(members) => {
            for (key, value) in members {
                match value.as_array_mut() {
                    Some(cookies) if key == "cookies" => {
                        cookies.retain(|cookie| !is_of_the_site(cookie));
                    }
                    _ => delete(value),
                }
            }
        }
        _ => {}
    }
}

fn is_of_the_site(cookie: &Json) -> bool {
    let containers = Containers::of(Path::new("no-profile"));
    let cookie = SessionCookie::parse(&cookie.to_string());
    cookie.is_some_and(|cookie| matches!(whose(&query(), &cookie, &containers), Whose::Meant(_)))
}
