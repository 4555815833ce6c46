//! The three small programs that newcomers copy.

use crate::sender::Sender;
use crate::started::{INSTRUMENT, MOUNT_INGESTION, REGISTER_TABLES, Started, run};

#[test]
fn mount_ingestion_serves_its_own_routes_and_takes_telemetry() {
    let mut program = Started::new(MOUNT_INGESTION, &["127.0.0.1:0"]);
    let line = program.next_line();
    let page = line.rsplit(' ').next().unwrap().to_owned();
    let telemetry = program.next_line().rsplit(' ').next().unwrap().to_owned();
    let sender = Sender::new();
    let visit = || sender.get(&page).unwrap().text;
    assert_eq!(visit(), "visit 1: 0 events in 0 blocks so far\n");

    run(INSTRUMENT, &[&telemetry]).output();

    let visited = visit();
    assert!(visited.starts_with("visit 2: "), "{visited}");
    assert!(!visited.contains(" 0 events"), "{visited}");
    assert_eq!(sender.get(&format!("{telemetry}/ready")).unwrap().status, 200);
}

#[test]
fn register_tables_joins_telemetry_with_a_table_of_its_own() {
    let output = run(REGISTER_TABLES, &[]).output();
    let row = |team: &str| {
        let line = output.lines().find(|line| line.contains(team));
        line.unwrap_or_else(|| panic!("no {team} in {output}")).to_owned()
    };
    let money = row("Team Money");
    assert!(money.contains("| shop::payment | 3 "), "{output}");
    assert!(money.contains("order 3 is paid"), "{output}");
    assert!(row("Team Find").contains("| shop::search  | 2 "), "{output}");
    assert!(!output.contains("Team Nobody"), "{output}");
}

#[test]
fn instrument_says_when_nobody_takes_what_it_sends() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = run(INSTRUMENT, &[&format!("http://{free}")]);
    assert_eq!(ended.status.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("micromegas serve"), "{ended:#?}");
}
