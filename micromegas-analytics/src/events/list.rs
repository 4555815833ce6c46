//! `list_event_types()`.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::{
    ArrayRef, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::error::Result;
use futures::{StreamExt, stream};

use super::types::{EventType, event_types};
use crate::columns::{Column, ColumnKind, schema_of};
use crate::computed::{Batches, Computation, Inputs};

const COLUMNS: &[Column] = &[
    Column::new("type_name", ColumnKind::Text, "The type, and the name of its table in events."),
    Column::new(
        "members",
        ColumnKind::Text,
        "Its members and what they are, as a JSON object: unsigned, signed, float, boolean or text.",
    ),
    Column::new("stream_count", ColumnKind::Int64, "The number of streams that may have it."),
    Column::new("tags", ColumnKind::Tags, "The tags of these streams."),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema_of(COLUMNS));

/// The types of events that processes have defined themselves.
#[derive(Debug)]
pub(crate) struct ListEventTypes;

impl ListEventTypes {
    pub(crate) const NAME: &'static str = "list_event_types";
    pub(crate) const COLUMNS: &'static [Column] = COLUMNS;
}

#[async_trait]
impl Computation for ListEventTypes {
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
        let types = event_types(&inputs.engine, &inputs.tenants).await?;
        let mut tags = ListBuilder::new(StringBuilder::new()).with_field(Field::new(
            "tag",
            DataType::Utf8,
            false,
        ));
        for event_type in types.values() {
            tags.append_value(event_type.tags.iter().map(Some));
        }
        let counts = types.values().map(|event_type| event_type.stream_ids.len() as i64);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(types.keys())),
            Arc::new(StringArray::from_iter_values(types.values().map(members))),
            Arc::new(Int64Array::from_iter_values(counts)),
            Arc::new(tags.finish()),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?;
        Ok(stream::iter([Ok(batch)]).boxed())
    }
}

fn members(event_type: &EventType) -> String {
    let members = event_type.members.iter();
    let members =
        members.map(|(name, kind)| (name.clone(), jsonb::Value::String(kind.as_str().into())));
    jsonb::Value::Object(members.collect()).to_string()
}
