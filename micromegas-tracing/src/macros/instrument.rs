//! The macros that give futures names made at run time, where something is recorded.

/// Makes a future a span with a name that is chosen at run time, a `&'static str`; as
/// [`span_async_named!`](crate::span_async_named), with the future first.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let name = if cfg!(debug_assertions) { "check" } else { "trust" };
/// let future = instrument_named!(async { 42 }, name).with_property("attempt", 1);
/// # drop(future);
/// ```
#[macro_export]
macro_rules! instrument_named {
    ($future:expr, $name:expr $(,)?) => {{
        $crate::static_span_location!(LOCATION);
        let name: &'static str = $name;
        $crate::InstrumentedFuture::new($future, &LOCATION).with_name(name)
    }};
    ($future:expr, $name:expr, $hook:expr $(,)?) => {
        $crate::instrument_named!($future, $name).with_hook($hook)
    };
}

/// As [`instrument_named!`](crate::instrument_named), with a name made at run time: any text.
#[macro_export]
macro_rules! instrument_named_dyn {
    ($future:expr, $name:expr $(,)?) => {{
        $crate::static_span_location!(LOCATION);
        $crate::InstrumentedFuture::new($future, &LOCATION)
            .with_name($crate::__private::dynamic_name($name))
    }};
    ($future:expr, $name:expr, $hook:expr $(,)?) => {
        $crate::instrument_named_dyn!($future, $name).with_hook($hook)
    };
}
