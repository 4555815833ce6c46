//! The procedural macros of `micromegas-tracing`, which re-exports and documents them.
#![forbid(unsafe_code)]

mod call;
mod format_text;
mod log;
mod main_fn;
mod metric;
mod properties;
mod span;
mod span_fn;

use call::or_error;
use proc_macro::TokenStream;

/// Makes every call of a function a span.
///
/// The span is named after the function, with its module path; `#[span_fn("name")]` gives another
/// name. A plain function or method becomes a span of its thread. An `async fn` becomes a
/// function that returns a future whose span begins at the first poll and ends when the future is
/// ready, dropped or panics; its parent is the span around the *call*, wherever the future is
/// polled. So does a function that returns a future (`impl Future`, `Pin<Box<dyn Future>>`), as
/// `async_trait` makes them of the methods of a trait: put `#[span_fn]` on the method.
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
    or_error(span_fn::expand(arguments.into(), function.into())).into()
}

/// Records an entry of level Trace with a function's name at the beginning of each call.
///
/// ```text
/// #[log_fn]
/// fn parse(text: &str) -> usize {
///     text.len()
/// }
/// ```
#[proc_macro_attribute]
pub fn log_fn(arguments: TokenStream, function: TokenStream) -> TokenStream {
    or_error(log::expand_log_fn(arguments.into(), function.into())).into()
}

/// Keeps telemetry alive around `fn main`: the value of the expression is dropped when it returns.
///
/// An `async fn main` gets a runtime of tokio with a thread for each processor, whose threads are
/// prepared for recording; it ends before telemetry does. (It needs the feature `tokio` of
/// `micromegas-tracing`, and of tokio `rt-multi-thread`.)
///
/// ```text
/// #[micromegas_tracing::main(start_telemetry()?)]
/// async fn main() -> anyhow::Result<()> {
///     info!("ready");
///     serve().await
/// }
/// ```
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, function: TokenStream) -> TokenStream {
    or_error(main_fn::expand(arguments.into(), function.into())).into()
}

/// A log entry with properties.
#[doc(hidden)]
#[proc_macro]
pub fn __log(call: TokenStream) -> TokenStream {
    or_error(log::expand(call.into())).into()
}

/// A sample of a metric with properties, verbosity, or a name made at run time.
#[doc(hidden)]
#[proc_macro]
pub fn __metric(call: TokenStream) -> TokenStream {
    or_error(metric::expand(call.into())).into()
}

/// A span with properties.
#[doc(hidden)]
#[proc_macro]
pub fn __span(call: TokenStream) -> TokenStream {
    or_error(span::expand(call.into())).into()
}
