//! Decoding what was sent and received over a network connection.

use super::Decoded;
use super::event_plan::EventPlan;
use super::fields::{Field, SmallField, i64_at, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::tables::Tables;

/// What a span of network traffic is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NetSpanKind {
    /// A packet, or a batch of them, on a connection.
    Connection,
    /// An object that is replicated, or a part of one.
    Object,
    /// A property of an object.
    Property,
    /// A call of a remote function.
    Rpc,
}

impl NetSpanKind {
    /// The word for it in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Object => "object",
            Self::Property => "property",
            Self::Rpc => "rpc",
        }
    }
}

/// Which part of a span an event tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NetSpanEdge {
    /// The span begins.
    Begin,
    /// The span ends.
    End,
    /// A whole span without others inside: a property.
    Whole,
}

/// Begins and ends of spans of network traffic; connections contain objects, those contain
/// objects, properties and calls. A span may begin in one block and end in another.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct NetSpanColumns {
    /// Index of the event in its block.
    pub record: Vec<u32>,
    /// When, in absolute ticks.
    pub ticks: Vec<i64>,
    /// What the span is about.
    pub kind: Vec<NetSpanKind>,
    /// Whether the span begins or ends here, or both.
    pub edge: Vec<NetSpanEdge>,
    /// Name of the connection, object, property or function, a string index; -1 for ends, which
    /// have no name.
    pub name: Vec<i32>,
    /// Whether a beginning connection sends; `false` in all other events.
    pub is_outgoing: Vec<bool>,
    /// Size in bits, known when a span ends; 0 for begins.
    pub bit_size: Vec<u64>,
}

/// Where an event's parts come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct NetPlan {
    time: usize,
    kind: NetSpanKind,
    edge: NetSpanEdge,
    name: Option<usize>,
    is_outgoing: Option<SmallField>,
    bit_size: Option<SmallField>,
}

impl NetPlan {
    /// The plan of the type called `type_name`, whose members `field` finds. `None` means that one
    /// of them is missing.
    pub(super) fn of(type_name: &str, field: impl Fn(&str) -> Option<Field>) -> Option<Self> {
        let (kind, edge, name) = match type_name {
            "NetConnectionBeginEvent" => {
                (NetSpanKind::Connection, NetSpanEdge::Begin, Some("connection_name"))
            }
            "NetConnectionEndEvent" => (NetSpanKind::Connection, NetSpanEdge::End, None),
            "NetObjectBeginEvent" => (NetSpanKind::Object, NetSpanEdge::Begin, Some("object_name")),
            "NetObjectEndEvent" => (NetSpanKind::Object, NetSpanEdge::End, None),
            "NetPropertyEvent" => {
                (NetSpanKind::Property, NetSpanEdge::Whole, Some("property_name"))
            }
            "NetRPCBeginEvent" => (NetSpanKind::Rpc, NetSpanEdge::Begin, Some("function_name")),
            "NetRPCEndEvent" => (NetSpanKind::Rpc, NetSpanEdge::End, None),
            _ => return None,
        };
        let name = match name {
            Some(name) => Some(field(name)?.reference()?),
            None => None,
        };
        let bit_size = match edge {
            NetSpanEdge::Begin => None,
            NetSpanEdge::End | NetSpanEdge::Whole => Some(field("bit_size")?.small()?),
        };
        let is_outgoing = match (kind, edge) {
            (NetSpanKind::Connection, NetSpanEdge::Begin) => Some(field("is_outgoing")?.small()?),
            _ => None,
        };
        Some(Self { time: field("time")?.word()?, kind, edge, name, is_outgoing, bit_size })
    }
}

impl OpenBlock<'_> {
    /// Decodes the begins and ends of spans of network traffic: 7 types.
    pub fn net_spans(&self) -> Decoded<NetSpanColumns> {
        let mut columns = NetSpanColumns::default();
        let mut losses = Losses::default();
        if let Some(record_count) =
            self.record_count_without(|plan| matches!(plan, EventPlan::Net(_)))
        {
            return Decoded { columns, record_count, losses };
        }
        columns.reserve(self.count_rows(|plan| matches!(plan, EventPlan::Net(_))));
        let record_count = self.for_each_event(&mut losses, |plan, record| match plan {
            EventPlan::Net(plan) => columns.push(&self.tables, plan, record.index, record.payload),
            other => Self::pass_over(other),
        });
        Decoded { columns, record_count, losses }
    }
}

impl NetSpanColumns {
    fn reserve(&mut self, row_count: usize) {
        let Self { record, ticks, kind, edge, name, is_outgoing, bit_size } = self;
        record.reserve_exact(row_count);
        ticks.reserve_exact(row_count);
        kind.reserve_exact(row_count);
        edge.reserve_exact(row_count);
        name.reserve_exact(row_count);
        is_outgoing.reserve_exact(row_count);
        bit_size.reserve_exact(row_count);
    }

    fn push(
        &mut self,
        tables: &Tables<'_>,
        plan: &NetPlan,
        index: u32,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let too_short = LossReason::RecordTooShort;
        let small = |field: Option<SmallField>| {
            field.map_or(Ok(0), |field| field.read(record).ok_or(too_short))
        };
        let ticks = i64_at(record, plan.time).ok_or(too_short)?;
        let name = match plan.name {
            Some(offset) => tables.string(u64_at(record, offset).ok_or(too_short)?)?,
            None => -1,
        };
        let is_outgoing = small(plan.is_outgoing)? != 0;
        let bit_size = small(plan.bit_size)?;
        self.record.push(index);
        self.ticks.push(ticks);
        self.kind.push(plan.kind);
        self.edge.push(plan.edge);
        self.name.push(name);
        self.is_outgoing.push(is_outgoing);
        self.bit_size.push(bit_size.into());
        Ok(())
    }
}
