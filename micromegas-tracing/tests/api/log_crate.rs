//! What is logged with the `log` crate.

use crate::sink::{logs, pairs, start};
use micromegas_tracing::prelude::{LevelFilter, trace};

#[test]
fn entries_of_the_log_crate_are_recorded_with_their_pairs() {
    start();
    micromegas_tracing::bridge_log().expect("the first logger");
    let name = String::from("atlas");
    log::info!(target: "foreign", "plain {name}");
    log::warn!(target: "foreign", map = name.as_str(), size:? = Some(3); "with pairs");
    log::trace!(target: "foreign", "constant");
    micromegas_tracing::set_target_level("foreign", Some(LevelFilter::Warn));
    log::info!(target: "foreign", "filtered out");
    assert!(!log::log_enabled!(target: "foreign", log::Level::Info));
    micromegas_tracing::set_target_level("foreign", None);
    trace!(target: "foreign", "one of ours");
    let found: Vec<_> =
        logs("foreign").into_iter().map(|own| (own.level, own.message, own.properties)).collect();
    let entry = |level, message: &str, properties: &[(&str, &str)]| {
        (level, message.to_owned(), pairs(properties))
    };
    let expected = [
        entry(4, "plain atlas", &[]),
        entry(3, "with pairs", &[("map", "atlas"), ("size", "Some(3)")]),
        entry(6, "constant", &[]),
        entry(6, "one of ours", &[]),
    ];
    assert_eq!(found, expected);
}
