//! Two instrumented programs at the same time: nothing of one is lost or taken for the other's.

use serde_json::Value;

use crate::server::Server;
use crate::started::{INSTRUMENT, Started};
use crate::whole_path::expected_items;

#[test]
fn two_programs_at_once_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let programs = [0, 1].map(|_| Started::new(INSTRUMENT, &[server.ingestion_url.as_str()]));
    for program in programs {
        program.wait().output();
    }
    let processes = server.texts("SELECT process_id FROM processes");
    assert_eq!(processes.len(), 2);
    assert_ne!(processes[0], processes[1]);
    for process_id in &processes {
        let count = |from: &str| {
            server.number(&format!("SELECT count(*) FROM {from} WHERE process_id = '{process_id}'"))
        };
        assert_eq!(count("measures"), 2 * 60);
        let sum = format!(
            "SELECT sum(value) AS items FROM measures \
             WHERE process_id = '{process_id}' AND name = 'order_items'"
        );
        let rows = server.rows(&sum);
        assert_eq!(rows[0]["items"].as_f64(), Some(expected_items() as f64));
        let opens = format!(
            "SELECT msg FROM log_entries WHERE process_id = '{process_id}' AND msg LIKE 'the shop%' \
             ORDER BY time"
        );
        assert_eq!(server.texts(&opens), ["the shop opens", "the shop closes"]);
    }
    let total = server.rows("SELECT count(*) AS n FROM measures");
    assert_eq!(total, [serde_json::json!({ "n": 4 * 60 })] as [Value; 1]);
}
