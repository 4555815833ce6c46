//! Protobuf's own encoding, field by field: the one place where request bytes are read.

/// The bytes are not a protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

/// A field's value, as far as the encoding tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

/// Reads one field after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The next field's number and value; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key =
            u32::try_from(self.varint()?).map_err(|_| Malformed("a field key is too long"))?;
        let number = key >> 3;
        if number == 0 {
            return Err(Malformed("a field has number 0"));
        }
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = self.varint()?;
                let length = usize::try_from(length).map_err(|_| CUT)?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Malformed("a field has a wire type that OTLP does not use")),
        };
        Ok(Some((number, value)))
    }

    /// Whether everything was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads a number of variable length.
    pub(crate) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for (index, byte) in self.rest.iter().take(10).enumerate() {
            if index == 9 && *byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[index + 1..];
                return Ok(number);
            }
        }
        Err(if self.rest.len() < 10 { CUT } else { Malformed("a number has more than 64 bits") })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(CUT)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(CUT)?;
        self.rest = rest;
        Ok(*taken)
    }
}

const CUT: Malformed = Malformed("the message ends in the middle of a field");

/// How a field's value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// Writes the key of a field.
pub(crate) fn put_key(out: &mut Vec<u8>, number: u32, wire_type: WireType) {
    put_varint(out, u64::from(number << 3 | wire_type as u32));
}

/// Writes a number in as few bytes as it needs.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes what `write` appends as one value with its length before it.
pub(crate) fn put_delimited<T>(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let start = out.len();
    let result = write(out);
    let mut length = Vec::with_capacity(10);
    put_varint(&mut length, (out.len() - start) as u64);
    out.splice(start..start, length);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut out = Vec::new();
        put_key(&mut out, 1, WireType::Varint);
        put_varint(&mut out, u64::MAX);
        put_key(&mut out, 2047, WireType::Bytes);
        put_delimited(&mut out, |out| out.extend([7; 300]));
        put_key(&mut out, 3, WireType::Fixed32);
        out.extend(9u32.to_le_bytes());
        put_key(&mut out, 4, WireType::Fixed64);
        out.extend(10u64.to_le_bytes());
        let mut fields = Fields::new(&out);
        assert_eq!(fields.next(), Ok(Some((1, Value::Varint(u64::MAX)))));
        assert_eq!(fields.next(), Ok(Some((2047, Value::Bytes(&[7; 300])))));
        assert_eq!(fields.next(), Ok(Some((3, Value::Fixed32(9)))));
        assert_eq!(fields.next(), Ok(Some((4, Value::Fixed64(10)))));
        assert_eq!(fields.next(), Ok(None));
        let starts = [0, 11, 11 + 2 + 2 + 300, 11 + 2 + 2 + 300 + 5, out.len()];
        for end in 0..out.len() {
            let mut fields = Fields::new(&out[..end]);
            let outcome = loop {
                match fields.next() {
                    Ok(Some(_)) => {}
                    other => break other,
                }
            };
            assert_eq!(outcome.is_ok(), starts.contains(&end), "cut at {end}");
        }
    }

    #[test]
    fn what_no_encoder_writes_is_malformed() {
        let too_long = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        let bad: [&[u8]; 5] =
            [&[0x00], &[0x0b, 0x0c], &[0x0e], &too_long, &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]];
        for bytes in bad {
            assert!(Fields::new(bytes).next().is_err(), "{bytes:?}");
        }
    }
}
