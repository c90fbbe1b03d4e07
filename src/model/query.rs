//! What a person asks for: whose cookies, and which of them.

use glob::Pattern;

use super::cookie::Cookie;
use super::domain::Domain;
use super::item::{Item, MatchedBy};
use super::site_data::StorageKey;

/// Which cookies are meant.
#[derive(Debug, Clone)]
pub struct Query {
    /// Whose cookies.
    pub domains: Vec<Domain>,
    /// Only the named hosts, neither their subdomains nor what other hosts set
    /// while embedded in them.
    pub exact: bool,
    /// Also the cookies that other hosts set while embedded in these domains.
    pub partitioned: bool,
    /// When there are any, only cookies with a name that one of them matches.
    pub names: Vec<Pattern>,
    /// Cookies with a name that one of them matches stay.
    pub keep: Vec<Pattern>,
    /// What is a login, or looks like one, stays.
    pub keep_login: bool,
    /// When there are any, only cookies in these containers of Firefox; None is outside
    /// of all.
    pub containers: Vec<Option<String>>,
    /// Sites whose cookies are not selected, but counted and reported.
    pub related: Vec<Domain>,
    /// Whether their values are read, which a deletion never needs.
    pub with_values: bool,
    /// Also what browsers keep for the domains beside cookies.
    pub site_data: bool,
    /// When there are any, only these cookies.
    pub picked: Vec<Pick>,
}

/// A single cookie: what a person can tell it from the others of its store by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pick {
    /// The host as stored.
    pub host: String,
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// The site under which it is partitioned.
    pub partition: Option<String>,
    /// The container of Firefox that it is in.
    pub container: Option<String>,
}

impl Pick {
    /// This cookie.
    pub fn of(cookie: &Cookie) -> Self {
        Self {
            host: cookie.host.clone(),
            name: cookie.name.clone(),
            path: cookie.path.clone(),
            partition: cookie.partition.clone(),
            container: cookie.container.clone(),
        }
    }

    fn is(&self, cookie: &Cookie) -> bool {
        self.host == cookie.host
            && self.name == cookie.name
            && self.path == cookie.path
            && self.partition == cookie.partition
            && self.container == cookie.container
    }
}

impl Query {
    /// Everything of these domains.
    pub fn all_of(domains: Vec<Domain>) -> Self {
        Self {
            domains,
            exact: false,
            partitioned: true,
            names: Vec::new(),
            keep: Vec::new(),
            keep_login: false,
            containers: Vec::new(),
            related: Vec::new(),
            with_values: false,
            site_data: false,
            picked: Vec::new(),
        }
    }

    /// The domains as text.
    pub fn domain_names(&self) -> Vec<String> {
        self.domains.iter().map(ToString::to_string).collect()
    }

    /// Whose a cookie is, by its stored host and the host of the site under which
    /// it is partitioned, if it is. Names are not looked at here.
    pub fn whose(&self, host: &[u8], partition_host: Option<&str>) -> Option<MatchedBy> {
        if self.domains.iter().any(|d| d.owns(host, self.exact)) {
            return Some(MatchedBy::Host);
        }
        let partition = partition_host.filter(|_| self.partitioned && !self.exact)?;
        self.domains
            .iter()
            .any(|d| d.owns(partition.as_bytes(), false))
            .then_some(MatchedBy::Partition)
    }

    /// Whether an item of one of the domains is selected. A device-bound session is one of
    /// the whole site: a person who keeps some of the site's cookies may need it for them.
    pub fn wants(&self, item: &Item) -> bool {
        match item {
            Item::Cookie(cookie) => self.wants_cookie(cookie),
            Item::DeviceBoundSession(_) => self.is_of_whole_sites(),
            Item::SiteData(data) => self.site_data && self.wants_container(&data.key.container),
        }
    }

    /// Whether a cookie of one of the domains is selected, by its name and its container.
    fn wants_cookie(&self, cookie: &Cookie) -> bool {
        (self.names.is_empty() || self.names.iter().any(|p| p.matches(&cookie.name)))
            && !self.keep.iter().any(|p| p.matches(&cookie.name))
            && self.wants_container(&cookie.container)
            && (self.picked.is_empty() || self.picked.iter().any(|pick| pick.is(cookie)))
            && !(self.keep_login && cookie.is_login())
    }

