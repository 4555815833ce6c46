//! Every kind of event, once or twice.

use std::sync::atomic::AtomicU32;

use anyhow::Result;
use micromegas_telemetry_sink::TelemetryGuardBuilder;
use micromegas_tracing::dispatch::{
    flush_image_buffer, flush_log_buffer, flush_metrics_buffer, log_interop,
    log_interop_dyn_tagged, send_image,
};
use micromegas_tracing::logs::{FILTER_LEVEL_UNSET_VALUE, LogMetadata};
use micromegas_tracing::prelude::*;
use micromegas_tracing::property_set::{Property, PropertySet};

/// What [`record`] records, as the reader says it.
pub const EXPECTED: &[(&str, &[&str])] = &[
    (
        "log",
        &[
            r#"log 4 client_33::recording "constant" -"#,
            r#"log 3 client_33::recording "formatted été 42" -"#,
            r#"log 2 elsewhere "with target x" -"#,
            r#"log 1 client_33::recording "constant with properties" {"code": "7"}"#,
            r#"log 4 client_33::recording "hello Ada, \"Zürich\" {}" {"city": "\"Zürich\"", "user": "Ada"}"#,
            r#"log 4 client_33::recording "counted 3" {"user": "Ada"}"#,
            r#"log 4 client_33::recording "spread" {"city": "Zürich", "user": "Ada"}"#,
            r#"log 3 interop::target "interop constant" -"#,
            r#"log 3 interop::target "interop 1" -"#,
            r#"log 3 interop::target "tagged interop" {"request": "17"}"#,
        ],
    ),
    (
        "metrics",
        &[
            "integer size bytes client_33::recording 18446744073709551615 -",
            "float ratio percent client_33::recording 12.5 -",
            r#"integer size bytes client_33::recording 3 {"region": "eu"}"#,
            r#"float ratio percent client_33::recording -0.25 {"user": "Ada"}"#,
            r#"integer queue.1 count client_33::recording 5 {"name": "queue.1", "unit": "count"}"#,
        ],
    ),
    (
        "cpu",
        &[
            "begin outer client_33::recording client-33/src/recording.rs -",
            "begin inner client_33::recording client-33/src/recording.rs -",
            r#"end inner client_33::recording client-33/src/recording.rs {"region": "eu", "rows": "5"}"#,
            "begin named client_33::recording client-33/src/recording.rs -",
            "end named client_33::recording client-33/src/recording.rs -",
            "begin tagged client_33::recording client-33/src/recording.rs -",
            r#"end tagged client_33::recording client-33/src/recording.rs {"user": "Ada"}"#,
            "begin runtime.1 client_33::recording client-33/src/recording.rs -",
            "end runtime.1 client_33::recording client-33/src/recording.rs -",
            "end outer client_33::recording client-33/src/recording.rs -",
            "begin async 1 in 0 depth 0 parent client_33::recording client-33/src/recording.rs -",
            "begin async 2 in 1 depth 1 child client_33::recording client-33/src/recording.rs -",
            "end async 2 in 1 depth 1 child client_33::recording client-33/src/recording.rs -",
            "begin async 3 in 1 depth 1 runtime.2 client_33::recording client-33/src/recording.rs -",
            "end async 3 in 1 depth 1 runtime.2 client_33::recording client-33/src/recording.rs -",
            "begin async 4 in 1 depth 1 counted client_33::recording client-33/src/recording.rs -",
            r#"end async 4 in 1 depth 1 counted client_33::recording client-33/src/recording.rs {"rows": "5"}"#,
            "begin async 5 in 1 depth 1 hooked client_33::recording client-33/src/recording.rs -",
            r#"end async 5 in 1 depth 1 hooked client_33::recording client-33/src/recording.rs {"rows": "7"}"#,
            "end async 1 in 0 depth 0 parent client_33::recording client-33/src/recording.rs -",
        ],
    ),
    ("image", &[]),
];

/// Records [`EXPECTED`] and sends it to the server at the URL.
///
/// # Errors
/// When the sink cannot be set up.
pub fn record(url: &str) -> Result<()> {
    let guard = TelemetryGuardBuilder::default()
        .with_telemetry_sink_url(url.to_owned())
        .with_cpu_tracing_enabled(true)
        .with_local_sink_enabled(false)
        .with_install_tracing_capture(false)
        .with_system_metrics_enabled(false)
        .with_default_system_properties_enabled(false)
        .with_process_property("version".to_owned(), "1.2".to_owned())
        .build()?;
    let user = std::hint::black_box(String::from("Ada"));
    let set = PropertySet::find_or_create(vec![
        Property::new("user", "Ada"),
        Property::new("city", "Zürich"),
    ]);
    spans(&user)?;
    // What the sink itself has to say comes before, or is not said.
    flush_log_buffer();
    logs(&user, set);
    flush_log_buffer();
    metrics(&user);
    flush_metrics_buffer();
    send_image("screenshot", "image/png", b"\x89PNG not much of a picture".to_vec());
    flush_image_buffer();
    set_max_level(LevelFilter::Off);
    drop(guard);
    Ok(())
}

fn logs(user: &str, set: &'static PropertySet) {
    info!("constant");
    warn!("formatted {} {}", "été", 42);
    error!(target: "elsewhere", "with target {}", 'x');
    fatal!(code = 7, "constant with properties");
    info!(user = user, city = ?"Zürich", "hello {user}, {city:?} {{}}");
    info!(user = user, "counted {}", 3);
    log!(Level::Info, ..set, "spread");
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
    let properties = [DynProperty::with_dyn_name("request", "17")];
    log_interop_dyn_tagged(&site, &properties, format_args!("tagged interop"));
}

fn metrics(user: &str) {
    imetric!("size", "bytes", u64::MAX);
    fmetric!("ratio", "percent", 12.5);
    imetric!("size", "bytes", region = "eu", 3);
    fmetric!("ratio", "percent", user = user, -0.25);
    imetric_dyn!(format!("queue.{}", 1), "count", 5);
}

fn spans(user: &str) -> Result<()> {
    {
        span_scope!("outer");
        {
            let mut inner = span_scope!(name = "inner", region = "eu");
            inner.set_property("rows", 5);
        }
        {
            span_scope_named!("named");
        }
        {
            let _tagged = span_scope_named!(name = "tagged", user = user);
        }
        {
            span_scope_named_dyn!(format!("runtime.{}", 1));
        }
    }
    static_span_desc!(PARENT, "parent");
    static_span_desc!(HOOKED, "hooked");
    let parent = async {
        span_async_named!("child", async {}).await;
        instrument_named_dyn!(async {}, format!("runtime.{}", 2)).await;
        instrument_named!(async { 5 }, "counted", |out: &i32, span| {
            span.set_property("rows", out);
        })
        .await;
        async { 7 }.instrument_with(&HOOKED, |out, span| span.set_property("rows", out)).await
    };
    tokio::runtime::Builder::new_current_thread().build()?.block_on(parent.instrument(&PARENT));
    Ok(())
}
