//! A server that speaks S3, in this process, with faults in front of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing in particular.
    None,
    /// The answer comes late.
    Latency(Duration),
    /// An internal error; nothing is done.
    InternalError,
    /// 503 SlowDown; nothing is done.
    SlowDown,
    /// The connection is reset before anything is done.
    ResetBefore,
    /// The request is done, and the connection reset in place of an answer.
    ResetAfter,
}

/// The faults of the requests to come, by the number of the request.
type Plan = Box<dyn Fn(u64) -> Fault + Send + Sync>;

/// The server; it ends with this value.
pub(crate) struct S3Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    _directory: TempDir,
}

struct Shared {
    service: S3Service,
    plan: Mutex<Plan>,
    request_count: AtomicU64,
}

impl S3Server {
    /// Starts a server with an empty bucket `lake`.
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("lake")).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(directory.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single("key", "secret"));
        let shared = Arc::new(Shared {
            service: builder.build(),
            plan: Mutex::new(Box::new(|_| Fault::None)),
            request_count: AtomicU64::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, task, _directory: directory }
    }

    /// The URL of a folder in the bucket.
    pub(crate) fn url(&self) -> String {
        format!(
            "s3://lake/some/folder?endpoint=http://{}&allow_http=true&region=us-east-1\
             &access_key_id=key&secret_access_key=secret",
            self.address
        )
    }

    /// Changes what happens to requests from now on, which are numbered from 0.
    pub(crate) fn set_faults(&self, plan: impl Fn(u64) -> Fault + Send + Sync + 'static) {
        *self.shared.plan.lock().unwrap() = Box::new(plan);
        self.shared.request_count.store(0, Ordering::Relaxed);
    }

    pub(crate) fn request_count(&self) -> u64 {
        self.shared.request_count.load(Ordering::Relaxed)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((socket, _)) = listener.accept().await {
        // A connection that ends by an error is reset, not closed.
        socket.set_zero_linger().unwrap();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let answer = service_fn(|request| answer(&shared, request));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), answer)
                .await;
        });
    }
}

async fn answer(
    shared: &Shared,
    request: Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let number = shared.request_count.fetch_add(1, Ordering::Relaxed);
    let fault = (shared.plan.lock().unwrap())(number);
    match fault {
        Fault::Latency(latency) => tokio::time::sleep(latency).await,
        Fault::InternalError => return Ok(refusal(500, "InternalError")),
        Fault::SlowDown => return Ok(refusal(503, "SlowDown")),
        Fault::ResetBefore => return Err(std::io::ErrorKind::ConnectionReset.into()),
        Fault::None | Fault::ResetAfter => {}
    }
    let answer = shared.service.call(request.map(Body::from)).await;
    let answer = answer.map_err(|_| std::io::Error::other("the server failed"))?;
    if fault == Fault::ResetAfter {
        return Err(std::io::ErrorKind::ConnectionReset.into());
    }
    Ok(answer)
}

fn refusal(status: u16, code: &str) -> Response<Body> {
    let body = format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>");
    Response::builder().status(status).body(Body::from(body)).unwrap()
}
