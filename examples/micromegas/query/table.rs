//! Rows under headings, for reading.

use std::io::Write;

use anyhow::Result;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::display::FormatOptions;
use arrow::util::pretty::pretty_format_batches_with_options;

/// Prints the rows in a box, and how many there are.
pub(crate) fn write_table(
    out: &mut impl Write,
    schema: SchemaRef,
    batches: &[RecordBatch],
) -> Result<()> {
    let row_count: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let empty = [RecordBatch::new_empty(schema)];
    let batches = if batches.is_empty() { &empty } else { batches };
    let options = FormatOptions::default().with_null("").with_display_error(true);
    writeln!(out, "{}", pretty_format_batches_with_options(batches, &options)?)?;
    match row_count {
        1 => writeln!(out, "1 row")?,
        _ => writeln!(out, "{row_count} rows")?,
    }
    Ok(())
}
