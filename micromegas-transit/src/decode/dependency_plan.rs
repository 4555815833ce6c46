//! How the dependencies of each known type are read.

use super::fields::{Field, SmallField};
use super::type_graph::TypeGraph;
use crate::TypeLayout;

/// What to do with the records of one dependency type.
#[derive(Debug, Clone, Copy)]
pub(super) enum DependencyPlan {
    /// Id, then UTF-8 to the end of the record.
    StaticString,
    /// Id, then a string with codec and size.
    StaticStringDependency,
    /// Id, count, that many properties.
    PropertySet(PropertyPlan),
    LogDescriptor(LogDescriptorPlan),
    MetricDescriptor(MetricDescriptorPlan),
    SpanDescriptor(SpanDescriptorPlan),
    SpanLocation(SpanLocationPlan),
    /// A client's own type; its id is at the offset. Events of the client's own may refer to it.
    Custom(usize),
    /// A client's own type that nothing can refer to, because it has no id or no known members.
    Unknown,
    /// Known by name, but a needed member is missing or misplaced.
    Unreadable,
}

/// Where a property's name and value lie, and the distance from one property to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct PropertyPlan {
    pub(super) stride: usize,
    pub(super) name: usize,
    pub(super) value: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct LogDescriptorPlan {
    pub(super) id: usize,
    pub(super) format: usize,
    pub(super) target: Option<usize>,
    pub(super) level: SmallField,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct MetricDescriptorPlan {
    pub(super) id: usize,
    pub(super) name: usize,
    pub(super) unit: Option<usize>,
    pub(super) target: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SpanDescriptorPlan {
    pub(super) name: usize,
    pub(super) location: SpanLocationPlan,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SpanLocationPlan {
    pub(super) id: usize,
    pub(super) target: Option<usize>,
    pub(super) file: Option<usize>,
    pub(super) line: Option<SmallField>,
}

impl DependencyPlan {
    /// Whether the records are strings.
    pub(super) fn is_string(self) -> bool {
        matches!(self, Self::StaticString | Self::StaticStringDependency)
    }

    pub(super) fn of(types: &TypeGraph<'_>, layout: &TypeLayout) -> Self {
        Self::read(types, layout).unwrap_or(Self::Unreadable)
    }

    fn read(types: &TypeGraph<'_>, layout: &TypeLayout) -> Option<Self> {
        let field = |name| types.field(layout, name);
        let reference = |name| field(name).and_then(Field::reference);
        let small = |name| field(name).and_then(Field::small);
        let id = || field("id").and_then(Field::word);
        let location = || {
            Some(SpanLocationPlan {
                id: id()?,
                target: reference("target"),
                file: reference("file"),
                line: small("line"),
            })
        };
        Some(match (layout.name.as_str(), layout.size) {
            ("StaticString", 0) => Self::StaticString,
            ("StaticStringDependency", 0) => Self::StaticStringDependency,
            ("PropertySetDependency", 0) => {
                let property = types.find("Property")?;
                let reference = |name| types.field(property, name).and_then(Field::reference);
                Self::PropertySet(PropertyPlan {
                    stride: property.size as usize,
                    name: reference("name")?,
                    value: reference("value")?,
                })
            }
            (_, 0) => Self::Unknown,
            ("LogMetadataRecord" | "LogMetadataDependency", _) => {
                Self::LogDescriptor(LogDescriptorPlan {
                    id: id()?,
                    format: reference("fmt_str")?,
                    target: reference("target"),
                    level: small("level")?,
                })
            }
            ("MetricMetadataDependency", _) => Self::MetricDescriptor(MetricDescriptorPlan {
                id: id()?,
                name: reference("name")?,
                unit: reference("unit"),
                target: reference("target"),
            }),
            ("SpanRecord" | "SpanMetadataDependency", _) => {
                Self::SpanDescriptor(SpanDescriptorPlan {
                    name: reference("name")?,
                    location: location()?,
                })
            }
            ("SpanLocationRecord" | "SpanLocationDependency", _) => Self::SpanLocation(location()?),
            _ => id().map_or(Self::Unknown, Self::Custom),
        })
    }
}
