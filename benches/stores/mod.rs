//! Cookie stores of any size, as Chromium and Firefox would have written them.
//!
//! The schemas, page sizes and journal modes were read from stores that Chromium
//! 156 and Firefox ESR 153 made. Values are really encrypted: a reader that
//! decrypts what it lists would otherwise be timed at failing.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use rusqlite::{Connection, Statement, params};
use sha2::{Digest, Sha256};

/// The site that every benchmark asks for.
pub const DOMAIN: &str = "openai.com";

/// How many cookies of [`DOMAIN`] each store holds, whatever its size.
pub const MATCHING: usize = 30;

/// Hosts of the wanted cookies. None is partitioned under another site, and no
/// other host has the domain's name in it, so that readers which know nothing of
/// partitions, or match by substring, find the same cookies.
const MATCHING_HOSTS: [&str; 6] = [
    ".openai.com",
    "openai.com",
    ".chat.openai.com",
    "chat.openai.com",
    "auth.openai.com",
    ".platform.openai.com",
];

/// PBKDF2-HMAC-SHA1("peanuts", "saltysalt", 1 iteration, 16 bytes): the key of
/// every `v10` value on Linux.
const V10_KEY: [u8; 16] = [
    0xfd, 0x62, 0x1f, 0xe5, 0xa2, 0xb4, 0x02, 0x53, 0x9d, 0xfa, 0x14, 0x7c, 0xa9, 0x27, 0x27, 0x78,
];

/// 2026-01-01 in seconds since 1970, as a fixed point: two runs make equal stores.
const NEW_YEAR_2026: i64 = 1_767_225_600;

/// Seconds from 1601-01-01, where Chromium's clock starts, to 1970-01-01.
const CHROMIUM_EPOCH: i64 = 11_644_473_600;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Chromium,
    Firefox,
}

impl Family {
    pub const ALL: [Family; 2] = [Family::Chromium, Family::Firefox];

    pub fn name(self) -> &'static str {
        match self {
            Family::Chromium => "chromium",
            Family::Firefox => "firefox",
        }
    }

    /// Where the store is, seen from the folder that `--profile-dir` takes.
    pub fn store_in(self, dir: &Path) -> PathBuf {
        match self {
            Family::Chromium => dir.join("Default").join("Cookies"),
            Family::Firefox => dir.join("cookies.sqlite"),
        }
    }
}

/// One cookie, before a family writes it down in its own way.
struct Row {
    host: String,
    name: String,
    value: String,
    /// Seconds since 1970.
    created: i64,
}

/// `rows` cookies over rows/30 hosts, of which [`MATCHING`] are of [`DOMAIN`],
/// spread evenly. Hosts come in no order, as a person visits them.
fn rows(rows: usize) -> impl Iterator<Item = Row> {
    let hosts = (rows / 30).max(1) as u64;
    let every = rows / MATCHING;
    let mut numbers = Numbers(rows as u64);
    (0..rows).map(move |i| {
        let host = if i % every == every / 2 && i / every < MATCHING {
            MATCHING_HOSTS[i / every % MATCHING_HOSTS.len()].to_owned()
        } else {
            let n = numbers.below(hosts);
            match n % 3 {
                0 => format!(".site{n}.example"),
                1 => format!("www.site{n}.example"),
                _ => format!(".shop{n}.example.net"),
            }
        };
        // 16 to 190 characters make encrypted values of 67 to 227 bytes.
        let length = 16 + numbers.below(175) as usize;
        let mut value = String::with_capacity(length + 16);
        while value.len() < length {
            value.push_str(&format!("{:016x}", numbers.next()));
        }
        value.truncate(length);
        Row {
            host,
            name: format!("_id_{i:x}"),
            value,
            created: NEW_YEAR_2026 + i as i64,
        }
    })
}

