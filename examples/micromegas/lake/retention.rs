//! How long a lake keeps what it holds, as the command line says it.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Error, Result, ensure};
use micromegas_lakehouse::RetentionPolicy;

use crate::age::Age;

/// What is kept for how long; without any of it, everything for good.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct RetentionArgs {
    /// How long data is kept (30d) [default: for good]
    #[arg(long, env = "MICROMEGAS_RETENTION", value_name = "AGE")]
    retention: Option<Age>,

    /// The same for streams with a tag (cpu=7d), `forever` for good; of several the longest counts
    #[arg(long, env = "MICROMEGAS_RETENTION_TAGS", value_name = "TAG=AGE", value_delimiter = ',')]
    retention_tag: Vec<TagAge>,
}

/// A tag and how long its streams are kept.
#[derive(Debug, Clone, PartialEq)]
struct TagAge {
    tag: String,
    /// `None` for good.
    age: Option<Duration>,
}

impl FromStr for TagAge {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (tag, age) = text.split_once('=').context("write it as cpu=7d")?;
        ensure!(!tag.is_empty(), "the tag is missing before {text}");
        let age = match age {
            "forever" => None,
            age => Some(age.parse::<Age>()?.duration()),
        };
        Ok(Self { tag: tag.to_owned(), age })
    }
}

impl RetentionArgs {
    pub(crate) fn policy(&self) -> RetentionPolicy {
        let by_tag = self.retention_tag.iter();
        RetentionPolicy {
            age: self.retention.map(Age::duration),
            ages_by_tag: by_tag
                .map(|named| (named.tag.clone(), named.age))
                .collect::<BTreeMap<_, _>>(),
            process_silence_min: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_ages() {
        let day = Duration::from_secs(86_400);
        let named = |text: &str| text.parse::<TagAge>().ok();
        assert_eq!(named("cpu=7d"), Some(TagAge { tag: "cpu".to_owned(), age: Some(7 * day) }));
        assert_eq!(named("log=forever"), Some(TagAge { tag: "log".to_owned(), age: None }));
        for wrong in ["", "cpu", "=7d", "cpu=", "cpu=7"] {
            assert_eq!(named(wrong), None, "{wrong:?}");
        }
    }
}
