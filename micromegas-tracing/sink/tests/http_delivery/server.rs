//! A server that answers as a script says, and keeps what it was sent.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
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

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
    pub(crate) behaviour: Behaviour,
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) script: Arc<Mutex<Vec<Behaviour>>>,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers the first requests as the script says, all others with 200.
    pub(crate) fn start(script: &[Behaviour]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = Self {
            address: listener.local_addr().expect("an address"),
            script: Arc::new(Mutex::new(script.iter().rev().copied().collect())),
            requests: Arc::default(),
        };
        let accepting = server.clone();
        let accept = move || {
            for connection in listener.incoming() {
                let _ = connection.and_then(|connection| accepting.serve(connection));
            }
        };
        Builder::new().name("server".to_owned()).spawn(accept).expect("threads can be started");
        server
    }

    fn serve(&self, connection: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(connection.try_clone()?);
        let mut writer = connection;
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
            self.requests.lock().expect("not poisoned").push(Request {
                path,
                authorization: header("authorization"),
                content_type: header("content-type"),
                body,
                at: Instant::now(),
                behaviour,
            });
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
            };
            let length = text.len();
            write!(writer, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{text}")?;
        }
    }
}
