//! A thousand call sites, as a large program has them.

use micromegas_tracing::{CallSite, SpanMetadata};

const fn span(name: &'static str) -> SpanMetadata {
    let (target, file) = (module_path!(), file!());
    SpanMetadata::new(name, CallSite { target, module_path: target, file, line: line!() })
}

macro_rules! ten {
    ($($begin:literal),+ => $array:ident) => {
        $array!(
            $($begin, "0"),+; $($begin, "1"),+; $($begin, "2"),+; $($begin, "3"),+;
            $($begin, "4"),+; $($begin, "5"),+; $($begin, "6"),+; $($begin, "7"),+;
            $($begin, "8"),+; $($begin, "9"),+
        )
    };
}

macro_rules! names {
    ($($($part:literal),+);+) => { [$(hundred!($($part),+)),+] };
}

macro_rules! hundred {
    ($($part:literal),+) => { [
        tens!($($part),+, "0"), tens!($($part),+, "1"), tens!($($part),+, "2"),
        tens!($($part),+, "3"), tens!($($part),+, "4"), tens!($($part),+, "5"),
        tens!($($part),+, "6"), tens!($($part),+, "7"), tens!($($part),+, "8"),
        tens!($($part),+, "9")
    ] };
}

macro_rules! tens {
    ($($part:literal),+) => { [
        span(concat!($($part),+, "0")), span(concat!($($part),+, "1")),
        span(concat!($($part),+, "2")), span(concat!($($part),+, "3")),
        span(concat!($($part),+, "4")), span(concat!($($part),+, "5")),
        span(concat!($($part),+, "6")), span(concat!($($part),+, "7")),
        span(concat!($($part),+, "8")), span(concat!($($part),+, "9"))
    ] };
}

/// Descriptors of a thousand spans, each with a name of its own.
pub static THOUSAND_SPANS: [[[SpanMetadata; 10]; 10]; 10] = ten!("function_" => names);
