//! A raw HTTP/1.1 server for tests: it says exactly what it is told to, also things that no proper server would.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use super::{Egress, Outlet, OutletSettings, Request};
use crate::seam::{self, Clock};

/// What the server does with a request.
pub(super) enum Reply {
    /// Answers and keeps the socket.
    Say(String),
    /// Answers and closes the socket without having said so.
    SayThenClose(String),
    /// Answers after a pause.
    SayLate(Duration, String),
    /// Closes the socket without an answer.
    Close,
    /// Sends this text again and again, with a pause between.
    Drip(&'static str, String, Duration),
}

#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) head: String,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

#[derive(Clone)]
pub(super) struct TestServer {
    pub(super) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    sockets: Arc<AtomicUsize>,
}

type Handler = dyn Fn(&Seen) -> Reply + Send + Sync;

impl TestServer {
    pub(super) async fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(None, handler).await
    }

    pub(super) async fn start_with(
        tls: Option<tokio_rustls::TlsAcceptor>,
        handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server =
            Self { port: listener.local_addr().unwrap().port(), seen: Arc::default(), sockets: Arc::default() };
        let (own, handler): (_, Arc<Handler>) = (server.clone(), Arc::new(handler));
        seam::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                own.sockets.fetch_add(1, Ordering::SeqCst);
                socket.set_nodelay(true).unwrap();
                let (own, handler, tls) = (own.clone(), Arc::clone(&handler), tls.clone());
                seam::spawn(async move {
                    match tls {
                        None => own.serve(socket, &*handler).await,
                        Some(tls) => match tls.accept(socket).await {
                            Ok(socket) => own.serve(socket, &*handler).await,
                            Err(_) => Some(()),
                        },
                    }
                });
            }
        });
        server
    }

    async fn serve(&self, mut socket: impl AsyncRead + AsyncWrite + Unpin, handler: &Handler) -> Option<()> {
        let mut buffer = Vec::new();
        loop {
            let seen = read_request(&mut socket, &mut buffer).await?;
            self.seen.lock().push(seen.clone());
            match handler(&seen) {
                Reply::Say(text) => socket.write_all(text.as_bytes()).await.ok()?,
                Reply::SayThenClose(text) => {
                    socket.write_all(text.as_bytes()).await.ok()?;
                    socket.shutdown().await.ok();
                    return None;
                }
                Reply::SayLate(pause, text) => {
                    Clock::system().sleep(pause).await;
                    socket.write_all(text.as_bytes()).await.ok()?;
                }
                Reply::Close => return None,
                Reply::Drip(head, text, pause) => {
                    socket.write_all(head.as_bytes()).await.ok()?;
                    loop {
                        socket.write_all(text.as_bytes()).await.ok()?;
                        socket.flush().await.ok()?;
                        Clock::system().sleep(pause).await;
                    }
                }
            }
            socket.flush().await.ok()?;
        }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    pub(super) fn sockets(&self) -> usize {
        self.sockets.load(Ordering::SeqCst)
    }

    /// Settings for an outlet to `http://127.0.0.1:port/base/`.
    pub(super) fn settings(&self) -> OutletSettings {
        let url = Url::parse(&format!("http://127.0.0.1:{}/base/", self.port)).unwrap();
        OutletSettings { private_network: true, ..OutletSettings::new("test", url) }
    }

    pub(super) fn outlet(&self) -> Outlet {
        open(self.settings())
    }
}

pub(super) fn open(settings: OutletSettings) -> Outlet {
    Outlet::open(settings, &Egress::new(Clock::system()).unwrap()).unwrap()
}

async fn read_request(socket: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Option<Seen> {
    let end = loop {
        if let Some(at) = memchr::memmem::find(buffer, b"\r\n\r\n") {
            break at + 4;
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let mut seen = Seen { head: String::from_utf8(buffer[..end].to_vec()).unwrap(), body: String::new() };
    let length: usize = seen.header("content-length").map_or(0, |text| text.parse().unwrap());
    while buffer.len() < end + length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = String::from_utf8_lossy(&buffer[end..end + length]).into_owned();
    buffer.drain(..end + length);
    Some(seen)
}

/// An answer with a length, so that the socket can be kept. `extra` are whole header lines.
pub(super) fn answer(status: u16, extra: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{extra}\r\n{body}", body.len())
}

pub(super) fn ok() -> Reply {
    Reply::Say(answer(200, "", "{}"))
}

pub(super) fn get(target: &str) -> Request {
    Request::new(http::Method::GET, target)
}

pub(super) fn post(target: &str, body: &str) -> Request {
    Request { body: bytes::Bytes::from(body.to_owned()), ..Request::new(http::Method::POST, target) }
}

pub(super) const SOON: Duration = Duration::from_secs(5);
