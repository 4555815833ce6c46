//! Pairs that are made at run time.
//!
//! They lie one after the other as name, value, and the sizes of both; so they are written without
//! knowing a size in advance, and read from the last to the first, which is the one that counts.

use crate::properties::{PropertyText, scratch};
use crate::recording::cold::Refusal;
use crate::recording::message::{self, TextTarget};
use std::fmt;

/// No value is longer than this.
const VALUE_BYTES_MAX: usize = 8 * 1024;
/// All pairs of an event together are no longer than this.
const LIST_BYTES_MAX: usize = 64 * 1024;
/// The sizes of name and value.
const TRAILER_BYTES: usize = 2 * size_of::<u32>();

/// Properties of one event or span. A value is cut at 8 KiB, with a mark; what goes beyond 64 KiB
/// altogether is left out.
#[derive(Clone, Default)]
pub struct PropertyList {
    bytes: Vec<u8>,
}

impl PropertyList {
    /// Lets `make` fill a list and `use_it` record it.
    #[inline]
    pub(crate) fn with<R>(make: impl FnOnce(&mut Self), use_it: impl FnOnce(&[u8]) -> R) -> R {
        let mut list = Self::default();
        make(&mut list);
        use_it(list.as_bytes())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there is no property.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Sets a property to what the value displays as. It takes the place of one with the same
    /// name, in whatever case.
    pub fn set_property(&mut self, name: &str, value: impl fmt::Display) {
        self.push(name, format_args!("{value}"));
    }

    /// A property of a macro with a value that is text.
    #[doc(hidden)]
    pub fn push_text(&mut self, name: &str, value: &(impl PropertyText + ?Sized)) {
        self.push(name, format_args!("{}", value.property_text()));
    }

    /// A property whose value is formatted.
    #[doc(hidden)]
    pub fn push(&mut self, name: &str, value: fmt::Arguments<'_>) {
        if self.bytes.len() + name.len() + VALUE_BYTES_MAX + TRAILER_BYTES > LIST_BYTES_MAX {
            return;
        }
        if self.bytes.capacity() == 0 {
            self.bytes = scratch::take();
        }
        self.bytes.extend_from_slice(name.as_bytes());
        let start = self.bytes.len();
        // A vector takes everything, so this cannot be refused.
        let _ = message::format_bounded(&mut Value(&mut self.bytes), VALUE_BYTES_MAX, value);
        let value_bytes = self.bytes.len() - start;
        for size in [name.len() as u32, value_bytes as u32] {
            self.bytes.extend_from_slice(&size.to_ne_bytes());
        }
    }
}

impl Drop for PropertyList {
    #[inline]
    fn drop(&mut self) {
        if self.bytes.capacity() > 0 {
            scratch::keep(std::mem::take(&mut self.bytes));
        }
    }
}

impl fmt::Debug for PropertyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(Pairs::new(&self.bytes)).finish()
    }
}

struct Value<'a>(&'a mut Vec<u8>);

impl TextTarget for Value<'_> {
    fn push(&mut self, text: &str) -> Result<(), Refusal> {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// The pairs of a list, the last one first.
#[derive(Clone, Debug)]
pub(crate) struct Pairs<'a> {
    bytes: &'a [u8],
}

impl<'a> Pairs<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (bytes, value_size) = self.bytes.split_last_chunk()?;
        let (bytes, name_size) = bytes.split_last_chunk()?;
        let value_at = bytes.len().checked_sub(u32::from_ne_bytes(*value_size) as usize)?;
        let name_at = value_at.checked_sub(u32::from_ne_bytes(*name_size) as usize)?;
        let (rest, pair) = bytes.split_at(name_at);
        let (name, value) = pair.split_at(value_at - name_at);
        self.bytes = rest;
        Some((str::from_utf8(name).ok()?, str::from_utf8(value).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_from_the_last_to_the_first() {
        let mut list = PropertyList::default();
        list.push_text("user", &String::from("ada"));
        list.set_property("", 12);
        list.push("empty", format_args!(""));
        let pairs: Vec<_> = Pairs::new(list.as_bytes()).collect();
        assert_eq!(pairs, [("empty", ""), ("", "12"), ("user", "ada")]);
    }

    #[test]
    fn long_values_are_cut_and_too_many_left_out() {
        let mut list = PropertyList::default();
        let long = "x".repeat(100_000);
        for _ in 0..20 {
            list.set_property("long", &long);
        }
        assert!(list.as_bytes().len() <= LIST_BYTES_MAX);
        let (_, value) = Pairs::new(list.as_bytes()).next().expect("a pair");
        assert!(value.len() <= VALUE_BYTES_MAX && value.ends_with("bytes cut]"));
    }
}
