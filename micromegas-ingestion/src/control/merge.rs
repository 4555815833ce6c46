//! The document for one process, of all rules for it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::rule::ControlRule;
use super::settings::ControlSettings;

/// What these rules ask for together; nothing without rules.
///
/// What a later rule says replaces what an earlier one says of the same. The time is that of the
/// rule that ends first, because nothing may be in force longer than it was set for; after it the
/// process is told what is left of the others.
pub(super) fn merge(rules: &mut [Arc<ControlRule>], now: DateTime<Utc>) -> ControlSettings {
    rules.sort_by_key(|rule| (rule.created, rule.id));
    let mut merged = ControlSettings::default();
    let mut end: Option<DateTime<Utc>> = None;
    for rule in rules {
        let settings = &rule.settings;
        merged.level = settings.level.clone().or(merged.level);
        merged.verbosity = settings.verbosity.clone().or(merged.verbosity);
        merged.sampling = settings.sampling.or(merged.sampling);
        merged.target_levels.extend(settings.target_levels.clone());
        merged.target_verbosities.extend(settings.target_verbosities.clone());
        end = Some(end.map_or(rule.expires, |end| end.min(rule.expires)));
    }
    merged.ttl_seconds = end.map_or(0, |end| seconds_left(end, now));
    merged
}

/// The time that is left in whole seconds, rounded up.
fn seconds_left(end: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    let left = (end - now).to_std().unwrap_or_default();
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use micromegas_lakehouse::Tenant;
    use uuid::Uuid;

    use super::*;
    use crate::control::ProcessMatch;

    fn rule(created: i64, expires_millis: i64, settings: &str) -> Arc<ControlRule> {
        let begin = DateTime::UNIX_EPOCH;
        Arc::new(ControlRule {
            id: Uuid::new_v4(),
            tenant: Tenant::default(),
            processes: ProcessMatch::default(),
            settings: serde_json::from_str(settings).unwrap(),
            reason: String::new(),
            created_by: "ada".to_owned(),
            created: begin + TimeDelta::seconds(created),
            expires: begin + TimeDelta::milliseconds(expires_millis),
        })
    }

    #[test]
    fn the_later_rule_counts_and_the_time_is_that_of_the_first_to_end() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(10);
        let mut rules = [
            rule(2, 70_001, r#"{"level": "warn", "target_levels": {"net": "trace"}}"#),
            rule(1, 90_000, r#"{"level": "debug", "sampling": "all", "verbosity": "low"}"#),
        ];
        let merged = serde_json::to_string(&merge(&mut rules, now)).unwrap();
        assert_eq!(
            merged,
            r#"{"ttl_seconds":61,"level":"warn","target_levels":{"net":"trace"},"verbosity":"low","sampling":"all"}"#
        );
        assert_eq!(merge(&mut [], now), ControlSettings::default());
    }
}
