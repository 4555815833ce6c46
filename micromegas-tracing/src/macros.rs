//! The macros that record. Each call site gets one static descriptor.

/// Records a log entry of a level that is named in the call.
///
/// The first argument may be `target: "…"`; then come the level, a constant of type
/// [`Level`](crate::Level), and a format string with its arguments. Nothing is evaluated if the
/// level is filtered out.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let (name, size) = ("atlas", 512);
/// log!(Level::Info, "loaded {name}, {} bytes", size);
/// log!(target: "assets", Level::Debug, "nothing left to load");
/// ```
#[macro_export]
macro_rules! log {
    (target: $target:expr, $level:expr, $text:literal $(,)?) => {{
        static METADATA: $crate::LogMetadata =
            $crate::LogMetadata::new($level, $text, $crate::__call_site!($target));
        if METADATA.is_enabled() {
            if const { $crate::__private::is_constant($text) } {
                $crate::__private::record_constant(&METADATA);
            } else {
                $crate::__private::record_formatted(&METADATA, ::core::format_args!($text));
            }
        }
    }};
    (target: $target:expr, $level:expr, $text:literal, $($arguments:tt)+) => {{
        static METADATA: $crate::LogMetadata =
            $crate::LogMetadata::new($level, $text, $crate::__call_site!($target));
        if METADATA.is_enabled() {
            $crate::__private::record_formatted(
                &METADATA,
                ::core::format_args!($text, $($arguments)+),
            );
        }
    }};
    (target: $target:expr, $level:expr, $text:expr $(, $($arguments:tt)*)?) => {{
        static METADATA: $crate::LogMetadata =
            $crate::LogMetadata::new($level, $text, $crate::__call_site!($target));
        if METADATA.is_enabled() {
            $crate::__private::record_formatted(
                &METADATA,
                ::core::format_args!($text $(, $($arguments)*)?),
            );
        }
    }};
    ($level:expr, $($arguments:tt)+) => {
        $crate::log!(target: ::core::module_path!(), $level, $($arguments)+)
    };
}

/// Records a log entry of level Fatal; see [`log!`](crate::log).
#[macro_export]
macro_rules! fatal {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Fatal, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Fatal, $($arguments)+) };
}

/// Records a log entry of level Error; see [`log!`](crate::log).
#[macro_export]
macro_rules! error {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Error, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Error, $($arguments)+) };
}

/// Records a log entry of level Warn; see [`log!`](crate::log).
#[macro_export]
macro_rules! warn {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Warn, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Warn, $($arguments)+) };
}

/// Records a log entry of level Info; see [`log!`](crate::log).
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// info!("ready");
/// info!(target: "net", "listening on {}", 9000);
/// ```
#[macro_export]
macro_rules! info {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Info, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Info, $($arguments)+) };
}

/// Records a log entry of level Debug; see [`log!`](crate::log).
#[macro_export]
macro_rules! debug {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Debug, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Debug, $($arguments)+) };
}

/// Records a log entry of level Trace; see [`log!`](crate::log).
#[macro_export]
macro_rules! trace {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Trace, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Trace, $($arguments)+) };
}

/// Whether a log entry of this level would be recorded here.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// if log_enabled!(Level::Debug) {
///     debug!("{}", "something costly");
/// }
/// ```
#[macro_export]
macro_rules! log_enabled {
    (target: $target:expr, $level:expr) => {{
        const _: &str = $target;
        $crate::Level::is_enabled($level)
    }};
    ($level:expr) => {
        $crate::log_enabled!(target: ::core::module_path!(), $level)
    };
}

/// Records a sample of a metric with integer values: name, unit, value of type `u64`.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let begin = now();
/// imetric!("file_size", "bytes", 4096);
/// imetric!("load_time", "ticks", (now() - begin) as u64);
/// ```
#[macro_export]
macro_rules! imetric {
    (target: $target:expr, $name:expr, $unit:expr, $value:expr $(,)?) => {{
        static METADATA: $crate::MetricMetadata =
            $crate::MetricMetadata::new($name, $unit, $crate::__call_site!($target));
        $crate::__private::record_integer(&METADATA, $value);
    }};
    ($name:expr, $unit:expr, $value:expr $(,)?) => {
        $crate::imetric!(target: ::core::module_path!(), $name, $unit, $value)
    };
}

/// Records a sample of a metric with floating-point values: name, unit, value of type `f64`.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// fmetric!("compression_ratio", "ratio", 2.5);
/// ```
#[macro_export]
macro_rules! fmetric {
    (target: $target:expr, $name:expr, $unit:expr, $value:expr $(,)?) => {{
        static METADATA: $crate::MetricMetadata =
            $crate::MetricMetadata::new($name, $unit, $crate::__call_site!($target));
        $crate::__private::record_float(&METADATA, $value);
    }};
    ($name:expr, $unit:expr, $value:expr $(,)?) => {
        $crate::fmetric!(target: ::core::module_path!(), $name, $unit, $value)
    };
}

/// Makes the rest of the enclosing block a span.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// fn load() {
///     span_scope!("load");
///     {
///         span_scope!(PARSE, "parse");
///     }
/// }
/// # load();
/// ```
///
/// With a name first, the static descriptor gets that name.
#[macro_export]
macro_rules! span_scope {
    ($name:expr) => {
        let _span_guard = $crate::ThreadSpanGuard::begin({
            static METADATA: $crate::SpanMetadata =
                $crate::SpanMetadata::new($name, $crate::__call_site!(::core::module_path!()));
            &METADATA
        });
    };
    ($descriptor:ident, $name:expr) => {
        $crate::static_span_desc!($descriptor, $name);
        let _span_guard = $crate::ThreadSpanGuard::begin(&$descriptor);
    };
}

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
