//! The event types of a stream, by name.

use super::event_plan::EventPlan;
use super::fields::Scalar;
use super::plan::StreamPlan;
use super::shapes::{Leaf, LeafValue};

/// A type of event that a stream may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventType<'p> {
    /// The type index of its records.
    pub type_index: u8,
    /// Its name.
    pub name: &'p str,
    /// Which columns its events go to.
    pub kind: EventKind,
}

/// Which columns the events of a type go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// [`OpenBlock::logs`](crate::OpenBlock::logs).
    Log,
    /// [`OpenBlock::metrics`](crate::OpenBlock::metrics).
    Metric,
    /// [`OpenBlock::thread_spans`](crate::OpenBlock::thread_spans).
    ThreadSpan,
    /// [`OpenBlock::async_spans`](crate::OpenBlock::async_spans).
    AsyncSpan,
    /// [`OpenBlock::images`](crate::OpenBlock::images).
    Image,
    /// [`OpenBlock::net_spans`](crate::OpenBlock::net_spans).
    NetSpan,
    /// A type of the client's own, or one without columns of its kind: [`OpenBlock::event_columns`](crate::OpenBlock::event_columns).
    Custom,
    /// A type of the client's own whose records carry their size: nothing is known but its name.
    CustomDynamic,
    /// A built-in type whose layout lacks a needed member or misplaces it.
    Unreadable,
}

/// A member of an event type; those of nested types are members of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventMember {
    /// Its name; dots lead into nested types.
    pub name: String,
    /// What its values are.
    pub kind: MemberKind,
}

/// What the values of a member are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemberKind {
    /// Integers without sign.
    Unsigned,
    /// Integers with sign.
    Signed,
    /// Floating-point numbers.
    Float,
    /// Truth values.
    Bool,
    /// Something among the dependencies, which may be a text, a property set or a struct.
    Reference,
}

impl StreamPlan {
    /// The members of a type of events that can be read, in the order of its layout: those of which
    /// [`OpenBlock::event_columns`](crate::OpenBlock::event_columns) makes columns.
    pub fn event_members(&self, type_index: u8) -> Vec<EventMember> {
        let kind = |value| match value {
            LeafValue::Reference(_) => MemberKind::Reference,
            LeafValue::Scalar(Scalar::Bool, _) => MemberKind::Bool,
            LeafValue::Scalar(Scalar::F32 | Scalar::F64, _) => MemberKind::Float,
            LeafValue::Scalar(Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::U64, _) => {
                MemberKind::Unsigned
            }
            LeafValue::Scalar(Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64, _) => {
                MemberKind::Signed
            }
        };
        let leaves = self.event_shapes.leaves(type_index.into());
        leaves
            .into_iter()
            .map(|Leaf { name, value }| EventMember { name, kind: kind(value) })
            .collect()
    }

    /// The types of events that blocks of the stream may have, in the order of type indices.
    pub fn event_types(&self) -> impl Iterator<Item = EventType<'_>> {
        self.events
            .iter()
            .zip(self.event_shapes.iter())
            .take(self.event_type_count)
            .enumerate()
            .map(|(type_index, (plan, shape))| EventType {
                type_index: type_index as u8,
                name: &shape.name,
                kind: match plan {
                    EventPlan::Log(_) => EventKind::Log,
                    EventPlan::Metric(_) => EventKind::Metric,
                    EventPlan::Span(_) => EventKind::ThreadSpan,
                    EventPlan::AsyncSpan(_) => EventKind::AsyncSpan,
                    EventPlan::Image => EventKind::Image,
                    EventPlan::Net(_) => EventKind::NetSpan,
                    EventPlan::Unknown if shape.size == 0 => EventKind::CustomDynamic,
                    EventPlan::Unknown | EventPlan::Other => EventKind::Custom,
                    EventPlan::Unreadable => EventKind::Unreadable,
                },
            })
    }
}
