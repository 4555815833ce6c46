//! Seeds of the fuzz targets, made of the goldens.

use std::fs;
use std::path::Path;

use micromegas_transit::planar::{CarriedSpan, Codec, Encoder};
use micromegas_transit::{Block, StreamInfo, decompress_frame};

use super::folder::Golden;
use crate::untrusted::known::KNOWN;

const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds");

/// Writes the parts of a golden where the targets find them.
pub(super) fn write(golden: &Golden) {
    let stream = StreamInfo::from_cbor(golden.stream.clone().into()).unwrap();
    let block = Block::from_cbor(golden.block.clone().into()).unwrap();
    let payload = block.payload.open().unwrap();
    let seed = |target: &str, part: &str, bytes: &[u8]| {
        let folder = Path::new(SEEDS).join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("golden-{}{part}", golden.name)), bytes).unwrap();
    };
    seed("envelope", "-process", &golden.process);
    seed("envelope", "-block", &golden.block);
    seed("envelope", "-stream", &golden.stream);
    seed("metadata", "", &stream.layout.to_cbor());
    seed("frame", "-dependencies", &payload.dependencies);
    seed("frame", "-objects", &payload.objects);
    let known = (0_u8..).zip(&KNOWN).find(|(_, known)| known.name == golden.name);
    if let Some((index, _)) = known {
        let records = |frame: &[u8]| decompress_frame(frame, 1 << 20).unwrap();
        let selected = |bytes: &[u8]| [&[index], bytes].concat();
        seed("dependencies", "", &selected(&records(&payload.dependencies)));
        seed("objects", "", &selected(&records(&payload.objects)));
        seed("planar", "", &selected(&payload.objects));
        let records = records(&payload.objects);
        let mut encoder = Encoder::new(&stream.layout.objects, Codec::Lz4).unwrap();
        let open = [CarriedSpan { event_id: 5, descriptor: 1 << 40, begin: 1000 }; 2];
        seed("planar", "-planes", &selected(&encoder.encode(&records, Some(&open))));
        // Long enough for planes of their own, and compressed ones; the end is no whole record.
        let many = records.repeat(1 + 6000 / records.len());
        let cut = &many[..many.len() - 3];
        seed("planar", "-many-planes", &selected(&encoder.encode(cut, None)));
    }
}
