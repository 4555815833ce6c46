//! Frames of all kinds that clients send, whole and cut.

use std::io::Write;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use micromegas_transit::types::{self, LogEvents, LogStaticStrEvent};
use micromegas_transit::{
    Error, Limits, Payload, StreamPlan, TypedQueue, compress_frame, decompress_frame,
};

fn frame(info: FrameInfo, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Records that compress, over more than two blocks of 64 KiB.
fn compressible() -> Vec<u8> {
    let mut queue = TypedQueue::<LogEvents>::new();
    for time in 0..9000_i64 {
        queue.push(&LogStaticStrEvent { desc: 1 + time.cast_unsigned() / 3000, time: time / 100 });
    }
    queue.into_bytes()
}

/// Bytes that do not compress, so that blocks are stored as they are.
fn incompressible() -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..2000).map(|_| next()).collect()
}

/// Every kind of frame for the same content.
fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for mode in [BlockMode::Linked, BlockMode::Independent] {
        for checksums in [false, true] {
            for content_size in [None, Some(bytes.len() as u64)] {
                let info = FrameInfo::new()
                    .block_mode(mode)
                    .block_size(BlockSize::Max64KB)
                    .block_checksums(checksums)
                    .content_checksum(checksums)
                    .content_size(content_size);
                frames.push(frame(info, bytes));
            }
        }
    }
    frames
}

#[test]
fn a_frame_cut_at_any_byte_is_an_error() {
    let limits = Limits::default();
    for bytes in [compressible(), incompressible(), Vec::new()] {
        for whole in frames(&bytes) {
            assert_eq!(decompress_frame(&whole, limits.decompressed_bytes).as_ref(), Ok(&bytes));
            for cut in 0..whole.len() {
                let result = decompress_frame(&whole[..cut], limits.decompressed_bytes);
                assert!(result.is_err(), "cut at {cut} of {}", whole.len());
            }
        }
    }
}

#[test]
fn a_payload_cut_at_any_byte_of_either_frame_is_an_error() {
    let plan = StreamPlan::compile(&types::log_stream_layout(), &Limits::default()).unwrap();
    let whole = Payload {
        dependencies: compress_frame(&[]).into(),
        objects: compress_frame(&compressible()[..17 * 500]).into(),
    };
    assert!(plan.open(&whole, &Limits::default()).is_ok());
    for cut in 0..whole.objects.len() {
        let cut = Payload { objects: whole.objects.slice(..cut), ..whole.clone() };
        assert!(plan.open(&cut, &Limits::default()).is_err());
    }
    for cut in 0..whole.dependencies.len() {
        let cut = Payload { dependencies: whole.dependencies.slice(..cut), ..whole.clone() };
        assert!(plan.open(&cut, &Limits::default()).is_err());
    }
}

#[test]
fn size_and_ratio_are_limited_and_say_which() {
    let plan = StreamPlan::compile(&types::log_stream_layout(), &Limits::default()).unwrap();
    let objects = TypedQueue::<LogEvents>::new();
    let bomb = vec![0; 1 << 20];
    let payload = Payload {
        dependencies: compress_frame(objects.as_bytes()).into(),
        objects: compress_frame(&bomb).into(),
    };
    let ratio = bomb.len().div_ceil(payload.objects.len()) as u32;
    assert!(ratio > 200);
    let open = |limits: Limits| plan.open(&payload, &limits).map(drop);
    let limits = Limits { ratio_free_bytes: 0, ..Limits::default() };
    assert_eq!(open(Limits { expansion_ratio: ratio, ..limits.clone() }), Ok(()));
    assert_eq!(
        open(Limits { expansion_ratio: 100, ..limits.clone() }),
        Err(Error::LimitExceeded { what: "expansion ratio", limit: 100 })
    );
    // Small buffers may have any ratio.
    let free = Limits { expansion_ratio: 1, ratio_free_bytes: bomb.len(), ..limits.clone() };
    assert_eq!(open(free.clone()), Ok(()));
    assert_eq!(
        open(Limits { ratio_free_bytes: bomb.len() - 1, ..free }),
        Err(Error::LimitExceeded { what: "expansion ratio", limit: 1 })
    );
    assert_eq!(
        open(Limits { decompressed_bytes: 1000, ..Limits::default() }),
        Err(Error::LimitExceeded { what: "decompressed size", limit: 1000 })
    );
    // The same limits hold for the dependencies.
    let swapped = Payload { dependencies: payload.objects, objects: payload.dependencies };
    let limits = Limits { expansion_ratio: 100, ..limits };
    assert!(matches!(plan.open(&swapped, &limits), Err(Error::LimitExceeded { limit: 100, .. })));
}

#[test]
fn the_default_ratio_refuses_no_frame_within_the_size() {
    let limits = Limits::default();
    let bytes = vec![0; 32 << 20];
    let frame = compress_frame(&bytes);
    assert_eq!(limits.decompressed_bound(frame.len()).min(bytes.len()), bytes.len());
    assert_eq!(limits.decompressed_bound(usize::MAX), limits.decompressed_bytes);
    assert_eq!(limits.decompressed_bound(0), limits.ratio_free_bytes);
}
