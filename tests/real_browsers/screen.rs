//! The walk of the how-to on the screen, in profiles that real browsers wrote.

use std::path::Path;

use crate::browser::{Chromium, Firefox, Kind, Server};
use crate::given;
use crate::world::World;
use crate::world::screen::{ENTER, ESC, Screen};

/// Type "openai", look inside, delete, read that nothing is left, with the browser closed.
fn walk(world: &World, folder: &Path) -> Screen {
    let mut command = world.command(&["browse", "--profile-dir"]);
    command.arg(folder).env("COOKIECLEAN_LANG", "en");
    let screen = Screen::of(command, (100, 40));
    screen.shows("notopenai.com").shows("No browser is open");
    screen
        .types("openai")
        .shows(": openai ")
        .types(ENTER)
        .types(ENTER);
    screen.shows("chat.openai.com");
    screen
        .types("d")
        .shows("Delete from openai.com?")
        .shows("You can undo this");
    screen.types(ENTER).shows("No cookie of openai.com is left");
    screen
}

/// Takes it back, without leaving the result.
fn undo(screen: Screen, cookies: usize) {
    screen
        .types("u")
        .shows(&format!("Put back {cookies} cookies of "));
    screen
        .types(ENTER)
        .shows("Search:")
        .types("q")
        .types(ESC)
        .types(ESC);
    assert_eq!(screen.ends(), Some(0));
}

#[test]
fn chromium_agrees_with_the_screen() {
    if !Kind::Chromium.available("chromium_agrees_with_the_screen") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let dir = world.path("chromium");
    let mut browser = Chromium::start(&server, &dir, "Default", &[]);
    let before = given::to_chromium(&mut browser);
    let (gone, kept) = given::split(&before);
    browser.close();

    let screen = walk(&world, &dir);
    let restore = &["--restore-last-session"];
    let mut browser = Chromium::start(&server, &dir, "Default", restore);
    assert_eq!(browser.cookies(), kept);
    browser.close();

    undo(screen, gone.len());
    let mut browser = Chromium::start(&server, &dir, "Default", restore);
    assert_eq!(browser.cookies(), before);
    browser.kill();
}

#[test]
fn firefox_agrees_with_the_screen() {
    if !Kind::Firefox.available("firefox_agrees_with_the_screen") {
        return;
    }
    let server = Server::start();
    let world = World::new();
    let profile = world.path("firefox");
    let mut browser = Firefox::start(&server, &profile, &[]);
    let before = given::to_firefox(&mut browser);
    let (gone, kept) = given::split(&before);
    browser.close();

    let screen = walk(&world, &profile);
    let mut browser = Firefox::start(&server, &profile, &[]);
    assert_eq!(browser.cookies(), kept);
    browser.close();

    undo(screen, gone.len());
    let mut browser = Firefox::start(&server, &profile, &[]);
    assert_eq!(browser.cookies(), before);
    browser.kill();
}
