//! Stores that are far away: what the server adds to the times that they take.

use std::time::Duration;

use crate::load::{Load, probe};
use crate::place::Place;
use crate::s3_server::Fault;
use crate::server::Server;
use crate::throughput::Subjects;
use crate::values::Values;

/// How long the load lasts.
const TIME: Duration = Duration::from_secs(10);
/// Blocks a second.
const RATE: f64 = 5_000.0;
/// So many clients have a block in flight now and then.
const CONNECTIONS: usize = 1024;
/// The longest that a block waits for others to share an object with.
const WINDOW_MS: f64 = 5.0;

/// Most requests take 30 ms, one in fifty takes 300 ms.
pub(crate) fn latency(number: u64) -> Fault {
    let is_slow = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 0xffff < 0xffff / 50;
    Fault::Latency(Duration::from_millis(if is_slow { 300 } else { 30 }))
}

pub(crate) async fn measure(subjects: &Subjects, place: &Place, values: &mut Values) {
    let mut server = Server::start(place);
    let load = Load {
        events: subjects.small.clone(),
        connections: CONNECTIONS,
        time: TIME,
        rate: Some(RATE),
    };
    server.written();
    // A process has no payload: its answer takes what a commit takes.
    let commits = probe(server.address, &load.events, TIME);
    let (outcome, commit_p99_ms) = tokio::join!(load.run(server.address), commits);
    let written = server.written();
    let p99_ms = outcome.quantile_ms(0.99);
    values.note("remote_blocks", outcome.blocks_per_second);
    values.note("remote_answer_p99", p99_ms);
    values.note("remote_put_p99", written.put_p99_ms);
    values.note("remote_commit_p99", commit_p99_ms);
    values
        .note("remote_blocks_per_object", outcome.block_count as f64 / written.object_count as f64);
    let overhead_ms = p99_ms - WINDOW_MS - written.put_p99_ms - commit_p99_ms;
    // A value is compared with a limit above zero; less than nothing is as good as nothing.
    values.note("remote_overhead_p99", overhead_ms.max(0.0));
}
