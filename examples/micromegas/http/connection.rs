//! One connection, from its first byte to its end.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower::ServiceExt;

use super::activity::Activity;

/// How long a connection that was told to end, and that owes no answer, may take to do so.
const GOODBYE: Duration = Duration::from_secs(2);

/// Serves requests of either version, as the first bytes tell, until the client ends the
/// connection, or does not begin a request in time, or all connections are to stop. In the last
/// case requests under way get their answers.
pub(super) async fn run(
    stream: TcpStream,
    app: Router,
    head_timeout: Duration,
    stop: watch::Receiver<()>,
) {
    let activity = Activity::new();
    let service = service_fn(|request: Request<Incoming>| {
        let underway = activity.begin();
        let answer = app.clone().oneshot(request);
        async move {
            let answer = answer.await;
            drop(underway);
            answer
        }
    });
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(head_timeout);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    watch_over(connection, &activity, head_timeout, stop).await;
}

/// Lets a connection go on until it ends or has to.
async fn watch_over(
    connection: impl GracefulConnection,
    activity: &Activity,
    idle_max: Duration,
    mut stop: watch::Receiver<()>,
) {
    let mut connection = pin!(connection);
    // How a client has ended its connection is its own matter.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = activity.idle_for(idle_max) => {}
        // Nothing is ever sent: the sender goes when all connections are to stop.
        _ = stop.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    let patience = async {
        tokio::time::sleep(GOODBYE).await;
        activity.idle_for(GOODBYE).await;
    };
    tokio::select! {
        _ = connection => {}
        () = patience => {}
    }
}
