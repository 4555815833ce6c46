//! What decoding a block allocates: a number of times that does not depend on how many records
//! there are, and never more than twice the decompressed block beside its columns.
//!
//! A binary of its own, because a process has one allocator.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod blocks;
mod counting;
mod crowded;
mod dependencies;

use blocks::{Encoding, Kind, block};
use counting::{Allocations, CountingAllocator, allocations_of};
use micromegas_transit::{Limits, StreamPlan, planar};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// A frame's buffer is a whole number of LZ4 blocks, and tables of a few dependencies are there.
const CONSTANT_BYTES: usize = (64 << 10) + (16 << 10);

/// Decodes a block of `count` records and tells what that allocated, and the bytes of its columns
/// and of its decompressed records.
fn decoded(kind: Kind, encoding: Encoding, count: usize) -> (Allocations, usize, usize) {
    let block = block(kind, encoding, count);
    let limits = Limits::default();
    let plan = StreamPlan::compile(&block.layout, &limits).unwrap();
    let (column_bytes, allocations) = allocations_of(|| {
        let open = plan.open(&block.payload, &limits).unwrap();
        kind.decode(&open, count)
    });
    (allocations, column_bytes, block.decompressed_bytes)
}

#[test]
fn the_number_of_allocations_does_not_depend_on_the_number_of_records() {
    for kind in Kind::ALL {
        let (few, ..) = decoded(kind, Encoding::Plain, 2_000);
        let (many, ..) = decoded(kind, Encoding::Plain, 20_000);
        assert_eq!(few.count, many.count, "{kind:?}");
        assert!(few.count < 100, "{kind:?}: {}", few.count);
        for encoding in Encoding::all() {
            // More planes vary over more records, but there are no more than a record has bytes.
            let (many, ..) = decoded(kind, encoding, 20_000);
            assert!(many.count < 150, "{kind:?}, {encoding:?}: {}", many.count);
        }
    }
}

#[test]
fn memory_stays_below_twice_the_block_and_its_columns() {
    for kind in Kind::ALL {
        for encoding in Encoding::all() {
            let (allocations, column_bytes, decompressed_bytes) = decoded(kind, encoding, 100_000);
            let bound = 2 * decompressed_bytes + column_bytes;
            let peak = allocations.peak_bytes;
            assert!(peak <= bound, "{kind:?}, {encoding:?}: {peak} of {bound}");
            if encoding == Encoding::Plain {
                // The block is there once, and columns are not larger than they must be.
                let exact = decompressed_bytes + column_bytes + CONSTANT_BYTES;
                assert!(peak <= exact, "{kind:?}: {peak} of {exact}");
            }
        }
    }
}

#[test]
fn memory_that_is_used_again_is_not_allocated_again() {
    for kind in Kind::ALL {
        let block = block(kind, Encoding::Plain, 20_000);
        let limits = Limits::default();
        let plan = StreamPlan::compile(&block.layout, &limits).unwrap();
        let mut reader = kind.reader();
        let mut read = || {
            let (_, allocations) = allocations_of(|| reader.read(&plan, &block.payload, &limits));
            allocations
        };
        let first = read();
        let second = read();
        assert_eq!(second, read(), "{kind:?}");
        assert!(second.count < first.count, "{kind:?}");
        // What is left are the tables of the dependencies.
        assert!(second.peak_bytes < CONSTANT_BYTES, "{kind:?}: {}", second.peak_bytes);
    }
}

/// A planar buffer of one record, each byte of which is a group of its own.
fn finely_cut_record(size: u32) -> Vec<u8> {
    let varint = |value: u32| [value as u8 | 0x80, (value >> 7) as u8];
    let mut header = vec![0, 1, 1, 0];
    header.extend(varint(size));
    header.extend([1, 0, 0]);
    header.extend(varint(size));
    for offset in 0..size {
        header.extend([1, 0]);
        header.extend(varint(offset));
        header.extend([1, 0, 7]);
    }
    header.extend([0, 0, 0]);
    let checked = [&(header.len() as u32).to_le_bytes()[..], &header].concat();
    let checksum = twox_hash::XxHash64::oneshot(0, &checked) as u32;
    [&b"mmpl\x01\x01\0\0"[..], &checksum.to_le_bytes(), &checked].concat()
}

#[test]
fn groups_of_few_values_take_little_memory() {
    let planar = finely_cut_record(1000);
    let limits = Limits::default();
    let (records, allocations) = allocations_of(|| planar::decode(&planar, &limits).unwrap());
    assert_eq!(records.len(), 1001);
    // Per group: what the header says of it, and room for its value.
    assert!(allocations.peak_bytes < 400 * 1000, "{}", allocations.peak_bytes);
}
