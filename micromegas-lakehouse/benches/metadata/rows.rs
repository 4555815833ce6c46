//! A fleet's rows: processes with one stream each, and blocks of any of them.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use micromegas_lakehouse::{LakeInsert, NewBlock, NewProcess, NewStream, PayloadLocation, Tenant};
use micromegas_transit::types::thread_stream_layout;
use micromegas_transit::{Block, Payload, ProcessInfo, StreamInfo};
use uuid::Uuid;

/// Blocks of each process on average.
pub(crate) const BLOCKS_PER_PROCESS: usize = 10;
/// New processes in a group.
const NEW_PROCESSES: usize = 80;

/// Makes the rows; the same seed makes the same.
#[derive(Debug)]
pub(crate) struct Rows {
    random: fastrand::Rng,
    tenant: Tenant,
    /// Processes so far, by the number that their ids follow from.
    pub(crate) process_count: u64,
}

impl Rows {
    pub(crate) fn new(seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self { random, tenant: Tenant::default(), process_count: 0 }
    }

    /// A group as a busy server commits it: some new processes, and blocks of those there are.
    pub(crate) fn next_group(&mut self) -> Vec<LakeInsert> {
        let mut group = Vec::new();
        for _ in 0..NEW_PROCESSES {
            let number = self.process_count;
            self.process_count += 1;
            group.push(LakeInsert::Process(self.process(number)));
            group.push(LakeInsert::Stream(self.stream(number)));
        }
        group.extend(self.blocks(NEW_PROCESSES * BLOCKS_PER_PROCESS));
        group
    }

    /// Blocks of any of the processes, in one segment.
    pub(crate) fn blocks(&mut self, count: usize) -> Vec<LakeInsert> {
        let now = Utc::now();
        let unique = Uuid::from_u128(self.random.u128(..)).simple();
        let micros = now.timestamp_micros();
        let key = format!("segments/default/{}/{micros:016}-{unique}", now.format("%Y-%m-%d/%H"));
        let block = |place: usize| {
            let location =
                PayloadLocation { key: key.clone(), offset: 300 * place as u64, length: 300 };
            LakeInsert::Block(self.block(location))
        };
        (0..count).map(block).collect()
    }

    /// The id of any process there is.
    pub(crate) fn any_process(&mut self) -> Uuid {
        process_id(self.random.u64(..self.process_count))
    }

    fn process(&self, number: u64) -> NewProcess {
        let info = ProcessInfo {
            process_id: process_id(number),
            exe: "/usr/lib/game/bin/server".into(),
            username: "service".into(),
            realname: "Service".into(),
            computer: format!("host-{:05}", number % 20_000),
            distro: "Debian GNU/Linux 13".into(),
            cpu_brand: "Xeon".into(),
            tsc_frequency: 2_500_000_000,
            start_time: start_time(),
            start_ticks: 1_000,
            parent_process_id: None,
            properties: BTreeMap::from([
                ("build".to_owned(), "main-123456".to_owned()),
                ("region".to_owned(), "eu-west-1".to_owned()),
            ]),
        };
        NewProcess { tenant: self.tenant.clone(), info }
    }

    fn stream(&self, number: u64) -> NewStream {
        let info = StreamInfo {
            process_id: process_id(number),
            stream_id: stream_id(number),
            layout: thread_stream_layout(),
            tags: vec!["cpu".into()],
            properties: BTreeMap::from([("thread-name".to_owned(), "main".to_owned())]),
        };
        NewStream::new(self.tenant.clone(), info)
    }

    fn block(&mut self, location: PayloadLocation) -> NewBlock {
        let number = self.random.u64(..self.process_count);
        let begin_ticks = self.random.i64(0..1_000_000_000_000);
        let begin_time = start_time() + TimeDelta::nanoseconds(begin_ticks);
        let block = Block {
            block_id: Uuid::from_u128(self.random.u128(..)),
            stream_id: stream_id(number),
            process_id: process_id(number),
            begin_time,
            begin_ticks,
            end_time: begin_time + TimeDelta::seconds(1),
            end_ticks: begin_ticks + 1_000_000_000,
            payload: Payload { dependencies: Bytes::new(), objects: Bytes::new() }.to_raw(),
            object_offset: 0,
            event_count: 1_000,
            event_ticks: None,
            skipped_events: 0,
        };
        NewBlock::new(self.tenant.clone(), &block, location)
    }
}

/// Ids come in no order, as random ones do.
fn process_id(number: u64) -> Uuid {
    Uuid::from_u128(fastrand::Rng::with_seed(number).u128(..))
}

fn stream_id(number: u64) -> Uuid {
    Uuid::from_u128(fastrand::Rng::with_seed(!number).u128(..))
}

fn start_time() -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_700_000_000_000_000_000)
}
