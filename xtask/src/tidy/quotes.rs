//! Rust code in the README is quoted from a program that compiles.

use crate::tidy::finding::Finding;
use crate::tidy::source::Source;

/// Checks every block of Rust code in a Markdown file: its lines stand in a Rust file of the tree,
/// one after the other, however they are indented there.
pub(crate) fn check(file: &str, text: &str, sources: &[Source<'_>]) -> Vec<Finding> {
    let is_quoted = |quote: &[&str]| {
        sources.iter().any(|source| lines(source.text).windows(quote.len()).any(|at| at == quote))
    };
    rust_blocks(text)
        .into_iter()
        .filter(|(_, block)| !is_quoted(&lines(block)))
        .map(|(line, _)| {
            let message = "quote a program of the tree, so that a compiler has seen this";
            Finding::at_line("quote", file, line, message)
        })
        .collect()
}

/// Lines without indentation; empty ones do not count.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// Each fenced block of Rust code, with the line its fence stands on.
fn rust_blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, fence)) = lines.next() {
        if !fence.trim_start().starts_with("```") {
            continue;
        }
        let body = lines.by_ref().map(|(_, line)| line);
        let body: Vec<_> = body.take_while(|line| !line.trim_start().starts_with("```")).collect();
        if fence.trim_start().starts_with("```rust") {
            blocks.push((index + 1, body.join("\n")));
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<usize> {
        let program = "fn main() {\n    let a = 1;\n\n    run(a);\n}\n";
        let findings = check("README.md", text, &[Source::new("main.rs", program)]);
        findings.into_iter().filter_map(|finding| finding.line).collect()
    }

    #[test]
    fn quotes_may_be_indented_otherwise() {
        assert!(found("# A\n```rust\nlet a = 1;\nrun(a);\n```\n```sh\nrm\n```\n").is_empty());
    }

    #[test]
    fn code_that_no_program_has_is_found() {
        let text = "```text\nnot code\n```\n```rust\nlet a = 2;\n```\n```rust\nrun(a);\n```\n";
        assert_eq!(found(text), [4]);
    }
}
