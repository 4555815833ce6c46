//! CBOR documents, as clients that cannot run here write them.

use std::io::Write as _;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use micromegas_transit::TypeLayout;
use minicbor::Encoder;
use uuid::Uuid;

use super::folder::Golden;
use crate::wire::Queue;

type Cbor = Encoder<Vec<u8>>;

/// Which client writes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Client {
    /// Indefinite containers, byte strings, upper-case block ids, milliseconds, no checksums.
    Unreal,
    /// Definite containers, arrays of integers, nanoseconds with an offset, checksums.
    OldRust,
}

/// A stream with one block.
pub(super) struct Sent<'a> {
    pub(super) client: Client,
    pub(super) name: &'a str,
    /// Makes the ids, one for each golden.
    pub(super) number: u128,
    pub(super) tag: &'a str,
    pub(super) properties: &'a [(&'a str, &'a str)],
    pub(super) dependency_types: Vec<TypeLayout>,
    pub(super) object_types: Vec<TypeLayout>,
    pub(super) dependencies: Queue,
    pub(super) objects: Queue,
    pub(super) event_count: i64,
    pub(super) object_offset: i64,
}

impl Sent<'_> {
    pub(super) fn golden(&self) -> Golden {
        let document = |write: &dyn Fn(&Self, &mut Cbor)| {
            let mut cbor = Encoder::new(Vec::new());
            write(self, &mut cbor);
            cbor.into_writer()
        };
        Golden {
            name: self.name.to_owned(),
            process: document(&Self::process),
            stream: document(&Self::stream),
            block: document(&Self::block),
        }
    }

    fn id(&self, kind: u128) -> String {
        let base = 0x00c0_ffee_0000_4000_8000_0000_0000_0000_u128;
        Uuid::from_u128(base + (self.number << 8) + kind).to_string()
    }

    fn time(&self, second: u32) -> String {
        match self.client {
            Client::Unreal => format!("2024-05-06T07:08:{second:02}.123Z"),
            Client::OldRust => format!("2024-05-06T09:08:{second:02}.123456789+02:00"),
        }
    }

    fn process(&self, cbor: &mut Cbor) {
        self.map(cbor, 12, |cbor| {
            let texts = match self.client {
                Client::Unreal => ["../Game/Game.exe", "player", "player", "DESK", "Windows", "x"],
                Client::OldRust => ["server", "svc", "Service", "host", "Debian 12", "x"],
            };
            entry(cbor, "process_id", &self.id(1));
            let keys = ["exe", "username", "realname", "computer", "distro", "cpu_brand"];
            for (key, text) in keys.iter().zip(texts) {
                entry(cbor, key, text);
            }
            cbor.str("tsc_frequency").unwrap().u64(10_000_000).unwrap();
            entry(cbor, "start_time", &self.time(9));
            cbor.str("start_ticks").unwrap().u64(1_000).unwrap();
            entry(cbor, "parent_process_id", "");
            cbor.str("properties").unwrap();
            self.texts(cbor, &[("build-version", "1.2"), ("platform-name", "PC")]);
        });
    }

    fn stream(&self, cbor: &mut Cbor) {
        self.map(cbor, 6, |cbor| {
            entry(cbor, "process_id", &self.id(1));
            entry(cbor, "stream_id", &self.id(2));
            cbor.str("dependencies_metadata").unwrap();
            self.types(cbor, &self.dependency_types);
            cbor.str("objects_metadata").unwrap();
            self.types(cbor, &self.object_types);
            cbor.str("tags").unwrap();
            self.array(cbor, 1, |cbor| {
                cbor.str(self.tag).unwrap();
            });
            cbor.str("properties").unwrap();
            self.texts(cbor, self.properties);
        });
    }

    fn types(&self, cbor: &mut Cbor, types: &[TypeLayout]) {
        self.array(cbor, types.len(), |cbor| {
            for layout in types {
                self.map(cbor, 4, |cbor| {
                    entry(cbor, "name", &layout.name);
                    cbor.str("size").unwrap().u32(layout.size).unwrap();
                    cbor.str("is_reference").unwrap().bool(layout.is_reference).unwrap();
                    cbor.str("members").unwrap();
                    self.array(cbor, layout.members.len(), |cbor| {
                        for member in &layout.members {
                            self.map(cbor, 5, |cbor| {
                                entry(cbor, "name", &member.name);
                                entry(cbor, "type_name", &self.type_name(&member.type_name));
                                cbor.str("offset").unwrap().u32(member.offset).unwrap();
                                cbor.str("size").unwrap().u32(member.size).unwrap();
                                cbor.str("is_reference").unwrap();
                                cbor.bool(member.is_reference).unwrap();
                            });
                        }
                    });
                });
            }
        });
    }

    fn type_name(&self, name: &str) -> String {
        match self.client {
            Client::Unreal => name.trim_start_matches('&').to_owned(),
            Client::OldRust => name.to_owned(),
        }
    }

    fn block(&self, cbor: &mut Cbor) {
        self.map(cbor, 10, |cbor| {
            let block_id = self.id(3);
            match self.client {
                Client::Unreal => entry(cbor, "block_id", &block_id.to_uppercase()),
                Client::OldRust => entry(cbor, "block_id", &block_id),
            }
            entry(cbor, "stream_id", &self.id(2));
            entry(cbor, "process_id", &self.id(1));
            entry(cbor, "begin_time", &self.time(10));
            cbor.str("begin_ticks").unwrap().i64(9_000).unwrap();
            entry(cbor, "end_time", &self.time(11));
            cbor.str("end_ticks").unwrap().i64(10_009_000).unwrap();
            cbor.str("payload").unwrap();
            self.map(cbor, 2, |cbor| {
                cbor.str("dependencies").unwrap();
                self.bytes(cbor, &self.frame(&self.dependencies));
                cbor.str("objects").unwrap();
                self.bytes(cbor, &self.frame(&self.objects));
            });
            cbor.str("nb_objects").unwrap().i64(self.event_count).unwrap();
            cbor.str("object_offset").unwrap().i64(self.object_offset).unwrap();
        });
    }

    fn frame(&self, queue: &Queue) -> Vec<u8> {
        let checksums = self.client == Client::OldRust;
        let linked = checksums || queue.0.len() > 64 << 10;
        let info = FrameInfo::new()
            .block_size(BlockSize::Max64KB)
            .block_mode(if linked { BlockMode::Linked } else { BlockMode::Independent })
            .block_checksums(checksums)
            .content_checksum(checksums);
        let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(&queue.0).unwrap();
        encoder.finish().unwrap()
    }

    fn bytes(&self, cbor: &mut Cbor, bytes: &[u8]) {
        match self.client {
            Client::Unreal => {
                cbor.bytes(bytes).unwrap();
            }
            Client::OldRust => {
                cbor.array(bytes.len() as u64).unwrap();
                bytes.iter().for_each(|byte| {
                    cbor.u8(*byte).unwrap();
                });
            }
        }
    }

    fn texts(&self, cbor: &mut Cbor, pairs: &[(&str, &str)]) {
        self.map(cbor, pairs.len(), |cbor| {
            pairs.iter().for_each(|(key, value)| entry(cbor, key, value));
        });
    }

    fn map(&self, cbor: &mut Cbor, size: usize, write: impl FnOnce(&mut Cbor)) {
        if self.client == Client::Unreal {
            cbor.begin_map().unwrap();
            write(cbor);
            cbor.end().unwrap();
        } else {
            cbor.map(size as u64).unwrap();
            write(cbor);
        }
    }

    fn array(&self, cbor: &mut Cbor, size: usize, write: impl FnOnce(&mut Cbor)) {
        if self.client == Client::Unreal {
            cbor.begin_array().unwrap();
            write(cbor);
            cbor.end().unwrap();
        } else {
            cbor.array(size as u64).unwrap();
            write(cbor);
        }
    }
}

fn entry(cbor: &mut Cbor, key: &str, text: &str) {
    cbor.str(key).unwrap().str(text).unwrap();
}
