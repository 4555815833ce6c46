//! A server that answers as a script says, and keeps what it was sent.

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::Builder;
use std::time::Instant;

/// What the server does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Takes it.
    Accept,
    /// Answers 503 and asks for a second of patience.
    Busy,
    /// Answers 500.
    Fail,
    /// Takes it and closes the connection without an answer.
    Hang,
    /// Refuses blocks for good.
    Refuse,
    /// Takes it, and says which planar blocks it reads.
    Offer(&'static str),
    /// Answers 503, and says which planar blocks it reads.
    BusyOffer(&'static str),
    /// Refuses blocks for good, and says which planar blocks it reads.
    RefuseOffer(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) control: String,
    pub(crate) authorization: String,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
    pub(crate) behaviour: Behaviour,
}

/// Status line, headers and body of an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// `200 OK` if empty.
    pub(crate) status: &'static str,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

type Handler = dyn Fn(&Request) -> Answer + Send + Sync;

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) script: Arc<Mutex<Vec<Behaviour>>>,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
    handler: Option<Arc<Handler>>,
}

impl Server {
    /// Answers the first requests as the script says, all others with 200.
    pub(crate) fn start(script: &[Behaviour]) -> Self {
        Self::listen("127.0.0.1:0", script, None)
    }

    /// Answers each request as `handler` says.
    pub(crate) fn answering(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1:0", &[], Some(Arc::new(handler)))
    }

    /// The same as `start`, at a given address.
    pub(crate) fn start_at(address: SocketAddr, script: &[Behaviour]) -> Self {
        Self::listen(&address.to_string(), script, None)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far whose path ends like this.
    pub(crate) fn requests_to(&self, path: &str) -> Vec<Request> {
        let requests = self.requests.lock().expect("not poisoned");
        requests.iter().filter(|request| request.path.ends_with(path)).cloned().collect()
    }

    /// Takes everything, over TLS.
    pub(crate) fn start_tls(tls: ServerConfig) -> Self {
        let (server, listener) = Self::bind("127.0.0.1:0", &[], None);
        let tls = Arc::new(tls);
        server.accept(listener, move |server, connection| {
            let session = ServerConnection::new(Arc::clone(&tls)).map_err(Error::other)?;
            server.serve(StreamOwned::new(session, connection))
        });
        server
    }

    fn listen(address: &str, script: &[Behaviour], handler: Option<Arc<Handler>>) -> Self {
        let (server, listener) = Self::bind(address, script, handler);
        server.accept(listener, Self::serve);
        server
    }

    fn bind(
        address: &str,
        script: &[Behaviour],
        handler: Option<Arc<Handler>>,
    ) -> (Self, TcpListener) {
        let listener = TcpListener::bind(address).expect("a free port");
        let server = Self {
            address: listener.local_addr().expect("an address"),
            script: Arc::new(Mutex::new(script.iter().rev().copied().collect())),
            requests: Arc::default(),
            handler,
        };
        (server, listener)
    }

    fn accept(
        &self,
        listener: TcpListener,
        serve: impl Fn(&Self, TcpStream) -> Result<()> + Send + Sync + 'static,
    ) {
        let server = self.clone();
        let serve = Arc::new(serve);
        let accept = move || {
            // Each connection on a thread of its own: a client may keep several.
            for connection in listener.incoming().flatten() {
                let (server, serve) = (server.clone(), Arc::clone(&serve));
                let serve = move || drop(serve(&server, connection));
                Builder::new().name("connection".to_owned()).spawn(serve).expect("can start");
            }
        };
        Builder::new().name("server".to_owned()).spawn(accept).expect("threads can be started");
    }

    fn serve(&self, connection: impl Read + Write) -> Result<()> {
        let mut reader = BufReader::new(connection);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut headers = HashMap::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                match line.trim().split_once(": ") {
                    Some((name, value)) => headers.insert(name.to_lowercase(), value.to_owned()),
                    None => break,
                };
            }
            let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
            let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
            reader.read_exact(&mut body)?;
            let behaviour =
                self.script.lock().expect("not poisoned").pop().unwrap_or(Behaviour::Accept);
            let request = Request {
                path,
                control: header("micromegas-control"),
                authorization: header("authorization"),
                content_type: header("content-type"),
                body,
                at: Instant::now(),
                behaviour,
            };
            self.requests.lock().expect("not poisoned").push(request.clone());
            if let Some(handler) = &self.handler {
                let Answer { status, headers, body } = handler(&request);
                let status = if status.is_empty() { "200 OK" } else { status };
                let headers: String =
                    headers.iter().map(|header| format!("{header}\r\n")).collect();
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
                // In one piece, or the client's system waits for more.
                write(&mut reader, &(head + &body))?;
                continue;
            }
            let (status, text) = match behaviour {
                Behaviour::Accept => ("200 OK".to_owned(), ""),
                Behaviour::Offer(value) => (format!("200 OK\r\nMicromegas-Accept: {value}"), ""),
                Behaviour::BusyOffer(value) => {
                    (format!("503 Busy\r\nMicromegas-Accept: {value}"), "busy")
                }
                Behaviour::RefuseOffer(value) => {
                    (format!("400 Bad\r\nMicromegas-Accept: {value}"), "bad")
                }
                Behaviour::Busy => ("503 Busy\r\nRetry-After: 1".to_owned(), "busy"),
                Behaviour::Hang => return Ok(()),
                Behaviour::Refuse => ("400 Bad".to_owned(), "bad"),
                Behaviour::Fail => ("500 Failed".to_owned(), "failed"),
            };
            let length = text.len();
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{text}");
            write(&mut reader, &answer)?;
        }
    }
}

fn write(connection: &mut BufReader<impl Read + Write>, answer: &str) -> Result<()> {
    let connection = connection.get_mut();
    connection.write_all(answer.as_bytes())?;
    connection.flush()
}
