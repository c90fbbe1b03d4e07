//! By Open Directory.

use std::io;
use std::process::{Command, Stdio};

use crate::platform::users::LocalUser;

/// Of people; those before are the system's.
const FIRST: u32 = 500;

pub(in crate::platform) fn all() -> io::Result<Vec<LocalUser>> {
    let asked = Command::new("/usr/bin/dscacheutil")
        .args(["-q", "user"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    match asked.status.success() {
        true => Ok(people(&String::from_utf8_lossy(&asked.stdout))),
        false => Err(io::Error::other("dscacheutil failed")),
    }
}

/// Paragraphs of `name: value`.
fn people(answer: &str) -> Vec<LocalUser> {
    let person = |paragraph: &str| {
        let value = |name: &str| {
            let mut lines = paragraph.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let id = value("uid")?.trim().parse().ok()?;
        let home = value("dir")?;
        (id >= FIRST && home.starts_with("/Users/")).then(|| LocalUser {
            name: value("name").unwrap_or_default().to_owned(),
            id: Some(id),
            home: home.into(),
        })
    };
    answer.split("\n\n").filter_map(person).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_the_system_are_left_out() {
        let answer = "name: _www\npassword: *\nuid: 70\ngid: 70\ndir: /Library/WebServer\n\n\
            name: kim\npassword: ********\nuid: 501\ngid: 20\ndir: /Users/kim\n\
            shell: /bin/zsh\ngecos: Kim\n\n\
            name: nobody\nuid: -2\ndir: /var/empty\n";
        let people = people(answer);
        assert_eq!(people.len(), 1);
        assert_eq!((&*people[0].name, people[0].id), ("kim", Some(501)));
    }
}
