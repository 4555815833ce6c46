//! Record buffers of any layout, made at random.

use micromegas_transit::planar::{Codec, Encoder};
use micromegas_transit::{MemberLayout, TypeLayout};
use proptest::prelude::*;

/// The codecs that this build has.
pub(crate) fn codecs() -> Vec<Codec> {
    [Codec::Lz4, Codec::Zstd].into_iter().filter(|codec| codec.is_available()).collect()
}

pub(crate) fn encode(table: &[TypeLayout], records: &[u8], codec: Codec) -> Vec<u8> {
    Encoder::new(table, codec).unwrap().encode(records, None)
}

const NAMES: [&str; 6] = ["time", "desc", "value", "name", "id", "depth"];
const TYPE_NAMES: [&str; 2] = ["u64", "f64"];

/// Reflected types: members of few names, so that types share them, of any size and place, also
/// overlapping and outside; some types are dynamic, and some of those known by name. Some types are
/// like the one before, but for a member's name or what it holds.
pub(crate) fn tables() -> impl Strategy<Value = Vec<TypeLayout>> {
    let size = prop_oneof![Just(8_u32), Just(4), Just(1), Just(16), 0..40_u32];
    let member = (0..6_u8, 0..90_u32, size, any::<bool>());
    let fixed =
        (1..120_u32, proptest::collection::vec(member, 0..7)).prop_map(|(size, members)| {
            let members = members.into_iter().map(|(name, offset, size, is_float)| MemberLayout {
                name: NAMES[usize::from(name)].into(),
                type_name: TYPE_NAMES[usize::from(is_float)].into(),
                offset,
                size,
                is_reference: name == 1,
            });
            TypeLayout {
                name: "Fixed".into(),
                size,
                members: members.collect(),
                is_reference: false,
            }
        });
    let names = prop_oneof![Just("LogStringEventV2"), Just("TaggedLogString"), Just("Other")];
    let dynamic = names.prop_map(TypeLayout::dynamic);
    let sibling = proptest::option::of((any::<u8>(), 0..NAMES.len(), any::<bool>()));
    let own = (prop_oneof![3 => fixed, 1 => dynamic], sibling);
    let table = proptest::collection::vec(own, 0..7);
    table.prop_map(|table| {
        let (mut table, siblings): (Vec<_>, Vec<_>) = table.into_iter().unzip();
        for (index, sibling) in siblings.into_iter().enumerate().skip(1) {
            let Some((member, name, is_float)) = sibling else { continue };
            table[index] = table[index - 1].clone();
            let count = table[index].members.len().max(1);
            if let Some(member) = table[index].members.get_mut(usize::from(member) % count) {
                member.name = NAMES[name].into();
                member.type_name = TYPE_NAMES[usize::from(is_float)].into();
            }
        }
        for (index, layout) in table.iter_mut().enumerate().filter(|(_, own)| own.size > 0) {
            layout.name = format!("Fixed{index}");
        }
        table
    })
}

/// A buffer of records of such types, in runs or mixed, with clocks, counters, constants and noise in them.
pub(crate) fn buffers() -> impl Strategy<Value = (Vec<TypeLayout>, Vec<u8>)> {
    let run = (any::<u8>(), 1..40_usize, 0..4_u8, any::<u64>(), any::<bool>());
    let runs = proptest::collection::vec(run, 0..30);
    (tables(), runs).prop_map(|(table, runs)| {
        let mut records = Vec::new();
        if table.is_empty() {
            return (table, records);
        }
        for (choice, count, kind, seed, is_mixed) in runs {
            let mut state = seed;
            for step in 0..count as u64 {
                let other = if is_mixed { (seed >> (step % 60)) as usize % 7 } else { 0 };
                let index = (usize::from(choice) + other) % table.len();
                let size = match table[index].size {
                    0 => (seed.wrapping_add(step * 7) % 60) as usize,
                    size => size as usize,
                };
                records.push(index as u8);
                if table[index].size == 0 {
                    records.extend_from_slice(&(size as u32).to_le_bytes());
                }
                let end = records.len() + size;
                while records.len() < end {
                    state = match kind {
                        0 => state,
                        1 => state.wrapping_add(seed >> 50),
                        2 => state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1),
                        _ => state.rotate_left(3),
                    };
                    let word = state.to_le_bytes();
                    let left = end - records.len();
                    records.extend_from_slice(&word[..left.min(8)]);
                }
            }
        }
        (table, records)
    })
}
