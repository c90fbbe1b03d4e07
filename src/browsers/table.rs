//! The table of browsers: what each is called and where its profiles are.
//!
//! Adding a browser is adding a row. The locations come from the browsers' own
//! sources, packages and installers; `?` marks one that rests on one source only.

use Base::{AppSupport, ChromeConfig, Config, Flatpak, Home, Local, Roaming};
use Family::{Chromium, Gecko};

/// How a browser keeps its cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// A user-data directory with `Local State` and profile folders.
    Chromium,
    /// A folder with `profiles.ini` and profile folders.
    Gecko,
}

impl Family {
    /// Words in the names of programs that can have a profile of this family open, though
    /// they have no row in the table; another run of this program among them.
    fn other_programs(self) -> &'static [&'static str] {
        match self {
            Chromium => &[
                "cookieclean",
                "browser",
                "electron",
                "headless_shell",
                "iridium",
                "thorium",
            ],
            Gecko => &["browser", "icecat", "thunderbird"],
        }
    }

    /// Whether a program of this name is a browser of this family. Short words have to be
    /// a word of their own in it: `arc` is not in `search`.
    pub(crate) fn has_program(self, name: &str) -> bool {
        const SHORT: usize = 4;
        let name = name.to_lowercase();
        let words = name.split(|c: char| !c.is_ascii_alphanumeric());
        let of_rows = BROWSERS.iter().filter(|browser| browser.family == self);
        of_rows
            .flat_map(|browser| browser.programs)
            .chain(self.other_programs())
            .any(|program| match program.len() {
                ..=SHORT => words.clone().any(|word| word == *program),
                _ => name.contains(program),
            })
    }
}

/// The system that a browser runs on, which says where its folders are and how it
/// encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Linux and other POSIX systems but macOS.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Platform {
    /// That of the system this runs on.
    pub fn of_this_system() -> Self {
        match std::env::consts::OS {
            "windows" => Self::Windows,
            "macos" => Self::MacOs,
            _ => Self::Linux,
        }
    }
}

/// The folder that a location is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The home folder.
    Home,
    /// Linux: `$XDG_CONFIG_HOME`, or `~/.config`.
    Config,
    /// Linux: `$CHROME_CONFIG_HOME`, then as [`Base::Config`].
    ChromeConfig,
    /// Linux: `~/.var/app`.
    Flatpak,
    /// Windows: local AppData.
    Local,
    /// Windows: roaming AppData.
    Roaming,
    /// macOS: `~/Library/Application Support`.
    AppSupport,
}

/// A place: a base and the path below it, with `/` between the parts; a part
/// with a `*` matches every folder with such a name.
pub type Place = (Base, &'static str);

/// One row of the table.
#[derive(Debug)]
pub struct Browser {
    /// What `--browser` and the JSON call it.
    pub id: &'static str,
    /// What its maker calls it.
    pub name: &'static str,
    /// How it keeps its cookies.
    pub family: Family,
    /// What its programs are called, in lower case and without `.exe`: one of these
    /// words is a part of the name.
    pub programs: &'static [&'static str],
    /// User-data directories (Chromium) or folders of `profiles.ini` (Gecko).
    pub linux: &'static [Place],
    /// The same on Windows.
    pub windows: &'static [Place],
    /// The same on macOS.
    pub macos: &'static [Place],
    /// What its keys are called.
    pub keys: &'static KeyNames,
}

/// What keyrings call the key that a browser's values are encrypted with.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyNames {
    /// Linux: the attribute `application` of the Secret Service, and the name in KWallet.
    pub linux: &'static [(&'static str, &'static str)],
    /// macOS: the account in the Keychain; its service is `<account> Safe Storage`.
    pub macos: &'static str,
}

