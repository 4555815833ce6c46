//! All derived tables of this crate.

use std::sync::LazyLock;

use super::DerivedTable;
use super::async_spans::async_spans;

static TABLES: LazyLock<Vec<DerivedTable>> = LazyLock::new(|| vec![async_spans()]);

/// All derived tables.
pub(crate) fn derived_tables() -> &'static [DerivedTable] {
    &TABLES
}

/// The derived table with this name.
pub(crate) fn find_derived(name: &str) -> Option<&'static DerivedTable> {
    TABLES.iter().find(|table| table.name == name)
}
