//! Values that several documents share: ids, times, property maps, and collecting keys.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use uuid::Uuid;

use crate::cbor::{Reader, Writer};
use crate::{Error, Result};

/// Gives the value of a key that must be there.
pub(super) fn required<T>(
    document: &'static str,
    key: &'static str,
    value: Option<T>,
) -> Result<T> {
    value.ok_or(Error::MissingKey { document, key })
}

fn invalid(document: &'static str, key: &'static str, reason: impl std::fmt::Display) -> Error {
    Error::InvalidValue { document, key, reason: reason.to_string() }
}

pub(super) fn read_id(
    reader: &mut Reader<'_>,
    document: &'static str,
    key: &'static str,
) -> Result<Uuid> {
    let text = reader.text()?;
    Uuid::try_parse(text.trim()).map_err(|error| invalid(document, key, error))
}

/// An id; null and empty text mean none.
pub(super) fn read_optional_id(
    reader: &mut Reader<'_>,
    document: &'static str,
    key: &'static str,
) -> Result<Option<Uuid>> {
    match reader.optional_text()? {
        None => Ok(None),
        Some(text) if text.trim().is_empty() => Ok(None),
        Some(text) => {
            Uuid::try_parse(text.trim()).map(Some).map_err(|error| invalid(document, key, error))
        }
    }
}

pub(super) fn write_id(writer: &mut Writer, key: &str, id: &Uuid) {
    writer.text(key);
    writer.text(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
}

pub(super) fn read_time(
    reader: &mut Reader<'_>,
    document: &'static str,
    key: &'static str,
) -> Result<DateTime<Utc>> {
    let text = reader.text()?;
    let time = DateTime::parse_from_rfc3339(&text)
        .map_err(|error| invalid(document, key, error))?
        .with_timezone(&Utc);
    // Other years have no RFC 3339 text, and could not be written again.
    if !(0..=9999).contains(&time.year()) {
        return Err(invalid(document, key, "year out of range"));
    }
    Ok(time)
}

pub(super) fn write_time(writer: &mut Writer, key: &str, time: &DateTime<Utc>) {
    writer.text(key);
    writer.text(&time.to_rfc3339_opts(SecondsFormat::Nanos, true));
}

/// Greatest number of tags of a stream. An entry in memory is many times larger than on the wire.
const MAX_TAGS: usize = 1024;

/// Greatest number of properties of a process or a stream.
const MAX_PROPERTIES: usize = 16 * 1024;

/// A list of tags.
pub(super) fn read_tags(reader: &mut Reader<'_>) -> Result<Vec<String>> {
    let mut tags = Vec::new();
    reader.array(|reader| {
        if tags.len() == MAX_TAGS {
            return Err(Error::LimitExceeded { what: "number of tags", limit: MAX_TAGS as u64 });
        }
        tags.push(reader.string()?);
        Ok(())
    })?;
    Ok(tags)
}

/// A map of text to text.
pub(super) fn read_properties(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>> {
    let mut properties = BTreeMap::new();
    reader.map(|reader, key| {
        if properties.len() == MAX_PROPERTIES {
            let limit = MAX_PROPERTIES as u64;
            return Err(Error::LimitExceeded { what: "number of properties", limit });
        }
        properties.insert(key.to_owned(), reader.string()?);
        Ok(())
    })?;
    Ok(properties)
}

pub(super) fn write_properties(writer: &mut Writer, properties: &BTreeMap<String, String>) {
    writer.text("properties");
    writer.map(properties.len());
    for (name, value) in properties {
        writer.text(name);
        writer.text(value);
    }
}

pub(super) fn write_text(writer: &mut Writer, key: &str, text: &str) {
    writer.text(key);
    writer.text(text);
}

pub(super) fn write_signed(writer: &mut Writer, key: &str, value: i64) {
    writer.text(key);
    writer.signed(value);
}
