#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cookieclean::fuzzing::local_state(data));
