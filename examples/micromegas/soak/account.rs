//! The account of a soak: nothing is missing that nobody has counted.

use std::fmt;
use std::time::Duration;

use micromegas_telemetry_sink::{DeliveryStats, EventCounts};
use micromegas_tracing::{Counts, Stats};

use super::load::Tally;
use super::store::Stored;

const MIB: u64 = 1024 * 1024;

/// All that is known at the end.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) time: Duration,
    /// What the threads asked to be recorded.
    pub(crate) made: Tally,
    pub(crate) stats: Stats,
    pub(crate) delivery: DeliveryStats,
    pub(crate) stored: Stored,
    pub(crate) memory: Memory,
}

/// Bytes of memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// What the buffers and the sink's queue may take, together.
    pub(crate) bound: u64,
    /// What the process needs beside them while it encodes, sends, and counts what arrives.
    pub(crate) work: u64,
    /// By how much resident memory grew at most; none where the system does not tell.
    pub(crate) growth: Option<u64>,
}

impl From<Counts> for Tally {
    fn from(counts: Counts) -> Self {
        Self {
            logs: counts.logs,
            metrics: counts.metrics,
            span_events: counts.thread_span_events + counts.async_span_events,
        }
    }
}

impl From<EventCounts> for Tally {
    fn from(counts: EventCounts) -> Self {
        Self { logs: counts.logs, metrics: counts.metrics, span_events: counts.traces }
    }
}

impl Account {
    fn dropped(&self) -> Tally {
        Tally::from(self.stats.dropped) + Tally::from(self.delivery.dropped)
    }

    /// What is wrong; empty if everything is accounted for.
    pub(crate) fn faults(&self) -> Vec<String> {
        let taken = Tally::from(self.stats.recorded);
        let mut faults = self.stored.failures.clone();
        let mut expect = |is_right: bool, what: &str| {
            if !is_right {
                faults.push(what.to_owned());
            }
        };
        expect(
            self.made == taken + Tally::from(self.stats.dropped),
            "what the threads made is not what the sink was given and the buffers dropped",
        );
        expect(
            taken == Tally::from(self.delivery.delivered) + Tally::from(self.delivery.dropped),
            "what the sink was given is not what it delivered and dropped",
        );
        expect(
            self.stored.tally == Tally::from(self.delivery.delivered),
            "what the sink delivered is not what arrived",
        );
        expect(
            self.stored.skipped <= self.dropped().total(),
            "the blocks declare more events as missing than were dropped",
        );
        expect(
            self.memory.growth.is_none_or(|growth| growth <= self.memory.bound + self.memory.work),
            "memory grew beyond its bound",
        );
        faults
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.made.total() as f64 / self.time.as_secs_f64();
        writeln!(f, "{:.1} s, {rate:.0} events/s", self.time.as_secs_f64())?;
        writeln!(
            f,
            "{:<22} {:>13} {:>11} {:>12} {:>13}",
            "", "events", "logs", "samples", "span events"
        )?;
        writeln!(f, "{:<22} {}", "recorded", self.made)?;
        writeln!(f, "{:<22} {}", "stored", self.stored.tally)?;
        writeln!(f, "{:<22} {}", "dropped", self.dropped())?;
        writeln!(f, "{:<22} {}", "  no room in buffers", Tally::from(self.stats.dropped))?;
        writeln!(f, "{:<22} {}", "  no room in queue", Tally::from(self.delivery.dropped))?;
        let Stored { blocks, skipped, .. } = self.stored;
        let retries = self.delivery.retries;
        writeln!(f, "{blocks} blocks, {retries} retries; blocks declare {skipped} events missing")?;
        let Memory { bound, work, growth } = self.memory;
        if let Some(growth) = growth {
            let (growth, bound, work) = (growth / MIB, bound / MIB, work / MIB);
            writeln!(f, "memory grew by {growth} MiB at most; bound {bound} + {work} MiB")?;
        }
        for fault in self.faults() {
            writeln!(f, "WRONG: {fault}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        let counts = |logs| Counts { logs, ..Counts::default() };
        let events = |logs| EventCounts { logs, ..EventCounts::default() };
        let tally = |logs| Tally { logs, ..Tally::default() };
        Account {
            time: Duration::from_secs(1),
            made: tally(10),
            stats: Stats { recorded: counts(8), dropped: counts(2) },
            delivery: DeliveryStats {
                delivered: events(5),
                dropped: events(3),
                ..DeliveryStats::default()
            },
            stored: Stored { tally: tally(5), blocks: 1, skipped: 5, failures: Vec::new() },
            memory: Memory { bound: 10, work: 1, growth: Some(11) },
        }
    }

    #[test]
    fn an_account_that_adds_up_has_no_fault() {
        assert_eq!(account().faults(), Vec::<String>::new());
        assert!(!account().to_string().contains("WRONG"));
    }

    #[test]
    fn one_event_too_few_anywhere_is_a_fault() {
        let changes: [fn(&mut Account); 6] = [
            |account| account.made.logs += 1,
            |account| account.stats.dropped.logs -= 1,
            |account| account.delivery.dropped.logs -= 1,
            |account| account.stored.tally.logs -= 1,
            |account| account.stored.skipped += 1,
            |account| account.memory.growth = Some(12),
        ];
        for change in changes {
            let mut account = account();
            change(&mut account);
            assert_ne!(account.faults(), Vec::<String>::new());
        }
    }
}
