//! Compressed OTLP requests over HTTP.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("otlp_encoded", data));
