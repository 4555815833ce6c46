//! Looking at events one by one, whatever their types are.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::fields::{Scalar, i64_at, u16_at, u32_at, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::records::Record;
use super::sequences::{Part, ReferenceType, parts};
use super::shapes::{Shape, Shapes};
use super::text;
use super::type_graph::Place;
use super::value::{Event, Object, Value};
use crate::cursor::Cursor;

/// What remains to be told after events were visited.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Visited {
    /// Number of records met, of all types, lost ones included.
    pub record_count: u32,
    /// Records that could not be read, by reason. Events of unknown types whose records carry
    /// their size are visited, without members, and counted here as well.
    pub losses: Losses,
}

impl OpenBlock<'_> {
    /// Calls `visit` with each event until it breaks.
    ///
    /// Members are read as the stream's layout tells, references resolved. All values together are
    /// bounded by [`Limits::derived_bytes`](crate::Limits::derived_bytes): events beyond are lost.
    pub fn visit_events<'b>(
        &'b self,
        mut visit: impl FnMut(Event<'b>) -> ControlFlow<()>,
    ) -> Visited {
        let mut losses = Losses::default();
        let mut reader = ValueReader::new(self);
        let mut records = self.records();
        while let Some(next) = records.next_record() {
            let record = match next {
                Ok(record) => record,
                Err(stop) => {
                    losses.add(stop.reason, stop.index, stop.offset);
                    continue;
                }
            };
            match reader.event(&record) {
                Ok((object, is_known)) => {
                    if !is_known {
                        losses.add(LossReason::UnknownType, record.index, record.offset);
                    }
                    let event = Event { record: record.index, object, payload: record.payload };
                    if visit(event).is_break() {
                        break;
                    }
                }
                Err(reason) => losses.add(reason, record.index, record.offset),
            }
        }
        Visited { record_count: records.count(), losses }
    }
}

/// Cost of a member besides its text.
const MEMBER_BYTES: usize = size_of::<(&str, Value<'_>)>();

struct ValueReader<'b> {
    block: &'b OpenBlock<'b>,
    /// Size and place of the id of the reference types that records may contain.
    string_id: Option<(usize, usize)>,
    static_string_ref: Option<(usize, usize)>,
    /// Bytes that values may still take.
    budget: usize,
}

/// A value's bytes, and the position before which the dependencies lie that it may refer to.
/// Depth counts nested types and references on the way to it.
#[derive(Clone, Copy)]
struct Source<'b> {
    bytes: &'b [u8],
    before: u32,
    depth: u32,
}

impl<'b> ValueReader<'b> {
    fn new(block: &'b OpenBlock<'_>) -> Self {
        let reference_type = |name| {
            let shape = block.plan.event_shapes.find(name)?;
            Some((shape.size, shape.refers_by?))
        };
        Self {
            block,
            string_id: reference_type("StringId"),
            static_string_ref: reference_type("StaticStringRef"),
            budget: block.limits.derived_bytes,
        }
    }

    /// Reads an event, and tells whether its type is known enough to have members.
    fn event(&mut self, record: &Record<'b>) -> Result<(Object<'b>, bool), LossReason> {
        let shapes = &self.block.plan.event_shapes;
        let type_index = usize::from(record.type_index);
        let shape = shapes.get(type_index).ok_or(LossReason::InvalidTypeIndex)?;
        let source = Source { bytes: record.payload, before: u32::MAX, depth: 1 };
        if shape.size > 0 {
            return Ok((self.object(shapes, shape, source)?, true));
        }
        match parts(&shape.name) {
            Some(parts) => Ok((self.sequence(shape, parts, source)?, true)),
            None => Ok((Object { type_name: &shape.name, members: Vec::new() }, false)),
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), LossReason> {
        self.budget = self.budget.checked_sub(bytes).ok_or(LossReason::DerivedLimitExceeded)?;
        Ok(())
    }

    /// Reads a struct, member by member.
    fn object(
        &mut self,
        shapes: &'b Shapes,
        shape: &'b Shape,
        source: Source<'b>,
    ) -> Result<Object<'b>, LossReason> {
        let mut members = Vec::new();
        for member in &shape.members {
            self.spend(MEMBER_BYTES)?;
            let too_short = LossReason::RecordTooShort;
            let value = match member.place {
                Place::Reference(offset) => {
                    self.reference(u64_at(source.bytes, offset).ok_or(too_short)?, source)?
                }
                Place::Scalar(scalar, offset) => {
                    scalar_at(scalar, source.bytes, offset).ok_or(too_short)?
                }
                Place::Nested { type_index, offset } => {
                    let nested = shapes.get(type_index).ok_or(too_short)?;
                    let bytes = source.bytes.get(offset..offset + nested.size).ok_or(too_short)?;
                    let inner = Source { bytes, depth: source.depth + 1, ..source };
                    Value::Object(self.object(shapes, nested, inner)?)
                }
                Place::Opaque(offset) => {
                    let bytes = source.bytes.get(offset..offset + member.size).ok_or(too_short)?;
                    self.spend(bytes.len())?;
                    Value::Bytes(bytes)
                }
                Place::Outside => continue,
            };
            members.push((&member.name[..], value));
        }
        Ok(Object { type_name: &shape.name, members })
    }

