//! Who kills servers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::server::Servers;

pub(super) struct Killer {
    random: fastrand::Rng,
    servers: Arc<Servers>,
}

impl Killer {
    pub(super) fn new(random: fastrand::Rng, servers: Arc<Servers>) -> Self {
        Self { random, servers }
    }

    /// Kills and starts servers at random moments until it is told to stop; then all run.
    pub(super) async fn run(mut self, mut stopping: watch::Receiver<()>) -> Vec<String> {
        let mut kill_count = 0;
        loop {
            let life = Duration::from_millis(self.random.u64(50..2_500));
            tokio::select! {
                () = tokio::time::sleep(life) => {}
                _ = stopping.changed() => return vec![format!("{kill_count} kills")],
            }
            let slot = self.random.usize(..self.servers.count());
            self.servers.kill(slot).await;
            kill_count += 1;
            tokio::time::sleep(Duration::from_millis(self.random.u64(..300))).await;
            self.servers.start_one(slot).await;
        }
    }
}
