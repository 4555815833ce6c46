//! Binary JSON as text: what property columns hold.
//!
//! A reader of its own, because a binary column may as well hold something else entirely: every
//! length is checked, and what is not exactly one binary JSON value is not read at all.

use serde_json::{Map, Number, Value};

/// How deep values may nest.
const DEPTH_MAX: usize = 32;

const CONTAINER_MASK: u32 = 0xE000_0000;
const ARRAY: u32 = 0x8000_0000;
const OBJECT: u32 = 0x4000_0000;
const SCALAR: u32 = 0x2000_0000;
const COUNT_MASK: u32 = 0x1FFF_FFFF;

const ENTRY_TYPE_MASK: u32 = 0x7000_0000;
const ENTRY_LENGTH_MASK: u32 = 0x0FFF_FFFF;

/// The value as JSON, if the bytes are exactly one binary JSON value of the kinds that properties
/// are made of.
pub(crate) fn decode(bytes: &[u8]) -> Option<Value> {
    let mut input = bytes;
    let value = container(&mut input, DEPTH_MAX)?;
    input.is_empty().then_some(value)
}

/// The type and the length of one value, written ahead of all values of its container.
#[derive(Clone, Copy)]
struct Entry {
    kind: u32,
    length: usize,
}

fn container(input: &mut &[u8], depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let header = word(input)?;
    let count = (header & COUNT_MASK) as usize;
    match header & CONTAINER_MASK {
        SCALAR => {
            let entry = *entries(input, 1)?.first()?;
            value(input, entry, depth)
        }
        ARRAY => {
            let entries = entries(input, count)?;
            entries.into_iter().map(|entry| value(input, entry, depth)).collect()
        }
        OBJECT => {
            let entries = entries(input, count.checked_mul(2)?)?;
            let (key_entries, value_entries) = entries.split_at(count);
            let mut keys = Vec::with_capacity(count);
            for entry in key_entries {
                keys.push(text(take(input, entry.length)?)?);
            }
            let mut object = Map::new();
            for (key, entry) in keys.into_iter().zip(value_entries) {
                object.insert(key, value(input, *entry, depth)?);
            }
            Some(Value::Object(object))
        }
        _ => None,
    }
}

fn entries(input: &mut &[u8], count: usize) -> Option<Vec<Entry>> {
    // Each entry is four bytes, so the input's length bounds the count before memory is taken.
    let bytes = take(input, count.checked_mul(4)?)?;
    let entry = |word: &[u8]| {
        let word = u32::from_be_bytes(word.try_into().ok()?);
        let length = (word & ENTRY_LENGTH_MASK) as usize;
        Some(Entry { kind: word & ENTRY_TYPE_MASK, length })
    };
    bytes.chunks_exact(4).map(entry).collect()
}

fn value(input: &mut &[u8], entry: Entry, depth: usize) -> Option<Value> {
    let mut bytes = take(input, entry.length)?;
    match entry.kind {
        0x0000_0000 => Some(Value::Null),
        0x1000_0000 => text(bytes).map(Value::String),
        0x2000_0000 => number(bytes).map(Value::Number),
        0x3000_0000 => Some(Value::Bool(false)),
        0x4000_0000 => Some(Value::Bool(true)),
        0x5000_0000 => container(&mut bytes, depth).filter(|_| bytes.is_empty()),
        _ => None,
    }
}

fn number(bytes: &[u8]) -> Option<Number> {
    let (tag, digits) = bytes.split_first()?;
    match (tag & 0xF0, digits) {
        (0x00, []) => Some(Number::from(0)),
        (0x40, [a]) => Some(Number::from(i8::from_be_bytes([*a]))),
        (0x40, [a, b]) => Some(Number::from(i16::from_be_bytes([*a, *b]))),
        (0x40, [a, b, c, d]) => Some(Number::from(i32::from_be_bytes([*a, *b, *c, *d]))),
        (0x40, digits) => Some(Number::from(i64::from_be_bytes(digits.try_into().ok()?))),
        (0x50, [a]) => Some(Number::from(*a)),
        (0x50, [a, b]) => Some(Number::from(u16::from_be_bytes([*a, *b]))),
        (0x50, [a, b, c, d]) => Some(Number::from(u32::from_be_bytes([*a, *b, *c, *d]))),
        (0x50, digits) => Some(Number::from(u64::from_be_bytes(digits.try_into().ok()?))),
        (0x60, digits) => Number::from_f64(f64::from_be_bytes(digits.try_into().ok()?)),
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

fn word(input: &mut &[u8]) -> Option<u32> {
    take(input, 4)?.try_into().ok().map(u32::from_be_bytes)
}

fn take<'a>(input: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = input.split_at_checked(length)?;
    *input = tail;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(json: &str) -> Vec<u8> {
        json.parse::<jsonb::OwnedJsonb>().unwrap().to_vec()
    }

    #[test]
    fn what_the_encoder_writes_is_read_back() {
        for json in [
            "{}",
            "[]",
            "null",
            r#""text""#,
            r#"{"a":"b","é":"","quote":"\""}"#,
            r#"{"n":[1,-1,300,-70000,5000000000,0,1.5,true,false,null],"o":{"deep":{}}}"#,
        ] {
            let expected: Value = serde_json::from_str(json).unwrap();
            assert_eq!(decode(&encoded(json)), Some(expected), "{json}");
        }
    }

    #[test]
    fn a_cut_or_a_longer_value_is_not_read() {
        let whole = encoded(r#"{"a":"b","list":[1,{"c":"d"}]}"#);
        for end in 0..whole.len() {
            assert_eq!(decode(&whole[..end]), None, "cut at {end}");
        }
        assert_eq!(decode(&[&whole[..], &[0]].concat()), None);
        assert_eq!(decode(&[0xFF; 64]), None);
        assert_eq!(decode(&[0x5F, 0xFF, 0xFF, 0xFF]), None);
    }

    #[test]
    fn changed_bytes_are_read_or_refused_without_harm() {
        let whole = encoded(r#"{"a":"b","list":[1,{"c":"d"}],"f":1.5}"#);
        for at in 0..whole.len() {
            for byte in 0..=255 {
                let mut changed = whole.clone();
                changed[at] = byte;
                let _ = decode(&changed);
            }
        }
    }
}
