//! One piece of work, twice.

use micromegas_tracing::prelude::*;
use micromegas_tracing::{Property, PropertySet};

static SET: PropertySet = PropertySet::new(&[Property::new("map", "atlas")]);

/// What an argument that is never evaluated would do.
#[cold]
fn evaluated() -> u64 {
    panic!("an argument was evaluated")
}

/// Work with every macro around it.
#[inline(never)]
#[span_fn]
#[log_fn]
pub fn with(number: u64) -> u64 {
    span_scope!("scope");
    span_scope!(NAMED, "scope");
    span_scope_named!("named");
    span_scope_named_dyn!(format!("{}", evaluated()));
    let tagged = span_scope!(name = "tagged", a = %evaluated(), ..&SET);
    fatal!("fatal");
    error!(target: "target", "error {}", evaluated());
    warn!(a = %evaluated(), "warn {a}");
    info!(a = 1, ..&SET, "info {}", evaluated());
    debug!("{{}}");
    trace!("trace {number}");
    log!(Level::Info, "log");
    if log_enabled!(Level::Fatal) || log_enabled!(target: "target", Level::Fatal) {
        evaluated();
    }
    imetric!("integer", "count", evaluated());
    imetric!("tagged integer", "count", a = ?evaluated(), 1);
    fmetric!(target: "target", "float", "count", evaluated() as f64);
    fmetric!(verbosity: Verbosity::Low, "low", "count", 1.0);
    imetric_dyn!(format!("{}", evaluated()), "count", 1);
    fmetric_dyn!(format!("{}", evaluated()), "count", b = 2, 1.0);
    tagged.set_property("c", 3);
    number.wrapping_mul(3)
}

/// The same work.
#[inline(never)]
pub fn without(number: u64) -> u64 {
    number.wrapping_mul(3)
}

#[span_fn]
async fn inner_with(number: u64) -> u64 {
    number.wrapping_mul(5)
}

/// A future with every macro around it.
pub fn future_with(number: u64) -> impl Future<Output = u64> {
    static_span_desc!(OUTER, "outer");
    let name = || -> &'static str { panic!("a name was evaluated") };
    let future = inner_with(number).instrument(&OUTER).with_property("a", 1);
    let future = span_async_named!(name(), future, |_: &u64, _| panic!("a hook was called"));
    instrument_named_dyn!(future, String::from(name()))
}

async fn inner_without(number: u64) -> u64 {
    number.wrapping_mul(5)
}

/// The same future.
pub fn future_without(number: u64) -> impl Future<Output = u64> {
    inner_without(number)
}