    /// What an id stands for.
    fn reference(&mut self, id: u64, source: Source<'b>) -> Result<Value<'b>, LossReason> {
        let tables = &self.block.tables;
        if let Ok(string) = tables.string(id) {
            return self.string(string).map(|text| Value::Text(Cow::Borrowed(text)));
        }
        if let Ok(set) = tables.property_set(id) {
            return self.property_set(set).map(Value::Object);
        }
        let earlier = tables.position(id).filter(|position| *position < source.before);
        if let Some(position) = earlier
            && let Some((type_index, bytes)) = tables.records.at(position)
            && let Some(shape) = self.block.plan.dependency_shapes.get(type_index)
            && source.depth < self.block.limits.type_depth
        {
            let shapes = &self.block.plan.dependency_shapes;
            let depth = source.depth + 1;
            let inner = Source { bytes, before: position, depth };
            return self.object(shapes, shape, inner).map(Value::Object);
        }
        Ok(Value::Unresolved(id))
    }

    fn string(&mut self, index: i32) -> Result<&'b str, LossReason> {
        let text = self.block.tables.strings.get(index as usize).unwrap_or_default();
        self.spend(text.len())?;
        Ok(text)
    }

    fn property_set(&mut self, set: i32) -> Result<Object<'b>, LossReason> {
        let pairs = self.block.tables.property_sets.get(set as usize).unwrap_or_default();
        let mut members = Vec::new();
        for (name, value) in pairs {
            self.spend(MEMBER_BYTES)?;
            members.push((self.string(*name)?, Value::Text(self.string(*value)?.into())));
        }
        Ok(Object { type_name: "PropertySet", members })
    }

    /// Reads the fields of a record one after the other.
    fn sequence(
        &mut self,
        shape: &'b Shape,
        parts: &'static [Part],
        source: Source<'b>,
    ) -> Result<Object<'b>, LossReason> {
        let too_short = |_| LossReason::RecordTooShort;
        let mut cursor = Cursor::new(source.bytes);
        let mut members = Vec::with_capacity(parts.len());
        for part in parts {
            self.spend(MEMBER_BYTES)?;
            let (name, value) = match *part {
                Part::Reference(name) => {
                    (name, self.reference(cursor.read_u64().map_err(too_short)?, source)?)
                }
                Part::Time(name) => {
                    let time = cursor.read_u64().map_err(too_short)?.cast_signed();
                    (name, Value::Signed(time))
                }
                Part::Byte(name) => {
                    (name, Value::Unsigned(cursor.read_u8().map_err(too_short)?.into()))
                }
                Part::Word(name) => {
                    (name, Value::Unsigned(cursor.read_u32().map_err(too_short)?.into()))
                }
                Part::ReferenceType(name, kind) => {
                    let (size, offset) = match kind {
                        ReferenceType::StringId => self.string_id,
                        ReferenceType::StaticStringRef => self.static_string_ref,
                    }
                    .ok_or(LossReason::UnreadableType)?;
                    let bytes = cursor.take(size).map_err(too_short)?;
                    let id = u64_at(bytes, offset).ok_or(LossReason::RecordTooShort)?;
                    (name, self.reference(id, source)?)
                }
                Part::DynString(name) => {
                    let mut out = Vec::new();
                    let max_bytes = self.block.limits.string_bytes;
                    text::append_dyn_string(&mut out, &mut cursor, max_bytes)?;
                    (name, self.owned_text(out)?)
                }
                Part::Rest(name) => {
                    let bytes = cursor.take_rest();
                    if bytes.len() > self.block.limits.string_bytes {
                        return Err(LossReason::TextLimitExceeded);
                    }
                    let mut out = Vec::new();
                    text::append_utf8(&mut out, bytes);
                    (name, self.owned_text(out)?)
                }
                Part::Blob(name) => {
                    let size = cursor.read_u32().map_err(too_short)?;
                    let bytes = cursor.take(size as usize).map_err(too_short)?;
                    self.spend(bytes.len())?;
                    (name, Value::Bytes(bytes))
                }
            };
            members.push((name, value));
        }
        Ok(Object { type_name: &shape.name, members })
    }

    fn owned_text(&mut self, utf8: Vec<u8>) -> Result<Value<'b>, LossReason> {
        self.spend(utf8.len())?;
        String::from_utf8(utf8)
            .map(|text| Value::Text(Cow::Owned(text)))
            .map_err(|_| LossReason::InvalidText)
    }
}

fn scalar_at<'b>(scalar: Scalar, bytes: &[u8], offset: usize) -> Option<Value<'b>> {
    let byte = || bytes.get(offset).copied();
    Some(match scalar {
        Scalar::Bool => Value::Bool(byte()? != 0),
        Scalar::U8 => Value::Unsigned(byte()?.into()),
        Scalar::U16 => Value::Unsigned(u16_at(bytes, offset)?.into()),
        Scalar::U32 => Value::Unsigned(u32_at(bytes, offset)?.into()),
        Scalar::U64 => Value::Unsigned(u64_at(bytes, offset)?),
        Scalar::I8 => Value::Signed(byte()?.cast_signed().into()),
        Scalar::I16 => Value::Signed(u16_at(bytes, offset)?.cast_signed().into()),
        Scalar::I32 => Value::Signed(u32_at(bytes, offset)?.cast_signed().into()),
        Scalar::I64 => Value::Signed(i64_at(bytes, offset)?),
        Scalar::F32 => Value::Float(f32::from_bits(u32_at(bytes, offset)?).into()),
        Scalar::F64 => Value::Float(f64::from_bits(u64_at(bytes, offset)?)),
    })
}
