//! The run itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::chaos::Chaos;
use super::check::check;
use super::client::Client;
use super::killer::Killer;
use super::place::Place;
use super::server::Servers;
use super::settings::Settings;
use super::told::Told;
use super::watcher::Watcher;

/// Clients of each lake.
const CLIENT_COUNT: u64 = 10;
/// How long clients may take to get rid of the rest once nothing fails any more.
const REST_TIME_MAX: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_once_whatever_fails() {
    let settings = Settings::of_this_process();
    println!("torture: seed {}, {} s", settings.seed, settings.time.as_secs());
    let (embedded, shared) = futures::join!(Place::embedded(), async { Place::shared().await });
    futures::join!(torture(embedded, 1, settings), torture(shared, 2, settings));
}

async fn torture(place: Place, server_count: usize, settings: Settings) {
    let place = Arc::new(place);
    let told = Arc::new(Told::default());
    let servers = Arc::new(Servers::start(&place, server_count).await);
    let (running, stopping) = watch::channel(());
    let random = |actor: u64| fastrand::Rng::with_seed(settings.seed ^ (actor << 32));

    let mut clients = JoinSet::new();
    for number in 0..CLIENT_COUNT {
        let client = Client::new(random(1 + number), Arc::clone(&servers), Arc::clone(&told));
        clients.spawn(client.run(stopping.clone()));
    }
    let mut disturbers = JoinSet::new();
    let killer = Killer::new(random(100), Arc::clone(&servers));
    disturbers.spawn(killer.run(stopping.clone()));
    let chaos = Chaos::new(random(101), Arc::clone(&place), Arc::clone(&servers));
    disturbers.spawn(chaos.run(stopping.clone()));
    let watcher = Watcher::new(place.view().await, Arc::clone(&told));
    let watching = tokio::spawn(watcher.run(stopping.clone()));

    tokio::time::sleep(settings.time).await;
    drop((running, stopping));
    let events: Vec<String> = disturbers.join_all().await.into_iter().flatten().collect();
    let rest = tokio::time::timeout(REST_TIME_MAX, clients.join_all()).await;
    rest.expect("clients get rid of the rest once nothing fails");
    servers.kill_all().await;
    let seen = watching.await.unwrap();
    let checked = check(&place, &told, seen).await;
    println!("torture of {}: {told}; {}; {checked}", place.name(), events.join(", "));
}
