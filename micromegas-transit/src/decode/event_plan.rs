//! How the events of each known type are read: one table entry a type.

use super::fields::{Field, Number, SmallField};
use super::net::NetPlan;
use super::type_graph::TypeGraph;
use crate::TypeLayout;

/// What to do with the records of one type.
#[derive(Debug, Clone, Copy)]
pub(super) enum EventPlan {
    Log(LogPlan),
    Metric(MetricPlan),
    Span(SpanPlan),
    AsyncSpan(AsyncSpanPlan),
    Net(NetPlan),
    /// Records that begin with fixed fields; there is nothing to find by name.
    Image,
    /// Known by name, but read member by member only, as types that are not known are.
    Other,
    /// Not known by name.
    Unknown,
    /// Known by name, but a needed member is missing or misplaced.
    Unreadable,
}

/// Where a log entry's parts come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogPlan {
    pub(super) time: usize,
    pub(super) origin: LogOrigin,
    pub(super) properties: Option<usize>,
    pub(super) message: Message,
    /// Whether properties called `target` and `level` override those of the origin.
    pub(super) overrides: bool,
}

/// Where level and target come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum LogOrigin {
    /// From the descriptor whose id is at the offset.
    Descriptor(usize),
    /// From the record itself.
    Inline { level: SmallField, target: usize },
}

/// Where the message comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Message {
    /// The descriptor's format string as it is.
    Format,
    /// The descriptor's format string, its placeholders replaced by properties.
    Template,
    /// The string whose id is at the offset.
    Reference(usize),
    /// A string with codec and size at the offset.
    DynString(usize),
    /// UTF-8 from the offset to the end of the record.
    Rest(usize),
}

/// Where a metric sample's parts come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct MetricPlan {
    pub(super) time: usize,
    pub(super) descriptor: usize,
    pub(super) value: usize,
    pub(super) value_kind: Number,
    pub(super) properties: Option<usize>,
}

/// Where the begin or end of a span comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpanPlan {
    pub(super) is_begin: bool,
    pub(super) time: usize,
    pub(super) scope: ScopePlan,
    pub(super) properties: Option<usize>,
}

/// Where the scope of a span comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum ScopePlan {
    /// From the descriptor whose id is at the offset.
    Descriptor(usize),
    /// From a location and a name, both by id.
    Named { location: usize, name: usize },
}

/// A span that may change threads.
#[derive(Debug, Clone, Copy)]
pub(super) struct AsyncSpanPlan {
    pub(super) span: SpanPlan,
    pub(super) span_id: usize,
    pub(super) parent_span_id: Option<usize>,
    pub(super) depth: Option<SmallField>,
}

impl EventPlan {
    pub(super) fn of(types: &TypeGraph<'_>, layout: &TypeLayout) -> Self {
        let members = Members { types, layout };
        let plan = if layout.size == 0 { members.dynamic() } else { members.fixed() };
        plan.unwrap_or(Self::Unreadable)
    }
}

/// The members of one type, and the plans made of them. `None` means unreadable.
struct Members<'a> {
    types: &'a TypeGraph<'a>,
    layout: &'a TypeLayout,
}

