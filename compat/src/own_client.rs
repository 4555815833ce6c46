//! Our own client.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use anyhow::{Result, ensure};
use micromegas_telemetry_sink::TelemetryBuilder;
use micromegas_tracing::prelude::*;

use crate::clients::Expected;

/// What [`record`] records, as the readers say it.
pub(crate) const EXPECTED: Expected = &[
    (
        "log",
        &[
            r#"log 4 micromegas_compat::own_client "constant" -"#,
            r#"log 3 micromegas_compat::own_client "formatted été 42" -"#,
            r#"log 2 elsewhere "with target x" -"#,
            r#"log 1 micromegas_compat::own_client "fatal" -"#,
        ],
    ),
    (
        "metrics",
        &[
            "integer size bytes micromegas_compat::own_client 18446744073709551615 -",
            "float ratio percent micromegas_compat::own_client 12.5 -",
        ],
    ),
    (
        "cpu",
        &[
            "begin outer micromegas_compat::own_client src/own_client.rs -",
            "begin inner micromegas_compat::own_client src/own_client.rs -",
            "end inner micromegas_compat::own_client src/own_client.rs -",
            "end outer micromegas_compat::own_client src/own_client.rs -",
            "begin async 1 in 0 depth 0 parent micromegas_compat::own_client src/own_client.rs -",
            "end async 1 in 0 depth 0 parent micromegas_compat::own_client src/own_client.rs -",
        ],
    ),
];

/// Records [`EXPECTED`] and sends it to the server at the URL.
pub(crate) fn record(url: &str) -> Result<()> {
    let guard = TelemetryBuilder::new().with_url(url).build()?;
    {
        span_scope!("outer");
        {
            span_scope!("inner");
        }
    }
    static_span_desc!(PARENT, "parent");
    let parent = pin!(async {}.instrument(&PARENT));
    ensure!(parent.poll(&mut Context::from_waker(Waker::noop())).is_ready(), "nothing to wait for");
    info!("constant");
    warn!("formatted {} {}", "été", std::hint::black_box(42));
    error!(target: "elsewhere", "with target {}", std::hint::black_box('x'));
    fatal!("fatal");
    imetric!("size", "bytes", u64::MAX);
    fmetric!("ratio", "percent", 12.5);
    ensure!(guard.flush(Duration::from_secs(10)), "not everything was delivered");
    Ok(())
}
