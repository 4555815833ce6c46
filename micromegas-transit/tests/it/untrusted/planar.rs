//! Made-up event payloads of any encoding, under the layout and the dependencies of a golden.

use micromegas_transit::planar::{self, Codec, Encoder};
use micromegas_transit::{Limits, OpenBlock, Payload};
use twox_hash::XxHash64;

use super::columns;
use super::frame::stored;
use super::known::{Known, limits};

/// Where the bytes begin that a planar buffer's checksum covers.
const CHECKED_FROM: usize = 12;

pub(super) fn check(data: &[u8]) {
    let Some((known, objects)) = Known::select(data) else { return };
    let limits = limits();
    let open = |objects: Vec<u8>| {
        let dependencies = known.payload.dependencies.clone();
        Payload { dependencies, objects: objects.into() }
    };
    let payload = open(sealed(objects));
    let decoded = planar::decode(&payload.objects, &limits);
    let Ok(block) = known.plan.open(&payload, &limits) else {
        assert!(decoded.is_err());
        return;
    };
    columns::check(&block, &limits);
    if !planar::is_planar(&payload.objects) {
        return;
    }
    let records = decoded.expect("what can be opened can be rebuilt");
    assert_eq!(block.object_bytes(), records);
    check_against_plain(known, &payload, &records, &limits);
    let mut encoder = Encoder::new(&known.objects, Codec::Lz4).expect("a codec of every build");
    let again = encoder.encode(&records, block.carried_spans());
    // What was no record of the block may be taken for records of the layout, and be more of them.
    let unlimited = Limits { expansion_ratio: u32::MAX, record_count: u32::MAX, ..limits };
    assert_eq!(planar::decode(&again, &unlimited).as_ref(), Ok(&records));
}

/// A planar buffer with the checksum that it must have, so that what lies behind it is looked at.
fn sealed(objects: &[u8]) -> Vec<u8> {
    let mut objects = objects.to_vec();
    if planar::is_planar(&objects) && objects.len() >= CHECKED_FROM {
        let checksum = XxHash64::oneshot(0, &objects[CHECKED_FROM..]) as u32;
        objects[8..CHECKED_FROM].copy_from_slice(&checksum.to_le_bytes());
    }
    objects
}

/// What comes out of planes is what comes out of the records that they stand for.
fn check_against_plain(known: &Known, planar: &Payload, records: &[u8], limits: &Limits) {
    let dependencies = planar.dependencies.clone();
    let plain = Payload { dependencies, objects: stored(records).into() };
    let open = |payload| known.plan.open(payload, limits).expect("a block within the limits");
    let plain = open(&plain);
    // Each time from the planes: what one decoder has rebuilt would serve the next.
    let same = |read: fn(&OpenBlock<'_>) -> String| assert_eq!(read(&open(planar)), read(&plain));
    same(|block| format!("{:?}", block.thread_spans()));
    same(|block| format!("{:?}", block.async_spans()));
    same(|block| format!("{:?}", block.logs()));
    same(|block| format!("{:?}", block.metrics()));
}
