//! Made-up event payloads of any encoding, under the layout and the dependencies of a golden.

use micromegas_transit::Payload;

use super::columns;
use super::known::{Known, limits};

pub(super) fn check(data: &[u8]) {
    let Some((known, objects)) = Known::select(data) else { return };
    let limits = limits();
    let payload = Payload {
        dependencies: known.payload.dependencies.clone(),
        objects: objects.to_vec().into(),
    };
    if let Ok(block) = known.plan.open(&payload, &limits) {
        columns::check(&block, &limits);
    }
}
