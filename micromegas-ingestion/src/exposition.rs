//! The counters in the text format of Prometheus, version 0.0.4.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::statistics::{DURATION_BOUNDS_MICROS, Route, RouteStatistics, Statistics};

/// The content type of the format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is read of a route, by the metric it makes.
type Read = fn(&RouteStatistics) -> &AtomicU64;

const PER_ROUTE: [(&str, &str, Read); 4] = [
    ("received_bytes", "Bytes of request bodies as they were sent.", |route| &route.body_bytes),
    (
        "inflated_bytes",
        "Bytes that came out of decompressing request bodies. Native routes decompress nothing.",
        |route| &route.inflated_bytes,
    ),
    ("records", "Records of OTLP requests that were stored.", |route| &route.records),
    (
        "rejected_records",
        "Records of OTLP requests that were refused, the rest of the request \
      being stored.",
        |route| &route.rejected_records,
    ),
];

/// Everything that is known about the service, as text.
pub(crate) fn text(
    statistics: &Statistics,
    in_flight_bytes: usize,
    in_flight_bytes_max: usize,
) -> String {
    let mut out = String::with_capacity(8 * 1024);
    requests(&mut out, statistics);
    for (name, help, read) in PER_ROUTE {
        head(&mut out, &format!("micromegas_ingestion_{name}_total"), help, "counter");
        for route in Route::ALL {
            let value = read(statistics.of(route)).load(Ordering::Relaxed);
            let route = route.as_str();
            line(
                &mut out,
                &format!("micromegas_ingestion_{name}_total{{route=\"{route}\"}}"),
                value,
            );
        }
    }
    durations(&mut out, statistics);
    for (name, help, value) in [
        ("in_flight_bytes", "Bytes of request bodies being worked on.", in_flight_bytes),
        ("in_flight_limit_bytes", "The limit of those bytes.", in_flight_bytes_max),
    ] {
        let name = format!("micromegas_ingestion_{name}");
        head(&mut out, &name, help, "gauge");
        line(&mut out, &name, value as u64);
    }
    own_telemetry(&mut out);
    out
}

fn requests(out: &mut String, statistics: &Statistics) {
    const NAME: &str = "micromegas_ingestion_requests_total";
    let help = "Requests by route and answer: taken (200), refused (4xx) and deferred (429, 503).";
    head(out, NAME, help, "counter");
    for route in Route::ALL {
        let counters = statistics.of(route);
        let answers = [
            ("taken", &counters.taken),
            ("refused", &counters.refused),
            ("deferred", &counters.deferred),
        ];
        for (answer, counter) in answers {
            let name = format!("{NAME}{{route=\"{}\",answer=\"{answer}\"}}", route.as_str());
            line(out, &name, counter.load(Ordering::Relaxed));
        }
    }
}

fn durations(out: &mut String, statistics: &Statistics) {
    const NAME: &str = "micromegas_ingestion_request_duration_seconds";
    head(out, NAME, "Time from the received body to the answer.", "histogram");
    for route in Route::ALL {
        let counters = statistics.of(route);
        let route = route.as_str();
        let mut count = 0;
        let bounds = DURATION_BOUNDS_MICROS.map(|micros| (micros as f64 / 1e6).to_string());
        let bounds = bounds.iter().map(String::as_str).chain(["+Inf"]);
        for (bound, slot) in bounds.zip(&counters.durations) {
            count += slot.load(Ordering::Relaxed);
            line(out, &format!("{NAME}_bucket{{route=\"{route}\",le=\"{bound}\"}}"), count);
        }
        let sum = counters.duration_micros.load(Ordering::Relaxed) as f64 / 1e6;
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{NAME}_sum{{route=\"{route}\"}} {sum}");
        line(out, &format!("{NAME}_count{{route=\"{route}\"}}"), count);
    }
}

/// What this process records about itself.
fn own_telemetry(out: &mut String) {
    let stats = micromegas_tracing::stats();
    for (name, help, counts) in [
        ("recorded", "Events that this process recorded.", stats.recorded),
        ("dropped", "Events that this process lost for want of memory.", stats.dropped),
    ] {
        let name = format!("micromegas_telemetry_{name}_events_total");
        head(out, &name, help, "counter");
        for (kind, value) in [
            ("log", counts.logs),
            ("metric", counts.metrics),
            ("thread_span", counts.thread_span_events),
            ("async_span", counts.async_span_events),
        ] {
            line(out, &format!("{name}{{kind=\"{kind}\"}}"), value);
        }
    }
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, value: u64) {
    let _ = writeln!(out, "{name} {value}");
}
