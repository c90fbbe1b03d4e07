//! What the person is about to delete.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::engine::{Decision, TIME_TO_QUIT};
use crate::model::domain::Domain;
use crate::model::query::{Pick, Query};
use crate::model::services::related;
use crate::store::claim::InUse;
use crate::wording::say;

/// What is to be deleted, and how.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub sites: Vec<String>,
    /// Only these cookies, each in the profile with this folder; none means all of the
    /// sites.
    pub picks: Vec<(PathBuf, Pick)>,
    pub site_data: bool,
    pub keep_login: bool,
    /// The other sites of the same services that have cookies, if they go too.
    pub related: Vec<String>,
    /// What is done about browsers that are open; the others are skipped.
    pub open: BTreeMap<Who, Open>,
}

/// An open browser, as the person was asked about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Who {
    browser: String,
    processes: Vec<u32>,
}

/// What is done about a browser that is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Open {
    #[default]
    Skip,
    Wait,
    AskToQuit,
}

/// What a plan would delete, and leave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub cookies: u64,
    pub profiles: usize,
    /// Of the cookies.
    pub logins: u64,
    /// Storage keys.
    pub site_data: u64,
    /// In bytes.
    pub site_data_size: u64,
    /// Other sites of the same services that have cookies.
    pub related: Vec<String>,
    /// The same with the other sites of the same services.
    pub with_related: Option<Box<Tally>>,
    /// Browsers that are open, each with a line that names it.
    pub open: Vec<(Who, String)>,
}

impl Open {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Skip => Self::Wait,
            Self::Wait => Self::AskToQuit,
            Self::AskToQuit => Self::Skip,
        }
    }

    pub(super) fn decision(self) -> Decision {
        match self {
            Self::Skip => Decision::Skip,
            Self::Wait => Decision::Wait(None),
            Self::AskToQuit => Decision::AskToQuit {
                at_most: Some(TIME_TO_QUIT),
                or_wait: false,
            },
        }
    }

    pub(super) fn words(self) -> String {
        match self {
            Self::Skip => say!("screen-open-skip"),
            Self::Wait => say!("screen-open-wait"),
            Self::AskToQuit => say!("screen-open-quit"),
        }
    }
}

impl Tally {
    /// The one that counts for a plan.
    pub(super) fn with(&self, plan: &Plan) -> &Self {
        match &self.with_related {
            Some(all) if !plan.related.is_empty() => all,
            _ => self,
        }
    }

    /// What a plan deletes of it: cookies, and whether site data.
    pub(super) fn goes(&self, plan: &Plan) -> (u64, bool) {
        let kept = if plan.keep_login { self.logins } else { 0 };
        let is_site_data = plan.site_data && self.site_data > 0;
        (self.cookies.saturating_sub(kept), is_site_data)
    }
}

impl Who {
    pub(super) fn of(browser: &str, user: &InUse) -> Self {
        Self {
            browser: browser.to_owned(),
            processes: user.by.iter().map(|process| process.pid).collect(),
        }
    }
}

#[cfg(test)]
impl Who {
    pub(super) fn by_name(browser: &str) -> Self {
        Self {
            browser: browser.to_owned(),
            processes: vec![1],
        }
    }
}

impl Plan {
    pub(super) fn about(&self, who: &Who) -> Open {
        self.open.get(who).copied().unwrap_or_default()
    }

    pub(super) fn of_site(site: &str) -> Self {
        Self {
            sites: vec![site.to_owned()],
            ..Self::default()
        }
    }

    fn domains(&self) -> Vec<Domain> {
        let sites = self.sites.iter();
        sites.filter_map(|site| domain_of(site)).collect()
    }

    /// None where nothing can be meant.
    pub(super) fn query(&self) -> Option<Query> {
        let mut domains = self.domains();
        if domains.is_empty() {
            return None;
        }
        if !self.related.is_empty() {
            domains.extend(related(&domains));
        }
        Some(Query {
            site_data: self.site_data && self.picks.is_empty(),
            keep_login: self.keep_login && !self.site_data,
            picked: self.picks.iter().map(|(_, pick)| pick.clone()).collect(),
            ..Query::all_of(domains)
        })
    }

    /// The single cookies of each profile, by its folder.
    pub(super) fn by_profile(&self) -> BTreeMap<PathBuf, Vec<(PathBuf, Pick)>> {
        let mut profiles: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for pick in &self.picks {
            profiles
                .entry(pick.0.clone())
                .or_default()
                .push(pick.clone());
        }
        profiles
    }
}

/// A stored site as a domain. A single label, such as the name of a computer in the same
/// network, has to be given as an address.
fn domain_of(site: &str) -> Option<Domain> {
    let domain = Domain::parse(site).or_else(|_| Domain::parse(&format!("http://{site}/")));
    // A name from a store that would be read as another one names nothing.
    domain.ok().filter(|domain| domain.as_str() == site)
}
