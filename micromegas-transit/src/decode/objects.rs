//! The records of a block's events, from either encoding.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;

use crate::planar::{self, CarriedSpan, PlanarBlock};
use crate::{Limits, Result};

/// The record buffer. That of a planar block is rebuilt when it is first looked at, so readers that
/// take their columns out of the planes never pay for it.
#[derive(Debug)]
pub(super) enum Objects {
    Plain(Vec<u8>),
    Planar(Planar),
}

/// A planar block: its planes until somebody asks for its records, then its records.
#[derive(Debug)]
pub(super) struct Planar {
    planes: Mutex<Option<Arc<PlanarBlock>>>,
    carried: Option<Vec<CarriedSpan>>,
    rebuilt: OnceLock<Vec<u8>>,
}

impl Objects {
    /// Decompresses; `buffer` is memory to use. The first bytes tell the encoding.
    pub(super) fn open(objects: &Bytes, limits: &Limits, mut buffer: Vec<u8>) -> Result<Self> {
        if planar::is_planar(objects) {
            let mut block = PlanarBlock::open(objects, limits, buffer)?;
            let carried = block.take_carried();
            let planes = Mutex::new(Some(Arc::new(block)));
            return Ok(Self::Planar(Planar { planes, carried, rebuilt: OnceLock::new() }));
        }
        limits.decompress_into(objects, &mut buffer)?;
        Ok(Self::Plain(buffer))
    }

    /// The planes, if the block is planar and was not rebuilt.
    pub(super) fn planes(&self) -> Option<Arc<PlanarBlock>> {
        match self {
            Self::Plain(_) => None,
            Self::Planar(planar) => planar.lock().clone(),
        }
    }

    /// The stack of open spans at the first record, if it is known.
    pub(super) fn carried(&self) -> Option<&[CarriedSpan]> {
        match self {
            Self::Plain(_) => None,
            Self::Planar(planar) => planar.carried.as_deref(),
        }
    }

    /// The memory, to be used again.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        match self {
            Self::Plain(records) => records,
            Self::Planar(planar) => planar.into_buffer(),
        }
    }
}

impl Planar {
    /// The planes do not change, whoever held them last.
    fn lock(&self) -> MutexGuard<'_, Option<Arc<PlanarBlock>>> {
        self.planes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The records. Memory for both them and the planes is taken only until they are rebuilt.
    fn rebuild(&self) -> Vec<u8> {
        let planes = self.lock().clone();
        let records = planes.map(|planes| planes.rebuild()).unwrap_or_default();
        *self.lock() = None;
        records
    }

    fn into_buffer(self) -> Vec<u8> {
        let planes = self.planes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let planes = planes.and_then(Arc::into_inner).map(PlanarBlock::into_buffer);
        self.rebuilt.into_inner().or(planes).unwrap_or_default()
    }
}

impl Deref for Objects {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Plain(records) => records,
            Self::Planar(planar) => planar.rebuilt.get_or_init(|| planar.rebuild()),
        }
    }
}
