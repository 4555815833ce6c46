//! The macros without the feature `enable`: they check their arguments, evaluate none of them, and
//! expand to nothing.

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! log {
    (target: $target:expr, $level:expr, $($arguments:tt)+) => {
        $crate::__private::__log!([$crate] [$target] [$level] $($arguments)+)
    };
    ($level:expr, $($arguments:tt)+) => {
        $crate::__private::__log!([$crate] [""] [$level] $($arguments)+)
    };
    ($level:expr $(,)?) => {
        ::core::compile_error!("a log entry needs a message: a string after the level")
    };
}

/// False: the feature `enable` is absent.
#[macro_export]
macro_rules! log_enabled {
    (target: $target:expr, $level:expr) => {
        false
    };
    ($level:expr) => {
        false
    };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! fatal {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Fatal, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Fatal, $($arguments)+) };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! error {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Error, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Error, $($arguments)+) };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! warn {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Warn, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Warn, $($arguments)+) };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! info {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Info, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Info, $($arguments)+) };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! debug {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Debug, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Debug, $($arguments)+) };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! trace {
    (target: $target:expr, $($arguments:tt)+) => {
        $crate::log!(target: $target, $crate::Level::Trace, $($arguments)+)
    };
    ($($arguments:tt)+) => { $crate::log!($crate::Level::Trace, $($arguments)+) };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! imetric {
    ($($arguments:tt)*) => {
        $crate::__private::__metric!([$crate] [u64 constant] $($arguments)*)
    };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! fmetric {
    ($($arguments:tt)*) => {
        $crate::__private::__metric!([$crate] [f64 constant] $($arguments)*)
    };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! imetric_dyn {
    ($($arguments:tt)*) => {
        $crate::__private::__metric!([$crate] [u64 dynamic] $($arguments)*)
    };
}

/// Nothing is recorded: the feature `enable` is absent.
#[macro_export]
macro_rules! fmetric_dyn {
    ($($arguments:tt)*) => {
        $crate::__private::__metric!([$crate] [f64 dynamic] $($arguments)*)
    };
}

/// Nothing is recorded: the feature `enable` is absent.
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
    ($descriptor:ident, $name:expr $(,)?) => {
        let _ = $crate::__private::__span!([$crate] [constant] name = $name);
    };
    ($name:expr $(,)?) => {
        let _ = $crate::__private::__span!([$crate] [constant] name = $name);
    };
}

/// Nothing is recorded: the feature `enable` is absent.
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
    ($descriptor:ident, $name:expr $(,)?) => {
        let _ = $crate::__private::__span!([$crate] [named] name = $name);
    };
    ($name:expr $(,)?) => {
        let _ = $crate::__private::__span!([$crate] [named] name = $name);
    };
}

/// Nothing is recorded: the feature `enable` is absent.
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
    ($name:expr $(,)?) => {
        let _ = $crate::__private::__span!([$crate] [dynamic] name = $name);
    };
}
