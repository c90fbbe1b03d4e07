//! The pictures of the README show what the program shows, on the sample home folder and in
//! each language. `cargo xtask pictures` draws them again.

#![cfg(target_os = "linux")]

mod world;

use std::fs;
use std::path::Path;

use anstyle_svg::Term;
use world::World;
use world::screen::{ENTER, Screen};

const COLUMNS: u16 = 96;

#[test]
fn pictures_show_what_the_program_shows() {
    for (language, is_quiet, last) in [
        ("en", "No browser is open", "Still locked out?"),
        ("ja", "起動中のブラウザーはありません", "まだ入れませんか?"),
    ] {
        let world = World::of_fixtures().lasting();
        // At home: commands that are suggested name no folder.
        let open = |arguments: &[&str], rows| {
            let mut command = world.command(arguments);
            command.env("HOME", world.home());
            command.env("COOKIECLEAN_LANG", language);
            Screen::of(command, (COLUMNS, rows))
        };
        let screen = open(&["browse", "openai"], 16);
        screen
            .shows("13")
            .shows(is_quiet)
            .types(ENTER)
            .shows("Space");
        compare(&format!("screen.{language}.svg"), &screen.styled());
        screen.types("q");
        assert_eq!(screen.ends(), Some(0));

        let arguments = ["openai.com", "-p", "Work", "-p", "work"];
        let screen = open(&arguments, 60);
        screen.shows(last);
        let report = without_id(&screen.styled());
        let command = arguments.join(" ");
        let text = format!("\u{1b}[1m$\u{1b}[0m cookieclean {command}\n{report}");
        compare(&format!("delete.{language}.svg"), &text);
    }
}

/// Compares a picture with the stored one, or stores it where that is wanted.
fn compare(name: &str, text: &str) {
    let svg = Term::new().min_width_px(860).render_svg(text.trim_end());
    let svg = svg.replace('\r', "");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let path = folder.join(name);
    if std::env::var_os("COOKIECLEAN_DRAW").is_some() {
        fs::create_dir_all(folder).unwrap();
        fs::write(path, svg).unwrap();
        return;
    }
    assert!(
        fs::read_to_string(path).unwrap_or_default() == svg,
        "docs/pictures/{name} is old; draw it again: cargo xtask pictures"
    );
}

/// The id of a deletion is the time of the run.
fn without_id(text: &str) -> String {
    const ID: &str = "20261124-090509";
    let is_id = |part: &str| {
        let mut pairs = part.chars().zip(ID.chars());
        pairs.all(|(c, id)| c == id || c.is_ascii_digit() && id.is_ascii_digit())
    };
    let ids = text.match_indices('-').filter_map(|(dash, _)| {
        let part = text.get(dash.checked_sub(8)?..dash + 7)?;
        is_id(part).then_some(part)
    });
    let ids: Vec<_> = ids.collect();
    ids.iter()
        .fold(text.to_owned(), |text, id| text.replace(id, ID))
}
