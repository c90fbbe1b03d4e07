#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cookieclean::fuzzing::leveldb(data));
