//! HTTP/1.1 by hand: messages of a known length on a socket that stays open. It costs so little that what is measured
//! is the other side.

use anyhow::{Context, bail, ensure};
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEAD_END: &[u8] = b"\r\n\r\n";

/// One socket.
pub(super) struct Wire {
    stream: TcpStream,
    read: BytesMut,
}

/// A request or an answer, as it came.
pub(super) struct Message {
    /// From the first line to the empty one.
    pub(super) head: Bytes,
    /// The rest.
    pub(super) body: Bytes,
}

impl Wire {
    /// A socket that is open.
    pub(super) fn new(stream: TcpStream) -> anyhow::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: BytesMut::new() })
    }

    /// A new socket to `http://HOST:PORT`.
    pub(super) async fn open(address: &str) -> anyhow::Result<Self> {
        let place = address.strip_prefix("http://").context("an address starts with http://")?;
        Self::new(TcpStream::connect(place).await?)
    }

    /// Sends whole messages.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// The next message; none when the other side has closed.
    pub(super) async fn receive(&mut self) -> anyhow::Result<Option<Message>> {
        let head = loop {
            if let Some(at) = self.read.windows(HEAD_END.len()).position(|bytes| bytes == HEAD_END) {
                break self.read.split_to(at + HEAD_END.len()).freeze();
            }
            if self.fill().await? == 0 {
                ensure!(self.read.is_empty(), "the connection closed in the middle of a head");
                return Ok(None);
            }
        };
        let length = length(&head)?;
        while self.read.len() < length {
            ensure!(self.fill().await? > 0, "the connection closed in the middle of a body");
        }
        Ok(Some(Message { head, body: self.read.split_to(length).freeze() }))
    }

    async fn fill(&mut self) -> anyhow::Result<usize> {
        self.read.reserve(8 << 10);
        Ok(self.stream.read_buf(&mut self.read).await?)
    }
}

impl Message {
    /// The first line.
    pub(super) fn first_line(&self) -> &[u8] {
        self.head.split(|byte| *byte == b'\r').next().unwrap_or_default()
    }

    /// The status of an answer.
    pub(super) fn status(&self) -> Option<u16> {
        std::str::from_utf8(self.first_line()).ok()?.split(' ').nth(1)?.parse().ok()
    }
}

fn length(head: &[u8]) -> anyhow::Result<usize> {
    for line in head.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        if name.eq_ignore_ascii_case(b"content-length") {
            let text = std::str::from_utf8(value)?;
            return text.trim_start_matches(':').trim().parse().context("a length is a number");
        }
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            bail!("a message without a length");
        }
    }
    Ok(0)
}

/// A POST of JSON as it goes onto the wire; `headers` are whole lines.
pub(super) fn post(path: &str, headers: &[String], body: &str) -> Bytes {
    let mut text = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_read_from_the_head() {
        assert_eq!(length(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n").unwrap(), 12);
        assert_eq!(length(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap(), 0);
        assert!(length(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        let message = Message { head: Bytes::from_static(b"HTTP/1.1 202 Accepted\r\n\r\n"), body: Bytes::new() };
        assert_eq!((message.status(), message.first_line()), (Some(202), b"HTTP/1.1 202 Accepted".as_slice()));
    }
}
