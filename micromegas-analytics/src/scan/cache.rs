//! Decoded blocks that are in no partition yet.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    decoded_count: Arc<AtomicU64>,
}

impl BlockCache {
    /// A cache of at most this many bytes of Arrow arrays.
    pub fn new(byte_count_max: u64) -> Self {
        let weight = |_: &BlockKey, block: &Arc<DecodedBlock>| {
            u32::try_from(block.byte_count + size_of::<BlockKey>()).unwrap_or(u32::MAX)
        };
        let blocks = Cache::builder().max_capacity(byte_count_max).weigher(weight).build();
        Self { blocks, decoded_count: Arc::default() }
    }

    /// How often a block was decoded for a view because it was not in the cache.
    pub fn decoded_count(&self) -> u64 {
        self.decoded_count.load(Ordering::Relaxed)
    }

    /// The block, if it was decoded before.
    pub(crate) async fn get(&self, key: &BlockKey) -> Option<Arc<DecodedBlock>> {
        self.blocks.get(key).await
    }

    /// The block, decoded by `decode` if nobody has done so yet.
    pub(crate) async fn get_or_decode(
        &self,
        key: BlockKey,
        decode: impl Future<Output = Result<DecodedBlock, Error>>,
    ) -> Result<Arc<DecodedBlock>, Error> {
        let decode = async {
            self.decoded_count.fetch_add(1, Ordering::Relaxed);
            decode.await.map(Arc::new)
        };
        self.blocks.try_get_with(key, decode).await.map_err(|error| Error::clone(&error))
    }
}

impl Default for BlockCache {
    /// 256 MiB.
    fn default() -> Self {
        Self::new(256 << 20)
    }
}
