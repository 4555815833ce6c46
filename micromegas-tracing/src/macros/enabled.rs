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
///
/// # Properties
///
/// Between level and text there may be properties, in any number:
///
/// | | value |
/// |---|---|
/// | `key = 12`, `key = "text"` | a literal: costs nothing |
/// | `key = expr` | text: `&str`, `String` and the like |
/// | `key = %expr`, `key = ?expr` | whatever has `Display`, `Debug` |
/// | `key = static expr` | a `&'static str` |
/// | `..SET` | a `&'static` [`PropertySet`](crate::PropertySet), last and once |
///
/// A key is an identifier or a string. Of equal keys, in whatever case, the last one counts; those
/// made at run time beat literals and statics, and all of them the set. `{key}` in the text stands
/// for the property. `level` and `target` cannot be keys.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let (user, attempts) = (String::from("ada"), 3);
/// info!(user = user, attempts = %attempts, "http.method" = "GET", "{user} tried");
/// ```
#[macro_export]
macro_rules! log {
    (target: $target:expr, $level:expr, $key:ident = $($rest:tt)+) => {
        $crate::__private::__log!([$crate] [$target] [$level] $key = $($rest)+)
    };
    (target: $target:expr, $level:expr, $key:literal = $($rest:tt)+) => {
        $crate::__private::__log!([$crate] [$target] [$level] $key = $($rest)+)
    };
    (target: $target:expr, $level:expr, .. $($rest:tt)+) => {
        $crate::__private::__log!([$crate] [$target] [$level] .. $($rest)+)
    };
    (target: $target:expr, $level:expr, $text:literal $(,)?) => {{
        static METADATA: $crate::LogMetadata =
            $crate::LogMetadata::new($level, $text, $crate::__call_site!($target));
        if const { $crate::STATIC_MAX_LEVEL.allows($level) } && METADATA.is_enabled_at($level) {
            if const { $crate::__private::is_constant($text) } {
                $crate::__private::record_constant(&METADATA);
            } else {
                $crate::__private::record_formatted(&METADATA, ::core::format_args!($text));
            }
        }
    }};
    (target: $target:expr, $level:expr, $text:expr $(, $($arguments:tt)*)?) => {{
        static METADATA: $crate::LogMetadata =
            $crate::LogMetadata::new($level, $text, $crate::__call_site!($target));
        if const { $crate::STATIC_MAX_LEVEL.allows($level) } && METADATA.is_enabled_at($level) {
            $crate::__private::record_formatted(
                &METADATA,
                ::core::format_args!($text $(, $($arguments)*)?),
            );
        }
    }};
    (target: $target:expr, $level:expr $(,)?) => {
        ::core::compile_error!("a log entry needs a message: a string after the level")
    };
    ($level:expr, $($arguments:tt)+) => {
        $crate::log!(target: ::core::module_path!(), $level, $($arguments)+)
    };
    ($level:expr $(,)?) => {
        ::core::compile_error!("a log entry needs a message: a string after the level")
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

/// Whether a log entry of this level, and of this target, would be recorded at present.
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
    (target: $target:expr, $level:expr) => {
        $crate::__private::is_level_enabled($target, $level)
    };
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
///
/// Between unit and value there may be properties, as in [`log!`](crate::log); `target`, `name` and
/// `unit` cannot be keys. `target: …` and `verbosity: …` come first. The value is evaluated whatever
/// the filters say at run time.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let disk = "sda";
/// imetric!(verbosity: Verbosity::Low, "reads", "count", disk = disk, 12);
/// ```
#[macro_export]
macro_rules! imetric {
    (target: $target:expr, verbosity: $($rest:tt)+) => {
        $crate::__private::__metric!(
            [$crate] [u64 constant] target: $target, verbosity: $($rest)+
        )
    };
    (verbosity: $($rest:tt)+) => {
        $crate::__private::__metric!([$crate] [u64 constant] verbosity: $($rest)+)
    };
    (target: $target:expr, $name:expr, $unit:expr, $key:ident = $($rest:tt)+) => {
        $crate::__private::__metric!(
            [$crate] [u64 constant] target: $target, $name, $unit, $key = $($rest)+
        )
    };
    (target: $target:expr, $name:expr, $unit:expr, $key:literal = $($rest:tt)+) => {
        $crate::__private::__metric!(
            [$crate] [u64 constant] target: $target, $name, $unit, $key = $($rest)+
        )
    };
    (target: $target:expr, $name:expr, $unit:expr, .. $($rest:tt)+) => {
        $crate::__private::__metric!(
            [$crate] [u64 constant] target: $target, $name, $unit, .. $($rest)+
        )
    };
    (target: $target:expr, $name:expr, $unit:expr, $value:expr $(,)?) => {{
        static METADATA: $crate::MetricMetadata =
            $crate::MetricMetadata::new($name, $unit, $crate::__call_site!($target));
        if const { $crate::STATIC_MAX_VERBOSITY.allows($crate::Verbosity::High) } {
            $crate::__private::record_integer(&METADATA, $value);
        }
    }};
    (target: $target:expr, $($rest:tt)*) => {
        $crate::__private::__metric!([$crate] [u64 constant] target: $target, $($rest)*)
    };
    ($($arguments:tt)*) => {
        $crate::imetric!(target: ::core::module_path!(), $($arguments)*)
    };
}

/// As [`imetric!`](crate::imetric), with a name and a unit made at run time: any text.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let queue = String::from("orders");
/// imetric_dyn!(format!("{queue}_length"), "items", 12);
/// ```
#[macro_export]
macro_rules! imetric_dyn {
    ($($arguments:tt)*) => {
        $crate::__private::__metric!([$crate] [u64 dynamic] $($arguments)*)
    };
}

/// Records a sample of a metric with floating-point values: name, unit, value of type `f64`.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// fmetric!("compression_ratio", "ratio", 2.5);
/// ```
///
/// Between unit and value there may be properties, as in [`log!`](crate::log); `target`, `name` and
/// `unit` cannot be keys. `target: …` and `verbosity: …` come first. The value is evaluated whatever
/// the filters say at run time.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let disk = "sda";
/// fmetric!("usage", "percent", disk = disk, kind = "ssd", 12.5);
/// ```
#[macro_export]
macro_rules! fmetric {
    (target: $target:expr, verbosity: $($rest:tt)+) => {
        $crate::__private::__metric!(
            [$crate] [f64 constant] target: $target, verbosity: $($rest)+
        )
    };
    (verbosity: $($rest:tt)+) => {
        $crate::__private::__metric!([$crate] [f64 constant] verbosity: $($rest)+)
    };
    (target: $target:expr, $name:expr, $unit:expr, $key:ident = $($rest:tt)+) => {
        $crate::__private::__metric!(
            [$crate] [f64 constant] target: $target, $name, $unit, $key = $($rest)+
        )
    };
    (target: $target:expr, $name:expr, $unit:expr, $key:literal = $($rest:tt)+) => {
        $crate::__private::__metric!(
            [$crate] [f64 constant] target: $target, $name, $unit, $key = $($rest)+
        )
    };
    (target: $target:expr, $name:expr, $unit:expr, .. $($rest:tt)+) => {
        $crate::__private::__metric!(
            [$crate] [f64 constant] target: $target, $name, $unit, .. $($rest)+
        )
    };
    (target: $target:expr, $name:expr, $unit:expr, $value:expr $(,)?) => {{
        static METADATA: $crate::MetricMetadata =
            $crate::MetricMetadata::new($name, $unit, $crate::__call_site!($target));
        if const { $crate::STATIC_MAX_VERBOSITY.allows($crate::Verbosity::High) } {
            $crate::__private::record_float(&METADATA, $value);
        }
    }};
    (target: $target:expr, $($rest:tt)*) => {
        $crate::__private::__metric!([$crate] [f64 constant] target: $target, $($rest)*)
    };
    ($($arguments:tt)*) => {
        $crate::fmetric!(target: ::core::module_path!(), $($arguments)*)
    };
}

/// As [`fmetric!`](crate::fmetric), with a name and a unit made at run time: any text.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let queue = String::from("orders");
/// fmetric_dyn!(format!("{queue}_length"), "items", 12.5);
/// ```
#[macro_export]
macro_rules! fmetric_dyn {
    ($($arguments:tt)*) => {
        $crate::__private::__metric!([$crate] [f64 dynamic] $($arguments)*)
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
/// With a name first, the static descriptor gets that name. With `name = …`, it is an expression
/// that gives a guard, and properties may follow as in [`log!`](crate::log); they are recorded with
/// the end of the span, and [`set_property`](crate::TaggedSpanGuard::set_property) adds more.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// # let path = std::path::Path::new("atlas");
/// let span = span_scope!(name = "load", path = %path.display());
/// span.set_property("bytes", 512);
/// ```
#[macro_export]
macro_rules! span_scope {
    (name = $($rest:tt)+) => {
        $crate::__private::__span!([$crate] [constant] name = $($rest)+)
    };
    (target: $($rest:tt)+) => {
        $crate::__private::__span!([$crate] [constant] target: $($rest)+)
    };
    (verbosity: $($rest:tt)+) => {
        $crate::__private::__span!([$crate] [constant] verbosity: $($rest)+)
    };
    ($key:ident = $($rest:tt)*) => {
        ::core::compile_error!(
            "a span with properties starts with its name: `name = …, key = value`"
        )
    };
    ($descriptor:ident, $name:expr $(,)?) => {
        $crate::static_span_desc!($descriptor, $name);
        let _span_guard = $crate::ThreadSpanGuard::begin_if(
            const { $crate::STATIC_MAX_VERBOSITY.allows($crate::Verbosity::High) },
            &$descriptor,
        );
    };
    ($name:expr $(,)?) => {
        let _span_guard = $crate::ThreadSpanGuard::begin_if(
            const { $crate::STATIC_MAX_VERBOSITY.allows($crate::Verbosity::High) },
            {
                static METADATA: $crate::SpanMetadata =
                    $crate::SpanMetadata::new($name, $crate::__call_site!(::core::module_path!()));
                &METADATA
            },
        );
    };
}

/// As [`span_scope!`](crate::span_scope), with a name that is chosen at run time: a `&'static str`.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// for name in ["first", "second"] {
///     span_scope_named!(name);
/// }
/// let span = span_scope_named!(name = "third", size = 12);
/// # drop(span);
/// ```
#[macro_export]
macro_rules! span_scope_named {
    (name = $($rest:tt)+) => {
        $crate::__private::__span!([$crate] [named] name = $($rest)+)
    };
    (target: $($rest:tt)+) => {
        $crate::__private::__span!([$crate] [named] target: $($rest)+)
    };
    (verbosity: $($rest:tt)+) => {
        $crate::__private::__span!([$crate] [named] verbosity: $($rest)+)
    };
    ($key:ident = $($rest:tt)*) => {
        ::core::compile_error!(
            "a span with properties starts with its name: `name = …, key = value`"
        )
    };
    ($location:ident, $name:expr $(,)?) => {
        $crate::static_span_location!($location);
        let _span_guard = $crate::__private::named_span(&$location, $name);
    };
    ($name:expr $(,)?) => {
        let _span_guard = $crate::__private::named_span(
            {
                $crate::static_span_location!(LOCATION);
                &LOCATION
            },
            $name,
        );
    };
}

/// As [`span_scope!`](crate::span_scope), with a name made at run time: any text.
///
/// ```
/// use micromegas_tracing::prelude::*;
///
/// let map = String::from("atlas");
/// span_scope_named_dyn!(format!("load {map}"));
/// ```
#[macro_export]
macro_rules! span_scope_named_dyn {
    (name = $($rest:tt)+) => {
        $crate::__private::__span!([$crate] [dynamic] name = $($rest)+)
    };
    (target: $($rest:tt)+) => {
        $crate::__private::__span!([$crate] [dynamic] target: $($rest)+)
    };
    (verbosity: $($rest:tt)+) => {
        $crate::__private::__span!([$crate] [dynamic] verbosity: $($rest)+)
    };
    ($key:ident = $($rest:tt)*) => {
        ::core::compile_error!(
            "a span with properties starts with its name: `name = …, key = value`"
        )
    };
    ($name:expr $(,)?) => {
        let _span_guard = $crate::__private::__span!([$crate] [dynamic] name = $name);
    };
}