    fn wants_container(&self, container: &Option<String>) -> bool {
        self.containers.is_empty() || self.containers.contains(container)
    }

    /// Why the data of a storage key is meant, if it is.
    pub fn wants_key(&self, key: &StorageKey) -> Option<MatchedBy> {
        let reason = self.whose(key.host.as_bytes(), key.partition_host.as_deref())?;
        self.wants_container(&key.container).then_some(reason)
    }

    /// Whether everything of the domains is meant, so that what stands for a whole site
    /// is meant too.
    pub fn is_of_whole_sites(&self) -> bool {
        !self.exact
            && self.names.is_empty()
            && self.keep.is_empty()
            && !self.keep_login
            && self.containers.is_empty()
            && self.picked.is_empty()
    }

    /// Whether a site owns what it set itself, and yet lies partitioned under another.
    pub fn is_elsewhere(&self, matched_by: MatchedBy, partition_host: Option<&str>) -> bool {
        let own = |host: &str| self.domains.iter().any(|d| d.owns(host.as_bytes(), false));
        matched_by == MatchedBy::Host && partition_host.is_some_and(|host| !own(host))
    }

    /// The indices of the sites of [`Query::related`] that a host belongs to.
    pub fn related_to(&self, host: &[u8]) -> impl Iterator<Item = usize> {
        let sites = self.related.iter().enumerate();
        sites
            .filter(move |(_, site)| site.owns(host, false))
            .map(|(index, _)| index)
    }

