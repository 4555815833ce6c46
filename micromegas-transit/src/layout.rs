//! The wire's reflection documents: how the types of a stream lie in memory.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::cbor::{Reader, Writer};
use crate::decode::check_table;
use crate::{Error, Limits, Result};

/// One reflected type: a record of a queue, or a type that records are made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeLayout {
    /// Name of the type; decoders recognise what they know by it.
    pub name: String,
    /// Size in bytes; 0 means that each record carries its own size.
    pub size: u32,
    /// The members, in any order.
    pub members: Vec<MemberLayout>,
    /// Whether a value of this type stands for what its member `id` refers to.
    pub is_reference: bool,
}

/// One member of a [`TypeLayout`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MemberLayout {
    /// Name of the member.
    pub name: String,
    /// Name of its type: `u8`, `u32`, `u64`, `i64`, `f64`, or another type of the same table.
    pub type_name: String,
    /// Offset in bytes from the start of the record.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
    /// Whether the first 8 bytes are the id of a dependency.
    pub is_reference: bool,
}

/// Both type tables of a stream. A record's type index selects from its queue's table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct StreamLayout {
    /// Types of the dependency queue (wire key `dependencies_metadata`).
    pub dependencies: Vec<TypeLayout>,
    /// Types of the object queue, that is of the events (wire key `objects_metadata`).
    pub objects: Vec<TypeLayout>,
}

/// Identity of a stream layout: the first half of the SHA-256 of its canonical form.
///
/// Layouts come from untrusted clients and are shared by content, so the hash withstands collisions
/// made on purpose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayoutHash([u8; 16]);

impl StreamLayout {
    /// Brings both tables into the one form that equal layouts share.
    ///
    /// The queue types come first, in queue order, because a record's type index counts them. The
    /// secondary types behind them (reference types and `Property`) arrive in random order from
    /// published clients; here they are sorted by name. Decoding is the same before and after:
    /// records never have a secondary type.
    pub fn canonical(mut self) -> Self {
        for table in [&mut self.dependencies, &mut self.objects] {
            let first = first_secondary(table);
            table[first..].sort_by(|a, b| a.name.cmp(&b.name));
        }
        self
    }

    /// The hash of the canonical form. Equal for layouts that differ in the order of their
    /// secondary types only.
    pub fn hash(&self) -> LayoutHash {
        let bytes = self.clone().canonical().to_cbor();
        let digest = Sha256::digest(&bytes);
        let mut hash = [0; 16];
        hash.copy_from_slice(&digest[..16]);
        LayoutHash(hash)
    }

    /// Refuses what no decoder can use: types that contain themselves or each other, types that
    /// nest too deeply or have too many members, too many types. Meant for the place where streams
    /// are registered; its cost is linear in the size of the tables.
    ///
    /// Types that are not known, or whose members are missing or misplaced, are no error: their
    /// records can be skipped.
    ///
    /// # Errors
    /// [`Error::InvalidLayout`] with the type's name, or [`Error::LimitExceeded`].
    pub fn check(&self, limits: &Limits) -> Result<()> {
        check_table(&self.dependencies, limits)?;
        check_table(&self.objects, limits)
    }

