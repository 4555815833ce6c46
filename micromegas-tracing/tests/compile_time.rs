//! What the macros and attributes refuse, and with which words.

#[test]
fn misuse_is_refused_with_messages_that_help() {
    trybuild::TestCases::new().compile_fail("tests/ui/refused/*.rs");
}