/// SplitMix64: the same "random" numbers on every machine and in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// Makes `dir`: a Firefox profile folder, or a Chromium user-data folder with
/// the one profile `Default`. Its store is closed cleanly and on the disk.
pub fn make(family: Family, dir: &Path, count: usize) -> rusqlite::Result<()> {
    let store = family.store_in(dir);
    fs::create_dir_all(store.parent().expect("a store is in a folder")).expect("temp folder");
    match family {
        Family::Chromium => {
            fs::write(
                dir.join("Local State"),
                r#"{"profile":{"info_cache":{"Default":{"name":"Person 1"}}}}"#,
            )
            .expect("temp folder");
            make_chromium_profile_files(&dir.join("Default"));
            chromium_store(&store, count)?;
        }
        Family::Firefox => {
            fs::write(dir.join("prefs.js"), "// Mozilla User Preferences\n").expect("temp folder");
            fs::write(dir.join("times.json"), r#"{"created":1767225600000}"#).expect("temp folder");
            firefox_store(&store, count)?;
        }
    }
    sync_tree(dir);
    Ok(())
}

/// Makes a Chromium user-data folder with `profiles` profiles, each with a copy
/// of the store in `template`, itself made by [`make`].
pub fn make_many_profiles(dir: &Path, template: &Path, profiles: usize) {
    fs::create_dir_all(dir).expect("temp folder");
    let entries: Vec<String> = (1..=profiles)
        .map(|n| format!(r#""Profile {n}":{{"name":"Person {n}"}}"#))
        .collect();
    fs::write(
        dir.join("Local State"),
        format!(
            r#"{{"profile":{{"info_cache":{{{}}}}}}}"#,
            entries.join(",")
        ),
    )
    .expect("temp folder");
    for n in 1..=profiles {
        let profile = dir.join(format!("Profile {n}"));
        fs::create_dir_all(&profile).expect("temp folder");
        make_chromium_profile_files(&profile);
        fs::copy(Family::Chromium.store_in(template), profile.join("Cookies"))
            .expect("temp folder");
    }
    sync_tree(dir);
}

/// A fresh copy of a made folder, on the disk: dirty pages of the copy would
/// otherwise be written at the expense of whoever syncs first while timed.
pub fn copy(from: &Path, to: &Path) {
    copy_tree(from, to);
    sync_tree(to);
}

fn make_chromium_profile_files(profile: &Path) {
    fs::write(
        profile.join("Preferences"),
        r#"{"profile":{"name":"Person 1"}}"#,
    )
    .expect("temp folder");
    // A clean exit leaves it so.
    fs::write(profile.join("Cookies-journal"), "").expect("temp folder");
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("temp folder");
    for entry in fs::read_dir(from).expect("temp folder") {
        let entry = entry.expect("temp folder");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("temp folder").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("temp folder");
        }
    }
}

fn sync_tree(dir: &Path) {
    for entry in fs::read_dir(dir).expect("temp folder") {
        let entry = entry.expect("temp folder");
        if entry.file_type().expect("temp folder").is_dir() {
            sync_tree(&entry.path());
        } else {
            // Windows syncs only what is open for writing.
            File::options()
                .write(true)
                .open(entry.path())
                // As old as the store of a browser that was closed a while ago.
                .and_then(|file| {
                    file.set_modified(SystemTime::now() - Duration::from_secs(3600))?;
                    file.sync_all()
                })
                .expect("temp folder");
        }
    }
}

/// Making a million rows safely would take minutes; a crash here costs nothing.
const IN_A_HURRY: &str = "PRAGMA synchronous=OFF; PRAGMA cache_size=-400000;";

fn chromium_store(path: &Path, count: usize) -> rusqlite::Result<()> {
    let db = Connection::open(path)?;
    db.execute_batch(IN_A_HURRY)?;
    db.execute_batch(
        "PRAGMA page_size=4096; PRAGMA journal_mode=TRUNCATE;
         BEGIN;
         CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
         INSERT INTO meta VALUES('mmap_status','-1'),('version','24'),('last_compatible_version','24');
         CREATE TABLE cookies(creation_utc INTEGER NOT NULL,host_key TEXT NOT NULL,top_frame_site_key TEXT NOT NULL,name TEXT NOT NULL,value TEXT NOT NULL,encrypted_value BLOB NOT NULL,path TEXT NOT NULL,expires_utc INTEGER NOT NULL,is_secure INTEGER NOT NULL,is_httponly INTEGER NOT NULL,last_access_utc INTEGER NOT NULL,has_expires INTEGER NOT NULL,is_persistent INTEGER NOT NULL,priority INTEGER NOT NULL,samesite INTEGER NOT NULL,source_scheme INTEGER NOT NULL,source_port INTEGER NOT NULL,last_update_utc INTEGER NOT NULL,source_type INTEGER NOT NULL,has_cross_site_ancestor INTEGER NOT NULL);
         CREATE UNIQUE INDEX cookies_unique_index ON cookies(host_key, top_frame_site_key, has_cross_site_ancestor, name, path, source_scheme, source_port);",
    )?;
    let mut insert = db.prepare(
        "INSERT INTO cookies VALUES(?1, ?2, '', ?3, '', ?4, '/', ?5, 1, 1, ?1, 1, 1, 1, -1, 2, 443, ?1, 1, 0)",
    )?;
    for row in rows(count) {
        insert_into_chromium(&mut insert, &row)?;
    }
    drop(insert);
    db.execute_batch("COMMIT")?;
    db.close().map_err(|(_, error)| error)
}

fn insert_into_chromium(insert: &mut Statement<'_>, row: &Row) -> rusqlite::Result<()> {
    let created = (row.created + CHROMIUM_EPOCH) * 1_000_000;
    let year = 365 * 86_400 * 1_000_000;
    insert.execute(params![
        created,
        row.host,
        row.name,
        encrypt_v10(&row.host, &row.value),
        created + year,
    ])?;
    Ok(())
}

/// As database version 24 has it: the host's hash stands before the value.
fn encrypt_v10(host: &str, value: &str) -> Vec<u8> {
    let mut plaintext = Sha256::digest(host.as_bytes()).to_vec();
    plaintext.extend_from_slice(value.as_bytes());
    let cipher = cbc::Encryptor::<aes::Aes128>::new(&V10_KEY.into(), &[b' '; 16].into());
    let mut encrypted = b"v10".to_vec();
    encrypted.extend(cipher.encrypt_padded_vec::<Pkcs7>(&plaintext));
    encrypted
}

fn firefox_store(path: &Path, count: usize) -> rusqlite::Result<()> {
    let db = Connection::open(path)?;
    db.execute_batch(IN_A_HURRY)?;
    db.execute_batch(
        "PRAGMA page_size=32768; PRAGMA journal_mode=MEMORY; PRAGMA user_version=17;
         BEGIN;
         CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, originAttributes TEXT NOT NULL DEFAULT '', name TEXT, value TEXT, host TEXT, path TEXT, expiry INTEGER, lastAccessed INTEGER, creationTime INTEGER, isSecure INTEGER, isHttpOnly INTEGER, inBrowserElement INTEGER DEFAULT 0, sameSite INTEGER DEFAULT 0, schemeMap INTEGER DEFAULT 0, isPartitionedAttributeSet INTEGER DEFAULT 0, updateTime INTEGER, CONSTRAINT moz_uniqueid UNIQUE (name, host, path, originAttributes));",
    )?;
    let mut insert = db.prepare(
        "INSERT INTO moz_cookies VALUES(NULL, '', ?1, ?2, ?3, '/', ?4, ?5, ?5, 1, 1, 0, 256, 2, 0, ?5)",
    )?;
    for row in rows(count) {
        let created = row.created * 1_000_000;
        // Milliseconds since schema 16; the other times are microseconds.
        let expiry = (row.created + 365 * 86_400) * 1_000;
        insert.execute(params![row.name, row.value, row.host, expiry, created])?;
    }
    drop(insert);
    // Last, so that the rows do not go through a log; a clean close of the last
    // connection removes it, as Firefox's does.
    db.execute_batch("COMMIT; PRAGMA journal_mode=WAL;")?;
    db.close().map_err(|(_, error)| error)
}

/// A Firefox profile without a database, whose session has so many windows of ten tabs,
/// about so many bytes of text, and 2,000 cookies, of which [`MATCHING`] are wanted.
pub fn make_session(dir: &Path, windows: usize, bytes: usize) -> io::Result<()> {
    const COOKIES: usize = 2_000;
    const TABS: usize = 10;
    let cookie = |n: usize| {
        let host = match n {
            ..MATCHING => MATCHING_HOSTS[n % MATCHING_HOSTS.len()].to_owned(),
            n => format!("site-{n}.example"),
        };
        format!(r#"{{"host":"{host}","value":"{n:032x}","path":"/","name":"session-{n}"}}"#)
    };
    // As much as thumbnails and form texts are: half of it compresses.
    let mut hasher = Sha256::new();
    let mut filler = String::new();
    while filler.len() < bytes / (windows * TABS) {
        hasher.update(filler.len().to_le_bytes());
        for byte in hasher.clone().finalize() {
            write!(filler, "{byte:02x}").expect("a string grows");
        }
    }
    let mut text = String::with_capacity(bytes + (1 << 20));
    text.push_str(r#"{"version":["sessionrestore",1],"windows":["#);
    for window in 0..windows {
        text.push_str(if window == 0 { "" } else { "," });
        text.push_str(r#"{"tabs":["#);
        for tab in 0..TABS {
            text.push_str(if tab == 0 { "" } else { "," });
            // Turned a little each time, so that no tab repeats another as it is.
            let (end, start) = filler.split_at((window * TABS + tab) % filler.len());
            let url = format!("https://site-{tab}.example/{window}");
            write!(
                text,
                r#"{{"entries":[{{"url":"{url}","ID":{tab}}}],"image":"{start}{end}"}}"#
            )
            .expect("a string grows");
        }
        text.push_str("]}");
    }
    let cookies: Vec<_> = (0..COOKIES).map(cookie).collect();
    write!(text, r#"],"cookies":[{}]}}"#, cookies.join(",")).expect("a string grows");

    fs::create_dir_all(dir)?;
    fs::write(dir.join("prefs.js"), "")?;
    let size = u32::try_from(text.len()).map_err(io::Error::other)?;
    let mut content = b"mozLz40\0".to_vec();
    content.extend(size.to_le_bytes());
    content.extend(lz4_flex::block::compress(text.as_bytes()));
    fs::write(dir.join("sessionstore.jsonlz4"), content)
}