const AS_CHROME: &[(&str, &str)] = &[("chrome", "Chrome")];
const AS_CHROMIUM: &[(&str, &str)] = &[("chromium", "Chromium")];
const CHROME: &KeyNames = &keys(AS_CHROME, "Chrome");
const CHROMIUM: &KeyNames = &keys(AS_CHROMIUM, "Chromium");
const EDGE: &KeyNames = &keys(
    &[("chromium", "Chromium"), ("msedge", "Microsoft Edge")],
    "Microsoft Edge",
);
const BRAVE: &KeyNames = &keys(&[("brave", "Brave")], "Brave");
const VIVALDI: &KeyNames = &keys(AS_CHROME, "Vivaldi");
const OPERA: &KeyNames = &keys(AS_CHROMIUM, "Opera");
const ARC: &KeyNames = &keys(AS_CHROMIUM, "Arc");
const YANDEX: &KeyNames = &keys(AS_CHROMIUM, "Yandex");
const WHALE: &KeyNames = &keys(AS_CHROMIUM, "Whale");
const COMET: &KeyNames = &keys(AS_CHROMIUM, "Comet");
// No source documents the names of the keys of these three: they are Chromium's, where
// nothing else was set.
const ATLAS: &KeyNames = &keys(AS_CHROMIUM, "ChatGPT Atlas");
const DIA: &KeyNames = &keys(AS_CHROMIUM, "Dia");
const HELIUM: &KeyNames = &keys(AS_CHROMIUM, "Helium");
/// Firefox encrypts no values.
const NONE: &KeyNames = &keys(&[], "");

const fn keys(linux: &'static [(&'static str, &'static str)], macos: &'static str) -> KeyNames {
    KeyNames { linux, macos }
}

/// The browser with this id.
pub(crate) fn by_id(id: &str) -> Option<&'static Browser> {
    BROWSERS.iter().find(|b| b.id == id)
}

/// The browser that represents its family, for a profile in an unknown place.
pub(super) fn of_family(family: Family) -> &'static Browser {
    let id = match family {
        Chromium => "chromium",
        Gecko => "firefox",
    };
    by_id(id).expect("the table has a row for each family's namesake")
}

macro_rules! browsers {
    ($($id:literal, $name:literal, $family:ident, $keys:ident,
        programs: $programs:expr, linux: $linux:expr, windows: $windows:expr, macos: $macos:expr;)*) => {
        /// Every browser that is looked for.
        pub const BROWSERS: &[Browser] = &[$(Browser {
            id: $id,
            name: $name,
            family: $family,
            programs: &$programs,
            linux: &$linux,
            windows: &$windows,
            macos: &$macos,
            keys: $keys,
        }),*];
    };
}

