//! Entries of the `log` crate.

use crate::filter::is_level_enabled;
use crate::level::Level;
use crate::properties::PropertyList;
use crate::recording::log::record_foreign;
use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Log, Metadata, Record, SetLoggerError};

/// Records what is logged with the `log` crate, with its key-value pairs as properties. Levels and
/// targets are filtered as those of this crate are.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogBridge;

/// Makes [`LogBridge`] the logger of the `log` crate.
///
/// # Errors
/// If it has a logger already.
///
/// ```
/// micromegas_tracing::bridge_log()?;
/// log::info!(attempts = 3; "trying again");
/// # Ok::<(), log::SetLoggerError>(())
/// ```
pub fn bridge_log() -> Result<(), SetLoggerError> {
    log::set_logger(&LogBridge)?;
    // Which entries pass is decided here, and can change.
    log::set_max_level(LevelFilter::Trace);
    Ok(())
}

impl Log for LogBridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        cfg!(feature = "enable") && is_level_enabled(metadata.target(), level(metadata.level()))
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let fill = |list: &mut PropertyList| {
                // A source that gives up has given some of its pairs.
                let _ = record.key_values().visit(&mut Fields(list));
            };
            record_foreign(level(record.level()), record.target(), fill, *record.args());
        }
    }

    fn flush(&self) {}
}

fn level(level: log::Level) -> Level {
    match level {
        log::Level::Error => Level::Error,
        log::Level::Warn => Level::Warn,
        log::Level::Info => Level::Info,
        log::Level::Debug => Level::Debug,
        log::Level::Trace => Level::Trace,
    }
}

struct Fields<'a>(&'a mut PropertyList);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.0.push(key.as_str(), format_args!("{value}"));
        Ok(())
    }
}
