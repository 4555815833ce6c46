//! `list_view_sets()`.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, BinaryArray, BooleanArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use futures::{StreamExt, stream};

use crate::columns::{Column, ColumnKind, schema_of};
use crate::computed::{Batches, Computation, Inputs};
use crate::derived::derived_tables;
use crate::view::{Instances, is_materialized, views};

const COLUMNS: &[Column] = &[
    Column::new("view_set_name", ColumnKind::Text, "The view."),
    Column::new(
        "current_schema_hash",
        ColumnKind::Bytes,
        "The version of its columns, 4 bytes, the least first, as in list_partitions().",
    ),
    Column::new("schema", ColumnKind::Text, "Its columns: names, types, and which may be NULL."),
    Column::new(
        "has_view_maker",
        ColumnKind::Boolean,
        "Whether view_instance makes instances of it.",
    ),
    Column::new(
        "global_instance_available",
        ColumnKind::Boolean,
        "Whether there is a table of its name.",
    ),
    Column::new(
        "is_materialized",
        ColumnKind::Boolean,
        "Whether the daemon writes it down as Parquet.",
    ),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema_of(COLUMNS));

/// All view sets.
#[derive(Debug)]
pub(crate) struct ListViewSets;

/// A row.
struct ViewSet {
    name: &'static str,
    version: u32,
    schema: SchemaRef,
    instances: Instances,
    is_materialized: bool,
}

impl ListViewSets {
    pub(crate) const NAME: &'static str = "list_view_sets";
    pub(crate) const COLUMNS: &'static [Column] = COLUMNS;
}

fn view_sets() -> Vec<ViewSet> {
    let of_views = views().iter().map(|view| {
        let definition = view.definition();
        ViewSet {
            name: definition.name,
            version: definition.schema_version,
            schema: Arc::clone(&definition.schema),
            instances: definition.instances,
            is_materialized: is_materialized(definition.name),
        }
    });
    let derived = derived_tables().iter().map(|table| ViewSet {
        name: table.name,
        version: 1,
        schema: Arc::clone(&table.schema),
        instances: table.instances,
        is_materialized: false,
    });
    of_views.chain(derived).collect()
}

fn schema_text(schema: &SchemaRef) -> String {
    let columns = schema.fields().iter().map(|field| {
        let null = if field.is_nullable() { ", NULL possible" } else { "" };
        format!("{}: {}{null}", field.name(), field.data_type())
    });
    columns.collect::<Vec<_>>().join("\n")
}

#[async_trait]
impl Computation for ListViewSets {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    fn time_columns(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    async fn run(&self, _inputs: Inputs) -> Result<Batches> {
        let sets = view_sets();
        let truth = |of: fn(&ViewSet) -> bool| -> ArrayRef {
            Arc::new(BooleanArray::from(sets.iter().map(of).collect::<Vec<_>>()))
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(sets.iter().map(|set| set.name))),
            Arc::new(BinaryArray::from_iter_values(sets.iter().map(|s| s.version.to_le_bytes()))),
            Arc::new(StringArray::from_iter_values(sets.iter().map(|s| schema_text(&s.schema)))),
            truth(|_| true),
            truth(|set| set.instances == Instances::GlobalByProcess),
            truth(|set| set.is_materialized),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?;
        Ok(stream::iter([Ok(batch)]).boxed())
    }
}
