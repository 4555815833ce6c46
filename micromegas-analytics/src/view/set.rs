//! All views of this crate.

use std::sync::{Arc, LazyLock};

use super::View;
use super::async_events::AsyncEvents;
use super::custom_events::CustomEvents;
use super::images::Images;
use super::log_entries::LogEntries;
use super::measures::Measures;
use super::net_spans::NetSpans;
use super::otel_spans::OtelSpans;
use super::thread_spans::ThreadSpans;
use super::trace_contexts::TraceContexts;

static VIEWS: LazyLock<Vec<Arc<dyn View>>> = LazyLock::new(|| {
    vec![
        Arc::new(LogEntries::new()),
        Arc::new(Measures::new()),
        Arc::new(ThreadSpans::new()),
        Arc::new(AsyncEvents::new()),
        Arc::new(NetSpans::new()),
        Arc::new(OtelSpans::new()),
        Arc::new(TraceContexts::new()),
        Arc::new(Images::new()),
        Arc::new(CustomEvents::new()),
    ]
});

/// What the daemon writes down.
const MATERIALIZED: [&str; 3] = ["log_entries", "measures", "otel_spans"];

/// All views.
pub(crate) fn views() -> &'static [Arc<dyn View>] {
    &VIEWS
}

/// The view with this name.
pub(crate) fn find_view(name: &str) -> Option<&'static Arc<dyn View>> {
    VIEWS.iter().find(|view| view.definition().name == name)
}

/// The views that the daemon writes down as soon as there is something to write.
pub(crate) fn materialized_views() -> impl Iterator<Item = &'static Arc<dyn View>> {
    MATERIALIZED.into_iter().filter_map(find_view)
}

/// Whether the daemon writes the view with this name down.
pub(crate) fn is_materialized(name: &str) -> bool {
    MATERIALIZED.contains(&name)
}
