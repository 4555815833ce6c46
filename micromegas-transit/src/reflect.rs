//! Types whose memory layout is part of the wire.

use crate::{MemberLayout, TypeLayout};

/// A fixed-size record type: its layout is sent once a stream, its bytes once an event.
///
/// Derive it with [`#[derive(Reflect)]`](derive@crate::Reflect) on a `#[repr(C)]` struct without
/// padding, whose members are integers or floats that decoders know:
///
/// ```
/// use micromegas_transit::Reflect;
///
/// #[repr(C)]
/// #[derive(Reflect)]
/// struct Collision {
///     #[reflect(reference)]
///     object: u64,
///     force: f64,
///     time: i64,
/// }
///
/// let layout = Collision::layout();
/// assert_eq!(layout.size, 24);
/// assert!(layout.members[0].is_reference);
/// ```
///
/// Padding is refused at compile time, because its bytes would be uninitialised. So are members
/// that decoders cannot read (among them references: no address leaves the process), structs whose
/// layout the compiler may choose, and two members of one name.
///
/// [`record_set!`](crate::record_set) makes a queue's set of such types.
pub trait Reflect {
    /// Size in bytes. On little-endian machines the value's own memory is exactly what
    /// [`write_to`](Self::write_to) writes.
    const SIZE: usize;

    /// The layout as the wire describes it.
    fn layout() -> TypeLayout;

    /// Writes the value, little-endian, into the first [`SIZE`](Self::SIZE) bytes of `out`.
    ///
    /// # Panics
    /// When `out` is shorter.
    fn write_to(&self, out: &mut [u8]);
}

/// A record type whose records each carry their size: a few fixed fields, then text or lists.
pub trait ReflectDynamic {
    /// The layout as the wire describes it: size 0 and no members. Decoders know these types by
    /// name.
    fn layout() -> TypeLayout;

    /// The layouts of the types that payloads are made of, without being records themselves.
    fn parts() -> Vec<TypeLayout> {
        Vec::new()
    }

    /// Appends the record's payload.
    fn write_to(&self, out: &mut Vec<u8>);
}

/// A type that a member of a reflected struct may have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a member of a reflected struct",
    label = "decoders of the wire read u8, u32, u64, i64 and f64 only",
    note = "store a reference as a u64 id and mark it with #[reflect(reference)]"
)]
pub trait ReflectMember: Copy {
    /// Name of the type on the wire.
    const TYPE_NAME: &'static str;
    /// Size in bytes.
    const SIZE: usize = size_of::<Self>();

    /// Writes the value, little-endian.
    ///
    /// # Panics
    /// When `out` is not exactly [`SIZE`](Self::SIZE) bytes long.
    fn write_to(self, out: &mut [u8]);
}

macro_rules! reflect_member {
    ($($member:ident),*) => {$(
        impl ReflectMember for $member {
            const TYPE_NAME: &'static str = stringify!($member);

            #[inline]
            fn write_to(self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

reflect_member!(u8, u32, u64, i64, f64);

impl MemberLayout {
    /// Describes a member of type `T`; the derive macro builds layouts with it.
    pub fn of<T: ReflectMember>(name: &str, offset: usize, is_reference: bool) -> Self {
        Self {
            name: name.to_owned(),
            type_name: T::TYPE_NAME.to_owned(),
            // Reflected structs are a handful of machine words.
            offset: offset as u32,
            size: T::SIZE as u32,
            is_reference,
        }
    }
}

impl TypeLayout {
    /// Describes a type whose records carry their own size.
    pub fn dynamic(name: &str) -> Self {
        Self { name: name.to_owned(), size: 0, members: Vec::new(), is_reference: false }
    }
}

#[cfg(test)]
mod tests {
    use crate::Reflect;

    #[repr(C)]
    #[derive(Reflect)]
    struct Everything {
        #[reflect(reference)]
        descriptor: u64,
        unsigned: u64,
        signed: i64,
        float: f64,
        word: u32,
        a: u8,
        b: u8,
        c: u8,
        d: u8,
    }

    #[test]
    fn the_layout_names_every_member_where_it_lies() {
        let layout = Everything::layout();
        assert_eq!((layout.name.as_str(), layout.size), ("Everything", 40));
        assert!(!layout.is_reference);
        let members: Vec<_> = layout
            .members
            .iter()
            .map(|m| (m.name.as_str(), m.type_name.as_str(), m.offset, m.size, m.is_reference))
            .collect();
        let expected = [
            ("descriptor", "u64", 0, 8, true),
            ("unsigned", "u64", 8, 8, false),
            ("signed", "i64", 16, 8, false),
            ("float", "f64", 24, 8, false),
            ("word", "u32", 32, 4, false),
            ("a", "u8", 36, 1, false),
            ("b", "u8", 37, 1, false),
            ("c", "u8", 38, 1, false),
            ("d", "u8", 39, 1, false),
        ];
        assert_eq!(members, expected);
    }

    #[repr(C)]
    #[derive(Reflect)]
    #[reflect(name = "WireName")]
    struct Renamed {
        #[reflect(name = "wire_member", reference)]
        member: u64,
    }

    #[test]
    fn names_on_the_wire_can_differ() {
        let layout = Renamed::layout();
        assert_eq!(layout.name, "WireName");
        assert_eq!(layout.members[0].name, "wire_member");
        assert!(layout.members[0].is_reference);
        let mut out = [0; 8];
        Renamed { member: 1 }.write_to(&mut out);
        assert_eq!(out, [1, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn values_are_written_where_the_layout_says() {
        let value = Everything {
            descriptor: 1,
            unsigned: 2,
            signed: -1,
            float: 1.0,
            word: 0x0102_0304,
            a: 5,
            b: 6,
            c: 7,
            d: 8,
        };
        let mut out = [0; Everything::SIZE];
        value.write_to(&mut out);
        assert_eq!(out[..16], [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out[16..24], [0xff; 8]);
        assert_eq!(out[24..], [0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 4, 3, 2, 1, 5, 6, 7, 8]);
    }
}
