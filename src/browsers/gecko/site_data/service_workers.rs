//! `serviceworker.txt`: the service workers of a profile
//! (`dom/serviceworkers/ServiceWorkerRegistrar.cpp`).

use url::Url;

use crate::browsers::gecko::origin_attributes::OriginAttributes;
use crate::model::error::Fault;

/// The version whose records are known.
pub(super) const VERSION: &str = "12";
/// The line that ends a record.
const END: &str = "#";

/// One record, as it is in the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Registration<'t> {
    /// The origin of its scope.
    pub(crate) origin: String,
    /// The host of its scope.
    pub(crate) host: String,
    pub(crate) attributes: OriginAttributes,
    /// Its lines, with the line that ends it.
    pub(crate) text: &'t str,
}

/// Reads every record; one whose scope is not a page of http or https has no host.
///
/// # Errors
/// When the version is not known, or the file is cut off.
pub(crate) fn registrations(file: &str) -> Result<Vec<Registration<'_>>, Fault> {
    let (version, mut rest) = file.split_once('\n').unwrap_or((file, ""));
    if version != VERSION {
        let version: String = version.chars().take(20).collect();
        return Err(Fault::UnknownSchema(format!("version {version}")));
    }
    let mut all = Vec::new();
    while !rest.is_empty() {
        let mut length = 0;
        let mut lines = rest.split_inclusive('\n');
        loop {
            let Some(line) = lines.next().filter(|line| line.ends_with('\n')) else {
                return Err(Fault::Unparsable("it is cut off".into()));
            };
            length += line.len();
            if line.trim_end() == END {
                break;
            }
        }
        let (text, after) = rest.split_at(length);
        let mut lines = text.lines();
        let (suffix, scope) = (lines.next(), lines.next());
        let url = scope.and_then(|scope| Url::parse(scope).ok());
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        all.push(Registration {
            origin: url
                .as_ref()
                .map(|url| url.origin().ascii_serialization())
                .unwrap_or_default(),
            host: url
                .as_ref()
                .and_then(Url::host_str)
                .unwrap_or_default()
                .to_owned(),
            attributes: OriginAttributes::parse(suffix.unwrap_or_default()),
            text,
        });
        rest = after;
    }
    Ok(all)
}

/// The file without the records that `goes`; every other byte stays.
///
/// # Errors
/// As [`registrations`].
pub(crate) fn without(
    file: &str,
    mut goes: impl FnMut(&Registration<'_>) -> bool,
) -> Result<String, Fault> {
    let all = registrations(file)?;
    let header = file.len() - all.iter().map(|one| one.text.len()).sum::<usize>();
    let mut rest = file[..header].to_owned();
    for registration in all.iter().filter(|one| !goes(one)) {
        rest += registration.text;
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(suffix: &str, scope: &str) -> String {
        format!("{suffix}\n{scope}\n{scope}sw.js\ntrue\n{{cache}}\n0\n1\n#\n")
    }

    fn file() -> String {
        [
            "12\n",
            &record("", "https://openai.com/"),
            &record("^userContextId=2", "https://notopenai.com/"),
            &record(
                "^partitionKey=%28https%2Copenai.com%29",
                "https://cf.example.net/",
            ),
            &record("", "moz-extension://abc/"),
        ]
        .concat()
    }

    #[test]
    fn records_name_host_partition_and_container() {
        let file = file();
        let all = registrations(&file).unwrap();
        let hosts: Vec<_> = all.iter().map(|one| &*one.host).collect();
        assert_eq!(hosts, ["openai.com", "notopenai.com", "cf.example.net", ""]);
        assert_eq!(all[1].attributes.user_context_id, 2);
        let partition = all[2].attributes.partition_host.as_deref();
        assert_eq!(partition, Some("openai.com"));
        assert!(registrations("12\n").unwrap().is_empty());
    }

    #[test]
    fn only_whole_records_go() {
        let rest = without(&file(), |one| one.host == "openai.com").unwrap();
        assert_eq!(rest, file().replace(&record("", "https://openai.com/"), ""));
        assert_eq!(without(&file(), |_| false).unwrap(), file());
        assert_eq!(without(&file(), |_| true).unwrap(), "12\n");
    }

    #[test]
    fn other_versions_and_cut_off_files_are_refused() {
        for text in ["", "9\n", "13\n#\n", "hello"] {
            assert!(registrations(text).is_err(), "{text:?}");
        }
        let whole = file();
        for end in 4..whole.len() {
            let text = &whole[..end];
            assert_eq!(
                registrations(text).is_ok(),
                text.ends_with("\n#\n"),
                "{end}"
            );
        }
    }
}
