//! Hand-made layouts and records, for clients that cannot run here.

use micromegas_transit::{
    Limits, MemberLayout, OpenBlock, Payload, StreamLayout, StreamPlan, StringTable, TypeLayout,
    compress_frame,
};

/// A member: name, type, offset, size. A type that begins with `&` marks a reference.
pub(crate) type Member<'a> = (&'a str, &'a str, u32, u32);

pub(crate) fn fixed(name: &str, size: u32, members: &[Member<'_>]) -> TypeLayout {
    let members = members
        .iter()
        .map(|(name, type_name, offset, size)| MemberLayout {
            name: (*name).into(),
            type_name: (*type_name).into(),
            offset: *offset,
            size: *size,
            is_reference: type_name.starts_with('&'),
        })
        .collect();
    TypeLayout { name: name.into(), size, members, is_reference: false }
}

pub(crate) fn dynamic(name: &str) -> TypeLayout {
    TypeLayout::dynamic(name)
}

/// A reference type: its value is what `id` refers to.
pub(crate) fn reference(name: &str, size: u32, id_type: &str, id_offset: u32) -> TypeLayout {
    let member = MemberLayout {
        name: "id".into(),
        type_name: id_type.into(),
        offset: id_offset,
        size: 8,
        is_reference: true,
    };
    TypeLayout { name: name.into(), size, members: vec![member], is_reference: true }
}

/// Bytes built value by value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(crate) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn i64(self, value: i64) -> Self {
        self.u64(value.cast_unsigned())
    }

    pub(crate) fn f64(self, value: f64) -> Self {
        self.u64(value.to_bits())
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// Bytes that no member covers.
    pub(crate) fn padding(self, count: usize) -> Self {
        self.raw(&vec![0xcc; count])
    }

    /// A string with codec and size.
    pub(crate) fn text(self, codec: u8, bytes: &[u8]) -> Self {
        self.u8(codec).u32(bytes.len() as u32).raw(bytes)
    }

    pub(crate) fn utf8(self, text: &str) -> Self {
        self.text(2, text.as_bytes())
    }

    pub(crate) fn wide(self, text: &str) -> Self {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.text(1, &bytes)
    }
}

/// A record buffer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue(pub(crate) Vec<u8>);

impl Queue {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn fixed(mut self, type_index: u8, payload: Bytes) -> Self {
        self.0.push(type_index);
        self.0.extend(payload.0);
        self
    }

    pub(crate) fn dynamic(mut self, type_index: u8, payload: Bytes) -> Self {
        self.0.push(type_index);
        self.0.extend((payload.0.len() as u32).to_le_bytes());
        self.0.extend(payload.0);
        self
    }
}

pub(crate) fn payload(dependencies: &Queue, objects: &Queue) -> Payload {
    Payload {
        dependencies: compress_frame(&dependencies.0).into(),
        objects: compress_frame(&objects.0).into(),
    }
}

pub(crate) fn plan(dependencies: Vec<TypeLayout>, objects: Vec<TypeLayout>) -> StreamPlan {
    StreamPlan::compile(&StreamLayout { dependencies, objects }, &Limits::default()).unwrap()
}

pub(crate) fn open<'p>(
    plan: &'p StreamPlan,
    dependencies: &Queue,
    objects: &Queue,
) -> OpenBlock<'p> {
    plan.open(&payload(dependencies, objects), &Limits::default()).unwrap()
}

/// The strings at the indices.
pub(crate) fn texts<'a>(strings: &'a StringTable, indices: &[i32]) -> Vec<&'a str> {
    indices.iter().map(|index| strings.get(*index as usize).unwrap()).collect()
}
