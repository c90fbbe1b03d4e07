//! What a shell offers: in a real bash, with the script that packages bring along.

#![cfg(target_os = "linux")]

mod world;

use std::process::Command;

use world::{World, skipped};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/packaging/completions/cookieclean.bash"
);

/// What bash offers for the last of these words, each in quotation marks that bash itself
/// takes off again.
const ASK: &str = r#"
source "$1"; shift
COMP_WORDS=(cookieclean "$@"); COMP_CWORD=$#; COMP_TYPE=9
_clap_complete_cookieclean cookieclean "${COMP_WORDS[COMP_CWORD]}" before
for reply in "${COMPREPLY[@]}"; do eval "printf '%s\n' $reply"; done
"#;

/// None where there is no bash.
fn offered(world: &World, test: &str, words: &[&str]) -> Option<Vec<String>> {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_cookieclean"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let run = Command::new("bash")
        .args(["-c", ASK, "bash", SCRIPT])
        .args(words)
        .env("HOME", world.home())
        .env("PATH", path)
        .env("COOKIECLEAN_LANG", "en")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("CHROME_CONFIG_HOME")
        .output();
    let run = match run {
        Err(error) if !skipped(test, &format!("bash: {error}")) => return None,
        other => other.unwrap(),
    };
    assert!(run.status.success() && run.stderr.is_empty(), "{run:#?}");
    let text = String::from_utf8(run.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn bash_offers_profiles_sites_browsers_and_options() {
    const TEST: &str = "bash_offers_profiles_sites_browsers_and_options";
    let world = World::of_fixtures();
    let before = world.files();
    for (words, expected) in [
        // With a space in it, as one word.
        (
            &["openai.com", "--profile", "Profile"][..],
            &["Profile 1"][..],
        ),
        (&["openai.com", "--profile", "Ali"], &["Alice"]),
        (&["open"], &["openai.com"]),
        (&["list", "example.com", "notop"], &["notopenai.com"]),
        (&["openai.com", "--keep-l"], &["--keep-login"]),
        (&["openai.com", "--browser", "chromiu"], &["chromium"]),
        (&["undo", "--forg"], &["--forget"]),
        (&["doct"], &["doctor"]),
    ] {
        let Some(offered) = offered(&world, TEST, words) else {
            return;
        };
        assert_eq!(offered, expected, "{words:?}");
    }
    assert!(world.files() == before);
}

#[test]
fn hostile_name_is_one_word_or_not_offered() {
    const TEST: &str = "hostile_name_is_one_word_or_not_offered";
    let world = World::of_fixtures();
    for (name, is_offered) in [
        ("a$(touch x);b `c` \"d\" 'e' | f", true),
        ("a\u{1b}[2Jb", false),
        ("a\nb", false),
    ] {
        let state = world.path(".config/google-chrome/Local State");
        let content = serde_json::json!({ "profile": { "info_cache": {
            "Default": { "name": name },
        } } });
        std::fs::write(state, content.to_string()).unwrap();
        let words = ["openai.com", "--profile", "a"];
        let Some(mut offered) = offered(&world, TEST, &words) else {
            return;
        };
        offered.retain(|word| !word.starts_with("abcd"));
        let expected = if is_offered { vec![name] } else { vec![] };
        assert_eq!(offered, expected);
    }
}
