//! `list_view_sets()`.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, BinaryArray, BooleanArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use futures::{StreamExt, stream};
use micromegas_lakehouse::Tenant;

use crate::columns::{Column, ColumnKind, schema_of};
use crate::computed::{Batches, Computation, Inputs};
use crate::derived::derived_tables;
use crate::sql_view::CompiledView;
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
    Column::new("definition", ColumnKind::Text, "The query of a view in SQL; NULL for others.")
        .nullable(),
    Column::new("tenant", ColumnKind::Text, "Who has defined it; NULL if everybody has it.")
        .nullable(),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema_of(COLUMNS));

/// All view sets.
#[derive(Debug)]
pub(crate) struct ListViewSets;

/// A row.
struct ViewSet {
    name: String,
    version: u32,
    schema: SchemaRef,
    has_instances: bool,
    is_global: bool,
    is_materialized: bool,
    definition: Option<String>,
    tenant: Option<Tenant>,
}

impl ListViewSets {
    pub(crate) const NAME: &'static str = "list_view_sets";
    pub(crate) const COLUMNS: &'static [Column] = COLUMNS;
}

async fn view_sets(inputs: &Inputs) -> Result<Vec<ViewSet>> {
    let of_views = views().iter().map(|view| {
        let definition = view.definition();
        ViewSet {
            name: definition.name.to_owned(),
            version: definition.schema_version,
            schema: Arc::clone(&definition.schema),
            has_instances: true,
            is_global: definition.instances == Instances::GlobalByProcess,
            is_materialized: is_materialized(definition.name),
            definition: None,
            tenant: None,
        }
    });
    let derived = derived_tables().iter().map(|table| ViewSet {
        name: table.name.to_owned(),
        version: 1,
        schema: Arc::clone(&table.schema),
        has_instances: true,
        is_global: table.instances == Instances::GlobalByProcess,
        is_materialized: false,
        definition: None,
        tenant: None,
    });
    let in_sql = |view: &Arc<CompiledView>| ViewSet {
        name: view.name().to_owned(),
        version: view.definition.version,
        schema: Arc::clone(&view.schema),
        has_instances: view.tenant.is_none() && view.has_process,
        is_global: true,
        is_materialized: true,
        definition: Some(view.definition.sql.trim().to_owned()),
        tenant: view.tenant.clone(),
    };
    let known = inputs.engine.sql_views();
    let mut sets: Vec<ViewSet> = of_views.chain(derived).collect();
    sets.extend(known.declared().iter().map(in_sql));
    for tenant in inputs.tenants.iter() {
        let all = known.of_tenant(&inputs.engine, tenant).await?;
        sets.extend(all.iter().filter(|view| view.tenant.is_some()).map(in_sql));
    }
    Ok(sets)
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

    async fn run(&self, inputs: Inputs) -> Result<Batches> {
        let sets = view_sets(&inputs).await?;
        let truth = |of: fn(&ViewSet) -> bool| -> ArrayRef {
            Arc::new(BooleanArray::from(sets.iter().map(of).collect::<Vec<_>>()))
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(sets.iter().map(|set| &set.name))),
            Arc::new(BinaryArray::from_iter_values(sets.iter().map(|s| s.version.to_le_bytes()))),
            Arc::new(StringArray::from_iter_values(sets.iter().map(|s| schema_text(&s.schema)))),
            truth(|set| set.has_instances),
            truth(|set| set.is_global),
            truth(|set| set.is_materialized),
            Arc::new(sets.iter().map(|set| set.definition.as_deref()).collect::<StringArray>()),
            Arc::new(
                sets.iter()
                    .map(|set| set.tenant.as_ref().map(Tenant::as_str))
                    .collect::<StringArray>(),
            ),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?;
        Ok(stream::iter([Ok(batch)]).boxed())
    }
}
