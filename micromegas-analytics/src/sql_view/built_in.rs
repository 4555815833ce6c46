//! The views in SQL of this crate.

use super::definition::SqlView;
use super::log_stats::LOG_STATS;
use super::metric_stats::METRIC_STATS;
use crate::columns::{Column, TableDoc};

/// A view of this crate: its query, and its columns as they are documented.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    pub(crate) name: &'static str,
    pub(super) version: u32,
    pub(super) sql: &'static str,
    pub(super) columns: &'static [Column],
}

static ALL: [BuiltIn; 2] = [LOG_STATS, METRIC_STATS];

impl BuiltIn {
    pub(super) fn all() -> &'static [Self] {
        &ALL
    }

    pub(super) fn definition(&self) -> SqlView {
        SqlView { version: self.version, ..SqlView::new(self.name, self.sql) }
    }
}

/// The names of the views of this crate.
pub(crate) fn built_in_names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|view| view.name)
}

/// The documentation of the views of this crate.
pub(crate) fn built_in_docs() -> impl Iterator<Item = TableDoc> {
    ALL.iter().map(|view| TableDoc { name: view.name, columns: view.columns.to_vec() })
}
