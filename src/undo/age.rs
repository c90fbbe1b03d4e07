//! The name of a deletion, and how old it is.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::TRIES;

/// How long copies are kept.
pub(crate) const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A time that lies so far ahead was written down while a clock was wrong.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// And one that lies so far back more likely was than that nobody has run this program
/// since.
const BACK: SignedDuration = SignedDuration::from_hours(366 * 24);

const FORMAT: &str = "%Y%m%d-%H%M%S";

/// `20261124-083135`, the second in which a deletion began, in UTC; or the same with `-2`
/// and so on, where there was one already.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    stamp: String,
    number: u32,
}

impl Id {
    pub(super) fn new(created: Timestamp, number: u32) -> Self {
        let stamp = created.strftime(FORMAT).to_string();
        Self { stamp, number }
    }

    /// None when the name is not one of ours.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (stamp, rest) = name.split_at_checked("20261124-083135".len())?;
        let is_stamp = stamp.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        let number = match rest.strip_prefix('-') {
            None => rest.is_empty().then_some(1)?,
            // Not `-1`, nor `-02`.
            Some(text) => (text.parse().ok())
                .filter(|number| (2..TRIES).contains(number) && number.to_string() == text)?,
        };
        is_stamp.then(|| Self {
            stamp: stamp.to_owned(),
            number,
        })
    }

    /// None when it is not a time, as `20269999-999999`.
    pub(super) fn created(&self) -> Option<Timestamp> {
        let two = |at| self.stamp.get(at..at + 2)?.parse().ok();
        let year = self.stamp.get(..4)?.parse().ok()?;
        // What `strptime` does in ten times as long, for every deletion at every start.
        let time = DateTime::new(year, two(4)?, two(6)?, two(9)?, two(11)?, two(13)?, 0).ok()?;
        TimeZone::UTC.to_timestamp(time).ok()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            1 => write!(f, "{}", self.stamp),
            number => write!(f, "{}-{number}", self.stamp),
        }
    }
}

/// Since when the age of a deletion counts: its name tells, unless that time says more
/// about a clock than about the deletion; then the time at which its folder was last
/// changed. None when that is no better.
///
/// A clock that is wrong today must not destroy what is fresh, and one that was wrong when
/// the copy was made must not keep it for ever. Which of the two is the case nobody can
/// tell: so what has no credible time is kept for [`KEPT`] from when that is first seen.
pub(super) fn counts_from(
    created: Option<Timestamp>,
    modified: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    [created, modified]
        .into_iter()
        .flatten()
        .find(|time| is_credible(*time, now))
}

fn is_credible(time: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(time);
    -AHEAD <= age && age <= BACK
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn only_names_that_are_given_are_taken_for_ids() {
        for name in ["20261124-083135", "20261124-083135-2", "20261124-083135-10"] {
            assert_eq!(Id::parse(name).unwrap().to_string(), name);
        }
        for name in [
            "",
            "notes",
            "20261124",
            "20261124-",
            "20261124-08313",
            "2026112a-083135",
            "20261124-083135-",
            "20261124-083135-1",
            "20261124-083135-02",
            "20261124-083135-+2",
            "20261124-083135-12345",
            "20261124-083135x",
            "20261124x083135",
            "20261124-08313\u{e9}",
            "20261124-083135-2-3",
            "20261124-083135/..",
        ] {
            assert_eq!(Id::parse(name), None, "{name}");
        }
    }

    #[test]
    fn an_id_tells_its_second_and_its_order() {
        let created = time("2026-11-24T08:31:35.9Z");
        let ids = [2, 10, 1].map(|number| Id::new(created, number));
        assert_eq!(ids[0].to_string(), "20261124-083135-2");
        assert_eq!(ids[0].created(), Some(time("2026-11-24T08:31:35Z")));
        assert!(ids[1] > ids[0] && ids[0] > ids[2]);
        let odd = Id::parse("20269999-999999").unwrap();
        assert_eq!(odd.created(), None);
    }

    #[test]
    fn an_age_counts_from_the_first_credible_time() {
        let now = time("2026-11-26T00:00:00Z");
        let (week, month) = (time("2026-11-19T00:00:00Z"), time("2026-10-26T00:00:00Z"));
        let (future, past) = (time("2099-01-01T00:00:00Z"), time("1970-01-02T00:00:00Z"));
        for (created, modified, expected) in [
            (Some(month), Some(week), Some(month)),
            (Some(month), Some(future), Some(month)),
            (Some(future), Some(month), Some(month)),
            (Some(past), Some(week), Some(week)),
            (Some(future), Some(future), None),
            (Some(past), Some(past), None),
            (None, Some(week), Some(week)),
            (None, None, None),
            // Clocks of two computers differ a little.
            (
                Some(time("2026-11-26T09:00:00Z")),
                None,
                Some(time("2026-11-26T09:00:00Z")),
            ),
        ] {
            assert_eq!(counts_from(created, modified, now), expected);
        }
    }
}
