//! OTLP requests over HTTP as JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("otlp_json", data));
