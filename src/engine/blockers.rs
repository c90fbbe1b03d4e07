//! Processes that keep a profile from being changed.

use std::sync::Arc;
use std::time::Duration;

use crate::browsers::Profile;
use crate::store::claim::{Guard, InUse};

/// A browser, or another run of this program, that has profiles open which are to be
/// changed or could not be read.
#[derive(Clone)]
pub struct Blocker {
    /// The browser's name.
    pub browser: &'static str,
    /// Those of its profiles that are concerned.
    pub profiles: Vec<ProfileName>,
    /// Cookies in them that match, as far as they could be read.
    pub cookies: u64,
    /// The processes.
    pub user: InUse,
    /// Tells when it is gone.
    pub guard: Arc<Guard>,
}

/// What a profile is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileName {
    /// The name of its folder.
    pub folder: String,
    /// What the browser shows.
    pub shown: String,
}

impl ProfileName {
    /// The names of this profile.
    pub fn of(profile: &Profile) -> Self {
        Self {
            folder: profile.name.clone(),
            shown: profile.display_name.clone(),
        }
    }
}

/// What a browser that was asked to quit is given, unless the person says otherwise.
pub(crate) const TIME_TO_QUIT: Duration = Duration::from_secs(30);

/// What is done about blockers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// What they have open is left alone.
    Skip,
    /// It is waited for, at most so long (None: without limit).
    Wait(Option<Duration>),
    /// They are asked to quit, as a person would; never killed.
    AskToQuit {
        /// How long they are waited for; None: without a limit.
        at_most: Option<Duration>,
        /// Whether to wait also for one that cannot be asked, which a person may close.
        or_wait: bool,
    },
}

impl Blocker {
    pub(super) fn of(profile: &Profile, user: &InUse, cookies: u64) -> Self {
        Self {
            browser: profile.browser.name,
            profiles: vec![ProfileName::of(profile)],
            cookies,
            user: user.clone(),
            guard: Arc::clone(&profile.guard),
        }
    }
}

/// Adds a blocker, unless it is in the list already.
pub(super) fn add(blockers: &mut Vec<Blocker>, new: Blocker) {
    let is_known = |old: &&mut Blocker| {
        Arc::ptr_eq(&old.guard, &new.guard) || old.browser == new.browser && old.user == new.user
    };
    match blockers.iter_mut().find(is_known) {
        Some(old) => {
            old.cookies += new.cookies;
            for profile in new.profiles {
                if !old.profiles.contains(&profile) {
                    old.profiles.push(profile);
                }
            }
        }
        None => blockers.push(new),
    }
}
