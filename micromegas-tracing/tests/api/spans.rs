//! Spans of threads: scopes, names made at run time, properties.

use crate::sink::{pairs, spans, start};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Property, PropertySet, set_target_verbosity};

#[test]
fn a_scope_lasts_until_the_end_of_its_block() {
    start();
    {
        span_scope!("outer scope");
        span_scope!(NAMED_DESCRIPTOR, "inner scope");
        assert_eq!(NAMED_DESCRIPTOR.name(), "inner scope");
    }
    let (outer, inner) = (spans("outer scope"), spans("inner scope"));
    assert_eq!(outer.iter().map(|event| event.is_begin).collect::<Vec<_>>(), [true, false]);
    assert!(outer[0].ticks <= inner[0].ticks && inner[1].ticks <= outer[1].ticks);
    assert_eq!(outer[0].target, module_path!());
}

#[test]
fn names_may_be_chosen_or_made_at_run_time() {
    start();
    for name in ["chosen one", "chosen two"] {
        span_scope_named!(name);
        span_scope_named!(OTHER_PLACE, name);
        span_scope_named_dyn!(format!("made for {name}"));
    }
    for name in ["chosen one", "chosen two"] {
        assert_eq!(spans(name).len(), 4);
        assert_eq!(spans(&format!("made for {name}")).len(), 2);
    }
}

#[test]
fn properties_come_with_the_end() {
    static MAP: PropertySet = PropertySet::new(&[Property::new("map", "atlas")]);
    start();
    {
        let path = String::from("a/b");
        let span = span_scope!(name = "with properties", path = path, kind = "file", ..&MAP);
        span.set_property("bytes", 512);
        span.set_property("Kind", "folder");
        let named = span_scope_named!(name = "named with properties", a = 1);
        drop(named);
        let made = span_scope_named_dyn!(name = String::from("made with properties"), b = %2);
        made.set_property("c", 3);
        let none = span_scope!(name = "no properties");
        drop(none);
    }
    let events = spans("with properties");
    assert!(events[0].properties.is_empty());
    let expected = [("Kind", "folder"), ("bytes", "512"), ("map", "atlas"), ("path", "a/b")];
    assert_eq!(events[1].properties, pairs(&expected));
    assert_eq!(spans("named with properties")[1].properties, pairs(&[("a", "1")]));
    assert_eq!(spans("made with properties")[1].properties, pairs(&[("b", "2"), ("c", "3")]));
    assert_eq!(spans("no properties").len(), 2);
}

#[test]
fn target_and_verbosity_stand_in_front() {
    start();
    let record = |name: &'static str| {
        let low = span_scope!(
            target: "scopes",
            verbosity: Verbosity::Low,
            name = "coarse scope",
            a = 1
        );
        drop(low);
        let high = span_scope_named!(target: "scopes", name = name);
        let higher = span_scope_named_dyn!(verbosity: Verbosity::Medium, name = name);
        drop(higher);
        drop(high);
    };
    record("fine scope");
    set_target_verbosity("scopes", Some(VerbosityFilter::Low));
    record("filtered scope");
    set_target_verbosity("scopes", None);
    assert_eq!(spans("coarse scope").len(), 4);
    assert_eq!(spans("coarse scope")[0].target, "scopes");
    assert_eq!(spans("fine scope").len(), 4);
    assert_eq!(spans("filtered scope").len(), 2, "only the one of another target");
}

mod own_target {
    use super::*;

    #[test]
    fn a_span_that_has_begun_ends_whatever_the_filter_says_by_then() {
        start();
        static_span_desc!(DESCRIPTOR, "filtered while open");
        let guard = micromegas_tracing::ThreadSpanGuard::begin(&DESCRIPTOR);
        let tagged = span_scope!(name = "tagged while open", a = 1);
        set_target_verbosity(module_path!(), Some(VerbosityFilter::Off));
        drop(tagged);
        drop(guard);
        set_target_verbosity(module_path!(), None);
        assert_eq!(spans("filtered while open").len(), 2);
        assert_eq!(spans("tagged while open").len(), 2);
    }
}
