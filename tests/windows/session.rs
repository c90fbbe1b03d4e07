//! Session files that are replaced: who may read them, what was in them, and where.

use std::fs::{self, File};
use std::io::Read;
use std::os::windows::fs::OpenOptionsExt;
use std::path::PathBuf;

use windows::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows::Win32::Security::{
    DACL_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
    SetFileSecurityW,
};
use windows::core::HSTRING;

use super::FIREFOX;
use super::private::access_to;
use super::world::{World, stores};

const SESSION: &str = r#"{"cookies":[{"host":"openai.com","name":"a","value":"secret"}]}"#;

fn world() -> (World, PathBuf) {
    let world = World::new();
    let profile = format!("{FIREFOX}/Profiles/p");
    stores::firefox(&world.path(&format!("{profile}/cookies.sqlite")), 17);
    let path = world.write(&format!("{profile}/sessionstore.js"), SESSION);
    (world, path)
}

#[test]
fn an_access_list_of_its_own_is_kept() {
    let (world, path) = world();
    let inherited = access_to(&path);
    let owner = inherited.strip_prefix("O:").unwrap();
    let owner = owner.split(['G', 'D']).next().unwrap();
    let mut descriptor = PSECURITY_DESCRIPTOR::default();
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the texts end in a zero, and all of it outlives the calls. What is allocated
    // here is left to the end of the test.
    unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            &HSTRING::from(format!("D:P(A;;FA;;;{owner})")),
            SDDL_REVISION_1,
            &mut descriptor,
            None,
        )
        .unwrap();
        SetFileSecurityW(&HSTRING::from(path.as_path()), what, descriptor)
            .ok()
            .unwrap();
    }
    let own = access_to(&path);
    assert_ne!(own, inherited);
    world.run(&["openai.com"]).expect(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), r#"{"cookies":[]}"#);
    assert_eq!(access_to(&path), own);
}

#[test]
fn the_old_content_is_overwritten() {
    let (world, path) = world();
    // Shared with all, as a backup opens it.
    let mut held = File::options()
        .read(true)
        .share_mode(7)
        .open(&path)
        .unwrap();
    let run = world.run(&["openai.com"]);
    let mut left = Vec::new();
    held.read_to_end(&mut left).unwrap();
    // Wine does not replace what is open: only a real Windows shows the rest.
    if super::is_wine() && run.code != 0 {
        return;
    }
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(left == vec![0; SESSION.len()], "{left:?}");
}
