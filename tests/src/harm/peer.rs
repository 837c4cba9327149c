//! A system in bad hands: answers that never end, drip byte by byte, have far too many headers, or repeat what they were
//! sent in another form. Each path says which.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a login and a token server of this peer hand out.
pub const TOKEN: &str = "tok-7Qz9vLx2CanaryTokenK4m";
/// Requests that are remembered.
const SEEN_MAX: usize = 10_000;
const DRIP: Duration = Duration::from_millis(50);

/// A running peer; it stops with the runtime.
#[derive(Clone, Debug)]
pub struct Peer {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

struct Asked {
    path: String,
    head: String,
    body: Vec<u8>,
}

impl Peer {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let peer = Self { address: listener.local_addr()?, seen: Arc::default() };
        let own = peer.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.serve(socket).await });
            }
        });
        Ok(peer)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Heads and bodies of all requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().clone()
    }

    fn note(&self, asked: String) {
        let mut seen = self.seen.lock();
        if seen.len() < SEEN_MAX {
            seen.push(asked);
        }
    }

    async fn serve(&self, mut socket: TcpStream) -> Option<()> {
        let mut buffer = Vec::new();
        loop {
            let asked = read(&mut socket, &mut buffer).await?;
            // What is kept is for looking at secrets, which are short.
            let body = String::from_utf8_lossy(asked.body.get(..asked.body.len().min(4_096))?).into_owned();
            self.note(format!("{}{body}", asked.head));
            answer(&mut socket, &asked).await?;
        }
    }
}

async fn read(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Asked> {
    let end = loop {
        if let Some(at) = memchr::memmem::find(buffer, b"\r\n\r\n") {
            break at + 4;
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(buffer.get(..end)?).into_owned();
    let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while buffer.len() < end + length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = buffer.get(end..end + length)?.to_vec();
    buffer.drain(..end + length);
    let path = head.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    Some(Asked { path, head, body })
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (own, value) = line.split_once(':')?;
        own.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

async fn answer(socket: &mut TcpStream, asked: &Asked) -> Option<()> {
    let path = asked.path.split('?').next()?;
    match path.split_once('/').unwrap_or((path, "")) {
        ("drip-head", _) => drip(socket, b"HTTP/1.1 200 OK\r\nx-slow: ", b"a").await,
        ("drip-body", _) => drip(socket, b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", b"a").await,
        ("drip-informational", _) => drip(socket, b"", b"HTTP/1.1 102 Processing\r\n\r\n").await,
        ("silent", _) => std::future::pending().await,
        ("endless", _) => {
            say(socket, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            let chunk = [b"10000\r\n".as_slice(), &[b'x'; 65_536], b"\r\n"].concat();
            loop {
                say(socket, &chunk).await?;
            }
        }
        ("large", mib) => {
            let bytes = mib.parse::<usize>().unwrap_or(1) << 20;
            say(socket, format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n").as_bytes()).await?;
            say(socket, &vec![b'x'; bytes]).await
        }
        ("headers-many", _) => {
            let lines: String = (0..5_000).map(|n| format!("x-{n}: y\r\n")).collect();
            say(socket, format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n").as_bytes()).await
        }
        ("header-huge", _) => {
            let value = "h".repeat(4 << 20);
            say(socket, format!("HTTP/1.1 200 OK\r\nx: {value}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await
        }
        ("slow", _) => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            text(socket, 200, "", "{}").await
        }
        ("echo", form) => echo(socket, asked, form).await,
        ("login", _) => text(socket, 200, "", &format!("{{\"token\":\"{TOKEN}\"}}")).await,
        ("token", _) => {
            let body = format!("{{\"access_token\":\"{TOKEN}\",\"expires_in\":3600,\"token_type\":\"bearer\"}}");
            text(socket, 200, "", &body).await
        }
        ("fails", _) => text(socket, 500, "", &format!("failed: {}", String::from_utf8_lossy(&asked.body))).await,
        ("refuses", _) => text(socket, 401, "", "who are you").await,
        ("cuts", _) => None,
        _ => text(socket, 200, "", "{}").await,
    }
}

/// Repeats the secret that it was sent, and what proves the sender, in some form.
async fn echo(socket: &mut TcpStream, asked: &Asked, form: &str) -> Option<()> {
    let sent = ["x-secret", "authorization", "x-api-key", "x-session"].map(|name| header(&asked.head, name));
    let query = asked.path.split_once('?').map(|(_, query)| query.to_owned());
    let body = String::from_utf8_lossy(&asked.body).into_owned();
    let all: Vec<String> = sent.into_iter().flatten().map(str::to_owned).chain(query).chain([body]).collect();
    let all = all.join(" ");
    let hex = || all.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    match form {
        "base64" => text(socket, 200, "", &STANDARD.encode(&all)).await,
        "hex" => text(socket, 200, "", &hex()).await,
        "percent" => text(socket, 200, "", &all.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()).await,
        "json" => text(socket, 200, "", &serde_json::Value::from(all).to_string()).await,
        "header" => text(socket, 200, &format!("x-echo: {}\r\n", all.replace(['\r', '\n'], " ")), "").await,
        "reverse" => text(socket, 200, "", &all.chars().rev().collect::<String>()).await,
        "length" => text(socket, 200, "", &all.len().to_string()).await,
        _ => text(socket, 200, "", &all).await,
    }
}

async fn drip(socket: &mut TcpStream, first: &[u8], drop: &[u8]) -> Option<()> {
    say(socket, first).await?;
    loop {
        say(socket, drop).await?;
        tokio::time::sleep(DRIP).await;
    }
}

async fn text(socket: &mut TcpStream, status: u16, headers: &str, body: &str) -> Option<()> {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    say(socket, format!("{head}{body}").as_bytes()).await
}

async fn say(socket: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    socket.write_all(bytes).await.ok()?;
    socket.flush().await.ok()
}
