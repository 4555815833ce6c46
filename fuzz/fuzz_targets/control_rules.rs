//! Rules of control.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| micromegas_fuzz::check("control_rules", data));
