//! Blocks, read with the published parser.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use bumpalo::Bump;
use micromegas_telemetry::block_wire_format::Block;
use micromegas_telemetry::compression::decompress;
use micromegas_telemetry::stream_info::StreamInfo;
use micromegas_tracing::parsing::make_custom_readers;
use micromegas_transit::value::{Object, Value};
use micromegas_transit::{parse_object_buffer, read_dependencies};

/// One line for each event of a block; a reader of columns says them in the same words.
///
/// # Errors
/// Those of the published parser.
pub fn read(stream: &[u8], block: &[u8]) -> Result<Vec<String>> {
    let stream: StreamInfo = ciborium::from_reader(stream).context("stream document")?;
    let block: Block = ciborium::from_reader(block).context("block document")?;
    let bump = Bump::new();
    let readers = make_custom_readers();
    let dependencies = decompress(&block.payload.dependencies)?;
    let objects = decompress(&block.payload.objects)?;
    let dependencies =
        read_dependencies(&bump, &readers, &stream.dependencies_metadata, &dependencies)?;
    let mut lines = Vec::new();
    let types = &stream.objects_metadata;
    parse_object_buffer(&bump, &readers, &dependencies, types, &objects, |value| {
        if let Value::Object(event) = value {
            lines.push(line(event).with_context(|| event.type_name.to_owned())?);
        }
        Ok(true)
    })?;
    Ok(lines)
}

fn line(event: &Object<'_>) -> Result<String> {
    let name = event.type_name;
    if name.contains("Log") {
        return log(event);
    }
    if name.contains("Metric") {
        return metric(event);
    }
    if name.contains("Span") {
        return span(event);
    }
    Ok(format!("other {name}"))
}

/// The pairs of the event's property set.
fn properties<'a>(event: &Object<'a>) -> Result<Option<Vec<(&'a str, &'a str)>>> {
    let Ok(Value::Object(set)) = event.get_ref("properties") else { return Ok(None) };
    let pair = |(name, value): &(&'a str, Value<'a>)| match value {
        Value::String(value) => Ok((*name, *value)),
        other => anyhow::bail!("property {name} is {other:?}"),
    };
    let mut pairs = set.members.iter().map(pair).collect::<Result<Vec<_>>>()?;
    pairs.sort_unstable();
    Ok(Some(pairs))
}

fn shown(pairs: Option<&[(&str, &str)]>) -> String {
    let Some(pairs) = pairs else { return "-".to_owned() };
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name:?}: {value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// The value of a property that stands for a column.
fn own<'a>(pairs: Option<&[(&'a str, &'a str)]>, name: &str) -> Option<&'a str> {
    pairs?.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
}

fn log(event: &Object<'_>) -> Result<String> {
    let pairs = properties(event)?;
    let pairs = pairs.as_deref();
    let is_interop = event.type_name.contains("Interop");
    let desc = if is_interop { event } else { event.get::<&Object<'_>>("desc")? };
    let mut level = desc.get::<u32>("level")?;
    let mut target = desc.get::<&str>("target")?;
    if !is_interop {
        const LEVELS: [&str; 7] = ["", "fatal", "error", "warning", "info", "debug", "trace"];
        target = own(pairs, "target").unwrap_or(target);
        let named = own(pairs, "level").and_then(|own| LEVELS.iter().position(|name| *name == own));
        level = named.map_or(Ok(level), u32::try_from)?;
    }
    let message = match event.get::<&str>("msg") {
        Ok(message) => message.to_owned(),
        Err(_) => {
            let format = desc.get::<&str>("fmt_str")?;
            let is_template = event.type_name == "TaggedLogTemplateEvent";
            if is_template { rendered(format, pairs.unwrap_or_default()) } else { format.into() }
        }
    };
    Ok(format!("log {level} {target} {message:?} {}", shown(pairs)))
}

fn rendered(template: &str, pairs: &[(&str, &str)]) -> String {
    let mut text = template.to_owned();
    for (name, value) in pairs {
        text = text.replace(&format!("{{{name}}}"), value);
        text = text.replace(&format!("{{{name}:?}}"), value);
    }
    text.replace("{{", "{").replace("}}", "}")
}

fn metric(event: &Object<'_>) -> Result<String> {
    let pairs = properties(event)?;
    let pairs = pairs.as_deref();
    let desc = event.get::<&Object<'_>>("desc")?;
    let is_integer = event.type_name.contains("Integer");
    let mut line = String::from(if is_integer { "integer" } else { "float" });
    for column in ["name", "unit", "target"] {
        let text = own(pairs, column).map_or_else(|| desc.get::<&str>(column), Ok)?;
        write!(line, " {text}")?;
    }
    if is_integer {
        write!(line, " {}", event.get::<u64>("value")?)?;
    } else {
        write!(line, " {:?}", event.get::<f64>("value")?)?;
    }
    Ok(format!("{line} {}", shown(pairs)))
}

fn span(event: &Object<'_>) -> Result<String> {
    let verb = if event.type_name.contains("Begin") { "begin" } else { "end" };
    let members = ["thread_span_desc", "thread_span_location", "span_desc", "span_location"];
    let place = members.iter().find_map(|member| event.get::<&Object<'_>>(member).ok());
    let place = place.context("neither descriptor nor location")?;
    let name = event.get::<&str>("name").or_else(|_| place.get::<&str>("name"))?;
    let mut line = verb.to_owned();
    if event.type_name.contains("Async") {
        // Clients before 0.12 say neither parent nor depth.
        let parent = event.get::<u64>("parent_span_id").unwrap_or(0);
        let depth = event.get::<u32>("depth").unwrap_or(0);
        write!(line, " async {} in {parent} depth {depth}", event.get::<u64>("span_id")?)?;
    }
    let (target, file) = (place.get::<&str>("target")?, place.get::<&str>("file")?);
    write!(line, " {name} {target} {file} {}", shown(properties(event)?.as_deref()))?;
    Ok(line)
}