browsers! {
"chrome", "Google Chrome", Chromium, CHROME,
    programs: ["chrome"],
    linux: [(ChromeConfig, "google-chrome"), (Flatpak, "com.google.Chrome/config/google-chrome")],
    windows: [(Local, "Google/Chrome/User Data")],
    macos: [(AppSupport, "Google/Chrome")];
"chrome-beta", "Google Chrome Beta", Chromium, CHROME,
    programs: ["chrome"],
    linux: [(ChromeConfig, "google-chrome-beta")],
    windows: [(Local, "Google/Chrome Beta/User Data")],
    macos: [(AppSupport, "Google/Chrome Beta")];
"chrome-dev", "Google Chrome Dev", Chromium, CHROME,
    programs: ["chrome"],
    linux: [(ChromeConfig, "google-chrome-unstable"),
        (Flatpak, "com.google.ChromeDev/config/google-chrome-unstable")], // ?
    windows: [(Local, "Google/Chrome Dev/User Data")],
    macos: [(AppSupport, "Google/Chrome Dev")];
"chrome-canary", "Google Chrome Canary", Chromium, CHROME,
    programs: ["chrome"],
    linux: [(ChromeConfig, "google-chrome-canary")], // ?
    windows: [(Local, "Google/Chrome SxS/User Data")],
    macos: [(AppSupport, "Google/Chrome Canary")];
"chrome-for-testing", "Google Chrome for Testing", Chromium, CHROMIUM,
    programs: ["chrome"],
    linux: [(ChromeConfig, "google-chrome-for-testing")],
    windows: [(Local, "Google/Chrome for Testing/User Data")],
    macos: [(AppSupport, "Google/ChromeForTesting"),
        (AppSupport, "Google/Chrome for Testing")];
"chromium", "Chromium", Chromium, CHROMIUM,
    programs: ["chromium"],
    linux: [(ChromeConfig, "chromium"), (Flatpak, "org.chromium.Chromium/config/chromium"),
        (Flatpak, "io.github.ungoogled_software.ungoogled_chromium/config/chromium"),
        (Home, "snap/chromium/common/chromium"),
        (Home, "snap/chromium/current/.config/chromium")],
    windows: [(Local, "Chromium/User Data")],
    macos: [(AppSupport, "Chromium")];
"edge", "Microsoft Edge", Chromium, EDGE,
    programs: ["msedge", "edge"],
    linux: [(Config, "microsoft-edge"), (Flatpak, "com.microsoft.Edge/config/microsoft-edge")],
    windows: [(Local, "Microsoft/Edge/User Data")],
    macos: [(AppSupport, "Microsoft Edge")];
"edge-beta", "Microsoft Edge Beta", Chromium, EDGE,
    programs: ["msedge", "edge"],
    linux: [(Config, "microsoft-edge-beta")],
    windows: [(Local, "Microsoft/Edge Beta/User Data")],
    macos: [(AppSupport, "Microsoft Edge Beta")];
"edge-dev", "Microsoft Edge Dev", Chromium, EDGE,
    programs: ["msedge", "edge"],
    linux: [(Config, "microsoft-edge-dev"),
        (Flatpak, "com.microsoft.EdgeDev/config/microsoft-edge-dev")], // ?
    windows: [(Local, "Microsoft/Edge Dev/User Data")],
    macos: [(AppSupport, "Microsoft Edge Dev")];
"edge-canary", "Microsoft Edge Canary", Chromium, EDGE,
    programs: ["msedge", "edge"],
    linux: [(Config, "microsoft-edge-canary")], // ?
    windows: [(Local, "Microsoft/Edge SxS/User Data")],
    macos: [(AppSupport, "Microsoft Edge Canary")];
"brave", "Brave", Chromium, BRAVE,
    programs: ["brave"],
    linux: [(Config, "BraveSoftware/Brave-Browser"),
        (Flatpak, "com.brave.Browser/config/BraveSoftware/Brave-Browser"),
        (Home, "snap/brave/*/.config/BraveSoftware/Brave-Browser")],
    windows: [(Local, "BraveSoftware/Brave-Browser/User Data")],
    macos: [(AppSupport, "BraveSoftware/Brave-Browser")];
"brave-beta", "Brave Beta", Chromium, BRAVE,
    programs: ["brave"],
    linux: [(Config, "BraveSoftware/Brave-Browser-Beta")],
    windows: [(Local, "BraveSoftware/Brave-Browser-Beta/User Data")],
    macos: [(AppSupport, "BraveSoftware/Brave-Browser-Beta")];
"brave-dev", "Brave Dev", Chromium, BRAVE,
    programs: ["brave"],
    linux: [(Config, "BraveSoftware/Brave-Browser-Dev")],
    windows: [(Local, "BraveSoftware/Brave-Browser-Dev/User Data")],
    macos: [(AppSupport, "BraveSoftware/Brave-Browser-Dev")];
"brave-nightly", "Brave Nightly", Chromium, BRAVE,
    programs: ["brave"],
    linux: [(Config, "BraveSoftware/Brave-Browser-Nightly")],
    windows: [(Local, "BraveSoftware/Brave-Browser-Nightly/User Data")],
    macos: [(AppSupport, "BraveSoftware/Brave-Browser-Nightly")];
"vivaldi", "Vivaldi", Chromium, VIVALDI,
    programs: ["vivaldi"],
    linux: [(Config, "vivaldi"), (Flatpak, "com.vivaldi.Vivaldi/config/vivaldi")],
    windows: [(Local, "Vivaldi/User Data")],
    macos: [(AppSupport, "Vivaldi")];
"vivaldi-snapshot", "Vivaldi Snapshot", Chromium, VIVALDI,
    programs: ["vivaldi"],
    linux: [(Config, "vivaldi-snapshot")],
    windows: [],
    macos: [];
"opera", "Opera", Chromium, OPERA,
    programs: ["opera"],
    linux: [(Config, "opera"), (Flatpak, "com.opera.Opera/config/opera"),
        (Home, "snap/opera/*/.config/opera")],
    windows: [(Roaming, "Opera Software/Opera Stable")],
    macos: [(AppSupport, "com.operasoftware.Opera")];
"opera-beta", "Opera Beta", Chromium, OPERA,
    programs: ["opera"],
    linux: [(Config, "opera-beta"), (Home, "snap/opera-beta/*/.config/opera")],
    windows: [(Roaming, "Opera Software/Opera Next")],
    macos: [(AppSupport, "com.operasoftware.OperaNext")];
"opera-developer", "Opera Developer", Chromium, OPERA,
    programs: ["opera"],
    linux: [(Config, "opera-developer"), (Home, "snap/opera-developer/*/.config/opera")],
    windows: [(Roaming, "Opera Software/Opera Developer")],
    macos: [(AppSupport, "com.operasoftware.OperaDeveloper")];
"opera-gx", "Opera GX", Chromium, OPERA,
    programs: ["opera"],
    linux: [],
    windows: [(Roaming, "Opera Software/Opera GX Stable")],
    macos: [(AppSupport, "com.operasoftware.OperaGX")];
"arc", "Arc", Chromium, ARC,
    programs: ["arc"],
    linux: [],
    windows: [(Local, "Packages/TheBrowserCompany.Arc_*/LocalCache/Local/Arc/User Data")],
    macos: [(AppSupport, "Arc/User Data")];
"yandex", "Yandex Browser", Chromium, YANDEX,
    programs: ["yandex", "browser"],
    linux: [(Config, "yandex-browser")],
    windows: [(Local, "Yandex/YandexBrowser/User Data")],
    macos: [(AppSupport, "Yandex/YandexBrowser")];
"yandex-beta", "Yandex Browser Beta", Chromium, YANDEX,
    programs: ["yandex", "browser"],
    linux: [(Config, "yandex-browser-beta")],
    windows: [],
    macos: [];
"whale", "Naver Whale", Chromium, WHALE,
    programs: ["whale"],
    linux: [(Config, "naver-whale")],
    windows: [(Local, "Naver/Naver Whale/User Data")],
    macos: [(AppSupport, "Naver/Whale")];
"comet", "Comet", Chromium, COMET,
    programs: ["comet"],
    linux: [],
    windows: [(Local, "Perplexity/Comet/User Data")],
    macos: [(AppSupport, "Comet")];
"atlas", "ChatGPT Atlas", Chromium, ATLAS,
    programs: ["atlas"],
    linux: [],
    windows: [],
    macos: [(AppSupport, "com.openai.atlas/browser-data/host")];
"dia", "Dia", Chromium, DIA,
    programs: ["dia"],
    linux: [],
    windows: [],
    macos: [(AppSupport, "Dia/User Data")];
"helium", "Helium", Chromium, HELIUM,
    programs: ["helium"],
    linux: [(Config, "net.imput.helium")],
    windows: [(Local, "imput/Helium/User Data")], // ?
    macos: [(AppSupport, "net.imput.helium")];
"firefox", "Firefox", Gecko, NONE,
    programs: ["firefox"],
    linux: [(Home, ".mozilla/firefox"), (Config, "mozilla/firefox"),
        (Flatpak, "org.mozilla.firefox/.mozilla/firefox"),
        (Flatpak, "org.mozilla.firefox/config/mozilla/firefox"),
        (Home, "snap/firefox/common/.mozilla/firefox"),
        (Home, "snap/firefox/common/.config/mozilla/firefox")],
    windows: [(Roaming, "Mozilla/Firefox"),
        (Local, "Packages/Mozilla.Firefox_n80bbvh6b1yt2/LocalCache/Roaming/Mozilla/Firefox")],
    macos: [(AppSupport, "Firefox")];
"librewolf", "LibreWolf", Gecko, NONE,
    programs: ["librewolf"],
    linux: [(Home, ".librewolf"), (Config, "librewolf"), (Config, "librewolf/librewolf"),
        (Flatpak, "io.gitlab.librewolf-community/.librewolf"),
        (Flatpak, "io.gitlab.librewolf-community/config/librewolf/librewolf"),
        (Home, "snap/librewolf/common/.librewolf")],
    windows: [(Roaming, "librewolf")],
    macos: [(AppSupport, "librewolf")];
"waterfox", "Waterfox", Gecko, NONE,
    programs: ["waterfox"],
    linux: [(Home, ".waterfox"), (Config, "waterfox"),
        (Flatpak, "net.waterfox.waterfox/.waterfox")],
    windows: [(Roaming, "Waterfox")],
    macos: [(AppSupport, "Waterfox")];
"zen", "Zen", Gecko, NONE,
    programs: ["zen"],
    linux: [(Home, ".zen"), (Config, "zen"), (Flatpak, "app.zen_browser.zen/.zen"),
        (Flatpak, "app.zen_browser.zen/config/zen")],
    windows: [(Roaming, "zen")],
    macos: [(AppSupport, "zen")];
"floorp", "Floorp", Gecko, NONE,
    programs: ["floorp"],
    linux: [(Home, ".floorp"), (Config, "floorp"), (Flatpak, "one.ablaze.floorp/.floorp"),
        (Home, "snap/floorp/common/.floorp")],
    windows: [(Roaming, "Floorp")],
    macos: [(AppSupport, "Floorp")];
"tor-browser", "Tor Browser", Gecko, NONE,
    programs: ["firefox", "torbrowser"],
    linux: [
        (Home, ".local/share/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser"),
        (Flatpak, "org.torproject.torbrowser-launcher/data/torbrowser/tbb/x86_64/tor-browser/\
            Browser/TorBrowser/Data/Browser")], // ?
    windows: [],
    macos: [(AppSupport, "TorBrowser-Data/Browser")];
"mullvad-browser", "Mullvad Browser", Gecko, NONE,
    programs: ["mullvadbrowser", "firefox"],
    linux: [(Home, ".mullvad-browser"), (Home, ".mullvad/mullvadbrowser"),
        (Flatpak, "net.mullvad.MullvadBrowser/.mullvad-browser")],
    windows: [(Roaming, "Mullvad/MullvadBrowser")],
    macos: [(AppSupport, "MullvadBrowser")];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_complete() {
        let mut ids = std::collections::HashSet::new();
        for browser in BROWSERS {
            assert!(ids.insert(browser.id), "{} is there twice", browser.id);
            let places = [browser.linux, browser.windows, browser.macos];
            assert!(places.iter().any(|p| !p.is_empty()), "{}", browser.id);
            assert!(!browser.programs.is_empty(), "{}", browser.id);
            for word in browser.programs {
                assert!(
                    word.bytes().all(|b| b.is_ascii_lowercase()),
                    "{}: {word}",
                    browser.id
                );
            }
        }
    }

    #[test]
    fn programs_belong_to_their_family() {
        let rows = [
            ("chrome", true, false),
            ("Google Chrome Helper", true, false),
            ("chromium-browser", true, true),
            ("msedge.exe", true, false),
            ("Arc.exe", true, false),
            ("cookieclean", true, false),
            ("firefox-esr", false, true),
            ("zen-bin", false, true),
            ("searcher", false, false),
            ("frozen", false, false),
            ("sqlite3", false, false),
        ];
        for (name, chromium, gecko) in rows {
            let is = [Chromium, Gecko].map(|family| family.has_program(name));
            assert_eq!(is, [chromium, gecko], "{name}");
        }
    }

    /// From `KeyStorageLibsecret`, `KeyStorageKWallet` and `KeychainPassword` of each.
    #[test]
    fn every_browser_has_the_names_of_its_own_keys() {
        type Row = (
            &'static str,
            &'static [(&'static str, &'static str)],
            &'static str,
        );
        let rows: [Row; 14] = [
            ("chrome", &[("chrome", "Chrome")], "Chrome"),
            ("chromium", &[("chromium", "Chromium")], "Chromium"),
            (
                "edge",
                &[("chromium", "Chromium"), ("msedge", "Microsoft Edge")],
                "Microsoft Edge",
            ),
            ("brave", &[("brave", "Brave")], "Brave"),
            ("vivaldi", &[("chrome", "Chrome")], "Vivaldi"),
            ("opera", &[("chromium", "Chromium")], "Opera"),
            ("arc", &[("chromium", "Chromium")], "Arc"),
            ("yandex", &[("chromium", "Chromium")], "Yandex"),
            ("whale", &[("chromium", "Chromium")], "Whale"),
            ("comet", &[("chromium", "Chromium")], "Comet"),
            ("atlas", &[("chromium", "Chromium")], "ChatGPT Atlas"),
            ("dia", &[("chromium", "Chromium")], "Dia"),
            ("helium", &[("chromium", "Chromium")], "Helium"),
            // Built from Chromium, without Google's name.
            (
                "chrome-for-testing",
                &[("chromium", "Chromium")],
                "Chromium",
            ),
        ];
        for browser in BROWSERS {
            let same = |id: &str| browser.id == id || browser.id.starts_with(&format!("{id}-"));
            let row = rows.iter().rev().find(|(id, ..)| same(id));
            let (linux, macos) = match browser.family {
                Chromium => row
                    .map(|(_, linux, macos)| (*linux, *macos))
                    .expect(browser.id),
                Gecko => (&[][..], ""),
            };
            assert_eq!(
                (browser.keys.linux, browser.keys.macos),
                (linux, macos),
                "{}",
                browser.id
            );
        }
    }
}
