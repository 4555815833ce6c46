//! Numbers, texts and truth values of JSON as values of protobuf fields.

use super::schema::{Field, Kind, schema};
use super::text::{bytes_of_base64, bytes_of_hex};
use super::wire::{WireType, put_key, put_varint};

/// A value of JSON that is neither array nor object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(&'a str),
}

/// Appends a field with its value, unless it is a default that means nothing.
pub(crate) fn put_field(
    out: &mut Vec<u8>,
    field: &Field,
    value: Scalar<'_>,
    has_presence: bool,
) -> Result<(), &'static str> {
    let start = out.len();
    put_key(out, field.number, wire_type(field.kind));
    let is_default = put_value(out, field.kind, value)?;
    if is_default && !has_presence {
        out.truncate(start);
    }
    Ok(())
}

/// Appends a value without a key, and tells whether it is the default of its kind.
pub(crate) fn put_value(
    out: &mut Vec<u8>,
    kind: Kind,
    value: Scalar<'_>,
) -> Result<bool, &'static str> {
    match kind {
        Kind::String | Kind::Bytes | Kind::Id => {
            let Scalar::Text(text) = value else { return Err("a text is expected here") };
            let decoded = match kind {
                Kind::Id => bytes_of_hex(text).ok_or("an id is not hexadecimal")?,
                Kind::Bytes => bytes_of_base64(text).ok_or("bytes are not in Base64")?,
                _ => return Ok(put_bytes(out, text.as_bytes())),
            };
            Ok(put_bytes(out, &decoded))
        }
        Kind::Bool => {
            let Scalar::Bool(value) = value else {
                return Err("`true` or `false` is expected here");
            };
            out.push(value.into());
            Ok(!value)
        }
        Kind::Double => {
            let value = float(value)?;
            out.extend(value.to_le_bytes());
            Ok(value.to_bits() == 0)
        }
        Kind::Float => {
            let value = float(value)? as f32;
            out.extend(value.to_le_bytes());
            Ok(value.to_bits() == 0)
        }
        _ => {
            let value = integer(kind, value)?;
            put_integer(out, kind, value).ok_or("an integer is out of its range")?;
            Ok(value == 0)
        }
    }
}

fn wire_type(kind: Kind) -> WireType {
    match kind {
        Kind::String | Kind::Bytes | Kind::Id | Kind::Message(_) => WireType::Bytes,
        Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => WireType::Fixed64,
        Kind::Fixed32 | Kind::Sfixed32 | Kind::Float => WireType::Fixed32,
        _ => WireType::Varint,
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) -> bool {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
    bytes.is_empty()
}

fn float(value: Scalar<'_>) -> Result<f64, &'static str> {
    match value {
        Scalar::Integer(value) => Ok(value as f64),
        Scalar::Float(value) => Ok(value),
        Scalar::Text("NaN") => Ok(f64::NAN),
        Scalar::Text("Infinity") => Ok(f64::INFINITY),
        Scalar::Text("-Infinity") => Ok(f64::NEG_INFINITY),
        Scalar::Text(text) => text.parse().map_err(|_| "a text is not a number"),
        Scalar::Bool(_) => Err("a number is expected here"),
    }
}

fn integer(kind: Kind, value: Scalar<'_>) -> Result<i128, &'static str> {
    match value {
        Scalar::Integer(value) => Ok(value),
        // Some senders write integers as `1e9` or `2.0`.
        Scalar::Float(value) if value.fract() == 0.0 && value.abs() < 2f64.powi(64) => {
            Ok(value as i128)
        }
        Scalar::Text(text) => {
            let named = match kind {
                Kind::Enum(index) => schema().enum_number(index, text).map(i128::from),
                _ => None,
            };
            named
                .or_else(|| text.parse().ok())
                .ok_or("a text is neither an integer nor a known name")
        }
        _ => Err("an integer is expected here"),
    }
}

/// Appends an integer, or nothing if it is out of the range of its kind.
fn put_integer(out: &mut Vec<u8>, kind: Kind, value: i128) -> Option<()> {
    let signed = || i64::try_from(value).ok();
    let short = || i32::try_from(value).ok();
    match kind {
        Kind::Int32 | Kind::Enum(_) => put_varint(out, i64::from(short()?).cast_unsigned()),
        Kind::Int64 => put_varint(out, signed()?.cast_unsigned()),
        Kind::Uint32 => put_varint(out, u32::try_from(value).ok()?.into()),
        Kind::Uint64 => put_varint(out, u64::try_from(value).ok()?),
        Kind::Sint32 => put_varint(out, zigzag(short()?.into())),
        Kind::Sint64 => put_varint(out, zigzag(signed()?)),
        Kind::Fixed32 => out.extend(u32::try_from(value).ok()?.to_le_bytes()),
        Kind::Fixed64 => out.extend(u64::try_from(value).ok()?.to_le_bytes()),
        Kind::Sfixed32 => out.extend(short()?.to_le_bytes()),
        Kind::Sfixed64 => out.extend(signed()?.to_le_bytes()),
        _ => return None,
    }
    Some(())
}

/// Small numbers of either sign as small numbers.
fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(kind: Kind, value: Scalar<'_>) -> Result<Vec<u8>, &'static str> {
        let mut out = Vec::new();
        put_value(&mut out, kind, value).map(|_| out)
    }

    #[test]
    fn integers_are_numbers_or_texts_within_their_range() {
        let time = Scalar::Text("18446744073709551615");
        assert_eq!(bytes(Kind::Fixed64, time), Ok(vec![0xff; 8]));
        assert_eq!(bytes(Kind::Int64, Scalar::Text("-1")), bytes(Kind::Int64, Scalar::Integer(-1)));
        assert_eq!(bytes(Kind::Uint32, Scalar::Float(300.0)), Ok(vec![0xac, 0x02]));
        assert_eq!(bytes(Kind::Sint32, Scalar::Integer(-3)), Ok(vec![5]));
        for (kind, value) in [
            (Kind::Uint64, Scalar::Integer(-1)),
            (Kind::Int32, Scalar::Integer(1 << 31)),
            (Kind::Int64, Scalar::Float(0.5)),
            (Kind::Int64, Scalar::Float(f64::NAN)),
            (Kind::Int64, Scalar::Text("")),
            (Kind::Int64, Scalar::Bool(true)),
        ] {
            assert!(bytes(kind, value).is_err(), "{kind:?} {value:?}");
        }
    }

    #[test]
    fn floats_have_words_for_what_json_cannot_write() {
        let infinite = bytes(Kind::Double, Scalar::Text("-Infinity"));
        assert_eq!(infinite, Ok(f64::NEG_INFINITY.to_le_bytes().to_vec()));
        assert_eq!(bytes(Kind::Double, Scalar::Integer(2)), Ok(2f64.to_le_bytes().to_vec()));
        assert!(bytes(Kind::Double, Scalar::Text("many")).is_err());
    }
}
