#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cookieclean::fuzzing::site_data(data));
