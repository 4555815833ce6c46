//! What a process tells about itself: what was lost, and, with the feature for it, how machine and
//! process are. One test, since a process has one dispatch.

use micromegas_telemetry_sink::{MemorySink, Recorded, RecordedMetric, TelemetryBuilder};
use micromegas_tracing::{Config, info};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

/// A server that takes descriptions and refuses all blocks for good.
fn refusing_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let accept = move || listener.incoming().flatten().for_each(|it| drop(refuse(it)));
    Builder::new().name("server".to_owned()).spawn(accept).expect("a thread");
    address
}

fn refuse(connection: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let mut body = vec![0; length.and_then(|text| text.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let is_block = head.starts_with("post /ingestion/insert_block");
        let status = if is_block { "400 Bad" } else { "200 OK" };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        reader.get_mut().write_all(answer.as_bytes())?;
    }
}

fn values(recorded: &Recorded, name: &str, unit: &str) -> Vec<f64> {
    let is_it = |it: &&RecordedMetric| it.name == name && it.unit == unit;
    recorded.metrics.iter().filter(is_it).map(|it| it.value).collect()
}

#[test]
fn a_process_tells_what_was_lost_and_how_the_machine_is() {
    const LOST: u64 = 7;
    let memory = Arc::new(MemorySink::default());
    let builder = TelemetryBuilder::new()
        .with_config(Config::default().with_flush_period(Duration::from_millis(20)))
        .with_url(format!("http://{}", refusing_server()))
        .with_process_property("total_memory", "the host knows better")
        .with_sink(Arc::<MemorySink>::clone(&memory))
        .with_loss_metrics(true);
    #[cfg(feature = "system-metrics")]
    let builder = builder.with_system_metrics(true).with_system_properties(true);
    let telemetry = builder.build().expect("telemetry starts");
    (0..LOST).for_each(|index| info!("entry {index}"));
    telemetry.flush(Duration::from_secs(20));
    assert_eq!(telemetry.delivery().expect("there is a URL").dropped.logs, LOST);
    #[cfg(feature = "system-metrics")]
    machine::wait_for_load(&memory);
    drop(telemetry);

    let recorded = memory.recorded().expect("blocks are whole");
    // The next one may tell of the warning, which was refused as well.
    assert_eq!(values(&recorded, "telemetry_dropped_logs", "count")[0], LOST as f64);
    assert!(values(&recorded, "telemetry_dropped_traces", "count").is_empty());
    let warning = recorded.logs.iter().find(|entry| entry.level == 3).expect("a warning");
    let text = &warning.message;
    assert!(text.starts_with("telemetry was lost: 7 log entries, "), "{text}");
    #[cfg(feature = "system-metrics")]
    machine::check(&memory, &recorded);
}

#[cfg(feature = "system-metrics")]
mod machine {
    use super::*;
    use std::time::Instant;

    pub(super) fn wait_for_load(memory: &MemorySink) {
        let begin = Instant::now();
        while values(&memory.recorded().expect("whole"), "cpu_usage", "percent").len() < 2 {
            assert!(begin.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(super) fn check(memory: &MemorySink, recorded: &Recorded) {
        let last = |name, unit| values(recorded, name, unit).last().copied().expect(name);
        let total = last("total_memory", "bytes");
        assert!(last("used_memory", "bytes") > 0.0 && last("used_memory", "bytes") < total);
        assert!(last("free_memory", "bytes") < total);
        let load = last("cpu_usage", "percent");
        assert!((0.0..=100.0).contains(&load), "{load}");
        let resident = last("process_resident_bytes", "bytes");
        assert!(resident > 1e6 && resident < total, "{resident}");
        assert!(last("process_virtual_bytes", "bytes") >= resident);
        let processes = memory.processes();
        let properties = &processes[0].properties;
        for name in ["physical_core_count", "logical_cpu_count"] {
            let count: u64 = properties[name].parse().expect("a number");
            assert!(count > 0);
        }
        assert_eq!(properties["total_memory"], "the host knows better");
    }
}
