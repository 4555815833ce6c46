//! Blocks, read with our decoder: one line for each event, in the words of the published reader.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use micromegas_transit::{Block, Limits, OpenBlock, Scope, StreamInfo, StreamPlan};

/// One line for each event, in the order of the records.
pub(crate) fn of(stream: &[u8], block: &[u8]) -> Result<Vec<String>> {
    let stream = StreamInfo::from_cbor(stream.to_vec().into())?;
    let block = Block::from_cbor(block.to_vec().into())?;
    let limits = Limits::default();
    let plan = StreamPlan::compile(&stream.layout, &limits)?;
    let open = plan.open(&block.payload.open()?, &limits)?;
    ensure!(open.dependency_losses().is_empty(), "{:?}", open.dependency_losses());
    let mut lines = BTreeMap::new();
    let logs = open.logs();
    ensure!(logs.losses.is_empty(), "{:?}", logs.losses);
    ensure!(i64::from(logs.record_count) == i64::from(block.event_count), "a wrong event count");
    for (row, record) in logs.columns.record.iter().enumerate() {
        let columns = &logs.columns;
        let line = format!(
            "log {} {} {:?} {}",
            columns.level[row],
            string(&open, columns.target[row]),
            columns.message.get(row).unwrap_or_default(),
            properties(&open, columns.properties.get(row)),
        );
        lines.insert(*record, line);
    }
    let metrics = open.metrics();
    ensure!(metrics.losses.is_empty(), "{:?}", metrics.losses);
    for (row, record) in metrics.columns.record.iter().enumerate() {
        let columns = &metrics.columns;
        let (kind, value) = if columns.is_integer[row] {
            ("integer", columns.integer[row].to_string())
        } else {
            ("float", format!("{:?}", columns.value[row]))
        };
        let texts = [columns.name[row], columns.unit[row], columns.target[row]];
        let texts = texts.map(|index| string(&open, index)).join(" ");
        let set = properties(&open, columns.properties.get(row));
        lines.insert(*record, format!("{kind} {texts} {value} {set}"));
    }
    add_spans(&open, &mut lines)?;
    Ok(lines.into_values().collect())
}

fn add_spans(open: &OpenBlock<'_>, lines: &mut BTreeMap<u32, String>) -> Result<()> {
    let spans = open.thread_spans();
    ensure!(spans.losses.is_empty(), "{:?}", spans.losses);
    for (row, record) in spans.columns.record.iter().enumerate() {
        let columns = &spans.columns;
        let scope = scope(open, &columns.scopes[columns.scope[row] as usize]);
        let set = properties(open, columns.properties.get(row));
        lines.insert(*record, format!("{} {scope} {set}", verb(columns.is_begin[row])));
    }
    let spans = open.async_spans();
    ensure!(spans.losses.is_empty(), "{:?}", spans.losses);
    for (row, record) in spans.columns.record.iter().enumerate() {
        let columns = &spans.columns;
        let line = format!(
            "{} async {} in {} depth {} {} {}",
            verb(columns.is_begin[row]),
            columns.span_id[row],
            columns.parent_span_id[row],
            columns.depth[row],
            scope(open, &columns.scopes[columns.scope[row] as usize]),
            properties(open, columns.properties.get(row)),
        );
        lines.insert(*record, line);
    }
    Ok(())
}

/// Whether a block holds nothing but log entries of the sink that sent it.
pub(crate) fn are_foreign(lines: &[String]) -> bool {
    let target = |line: &String| line.split(' ').nth(2).unwrap_or_default().to_owned();
    let is_foreign = |line: &String| {
        line.starts_with("log ") && target(line).starts_with("micromegas_telemetry_sink")
    };
    !lines.is_empty() && lines.iter().all(is_foreign)
}

fn verb(is_begin: bool) -> &'static str {
    if is_begin { "begin" } else { "end" }
}

fn string<'a>(open: &'a OpenBlock<'_>, index: i32) -> &'a str {
    open.strings().get(index as usize).unwrap_or("?")
}

fn scope(open: &OpenBlock<'_>, scope: &Scope) -> String {
    [scope.name, scope.target, scope.file].map(|index| string(open, index)).join(" ")
}

fn properties(open: &OpenBlock<'_>, set: Option<&i32>) -> String {
    let set = set.and_then(|set| usize::try_from(*set).ok());
    let Some(pairs) = set.and_then(|set| open.property_sets().get(set)) else {
        return "-".to_owned();
    };
    let mut pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{:?}: {:?}", string(open, *name), string(open, *value)))
        .collect();
    pairs.sort_unstable();
    format!("{{{}}}", pairs.join(", "))
}
