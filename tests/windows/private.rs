//! Who may read the copies for undo.

use std::fs;
use std::path::{Path, PathBuf};

use windows::Win32::Foundation::{HLOCAL, LocalFree};
use windows::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, GetNamedSecurityInfoW, SDDL_REVISION_1,
    SE_FILE_OBJECT,
};
use windows::Win32::Security::{
    DACL_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
};
use windows::core::{HSTRING, PWSTR};

use super::is_wine;
use super::world::World;

/// Who owns a file, and who may do what with it, as Windows writes that:
/// `O:S-1-5-21-…D:P(A;;FA;;;S-1-5-21-…)`.
pub fn access_to(path: &Path) -> String {
    let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let mut descriptor = PSECURITY_DESCRIPTOR::default();
    let mut text = PWSTR::null();
    // SAFETY: the name ends in a zero; what is written to outlives the calls, and what the
    // system has allocated is freed once.
    unsafe {
        GetNamedSecurityInfoW(
            &HSTRING::from(path),
            SE_FILE_OBJECT,
            what,
            None,
            None,
            None,
            None,
            &mut descriptor,
        )
        .ok()
        .unwrap();
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor,
            SDDL_REVISION_1,
            what,
            &mut text,
            None,
        )
        .unwrap();
        let access = text.to_string().unwrap();
        LocalFree(Some(HLOCAL(text.0.cast())));
        LocalFree(Some(HLOCAL(descriptor.0)));
        access
    }
}

/// The owner, and who else may do something.
fn parties(access: &str) -> (String, Vec<String>) {
    let (owner, list) = access.strip_prefix("O:").unwrap().split_once("D:").unwrap();
    let entries = list.split('(').skip(1);
    let mut others: Vec<_> = entries
        .map(|entry| entry.trim_end_matches(')').split(';').nth(5).unwrap())
        .filter(|party| *party != owner)
        // Wine knows only the bits of POSIX, and adds the system to whatever they say.
        .filter(|party| !(is_wine() && *party == "SY"))
        .map(str::to_owned)
        .collect();
    others.dedup();
    (owner.to_owned(), others)
}

#[track_caller]
fn assert_private(path: &Path) {
    let access = access_to(path);
    let (_, others) = parties(&access);
    assert!(others.is_empty(), "{}: {access}", path.display());
    // Nor will anybody be let in by what is set on a folder above. Wine does not keep that.
    assert!(is_wine() || access.contains("D:P"), "{access}");
}

fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if path.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            found.extend(entries.map(|entry| entry.unwrap().path()));
        }
    }
    found
}

#[test]
fn copies_for_undo_are_for_their_owner_only() {
    let world = World::of_fixtures();
    // What is made without care is open to somebody: otherwise nothing would be shown.
    let careless = world.write("careless", "");
    let (_, others) = parties(&access_to(&careless));
    assert!(!others.is_empty(), "{}", access_to(&careless));

    world.run(&["openai.com"]).expect(0);
    let made = all_below(&world.state());
    assert!(made.len() > 6, "{made:?}");
    for path in made {
        assert_private(&path);
    }
}

#[test]
fn a_state_folder_that_is_open_to_others_is_closed_to_them() {
    let world = World::of_fixtures();
    let undo = world.state().join("undo");
    let older = undo.join("20261124-090509");
    fs::create_dir_all(&older).unwrap();
    fs::write(older.join("0000.part"), "a copy").unwrap();
    assert!(!parties(&access_to(&undo)).1.is_empty());
    world.run(&["openai.com"]).expect(0);
    for path in all_below(&undo) {
        assert_private(&path);
    }
}
