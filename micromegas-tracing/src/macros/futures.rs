//! The macros that make spans of futures. Where nothing is recorded, what they make polls the future
//! and does nothing else.

/// Makes a future a span with a name that is chosen at run time, a `&'static str`; gives a future.
///
/// A third argument is a hook that sees what came out of the future and may set properties.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let loading = span_async_named!("load", async { 42 });
/// let counted = span_async_named!("count", async { vec![1, 2] }, |items, span| {
///     span.set_property("count", items.len())
/// });
/// # drop((loading, counted));
/// ```
#[macro_export]
macro_rules! span_async_named {
    ($name:expr, $future:expr $(,)?) => {
        $crate::instrument_named!($future, $name)
    };
    ($name:expr, $future:expr, $hook:expr $(,)?) => {
        $crate::instrument_named!($future, $name, $hook)
    };
}

/// As [`span_async_named!`](crate::span_async_named), with a name made at run time: any text.
#[macro_export]
macro_rules! span_async_named_dyn {
    ($name:expr, $future:expr $(,)?) => {
        $crate::instrument_named_dyn!($future, $name)
    };
    ($name:expr, $future:expr, $hook:expr $(,)?) => {
        $crate::instrument_named_dyn!($future, $name, $hook)
    };
}
