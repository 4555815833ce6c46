//! The listener: how many connections there are, and the end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use micromegas_tracing::prelude::*;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::connection;

/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What connections may do before they have asked for anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// How long the head of a request may take, from the connection or the answer before it: so
    /// long idle connections are kept, too.
    pub(crate) head_timeout: Duration,
    /// How many connections there may be; others wait until one ends.
    pub(crate) connections_max: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { head_timeout: Duration::from_secs(30), connections_max: 8192 }
    }
}

/// Serves until it is told to stop, then finishes what was accepted: requests under way get their
/// answers, and connections without one are closed.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    // Connections stop when the sender is gone.
    let (running, stopping) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let next = async {
            // The semaphore is never closed.
            let place = Arc::clone(&places).acquire_owned().await;
            (accept(&listener).await, place)
        };
        let (stream, place) = tokio::select! {
            next = next => next,
            Some(_) = connections.join_next() => continue,
            () = &mut stop => break,
        };
        let connection =
            connection::run(stream, app.clone(), limits.head_timeout, stopping.clone());
        connections.spawn(async move {
            let _place = place;
            connection.await;
        });
    }
    // Nobody else gets in while those who are in get their answers.
    drop(listener);
    drop(running);
    while connections.join_next().await.is_some() {}
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are short; without this they would wait for one another. A connection
                // that does not take the option is served all the same.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                warn!("a connection cannot be accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const HEAD_TIMEOUT: Duration = Duration::from_millis(300);
    const REQUEST: &[u8] = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";
    /// What a client of HTTP/2 begins with.
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const NO_SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    /// A frame that begins a request whose head is not at its end: `:method: GET`.
    const UNFINISHED_HEADERS: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82];

    /// A server whose one route takes half a second.
    async fn start(connections_max: usize) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            "done"
        };
        let app = Router::new().route("/slow", get(slow));
        let limits = ConnectionLimits { head_timeout: HEAD_TIMEOUT, connections_max };
        let (stop, stopped) = oneshot::channel();
        let server = serve(listener, app, limits, async {
            let _ = stopped.await;
        });
        (address, stop, tokio::spawn(server))
    }

    /// Everything that comes until the server ends the connection.
    async fn read_all(mut stream: TcpStream) -> String {
        let mut bytes = Vec::new();
        // A reset is an end, too.
        let _ = stream.read_to_end(&mut bytes).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[tokio::test]
    async fn who_does_not_finish_a_head_in_time_is_cut_off() {
        let (address, _stop, _server) = start(10).await;
        let half_a_preface = PREFACE.split_at(9).0;
        let heads: [&[u8]; 7] = [
            b"",
            b"P",
            b"GET /slow HTTP/1.1\r\n",
            b"GET /slow HTTP/1.1\r\nx: y",
            half_a_preface,
            PREFACE,
            &[PREFACE, NO_SETTINGS, UNFINISHED_HEADERS].concat(),
        ];
        for head in heads {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(head).await.unwrap();
            let start = Instant::now();
            let answer = read_all(stream).await;
            assert!(!answer.contains("200 OK"), "{answer}");
            assert!(start.elapsed() < 5 * SECOND, "{head:?}: {:?}", start.elapsed());
        }
    }

    #[tokio::test]
    async fn a_head_that_trickles_is_cut_off() {
        let (address, _stop, _server) = start(10).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let start = Instant::now();
        while stream.write_all(b"x").await.is_ok() && start.elapsed() < 10 * HEAD_TIMEOUT {
            tokio::time::sleep(HEAD_TIMEOUT / 10).await;
        }
        assert!(start.elapsed() < 10 * HEAD_TIMEOUT);
    }

    #[tokio::test]
    async fn what_was_accepted_is_finished_and_nothing_else_begins() {
        let (address, stop, server) = start(10).await;
        let mut asking = TcpStream::connect(address).await.unwrap();
        asking.write_all(REQUEST).await.unwrap();
        let idle = TcpStream::connect(address).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.send(()).unwrap();
        let answer = read_all(asking).await;
        assert!(answer.contains("200 OK") && answer.ends_with("done"), "{answer}");
        assert_eq!(read_all(idle).await, "");
        server.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait_for_their_turn() {
        let (address, _stop, _server) = start(1).await;
        let silent = TcpStream::connect(address).await.unwrap();
        let mut asking = TcpStream::connect(address).await.unwrap();
        asking.write_all(REQUEST).await.unwrap();
        // The silent one is cut off, and the other one gets its answer after all.
        let (silent, answer) = tokio::join!(read_all(silent), read_all(asking));
        assert_eq!(silent, "");
        assert!(answer.contains("200 OK"), "{answer}");
    }
}
