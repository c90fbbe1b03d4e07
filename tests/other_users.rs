//! Root on the home folder of somebody else: it works with the rights of the owner, and
//! nothing that lies there leads it to the files of a third user or to its own.

#![cfg(unix)]

mod world;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
#[cfg(target_os = "linux")]
use std::process::Stdio;
use std::time::SystemTime;
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

use world::{Run, World, stores};

const CHROME: &str = ".config/google-chrome";
const FIREFOX: &str = ".mozilla/firefox";
/// Of Debian's passwd, where its home folder does not exist.
const NOBODY: u32 = 65534;
/// In no passwd, as on a disk of another computer.
const UNKNOWN: u32 = 54321;
/// Somebody else.
const THIRD: u32 = 54322;

fn is_root(test: &str) -> bool {
    nix::unistd::geteuid().is_root() || world::skipped(test, "needs root")
}

/// A world whose folders can be passed by all, as `/home` can.
fn open_world() -> World {
    let world = World::of_linux();
    set_mode(&world.root(), 0o755);
    world
}

/// The same with a sample home folder that belongs to this user.
fn home_of(owner: u32) -> World {
    let world = open_world().with_fixtures();
    give(&world.home(), owner);
    world
}

fn give(path: &Path, owner: u32) {
    lchown(path, Some(owner), Some(owner)).unwrap();
    if path.symlink_metadata().unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), owner);
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The command as root would type it: with copies for undo where they are by default.
fn typed(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env_remove("COOKIECLEAN_STATE_DIR");
    command
}

fn at_home(world: &World, arguments: &[&str]) -> Command {
    let mut command = typed(world, arguments);
    command
        .args(["--layout", "linux", "--home"])
        .arg(world.home());
    command
}

/// The same, by this user.
fn by(user: u32, world: &World, arguments: &[&str]) -> Command {
    let program = world.root().join("cookieclean");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_cookieclean"), &program).unwrap();
    }
    let mut command = Command::new(&program);
    command.args(arguments).env("HOME", world.home());
    command
        .env_remove("COOKIECLEAN_STATE_DIR")
        .uid(user)
        .gid(user);
    command
}

/// Everything below a folder: owner, mode, time of change and content.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (u32, u32, u32, i64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut ahead = vec![folder.to_owned()];
    while let Some(path) = ahead.pop() {
        let m = path.symlink_metadata().unwrap();
        let content = match m.is_file() {
            true => fs::read(&path).unwrap(),
            false => Vec::new(),
        };
        if m.is_dir() {
            ahead.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        }
        all.insert(path, (m.uid(), m.gid(), m.mode(), m.mtime_nsec(), content));
    }
    all
}

#[track_caller]
fn assert_all_belongs_to(owner: u32, folder: &Path) {
    for (path, (uid, gid, ..)) in snapshot(folder) {
        assert_eq!((uid, gid), (owner, owner), "{}", path.display());
    }
}

/// Chromium's and Firefox's rows.
fn rows(home: &Path) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for path in snapshot(home).into_keys() {
        let table = match path.file_name().and_then(|name| name.to_str()) {
            Some("Cookies") => "cookies",
            Some("cookies.sqlite") => "moz_cookies",
            _ => continue,
        };
        rows.push(stores::dump(&path, table));
    }
    rows
}

/// A profile of a third user, outside of the home folder.
fn profile_of_third(world: &World, name: &str) -> PathBuf {
    let dir = world.root().join(name);
    stores::firefox(&dir.join("cookies.sqlite"), 17);
    fs::write(dir.join("Preferences"), "{}").unwrap();
    stores::chromium(&dir.join("Cookies"), 24);
    give(&dir, THIRD);
    dir
}

