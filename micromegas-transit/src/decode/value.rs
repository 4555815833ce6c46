//! Values whose types are known only when they are read.

use std::borrow::Cow;

/// A value of any type that events and dependencies are made of.
///
/// It is for looking at blocks whose types nobody knows in advance, one event at a time; whoever
/// wants many events of one type takes [columns](crate::OpenBlock::event_columns).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// An integer without sign, of any width.
    Unsigned(u64),
    /// An integer with sign, of any width.
    Signed(i64),
    /// A floating-point number of any width.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A text, or a reference to one.
    Text(Cow<'a, str>),
    /// Bytes: those of an image, or of a member whose type cannot be read.
    Bytes(&'a [u8]),
    /// A value of another type, or a reference to a dependency or a property set.
    Object(Object<'a>),
    /// A reference to an id that the block does not define before it is used, or that lies behind
    /// more references than [`Limits`](crate::Limits) allows types to nest.
    Unresolved(u64),
}

/// The members of a value, in the order of its type's members.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Object<'a> {
    /// Name of the type; of property sets it is `PropertySet`.
    pub type_name: &'a str,
    /// Names and values. Names are unique where clients are sane.
    pub members: Vec<(&'a str, Value<'a>)>,
}

impl<'a> Object<'a> {
    /// The value of the first member called `name`.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.members.iter().find(|(member, _)| *member == name).map(|(_, value)| value)
    }
}

/// One event, with everything it refers to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event<'a> {
    /// Index of the event in its block.
    pub record: u32,
    /// Its type and members. An event of an unknown type whose records carry their size has no
    /// members.
    pub object: Object<'a>,
    /// The bytes of its record, without type index and size: for whoever knows the type better.
    pub payload: &'a [u8],
}
