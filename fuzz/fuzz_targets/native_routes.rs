//! Documents of native clients, sent to the routes of ingestion.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("native_routes", data));