impl Members<'_> {
    fn field(&self, name: &str) -> Option<Field> {
        self.types.field(self.layout, name)
    }

    fn reference(&self, name: &str) -> Option<usize> {
        self.field(name)?.reference()
    }

    fn time(&self) -> Option<usize> {
        self.field("time")?.word()
    }

    /// Types whose records are structs.
    fn fixed(&self) -> Option<EventPlan> {
        let tagged = Some("properties");
        match self.layout.name.as_str() {
            "LogStaticStrEvent" => self.static_log(Message::Format, None),
            "TaggedLogStaticStrEvent" => self.static_log(Message::Format, tagged),
            "TaggedLogTemplateEvent" => self.static_log(Message::Template, tagged),
            "LogStaticStrInteropEvent" | "LogStaticStrInteropEventV2" => self.static_interop_log(),
            "IntegerMetricEvent" | "FloatMetricEvent" => self.metric(None),
            "TaggedIntegerMetricEvent" | "TaggedFloatMetricEvent" => self.metric(tagged),
            "BeginThreadSpanEvent" => self.thread_span(true, Scope::THREAD, None),
            "EndThreadSpanEvent" => self.thread_span(false, Scope::THREAD, None),
            "TaggedEndThreadSpanEvent" => self.thread_span(false, Scope::THREAD, tagged),
            "BeginThreadNamedSpanEvent" | "BeginThreadDynNamedSpanEvent" => {
                self.thread_span(true, Scope::THREAD_NAMED, None)
            }
            "EndThreadNamedSpanEvent" | "EndThreadDynNamedSpanEvent" => {
                self.thread_span(false, Scope::THREAD_NAMED, None)
            }
            "TaggedEndThreadNamedSpanEvent" => self.thread_span(false, Scope::THREAD_NAMED, tagged),
            "BeginAsyncSpanEvent" => self.async_span(true, Scope::ASYNC, None),
            "EndAsyncSpanEvent" => self.async_span(false, Scope::ASYNC, None),
            "TaggedEndAsyncSpanEvent" => self.async_span(false, Scope::ASYNC, tagged),
            "BeginAsyncNamedSpanEvent" | "BeginAsyncDynNamedSpanEvent" => {
                self.async_span(true, Scope::ASYNC_NAMED, None)
            }
            "EndAsyncNamedSpanEvent" | "EndAsyncDynNamedSpanEvent" => {
                self.async_span(false, Scope::ASYNC_NAMED, None)
            }
            "TaggedEndAsyncNamedSpanEvent" => self.async_span(false, Scope::ASYNC_NAMED, tagged),
            "NetConnectionBeginEvent"
            | "NetConnectionEndEvent"
            | "NetObjectBeginEvent"
            | "NetObjectEndEvent"
            | "NetPropertyEvent"
            | "NetRPCBeginEvent"
            | "NetRPCEndEvent" => {
                NetPlan::of(&self.layout.name, |name| self.field(name)).map(EventPlan::Net)
            }
            "TraceContextEvent" => Some(EventPlan::Other),
            _ => Some(EventPlan::Unknown),
        }
    }

    /// Types whose records begin with fixed fields in an order known by the type's name.
    fn dynamic(&self) -> Option<EventPlan> {
        let byte = SmallField::byte;
        let word = SmallField::word;
        let plan = match self.layout.name.as_str() {
            "LogStringEvent" => LogPlan {
                time: 8,
                origin: LogOrigin::Descriptor(0),
                properties: None,
                message: Message::Rest(16),
                overrides: false,
            },
            "LogStringEventV2" => LogPlan {
                time: 8,
                origin: LogOrigin::Descriptor(0),
                properties: None,
                message: Message::DynString(16),
                overrides: false,
            },
            "TaggedLogString" => LogPlan {
                time: 16,
                origin: LogOrigin::Descriptor(0),
                properties: Some(8),
                message: Message::DynString(24),
                overrides: true,
            },
            "LogStringInteropEventV2" => {
                let (size, id) = self.reference_type("StringId")?;
                LogPlan {
                    time: 0,
                    origin: LogOrigin::Inline { level: word(8), target: 12 + id },
                    properties: None,
                    message: Message::Rest(12 + size),
                    overrides: false,
                }
            }
            "LogStringInteropEventV3" => {
                let (size, id) = self.reference_type("StaticStringRef")?;
                LogPlan {
                    time: 0,
                    origin: LogOrigin::Inline { level: byte(8), target: 9 + id },
                    properties: None,
                    message: Message::DynString(9 + size),
                    overrides: false,
                }
            }
            "TaggedLogInteropEvent" => {
                let (size, id) = self.reference_type("StaticStringRef")?;
                LogPlan {
                    time: 0,
                    origin: LogOrigin::Inline { level: byte(8), target: 9 + id },
                    properties: Some(9 + size),
                    message: Message::DynString(17 + size),
                    overrides: false,
                }
            }
            "ImageEvent" => return Some(EventPlan::Image),
            _ => return Some(EventPlan::Unknown),
        };
        Some(EventPlan::Log(plan))
    }

    /// Size of a reference type, and where the id lies in it.
    fn reference_type(&self, name: &str) -> Option<(usize, usize)> {
        let layout = self.types.find(name)?;
        Some((layout.size as usize, self.types.reference_id(layout)?))
    }

    fn optional_reference(&self, name: Option<&str>) -> Option<Option<usize>> {
        name.map(|name| self.reference(name).ok_or(())).transpose().ok()
    }

    fn static_log(&self, message: Message, properties: Option<&str>) -> Option<EventPlan> {
        Some(EventPlan::Log(LogPlan {
            time: self.time()?,
            origin: LogOrigin::Descriptor(self.reference("desc")?),
            properties: self.optional_reference(properties)?,
            message,
            overrides: true,
        }))
    }

    fn static_interop_log(&self) -> Option<EventPlan> {
        Some(EventPlan::Log(LogPlan {
            time: self.time()?,
            origin: LogOrigin::Inline {
                level: self.field("level")?.small()?,
                target: self.reference("target")?,
            },
            properties: None,
            message: Message::Reference(self.reference("msg")?),
            overrides: false,
        }))
    }

    fn metric(&self, properties: Option<&str>) -> Option<EventPlan> {
        let Field::Number(value_kind, value) = self.field("value")? else {
            return None;
        };
        Some(EventPlan::Metric(MetricPlan {
            time: self.time()?,
            descriptor: self.reference("desc")?,
            value,
            value_kind,
            properties: self.optional_reference(properties)?,
        }))
    }

    fn span(&self, is_begin: bool, scope: Scope, properties: Option<&str>) -> Option<SpanPlan> {
        let descriptor = self.reference(scope.descriptor)?;
        let scope = match scope.name {
            None => ScopePlan::Descriptor(descriptor),
            Some(name) => ScopePlan::Named { location: descriptor, name: self.reference(name)? },
        };
        let properties = self.optional_reference(properties)?;
        Some(SpanPlan { is_begin, time: self.time()?, scope, properties })
    }

    fn thread_span(
        &self,
        is_begin: bool,
        scope: Scope,
        properties: Option<&str>,
    ) -> Option<EventPlan> {
        self.span(is_begin, scope, properties).map(EventPlan::Span)
    }

    fn async_span(
        &self,
        is_begin: bool,
        scope: Scope,
        properties: Option<&str>,
    ) -> Option<EventPlan> {
        Some(EventPlan::AsyncSpan(AsyncSpanPlan {
            span: self.span(is_begin, scope, properties)?,
            span_id: self.field("span_id")?.word()?,
            parent_span_id: self.field("parent_span_id").and_then(Field::word),
            depth: self.field("depth").and_then(Field::small),
        }))
    }
}

/// The members that tell the scope of a span.
#[derive(Clone, Copy)]
struct Scope {
    descriptor: &'static str,
    name: Option<&'static str>,
}

impl Scope {
    const THREAD: Self = Self { descriptor: "thread_span_desc", name: None };
    const THREAD_NAMED: Self = Self { descriptor: "thread_span_location", name: Some("name") };
    const ASYNC: Self = Self { descriptor: "span_desc", name: None };
    const ASYNC_NAMED: Self = Self { descriptor: "span_location", name: Some("name") };
}
