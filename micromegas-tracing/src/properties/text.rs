//! Values that are text already.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// A value that `key = value` takes as it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text, so it cannot be the value of a property as it is",
    label = "this property's value is not text",
    note = "write `key = %value` to record it by its `Display`, `key = ?value` by its `Debug`"
)]
pub trait PropertyText {
    /// The value.
    fn property_text(&self) -> &str;
}

impl PropertyText for str {
    fn property_text(&self) -> &str {
        self
    }
}

impl PropertyText for String {
    fn property_text(&self) -> &str {
        self
    }
}

impl PropertyText for Cow<'_, str> {
    fn property_text(&self) -> &str {
        self
    }
}

impl<T: PropertyText + ?Sized> PropertyText for &T {
    fn property_text(&self) -> &str {
        T::property_text(self)
    }
}

impl<T: PropertyText + ?Sized> PropertyText for &mut T {
    fn property_text(&self) -> &str {
        T::property_text(self)
    }
}

impl<T: PropertyText + ?Sized> PropertyText for Box<T> {
    fn property_text(&self) -> &str {
        T::property_text(self)
    }
}

impl<T: PropertyText + ?Sized> PropertyText for Rc<T> {
    fn property_text(&self) -> &str {
        T::property_text(self)
    }
}

impl<T: PropertyText + ?Sized> PropertyText for Arc<T> {
    fn property_text(&self) -> &str {
        T::property_text(self)
    }
}
