//! Log entries: levels, targets, properties, and what becomes of the text.

use crate::sink::{logs, pairs, shown, start};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Property, PropertySet};
use std::cell::Cell;
use std::fmt;

static MAP: PropertySet =
    PropertySet::new(&[Property::new("map", "atlas"), Property::new("mode", "duel")]);

/// Displays and debugs in different ways.
struct Two;

impl fmt::Display for Two {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("two")
    }
}

impl fmt::Debug for Two {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Two!")
    }
}

#[test]
fn all_levels_and_forms_are_recorded() {
    start();
    let (name, five) = ("atlas", 5);
    fatal!(target: "forms", "fatal");
    error!(target: "forms", "error {}", five);
    warn!(target: "forms", "warn {five:>3}");
    info!(target: "forms", "info {{{name}}}");
    debug!(target: "forms", "debug {0} {0}", name);
    trace!(target: "forms", "trace {n}", n = five);
    log!(target: "forms", Level::Warn, "log");
    log!(target: "forms", Level::Info, "{}", "literal",);
    let recorded = logs("forms");
    let expected = [
        (1, "fatal"),
        (2, "error 5"),
        (3, "warn   5"),
        (4, "info {atlas}"),
        (5, "debug atlas atlas"),
        (6, "trace 5"),
        (3, "log"),
        (4, "literal"),
    ];
    let found: Vec<_> = recorded.iter().map(|own| (own.level, own.message.as_str())).collect();
    assert_eq!(found, expected);
    assert!(recorded.iter().all(|entry| entry.properties.is_empty()));
}

#[test]
fn the_target_is_the_module_unless_it_is_given() {
    start();
    info!("of this module");
    log!(Level::Debug, "of this module, too");
    assert_eq!(logs(module_path!()).len(), 2);
}

#[test]
fn values_come_in_all_forms() {
    start();
    let (text, owned) = ("text", String::from("owned"));
    let statics: &'static str = "static";
    info!(
        target: "values",
        a = "literal",
        b = 12,
        c = -0.50,
        d = 1_000,
        e = 0x10,
        f = true,
        g = text,
        h = owned,
        i = %Two,
        j = ?Two,
        k = static statics,
        "http.method" = "GET",
        r#type = 'c',
        "values"
    );
    let recorded = logs("values");
    let expected = pairs(&[
        ("a", "literal"),
        ("b", "12"),
        ("c", "-0.50"),
        ("d", "1000"),
        ("e", "16"),
        ("f", "true"),
        ("g", "text"),
        ("h", "owned"),
        ("http.method", "GET"),
        ("i", "two"),
        ("j", "Two!"),
        ("k", "static"),
        ("type", "c"),
    ]);
    assert_eq!(recorded[0].properties, expected);
    assert_eq!(recorded[0].message, "values");
    assert_eq!(owned, "owned");
}

#[test]
fn of_equal_keys_one_counts() {
    start();
    let dynamic = "dynamic";
    info!(target: "precedence", a = 1, A = 2, "the last constant");
    info!(target: "precedence", a = dynamic, a = 2, "made at run time");
    info!(target: "precedence", mode = "coop", ..&MAP, "constants over the set");
    info!(target: "precedence", MAP = %7, ..&MAP, "run time over the set");
    info!(target: "precedence", ..&MAP, "only the set");
    let found: Vec<_> = logs("precedence").into_iter().map(|entry| entry.properties).collect();
    let expected = [
        pairs(&[("A", "2")]),
        pairs(&[("a", "dynamic")]),
        pairs(&[("map", "atlas"), ("mode", "coop")]),
        pairs(&[("MAP", "7"), ("mode", "duel")]),
        pairs(&[("map", "atlas"), ("mode", "duel")]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn placeholders_stand_for_properties() {
    start();
    let (user, count) = (String::from("ada"), Cell::new(0));
    let counted = || {
        count.set(count.get() + 1);
        count.get()
    };
    info!(target: "templates", user = user, "template {user} {{}}");
    info!(target: "templates", user = ?Two, "debug {user:?}");
    info!(target: "templates", user = ?Two, "displayed {user}");
    info!(target: "templates", user = "constant", "constant {user}");
    info!(target: "templates", user = user, times = 3, "{user} {} {times:>2}", "positional");
    info!(target: "templates", n = %counted(), "once {n}");
    let other = "local";
    info!(target: "templates", user = user, "{user} and {other}");
    let found: Vec<_> = logs("templates").into_iter().map(|entry| entry.message).collect();
    let expected = [
        "template ada {}",
        "debug Two!",
        "displayed two",
        "constant constant",
        "ada positional  3",
        "once 1",
        "ada and local",
    ];
    assert_eq!(found, expected);
    assert_eq!(count.get(), 1, "a value is evaluated once");
    assert!(expected.iter().all(|message| shown().iter().any(|own| own == message)));
}

#[test]
fn level_and_target_of_a_spread_set_take_the_place_of_the_call_sites() {
    static OTHER: PropertySet =
        PropertySet::new(&[Property::new("target", "override"), Property::new("level", "error")]);
    start();
    info!(..&OTHER, "elsewhere");
    let recorded = logs("override");
    assert_eq!((recorded.len(), recorded[0].level), (1, Level::Error as i32));
}

#[test]
fn nothing_is_evaluated_for_an_entry_that_is_filtered_out() {
    start();
    micromegas_tracing::set_target_level("unevaluated", Some(LevelFilter::Warn));
    let evaluate = || -> &'static str { panic!("evaluated") };
    info!(target: "unevaluated", a = %evaluate(), "{}", evaluate());
    assert!(!log_enabled!(target: "unevaluated", Level::Info));
    assert!(log_enabled!(target: "unevaluated", Level::Warn));
    assert!(log_enabled!(Level::Trace));
    assert!(logs("unevaluated").is_empty());
}

#[test]
fn a_value_that_logs_while_it_is_shown_is_recorded_too() {
    struct Talkative;

    impl fmt::Display for Talkative {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!(target: "talkative", inner = 1, "inner {}", 2);
            f.write_str("spoken")
        }
    }

    start();
    info!(target: "talkative", outer = %Talkative, "outer");
    let found: Vec<_> =
        logs("talkative").into_iter().map(|own| (own.message, own.properties)).collect();
    assert!(found.contains(&("inner 2".to_owned(), pairs(&[("inner", "1")]))));
    assert!(found.contains(&("outer".to_owned(), pairs(&[("outer", "spoken")]))));
}

#[test]
fn long_values_are_cut_and_the_entry_stays() {
    start();
    let long = "é".repeat(50_000);
    info!(target: "long", long = long, "long {}", 1);
    let recorded = logs("long");
    let (_, value) = &recorded[0].properties[0];
    assert!(value.starts_with("éé") && value.ends_with("bytes cut]"));
    assert_eq!(recorded[0].message, "long 1");
}
