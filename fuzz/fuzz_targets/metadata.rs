//! Layouts, compiled into plans.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("metadata", data));
