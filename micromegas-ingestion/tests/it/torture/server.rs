//! Servers in processes of their own, that can be killed.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use micromegas_ingestion::{IngestionOptions, IngestionService, router};
use micromegas_lakehouse::{Error, Lake, LakeOptions, Lakehouse};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::faulty_objects::{Fault, FaultyObjects};
use super::place::{Place, open_shared};

/// Tells a process of this program what to serve.
const ORDER: &str = "MICROMEGAS_TORTURED_SERVER";

fn order() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the way from a test to its child")]
    std::env::var(ORDER).ok()
}

/// The server that is killed. Without an order it is an empty test.
#[tokio::test(flavor = "multi_thread")]
async fn serve() {
    let Some(order) = order() else { return };
    let lakehouse = open(&order).await;
    let (faults, fault) = watch::channel(Fault::None);
    let objects = FaultyObjects { objects: Arc::clone(lakehouse.objects()), fault };
    // The lock of the directory is kept with the first handle.
    let faulty = Lakehouse::new(Arc::clone(lakehouse.store()), Arc::new(objects));
    let lake_options = LakeOptions { sweep_period: Duration::from_secs(1), ..Default::default() };
    let lake = Lake::new(faulty, lake_options);
    let service = IngestionService::with_lake(lake, IngestionOptions::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\naddress {}", listener.local_addr().unwrap());
    let orders = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            faults.send_replace(Fault::from_name(&line).unwrap());
        }
    });
    tokio::select! {
        served = axum::serve(listener, router(Arc::new(service))) => served.unwrap(),
        // Whoever has started it is gone.
        _ = orders => {}
    }
}

async fn open(order: &str) -> Lakehouse {
    if order.contains(' ') {
        return open_shared(order).await;
    }
    loop {
        match Lakehouse::open_local(order).await {
            Ok(lakehouse) => return lakehouse,
            // Somebody else has the database for a while.
            Err(Error::Unavailable { .. }) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// The servers of a lake.
pub(super) struct Servers {
    order: String,
    slots: Vec<Mutex<Option<Running>>>,
    fault: Mutex<Fault>,
}

struct Running {
    address: SocketAddr,
    process: Child,
    orders: ChildStdin,
}

impl Servers {
    pub(super) async fn start(place: &Place, count: usize) -> Self {
        let slots = (0..count).map(|_| Mutex::new(None)).collect();
        let servers = Self { order: place.order(), slots, fault: Mutex::new(Fault::None) };
        for slot in 0..count {
            servers.start_one(slot).await;
        }
        servers
    }

    pub(super) fn count(&self) -> usize {
        self.slots.len()
    }

    /// The address of one that runs.
    pub(super) fn any(&self, random: &mut fastrand::Rng) -> Option<SocketAddr> {
        let slot = &self.slots[random.usize(..self.slots.len())];
        slot.lock().unwrap().as_ref().map(|running| running.address)
    }

    /// Starts a server, which answers when this returns.
    pub(super) async fn start_one(&self, slot: usize) {
        let order = self.order.clone();
        let mut running =
            tokio::task::spawn_blocking(move || Running::start(&order)).await.unwrap();
        let fault = self.fault.lock().unwrap();
        running.tell(*fault);
        *self.slots[slot].lock().unwrap() = Some(running);
    }

    /// Kills a server as `kill -9` does. It must not have ended by itself.
    pub(super) async fn kill(&self, slot: usize) {
        let Some(mut running) = self.slots[slot].lock().unwrap().take() else { return };
        let ended = running.process.try_wait().unwrap();
        assert!(ended.is_none(), "a server ended by itself: {ended:?}");
        running.process.kill().unwrap();
        running.process.wait().unwrap();
    }

    pub(super) async fn kill_all(&self) {
        for slot in 0..self.count() {
            self.kill(slot).await;
        }
    }

    /// What happens to requests to the object store from now on, inside of the servers.
    pub(super) fn set_fault(&self, fault: Fault) {
        let mut current = self.fault.lock().unwrap();
        *current = fault;
        for slot in &self.slots {
            if let Some(running) = slot.lock().unwrap().as_mut() {
                running.tell(fault);
            }
        }
    }
}

impl Running {
    fn start(order: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "torture::server::serve", "--nocapture", "--test-threads=1"])
            .env(ORDER, order)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = process.stdin.take().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut addresses = lines.map_while(Result::ok).filter_map(|line| {
            line.strip_prefix("address ").and_then(|address| address.parse().ok())
        });
        let address = addresses.next().expect("a server says where it is");
        Self { address, process, orders }
    }

    fn tell(&mut self, fault: Fault) {
        // A server that was killed this instant needs not know.
        let _ = writeln!(self.orders, "{}", fault.name());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be dead.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
