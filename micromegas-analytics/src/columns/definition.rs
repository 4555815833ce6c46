//! One definition of a column: its name, its Arrow type and what it means.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::histogram::histogram_type;

/// A column of a table, with its documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name in SQL. Names with dots must be double-quoted there.
    pub name: &'static str,
    /// The type.
    pub kind: ColumnKind,
    /// Whether NULL is possible.
    pub nullable: bool,
    /// What the column holds, in one sentence.
    pub doc: &'static str,
}

/// The Arrow types that our tables use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// `Utf8`.
    Text,
    /// `Dictionary(Int32, Utf8)`: text that repeats.
    Symbol,
    /// `Dictionary(Int32, Binary)` holding a JSONB object: properties.
    Properties,
    /// `Timestamp(ns, "+00:00")`.
    Time,
    /// `Int32`.
    Int32,
    /// `Int64`.
    Int64,
    /// `UInt32`.
    UInt32,
    /// `UInt64`.
    UInt64,
    /// `Float64`.
    Float64,
    /// `Boolean`.
    Boolean,
    /// `Binary`.
    Bytes,
    /// `FixedSizeBinary` of this many bytes: an id.
    Id(i32),
    /// `List<Utf8>` with the item name `tag`.
    Tags,
    /// `List<Utf8>`.
    Texts,
    /// A `Struct`: a histogram whose buckets grow exponentially.
    Histogram,
}

/// A table and its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDoc {
    /// The name in SQL, or of the view set.
    pub name: &'static str,
    /// The columns, in order.
    pub columns: Vec<Column>,
}

impl Column {
    /// A column that is never NULL.
    pub(crate) const fn new(name: &'static str, kind: ColumnKind, doc: &'static str) -> Self {
        Self { name, kind, nullable: false, doc }
    }

    /// The same column, NULL where nothing is known.
    pub(crate) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}

impl ColumnKind {
    /// The Arrow type.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Symbol => dictionary_of(DataType::Utf8),
            Self::Properties => dictionary_of(DataType::Binary),
            Self::Time => DataType::Timestamp(TimeUnit::Nanosecond, Some("+00:00".into())),
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
            Self::Float64 => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Bytes => DataType::Binary,
            Self::Id(byte_count) => DataType::FixedSizeBinary(byte_count),
            Self::Tags => DataType::List(Arc::new(Field::new("tag", DataType::Utf8, false))),
            Self::Texts => DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
            Self::Histogram => histogram_type(),
        }
    }
}

/// The Arrow schema of a table.
pub(crate) fn schema_of(columns: &[Column]) -> SchemaRef {
    let fields: Vec<Field> = columns
        .iter()
        .map(|column| Field::new(column.name, column.kind.data_type(), column.nullable))
        .collect();
    Arc::new(Schema::new(fields))
}

fn dictionary_of(values: DataType) -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(values))
}
