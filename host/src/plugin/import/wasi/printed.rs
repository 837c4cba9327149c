//! Standard output and standard error of a component: lines for its log.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::limits;

/// What was printed and not yet taken into the log. All streams of a call write into the same.
#[derive(Clone, Default)]
pub(super) struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// The lines that are whole or as long as a line may be; with `all` also what was begun.
    pub(super) fn take_lines(&self, all: bool) -> Vec<String> {
        let mut bytes = self.0.lock();
        let end = match memchr::memrchr(b'\n', &bytes) {
            _ if all || bytes.len() >= limits::LOG_LINE_BYTES_MAX => bytes.len(),
            Some(at) => at + 1,
            None => 0,
        };
        let rest = bytes.split_off(end);
        let whole = std::mem::replace(&mut *bytes, rest);
        let text = String::from_utf8_lossy(&whole);
        text.lines().map(str::trim_end).filter(|line| says_something(line)).map(str::to_owned).collect()
    }
}

/// Brackets and underlinings alone say nothing, nor does the advice that Rust prints after a panic: it is about a
/// variable that nobody can set here. What is left ends with the reason, which a crash is told with.
fn says_something(line: &str) -> bool {
    line.contains(char::is_alphanumeric) && !line.starts_with("note: run with `RUST_BACKTRACE=1`")
}

impl StdoutStream for Printed {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    /// Only WASI 0.3 uses it, which is not linked.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl OutputStream for Printed {
    /// Never more than one write waits here: every call of WASI takes the lines before it first.
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > limits::LOG_LINE_BYTES_MAX {
            return Err(StreamError::trap("it printed more at once than it was allowed to"));
        }
        self.0.lock().extend_from_slice(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(limits::LOG_LINE_BYTES_MAX)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_when_they_end_or_grow_too_long() {
        let mut printed = Printed::default();
        let mut write = |text: &[u8]| {
            printed.write(Bytes::copy_from_slice(text)).unwrap();
            printed.take_lines(false)
        };
        assert!(write(b"one ").is_empty());
        assert_eq!(write(b"line\r\n\nand ano"), ["one line"]);
        assert_eq!(write(b"ther\n   ^^^^\n)\nnote: run with `RUST_BACKTRACE=1` to\nbeg"), ["and another"]);
        assert!(write(&vec![b'x'; limits::LOG_LINE_BYTES_MAX])[0].starts_with("begxxx"));
        assert!(write(b"the end, \xff").is_empty());
        assert_eq!(printed.take_lines(true), ["the end, \u{fffd}"]);
        assert!(printed.is_empty());
    }
}
