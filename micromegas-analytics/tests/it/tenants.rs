//! A principal sees the union of its tenants, and nothing else.

use datafusion::prelude::SessionContext;
use micromegas_lakehouse::{NewAuditRecord, Principal, Rights, Tenant};

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess, lines};

async fn send(lake: &TestLake, tenant: &Tenant, message: &str) -> (String, String) {
    let process = TestProcess::new();
    let (mut log, mut thread) = (process.log_stream(), process.thread_stream());
    let sink = &lake.lake;
    sink.insert_process(tenant, process.info.clone()).await.unwrap();
    sink.insert_stream(tenant, log.info.clone()).await.unwrap();
    sink.insert_stream(tenant, thread.info.clone()).await.unwrap();
    let entry = Event::Log { ticks: START_TICKS, level: 4, message: message.to_owned() };
    sink.insert_block(tenant, log.block(&[entry])).await.unwrap();
    let span = Event::Begin { ticks: START_TICKS, name: message.to_owned() };
    sink.insert_block(tenant, thread.block(&[span])).await.unwrap();
    (process.id(), thread.id())
}

async fn query(context: &SessionContext, sql: &str) -> Vec<String> {
    lines(&context.sql(sql).await.unwrap().collect().await.unwrap())
}

#[tokio::test]
async fn each_table_shows_the_tenants_of_the_principal_only() {
    let lake = TestLake::new();
    let [red, blue] = ["red", "blue"].map(|name| Tenant::new(name).unwrap());
    let (red_process, red_thread) = send(&lake, &red, "red").await;
    send(&lake, &blue, "blue").await;
    for is_written in [false, true] {
        if is_written {
            for tenant in [&red, &blue] {
                lake.materializer().materialize(tenant, "log_entries").await.unwrap();
            }
        }
        for (tenants, expected) in [
            (vec![red.clone()], vec!["red"]),
            (vec![blue.clone()], vec!["blue"]),
            (vec![red.clone(), blue.clone()], vec!["blue", "red"]),
        ] {
            let count = expected.len().to_string();
            let sees_red = tenants.contains(&red);
            let principal = Principal::new("someone", tenants, Rights::QUERY).unwrap();
            let context = lake.context_of(principal);
            let messages = query(&context, "SELECT msg FROM log_entries ORDER BY msg").await;
            assert_eq!(messages, expected);
            let processes = query(&context, "SELECT count(*) FROM processes").await;
            assert_eq!(processes, std::slice::from_ref(&count));
            let streams = query(&context, "SELECT count(*) / 2 FROM streams").await;
            assert_eq!(streams, std::slice::from_ref(&count));
            let blocks = query(&context, "SELECT count(*) / 2 FROM blocks").await;
            assert_eq!(blocks, [count]);
            let log = format!("SELECT msg FROM view_instance('log_entries', '{red_process}')");
            assert_eq!(query(&context, &log).await.is_empty(), !sees_red);
            let spans = format!("SELECT name FROM view_instance('thread_spans', '{red_thread}')");
            assert_eq!(query(&context, &spans).await.is_empty(), !sees_red);
        }
    }
}

#[tokio::test]
async fn without_the_right_to_query_there_is_nothing() {
    let lake = TestLake::new();
    let red = Tenant::new("red").unwrap();
    send(&lake, &red, "red").await;
    let principal = Principal::new("writer", vec![red], Rights::INGEST).unwrap();
    let context = lake.context_of(principal);
    assert!(query(&context, "SELECT * FROM log_entries").await.is_empty());
    assert!(query(&context, "SELECT * FROM processes").await.is_empty());
}

#[tokio::test]
async fn the_audit_log_is_for_admins_of_its_tenant() {
    let lake = TestLake::new();
    let [red, blue] = ["red", "blue"].map(|name| Tenant::new(name).unwrap());
    let store = lake.lake.lakehouse().store();
    for tenant in [&red, &blue] {
        let record = NewAuditRecord::new(tenant.clone(), "ada", "thing.do", tenant.as_str());
        store.append_audit(vec![record.with("why", "because")]).await.unwrap();
    }
    let sql = "SELECT tenant, actor, action, target, property_get(details, 'why') FROM audit_log \
               WHERE time > now() - interval '1 hour' ORDER BY number";
    let asked = |tenants: Vec<Tenant>, rights| {
        let context = lake.context_of(Principal::new("someone", tenants, rights).unwrap());
        async move { query(&context, sql).await }
    };
    let admin = Rights::QUERY | Rights::ADMIN;
    let of_red = "red|ada|thing.do|red|because";
    assert_eq!(asked(vec![red.clone()], admin).await, [of_red]);
    let both = asked(vec![red.clone(), blue], admin).await;
    assert_eq!(both, [of_red, "blue|ada|thing.do|blue|because"]);
    assert!(asked(vec![red.clone()], Rights::QUERY).await.is_empty());
    assert!(asked(vec![red], Rights::ADMIN).await.is_empty());
}
