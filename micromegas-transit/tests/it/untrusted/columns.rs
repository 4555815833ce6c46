//! What holds of every decoded block.

use micromegas_transit::{Limits, OpenBlock, PropertySets, Scope, StringTable};

/// Decodes the block in every way, and looks at all that comes out.
pub(super) fn check(block: &OpenBlock<'_>, limits: &Limits) {
    let strings = block.strings();
    let sets = block.property_sets();
    check_tables(strings, sets, limits);

    let logs = block.logs();
    let columns = &logs.columns;
    let rows = columns.record.len();
    check_records(&columns.record, logs.record_count, limits);
    let lengths = [columns.ticks.len(), columns.level.len(), columns.message.len()];
    assert_eq!(lengths, [rows; 3]);
    assert_eq!(columns.message.iter().count(), rows, "messages are UTF-8");
    assert!(columns.message.bytes.len() <= limits.text_bytes);
    check_indices(&columns.target, rows, strings.len());
    check_sets(&columns.properties, rows, sets);

    let metrics = block.metrics();
    let columns = &metrics.columns;
    let rows = columns.record.len();
    check_records(&columns.record, metrics.record_count, limits);
    let lengths =
        [columns.ticks.len(), columns.value.len(), columns.integer.len(), columns.is_integer.len()];
    assert_eq!(lengths, [rows; 4]);
    for column in [&columns.name, &columns.unit, &columns.target] {
        check_indices(column, rows, strings.len());
    }
    check_sets(&columns.properties, rows, sets);

    let spans = block.thread_spans();
    let columns = &spans.columns;
    let rows = columns.record.len();
    check_records(&columns.record, spans.record_count, limits);
    assert_eq!([columns.ticks.len(), columns.is_begin.len()], [rows; 2]);
    check_indices(&columns.scope, rows, columns.scopes.len());
    check_scopes(&columns.scopes, strings);
    check_optional_sets(&columns.properties, rows, sets);

    let spans = block.async_spans();
    let columns = &spans.columns;
    let rows = columns.record.len();
    check_records(&columns.record, spans.record_count, limits);
    let lengths = [
        columns.ticks.len(),
        columns.is_begin.len(),
        columns.span_id.len(),
        columns.parent_span_id.len(),
        columns.depth.len(),
    ];
    assert_eq!(lengths, [rows; 5]);
    check_indices(&columns.scope, rows, columns.scopes.len());
    check_scopes(&columns.scopes, strings);
    check_optional_sets(&columns.properties, rows, sets);

    let counts = [logs.record_count, metrics.record_count, spans.record_count];
    assert!(counts.iter().all(|count| *count == logs.record_count), "{counts:?}");
    for losses in [&logs.losses, &metrics.losses, &spans.losses] {
        for loss in losses.iter() {
            assert!(loss.count > 0);
            assert!(loss.first_record <= logs.record_count);
            assert!(loss.first_offset <= block.object_bytes().len());
        }
    }
}

fn check_tables(strings: &StringTable, sets: &PropertySets, limits: &Limits) {
    assert_eq!(strings.get(0), Some(""));
    assert_eq!(strings.iter().count(), strings.len(), "strings are UTF-8");
    assert!(strings.bytes.len() <= limits.text_bytes);
    assert!(sets.pairs.len() <= limits.property_count);
    let pairs = (0..sets.len()).filter_map(|set| sets.get(set)).map(<[_]>::len).sum::<usize>();
    assert_eq!(pairs, sets.pairs.len());
    for (name, value) in &sets.pairs {
        check_index(*name, strings.len());
        check_index(*value, strings.len());
    }
}

/// Records are named in order, and none that is not there.
fn check_records(records: &[u32], record_count: u32, limits: &Limits) {
    assert!(record_count <= limits.record_count);
    assert!(records.is_sorted_by(|a, b| a < b));
    assert!(records.last().is_none_or(|last| *last < record_count));
}

fn check_index(index: i32, count: usize) {
    assert!(usize::try_from(index).is_ok_and(|index| index < count), "{index} of {count}");
}

fn check_indices(indices: &[i32], rows: usize, count: usize) {
    assert_eq!(indices.len(), rows);
    indices.iter().for_each(|index| check_index(*index, count));
}

fn check_sets(column: &[i32], rows: usize, sets: &PropertySets) {
    assert_eq!(column.len(), rows);
    column.iter().filter(|set| **set != -1).for_each(|set| check_index(*set, sets.len()));
}

fn check_optional_sets(column: &[i32], rows: usize, sets: &PropertySets) {
    if !column.is_empty() {
        check_sets(column, rows, sets);
    }
}

fn check_scopes(scopes: &[Scope], strings: &StringTable) {
    for scope in scopes {
        [scope.name, scope.target, scope.file]
            .iter()
            .for_each(|index| check_index(*index, strings.len()));
    }
}
