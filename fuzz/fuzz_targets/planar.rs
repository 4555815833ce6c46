//! Made-up event payloads of any encoding.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("planar", data));