    /// Encodes both tables as one CBOR map, in the order they have.
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.map(2);
        self.write_entries(&mut writer);
        writer.into_bytes()
    }

    /// Reads what [`to_cbor`](Self::to_cbor) writes, as leniently as all documents.
    ///
    /// # Errors
    /// [`Error::MalformedDocument`] or [`Error::MissingKey`].
    pub fn from_cbor(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new("layout", bytes);
        let mut dependencies = None;
        let mut objects = None;
        reader.map(|reader, key| {
            match key {
                DEPENDENCIES => dependencies = Some(read_table(reader)?),
                OBJECTS => objects = Some(read_table(reader)?),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        reader.finish()?;
        let missing = |key| Error::MissingKey { document: "layout", key };
        Ok(Self {
            dependencies: dependencies.ok_or_else(|| missing(DEPENDENCIES))?,
            objects: objects.ok_or_else(|| missing(OBJECTS))?,
        })
    }

    /// Writes the two entries of a map.
    pub(crate) fn write_entries(&self, writer: &mut Writer) {
        writer.text(DEPENDENCIES);
        write_table(writer, &self.dependencies);
        writer.text(OBJECTS);
        write_table(writer, &self.objects);
    }
}

/// Wire key of the dependency types.
pub(crate) const DEPENDENCIES: &str = "dependencies_metadata";
/// Wire key of the object types.
pub(crate) const OBJECTS: &str = "objects_metadata";

/// Index of the first of the secondary types at the end of a table: types that are parts of others
/// and never records. `Property` is one where there are sets of them.
pub(crate) fn first_secondary(table: &[TypeLayout]) -> usize {
    let has_sets = table.iter().any(|layout| layout.name == "PropertySetDependency");
    let is_secondary = |layout: &&TypeLayout| {
        layout.size > 0 && (layout.is_reference || has_sets && layout.name == "Property")
    };
    table.len() - table.iter().rev().take_while(is_secondary).count()
}

/// Encodes one table as the CBOR array of types that a stream's row shows in SQL.
pub fn layouts_to_cbor(table: &[TypeLayout]) -> Vec<u8> {
    let mut writer = Writer::new();
    write_table(&mut writer, table);
    writer.into_bytes()
}

/// Reads one table, the inverse of [`layouts_to_cbor`].
///
/// # Errors
/// [`Error::MalformedDocument`] or [`Error::MissingKey`].
pub fn layouts_from_cbor(bytes: &[u8]) -> Result<Vec<TypeLayout>> {
    let mut reader = Reader::new("layout", bytes);
    let table = read_table(&mut reader)?;
    reader.finish()?;
    Ok(table)
}

fn write_table(writer: &mut Writer, table: &[TypeLayout]) {
    writer.array(table.len());
    for layout in table {
        writer.map(4);
        writer.text("name");
        writer.text(&layout.name);
        writer.text("size");
        writer.unsigned(layout.size.into());
        writer.text("members");
        writer.array(layout.members.len());
        for member in &layout.members {
            writer.map(5);
            writer.text("name");
            writer.text(&member.name);
            writer.text("type_name");
            writer.text(&member.type_name);
            writer.text("offset");
            writer.unsigned(member.offset.into());
            writer.text("size");
            writer.unsigned(member.size.into());
            writer.text("is_reference");
            writer.boolean(member.is_reference);
        }
        writer.text("is_reference");
        writer.boolean(layout.is_reference);
    }
}

pub(crate) fn read_table(reader: &mut Reader<'_>) -> Result<Vec<TypeLayout>> {
    let mut table = Vec::new();
    reader.array(|reader| {
        table.push(read_type(reader)?);
        Ok(())
    })?;
    Ok(table)
}

fn read_type(reader: &mut Reader<'_>) -> Result<TypeLayout> {
    let (mut name, mut size, mut members, mut is_reference) = (None, None, None, None);
    reader.map(|reader, key| {
        match key {
            "name" => name = Some(reader.string()?),
            "size" => size = Some(reader.integer()?),
            "members" => {
                let mut list = Vec::new();
                reader.array(|reader| {
                    list.push(read_member(reader)?);
                    Ok(())
                })?;
                members = Some(list);
            }
            "is_reference" => is_reference = Some(reader.boolean()?),
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(TypeLayout {
        name: name.ok_or_else(|| missing("name"))?,
        size: size.ok_or_else(|| missing("size"))?,
        members: members.ok_or_else(|| missing("members"))?,
        is_reference: is_reference.ok_or_else(|| missing("is_reference"))?,
    })
}

fn read_member(reader: &mut Reader<'_>) -> Result<MemberLayout> {
    let (mut name, mut type_name, mut offset, mut size, mut is_reference) =
        (None, None, None, None, None);
    reader.map(|reader, key| {
        match key {
            "name" => name = Some(reader.string()?),
            "type_name" => type_name = Some(reader.string()?),
            "offset" => offset = Some(reader.integer()?),
            "size" => size = Some(reader.integer()?),
            "is_reference" => is_reference = Some(reader.boolean()?),
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(MemberLayout {
        name: name.ok_or_else(|| missing("name"))?,
        type_name: type_name.ok_or_else(|| missing("type_name"))?,
        offset: offset.ok_or_else(|| missing("offset"))?,
        size: size.ok_or_else(|| missing("size"))?,
        is_reference: is_reference.ok_or_else(|| missing("is_reference"))?,
    })
}

fn missing(key: &'static str) -> Error {
    Error::MissingKey { document: "layout", key }
}

impl LayoutHash {
    /// Takes back what [`as_bytes`](Self::as_bytes) gave out.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash, for storing it.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for LayoutHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LayoutHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LayoutHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, size: u32, is_reference: bool) -> TypeLayout {
        let id = MemberLayout {
            name: "id".into(),
            type_name: "usize".into(),
            offset: 0,
            size: 8,
            is_reference: true,
        };
        TypeLayout { name: name.into(), size, members: vec![id], is_reference }
    }

    fn layout(secondary: [&str; 3]) -> StreamLayout {
        let types = |names: [&str; 3]| {
            let mut table =
                vec![named("Zebra", 16, false), named("PropertySetDependency", 0, false)];
            table.extend(names.map(|name| named(name, 16, name != "Property")));
            table
        };
        StreamLayout { dependencies: types(secondary), objects: types(secondary) }
    }

    #[test]
    fn the_order_of_secondary_types_does_not_change_the_hash() {
        let one = layout(["StringId", "Property", "DynStringId"]);
        let other = layout(["Property", "DynStringId", "StringId"]);
        assert_ne!(one, other);
        assert_eq!(one.hash(), other.hash());
        assert_eq!(one.clone().canonical(), other.canonical());
        let mut swapped = one.clone();
        swapped.objects.swap(0, 1);
        assert_ne!(one.hash(), swapped.hash());
    }

    #[test]
    fn canonical_form_keeps_queue_types_in_place() {
        let canonical = layout(["StringId", "Property", "DynStringId"]).canonical();
        let names: Vec<_> = canonical.objects.iter().map(|layout| &layout.name[..]).collect();
        assert_eq!(
            names,
            ["Zebra", "PropertySetDependency", "DynStringId", "Property", "StringId"]
        );
    }

    #[test]
    fn a_property_without_sets_is_a_record_like_any_other() {
        let table = [named("Zebra", 16, false), named("Property", 16, false)];
        assert_eq!(first_secondary(&table), 2);
    }

    #[test]
    fn layouts_round_trip_and_a_cut_is_an_error() {
        let layout = layout(["StringId", "Property", "DynStringId"]);
        let bytes = layout.to_cbor();
        assert_eq!(StreamLayout::from_cbor(&bytes), Ok(layout.clone()));
        let table = layouts_to_cbor(&layout.objects);
        assert_eq!(layouts_from_cbor(&table), Ok(layout.objects));
        for cut in 0..bytes.len() {
            assert!(StreamLayout::from_cbor(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn a_missing_key_is_named() {
        let mut writer = Writer::new();
        writer.map(1);
        writer.text(OBJECTS);
        writer.array(0);
        let error = StreamLayout::from_cbor(&writer.into_bytes()).unwrap_err();
        assert_eq!(error, Error::MissingKey { document: "layout", key: DEPENDENCIES });
    }
}
