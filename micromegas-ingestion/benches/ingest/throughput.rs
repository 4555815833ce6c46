//! What a server takes, from clients that send as fast as they are answered and at half that rate.

use std::time::Duration;

use crate::blocks::{Encoding, Events};
use crate::load::{Load, Outcome};
use crate::place::Place;
use crate::server::Server;
use crate::values::Values;

/// How long each load lasts.
const TIME: Duration = Duration::from_secs(3);
/// As many connections send large blocks, and small ones.
const CONNECTIONS: usize = 16;
/// Processors that the limits are stated for.
const CPU_COUNT: f64 = 2.0;
/// A fleet, whose small blocks share objects.
const FLEET_CONNECTIONS: usize = 1024;

/// What is sent.
#[derive(Debug)]
pub(crate) struct Subjects {
    planar: Events,
    plain: Events,
    pub(crate) small: Events,
}

impl Subjects {
    pub(crate) fn new() -> Self {
        Self {
            planar: Events::new(50_000, Encoding::Planar),
            plain: Events::new(50_000, Encoding::Plain),
            small: Events::new(100, Encoding::Plain),
        }
    }
}

/// One round on fresh stores.
pub(crate) async fn measure(subjects: &Subjects, place: &Place, prefix: &str, values: &mut Values) {
    let mut server = Server::start(place);
    let planar = full(&server, &subjects.planar, CONNECTIONS).await;
    let plain = full(&server, &subjects.plain, CONNECTIONS).await;
    let small = full(&server, &subjects.small, CONNECTIONS).await;
    server.written();
    let fleet = full(&server, &subjects.small, FLEET_CONNECTIONS).await;
    let object_count = server.written().object_count;
    let mut note = |name: &str, value| values.note(&format!("{prefix}_{name}"), value);
    let events = subjects.planar.count as f64 / 1e6;
    let mib = subjects.plain.payload_bytes() as f64 / 1024.0 / 1024.0;
    for (name, full, factor) in
        [("planar", &planar, events), ("plain", &plain, events), ("small", &small, 1.0)]
    {
        note(&format!("{name}_blocks"), full.outcome.blocks_per_second * factor);
        note(&format!("{name}_blocks_by_cpu"), full.blocks_per_second_by_cpu * factor);
    }
    note("plain_bytes", plain.outcome.blocks_per_second * mib);
    note("fleet_blocks", fleet.outcome.blocks_per_second);
    note("fleet_blocks_by_cpu", fleet.blocks_per_second_by_cpu);
    note("fleet_blocks_per_object", fleet.outcome.block_count as f64 / object_count as f64);
    note("memory", server.memory_peak_mib());
    let mut worst_ms: f64 = 0.0;
    for (events, full) in [(&subjects.planar, planar), (&subjects.small, small)] {
        let rate = Some(full.outcome.blocks_per_second / 2.0);
        let load = Load { events: events.clone(), connections: CONNECTIONS, time: TIME, rate };
        worst_ms = worst_ms.max(load.run(server.address).await.quantile_ms(0.99));
    }
    note("answer_p99", worst_ms);
}

/// A load without pauses.
struct Full {
    outcome: Outcome,
    /// Blocks over the time that server and clients had of the processors, times their number:
    /// what two processors without other work would do, if nothing but they was waited for.
    blocks_per_second_by_cpu: f64,
}

async fn full(server: &Server, events: &Events, connections: usize) -> Full {
    let load = Load { events: events.clone(), connections, time: TIME, rate: None };
    let begin = server.cpu_seconds();
    let outcome = load.run(server.address).await;
    let cpu_seconds = server.cpu_seconds() - begin;
    let blocks_per_second_by_cpu = CPU_COUNT * outcome.block_count as f64 / cpu_seconds;
    Full { outcome, blocks_per_second_by_cpu }
}
