//! Layouts, as documents or made up, compiled into plans.

use micromegas_transit::{Payload, StreamLayout, StreamPlan};

use super::columns;
use super::frame::stored;
use super::known::limits;
use super::layouts::Draw;

/// First byte of inputs that are no document; CBOR begins an array of integers with it.
const MADE_UP: u8 = 0x9f;

pub(super) fn check(data: &[u8]) {
    let layout = match data.split_first() {
        Some((&MADE_UP, rest)) => Draw::new(rest).layout(),
        _ => match StreamLayout::from_cbor(data) {
            Ok(layout) => layout,
            Err(_) => return,
        },
    };
    let canonical = layout.clone().canonical();
    assert_eq!(canonical.hash(), layout.hash());
    assert_eq!(canonical.clone().canonical(), canonical);
    let limits = limits();
    let plan = StreamPlan::compile(&layout, &limits);
    assert_eq!(plan.is_ok(), StreamPlan::compile(&canonical, &limits).is_ok());
    let Ok(plan) = plan else { return };
    // One record of each type, as long as records of nothing in particular may be.
    let records = |types: &[micromegas_transit::TypeLayout]| {
        let mut bytes = Vec::new();
        for (index, layout) in (0..=u8::MAX).zip(types) {
            let size = if layout.size == 0 { 64 } else { layout.size.min(4096) };
            bytes.push(index);
            if layout.size == 0 {
                bytes.extend(size.to_le_bytes());
            }
            bytes.extend((0..size).map(|at| u8::from(at % 8 == 0)));
        }
        stored(&bytes).into()
    };
    let payload =
        Payload { dependencies: records(&layout.dependencies), objects: records(&layout.objects) };
    if let Ok(block) = plan.open(&payload, &limits) {
        columns::check(&block, &limits);
    }
}
