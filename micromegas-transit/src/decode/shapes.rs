//! How records lie in memory, for readers that know no type by name.

use super::fields::Scalar;
use super::type_graph::{Place, TypeGraph};
use crate::TypeLayout;

/// The types of one table, in its order.
#[derive(Debug)]
pub(super) struct Shapes(Vec<Shape>);

/// One type.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) name: String,
    /// Size of a record; 0 where each record carries its own.
    pub(super) size: usize,
    pub(super) members: Vec<ShapeMember>,
    /// Offset of the id that a value of a reference type stands for.
    pub(super) refers_by: Option<usize>,
}

/// One member.
#[derive(Debug)]
pub(super) struct ShapeMember {
    pub(super) name: String,
    pub(super) size: usize,
    pub(super) place: Place,
}

/// A member that is no type of its own, found by flattening a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The names on the way to it, joined by dots.
    pub(super) name: String,
    pub(super) value: LeafValue,
}

/// What a leaf is, and its offset in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeafValue {
    Reference(usize),
    Scalar(Scalar, usize),
}

impl Shapes {
    pub(super) fn of(types: &TypeGraph<'_>, table: &[TypeLayout]) -> Self {
        let shape = |layout: &TypeLayout| Shape {
            name: layout.name.clone(),
            size: layout.size as usize,
            members: layout
                .members
                .iter()
                .map(|member| ShapeMember {
                    name: member.name.clone(),
                    size: member.size as usize,
                    place: types.place(layout, member),
                })
                .collect(),
            refers_by: if layout.is_reference { types.reference_id(layout) } else { None },
        };
        Self(table.iter().map(shape).collect())
    }

    pub(super) fn get(&self, type_index: usize) -> Option<&Shape> {
        self.0.get(type_index)
    }

    /// The first type called `name`.
    pub(super) fn find(&self, name: &str) -> Option<&Shape> {
        self.0.iter().find(|shape| shape.name == name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Shape> {
        self.0.iter()
    }

    /// The members of a type that are references or numbers, those of nested types included.
    /// Members of types that cannot be read, and misplaced ones, are left out.
    pub(super) fn leaves(&self, type_index: usize) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.flatten(type_index, "", 0, &mut leaves);
        leaves
    }

    /// Recursion is bounded, because the table's types nest finitely.
    fn flatten(&self, type_index: usize, prefix: &str, base: usize, leaves: &mut Vec<Leaf>) {
        let Some(shape) = self.get(type_index) else { return };
        for member in &shape.members {
            let name = format!("{prefix}{}", member.name);
            let value = match member.place {
                Place::Reference(offset) => LeafValue::Reference(base + offset),
                Place::Scalar(scalar, offset) => LeafValue::Scalar(scalar, base + offset),
                Place::Nested { type_index, offset } => {
                    self.flatten(type_index, &format!("{name}."), base + offset, leaves);
                    continue;
                }
                Place::Opaque(_) | Place::Outside => continue,
            };
            leaves.push(Leaf { name, value });
        }
    }
}
