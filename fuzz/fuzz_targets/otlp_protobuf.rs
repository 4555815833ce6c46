//! OTLP requests over HTTP as protobuf.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("otlp_protobuf", data));