#[test]
fn root_leaves_nothing_of_its_own_in_anothers_home() {
    if !is_root("root_leaves_nothing_of_its_own_in_anothers_home") {
        return;
    }
    for owner in [NOBODY, UNKNOWN] {
        let world = home_of(owner);
        let before = rows(&world.home());
        let untouched = snapshot(&world.home());
        let listed = Run::of(at_home(&world, &["list", "openai.com", "--json"])).expect(0);
        assert!(listed.json()["cookies"].as_array().unwrap().len() > 20);
        assert!(snapshot(&world.home()) == untouched);

        let deleted = Run::of(at_home(&world, &["openai.com"])).expect(0);
        assert!(rows(&world.home()) != before);
        assert_all_belongs_to(owner, &world.home());
        let copies = world.path(".local/state/cookieclean/undo");
        assert_eq!(fs::read_dir(&copies).unwrap().count(), 1);

        // What the report says to type is what brings them back.
        let home = world.home();
        let hint = format!("cookieclean undo --home {}", home.display());
        assert!(deleted.stdout.contains(&hint), "{deleted:#?}");
        let undo = |arguments: &[&str]| {
            let mut command = typed(&world, &["undo", "--json", "--home"]);
            command.arg(&home).args(arguments);
            Run::of(command).expect(0).json()
        };
        assert_eq!(undo(&["--list"])["undo"].as_array().unwrap().len(), 1);
        assert!(undo(&[])["restored"].as_u64().unwrap() > 20);
        assert_eq!(rows(&world.home()), before);
        assert_all_belongs_to(owner, &world.home());

        Run::of(at_home(&world, &["openai.com"])).expect(0);
        assert_eq!(
            undo(&["--forget"])["forgotten"].as_array().unwrap().len(),
            1
        );
        assert_eq!(fs::read_dir(&copies).unwrap().count(), 0);
    }
}

#[test]
fn the_owner_can_undo_what_root_deleted() {
    if !is_root("the_owner_can_undo_what_root_deleted") {
        return;
    }
    let world = home_of(UNKNOWN);
    let before = rows(&world.home());
    Run::of(at_home(&world, &["openai.com"])).expect(0);
    assert!(rows(&world.home()) != before);
    Run::of(by(UNKNOWN, &world, &["undo"])).expect(0);
    assert_eq!(rows(&world.home()), before);
}

#[test]
fn a_home_that_sudo_kept_is_worked_on_as_its_owner() {
    if !is_root("a_home_that_sudo_kept_is_worked_on_as_its_owner") {
        return;
    }
    let world = home_of(UNKNOWN);
    let before = rows(&world.home());
    let sudo = |arguments: &[&str]| {
        let mut command = typed(&world, arguments);
        command.env("HOME", world.home());
        command.env("XDG_STATE_HOME", world.root().join("of-root"));
        Run::of(command)
    };
    if cfg!(target_os = "linux") {
        let run = sudo(&["openai.com", "--verbose"]).expect(0);
        let said = format!("working as user {UNKNOWN}, the owner of");
        assert_eq!(run.stderr.matches(&said).count(), 1, "{run:#?}");
        assert!(rows(&world.home()) != before);
        assert_all_belongs_to(UNKNOWN, &world.home());
        assert!(!world.root().join("of-root").exists());
        sudo(&["undo"]).expect(0);
        assert_eq!(rows(&world.home()), before);
        assert_all_belongs_to(UNKNOWN, &world.home());
    }
}

#[test]
fn copies_are_undone_as_the_owner_of_their_folder() {
    if !is_root("copies_are_undone_as_the_owner_of_their_folder") {
        return;
    }
    let world = home_of(UNKNOWN);
    fs::create_dir(world.state()).unwrap();
    give(&world.state(), UNKNOWN);
    let before = rows(&world.home());
    world.run(&["openai.com"]).expect(0);
    assert_all_belongs_to(UNKNOWN, &world.state());
    world.run_bare(&["undo"]).expect(0);
    assert_eq!(rows(&world.home()), before);
    assert_all_belongs_to(UNKNOWN, &world.home());
}

#[test]
fn what_the_owner_may_not_write_is_an_error() {
    if !is_root("what_the_owner_may_not_write_is_an_error") {
        return;
    }
    let world = home_of(UNKNOWN);
    let store = world.path(&format!("{CHROME}/Default/Cookies"));
    let store = match store.exists() {
        true => store,
        false => world.path(&format!("{CHROME}/Profile 1/Network/Cookies")),
    };
    let store = snapshot(&world.path(CHROME))
        .into_keys()
        .find(|path| path.ends_with("Cookies"))
        .unwrap_or(store);
    lchown(&store, Some(0), Some(0)).unwrap();
    set_mode(&store, 0o644);
    let before = fs::read(&store).unwrap();
    let run = Run::of(at_home(&world, &["openai.com"])).expect(1);
    assert!(
        run.stderr.contains(&store.display().to_string()),
        "{run:#?}"
    );
    assert!(run.stdout.contains("Deleted "), "{run:#?}");
    assert!(fs::read(&store).unwrap() == before);
}

