//! One table of a layout, made safe to resolve members in.

use std::collections::HashMap;

use super::fields::{Field, Scalar};
use crate::{Error, Limits, MemberLayout, Result, TypeLayout};

/// Refuses tables with types that contain themselves, nest too deeply or have too many members.
pub(crate) fn check_table(types: &[TypeLayout], limits: &Limits) -> Result<()> {
    TypeGraph::new(types, limits).map(drop)
}

/// A table whose types nest finitely, within the limits.
#[derive(Debug)]
pub(super) struct TypeGraph<'a> {
    types: &'a [TypeLayout],
    /// The first type of each name.
    by_name: HashMap<&'a str, usize>,
}

impl<'a> TypeGraph<'a> {
    /// Refuses tables with types that contain themselves, nest too deeply or have too many members.
    pub(super) fn new(types: &'a [TypeLayout], limits: &Limits) -> Result<Self> {
        if types.len() > limits.type_count {
            let limit = limits.type_count as u64;
            return Err(Error::LimitExceeded { what: "number of types in a layout", limit });
        }
        let mut by_name = HashMap::with_capacity(types.len());
        for (index, layout) in types.iter().enumerate() {
            by_name.entry(layout.name.as_str()).or_insert(index);
        }
        let graph = Self { types, by_name };
        let mut extents = vec![None; types.len()];
        for index in 0..types.len() {
            graph.check(index, 1, &mut extents, limits)?;
        }
        Ok(graph)
    }

    /// Computes depth and number of flattened members of a type, its nested types first. Recursion
    /// ends at the depth limit, so cycles end there too.
    fn check(
        &self,
        index: usize,
        depth: u32,
        extents: &mut [Option<(u32, u32)>],
        limits: &Limits,
    ) -> Result<(u32, u32)> {
        if let Some(extent) = extents[index] {
            return Ok(extent);
        }
        let layout = &self.types[index];
        let too_long = |name: &String| name.len() > limits.name_bytes;
        if too_long(&layout.name) {
            let limit = limits.name_bytes as u64;
            return Err(Error::LimitExceeded { what: "length of a type's name", limit });
        }
        let invalid = |reason| Error::InvalidLayout { type_name: layout.name.clone(), reason };
        if depth > limits.type_depth {
            return Err(invalid("its types contain each other, or nest too deeply"));
        }
        let (mut height, mut member_count) = (1, 0_u32);
        for member in &layout.members {
            if too_long(&member.name) || too_long(&member.type_name) {
                return Err(invalid("a member has too long a name"));
            }
            member_count = member_count.saturating_add(1);
            if let Some(nested) = self.nested(member) {
                let (nested_height, nested_count) =
                    self.check(nested, depth + 1, extents, limits)?;
                height = height.max(nested_height + 1);
                member_count = member_count.saturating_add(nested_count);
            }
            if member_count > limits.members_per_record {
                return Err(invalid("it has too many members"));
            }
        }
        if height > limits.type_depth {
            return Err(invalid("its types nest too deeply"));
        }
        extents[index] = Some((height, member_count));
        Ok((height, member_count))
    }

    /// The type that a member nests, if it nests one that is in the table.
    fn nested(&self, member: &MemberLayout) -> Option<usize> {
        if member.is_reference || Scalar::named(&member.type_name).is_some() {
            return None;
        }
        self.by_name.get(member.type_name.as_str()).copied()
    }

    /// The first type called `name`.
    pub(super) fn find(&self, name: &str) -> Option<&'a TypeLayout> {
        self.by_name.get(name).map(|index| &self.types[*index])
    }

    /// Where the member called `name` lies in a record of `layout`; `None` when there is none, it
    /// lies outside, or its type is no number and no reference.
    pub(super) fn field(&self, layout: &TypeLayout, name: &str) -> Option<Field> {
        let member = layout.members.iter().find(|member| member.name == name)?;
        match self.place(layout, member) {
            Place::Reference(offset) => Some(Field::Reference(offset)),
            Place::Scalar(scalar, offset) => Some(scalar.field(offset)),
            Place::Nested { .. } | Place::Opaque(_) | Place::Outside => None,
        }
    }

    /// What lies where in a record of `layout`, as `member` tells.
    pub(super) fn place(&self, layout: &TypeLayout, member: &MemberLayout) -> Place {
        let inside = |size: u32| u64::from(member.offset) + u64::from(size) <= layout.size.into();
        let offset = member.offset as usize;
        if !inside(member.size) {
            return Place::Outside;
        }
        if member.is_reference {
            return if member.size >= 8 { Place::Reference(offset) } else { Place::Opaque(offset) };
        }
        if let Some(scalar) = Scalar::named(&member.type_name) {
            let readable = member.size == scalar.size();
            return if readable { Place::Scalar(scalar, offset) } else { Place::Opaque(offset) };
        }
        let Some(index) = self.nested(member) else {
            return Place::Opaque(offset);
        };
        let nested = &self.types[index];
        if !inside(nested.size) {
            return Place::Outside;
        }
        if !nested.is_reference {
            return Place::Nested { type_index: index, offset };
        }
        match self.reference_id(nested) {
            Some(id) => Place::Reference(offset + id),
            None => Place::Opaque(offset),
        }
    }

    /// Offset of the id in a value of a reference type.
    pub(super) fn reference_id(&self, layout: &TypeLayout) -> Option<usize> {
        self.field(layout, "id")?.reference()
    }
}

