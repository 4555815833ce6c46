//! The attribute macros of `micromegas-tracing`, which re-exports and documents them.
#![forbid(unsafe_code)]

mod span_fn;

use proc_macro::TokenStream;

/// Makes every call of a function a span.
///
/// The span is named after the function, with its module path; `#[span_fn("name")]` gives another
/// name. A plain function or method becomes a span of its thread. An `async fn` becomes a
/// function that returns a future whose span begins at the first poll and ends when the future is
/// ready, dropped or panics; its parent is the span around the *call*, wherever the future is
/// polled.
///
/// ```text
/// #[span_fn]
/// fn parse(text: &str) -> usize {
///     text.len()
/// }
///
/// #[span_fn("fetch")]
/// async fn fetch(url: String) -> Vec<u8> {
///     url.into_bytes()
/// }
/// ```
#[proc_macro_attribute]
pub fn span_fn(arguments: TokenStream, function: TokenStream) -> TokenStream {
    span_fn::expand(arguments.into(), function.into()).into()
}
