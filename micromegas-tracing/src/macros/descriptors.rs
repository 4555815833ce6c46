//! The macros that declare descriptors; they do so also where nothing is recorded, because other
//! code refers to them.

/// Declares the static descriptor of a span, for
/// [`instrument`](crate::InstrumentFuture::instrument).
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// static_span_desc!(FETCH, "fetch");
/// let future = async {}.instrument(&FETCH);
/// # drop(future);
/// ```
#[macro_export]
macro_rules! static_span_desc {
    ($descriptor:ident, $name:expr) => {
        static $descriptor: $crate::SpanMetadata =
            $crate::SpanMetadata::new($name, $crate::__call_site!(::core::module_path!()));
    };
}

/// Declares the static descriptor of a place where spans with names of their own begin, for
/// [`span_scope_named!`](crate::span_scope_named).
#[macro_export]
macro_rules! static_span_location {
    ($location:ident) => {
        $crate::static_span_desc!($location, "");
    };
}

/// Where a macro was called.
#[doc(hidden)]
#[macro_export]
macro_rules! __call_site {
    ($target:expr) => {
        $crate::CallSite {
            target: $target,
            module_path: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
        }
    };
}
