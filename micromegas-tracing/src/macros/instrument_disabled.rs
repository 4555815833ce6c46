//! The macros that give futures names made at run time, without the feature `enable`: what they make
//! polls the future and does nothing else.

/// Polls the future: the feature `enable` is absent.
#[macro_export]
macro_rules! instrument_named {
    ($future:expr, $name:expr $(,)?) => {{
        if false {
            let _: &'static str = $name;
        }
        $crate::__private::not_a_span($future)
    }};
    ($future:expr, $name:expr, $hook:expr $(,)?) => {
        $crate::instrument_named!($future, $name).with_hook($hook)
    };
}

/// Polls the future: the feature `enable` is absent.
#[macro_export]
macro_rules! instrument_named_dyn {
    ($future:expr, $name:expr $(,)?) => {{
        if false {
            let _ = $crate::__private::dynamic_name($name);
        }
        $crate::__private::not_a_span($future)
    }};
    ($future:expr, $name:expr, $hook:expr $(,)?) => {
        $crate::instrument_named_dyn!($future, $name).with_hook($hook)
    };
}
