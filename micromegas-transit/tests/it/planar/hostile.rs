//! Planar buffers that someone has cut, changed, or made on purpose.

use micromegas_transit::planar::{self, Codec};
use micromegas_transit::types::{self, BeginThreadSpanEvent};
use micromegas_transit::{Error, Limits, Payload, RecordQueue, StreamPlan, compress_frame};
use proptest::prelude::*;
use twox_hash::XxHash64;

use super::records::{buffers, codecs, encode};

const LIMITS: fn() -> Limits = || Limits { decompressed_bytes: 1 << 20, ..Limits::default() };

/// Makes the checksum right again, so that what lies behind it is looked at.
fn seal(planar: &mut [u8]) {
    if planar.len() >= 12 {
        let checksum = XxHash64::oneshot(0, &planar[12..]) as u32;
        planar[8..12].copy_from_slice(&checksum.to_le_bytes());
    }
}

/// Whatever comes out, reading it all must not panic.
fn read_all(planar: &[u8]) {
    let _ = planar::decode(planar, &LIMITS());
    let payload =
        Payload { dependencies: compress_frame(&[]).into(), objects: planar.to_vec().into() };
    for layout in
        [types::thread_stream_layout(), types::log_stream_layout(), types::metric_stream_layout()]
    {
        let plan = StreamPlan::compile(&layout, &LIMITS()).unwrap();
        if let Ok(open) = plan.open(&payload, &LIMITS()) {
            open.thread_spans();
            open.async_spans();
            open.logs();
            open.metrics();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn changed_bytes_are_errors_or_other_records(
        (table, records) in buffers(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for codec in codecs() {
            let mut planar = encode(&table, &records, codec);
            for (place, byte) in &changes {
                let at = place.index(planar.len());
                planar[at] = *byte;
            }
            let is_unchanged = planar == encode(&table, &records, codec);
            prop_assert_eq!(planar::decode(&planar, &LIMITS()).is_ok(), is_unchanged);
            seal(&mut planar);
            read_all(&planar);
        }
    }

    #[test]
    fn a_made_up_header_is_harmless(
        header in proptest::collection::vec(prop_oneof![0..20_u8, any::<u8>()], 0..80),
        body in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut planar = b"mmpl\x01\x01\0\0\0\0\0\0".to_vec();
        planar.extend_from_slice(&(header.len() as u32).to_le_bytes());
        planar.extend_from_slice(&header);
        planar.extend_from_slice(&body);
        seal(&mut planar);
        read_all(&planar);
    }
}

#[test]
fn a_buffer_cut_anywhere_is_an_error() {
    let mut queue = RecordQueue::new();
    for time in 0..100 {
        let begin =
            BeginThreadSpanEvent { thread_span_desc: (time % 7) as u64, time: time * time * 9 };
        queue.push((time % 2) as u8, &begin);
    }
    for codec in codecs() {
        let planar = encode(&types::thread_stream_layout().objects, queue.as_bytes(), codec);
        for cut in 0..planar.len() {
            assert!(planar::decode(&planar[..cut], &Limits::default()).is_err(), "{cut}");
            let mut sealed = planar[..cut].to_vec();
            seal(&mut sealed);
            assert!(planar::decode(&sealed, &Limits::default()).is_err(), "{cut}, sealed");
        }
        let mut longer = planar.clone();
        longer.push(0);
        seal(&mut longer);
        assert!(planar::decode(&longer, &Limits::default()).is_err());
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A planar buffer of a header alone.
fn without_body(header: &[u8]) -> Vec<u8> {
    let mut planar = b"mmpl\x01\x01\0\0\0\0\0\0".to_vec();
    planar.extend_from_slice(&(header.len() as u32).to_le_bytes());
    planar.extend_from_slice(header);
    seal(&mut planar);
    planar
}

/// A block of constant planes: a few bytes that stand for any number of records.
fn constant_block(record_count: u32, size: u32) -> Vec<u8> {
    let header = [
        vec![0],
        varint(record_count.into()),
        vec![1, 0],
        varint(size.into()),
        varint(record_count.into()),
        vec![0, 0],
        vec![1, 1, 0, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8],
        vec![0, 0, 0],
    ]
    .concat();
    without_body(&header)
}

/// A block of one record, each byte of which is a group of its own.
fn finely_cut_record(size: u32) -> Vec<u8> {
    let mut header = [vec![0, 1, 1, 0], varint(size.into()), vec![1, 0, 0]].concat();
    header.extend(varint(size.into()));
    for offset in 0..size {
        header.extend([1, 0]);
        header.extend(varint(offset.into()));
        header.extend([1, 0, offset as u8]);
    }
    header.extend([0, 0, 0]);
    without_body(&header)
}

#[test]
fn the_parts_that_a_record_is_cut_into_are_limited() {
    let expected: Vec<u8> = std::iter::once(0).chain((0..1024).map(|at| at as u8)).collect();
    assert_eq!(planar::decode(&finely_cut_record(1024), &Limits::default()), Ok(expected));
    let error = planar::decode(&finely_cut_record(1025), &Limits::default());
    assert!(matches!(error, Err(Error::LimitExceeded { limit: 1024, .. })), "{error:?}");
    let limits = Limits { members_per_record: 9, ..Limits::default() };
    assert!(planar::decode(&finely_cut_record(9), &limits).is_ok());
    assert!(planar::decode(&finely_cut_record(10), &limits).is_err());
}

#[test]
fn a_type_that_occurs_more_or_less_often_than_the_header_says_is_an_error() {
    for type_count in [2_u8, 9, 200] {
        // Each type once, of one byte that no member covers; then the first one twice.
        let mut header = [vec![0], varint(type_count.into()), varint(type_count.into())].concat();
        header.extend((0..type_count).flat_map(|index| [index, 1, 1]));
        header.extend([1, 0]);
        header.extend([varint(type_count.into()), vec![0, 1, 4]].concat());
        let body = |plane: &mut dyn Iterator<Item = u8>| {
            let mut planar = without_body(&header);
            planar.extend(plane);
            planar.extend(std::iter::repeat_n(7, type_count.into()));
            seal(&mut planar);
            planar
        };
        let once = body(&mut (0..type_count));
        let records: Vec<u8> = (0..type_count).flat_map(|index| [index, 7]).collect();
        assert_eq!(planar::decode(&once, &Limits::default()), Ok(records));
        let twice = body(&mut std::iter::once(0).chain(0..type_count - 1));
        let error = planar::decode(&twice, &Limits::default());
        assert!(matches!(error, Err(Error::InvalidPlanar { .. })), "{error:?}");
        let other = body(&mut (1..=type_count));
        assert!(planar::decode(&other, &Limits::default()).is_err());
    }
}

#[test]
fn limits_apply_before_anything_is_allocated() {
    let limits = Limits { decompressed_bytes: 9000, ..Limits::default() };
    let rebuilt = planar::decode(&constant_block(1000, 8), &limits).unwrap();
    assert_eq!((rebuilt.len(), &rebuilt[8991..]), (9000, &[0, 1, 2, 3, 4, 5, 6, 7, 8][..]));
    let refused = |planar: &[u8], limits: &Limits| {
        matches!(planar::decode(planar, limits), Err(Error::LimitExceeded { .. }))
    };
    assert!(refused(&constant_block(1001, 8), &limits));
    let limits = Limits { record_count: 999, ..Limits::default() };
    assert!(refused(&constant_block(1000, 8), &limits));
    // Sixty bytes do not become two hundred million, though the size alone is allowed.
    assert!(refused(&constant_block(20_000_000, 8), &Limits::default()));
    assert!(planar::decode(&constant_block(400_000, 8), &Limits::default()).is_ok());
    assert!(refused(
        &constant_block(u32::MAX, 8),
        &Limits { record_count: u32::MAX, ..Limits::default() }
    ));
}

#[test]
fn a_record_that_its_members_do_not_fill_needs_the_rest() {
    // One group of 8 bytes covers a record of 9: the ninth byte is nowhere.
    let error = planar::decode(&constant_block(10, 9), &Limits::default());
    assert!(matches!(error, Err(Error::InvalidPlanar { .. })));
    let error = planar::decode(&constant_block(10, 7), &Limits::default());
    assert!(matches!(error, Err(Error::InvalidPlanar { .. })));
}

#[test]
fn dynamic_records_have_the_bytes_of_their_members_and_no_others() {
    let decoded = |sizes: [u8; 2]| {
        let header = [
            // Two records of one dynamic type, which has a word at its beginning.
            &[0, 2, 1, 0, 0, 2, 0, 0][..],
            &[1, 1, 0, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8],
            // The sizes are a run; there is no rest, no tail, and one section, stored.
            &[4, 1, 1, 0, 0, 0],
            &[0, 0, 1, 2],
        ]
        .concat();
        let mut planar = without_body(&header);
        planar.extend(sizes);
        seal(&mut planar);
        planar::decode(&planar, &Limits::default())
    };
    let record = [0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    assert_eq!(decoded([8, 8]), Ok(record.repeat(2)));
    // The bytes are as many, or the members have room, but not both.
    for sizes in [[4, 12], [12, 4], [8, 9], [8, 7], [0, 16]] {
        let error = decoded(sizes);
        assert!(matches!(error, Err(Error::InvalidPlanar { .. })), "{sizes:?}: {error:?}");
    }
}

#[test]
fn other_versions_and_codecs_are_unsupported() {
    let planar = encode(&types::log_stream_layout().objects, &[], Codec::Lz4);
    for (place, byte) in [(4, 2), (5, 9)] {
        let mut other = planar.clone();
        other[place] = byte;
        let error = planar::decode(&other, &Limits::default());
        assert!(matches!(error, Err(Error::Unsupported { .. })), "{error:?}");
    }
    let mut reserved = planar.clone();
    reserved[6] = 1;
    assert!(planar::decode(&reserved, &Limits::default()).is_err());
}
