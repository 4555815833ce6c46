//! What the runs of bytes are compressed with.

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};

use super::lz4;
use crate::inflated;
use crate::{Error, Result};

/// How the bytes of a planar buffer are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// LZ4 blocks. Every build writes and reads them.
    Lz4,
    /// zstd frames; the cargo feature `zstd` adds them.
    Zstd,
}

impl Codec {
    /// All codecs, the preferred one first.
    pub(super) const ALL: [Self; 2] = [Self::Zstd, Self::Lz4];

    /// Whether this build writes and reads it.
    pub const fn is_available(self) -> bool {
        match self {
            Self::Lz4 => true,
            Self::Zstd => cfg!(feature = "zstd"),
        }
    }

    /// Its name in negotiation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// Its number on the wire.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Lz4 => 1,
            Self::Zstd => 2,
        }
    }

    /// The codec of a number, if this build has it.
    pub(super) fn of_number(number: u8) -> Result<Self> {
        match number {
            1 => Ok(Self::Lz4),
            2 if Self::Zstd.is_available() => Ok(Self::Zstd),
            2 => Err(Error::Unsupported { what: "planar block with codec zstd in this build" }),
            _ => Err(Error::Unsupported { what: "codec of a planar block" }),
        }
    }
}

/// Compresses section after section.
pub(super) enum Compressor {
    Lz4(Box<CompressTable>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::bulk::Compressor<'static>>),
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compressor")
    }
}

impl Compressor {
    /// A compressor of this codec.
    pub(super) fn new(codec: Codec) -> Result<Self> {
        let unavailable = Error::Unsupported { what: "codec zstd in this build" };
        match codec {
            Codec::Lz4 => Ok(Self::Lz4(Box::new(CompressTable::large()))),
            #[cfg(feature = "zstd")]
            Codec::Zstd => {
                const LEVEL: i32 = 1;
                let compressor = zstd::bulk::Compressor::new(LEVEL).map_err(|_| unavailable)?;
                Ok(Self::Zstd(Box::new(compressor)))
            }
            #[cfg(not(feature = "zstd"))]
            Codec::Zstd => Err(unavailable),
        }
    }

    /// Appends the compressed bytes and returns their number; appends nothing when that saves too
    /// little to be worth decompressing.
    pub(super) fn compress(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        let worthwhile = raw.len() - raw.len() / 32;
        let begin = out.len();
        out.resize(begin + bound(raw.len()), 0);
        let room = &mut out[begin..];
        let written = match self {
            Self::Lz4(table) => compress_into_with_table(raw, room, table).ok(),
            #[cfg(feature = "zstd")]
            Self::Zstd(compressor) => compressor.compress_to_buffer(raw, room).ok(),
        };
        let written = written.filter(|written| *written < worthwhile);
        out.truncate(begin + written.unwrap_or(0));
        written
    }
}

/// The most bytes that compressing may take; zstd adds less to what it cannot compress than LZ4.
fn bound(raw_len: usize) -> usize {
    get_maximum_output_size(raw_len).max(raw_len + raw_len / 128 + 512)
}

/// Decompresses section after section.
pub(super) enum Decompressor {
    Lz4,
    #[cfg(feature = "zstd")]
    Zstd(zstd::bulk::Decompressor<'static>),
}

impl Decompressor {
    /// A decompressor of this codec.
    pub(super) fn new(codec: Codec) -> Result<Self> {
        let unavailable = Error::Unsupported { what: "codec zstd in this build" };
        match codec {
            Codec::Lz4 => Ok(Self::Lz4),
            #[cfg(feature = "zstd")]
            Codec::Zstd => zstd::bulk::Decompressor::new().map(Self::Zstd).map_err(|_| unavailable),
            #[cfg(not(feature = "zstd"))]
            Codec::Zstd => Err(unavailable),
        }
    }

    /// Decompresses a section into exactly the room it is known to need; false if it does not fit.
    pub(super) fn decompress(&mut self, coded: &[u8], room: &mut [u8]) -> bool {
        let fits = match self {
            Self::Lz4 => lz4::decompress(coded, room).is_some(),
            #[cfg(feature = "zstd")]
            Self::Zstd(decompressor) => {
                decompressor.decompress_to_buffer(coded, room).is_ok_and(|size| size == room.len())
            }
        };
        if fits {
            inflated::count(room.len());
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_round_trip_and_do_not_fit_other_sizes() {
        let raw: Vec<u8> = (0..100_000_u32).map(|i| (i / 7 % 50) as u8).collect();
        for codec in Codec::ALL.into_iter().filter(|codec| codec.is_available()) {
            let mut coded = vec![9];
            let mut compressor = Compressor::new(codec).unwrap();
            let size = compressor.compress(&raw, &mut coded).unwrap();
            assert_eq!(size + 1, coded.len());
            let mut room = vec![0; raw.len()];
            let mut decompressor = Decompressor::new(codec).unwrap();
            assert!(decompressor.decompress(&coded[1..], &mut room));
            assert_eq!(room, raw);
            assert!(!decompressor.decompress(&coded[1..], &mut room[1..]));
            assert!(!decompressor.decompress(&coded[1..size], &mut room));
            room.push(0);
            assert!(!decompressor.decompress(&coded[1..], &mut room));
        }
    }

    #[test]
    fn what_does_not_compress_is_left_alone() {
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(10_000)
        .collect();
        for codec in Codec::ALL.into_iter().filter(|codec| codec.is_available()) {
            let mut out = vec![1, 2, 3];
            assert_eq!(Compressor::new(codec).unwrap().compress(&noise, &mut out), None);
            assert_eq!(out, [1, 2, 3]);
        }
    }

    #[test]
    fn numbers_are_those_of_the_format() {
        assert_eq!(Codec::of_number(1), Ok(Codec::Lz4));
        assert_eq!(Codec::of_number(2).is_ok(), Codec::Zstd.is_available());
        assert!(Codec::of_number(0).is_err() && Codec::of_number(3).is_err());
    }
}
