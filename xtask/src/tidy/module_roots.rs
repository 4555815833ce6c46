//! `lib.rs` and `mod.rs` declare, re-export and explain, nothing more.

use crate::tidy::finding::Finding;
use crate::tidy::source::{Source, words};

/// Checks the top-level items of a `lib.rs` or `mod.rs`, and reports the first that does not belong
/// there; other files pass.
pub(crate) fn check(source: &Source<'_>) -> Option<Finding> {
    if !matches!(source.file.rsplit('/').next(), Some("lib.rs" | "mod.rs")) {
        return None;
    }
    let item = items(&source.code).find(|item| !declares(item.code))?;
    let message = "only `mod` and `use` belong here: move this into a file of its own";
    Some(Finding::at_line("module-root", source.file, item.line, message))
}

struct Item<'a> {
    line: usize,
    code: &'a str,
}

/// The items at the top of a piece of code: each ends with a semicolon or with its closing brace.
fn items(code: &str) -> impl Iterator<Item = Item<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        start += code[start..].find(|c: char| !c.is_whitespace())?;
        let end = start + item_length(&code[start..]);
        let item = Item { line: 1 + code[..start].matches('\n').count(), code: &code[start..end] };
        start = end;
        Some(item)
    })
}

fn item_length(code: &str) -> usize {
    let mut depth = 0i32;
    let end = code.bytes().position(|byte| {
        depth += i32::from(b"([{".contains(&byte)) - i32::from(b")]}".contains(&byte));
        depth == 0 && (byte == b';' || byte == b'}')
    });
    // `macro! { ... }` and bodies end with a brace, `use a::{b};` with the semicolon after it.
    let end = end.map_or(code.len(), |end| end + 1);
    let trailing = code[end..].bytes().take_while(|&byte| byte == b';').count();
    end + trailing
}

/// Whether an item is a module, a re-export, a crate-wide attribute or the entry of a macro.
fn declares(item: &str) -> bool {
    let mut rest = item.trim_start();
    let mut is_macro_entry = false;
    while rest.starts_with('#') {
        let mut depth = 0i32;
        let end = rest.bytes().position(|byte| {
            depth += i32::from(byte == b'[') - i32::from(byte == b']');
            byte == b']' && depth == 0
        });
        let (attribute, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        is_macro_entry |= words(attribute).any(|word| word.starts_with("proc_macro"));
        rest = after.trim_start();
    }
    if rest.is_empty() || is_macro_entry {
        return true;
    }
    let is_visibility = |word: &&str| matches!(*word, "pub" | "crate" | "super" | "in" | "self");
    let mut keywords = words(rest).skip_while(is_visibility);
    match (keywords.next(), keywords.next()) {
        (Some("use"), _) | (Some("extern"), Some("crate")) => true,
        (Some("mod"), _) => match rest.split_once('{') {
            None => true,
            Some(_) if words(item).any(|word| word == "test") => true,
            Some((_, body)) => {
                let body = body.trim_end().trim_end_matches('}');
                items(body).all(|inner| declares(inner.code))
            }
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(file: &str, text: &str) -> Option<usize> {
        check(&Source::new(file, text))?.line
    }

    #[test]
    fn declarations_pass() {
        let text = "//! About.\n#![forbid(unsafe_code)]\n#![doc = include_str!(\"a.md\")]\n\n\
            mod a;\npub mod b;\npub(crate) mod c;\n#[cfg(test)]\nmod tests;\n\
            pub use a::{A, B};\nuse crate::b::C;\nextern crate alloc;\n\
            pub mod prelude {\n    pub use crate::a::A;\n}\n#[cfg(test)]\nmod more { fn x() {} }\n";
        assert_eq!(line("a/src/lib.rs", text), None);
    }

    #[test]
    fn anything_else_is_found_where_it_stands() {
        for item in ["fn f() { g(); }", "pub struct S { x: u8 }", "const N: u8 = 1;", "m! { a }"] {
            let text = format!("mod a;\n\n{item}\nuse a::b;\n");
            assert_eq!(line("a/src/lib.rs", &text), Some(3), "{item}");
        }
        assert_eq!(line("a/mod.rs", "mod a {\n fn f() {}\n}"), Some(1));
    }

    #[test]
    fn other_files_may_hold_anything() {
        assert_eq!(line("a/src/view.rs", "fn f() {}"), None);
    }

    #[test]
    fn entries_of_procedural_macros_have_to_be_in_the_root() {
        let text = "mod expand;\n#[proc_macro_derive(Reflect, attributes(reflect))]\n\
            pub fn reflect(input: T) -> T { expand::run(input) }\n";
        assert_eq!(line("a/src/lib.rs", text), None);
    }
}
