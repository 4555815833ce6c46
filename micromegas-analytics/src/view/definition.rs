//! What a view is.

use std::fmt::Debug;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use micromegas_lakehouse::BlockRecord;
use micromegas_transit::OpenBlock;

use crate::columns::{Column, jsonb_object};
use crate::error::Error;
use crate::otlp::Message;
use crate::source::StreamSource;

/// The facts of a view that the shared machinery works with.
#[derive(Debug)]
pub(crate) struct ViewDefinition {
    /// The name of the view set.
    pub(crate) name: &'static str,
    /// Grows whenever the rows made of the same blocks would differ.
    pub(crate) schema_version: u32,
    /// The columns.
    pub(crate) columns: &'static [Column],
    /// Their schema.
    pub(crate) schema: SchemaRef,
    /// Blocks of streams with this tag are read; of all streams if it is none.
    pub(crate) tag: Option<&'static str>,
    /// The columns between which a row's time lies; the same one twice for an event.
    pub(crate) time: (&'static str, &'static str),
    /// By what, besides time, partition files can be looked up: columns with bloom filters.
    pub(crate) ids: &'static [&'static str],
    /// Whether blocks can be decoded one by one.
    pub(crate) continuity: Continuity,
    /// What an instance of the view is.
    pub(crate) instances: Instances,
}

/// Which blocks have to be decoded together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Continuity {
    /// The rows of a block depend on that block alone: every block is a run of its own.
    Block,
    /// The rows of a block depend on what came before it: a run is all blocks of a stream, in
    /// the order of the stream.
    Stream,
}

/// What the second argument of `view_instance` selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instances {
    /// There is a global table, and an instance is the rows of it that have this `process_id`.
    GlobalByProcess,
    /// Only instances: the blocks of one process.
    Process,
    /// Only instances: the blocks of one stream.
    Stream,
}

/// A view: its definition, and a decoder for one run of its blocks.
pub(crate) trait View: Debug + Send + Sync + 'static {
    /// The facts.
    fn definition(&self) -> &ViewDefinition;

    /// Whether blocks of this stream may have rows. Where not, they are not even fetched.
    fn may_have_rows(&self, source: &StreamSource) -> bool {
        let _ = source;
        true
    }

    /// A decoder for a run of blocks of this stream.
    fn start_run(&self, source: &Arc<StreamSource>) -> Box<dyn RunDecoder>;
}

/// Turns the blocks of one run into rows, in the order of the stream.
pub(crate) trait RunDecoder: Send {
    /// The rows that belong to this block: for spans, those that end in it.
    fn push(&mut self, block: &BlockContent<'_>) -> Result<Vec<RecordBatch>, Error>;

    /// The rows that exist only for a reader of the whole run, such as spans that are still open.
    fn finish(&mut self) -> Result<Vec<RecordBatch>, Error> {
        Ok(Vec::new())
    }
}

/// A block, opened.
#[derive(Debug)]
pub(crate) struct BlockContent<'a> {
    /// Its row in the lake.
    pub(crate) record: &'a BlockRecord,
    pub(crate) content: Content<'a>,
}

/// What is in a block.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// Records, decompressed.
    Transit(Box<OpenBlock<'a>>),
    /// A message of OpenTelemetry.
    Otlp(Message),
}

impl BlockContent<'_> {
    /// The records of the block.
    pub(crate) fn records(&self) -> Result<&OpenBlock<'_>, Error> {
        match &self.content {
            Content::Transit(open) => Ok(open),
            Content::Otlp(_) => Err(self.unexpected()),
        }
    }

    /// The error of a view that does not read what the block holds.
    pub(crate) fn unexpected(&self) -> Error {
        let reason = match &self.content {
            Content::Transit(_) => "its stream has events, which is not what its tag says",
            Content::Otlp(_) => "its stream has a signal of OTLP that its tag does not say",
        };
        Error::Corrupt { block: self.record.block_id, reason: reason.to_owned() }
    }
}

/// The property sets of a block as JSONB objects, in the order of their indices.
pub(super) fn property_objects(open: &OpenBlock<'_>) -> impl Iterator<Item = Vec<u8>> {
    let (sets, strings) = (open.property_sets(), open.strings());
    let text =
        |index: i32| usize::try_from(index).ok().and_then(|i| strings.get(i)).unwrap_or_default();
    (0..sets.len()).map(move |set| {
        let pairs = sets.get(set).unwrap_or_default();
        jsonb_object(pairs.iter().map(|(name, value)| (text(*name), text(*value))))
    })
}
