//! Which sites belong to one service: who is locked out of one has to clean them all.
//! No I/O, and no network: the table is all there is.

use crate::model::domain::{Domain, site_of};

/// A service: its name, and the sites at which it keeps cookies that belong together, a
/// login here and a page there.
pub(crate) struct Service {
    pub name: &'static str,
    pub sites: &'static [&'static str],
}

const fn service(name: &'static str, sites: &'static [&'static str]) -> Service {
    Service { name, sites }
}

/// By what redirects where when one signs in, 2026.
pub(crate) const SERVICES: &[Service] = &[
    service(
        "ChatGPT",
        &[
            "openai.com",
            "chatgpt.com",
            "sora.com",
            "oaiusercontent.com",
        ],
    ),
    service("Claude", &["claude.ai", "anthropic.com", "claude.com"]),
    service(
        "Google",
        &[
            "google.com",
            "youtube.com",
            "gmail.com",
            "googleusercontent.com",
        ],
    ),
    service(
        "Microsoft",
        &[
            "microsoft.com",
            "live.com",
            "microsoftonline.com",
            "office.com",
            "office365.com",
            "outlook.com",
            "bing.com",
            "sharepoint.com",
            "skype.com",
        ],
    ),
    service(
        "Meta",
        &["facebook.com", "messenger.com", "instagram.com", "meta.com"],
    ),
    service("X", &["x.com", "twitter.com"]),
    service("Apple", &["apple.com", "icloud.com"]),
    service(
        "Amazon",
        &[
            "amazon.com",
            "amazon.de",
            "amazon.co.uk",
            "audible.com",
            "primevideo.com",
        ],
    ),
    service(
        "Atlassian",
        &[
            "atlassian.com",
            "atlassian.net",
            "bitbucket.org",
            "trello.com",
        ],
    ),
    service("Yahoo", &["yahoo.com", "yimg.com", "aol.com"]),
    service("Perplexity", &["perplexity.ai", "pplx.ai"]),
    service("Reddit", &["reddit.com", "redd.it"]),
    service(
        "Wikipedia",
        &["wikipedia.org", "wikimedia.org", "mediawiki.org"],
    ),
];

/// The service that a domain belongs to.
pub(crate) fn service_of(domain: &Domain) -> Option<&'static Service> {
    let site = site_of(domain.as_str());
    SERVICES
        .iter()
        .find(|service| service.sites.contains(&site))
}

/// The other sites of the services that these domains belong to, without those that the
/// domains name already.
pub(crate) fn related(domains: &[Domain]) -> Vec<Domain> {
    let mut related: Vec<Domain> = Vec::new();
    for site in domains.iter().filter_map(service_of).flat_map(|s| s.sites) {
        let Ok(site) = Domain::parse(site) else {
            continue;
        };
        // A subdomain that was named speaks for its site.
        let named = domains.iter().any(|d| site_of(d.as_str()) == site.as_str());
        if !named && !related.contains(&site) {
            related.push(site);
        }
    }
    related
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_of_the_table_is_a_site_and_stands_there_once() {
        let mut seen = Vec::new();
        for site in SERVICES.iter().flat_map(|service| service.sites) {
            let domain = Domain::parse(site).expect(site);
            assert_eq!(site_of(domain.as_str()), *site);
            assert!(!seen.contains(site), "{site} stands there twice");
            seen.push(site);
        }
    }

    #[test]
    fn related_are_the_other_sites_of_the_service() {
        let of = |names: &[&str]| -> Vec<String> {
            let domains: Vec<_> = names.iter().map(|n| Domain::parse(n).unwrap()).collect();
            related(&domains).iter().map(ToString::to_string).collect()
        };
        assert_eq!(of(&["x.com"]), ["twitter.com"]);
        assert_eq!(of(&["api.x.com"]), ["twitter.com"]);
        assert_eq!(of(&["x.com", "twitter.com"]), [""; 0]);
        assert_eq!(of(&["notx.com"]), [""; 0]);
        assert!(of(&["openai.com"]).contains(&"chatgpt.com".to_owned()));
    }
}
