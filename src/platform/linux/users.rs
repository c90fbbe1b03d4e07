//! By the name service, which knows local accounts and those of a directory.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User};

use crate::platform::users::LocalUser;

/// Of people, where the system does not say otherwise.
const FIRST: u32 = 1000;
/// What systemd gives out for a moment, and nobody: see "Users, Groups, UIDs and GIDs on
/// systemd Systems".
const TRANSIENT: RangeInclusive<u32> = 61184..=65535;
const HOMES: &str = "/home";

/// Everybody whom the system lists; and, since a directory service need not list its users,
/// those whose home folder lies with the others'.
pub(in crate::platform) fn all() -> io::Result<Vec<LocalUser>> {
    let definitions = fs::read_to_string("/etc/login.defs").unwrap_or_default();
    let first = first_of_people(&definitions);
    let mut users = people(&listed()?, first);
    let mut known: HashSet<_> = users.iter().filter_map(|user| user.id).collect();
    for folder in fs::read_dir(HOMES).into_iter().flatten().flatten() {
        // Of a link, the link: nobody but root makes one here.
        let Ok(owner) = folder.metadata().map(|metadata| metadata.uid()) else {
            continue;
        };
        if is_person(owner, first)
            && known.insert(owner)
            && let Ok(Some(user)) = User::from_uid(Uid::from_raw(owner))
        {
            users.push(LocalUser {
                name: user.name,
                id: Some(owner),
                home: user.dir,
            });
        }
    }
    Ok(users)
}

/// Lines as in `/etc/passwd`.
fn listed() -> io::Result<String> {
    let asked = Command::new("getent")
        .arg("passwd")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match asked {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        // There is none on a small system.
        _ => fs::read("/etc/passwd").map(|b| String::from_utf8_lossy(&b).into_owned()),
    }
}

fn first_of_people(definitions: &str) -> u32 {
    let minimum = definitions.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let is_minimum = words.next() == Some("UID_MIN");
        words.next().filter(|_| is_minimum)?.parse().ok()
    });
    minimum.unwrap_or(FIRST)
}

fn is_person(id: u32, first: u32) -> bool {
    id >= first && !TRANSIENT.contains(&id)
}

fn people(passwd: &str, first: u32) -> Vec<LocalUser> {
    let person = |line: &str| {
        let fields: Vec<_> = line.split(':').collect();
        let [name, _, id, _, _, home, ..] = fields.as_slice() else {
            return None;
        };
        let id = id.parse().ok().filter(|id| is_person(*id, first))?;
        Some(LocalUser {
            name: (*name).to_owned(),
            id: Some(id),
            home: home.into(),
        })
    };
    passwd.lines().filter_map(person).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_the_system_are_left_out() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\n\
            daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n\
            kim:x:1000:1000:Kim,,,:/home/kim:/bin/bash\n\
            ldap:x:200123:513::/home/EXAMPLE/ldap:/bin/bash\n\
            dyn:x:61200:61200::/run/x:/bin/sh\n\
            nobody:x:65534:65534::/nonexistent:/bin/sh\n\
            broken:x:abc\n\n";
        let names = |first| {
            let people = people(passwd, first).into_iter();
            people.map(|user| user.name).collect::<Vec<_>>()
        };
        assert_eq!(names(1000), ["kim", "ldap"]);
        assert_eq!(names(100_000), ["ldap"]);
    }

    #[test]
    fn first_number_of_people_is_the_systems() {
        let definitions = "# UID_MIN 1\nUID_MAX\t60000\nUID_MIN\t\t 500\n";
        assert_eq!(first_of_people(definitions), 500);
        assert_eq!(first_of_people("UID_MIN"), FIRST);
        assert_eq!(first_of_people(""), FIRST);
    }
}
