//! Made-up events under known and under made-up layouts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("objects", data));
