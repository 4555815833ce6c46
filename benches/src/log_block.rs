//! A block of log entries with constant text as a program leaves it.

use micromegas_transit::types::{
    LogMetadataRecord, LogStaticStrEvent, StaticStringDependency, log,
};
use micromegas_transit::{RecordQueue, ReflectDynamic};

use crate::random::Random;

/// What the messages are made of.
const WORDS: [&str; 8] =
    ["connection", "accepted", "from", "cache", "of", "sessions", "was", "written"];

/// The record buffers of a block of the log stream, before compression.
#[derive(Debug)]
pub struct LogBlock {
    /// Strings and descriptors.
    pub dependencies: Vec<u8>,
    /// Entries.
    pub objects: Vec<u8>,
    /// How many entries.
    pub event_count: usize,
}

impl LogBlock {
    /// Entries of `site_count` call sites in random order, 20 to 65,555 ticks apart, with messages
    /// of 3 to 8 words. The same arguments give the same bytes.
    pub fn of_constant_text(event_count: usize, site_count: u64) -> Self {
        let mut random = Random::new();
        let mut objects = RecordQueue::new();
        let mut time = 1_000_000_000_000;
        for _ in 0..event_count {
            time += 20 + i64::from(random.next() as u16);
            let desc = site_id(random.next() % site_count);
            objects.push(log::LOG_STATIC_STR_EVENT, &LogStaticStrEvent { desc, time });
        }
        let dependencies = dependencies(site_count).into_bytes();
        Self { dependencies, objects: objects.into_bytes(), event_count }
    }
}

/// Strings 1 and 2 are target and file; then each site has a message and a descriptor.
fn dependencies(site_count: u64) -> RecordQueue {
    let (target, file) = (1, 2);
    let mut queue = RecordQueue::new();
    let mut push_string = |id, text: &str| {
        queue.push_dynamic(log::STATIC_STRING, |payload| {
            StaticStringDependency { id, text }.write_to(payload);
        });
    };
    push_string(target, "benches::entries");
    push_string(file, "benches/src/entries.rs");
    for site in 0..site_count {
        let words = (0..3 + site % 6).map(|word| WORDS[((site + 3 * word) % 8) as usize]);
        push_string(message_id(site), &words.collect::<Vec<_>>().join(" "));
    }
    for site in 0..site_count {
        let (id, fmt_str) = (site_id(site), message_id(site));
        let line = site as u32;
        let site = LogMetadataRecord { id, fmt_str, target, file, line, level: 4 };
        queue.push(log::LOG_METADATA, &site);
    }
    queue
}

fn message_id(site: u64) -> u64 {
    3 + 2 * site
}

fn site_id(site: u64) -> u64 {
    4 + 2 * site
}

#[cfg(test)]
mod tests {
    use micromegas_transit::types::log_stream_layout;
    use micromegas_transit::{Limits, Payload, StreamPlan, compress_frame};

    use super::*;

    #[test]
    fn entries_decode_to_their_messages() {
        let block = LogBlock::of_constant_text(1_000, 60);
        let payload = Payload {
            dependencies: compress_frame(&block.dependencies).into(),
            objects: compress_frame(&block.objects).into(),
        };
        let limits = Limits::default();
        let plan = StreamPlan::compile(&log_stream_layout(), &limits).unwrap();
        let entries = plan.open(&payload, &limits).unwrap().logs();
        assert!(entries.losses.is_empty());
        let columns = entries.columns;
        assert_eq!(columns.ticks.len(), block.event_count);
        assert!(columns.ticks.is_sorted());
        let word_counts = columns.message.iter().map(|text| text.split(' ').count());
        assert!(word_counts.into_iter().all(|count| (3..=8).contains(&count)));
    }
}