/// What a member is, and where it begins in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The id of a dependency.
    Reference(usize),
    /// A number.
    Scalar(Scalar, usize),
    /// A value of another type of the table.
    Nested { type_index: usize, offset: usize },
    /// Bytes of a type that cannot be read.
    Opaque(usize),
    /// Not inside the record.
    Outside,
}

#[cfg(test)]
mod tests {
    use super::super::fields::Number;
    use super::*;

    fn member(name: &str, type_name: &str, offset: u32, size: u32) -> MemberLayout {
        MemberLayout {
            name: name.into(),
            type_name: type_name.into(),
            offset,
            size,
            is_reference: type_name.starts_with('&'),
        }
    }

    fn layout(name: &str, size: u32, members: Vec<MemberLayout>) -> TypeLayout {
        TypeLayout { name: name.into(), size, members, is_reference: name.ends_with("Id") }
    }

    #[test]
    fn members_resolve_by_name() {
        let types = [
            layout(
                "Event",
                48,
                vec![
                    member("desc", "&Desc", 0, 8),
                    member("wide", "&Str", 8, 16),
                    member("time", "uint64", 24, 8),
                    member("level", "u8", 32, 1),
                    member("name", "StringId", 32, 16),
                ],
            ),
            layout("StringId", 16, vec![member("len", "u32", 0, 4), member("id", "&u8", 8, 8)]),
        ];
        let graph = TypeGraph::new(&types, &Limits::default()).unwrap();
        let field = |name| graph.field(&types[0], name);
        assert_eq!(field("desc"), Some(Field::Reference(0)));
        assert_eq!(field("wide"), Some(Field::Reference(8)));
        assert_eq!(field("time"), Some(Field::Number(Number::U64, 24)));
        assert_eq!(field("level"), Some(Field::Number(Number::U8, 32)));
        assert_eq!(field("name"), Some(Field::Reference(40)));
        assert_eq!(field("absent"), None);
    }

    #[test]
    fn members_that_cannot_be_read_do_not_resolve() {
        let types = [
            layout(
                "Event",
                16,
                vec![
                    member("outside", "u64", 9, 8),
                    member("far", "u64", u32::MAX, u32::MAX),
                    member("short", "&Desc", 0, 4),
                    member("size", "u64", 0, 4),
                    member("kind", "[u8; 4]", 0, 4),
                    member("nested", "BigId", 0, 8),
                    member("plain", "Plain", 0, 8),
                ],
            ),
            layout("BigId", 24, vec![member("id", "&u8", 16, 8)]),
            layout("Plain", 8, vec![member("id", "&u8", 0, 8)]),
        ];
        let graph = TypeGraph::new(&types, &Limits::default()).unwrap();
        for name in ["outside", "far", "short", "size", "kind", "nested", "plain"] {
            assert_eq!(graph.field(&types[0], name), None, "{name}");
        }
    }

    fn refused(types: &[TypeLayout]) -> bool {
        TypeGraph::new(types, &Limits::default()).is_err()
    }

    #[test]
    fn cyclic_types_are_refused() {
        assert!(refused(&[layout("A", 8, vec![member("a", "A", 0, 8)])]));
        assert!(refused(&[
            layout("A", 8, vec![member("b", "B", 0, 8)]),
            layout("B", 8, vec![member("a", "A", 0, 8)]),
        ]));
        assert!(refused(&[layout("XId", 8, vec![member("id", "XId", 0, 8)])]));
    }

    #[test]
    fn deep_wide_and_numerous_types_are_refused() {
        let chain = |length: usize| -> Vec<TypeLayout> {
            (0..length)
                .map(|i| {
                    layout(&format!("T{i}"), 8, vec![member("m", &format!("T{}", i + 1), 0, 8)])
                })
                .collect()
        };
        assert!(!refused(&chain(8)));
        assert!(refused(&chain(9)));
        let mut backwards = chain(9);
        backwards.reverse();
        assert!(refused(&backwards));
        // Five levels of eight members each are 8 + 8² + … members when flattened.
        let wide: Vec<_> = (0..5)
            .map(|i| {
                let nested = format!("T{}", i + 1);
                layout(&format!("T{i}"), 8, (0..8).map(|_| member("m", &nested, 0, 8)).collect())
            })
            .collect();
        assert!(refused(&wide));
        let many: Vec<_> = (0..1025).map(|i| layout(&format!("T{i}"), 8, vec![])).collect();
        assert!(!refused(&many[..1024]));
        assert!(refused(&many));
    }
}
