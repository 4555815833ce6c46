//! Made-up dependencies under the events and the layout of a golden.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("dependencies", data));
