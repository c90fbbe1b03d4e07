#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cookieclean::fuzzing::undo_copy(data));