/// With a lock that it waits for, it can be looked at.
#[test]
#[cfg(target_os = "linux")]
fn no_right_of_root_is_left() {
    if !is_root("no_right_of_root_is_left") {
        return;
    }
    for owner in [NOBODY, UNKNOWN] {
        let world = open_world();
        let store = world.path(&format!("{FIREFOX}/p/cookies.sqlite"));
        stores::firefox(&store, 17);
        let lock = world::take_lock(&store.with_file_name(".parentlock"));
        give(&world.home(), owner);
        let mut child = at_home(&world, &["openai.com", "--wait=60"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let folder = PathBuf::from(format!("/proc/{}", child.id()));
        let field = |name: &str| {
            let status = fs::read_to_string(folder.join("status")).unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let words = line.unwrap().split_whitespace();
            words.map(str::to_owned).collect::<Vec<_>>()
        };
        let until = Instant::now() + Duration::from_secs(60);
        // It has threads as soon as it waits, which is after all of this.
        while field("Threads:") == ["1"] && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        let id = owner.to_string();
        assert_eq!(field("Uid:"), [&*id; 4]);
        assert_eq!(field("Gid:"), [&*id; 4]);
        assert_eq!(field("Groups:"), [&*id]);
        for set in ["CapPrm:", "CapEff:", "CapAmb:"] {
            assert_eq!(field(set), ["0000000000000000"], "{set}");
        }
        // The owner cannot get at root's terminal and files through it.
        let descriptors = folder.join("fd");
        assert_eq!(descriptors.metadata().unwrap().uid(), 0);
        let mut look = Command::new("ls");
        look.arg(&descriptors).uid(owner).gid(owner);
        let looked = look.stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(!looked.unwrap().success());
        drop(lock);
        assert!(child.wait().unwrap().success());
        assert_eq!(stores::dump(&store, "moz_cookies").len(), 4);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn rights_are_given_up_before_a_file_is_opened() {
    const TEST: &str = "rights_are_given_up_before_a_file_is_opened";
    if !is_root(TEST) {
        return;
    }
    let has_strace = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    if !has_strace.is_ok_and(|status| status.success()) {
        world::skipped(TEST, "needs strace");
        return;
    }
    let world = home_of(UNKNOWN);
    let temp = world.root().join("temp");
    fs::create_dir(&temp).unwrap();
    set_mode(&temp, 0o1777);
    let log = world.root().join("trace");
    let inner = at_home(&world, &["openai.com"]);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&log);
    command.args(["-e", "trace=%file,setgroups,setgid,setuid,clone,clone3"]);
    command.arg(inner.get_program()).args(inner.get_args());
    command
        .env_remove("COOKIECLEAN_STATE_DIR")
        .env("TMPDIR", &temp);
    Run::of(command).expect(0);

    let trace = fs::read_to_string(log).unwrap();
    let calls: Vec<_> = trace.lines().collect();
    let is = |name: &str| {
        let call = format!("{name}(");
        let found = calls.iter().position(|line| line.contains(&call));
        found.unwrap_or_else(|| panic!("no {name}"))
    };
    let order = [is("setgroups"), is("setgid"), is("setuid"), is("clone3")];
    assert!(order.is_sorted(), "{order:?}");
    let is_look = |line: &&&str| ["stat", "readlink"].iter().any(|look| line.contains(look));
    let places = [world.home(), temp].map(|place| place.display().to_string());
    let early = calls[..order[2]]
        .iter()
        .filter(|line| !line.contains("execve("));
    let touched: Vec<_> = early
        .filter(|line| places.iter().any(|place| line.contains(place)))
        .filter(|line| !is_look(line))
        .collect();
    assert_eq!(touched, Vec::<&&str>::new());
}

#[test]
fn folders_of_two_owners_are_a_usage_error() {
    if !is_root("folders_of_two_owners_are_a_usage_error") {
        return;
    }
    let world = home_of(UNKNOWN);
    let third = profile_of_third(&world, "third");
    let before = snapshot(&world.root());
    let own = world.path(CHROME);
    for other in [&third, &world.root()] {
        let mut command = typed(&world, &["openai.com", "--profile-dir"]);
        command.arg(&own).arg("--profile-dir").arg(other);
        let run = Run::of(command).expect(2);
        assert!(run.stderr.contains("once for each owner"), "{run:#?}");
        assert!(run.stderr.contains(&format!("user {UNKNOWN}")), "{run:#?}");
    }
    assert!(snapshot(&world.root()) == before);
}

#[test]
fn a_named_folder_is_worked_on_as_its_owner() {
    if !is_root("a_named_folder_is_worked_on_as_its_owner") {
        return;
    }
    let world = home_of(UNKNOWN);
    let before = rows(&world.home());
    let named = |arguments: &[&str]| {
        let mut command = typed(&world, arguments);
        command.arg("--profile-dir").arg(world.path(CHROME));
        command
    };
    // Who is in no passwd has no home folder here, unless it is named.
    let run = Run::of(named(&["openai.com"])).expect(1);
    assert!(run.stderr.contains("no home folder"), "{run:#?}");
    assert_eq!(rows(&world.home()), before);
    let mut command = named(&["openai.com"]);
    command.arg("--home").arg(world.home());
    Run::of(command).expect(0);
    assert!(rows(&world.home()) != before);
    assert_all_belongs_to(UNKNOWN, &world.home());
    Run::of(by(UNKNOWN, &world, &["undo"])).expect(0);
    Run::of(named(&["openai.com", "--no-undo"])).expect(0);
    assert!(rows(&world.home()) != before);
    assert_all_belongs_to(UNKNOWN, &world.home());
}

#[test]
fn a_state_folder_that_the_owner_cannot_use_is_named() {
    if !is_root("a_state_folder_that_the_owner_cannot_use_is_named") {
        return;
    }
    let world = home_of(UNKNOWN);
    let before = snapshot(&world.home());
    for state in [world.state(), world.root().join("no/such/one")] {
        let mut command = at_home(&world, &["openai.com"]);
        command.env("COOKIECLEAN_STATE_DIR", &state);
        let run = Run::of(command).expect(1);
        assert!(
            run.stderr.contains(&state.display().to_string()),
            "{run:#?}"
        );
        let said = format!("user {UNKNOWN}, the owner of the profiles, cannot");
        assert!(run.stderr.contains(&said), "{run:#?}");
        assert!(run.stderr.contains("COOKIECLEAN_STATE_DIR"), "{run:#?}");
        assert!(!state.exists());
    }
    assert!(snapshot(&world.home()) == before);
}

#[test]
fn a_home_behind_a_closed_door_is_an_error() {
    if !is_root("a_home_behind_a_closed_door_is_an_error") {
        return;
    }
    let world = home_of(UNKNOWN);
    set_mode(&world.root(), 0o700);
    let before = snapshot(&world.home());
    let run = Run::of(at_home(&world, &["openai.com"])).expect(2);
    let door = format!("may not pass through {}", world.root().display());
    assert!(run.stderr.contains(&door), "{run:#?}");
    assert!(snapshot(&world.home()) == before);
}

#[test]
fn the_temporary_folder_of_root_is_not_used() {
    if !is_root("the_temporary_folder_of_root_is_not_used") {
        return;
    }
    let world = home_of(UNKNOWN);
    let temp = world.root().join("temp");
    fs::create_dir(&temp).unwrap();
    set_mode(&temp, 0o700);
    // What was just written is read from a private copy.
    for path in world.files().keys() {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now()).unwrap();
    }
    for arguments in [&["list", "openai.com"][..], &["openai.com"]] {
        let mut command = at_home(&world, arguments);
        command.env("TMPDIR", &temp);
        Run::of(command).expect(0);
    }
    assert_eq!(fs::read_dir(&temp).unwrap().count(), 0);
}

#[test]
fn a_link_of_another_user_does_not_lead_root() {
    if !is_root("a_link_of_another_user_does_not_lead_root") {
        return;
    }
    // To root's own folder, and to a third user's.
    for owner in [0, THIRD] {
        let world = home_of(owner);
        let folder = world.root().join("of-kim");
        fs::create_dir(&folder).unwrap();
        give(&folder, UNKNOWN);
        let link = folder.join("home");
        symlink(world.home(), &link).unwrap();
        lchown(&link, Some(UNKNOWN), Some(UNKNOWN)).unwrap();
        let in_sticky = world.root().join("tmp");
        fs::create_dir(&in_sticky).unwrap();
        set_mode(&in_sticky, 0o1777);
        let other_link = in_sticky.join("home");
        symlink(world.home(), &other_link).unwrap();
        lchown(&other_link, Some(UNKNOWN), Some(UNKNOWN)).unwrap();
        let before = snapshot(&world.root());
        for link in [&link, &other_link] {
            let below = link.join(CHROME);
            for (option, path) in [("--home", link), ("--profile-dir", &below)] {
                for command in ["list", "delete"] {
                    let arguments = match command {
                        "list" => vec!["list", "openai.com", option],
                        _ => vec!["openai.com", option],
                    };
                    let mut command = typed(&world, &arguments);
                    let run = Run::of({
                        command.arg(path);
                        command
                    });
                    let run = run.expect(2);
                    assert!(run.stderr.contains("could lead root elsewhere"), "{run:#?}");
                }
            }
            let mut kept = typed(&world, &["openai.com"]);
            kept.env("HOME", link);
            Run::of(kept).expect(2);
        }
        assert!(snapshot(&world.root()) == before);

        // Root's own, and one that the owner made, are as good as the path itself.
        for maker in [0, owner] {
            let link = world.root().join(format!("link-{maker}"));
            let _ = fs::remove_file(&link);
            symlink(world.home(), &link).unwrap();
            lchown(&link, Some(maker), Some(maker)).unwrap();
            let mut command = typed(
                &world,
                &["list", "openai.com", "--layout", "linux", "--home"],
            );
            command.arg(&link);
            Run::of(command).expect(0);
        }
    }
}

#[test]
fn a_folder_that_another_user_could_exchange_is_refused() {
    if !is_root("a_folder_that_another_user_could_exchange_is_refused") {
        return;
    }
    let world = home_of(THIRD);
    let folder = world.root().join("of-kim");
    fs::create_dir(&folder).unwrap();
    fs::rename(world.home(), folder.join("shared")).unwrap();
    lchown(&folder, Some(UNKNOWN), Some(UNKNOWN)).unwrap();
    let before = snapshot(&world.root());
    let mut command = typed(&world, &["openai.com", "--home"]);
    command.arg(folder.join("shared"));
    let run = Run::of(command).expect(2);
    assert!(run.stderr.contains(&format!("user {UNKNOWN}")), "{run:#?}");
    assert!(snapshot(&world.root()) == before);
}

#[test]
fn a_hostile_home_changes_nothing_outside() {
    if !is_root("a_hostile_home_changes_nothing_outside") {
        return;
    }
    let world = home_of(UNKNOWN);
    let third = profile_of_third(&world, "third");
    // As readable and writable as can be: only the way there is what keeps us out.
    let open = world.root().join("open");
    world::copy_tree(&third, &open);
    for path in snapshot(&open).into_keys() {
        set_mode(&path, 0o777);
    }
    let roots = world.root().join("roots");
    world::copy_tree(&third, &roots);
    let link = |to: &Path, at: &str| {
        let at = world.path(at);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        symlink(to, at).unwrap();
    };
    for (n, to) in [&third, &open, &roots].into_iter().enumerate() {
        link(to, &format!("{CHROME}/Profile 2{n}"));
        link(
            &to.join("Cookies"),
            &format!("{CHROME}/Profile 3{n}/Cookies"),
        );
        link(to, &format!("{FIREFOX}/p{n}"));
        link(
            &to.join("cookies.sqlite"),
            &format!("{FIREFOX}/q{n}/cookies.sqlite"),
        );
        link(&third.join("lock"), &format!("{FIREFOX}/r{n}/.parentlock"));
        stores::firefox(&world.path(&format!("{FIREFOX}/r{n}/cookies.sqlite")), 17);
    }
    link(&roots, ".config/vivaldi");
    let pipe = world.path(&format!("{CHROME}/Profile 40/Cookies"));
    fs::create_dir_all(pipe.parent().unwrap()).unwrap();
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    give(&world.home(), UNKNOWN);
    let outside = [&third, &open, &roots].map(|folder| snapshot(folder));

    let run = Run::of(at_home(&world, &["openai.com"])).expect(1);
    assert!(run.stdout.contains("Deleted "), "{run:#?}");
    for name in [
        "Profile 20",
        "Profile 31",
        "p2",
        "q1",
        "Profile 40",
        ".config/vivaldi",
    ] {
        assert!(run.stderr.contains(name), "{name}: {run:#?}");
    }
    assert_all_belongs_to(UNKNOWN, &world.home());
    Run::of(by(UNKNOWN, &world, &["undo"])).expect(0);

    // Its folder of copies leads elsewhere, too.
    let copies = world.path(".local/state/cookieclean/undo");
    for to in [&third, &open, &roots] {
        fs::remove_dir_all(&copies)
            .or_else(|_| fs::remove_file(&copies))
            .unwrap();
        symlink(to, &copies).unwrap();
        lchown(&copies, Some(UNKNOWN), Some(UNKNOWN)).unwrap();
        Run::of(at_home(&world, &["openai.com"])).expect(1);
        for arguments in [&["undo"][..], &["undo", "--list"], &["undo", "--forget"]] {
            let mut command = typed(&world, arguments);
            command.arg("--home").arg(world.home());
            Run::of(command);
        }
    }
    let now = [&third, &open, &roots].map(|folder| snapshot(folder));
    assert!(now == outside);
}

/// In a home folder of root's own there may lie folders of others.
#[test]
fn root_as_root_leaves_profiles_of_others_alone() {
    if !is_root("root_as_root_leaves_profiles_of_others_alone") {
        return;
    }
    let world = home_of(0);
    let third = profile_of_third(&world, "third");
    let ini = format!(
        "[Profile0]\nName=x\nIsRelative=0\nPath={}\n",
        third.display()
    );
    fs::write(world.path(&format!("{FIREFOX}/profiles.ini")), ini).unwrap();
    let theirs = world.path(CHROME);
    give(&theirs, UNKNOWN);
    let before = [snapshot(&third), snapshot(&theirs)];

    let mut own = typed(&world, &["openai.com"]);
    own.env("HOME", world.home())
        .env("COOKIECLEAN_STATE_DIR", world.state());
    for command in [own, world.command_at_home(&["openai.com"])] {
        let run = Run::of(command).expect(1);
        assert!(run.stderr.contains("belongs to another user"), "{run:#?}");
        assert!(
            run.stderr.contains(&theirs.display().to_string()),
            "{run:#?}"
        );
    }
    assert!([snapshot(&third), snapshot(&theirs)] == before);

    // Named, it is worked on by its owner.
    let mut command = typed(&world, &["openai.com", "--no-undo", "--profile-dir"]);
    command.arg(&theirs);
    Run::of(command).expect(0);
    assert!(snapshot(&theirs) != before[1]);
    assert_all_belongs_to(UNKNOWN, &theirs);
}

/// Without power over others, a folder of theirs is a matter of their permissions.
#[test]
fn a_user_on_anothers_home_has_only_own_rights() {
    if !is_root("a_user_on_anothers_home_has_only_own_rights") {
        return;
    }
    let world = home_of(UNKNOWN);
    let before = snapshot(&world.home());
    let state = world.root().join("of-third");
    fs::create_dir(&state).unwrap();
    give(&state, THIRD);
    let mut command = by(
        THIRD,
        &world,
        &["openai.com", "--layout", "linux", "--home"],
    );
    command
        .arg(world.home())
        .env("COOKIECLEAN_STATE_DIR", &state);
    let run = Run::of(command).expect(1);
    assert!(run.stderr.contains(CHROME), "{run:#?}");
    assert!(snapshot(&world.home()) == before);
}

/// Nobody can tell that it is no profile.
#[test]
fn a_closed_folder_that_no_list_names_is_an_error() {
    if !is_root("a_closed_folder_that_no_list_names_is_an_error") {
        return;
    }
    let world = home_of(UNKNOWN);
    let closed = world.path(&format!("{CHROME}/Profile 77"));
    fs::create_dir(&closed).unwrap();
    give(&closed, UNKNOWN);
    Run::of(by(UNKNOWN, &world, &["list", "openai.com"])).expect(0);
    set_mode(&closed, 0o000);
    let run = Run::of(by(UNKNOWN, &world, &["list", "openai.com"])).expect(1);
    assert!(run.stderr.contains("Profile 77"), "{run:#?}");
}
