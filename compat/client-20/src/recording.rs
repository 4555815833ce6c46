//! Every kind of event, once or twice.

use std::sync::atomic::AtomicU32;

use anyhow::Result;
use micromegas_telemetry_sink::TelemetryGuardBuilder;
use micromegas_tracing::dispatch::{flush_log_buffer, flush_metrics_buffer, log_interop};
use micromegas_tracing::logs::{FILTER_LEVEL_UNSET_VALUE, LogMetadata};
use micromegas_tracing::prelude::*;
use micromegas_tracing::property_set::{Property, PropertySet};

/// What [`record`] records, as the reader says it.
pub const EXPECTED: &[(&str, &[&str])] = &[
    (
        "log",
        &[
            r#"log 4 client_20::recording "constant" -"#,
            r#"log 3 client_20::recording "formatted été 42" -"#,
            r#"log 2 elsewhere "with target x" -"#,
            r#"log 1 client_20::recording "fatal" -"#,
            r#"log 4 client_20::recording "tagged 7" {"city": "Zürich", "user": "Ada"}"#,
            r#"log 3 interop::target "interop constant" -"#,
            r#"log 3 interop::target "interop 1" -"#,
        ],
    ),
    (
        "metrics",
        &[
            "integer size bytes client_20::recording 18446744073709551615 -",
            "float ratio percent client_20::recording 12.5 -",
            r#"integer size bytes client_20::recording 3 {"city": "Zürich", "user": "Ada"}"#,
            r#"float ratio percent client_20::recording -0.25 {"city": "Zürich", "user": "Ada"}"#,
        ],
    ),
    (
        "cpu",
        &[
            "begin outer client_20::recording client-20/src/recording.rs -",
            "begin inner client_20::recording client-20/src/recording.rs -",
            "end inner client_20::recording client-20/src/recording.rs -",
            "begin named client_20::recording client-20/src/recording.rs -",
            "end named client_20::recording client-20/src/recording.rs -",
            "end outer client_20::recording client-20/src/recording.rs -",
            "begin async 1 in 0 depth 0 parent client_20::recording client-20/src/recording.rs -",
            "begin async 2 in 1 depth 1 child client_20::recording client-20/src/recording.rs -",
            "end async 2 in 1 depth 1 child client_20::recording client-20/src/recording.rs -",
            "end async 1 in 0 depth 0 parent client_20::recording client-20/src/recording.rs -",
        ],
    ),
];

/// Records [`EXPECTED`] and sends it to the server at the URL.
///
/// # Errors
/// When the sink cannot be set up.
pub fn record(url: &str) -> Result<()> {
    let guard = TelemetryGuardBuilder::default()
        .with_telemetry_sink_url(url.to_owned())
        .with_local_sink_enabled(false)
        .with_install_tracing_capture(false)
        .with_system_metrics_enabled(false)
        .with_process_property("version".to_owned(), "1.2".to_owned())
        .build()?;
    let set = PropertySet::find_or_create(vec![
        Property::new("user", "Ada"),
        Property::new("city", "Zürich"),
    ]);
    spans()?;
    // What the sink itself has to say comes before, or is not said.
    flush_log_buffer();
    logs(set);
    flush_log_buffer();
    metrics(set);
    flush_metrics_buffer();
    set_max_level(LevelFilter::Off);
    drop(guard);
    Ok(())
}

fn logs(set: &'static PropertySet) {
    info!("constant");
    warn!("formatted {} {}", std::hint::black_box("été"), std::hint::black_box(42));
    error!(target: "elsewhere", "with target {}", std::hint::black_box('x'));
    fatal!("fatal");
    log!(Level::Info, properties: set, "tagged {}", std::hint::black_box(7));
    let site = LogMetadata {
        level: Level::Warn,
        level_filter: AtomicU32::new(FILTER_LEVEL_UNSET_VALUE),
        fmt_str: "",
        target: "interop::target",
        module_path: "interop",
        file: "interop.rs",
        line: 1,
    };
    log_interop(&site, format_args!("interop constant"));
    log_interop(&site, format_args!("interop {}", std::hint::black_box(1)));
}

fn metrics(set: &'static PropertySet) {
    imetric!("size", "bytes", u64::MAX);
    fmetric!("ratio", "percent", 12.5);
    imetric!("size", "bytes", set, 3);
    fmetric!("ratio", "percent", set, -0.25);
}

fn spans() -> Result<()> {
    {
        span_scope!("outer");
        {
            span_scope!("inner");
        }
        {
            span_scope_named!("named");
        }
    }
    static_span_desc!(PARENT, "parent");
    let parent = async { span_async_named!("child", async {}).await };
    tokio::runtime::Builder::new_current_thread().build()?.block_on(parent.instrument(&PARENT));
    Ok(())
}
