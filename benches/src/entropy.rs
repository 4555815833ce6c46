//! The yardstick of sizes: what an order-0 coder needs for the byte planes of a block.

use std::collections::BTreeMap;

use micromegas_transit::TypeLayout;

/// The sum of the order-0 entropies of the byte planes of a record buffer, in bytes.
///
/// The planes are: the type indices; for each name and width of members the bytes of equal weight,
/// over all records that have such a member. The member `time` is replaced by its difference to the
/// one of the record before; the first record has none.
///
/// # Panics
/// When the buffer holds anything but whole records of a fixed size.
pub fn plane_entropy_bytes(table: &[TypeLayout], records: &[u8]) -> f64 {
    let mut types = Vec::new();
    let mut members: BTreeMap<(&str, u32), Vec<u64>> = BTreeMap::new();
    let mut time_before = None;
    let mut left = records;
    while let Some((&type_index, rest)) = left.split_first() {
        types.push(type_index);
        let layout = &table[usize::from(type_index)];
        assert!(layout.size > 0, "records of a fixed size");
        let (payload, others) = rest.split_at(layout.size as usize);
        left = others;
        for member in &layout.members {
            let mut bytes = [0; 8];
            let (begin, size) = (member.offset as usize, member.size as usize);
            bytes[..size].copy_from_slice(&payload[begin..begin + size]);
            let mut value = u64::from_le_bytes(bytes);
            let plane = members.entry((&member.name, member.size)).or_default();
            if member.name == "time" {
                let before = time_before.replace(value);
                let Some(before) = before else { continue };
                value = value.wrapping_sub(before);
            }
            plane.push(value);
        }
    }
    let bits = |values: &mut dyn Iterator<Item = u8>| {
        let mut counts = [0_u64; 256];
        values.for_each(|byte| counts[usize::from(byte)] += 1);
        let total = counts.iter().sum::<u64>() as f64;
        let present = counts.iter().filter(|count| **count > 0).map(|count| *count as f64);
        present.map(|count| count * (total / count).log2()).sum::<f64>()
    };
    let mut sum = bits(&mut types.iter().copied());
    for ((_, width), values) in &members {
        for plane in 0..*width {
            sum += bits(&mut values.iter().map(|value| (value >> (8 * plane)) as u8));
        }
    }
    sum / 8.0
}

#[cfg(test)]
mod tests {
    use micromegas_transit::RecordQueue;
    use micromegas_transit::types::{BeginThreadSpanEvent, thread_stream_layout};

    use super::*;

    #[test]
    fn entropy_is_that_of_the_planes() {
        let table = thread_stream_layout().objects;
        let mut queue = RecordQueue::new();
        for step in 0..256_i64 {
            // Two types, four descriptors in equal shares, a steady clock.
            let thread_span_desc = step.cast_unsigned() / 2 % 4;
            let event = BeginThreadSpanEvent { thread_span_desc, time: 1000 * step };
            queue.push((step % 2) as u8, &event);
        }
        let bytes = plane_entropy_bytes(&table, queue.as_bytes());
        assert!((bytes - 256.0 * 3.0 / 8.0).abs() < 1e-9, "{bytes}");
        assert!(plane_entropy_bytes(&table, &[]) < 1e-9);
    }
}
