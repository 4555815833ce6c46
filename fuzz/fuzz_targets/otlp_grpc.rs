//! OTLP calls over gRPC, framed and compressed.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("otlp_grpc", data));
