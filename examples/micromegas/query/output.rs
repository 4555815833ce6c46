//! Printing rows in one of the formats.

use std::io::Write;

use anyhow::Result;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::{csv, ipc};

use crate::query::Format;
use crate::query::json::{JsonWriter, json_writer};
use crate::query::table::write_table;
use crate::query::text::{Textual, text_schema, to_text};

/// Where rows go. Only a table waits for all of them; the other formats print as they come.
pub(crate) enum Output<W: Write> {
    Table { schema: SchemaRef, batches: Vec<RecordBatch>, out: W },
    Csv { out: W },
    Json(JsonWriter<W>),
    Arrow(ipc::writer::StreamWriter<W>),
}

impl<W: Write> Output<W> {
    /// An output for rows of this schema.
    pub(crate) fn try_new(format: Format, schema: SchemaRef, mut out: W) -> Result<Self> {
        Ok(match format {
            Format::Table => {
                let schema = text_schema(&schema, Textual::Binary);
                Self::Table { schema, batches: Vec::new(), out }
            }
            Format::Csv => {
                // The heading is part of the answer even when no row follows.
                let names = schema.fields().iter().map(|field| csv_name(field.name()));
                writeln!(out, "{}", names.collect::<Vec<_>>().join(","))?;
                Self::Csv { out }
            }
            Format::Json => Self::Json(json_writer(out)),
            Format::Arrow => {
                Self::Arrow(ipc::writer::StreamWriter::try_new(out, &schema).map_err(io_first)?)
            }
        })
    }

    /// Takes more rows.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self {
            Self::Table { batches, .. } => batches.push(to_text(batch, Textual::Binary)?),
            Self::Csv { out } => {
                // Arrow's CSV errors do not tell a reader who went away from other failures,
                // so the lines are made in memory and written here.
                let mut lines = Vec::new();
                let mut writer = csv::WriterBuilder::new().with_header(false).build(&mut lines);
                writer.write(&to_text(batch, Textual::BinaryAndNested)?)?;
                drop(writer);
                out.write_all(&lines)?;
            }
            Self::Json(writer) => writer.write(batch).map_err(io_first)?,
            Self::Arrow(writer) => writer.write(batch).map_err(io_first)?,
        }
        Ok(())
    }

    /// Prints what has been waiting, and ends the output.
    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Self::Table { schema, batches, mut out } => {
                write_table(&mut out, schema, &batches)?;
                out.flush()?;
            }
            Self::Csv { mut out } => out.flush()?,
            Self::Json(mut writer) => {
                writer.finish().map_err(io_first)?;
                writer.into_inner().flush()?;
            }
            Self::Arrow(mut writer) => {
                writer.finish().map_err(io_first)?;
                writer.into_inner().map_err(io_first)?.flush()?;
            }
        }
        Ok(())
    }
}

/// The I/O error inside an Arrow error, so that a reader who went away is recognised as such.
fn io_first(error: ArrowError) -> anyhow::Error {
    match error {
        ArrowError::IoError(_, source) => source.into(),
        other => other.into(),
    }
}

fn csv_name(name: &str) -> String {
    if name.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn rows() -> RecordBatch {
        let n: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let text: ArrayRef = Arc::new(StringArray::from(vec!["a,b", "c"]));
        RecordBatch::try_from_iter_with_nullable([("n", n, true), ("te,xt", text, false)]).unwrap()
    }

    fn printed(format: Format, batches: &[RecordBatch]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut output = Output::try_new(format, rows().schema(), &mut bytes).unwrap();
        for batch in batches {
            output.write(batch).unwrap();
        }
        output.finish().unwrap();
        bytes
    }

    fn text(format: Format, batches: &[RecordBatch]) -> String {
        String::from_utf8(printed(format, batches)).unwrap()
    }

    #[test]
    fn csv_has_one_heading_however_many_batches_come() {
        assert_eq!(text(Format::Csv, &[]), "n,\"te,xt\"\n");
        let twice = text(Format::Csv, &[rows(), rows()]);
        assert_eq!(twice, "n,\"te,xt\"\n1,\"a,b\"\n,c\n1,\"a,b\"\n,c\n");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let lines = text(Format::Json, &[rows()]);
        assert_eq!(lines, "{\"n\":1,\"te,xt\":\"a,b\"}\n{\"te,xt\":\"c\"}\n");
        assert_eq!(text(Format::Json, &[]), "");
    }

    #[test]
    fn a_table_says_how_many_rows_it_has() {
        let table = text(Format::Table, &[rows()]);
        assert!(table.contains("| 1 | a,b   |"), "{table}");
        assert!(table.ends_with("2 rows\n"), "{table}");
        let table = text(Format::Table, &[]);
        assert!(table.contains("| n | te,xt |"), "{table}");
        assert!(table.ends_with("0 rows\n"), "{table}");
    }

    #[test]
    fn an_arrow_stream_reads_back_as_it_was() {
        let bytes = printed(Format::Arrow, &[rows()]);
        let reader = ipc::reader::StreamReader::try_new(bytes.as_slice(), None).unwrap();
        let batches: Vec<RecordBatch> = reader.map(|batch| batch.unwrap()).collect();
        assert_eq!(batches, [rows()]);
    }
}