    /// Whether a cookie that is not meant is still sent to one of the domains.
    pub fn is_sent(&self, host: &[u8]) -> bool {
        self.domains.iter().any(|d| d.is_sent(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cookie::tests::cookie;

    fn domains(names: &[&str]) -> Vec<Domain> {
        let parse = |name: &&str| Domain::parse(name).expect("a domain");
        names.iter().map(parse).collect()
    }

    fn query() -> Query {
        Query::all_of(domains(&["openai.com", "example.net"]))
    }

    fn patterns(globs: &[&str]) -> Vec<Pattern> {
        let pattern = |glob: &&str| Pattern::new(glob).expect("a pattern");
        globs.iter().map(pattern).collect()
    }

    #[test]
    fn domains_are_named_as_text() {
        assert_eq!(query().domain_names(), ["openai.com", "example.net"]);
    }

    #[test]
    fn host_counts_before_partition() {
        let query = query();
        let whose = |host: &str, site| query.whose(host.as_bytes(), site);
        assert_eq!(whose(".openai.com", None), Some(MatchedBy::Host));
        assert_eq!(whose("a.example.net", None), Some(MatchedBy::Host));
        let own = whose("openai.com", Some("openai.com"));
        assert_eq!(own, Some(MatchedBy::Host));
        let elsewhere = whose("openai.com", Some("example.com"));
        assert_eq!(elsewhere, Some(MatchedBy::Host));
        let embedded = whose("cdn.example", Some("chat.openai.com"));
        assert_eq!(embedded, Some(MatchedBy::Partition));
        assert_eq!(whose("cdn.example", Some("notopenai.com")), None);
        assert_eq!(whose("cdn.example", None), None);
    }

    #[test]
    fn partitions_are_left_when_not_asked_for() {
        let (own, embedded) = (b"openai.com", b"cdn.example");
        let mut unpartitioned = query();
        unpartitioned.partitioned = false;
        let mut exact = query();
        exact.exact = true;
        for query in [unpartitioned, exact] {
            assert_eq!(query.whose(embedded, Some("openai.com")), None);
            let found = query.whose(own, Some("openai.com"));
            assert_eq!(found, Some(MatchedBy::Host));
        }
    }

    #[test]
    fn exact_means_no_host_below() {
        let mut query = query();
        let below = b"chat.openai.com";
        assert_eq!(query.whose(below, None), Some(MatchedBy::Host));
        query.exact = true;
        assert_eq!(query.whose(below, None), None);
        assert_eq!(query.whose(b".openai.com", None), Some(MatchedBy::Host));
    }

    #[test]
    fn names_select_and_keep_wins() {
        let mut query = query();
        assert!(query.wants_cookie(&cookie("anything", None)));
        query.names = patterns(&["a*", "b"]);
        query.keep = patterns(&["ab*"]);
        for (name, is_wanted) in [
            ("a", true),
            ("b", true),
            ("ac", true),
            ("abc", false),
            ("c", false),
        ] {
            assert_eq!(query.wants_cookie(&cookie(name, None)), is_wanted, "{name}");
        }
        query.names.clear();
        assert!(query.wants_cookie(&cookie("c", None)));
        assert!(!query.wants_cookie(&cookie("abc", None)));
    }

    #[test]
    fn containers_select_also_outside_of_all() {
        let mut query = query();
        query.containers = vec![Some("Work".into())];
        assert!(query.wants_cookie(&cookie("a", Some("Work"))));
        assert!(!query.wants_cookie(&cookie("a", Some("Banking"))));
        assert!(!query.wants_cookie(&cookie("a", None)));
        query.containers.push(None);
        assert!(query.wants_cookie(&cookie("a", None)));
    }

    #[test]
    fn picked_cookies_are_told_from_all_others() {
        let mut query = query();
        let picked = cookie("a", Some("Work"));
        query.picked = vec![Pick::of(&picked), Pick::of(&cookie("other", None))];
        assert!(query.wants_cookie(&picked));
        type Change = fn(&mut Cookie);
        let changes: [Change; 5] = [
            |cookie| cookie.host = "openai.com".into(),
            |cookie| cookie.name = "b".into(),
            |cookie| cookie.path = "/a".into(),
            |cookie| cookie.partition = Some("https://example.com".into()),
            |cookie| cookie.container = None,
        ];
        for change in changes {
            let mut other = picked.clone();
            change(&mut other);
            assert!(!query.wants_cookie(&other), "{other:?}");
        }
    }

    #[test]
    fn logins_stay_when_asked_for() {
        let mut query = query();
        let login = cookie("__Secure-next-auth.session-token", None);
        assert!(login.is_login() && query.wants_cookie(&login));
        let other = cookie("cf_clearance", None);
        query.keep_login = true;
        assert!(!other.is_login() && query.wants_cookie(&other));
        assert!(!query.wants_cookie(&login));
    }

    #[test]
    fn every_filter_leaves_a_part_of_the_site() {
        assert!(query().is_of_whole_sites());
        type Narrow = fn(&mut Query);
        let narrow: [Narrow; 6] = [
            |query| query.picked = vec![Pick::of(&cookie("a", None))],
            |query| query.exact = true,
            |query| query.names = patterns(&["*"]),
            |query| query.keep = patterns(&["a"]),
            |query| query.keep_login = true,
            |query| query.containers = vec![None],
        ];
        for (number, narrow) in narrow.into_iter().enumerate() {
            let mut query = query();
            narrow(&mut query);
            assert!(!query.is_of_whole_sites(), "filter {number}");
        }
    }

    #[test]
    fn elsewhere_means_under_a_site_not_asked_for() {
        let query = query();
        let (host, partition) = (MatchedBy::Host, MatchedBy::Partition);
        assert!(query.is_elsewhere(host, Some("example.com")));
        assert!(!query.is_elsewhere(host, Some("chat.openai.com")));
        assert!(!query.is_elsewhere(host, Some("example.net")));
        assert!(!query.is_elsewhere(host, None));
        assert!(!query.is_elsewhere(partition, Some("example.com")));
    }

    #[test]
    fn related_sites_are_told_apart() {
        let mut query = query();
        query.related = domains(&["chatgpt.com", "sora.com", "chat.sora.com"]);
        let related = |host: &str| query.related_to(host.as_bytes()).collect::<Vec<_>>();
        assert_eq!(related(".chatgpt.com"), [0]);
        assert_eq!(related("www.sora.com"), [1]);
        assert_eq!(related("a.chat.sora.com"), [1, 2]);
        assert!(related("openai.com").is_empty());
    }

    #[test]
    fn cookies_of_a_parent_are_sent_to_any_domain() {
        let query = Query::all_of(domains(&["example.net", "chat.openai.com"]));
        assert!(query.is_sent(b".openai.com"));
        assert!(!query.is_sent(b"openai.com"));
        assert!(!query.is_sent(b".chat.openai.com"));
    }
}
