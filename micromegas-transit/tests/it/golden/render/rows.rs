//! Columns, row by row.

use micromegas_transit::{
    AsyncSpanColumns, ImageColumns, LogColumns, MetricColumns, NetSpanColumns, NetSpanEdge,
    OpenBlock, Scope, SpanColumns,
};

use super::json::{self, Object};

fn string<'a>(block: &'a OpenBlock<'_>, index: i32) -> &'a str {
    block.strings().get(index as usize).expect("an index into the string table")
}

/// The properties of a row, as a member unless there is no set.
fn with_properties(row: Object, block: &OpenBlock<'_>, set: i32) -> String {
    if set < 0 {
        return row.end();
    }
    let pairs = block.property_sets().get(set as usize).expect("an index into the property sets");
    let pairs = pairs.iter().map(|(name, value)| (string(block, *name), string(block, *value)));
    row.raw("properties", json::texts(pairs)).end()
}

pub(super) fn logs(block: &OpenBlock<'_>, columns: &LogColumns) -> Vec<String> {
    let row = |row: usize| {
        let object = Object::new()
            .raw("record", columns.record[row])
            .raw("ticks", columns.ticks[row])
            .raw("level", columns.level[row])
            .text("target", string(block, columns.target[row]))
            .text("message", columns.message.get(row).expect("a message for each row"));
        with_properties(object, block, columns.properties.get(row).copied().unwrap_or(-1))
    };
    (0..columns.record.len()).map(row).collect()
}

pub(super) fn metrics(block: &OpenBlock<'_>, columns: &MetricColumns) -> Vec<String> {
    let row = |row: usize| {
        let value = if columns.is_integer[row] {
            columns.integer[row].to_string()
        } else {
            json::number(columns.value[row])
        };
        let object = Object::new()
            .raw("record", columns.record[row])
            .raw("ticks", columns.ticks[row])
            .text("name", string(block, columns.name[row]))
            .text("unit", string(block, columns.unit[row]))
            .text("target", string(block, columns.target[row]))
            .raw(if columns.is_integer[row] { "integer" } else { "float" }, value);
        with_properties(object, block, columns.properties.get(row).copied().unwrap_or(-1))
    };
    (0..columns.record.len()).map(row).collect()
}

fn with_scope(row: Object, block: &OpenBlock<'_>, is_begin: bool, scope: &Scope) -> Object {
    row.text("event", if is_begin { "begin" } else { "end" })
        .text("name", string(block, scope.name))
        .text("target", string(block, scope.target))
        .text("file", string(block, scope.file))
        .raw("line", scope.line)
        .raw("hash", scope.hash)
}

pub(super) fn thread_spans(block: &OpenBlock<'_>, columns: &SpanColumns) -> Vec<String> {
    let row = |row: usize| {
        let object =
            Object::new().raw("record", columns.record[row]).raw("ticks", columns.ticks[row]);
        let scope = &columns.scopes[columns.scope[row] as usize];
        let object = with_scope(object, block, columns.is_begin[row], scope);
        with_properties(object, block, columns.properties.get(row).copied().unwrap_or(-1))
    };
    (0..columns.record.len()).map(row).collect()
}

pub(super) fn async_spans(block: &OpenBlock<'_>, columns: &AsyncSpanColumns) -> Vec<String> {
    let row = |row: usize| {
        let object = Object::new()
            .raw("record", columns.record[row])
            .raw("ticks", columns.ticks[row])
            .raw("span", columns.span_id[row])
            .raw("parent", columns.parent_span_id[row])
            .raw("depth", columns.depth[row]);
        let scope = &columns.scopes[columns.scope[row] as usize];
        let object = with_scope(object, block, columns.is_begin[row], scope);
        with_properties(object, block, columns.properties.get(row).copied().unwrap_or(-1))
    };
    (0..columns.record.len()).map(row).collect()
}

pub(super) fn images(columns: &ImageColumns) -> Vec<String> {
    let row = |row: usize| {
        let data = columns.data.get(row).expect("an image for each row");
        Object::new()
            .raw("record", columns.record[row])
            .raw("ticks", columns.ticks[row])
            .text("name", columns.name.get(row).expect("a name for each row"))
            .text("format", columns.format.get(row).expect("a format for each row"))
            .text("data", data.escape_ascii())
            .end()
    };
    (0..columns.record.len()).map(row).collect()
}

pub(super) fn net_spans(block: &OpenBlock<'_>, columns: &NetSpanColumns) -> Vec<String> {
    let row = |row: usize| {
        let object = Object::new()
            .raw("record", columns.record[row])
            .raw("ticks", columns.ticks[row])
            .text("kind", columns.kind[row].as_str());
        let object = match columns.edge[row] {
            NetSpanEdge::Begin => object.text("event", "begin"),
            NetSpanEdge::End => object.text("event", "end"),
            NetSpanEdge::Whole => object.text("event", "whole"),
        };
        let object = match columns.name[row] {
            -1 => object,
            name => object.text("name", string(block, name)),
        };
        object
            .raw("is_outgoing", columns.is_outgoing[row])
            .raw("bit_size", columns.bit_size[row])
            .end()
    };
    (0..columns.record.len()).map(row).collect()
}
