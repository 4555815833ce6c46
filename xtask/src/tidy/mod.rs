//! `cargo xtask tidy`: the rules of the house that a program can check.
//!
//! Rules about one file look at a [`source::Source`] (its text, its code without comments and
//! literals, its comments) or at the text of any file; rules about crates look at a
//! [`graph::Graph`], which is what they need of `cargo metadata`. Each returns [`finding::Finding`]s. What the rules are held
//! against, and which files are excepted for which reason, stands in `xtask/tidy.toml`.

mod attributes;
mod check;
mod comments;
mod exceptions;
mod families;
mod files;
mod finding;
mod floors;
mod graph;
mod licenses;
mod machine_paths;
mod manifests;
mod module_roots;
mod quotes;
mod rulebook;
mod source;
mod unsafe_code;

pub(crate) use check::run;
