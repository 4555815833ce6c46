//! One walk over a resource's bytes: whether readers can decode them, how many records there are,
//! and between which times. Nothing is allocated and nothing converted.

use super::schema::{Kind, MessageType, Role, Schema, schema};
use super::wire::{Fields, Malformed, Value};

/// How deep messages may be nested. Decoders give up at 100.
pub(crate) const DEPTH_MAX: usize = 64;

/// What a walk found.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scan {
    pub(crate) record_count: u64,
    /// The least and the greatest time of a record, in nanoseconds since 1970; records without a
    /// time do not take part.
    pub(crate) times: Option<(u64, u64)>,
    /// Whether messages are nested deeper than decoders go.
    pub(crate) is_too_deep: bool,
}

impl Scan {
    /// Walks over one message of this type.
    pub(crate) fn of(message: &MessageType, bytes: &[u8]) -> Result<Self, Malformed> {
        let mut walk = Walk { schema: schema(), scan: Self::default() };
        walk.message(message, bytes, 1)?;
        Ok(walk.scan)
    }

    fn add_record(&mut self, role: Role, times: [u64; 2]) {
        let [first, second] = times;
        self.record_count += if role == Role::SummaryDataPoint { 4 } else { 1 };
        let times = match role {
            // The second time is when the record was observed, which counts if nothing else is known.
            Role::LogRecord => [if first == 0 { second } else { first }, 0],
            _ => [first, second],
        };
        for time in times.into_iter().filter(|time| *time != 0) {
            let (least, greatest) = self.times.unwrap_or((time, time));
            self.times = Some((least.min(time), greatest.max(time)));
        }
    }
}

impl Role {
    /// The fields with a record's times.
    fn time_fields(self) -> Option<[u32; 2]> {
        match self {
            Self::LogRecord => Some([1, 11]),
            Self::Span => Some([7, 8]),
            Self::DataPoint | Self::SummaryDataPoint => Some([3, 0]),
            Self::KeyValue | Self::Other => None,
        }
    }
}

struct Walk {
    schema: &'static Schema,
    scan: Scan,
}

impl Walk {
    fn message(
        &mut self,
        message: &MessageType,
        bytes: &[u8],
        depth: usize,
    ) -> Result<(), Malformed> {
        let time_fields = message.role.time_fields();
        let mut times = [0; 2];
        let mut fields = Fields::new(bytes);
        while let Some((number, value)) = fields.next()? {
            let Some(field) = message.field(number) else { continue };
            match (field.kind, value) {
                (Kind::Message(nested), Value::Bytes(bytes)) if depth < DEPTH_MAX => {
                    self.message(self.schema.nested(nested), bytes, depth + 1)?;
                }
                (Kind::Message(_), Value::Bytes(_)) => self.scan.is_too_deep = true,
                (Kind::String, Value::Bytes(text)) => {
                    std::str::from_utf8(text).map_err(|_| Malformed("a text is not UTF-8"))?;
                }
                (Kind::Bytes | Kind::Id, Value::Bytes(_)) => {}
                (Kind::Fixed64, Value::Fixed64(time)) => {
                    for (time_field, slot) in time_fields.iter().flatten().zip(&mut times) {
                        if *time_field == number {
                            *slot = time;
                        }
                    }
                }
                (kind, Value::Bytes(packed)) if field.is_repeated => check_packed(kind, packed)?,
                (kind, value) => check_scalar(kind, value)?,
            }
        }
        if time_fields.is_some() {
            self.scan.add_record(message.role, times);
        }
        Ok(())
    }
}

/// Whether a value that is not of variable length fits the kind.
fn check_scalar(kind: Kind, value: Value<'_>) -> Result<(), Malformed> {
    let fits = match value {
        Value::Varint(_) => is_varint(kind),
        Value::Fixed64(_) => fixed_size(kind) == Some(8),
        Value::Fixed32(_) => fixed_size(kind) == Some(4),
        Value::Bytes(_) => false,
    };
    if fits { Ok(()) } else { Err(Malformed("a field has a value of another type")) }
}

/// Whether the bytes are a run of values of the kind.
fn check_packed(kind: Kind, packed: &[u8]) -> Result<(), Malformed> {
    if let Some(size) = fixed_size(kind) {
        if !packed.len().is_multiple_of(size) {
            return Err(Malformed("a list of numbers ends in the middle of one"));
        }
        return Ok(());
    }
    if !is_varint(kind) {
        return Err(Malformed("a field has a value of another type"));
    }
    let mut numbers = Fields::new(packed);
    while !numbers.is_empty() {
        numbers.varint()?;
    }
    Ok(())
}

fn is_varint(kind: Kind) -> bool {
    use Kind::{Bool, Enum, Int32, Int64, Sint32, Sint64, Uint32, Uint64};
    matches!(kind, Int32 | Int64 | Uint32 | Uint64 | Sint32 | Sint64 | Bool | Enum(_))
}

fn fixed_size(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => Some(8),
        Kind::Fixed32 | Kind::Sfixed32 | Kind::Float => Some(4),
        _ => None,
    }
}
