//! From macros in a program to SQL on the command line, with nothing but the programs themselves.

use crate::server::Server;
use crate::started::{INSTRUMENT, run};

/// How many items the sixty orders of the program `instrument` have.
pub(crate) fn expected_items() -> i64 {
    order_numbers().map(items_of).sum()
}

fn order_numbers() -> impl Iterator<Item = i64> {
    (0..3).flat_map(|worker| (0..20).map(move |n| worker * 1_000 + n))
}

fn items_of(order: i64) -> i64 {
    1 + order % 7
}

#[test]
fn what_a_program_records_is_in_sql_when_it_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let output = run(INSTRUMENT, &[&server.ingestion_url]).output();
    assert!(output.contains("micromegas query \"SELECT"), "{output}");

    let process_id = server.texts("SELECT process_id FROM processes").remove(0);
    let exe = server.texts("SELECT exe FROM processes").remove(0);
    assert!(exe.contains("instrument"), "{exe}");

    let messages = server.texts("SELECT msg FROM log_entries WHERE level = 4 ORDER BY time");
    assert_eq!(messages.first().map(String::as_str), Some("the shop opens"));
    assert_eq!(messages.last().map(String::as_str), Some("the shop closes"));
    assert_eq!(messages.len(), 2 + 3);

    let expensive = order_numbers().filter(|order| items_of(*order) == 7).count() as i64;
    let warnings = "SELECT count(*) FROM log_entries WHERE level = 3 AND target = 'shop::limits'";
    assert_eq!(server.number(warnings), expensive);

    assert_eq!(server.number("SELECT count(*) FROM measures WHERE name = 'order_items'"), 60);
    let items = "SELECT CAST(sum(value) AS BIGINT) FROM measures WHERE name = 'order_items'";
    assert_eq!(server.number(items), expected_items());
    let units = server.texts("SELECT DISTINCT unit FROM measures ORDER BY unit");
    assert_eq!(units, ["count", "euro"]);

    let spans = count_spans(&server);
    assert_eq!(spans, [("price_item", expected_items()), ("price_order", 60), ("price_orders", 3)]);

    let asyncs = format!(
        "SELECT count(*) FROM view_instance('async_events', '{process_id}') WHERE name LIKE '%store_order'"
    );
    assert_eq!(server.number(&asyncs), 2 * 60);
}

/// How often each function was called on the pricing threads, by the last part of its name.
fn count_spans(server: &Server) -> [(&'static str, i64); 3] {
    let streams = server.texts(
        "SELECT stream_id FROM streams WHERE array_has(tags, 'cpu') \
         AND property_get(properties, 'thread-name') LIKE 'pricing-%'",
    );
    assert_eq!(streams.len(), 3);
    ["price_item", "price_order", "price_orders"].map(|name| {
        let count = |stream_id: &String| {
            server.number(&format!(
                "SELECT count(*) FROM view_instance('thread_spans', '{stream_id}') \
                 WHERE name LIKE '%{name}'"
            ))
        };
        (name, streams.iter().map(count).sum())
    })
}
