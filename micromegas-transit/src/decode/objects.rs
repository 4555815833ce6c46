//! The records of a block's events, from either encoding.

use std::ops::Deref;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::planar::{self, PlanarBlock};
use crate::{Limits, Result};

/// The record buffer. That of a planar block is rebuilt when it is first looked at, so readers that
/// take their columns out of the planes never pay for it.
#[derive(Debug)]
pub(super) enum Objects {
    Plain(Vec<u8>),
    Planar { block: Box<PlanarBlock>, rebuilt: OnceLock<Vec<u8>> },
}

impl Objects {
    /// Decompresses; `buffer` is memory to use. The first bytes tell the encoding.
    pub(super) fn open(objects: &Bytes, limits: &Limits, mut buffer: Vec<u8>) -> Result<Self> {
        if planar::is_planar(objects) {
            let block = Box::new(PlanarBlock::open(objects, limits, buffer)?);
            return Ok(Self::Planar { block, rebuilt: OnceLock::new() });
        }
        limits.decompress_into(objects, &mut buffer)?;
        Ok(Self::Plain(buffer))
    }

    /// The planes, if the block is planar.
    pub(super) fn planar(&self) -> Option<&PlanarBlock> {
        match self {
            Self::Plain(_) => None,
            Self::Planar { block, .. } => Some(block),
        }
    }

    /// The memory, to be used again.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        match self {
            Self::Plain(records) => records,
            Self::Planar { block, .. } => block.into_buffer(),
        }
    }
}

impl Deref for Objects {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Plain(records) => records,
            Self::Planar { block, rebuilt } => rebuilt.get_or_init(|| block.rebuild()),
        }
    }
}
