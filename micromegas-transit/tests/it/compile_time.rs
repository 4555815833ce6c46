//! What the derive macro and `record_set!` accept, and what they refuse with which words.

#[test]
fn unsuitable_types_are_refused_with_messages_that_help() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/accepted/*.rs");
    cases.compile_fail("tests/ui/refused/*.rs");
}
