//! Made-up dependencies under the events and the layout of a golden.

use micromegas_transit::Payload;

use super::columns;
use super::frame::stored;
use super::known::{Known, limits};

pub(super) fn check(data: &[u8]) {
    let Some((known, records)) = Known::select(data) else { return };
    let limits = limits();
    let payload =
        Payload { dependencies: stored(records).into(), objects: known.payload.objects.clone() };
    if let Ok(block) = known.plan.open(&payload, &limits) {
        columns::check(&block, &limits);
    }
}
