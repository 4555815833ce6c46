//! Made-up events: under the layout and the dependencies of a golden, or under made-up ones.

use micromegas_transit::{Payload, StreamPlan};

use super::columns;
use super::frame::stored;
use super::known::{Known, limits};
use super::layouts::Draw;

/// First byte of inputs that bring layouts of their own.
const OWN_LAYOUTS: u8 = 255;

pub(super) fn check(data: &[u8]) {
    match data.split_first() {
        Some((&OWN_LAYOUTS, rest)) => check_made_up(rest),
        _ => check_known(data),
    }
}

fn check_known(data: &[u8]) {
    let Some((known, records)) = Known::select(data) else { return };
    let limits = limits();
    let dependencies = known.payload.dependencies.clone();
    let payload = Payload { dependencies, objects: stored(records).into() };
    if let Ok(block) = known.plan.open(&payload, &limits) {
        assert_eq!(block.object_bytes(), records);
        columns::check(&block, &limits);
    }
}

fn check_made_up(data: &[u8]) {
    let mut draw = Draw::new(data);
    let layout = draw.layout();
    let limits = limits();
    let Ok(plan) = StreamPlan::compile(&layout, &limits) else { return };
    let dependencies = draw.take_sized();
    let payload = Payload {
        dependencies: stored(dependencies).into(),
        objects: stored(draw.take_rest()).into(),
    };
    if let Ok(block) = plan.open(&payload, &limits) {
        columns::check(&block, &limits);
    }
}
