//! What our own writer sends, read by the rules of published readers.

mod reader;
mod streams;
