//! The scan of partition files.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::config::TableParquetOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use micromegas_lakehouse::PartitionRecord;
use object_store::ObjectMeta;
use object_store::path::Path;

use super::prune::Bounds;
use crate::clock::to_nanoseconds;
use crate::engine::Engine;
use crate::view::ViewDefinition;

/// Partitions in which the predicate may be true, by what the ledger says about them.
pub(crate) fn matching_partitions(
    definition: &ViewDefinition,
    partitions: &[PartitionRecord],
    predicate: Option<&Arc<dyn PhysicalExpr>>,
) -> Vec<PartitionRecord> {
    let times = [definition.time.0, definition.time.1];
    match_by(&definition.schema, &times, &["insert_time"], partitions, predicate)
}

/// The same for files with these columns, of which those at `times` have the event times.
pub(crate) fn matching_files(
    schema: &SchemaRef,
    times: &[&str],
    partitions: &[PartitionRecord],
    predicate: Option<&Arc<dyn PhysicalExpr>>,
) -> Vec<PartitionRecord> {
    match_by(schema, times, &[], partitions, predicate)
}

fn match_by(
    schema: &SchemaRef,
    event_times: &[&str],
    insert_times: &[&str],
    partitions: &[PartitionRecord],
    predicate: Option<&Arc<dyn PhysicalExpr>>,
) -> Vec<PartitionRecord> {
    let with_file: Vec<&PartitionRecord> =
        partitions.iter().filter(|partition| partition.file.is_some()).collect();
    let Some(predicate) = predicate else {
        return with_file.into_iter().cloned().collect();
    };
    let range = |range: micromegas_lakehouse::TimeRange| {
        (to_nanoseconds(range.min), to_nanoseconds(range.max))
    };
    let mut bounds = Bounds::new(with_file.len());
    for column in insert_times {
        bounds = bounds.with_times(column, with_file.iter().map(|p| Some(range(p.insert_time))));
    }
    for column in event_times {
        bounds = bounds.with_times(column, with_file.iter().map(|p| p.event_time.map(range)));
    }
    let may_match = bounds.may_match(predicate, schema);
    with_file.into_iter().zip(may_match).filter(|(_, may)| *may).map(|(p, _)| p.clone()).collect()
}

/// A plan that reads the files of these partitions, of which there is at least one.
pub(crate) fn scan_partitions(
    engine: &Engine,
    session: &dyn Session,
    definition: &ViewDefinition,
    partitions: &[PartitionRecord],
    projection: Option<&Vec<usize>>,
    predicate: Option<&Arc<dyn PhysicalExpr>>,
    limit: Option<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = &definition.schema;
    scan_files(engine, session, schema, partitions, projection, predicate, limit)
}

/// The same for files with these columns.
pub(crate) fn scan_files(
    engine: &Engine,
    session: &dyn Session,
    schema: &SchemaRef,
    partitions: &[PartitionRecord],
    projection: Option<&Vec<usize>>,
    predicate: Option<&Arc<dyn PhysicalExpr>>,
    limit: Option<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let metadata_cache = session.runtime_env().cache_manager.get_file_metadata_cache();
    let readers = CachedParquetFileReaderFactory::new(
        Arc::clone(engine.lakehouse().objects()),
        metadata_cache,
    );
    let options = TableParquetOptions {
        global: session.config_options().execution.parquet.clone(),
        ..TableParquetOptions::default()
    };
    let schema = TableSchema::from(Arc::clone(schema));
    let mut source = ParquetSource::new(schema)
        .with_table_parquet_options(options)
        .with_enable_page_index(true)
        .with_bloom_filter_on_read(true)
        .with_parquet_file_reader_factory(Arc::new(readers));
    if let Some(predicate) = predicate {
        source = source.with_predicate(Arc::clone(predicate));
    }
    let group_count = session.config().target_partitions().clamp(1, partitions.len().max(1));
    let mut groups = vec![(0_u64, Vec::new()); group_count];
    for partition in partitions {
        let Some(file) = &partition.file else { continue };
        if let Some(lightest) = groups.iter_mut().min_by_key(|group| group.0) {
            lightest.0 += file.size;
            lightest.1.push(partitioned_file(partition, &file.key, file.size));
        }
    }
    let groups = groups.into_iter().map(|(_, files)| FileGroup::new(files)).collect();
    let config = FileScanConfigBuilder::new(engine.object_store_url().clone(), Arc::new(source))
        .with_file_groups(groups)
        .with_limit(limit)
        .with_projection_indices(projection.cloned())?
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// What the object store would say about the file: the ledger knows it already.
fn partitioned_file(partition: &PartitionRecord, key: &str, size: u64) -> PartitionedFile {
    PartitionedFile::new_from_meta(ObjectMeta {
        location: Path::from(key),
        last_modified: partition.created_time,
        size,
        e_tag: None,
        version: None,
    })
}
