//! A server on loopback that keeps what it is sent.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

const BODY_BYTES_MAX: usize = 16 << 20;

/// A request: the last part of its path, and its body.
pub(crate) type Request = (String, Vec<u8>);

/// Answers every request with an empty 200.
pub(crate) struct Server {
    url: String,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("server".to_owned())
            .spawn(move || serve(&listener, &seen))?;
        Ok(Self { url, stop, thread })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server; all requests that were begun are in the result.
    pub(crate) fn stop(self) -> Result<Vec<Request>> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().ok().context("the server panicked")?
    }
}

fn serve(listener: &TcpListener, stop: &AtomicBool) -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    loop {
        match listener.accept() {
            Ok((stream, _)) => requests.push(answer(stream)?),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if stop.load(Ordering::Acquire) {
                    return Ok(requests);
                }
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn answer(stream: TcpStream) -> Result<Request> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).context("a request line without a path")?.to_owned();
    let mut length = None;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse::<usize>()?);
        }
    }
    let length = length.context("a request without a length")?;
    ensure!(length <= BODY_BYTES_MAX, "a request of {length} bytes");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut stream = reader.into_inner();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    let command = path.rsplit('/').next().unwrap_or_default();
    Ok((command.to_owned(), body))
}
