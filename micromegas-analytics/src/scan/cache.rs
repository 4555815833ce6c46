//! Decoded blocks that are in no partition yet.

use std::future::Future;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::utils::memory::get_record_batch_memory_size;
use micromegas_lakehouse::Tenant;
use moka::future::Cache;
use uuid::Uuid;

use crate::error::Error;

/// The rows of one block in one view.
#[derive(Debug)]
pub(crate) struct DecodedBlock {
    pub(crate) batches: Vec<RecordBatch>,
    byte_count: usize,
}

impl DecodedBlock {
    pub(crate) fn new(batches: Vec<RecordBatch>) -> Self {
        let byte_count = batches.iter().map(get_record_batch_memory_size).sum();
        Self { batches, byte_count }
    }
}

/// What a decoded block is kept under. The tenant is part of it: the same block id of another
/// tenant is another block.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BlockKey {
    pub(crate) tenant: Tenant,
    pub(crate) block_id: Uuid,
    pub(crate) view: &'static str,
    pub(crate) schema_version: u32,
}

/// A bounded cache of decoded blocks; a cheap handle, to be cloned and shared by everything that
/// reads one lakehouse. A block that many ask for at once is decoded once.
#[derive(Debug, Clone)]
pub struct BlockCache {
    blocks: Cache<BlockKey, Arc<DecodedBlock>>,
}

impl BlockCache {
    /// A cache of at most this many bytes of Arrow arrays.
    pub fn new(byte_count_max: u64) -> Self {
        let weight = |_: &BlockKey, block: &Arc<DecodedBlock>| {
            u32::try_from(block.byte_count + size_of::<BlockKey>()).unwrap_or(u32::MAX)
        };
        Self { blocks: Cache::builder().max_capacity(byte_count_max).weigher(weight).build() }
    }

    /// The block, decoded by `decode` if nobody has done so yet.
    pub(crate) async fn get_or_decode(
        &self,
        key: BlockKey,
        decode: impl Future<Output = Result<DecodedBlock, Error>>,
    ) -> Result<Arc<DecodedBlock>, Error> {
        let decode = async { decode.await.map(Arc::new) };
        self.blocks.try_get_with(key, decode).await.map_err(|error| Error::clone(&error))
    }
}

impl Default for BlockCache {
    /// 256 MiB.
    fn default() -> Self {
        Self::new(256 << 20)
    }
}
