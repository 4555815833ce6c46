//! What holds of every decoded block.

use std::ops::ControlFlow;

use micromegas_transit::{
    ColumnValues, Decoded, EventColumn, EventColumns, ImageColumns, Limits, NetSpanColumns,
    OpenBlock, PropertySets, Scope, StringTable,
};

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
    check_optional_sets(&columns.properties, rows, sets);

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
    check_optional_sets(&columns.properties, rows, sets);

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

    let images = block.images();
    check_images(&images, limits);
    let net = block.net_spans();
    check_net_spans(&net, strings, limits);
    let custom = block.custom_events();
    check_derived(&custom, block, limits);
    let mut count = 0;
    let visited = block.visit_events(|event| {
        assert!(event.record < logs.record_count);
        count += 1;
        ControlFlow::Continue(())
    });
    assert!(count <= visited.record_count);

    let counts = [
        metrics.record_count,
        spans.record_count,
        images.record_count,
        net.record_count,
        custom.record_count,
        visited.record_count,
    ];
    assert!(counts.iter().all(|count| *count == logs.record_count), "{counts:?}");
    for losses in [
        &logs.losses,
        &metrics.losses,
        &spans.losses,
        &images.losses,
        &net.losses,
        &custom.losses,
        &visited.losses,
    ] {
        for loss in losses.iter() {
            assert!(loss.count > 0);
            assert!(loss.first_record <= logs.record_count);
            assert!(loss.first_offset <= block.object_bytes().len());
        }
    }
}

fn check_images(images: &Decoded<ImageColumns>, limits: &Limits) {
    let columns = &images.columns;
    let rows = columns.record.len();
    check_records(&columns.record, images.record_count, limits);
    let lengths =
        [columns.ticks.len(), columns.name.len(), columns.format.len(), columns.data.len()];
    assert_eq!(lengths, [rows; 4]);
    for texts in [&columns.name, &columns.format] {
        assert_eq!(texts.iter().count(), rows, "texts are UTF-8");
        assert!(texts.bytes.len() <= limits.text_bytes);
    }
    assert!(columns.data.bytes.len() <= limits.text_bytes);
}

fn check_net_spans(net: &Decoded<NetSpanColumns>, strings: &StringTable, limits: &Limits) {
    let columns = &net.columns;
    let rows = columns.record.len();
    check_records(&columns.record, net.record_count, limits);
    let lengths = [
        columns.ticks.len(),
        columns.kind.len(),
        columns.edge.len(),
        columns.name.len(),
        columns.is_outgoing.len(),
        columns.bit_size.len(),
    ];
    assert_eq!(lengths, [rows; 6]);
    let names = columns.name.iter().filter(|name| **name != -1);
    names.for_each(|name| check_index(*name, strings.len()));
}

fn check_derived(events: &Decoded<Vec<EventColumns>>, block: &OpenBlock<'_>, limits: &Limits) {
    let (strings, sets) = (block.strings(), block.property_sets());
    for event_type in &events.columns {
        let rows = event_type.record.len();
        check_records(&event_type.record, events.record_count, limits);
        assert!(event_type.columns.len() <= limits.members_per_record as usize);
        for EventColumn { values, present, .. } in &event_type.columns {
            assert!(present.is_empty() || present.len() == rows);
            let is_present = |row: &usize| present.get(*row).copied().unwrap_or(true);
            let present = |indices: &[i32]| -> Vec<i32> {
                (0..rows).filter(is_present).map(|row| indices[row]).collect()
            };
            let length = match values {
                ColumnValues::Unsigned(values) => values.len(),
                ColumnValues::Signed(values) => values.len(),
                ColumnValues::Float(values) => values.len(),
                ColumnValues::Bool(values) => values.len(),
                ColumnValues::Text(values) => {
                    present(values).iter().for_each(|text| check_index(*text, strings.len()));
                    values.len()
                }
                ColumnValues::Properties(values) => {
                    present(values).iter().for_each(|set| check_index(*set, sets.len()));
                    values.len()
                }
                _ => rows,
            };
            assert_eq!(length, rows);
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
