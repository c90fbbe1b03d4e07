//! The places of arrays, and looking for some of them.
//!
//! The place of each array of a text can take more room than the text. So none is written
//! down to be compared: with every step into the text, those that are looked for are
//! narrowed down to those that begin so.

/// The places of the arrays that are looked for, each once, in order.
#[derive(Debug, Default)]
pub(super) struct Wanted(Vec<String>);

/// Those of the places that begin alike.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Prefix {
    first: u32,
    end: u32,
    /// For so many bytes.
    length: u32,
}

impl Prefix {
    /// Whether no place begins so.
    pub(super) fn is_nothing(self) -> bool {
        self.first == self.end
    }
}

impl Wanted {
    pub(super) fn new(mut places: Vec<String>) -> Self {
        places.sort_unstable();
        places.dedup();
        Self(places)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Which of them this is.
    pub(super) fn find(&self, place: &str) -> Option<usize> {
        self.0.binary_search_by(|known| (**known).cmp(place)).ok()
    }

    /// All of them.
    pub(super) fn all(&self) -> Prefix {
        Prefix {
            first: 0,
            end: narrow(self.0.len()),
            length: 0,
        }
    }

    /// Those that go on with this.
    pub(super) fn step(&self, prefix: Prefix, step: &str) -> Prefix {
        if prefix.is_nothing() {
            return prefix;
        }
        let (first, length) = (prefix.first as usize, prefix.length as usize);
        let places = &self.0[first..prefix.end as usize];
        fn begins<'p>(place: &'p str, length: usize, step: &str) -> &'p [u8] {
            let rest = &place.as_bytes()[length..];
            &rest[..rest.len().min(step.len())]
        }
        // Compared as far as the step goes, they are in order, too.
        let less = places.partition_point(|place| begins(place, length, step) < step.as_bytes());
        let equal =
            places[less..].partition_point(|place| begins(place, length, step) == step.as_bytes());
        Prefix {
            first: prefix.first + narrow(less),
            end: prefix.first + narrow(less + equal),
            length: prefix.length + narrow(step.len()),
        }
    }

    /// The one that is no longer than what it has in common with the others.
    pub(super) fn exactly(&self, prefix: Prefix) -> Option<usize> {
        let first = prefix.first as usize;
        let is_it = !prefix.is_nothing() && self.0[first].len() == prefix.length as usize;
        is_it.then_some(first)
    }
}

/// Neither the places nor a text in which they are looked for reaches that many bytes.
fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A place by its name: the second array of the same place is told from the first by `~2`.
pub(super) fn named(place: &str, times: u32) -> String {
    match times {
        1 => place.to_owned(),
        _ => format!("{place}~{times}"),
    }
}

/// The place that a name is of, and which array of that place is meant.
pub(super) fn of_name(name: &str) -> (&str, u32) {
    // Every place ends in the key, in which there is no such sign.
    let parts = name.rsplit_once('~').and_then(|(place, times)| {
        let times = times.parse().ok().filter(|times| *times > 1)?;
        let is_whole = place.ends_with("/cookies") || place.ends_with("/storage");
        is_whole.then_some((place, times))
    });
    parts.unwrap_or((name, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_to_the_places_that_are_looked_for_only() {
        let places = ["/a/cookies", "/a/b/cookies", "/ab/cookies", "/a~s/cookies"];
        let wanted = Wanted::new(places.map(String::from).to_vec());
        let find = |steps: &[&str]| {
            let steps = steps.iter();
            let prefix = steps.fold(wanted.all(), |prefix, step| wanted.step(prefix, step));
            wanted.exactly(prefix)
        };
        assert_eq!(find(&["/a", "/cookies"]), wanted.find("/a/cookies"));
        assert_eq!(find(&["/a", "/b", "/cookies"]), wanted.find("/a/b/cookies"));
        assert_eq!(find(&["/ab", "/cookies"]), wanted.find("/ab/cookies"));
        assert_eq!(find(&["/a", "~s", "/cookies"]), wanted.find("/a~s/cookies"));
        for steps in [
            &["/a"][..],
            &["/a", "b", "/b"],
            &["/a", "/cookies", "/x"],
            &["/c"],
            &[],
            &["/abc", "/cookies"],
        ] {
            assert_eq!(find(steps), None, "{steps:?}");
        }
    }

    #[test]
    fn names_tell_arrays_of_one_place_apart() {
        for (place, times, name) in [
            ("/cookies", 1, "/cookies"),
            ("/cookies", 2, "/cookies~2"),
            ("/a~1/cookies", 13, "/a~1/cookies~13"),
            ("/x~s/cookies", 1, "/x~s/cookies"),
        ] {
            assert_eq!(named(place, times), name);
            assert_eq!(of_name(name), (place, times));
        }
        assert_eq!(of_name("/a~1"), ("/a~1", 1));
        assert_eq!(of_name("/cookies~0"), ("/cookies~0", 1));
    }
}
