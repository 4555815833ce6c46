//! Images, and whatever else is attached to what a process did.

use super::dependencies::write_text;
use crate::{ReflectDynamic, TypeLayout};

/// An image or another file, whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageEvent<'a> {
    /// When.
    pub time: i64,
    /// Its name.
    pub name: &'a str,
    /// Its format, by custom a media type.
    pub format: &'a str,
    /// Its bytes.
    pub data: &'a [u8],
}

impl ReflectDynamic for ImageEvent<'_> {
    fn layout() -> TypeLayout {
        TypeLayout::dynamic("ImageEvent")
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        // Queues hold less than 4 GiB, so an image that does not fit could not be sent anyway.
        let size = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&self.time.to_le_bytes());
        write_text(out, self.name);
        write_text(out, self.format);
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&self.data[..size as usize]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_time_name_format_and_bytes() {
        let mut out = Vec::new();
        ImageEvent { time: 1, name: "n", format: "f", data: b"data" }.write_to(&mut out);
        assert_eq!(out.len(), 8 + 6 + 6 + 4 + 4);
        assert!(out.ends_with(b"\x04\0\0\0data"));
    }
}
